"""Slots of a policy, found by rule: amounts and ratios with their limits, deadlines by stage, conditions, materials, bodies, channels,
telephones, delivery, stacking, exclusions, terms. Every slot is a span: `document.text[start:end]` are its words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from corpus.models import Document
from corpus.text import trim
from rag.facts import dates, month_days, quantities
from rag.statements import Statement, condense, statements

_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]?")
_PHRASE = re.compile(r"[^，,；;。：:\n]*[，,；;。：:\n]?")


@dataclass(frozen=True, slots=True)
class Slot:
    """kind: amount ratio deadline condition negative material body channel phone delivery stacking exclusion object term basis procedure explain period.

    `label` says what it is for (stage of a deadline, subject of an amount, holder of a telephone); `value` is the normal form
    (money:200000, ratio:3, date:2026-06-30); `limits` the limiting words that stand with it; `place` the clause as cited.
    """

    kind: str
    start: int
    end: int
    text: str
    label: str = ""
    value: str = ""
    limits: tuple[str, ...] = ()
    place: str = ""
    heading: str = ""


@cache
def cues() -> dict[str, Any]:
    """data/slots.toml."""
    return tomllib.loads(files("rag").joinpath("data/slots.toml").read_text("utf-8"))


@cache
def cue(name: str) -> re.Pattern[str]:
    """One compiled cue of data/slots.toml."""
    return re.compile(str(cues()["cues"][name]))


def slots(document: Document, found: Sequence[Statement] | None = None) -> tuple[Slot, ...]:
    """Every slot of a document, by place."""
    parts = statements(document) if found is None else found
    made = [s for statement in parts for finder in _FINDERS for s in finder(document, statement)]
    unique = {(s.kind, s.start, s.end, s.value, s.label): s for s in made if s.start < s.end}
    return tuple(sorted(unique.values(), key=lambda s: (s.start, s.end, s.kind)))


def _slot(kind: str, document: Document, start: int, end: int, s: Statement, **more: Any) -> Slot:
    a, b = trim(document.text, start, end)
    return Slot(kind, a, b, document.text[a:b], place="".join(s.path), heading=s.heading, **more)


def _spans(pattern: re.Pattern[str], text: str, offset: int) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        if match.group().strip():
            yield offset + match.start(), offset + match.end()


def _sentences(document: Document, s: Statement) -> list[tuple[int, int]]:
    return [(s.start + a, s.start + b) for a, b in _sentences_of(document.text[s.start : s.end])]


@lru_cache(maxsize=64)
def _sentences_of(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of the sentences of a statement: nearly every finder asks for them."""
    return tuple(_spans(_SENTENCE, text, 0))


# ---- amounts -------------------------------------------------------------------------------------------------------------


_FORMS = re.compile(r"示例|样表|填报说明|申请表|核定表|汇总表|指标表|名单")


def _amounts(document: Document, s: Statement) -> Iterator[Slot]:
    """Phrases with money or a ratio in sentences about support; the limits that stand with them are kept."""
    if _FORMS.search(s.heading):
        return
    about = f"{document.title} {s.heading}"
    lead = s.lead(document)
    for a, b in _sentences(document, s):
        sentence = document.text[a:b]
        if not (cue("support").search(sentence) or cue("support").search(lead) or (s.kind == "table" and cue("support").search(about))):
            continue
        for start, end in _valued_phrases(document, a, b):
            phrase = document.text[start:end]
            for q in quantities(phrase):
                if q.unit in ("money", "ratio", "times"):
                    kind = "threshold" if _is_base(phrase, q.end) else "amount" if q.unit == "money" else "ratio"
                    yield _slot(kind, document, start, end, s, value=q.key, limits=limits_of(phrase), label=_subject(document, s, start))


_BASE_AFTER = re.compile(r"^(?:（含[^（）]*）|\(含[^()]*\))?(?:以上|以下|以内)?(?:（含[^（）]*）)?(?:至|到|的(?:部分|企业|单位|项目|，|$)|，|$)|^(?:[^，。]{0,4})(?:的部分)")
_GRANTS = re.compile(r"给予|补助|奖励|资助|补贴|最高|不超过|上限|一次性|配套|支持|抵扣|贴息|扣除|摊销|减按|税率|免征|券面|总额|额度|A类|B类|C类")


def _is_base(phrase: str, end: int) -> bool:
    """Whether a value is a threshold or a base (500万元以上, 500万元至2000万元的部分), not what is granted."""
    if re.search(r"（含[^（）]*$", phrase[:end]):
        return True
    return bool(_BASE_AFTER.match(phrase[end:])) and not _GRANTS.search(phrase[max(0, end - 14) : end])


