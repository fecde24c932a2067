"""承接链 of a topic: from the nation to the county, which text of each level speaks of it, what it grants, and what it carries out.

The texts are those that search finds and whose title or clause holds the topic, in force at the date; a lower text is joined to a higher
one by the relation that it states, and where it states none that is said. A level without a text is 本库未收录, not 无规定.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.access import Reader
from corpus.models import CURRENT, Document, Kind, Relation, RelationKind, Validity
from corpus.regions import name_of
from corpus.report import Report
from corpus.store import Store
from corpus.validity import today, validity
from rag.fit import Need, bag, need_of
from rag.grants import Grant, grants
from rag.guard import is_tainted
from rag.places import covers, inside
from rag.quoting import Quoting
from rag.retrieve import Query
from rag.since import Since, change_of, since
from rag.source import named, notice_of, short_title
from rag.statements import condense, sayable

LEVELS = {"national": "国家", "province": "省级", "city": "市级", "county": "县区"}
_WORDS = {RelationKind.based_on: "以其为依据", RelationKind.implements: "配套实施", RelationKind.forwards: "转发", RelationKind.cites: "引用"}
HELD, WORTH, A_LEVEL = 0.6, 0.5, 4
"""Least share of the topic's weight in the title, or in title and clause; at most so many texts a level and place."""
FOOTER = "系统按主题检索和文件间的依据关系生成，供参考；“未收录”只表示本库没有，不表示没有规定。不同层级不一致的，适用上位法优先的原则，由有权机关认定。"


@dataclass(frozen=True, slots=True)
class Ring:
    """A text of the chain with the clause that speaks of the topic, how much of the topic it holds (0..1), its standing, and what it grants on the topic."""

    document: Document
    start: int
    end: int
    held: float
    judged: Validity
    grants: tuple[Grant, ...] = ()


def topic_chain(topic: str, store: Store, retriever: Any, reader: Reader, *, region: str = "", as_of: str = "") -> Report:
    """The report of a topic at a place (all places without one) and date."""
    on = as_of or today()
    rings = _rings(topic, store, retriever, reader, region, on)
    out = Quoting()
    _texts(out, rings, store, region)
    _grants(out, rings, {r.document.id: [x for x in since(r.document, store, reader, on) if x.kind == "changed"] for r in rings})
    place = name_of(region) if region else ""
    return Report(f"承接链：{topic}{f'（{place}）' if place else ''}", tuple(out.blocks), out.records(), marks=_marks(rings), footer=FOOTER, as_of=on)


def _marks(rings: Sequence[Ring]) -> tuple[str, ...]:
    return ("系统生成", *dict.fromkeys(m for r in rings if (m := notice_of(r.document))))


def _rings(topic: str, store: Store, retriever: Any, reader: Reader, region: str, on: str) -> list[Ring]:
    """The texts, from the nation down, those that hold most of the topic first within a level."""
    need = need_of(topic, retriever, reader)
    best: dict[str, tuple[float, Any]] = {}
    hits = [h for level in LEVELS for h in retriever.search(Query(topic, k=30, level=level, as_of=on, kinds=(str(Kind.policy),)), reader)]
    for h in hits:
        held = max(need.held(bag(h.title)), 0.9 * need.held(bag(h.text), bag(h.title)))
        if held >= WORTH and held > best.get(h.document_id, (0.0, None))[0]:
            best[h.document_id] = (held, h)
    happened = store.documents.events_of(reader, list(best))
    rings = []
    for d in store.documents.texts(list(best), reader):
        held, h = best[d.id]
        judged = validity(d, happened.get(d.id, ()), on)
        here = not region or covers(d.region_code, region) or inside(d.region_code, region)
        if judged.status in CURRENT and here and not is_tainted(d.text[h.start : h.end]) and (need.held(bag(short_title(d.title))) >= HELD or held >= 0.8):
            rings.append(_ring(d, h, held, judged, need))
    return _most(rings)


