"""Two texts side by side: two versions, two levels or two regions. Clauses aligned, values that differ, and the 承接链 above and below.

Differences between levels are shown, not decided (上位法优先 is said, which of them applies is not).
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.access import ANONYMOUS, Reader
from corpus.chain import chain
from corpus.models import Document, EventKind, Validity
from corpus.regions import name_of
from corpus.report import Report
from corpus.store import Store
from corpus.validity import today, validity
from rag.align import Pair, align, dice, marked, plain
from rag.changes import paired_values
from rag.fit import bag
from rag.quoting import Quoting
from rag.since import since
from rag.slots import Slot, slots
from rag.source import notice_of, short_title
from rag.statements import Statement, condense

FOOTER = "系统逐条比对生成，供参考；以文件原文为准。不同层级的规定不一致的，适用上位法优先的原则，由有权机关认定，本系统不作判断。"
_STATES = {"same": "相同", "changed": "修改", "added": "新增", "dropped": "删去"}
_ASIDE = {"same": "相同", "changed": "对应", "added": "仅乙有", "dropped": "仅甲有"}
"""Words for texts that are not versions of each other."""
_COLOURS = {"changed": "#fff4d6", "added": "#e3f4e3", "dropped": "#fbe3e3"}
_NAMES = {"amount": "金额", "ratio": "比例", "deadline": "时限", "period": "施行和有效期", "threshold": "门槛", "condition": "条件", "negative": "不予支持", "material": "材料", "stacking": "叠加"}
_LEVELS = {"national": "国家", "province": "省级", "city": "市级", "county": "县区"}
_HOW = {"based_on": "以链上文件为依据", "implements": "配套实施", "forwards": "转发", "": "本文件"}
ALIKE_TITLES = 0.6
"""Least likeness of titles (Dice of bigrams) of one text's versions."""
SHOWN = 400


def compare(a: Document, b: Document, store: Store | None = None, reader: Reader = ANONYMOUS, *, as_of: str = "") -> Report:
    """The report of two documents, the older (or superior) on the left; with a store also their validity by events and the 承接链."""
    left, right = (a, b) if _rank(a) <= _rank(b) else (b, a)
    on, out = as_of or today(), Quoting()
    judged = {d.id: _judged(d, store, reader, on) for d in (left, right)}
    pairs = align(left, right)
    _about(out, left, right, judged, pairs, (_ends(left, store, reader, on), _ends(right, store, reader, on)))
    if store is not None:
        _since(out, (left, right), store, reader, on)
    _values(out, left, right, judged)
    _clauses(out, left, right, judged, pairs)
    if store is not None:
        _chain(out, (left, right), store, reader, on)
    marks = ("系统生成", *dict.fromkeys(m for d in (left, right) if (m := notice_of(d))))
    return Report("条款对照：" + " / ".join(_names(left, right)), tuple(out.blocks), out.records(), subtitle=_kind(left, right), marks=marks, footer=FOOTER, as_of=on)


def _names(a: Document, b: Document) -> list[str]:
    """Short names; two of the same name by their numbers or dates too."""
    names = [short_title(d.title) for d in (a, b)]
    numbers = [d.doc_number for d in (a, b)] if a.doc_number != b.doc_number else ["", ""]
    return names if names[0] != names[1] else [f"{n}（{number or d.written_on or d.published_on}）" for n, number, d in zip(names, numbers, (a, b), strict=True)]


def _rank(d: Document) -> tuple[int, str, str]:
    """Superior levels first, then older texts."""
    return {"national": 0, "province": 1, "city": 2, "county": 3}.get(str(d.level), 4), d.written_on or d.published_on, d.id


def _judged(d: Document, store: Store | None, reader: Reader, on: str) -> Validity:
    events = store.documents.events_of(reader, [d.id]).get(d.id, []) if store is not None else [e for e in d.events if e.document_id == d.id]
    return validity(d, events, on)


def _kind(a: Document, b: Document) -> str:
    if a.level != b.level:
        return "不同层级"
    if a.region_code != b.region_code:
        return "不同地区"
    return "同一文件的不同版本" if _versions(a, b) else "同级的不同文件"