def _valued_phrases(document: Document, a: int, b: int) -> Iterator[tuple[int, int]]:
    """Phrases of a sentence that hold a value; one that begins with 最高, 不超过 … is taken with the phrase before it."""
    if document.text[a:b].lstrip().startswith("|"):
        yield a, b
        return
    spans = list(_spans(_PHRASE, document.text[a:b], a))
    for i, (start, end) in enumerate(spans):
        text = document.text[start:end]
        follows = document.text[spans[i + 1][0] : spans[i + 1][1]] if i + 1 < len(spans) else ""
        if text.rstrip("，, ").endswith("的部分") and _GRANTS.search(follows):
            continue
        if not any(q.unit in ("money", "ratio", "times") for q in quantities(text)):
            continue
        first = i
        while first > 0 and re.match(r"\s*(?:最高|不超过|但|并|且|给予|按|累计|上限|一次性|每|补助|奖励)", document.text[spans[first][0] : spans[first][1]]) and end - spans[first - 1][0] <= 90:
            first -= 1
        yield spans[first][0], _without_mark(document.text, end)


def _without_mark(text: str, end: int) -> int:
    return end - 1 if end and text[end - 1] in "，,；;。：:\n" else end


def limits_of(phrase: str) -> tuple[str, ...]:
    """Limiting words in a phrase (最高不超过 covers 最高 and 不超过)."""
    found: list[str] = []
    for word in cues()["cues"]["limits"]:
        if word in phrase and not any(word in longer for longer in found):
            found.append(word)
    return tuple(found)


def _subject(document: Document, s: Statement, start: int) -> str:
    """What an amount is for: the item's own opening words, else the heading, else the lead."""
    item = next((document.text[a:b] for a, b in s.items if a <= start < b), "")
    opening = re.split(r"[，。：；]", condense(item))[0] if item else ""
    lead = re.split(r"[。；]", condense(s.lead(document)))[0][:60]
    return opening if 2 <= len(opening) <= 40 and not re.search(r"\d", opening) else s.heading or lead


# ---- dates ---------------------------------------------------------------------------------------------------------------

_DUE = re.compile(r"截止|截至|前[，。；（）\s]|以前|止[，。；）\s]|之前|期限|逾期|至\s*(?:\d{4}年)?\d{1,2}月|底前|关闭|时间(?:为|：|安排)|受理")


_MAY_DATE = re.compile(r"[年月/.．-]")
"""Every date has one of these (see rag.facts)."""


def _deadlines(document: Document, s: Statement) -> Iterator[Slot]:
    """Dates by stage: 网上填报, 推荐审核, 纸质材料 are never mixed."""
    if s.kind == "table":
        yield from _table_deadlines(document, s)
        return
    opening = s.heading
    for a, b in _items(document, s):
        text = document.text[a:b]
        if not _MAY_DATE.search(text):
            continue
        item_stage = stage_of(re.split(r"[。：]", condense(text))[0]) or stage_of(opening)
        for start, end in _spans(_PHRASE, text, a):
            phrase = document.text[start:end]
            around = document.text[start : min(end + 12, b)]
            if (iso := _last_date(phrase)) and (_DUE.search(around + " ") or re.search(r"截止|截至", text)) and not re.search(r"(?:以来|以后|起(?:发生|执行|施行|至今))", around):
                label = stage_of(phrase) or item_stage or stage_of(text)
                if label:
                    yield _slot("deadline", document, start, _without_mark(document.text, end), s, label=label, value=f"date:{iso}" if len(iso) > 5 else f"monthday:{iso}", limits=_batch(phrase))


def _last_date(phrase: str) -> str:
    """The date on which a phrase ends: of 2026年9月1日至9月25日 the 25th, with the year of the first."""
    full, short = list(dates(phrase)), list(month_days(phrase))
    if not full and not short:
        return ""
    if re.search(r"[至到—-]", phrase):
        if short and (not full or short[-1][1] > full[-1][1]):
            return f"{full[-1][0][:4]}-{short[-1][0]}" if full else short[-1][0]
        return full[-1][0]
    return full[0][0] if full else short[0][0]


def _items(document: Document, s: Statement) -> Sequence[tuple[int, int]]:
    return s.items or ((s.start, s.end),)


def _batch(phrase: str) -> tuple[str, ...]:
    return tuple(re.findall(r"第[一二三四五六\d]+(?:批次?|轮|次|季度)", phrase)[:1])


def stage_of(text: str) -> str:
    """The stage of a deadline that a text speaks of; empty when none."""
    return next((stage for stage, words in cues()["stages"].items() if re.search(words, text)), "")


def _table_deadlines(document: Document, s: Statement) -> Iterator[Slot]:
    rows = list(_spans(re.compile(r"[^\n]+\n?"), document.text[s.start : s.end], s.start))
    if len(rows) < 2:
        return
    head = _cells(document.text[rows[0][0] : rows[0][1]])
    for a, b in rows[1:]:
        row = document.text[a:b]
        stage, cells = stage_of(row.split("|")[1] if row.count("|") > 1 else row), _cells(row)
        for column, cell in enumerate(cells):
            if (iso := _last_date(cell)) and len(iso) > 5:
                label = head[column] if column < len(head) else ""
                if stage:
                    yield _slot("deadline", document, a, b, s, label=stage, value=f"date:{iso}", limits=(label,) if label.startswith("第") else ())


def _cells(row: str) -> list[str]:
    return [c.strip() for c in row.strip().strip("|").split("|")]


# ---- lists ---------------------------------------------------------------------------------------------------------------


