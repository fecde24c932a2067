"""Grants: whom or what for, the standard, the limit, as one row; never a sum without its 最高, 不超过 and its subject.

A row is a span of one sentence, or a row of a table with the words of its columns. Caps of what several levels give together, shares that
budgets bear, checks, penalties and conditions are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from corpus.models import Document
from rag.amounts import FORMS, GRANTS, NOT_GRANTED, is_base, not_grant
from rag.facts import quantities
from rag.slot import Slot, cells, cue, limits_of, make, own_heading, phrases, rows_of, without_mark
from rag.statements import Statement, condense

PROPORTION = re.compile(r"\d+(?:\.\d+)?\s*[∶:：]\s*\d+(?:\.\d+)?(?![\d月日])")
_FREE = re.compile(r"视同[^，]{2,12}给予|全额(?:补助|补贴|扣除|支持|贴息|返还|退还|资助)|免征|免收|减半|原补助标准|全额给予")
_CAP = re.compile(r"^\W*(?:但|且|并|其中)*(?:单[个户项台次家笔]|每[家户人个项年]|同一|累计|最高|上限|总额|合计|一般|年度|补助额?|支持额|奖励额?|金额|券面|贴息|资助额?|期限)?[^，。；]{0,18}?(?:最高|不超过|不得超过|上限|不高于|封顶|最长)")
_GIVES = re.compile(r"给予|奖励|补助|补贴|资助|贴息|配套|拨付|支付|另加|安排|返还|抵扣|扣除|支持|补偿|提高到|按照|按")
_SHARED = re.compile(r"(?:省|市|县|区|各)[^，。；]{0,12}财政[^，。；]{0,8}(?:承担|分担|负担)|按照?\d+[∶:：]\d+(?:的)?比例(?:分担|承担)|省级资助额的|各级[^，。；]{0,16}(?:合计|总额|累计)[^，。；]{0,8}(?:不超过|不得超过)|(?:省、市|县级)[^，。；]{0,10}补助(?:总额)?不得超过|合计不超过|合计不得超过")
_CHECKED = re.compile(r"抽查|核查|退回|追回|扣减|实地|绩效激励|人员奖励|整改|罚款|违约")
_ELSEWHERE = re.compile(r"申报条件|认定条件|备案条件|^条件$|监督|罚则|附则|评审|材料|申请资格|对象和条件$|资格条件")
_FUND = re.compile(r"^[^，。；]{0,8}(?:扶持|专项|补助|奖励|奖补|引导)?资金(?:每年|年度|当年)?(?:总额|规模|安排)[^，。；]{0,6}不?超?过?\d")
"""What a fund may spend in all is nobody's support."""
_TELLS = re.compile(r"^(?:例如|比如|举例|示例|如某)|^[^，。；]{0,24}，?累计(?:补助|支持|兑现|发放|奖励)[^，。；]{0,8}\d")
"""Examples and what was given so far are no standard."""
_ORDINAL = re.compile(r"序号|编号|条款")
_GENERIC = re.compile(r"^(?:奖励|补助|补贴|资助|支持|扶持)?(?:金额|标准|额度|比例)(?:（[^）]*）)?$|^本年度执行标准$|^标准$|^最高额$|^省级财政资助上限（万元）$")
_LATER = re.compile(r"分[一二三四五两\d]+(?:年|期|批|次)|分别于|期满|之后")


@dataclass(frozen=True, slots=True)
class Grant:
    """`subject` whom or what it is for, `standard` what is given, `cap` its limits (empty when none is said); `slot` the span."""

    subject: str
    standard: str
    cap: str
    slot: Slot


def grants(document: Document, found: Sequence[Statement]) -> list[Grant]:
    """Every grant of a document in order; a row that an annex repeats is left out."""
    made: list[Grant] = []
    before = ""
    for s in found:
        if not FORMS.search(s.heading):
            rows = list(_of_table(document, s, before)) if s.kind == "table" else _joined(document, list(_of_text(document, s)))
            made += [g for g in rows if not _repeats(g, made)]
        before = s.text(document)[-60:] if s.kind != "table" else before
    return made


def _repeats(g: Grant, made: Sequence[Grant]) -> bool:
    """Whether the row of an annex says again what the body says (its values are those of one of its rows)."""
    values = {q.key for q in quantities(g.standard + g.cap) if q.unit in ("money", "ratio")}
    return g.slot.place.startswith("附件") and any(not m.slot.place.startswith("附件") and values <= {q.key for q in quantities(m.standard + m.cap)} for m in made)


# ---- sentences -----------------------------------------------------------------------------------------------------------