def _versions(a: Document, b: Document) -> bool:
    return (a.level, a.region_code) == (b.level, b.region_code) and dice(bag(short_title(a.title)), bag(short_title(b.title))) >= ALIKE_TITLES


def _side(d: Document) -> str:
    return f"《{short_title(d.title)}》{f'（{d.doc_number}）' if d.doc_number else ''}"


def _ends(d: Document, store: Store | None, reader: Reader, on: str) -> str:
    """The day on which a text ends, by the last extension that was stated by the date."""
    events = store.documents.events_of(reader, [d.id]).get(d.id, []) if store is not None else []
    longer = [e.on for e in events if e.kind == EventKind.extended and store is not None and (e.stated_by == d.id or any((h.published_on or h.written_on) <= on for h in store.documents.heads(reader, id=[str(e.stated_by)])))]
    return max([d.expires_on, *longer])


def _about(out: Quoting, a: Document, b: Document, judged: dict[str, Validity], pairs: Sequence[Pair], ends: tuple[str, str]) -> None:
    """The two texts, and how many clauses are the same, changed, added, dropped."""
    standing = {"in_force": "现行有效", "draft": "征求意见稿，未生效", "not_yet": "尚未施行", "amended": "已有新版本", "partly_ended": "部分条款已失效", "repealed": "已废止", "expired": "已失效"}

    def row(name: str, f: str, g: str) -> tuple[str, str, str]:
        return name, f or "—", g or "—"

    def words(d: Document) -> str:
        return standing.get(str(judged[d.id].status), f"未见失效记录（截至{judged[d.id].as_of}，待核）")

    out.heading("两份文件")
    rows = [
        row("名称", _side(a), _side(b)), row("制发机关", "、".join(a.issuers), "、".join(b.issuers)), row("层级和地区", _where(a), _where(b)),
        row("公布日期", a.published_on or a.written_on, b.published_on or b.written_on), row("施行日期", a.effective_on, b.effective_on), row("有效期至", *ends),
        row("时效", words(a), words(b)),
    ]  # fmt: skip
    out.table(("项目", "甲", "乙"), rows)
    names = _STATES if _versions(a, b) else _ASIDE
    counted = {state: sum(p.state == state for p in pairs) for state in names}
    out.note("条款比对：" + "，".join(f"{names[s]}{n}条" for s, n in counted.items()) + ("。“新增”指乙有甲无，“删去”指甲有乙无。" if names is _STATES else "。"))


_SINCE = {"changed": "修改", "extended": "延长有效期", "continued": "继续有效", "ended": "终止"}


def _since(out: Quoting, both: Sequence[Document], store: Store, reader: Reader, on: str) -> None:
    """That a text was changed or extended since, which the clauses below do not show."""
    rows = []
    for side, d in zip("甲乙", both, strict=True):
        for x in [x for x in since(d, store, reader, on) if x.document.id not in {o.id for o in both}]:
            mark = out.mark(x.document, x.start, x.end, validity(x.document, (), on))
            rows.append((side, _SINCE[x.kind], f"{_side(x.document)}：{x.words}[{mark}]"))
    if rows:
        out.table(("文件", "情况", "依据"), rows, "公布以后的修改和延期（以下按公布时的文字对照）")


def _where(d: Document) -> str:
    return f"{_LEVELS.get(str(d.level), '')}　{name_of(d.region_code) if d.region_code and d.region_code != '000000' else '全国' if d.level == 'national' else ''}".strip()


def _values(out: Quoting, a: Document, b: Document, judged: dict[str, Validity]) -> None:
    """Amounts, ratios, deadlines, periods, conditions that differ."""
    rows = []
    listed = _listed(a, b)
    held = [{(s.start, s.end) for pair in listed if (s := pair[n])} for n in (0, 1)]
    valued = [(x, y) for x, y in paired_values(a, b) if not (_within(x, held[0]) and _within(y, held[1]))]
    for old, new in [*valued, *listed][:60]:
        kind = _NAMES.get((new or old or _NOTHING).kind, "")
        rows.append((kind, _cell(out, a, old, judged), _cell(out, b, new, judged)))
    if rows:
        out.heading("金额、比例、时限、条件的差异")
        order = list(_NAMES.values())
        out.table(("类别", "甲", "乙"), sorted(rows, key=lambda r: order.index(r[0]) if r[0] in order else 99), "不同之处")