def _lists(kind: str, name: str, *, unless: str = "") -> Callable[[Document, Statement], Iterator[Slot]]:
    """A finder of lists whose lead or heading has a cue; a plain statement with the cue is one slot."""

    def find(document: Document, s: Statement) -> Iterator[Slot]:
        lead = condense(s.lead(document)) if s.items else ""
        own = bool(cue(name).search(lead)) if lead else False
        headed = bool(cue(name).search(s.heading.split(" ")[-1])) if s.heading else False
        if unless and (cue(unless).search(lead) or cue(unless).search(s.heading)):
            return
        if not own and not headed:
            return
        for a, b in s.items or ((s.start, s.end),):
            yield _slot(kind, document, a, b, s, label=lead[:80])

    return find


def _matches(kind: str, name: str) -> Callable[[Document, Statement], Iterator[Slot]]:
    """A finder of sentences that hold a cue."""

    def find(document: Document, s: Statement) -> Iterator[Slot]:
        for a, b in _sentences(document, s):
            if cue(name).search(document.text[a:b]):
                yield _slot(kind, document, a, b, s)

    return find


def _basis(document: Document, s: Statement) -> Iterator[Slot]:
    text = condense(s.text(document))
    if (s.article in (None, "第一条")) and s.start < 1500 and cue("basis").search(text):
        yield _slot("basis", document, s.start, s.end, s)


def _bodies(document: Document, s: Statement) -> Iterator[Slot]:
    """负责 and 牵头 with the body before it; and who explains (解读机关)."""
    text = document.text[s.start : s.end]
    for match in cue("explain").finditer(text):
        body = "、".join(g for g in match.groups() if g)
        yield _slot("explain", document, s.start + match.start(), s.start + match.end(), s, label=re.sub(r"^.*由", "", body))
    for a, b in _sentences(document, s):
        sentence = document.text[a:b]
        duty = cue("duty").search(sentence)
        if duty and re.search(r"[厅局部委办府院会署]|管委会|单位|机构|中心", duty[1]) and "解释" not in sentence:
            yield _slot("body", document, a, b, s, label=re.sub(r"^.*?(?:由|，)", "", condense(duty[1])))


def _channels(document: Document, s: Statement) -> Iterator[Slot]:
    for match in cue("channel").finditer(document.text[s.start : s.end]):
        yield _slot("channel", document, s.start + match.start(1), s.start + match.end(1), s, label=match[1])


def _phones(document: Document, s: Statement) -> Iterator[Slot]:
    text = document.text[s.start : s.end]
    if not re.search(r"电话|咨询|联系|热线|技术支持", text + s.heading):
        return
    for match in cue("phone").finditer(text):
        before = re.split(r"[，,；;。\n]", text[: match.start()])[-1]
        yield _slot("phone", document, s.start + match.start(), s.start + match.end(), s, label=condense(before).rstrip("：: "), value=match.group())


def _delivery(document: Document, s: Statement) -> Iterator[Slot]:
    for a, b in _sentences(document, s):
        for word in cues()["delivery"]["words"]:
            if word in document.text[a:b]:
                yield _slot("delivery", document, a, b, s, label=word)


def _terms(document: Document, s: Statement) -> Iterator[Slot]:
    for a, b in _sentences(document, s):
        if match := cue("term").search(document.text[a:b]):
            yield _slot("term", document, a, b, s, label=match[1].strip("“”"))


def _total(document: Document, s: Statement) -> Iterator[Slot]:
    for a, b in _sentences(document, s):
        if cue("total").search(document.text[a:b]) and cue("support").search(document.text[a:b] + s.heading + document.title):
            yield _slot("total", document, a, b, s, label="总额控制")


_LASTS = re.compile(r"自.{2,24}起(?:.{0,8})(?:施行|实施|执行|生效)|有效期(?:限)?(?:为|至|自|延长至|延续至|[一二三四五两\d]+\s*年)|试行期?(?:为)?[一二三四五两\d]+\s*(?:个)?[年月]")


def _period(document: Document, s: Statement) -> Iterator[Slot]:
    """When the text itself applies and how long (not the period of a certificate, a voucher or a contract)."""
    for a, b in _sentences(document, s):
        text = document.text[a:b]
        if _LASTS.search(text) and not text.lstrip().startswith("|") and (re.search(r"本(?:办法|细则|规定|条例|措施|通知|意见|法|公告|方案|指南)", text) or not re.search(r"证书|资格|券|合同|登记编号|有效期内", text)):
            yield _slot("period", document, a, b, s)


_FINDERS: tuple[Callable[[Document, Statement], Iterator[Slot]], ...] = (
    _amounts, _deadlines, _lists("condition", "condition_lead", unless="negative_lead"), _lists("negative", "negative_lead"), _lists("material", "material_lead"),
    _lists("procedure", "procedure_lead", unless="material_lead"), _matches("stacking", "stacking"), _matches("exclusion", "exclusion"), _matches("object", "object_lead"),
    _basis, _bodies, _channels, _phones, _delivery, _terms, _total, _period,
)  # fmt: skip