def _of_text(document: Document, s: Statement) -> Iterator[Grant]:
    lead = condense(s.lead(document)) if s.items else ""
    if lead and any(cue(name).search(lead) for name in ("condition_lead", "negative_lead", "material_lead", "object_list")):
        return
    if _ELSEWHERE.search(own_heading(s)):
        return
    for a, b in ((s.start, s.lead_end), *s.items) if s.items else ((s.start, s.end),):
        title = ""
        for start, end in _sentences(document.text, a, b):
            sentence = condense(document.text[start:end])
            if _TELLS.match(sentence):
                continue
            if (len(sentence) <= 24 and not re.search(r"\d|全额|免征|免收", sentence)) or not (cue("support").search(sentence) or cue("support").search(lead) or cue("support").search(own_heading(s))):
                title = sentence if len(sentence) <= 24 else title
                continue
            yield from _of_sentence(document, s, start, end, title or _context(document, s, a, lead))
            if len(sentence) <= 24:
                title = sentence


def _sentences(text: str, a: int, b: int) -> Iterator[tuple[int, int]]:
    for m in re.finditer(r"[^。！\n]+[。！\n]?", text[a:b]):
        yield a + m.start(), a + m.end()


def _context(document: Document, s: Statement, a: int, lead: str) -> str:
    """What a grant is for when its own words do not say: the lead of its list, the item's opening, the heading."""
    if lead and a != s.start:
        return re.sub(r"(?:按照下列标准|标准)?(?:如下)?[：:]$", "", re.split(r"[，。]", lead)[-1] if len(lead) > 40 else lead)
    return own_heading(s) or (condense(s.lead(document))[:40] if s.items else "")


def _of_sentence(document: Document, s: Statement, a: int, b: int, context: str) -> Iterator[Grant]:
    """Grants of the parts of a sentence that semicolons part."""
    carried = ""
    for m in re.finditer(r"[^；;]+[；;]?", document.text[a:b]):
        grant = _of_part(document, s, a + m.start(), a + m.end(), carried or context)
        if grant is not None:
            yield grant
        if "：" in m.group() and (found := re.match(r"[^：]{2,60}(?=：)", condense(m.group()))):
            carried = found.group()


def _of_part(document: Document, s: Statement, a: int, b: int, context: str) -> Grant | None:
    """The grant of one part; None when it gives nothing."""
    text = document.text
    if _CHECKED.search(text[a:b]) and not re.search(r"给予", text[a:b]):
        return None
    if _SHARED.search(text[a:b]) and not re.search(r"(?:给予|奖励|补助|补贴|资助)[^，。；]{0,10}\d|\d[^，。；]{0,6}(?:给予|配套)", text[a:b]):
        return None
    roles = [(x, y, _role(text[x:y])) for x, y in phrases(text[a:b], a)]
    roles = [(x, y, "skip" if _SHARED.search(text[x:y]) or _CHECKED.search(text[x:y]) else r) for x, y, r in roles]
    first = next((i for i, r in enumerate(roles) if r[2] in ("standard", "cap")), None)
    if first is None:
        return None
    standard = [r for r in roles if r[2] == "standard"] or [r for r in roles if r[2] == "cap"][:1]
    caps = [r for r in roles if r[2] == "cap" and r not in standard]
    subject = condense(text[roles[0][0] : roles[first][0]]).strip("，,：:；。 ") if first else ""
    start = roles[0][0] if subject else roles[first][0]
    end = max(r[1] for r in (*standard, *caps))
    if any(condense(text[x:y]).startswith(("例如", "比如")) for x, y, _ in standard):
        return None
    words = [condense(text[x:y]).strip("，：:；。 ") for x, y, _ in standard]
    if not subject and len(words[0]) > 30 and (split := re.match(r"(.{4,60}?(?:的|，))((?:按照?|给予|由).*)", words[0])):
        subject, words[0] = split[1].strip("，"), split[2]
    cap = "，".join(condense(text[x:y]).strip("，：:；。 ") for x, y, _ in caps)
    slot = make("grant", document, start, without_mark(text, end), s, label=subject or context, value=_value(text[start:end]), limits=limits_of(text[start:end]))
    return Grant((subject or context).rstrip("。：:"), "，".join(words), cap, slot)


def _value(text: str) -> str:
    return next((q.key for q in quantities(text) if q.unit in ("money", "ratio") and not is_base(text, q.end)), "")