def _ring(d: Document, h: Any, held: float, judged: Validity, need: Need) -> Ring:
    """A text about the topic is shown by its first grant; another by the clause that was found, and its grants on the topic."""
    found = grants(d, sayable(d))
    if need.held(bag(short_title(d.title))) >= HELD:
        start, end = (found[0].slot.start, found[0].slot.end) if found else (h.start, h.end)
        return Ring(d, start, end, held, judged, tuple(found[:6]))
    return Ring(d, h.start, h.end, held, judged, tuple(g for g in found if need.held(bag(g.slot.text + g.subject), bag(g.slot.heading)) >= WORTH)[:6])


def _most(rings: Sequence[Ring]) -> list[Ring]:
    order = list(LEVELS)
    counted: dict[tuple[str, str], int] = {}
    kept = []
    for r in sorted(rings, key=lambda r: (order.index(str(r.document.level)) if str(r.document.level) in order else 9, r.document.region_code, -r.held, r.document.id)):
        key = (str(r.document.level), r.document.region_code)
        counted[key] = counted.get(key, 0) + 1
        if counted[key] <= A_LEVEL:
            kept.append(r)
    return kept


def _texts(out: Quoting, rings: Sequence[Ring], store: Store, region: str) -> None:
    """One row a text: level and place, its name, what it carries out, the clause on the topic."""
    ids = {r.document.id: r.document for r in rings}
    relations = [x for x in store.documents.relations_of(list(ids)) if x.document_id in ids and x.target_id in ids] if ids else []
    rows = []
    for level, word in LEVELS.items():
        found = [r for r in rings if str(r.document.level) == level]
        rows += [_row(out, word, r, relations, ids) for r in found]
        if not found:
            rows.append((word, "本库未收录", "", "", ""))
    out.heading("从国家到县区")
    out.table(("层级和地区", "文件", "时效", "承接", "与主题有关的规定"), rows, "承接链")


def _row(out: Quoting, word: str, r: Ring, relations: Sequence[Relation], ids: Mapping[str, Document]) -> tuple[str, ...]:
    d = r.document
    mine = {x.target_id: x for x in sorted(relations, key=lambda x: list(_WORDS).index(x.kind) if x.kind in _WORDS else 9, reverse=True) if x.document_id == d.id and x.kind in _WORDS and x.target_id != d.id}
    ups = [f"{_WORDS[x.kind]}：{named(ids[str(i)])}[{_cited(out, r, x)}]" for i, x in mine.items()]
    none = "" if word == "国家" else "未见引用链上的上位文件"
    mark = out.mark(d, r.start, r.end, r.judged)
    standing = "现行有效" if str(r.judged.status) == "in_force" else f"未见失效记录（截至{r.judged.as_of}，待核）" if str(r.judged.status) == "presumed_in_force" else "部分条款已失效"
    place = name_of(d.region_code) if d.region_code not in ("", "000000") else ""
    words = condense(d.text[r.start : r.end])
    return f"{word} {place}".strip(), named(d), standing, "；".join(ups) or none, f"{words if len(words) <= 160 else words[:160] + '……'}[{mark}]"


def _cited(out: Quoting, r: Ring, relation: Relation) -> int:
    from rag.work import sentence

    return out.mark(r.document, *sentence(r.document.text, relation.start), r.judged)


def _grants(out: Quoting, rings: Sequence[Ring], changes: Mapping[str, Sequence[Since]]) -> None:
    """What each text grants, side by side, so that levels can be held together."""
    rows = []
    for r in rings:
        for g in r.grants:
            mark = out.mark(r.document, g.slot.start, g.slot.end, r.judged)
            x = change_of(g.slot.place, changes[r.document.id], g.slot.text)
            later = f"该条已修改（{x.document.doc_number or named(x.document)}）：{x.words}[{out.mark(x.document, x.start, x.end, r.judged)}]" if x else ""
            rows.append((LEVELS.get(str(r.document.level), ""), named(r.document), g.subject[:80], g.standard, "；".join(w for w in (g.cap, later) if w), f"{g.slot.place}[{mark}]"))
    if rows:
        out.heading("各级标准对照")
        out.table(("层级", "文件", "事项", "标准", "限制", "条款"), rows, "各级标准")