def _within(slot: Slot | None, spans: set[tuple[int, int]]) -> bool:
    """Whether a value stands in a clause that is listed anyway."""
    return slot is None or any(a <= slot.start and slot.end <= b for a, b in spans)


_NOTHING = Slot("", 0, 0, "")


def _listed(a: Document, b: Document) -> list[tuple[Slot | None, Slot | None]]:
    """Conditions and bars that stand in one text only, or differ."""
    from rag.changes import partners

    pairs: list[tuple[Slot | None, Slot | None]] = []
    for kind in ("condition", "negative", "stacking"):
        ours, theirs = ([s for s in slots(d) if s.kind == kind and not s.text.lstrip().startswith("|")] for d in (b, a))
        pairs += [(old, new) for old, new in partners(theirs, ours) if old is None or new is None or plain(condense(old.text)) != plain(condense(new.text))]
    return pairs


def _cell(out: Quoting, d: Document, slot: Slot | None, judged: dict[str, Validity]) -> str:
    if slot is None:
        return "未规定"
    return f"{condense(slot.text).rstrip('；。')}（{slot.place}）[{out.mark(d, slot.start, slot.end, judged[d.id])}]"


def _clauses(out: Quoting, a: Document, b: Document, judged: dict[str, Validity], pairs: Sequence[Pair]) -> None:
    """All clauses that are not the same, side by side, with the change marked; the same ones by their numbers."""
    shown = [p for p in pairs if p.state != "same"]
    rows, colours, names = [], {}, _STATES if _versions(a, b) else _ASIDE
    for n, p in enumerate(shown):
        rows.append((names[p.state], _clause(out, a, p.old, judged), _clause(out, b, p.new, judged), _change(a, b, p)))
        colours[(n, 0)] = _COLOURS[p.state]
    out.heading("逐条对照")
    if rows:
        out.table(("结果", "甲", "乙", "修改处"), rows, "条款对照", colours)
    alike = [p.new.article or "".join(p.new.path) for p in pairs if p.state == "same" and p.new]
    if alike:
        out.note(f"文字相同的条款：{'、'.join(dict.fromkeys(alike))}。")


def _clause(out: Quoting, d: Document, s: Statement | None, judged: dict[str, Validity]) -> str:
    if s is None:
        return ""
    text = condense(s.text(d))
    return f"{s.article or ''}　{text if len(text) <= SHOWN else text[:SHOWN] + '……'}[{out.mark(d, s.start, s.end, judged[d.id])}]".strip("　")


def _change(a: Document, b: Document, p: Pair) -> str:
    if p.old is None or p.new is None:
        return ""
    if p.likeness < 0.5:
        return "改写较多，见左右原文"
    return marked(condense(p.old.text(a)), condense(p.new.text(b)))


def _chain(out: Quoting, both: Sequence[Document], store: Store, reader: Reader, on: str) -> None:
    """承接链: what the two texts rest on and what rests on them, from the nation to the county."""
    links = {x.document.id: x for d in both for x in reversed(chain(store, d.id, reader))}
    if len(links) < 2:
        return
    happened = store.documents.events_of(reader, list(links))
    order = {"national": 0, "province": 1, "city": 2, "county": 3}
    rows = []
    for x in sorted(links.values(), key=lambda x: (order.get(str(x.document.level), 4), x.document.published_on)):
        d = x.document
        here = "甲" if d.id == both[0].id else "乙" if d.id == both[1].id else ""
        ended = str(validity(d, happened.get(d.id, ()), on).status) in ("repealed", "expired", "amended")
        how = here or ("上位依据" if x.depth < 0 else _HOW.get(x.kind, x.kind))
        rows.append((_LEVELS.get(str(d.level), ""), f"{_side(d)}{'（已失效）' if ended else ''}", d.published_on, how))
    out.heading("承接链（国家—省—市—县）")
    out.table(("层级", "文件", "公布", "关系"), rows, "承接链")