def _role(phrase: str) -> str:
    """standard, cap or subject: what a phrase does in a grant."""
    plain = condense(phrase).rstrip("，,；;。：: ")
    found = [q for q in quantities(plain) if q.unit in ("money", "ratio", "times")]
    given = [q for q in found if not is_base(plain, q.end) and not not_grant(plain, q)]
    if _FUND.search(plain):
        return "skip"
    if NOT_GRANTED.search(plain) or re.search(r"叠加|衔接|不计入", plain):
        return "skip"
    if re.search(r"^(?:且|并)?不得?超过[^，。；]{0,14}(?:上限|额度|标准)$", plain):
        return "cap"
    if re.search(r"最长|期限(?:不超过|为|最长)|不超过\d+个?[年月]|^(?:每年|每家|每个|累计|总数|每次)[^，。；]{0,8}不(?:得)?超过\d+(?:人|名|家|项|个|次)$", plain) and not found:
        return "cap"
    if given and plain.endswith("的") and not re.search(r"给予|按照?[^，]*\d", plain):
        return "subject"
    if given:
        return "cap" if _CAP.search(plain) and not re.search(r"给予[^，]*\d|按照?[^，]{0,40}\d[^，]{0,6}(?:给予|计算|补助|奖励)|抵扣(?:金额|比例)?不超过", plain) else "standard"
    if PROPORTION.search(plain) and re.search(r"配套|补助|给予|奖励|资助", plain) and not _LATER.search(plain):
        return "standard"
    return "standard" if _FREE.search(plain) and not re.search(r"适[当度]|酌情|鼓励|可以?申请|按规定", plain) else "subject"


def _joined(document: Document, found: list[Grant]) -> list[Grant]:
    """Grants of a statement with a cap that stands alone (单个企业最高…) joined to the grant just before it when that has none and both speak of one thing."""
    made: list[Grant] = []
    for g in found:
        last = made[-1] if made else None
        alone = not g.cap and _CAP.search(g.standard) and g.slot.start >= (last.slot.end if last else 0) and re.match(r"^(?:单个|每家|每户|每人|每个|最高|单项|累计)", g.standard)
        if last and alone and not last.cap and g.slot.start - last.slot.end <= 3:
            span = document.text[last.slot.start : g.slot.end]
            made[-1] = Grant(last.subject, last.standard, g.standard, replace(last.slot, end=g.slot.end, text=span, limits=limits_of(span)))
        else:
            made.append(g)
    return made


# ---- tables --------------------------------------------------------------------------------------------------------------


def _of_table(document: Document, s: Statement, before: str) -> Iterator[Grant]:
    """One grant a row: the cells before the first value name it, the column names stand with the values."""
    rows = rows_of(document, s)
    about = f"{document.title} {s.heading} {before}"
    if len(rows) < 2 or not cue("support").search(about) or re.search(r"示例|试算|清单$|名单|进度|分配", s.heading):
        return
    head = cells(document.text[rows[0][0] : rows[0][1]])
    if not any(GRANTS.search(h) or re.search(r"标准|级|金额|补助|奖励|比例|支持", h) for h in head) or re.search(r"时间|截止|主体", "".join(head[1:2])):
        return
    for a, b in rows[1:]:
        row = cells(document.text[a:b])
        valued = [i for i, c in enumerate(row) if i < len(head) and i > 0 and _worth(head[i], c)]
        if not valued or len(row) != len(head):
            continue
        named = [_named(head[i], row[i]) for i in range(valued[0]) if row[i] not in ("", "无", "—", "-", "/") and not _ORDINAL.search(head[i])]
        capped = [i for i in valued if re.search(r"最高|上限|限额", head[i]) and len(valued) > 1]
        standard = "，".join(_cell(head[i], row[i]) for i in valued if i not in capped)
        rest = [row[i] for i in range(valued[0] + 1, len(row)) if i not in valued and row[i] not in ("", "—", "-", "/", "未规定") and len(row[i]) <= 60]
        cap = "，".join([*(_cell(head[i], row[i]) for i in capped), *rest])
        slot = make("grant", document, a, b, s, label="，".join(named), value=_value(standard), limits=limits_of(document.text[a:b]))
        yield Grant("，".join(named) or own_heading(s), standard or cap, cap if standard else "", slot)


def _worth(head: str, cell: str) -> bool:
    """Whether a cell is a sum, a ratio, or a number under a column of sums."""
    if not re.search(r"金额|奖|补|资助|标准|级|比例|上限|最高|额度|支持|给予|抵扣|规定|执行", head):
        return False
    found = [q for q in quantities(cell) if q.unit in ("money", "ratio")]
    return bool(found) or (bool(re.search(r"（(?:万元|元|亿元|%)）|\((?:万元|元|%)\)", head)) and bool(re.fullmatch(r"\d[\d,.]*", cell)))


def _named(head: str, cell: str) -> str:
    """A naming cell; a number with the name of its column (最低亲本数量2000尾)."""
    return f"{head}{cell}" if re.match(r"[\d种质]", cell) and not re.search(r"情形|类别|名称|事项|项目", head) else cell


def _cell(head: str, cell: str) -> str:
    unit = match[1] if (match := re.search(r"[（(](万元|元|亿元|%)[）)]", head)) and re.fullmatch(r"\d[\d,.]*", cell) else ""
    name = re.sub(r"[（(](?:万元|元|亿元|%)[）)]", "", head)
    return f"{cell}{unit}" if _GENERIC.match(head) and not unit else f"{name}{cell}{unit}"
