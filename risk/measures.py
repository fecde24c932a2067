"""Counter-measures of a risk, each with the clause in force that it rests on, found by retrieval, or 未找到依据.

What is suggested stands in `measures.toml` by bucket. A clause is a basis only when its document is in force (or not known to be
repealed) at the date, when it speaks of what the measure speaks of, and when its document is not about another object. Laws of the object
come first, then what retrieval finds about the object or its field, then the law of the type: that one is marked 一般性依据.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from rag.retrieve import Hit, Query
from risk.grounds import GENERAL, SPECIFIC, Finder, Library, ground
from risk.risks import bucket_of, phrase, phrases
from risk.taxonomy import UNKNOWN_FIELD, Taxonomy
from risk.vectors import cut

NO_BASIS = "未找到依据"
NOT_SEARCHED = "未检索（政策索引未建）"
GENERAL_MARK = "（一般性依据）"
HOLDS = ("in_force", "presumed_in_force", "amended", "partly_ended")
LOOKED_AT = 20
LEAST_SHARE = 0.5
_GENERAL = frozenset(
    ["开展", "加强", "建立", "组织", "健全", "完善", "推动", "支持", "落实", "督促", "同类", "有关", "相关", "关键", "重大", "重要", "提升", "提高", "推进", "实施", "制定", "制度", "机制", "体系", "管理", "工作", "进行", "以及", "及时", "强化", "建设", "评估", "应用", "布局", "引导", "鼓励", "明确", "规范", "并", "对"]
)  # fmt: skip
_SPEECH = re.compile("工作报告|讲话|建成小康社会|伟大旗帜|高举.{0,12}旗帜|工作要点")
_PENALTY = re.compile("处.{0,20}罚款|没收违法所得|追究刑事责任|构成犯罪|民事责任|赔偿责任|吊销|依法给予处分")
_FORMAL = re.compile("自.{0,14}起施行|^第[一二三四五六七八九十]+条 为了?|本(法|条例|办法|规定)所称")


def counter_measures(
    records: Sequence[Mapping[str, Any]], finder: Finder | None, reader: Reader, taxonomy: Taxonomy, on: str, *, region: str = "", closely: int = 15
) -> list[list[dict[str, Any]]]:
    """For each risk record its measures: {measure, basis, citation}; `citation` is None where nothing in force was found.

    The first `closely` risks are searched for each by its object, the others once a field and measure. Only national documents and
    those of `region` (GB/T 2260) are a basis: a rule of another province binds nobody here.
    """
    if finder is None:
        return [[entry(m, None, searched=False) for m in suggested(r)] for r in records]
    found, library = finder, Library(finder, reader, on, lambda h: binding(h, region))
    known: dict[tuple[str, str], dict[str, Any] | None] = {}

    def retrieved(measure: str, r: Mapping[str, Any], place: int) -> dict[str, Any] | None:
        key = (str(r["object"] if place < closely else r["field"]), measure)
        if key not in known:
            known[key] = _basis(measure, [h for h in _found(measure, r, found, reader, on) if usable(h, r, taxonomy, region)])
        return known[key]

    def basis(measure: str, n: int, r: Mapping[str, Any], place: int) -> dict[str, Any] | None:
        subject = str(_words(r).get("basis", ""))
        named = ground(library, r, n, subject)
        if named and (named[0] == SPECIFIC or re.search(subject, named[1].title)):
            return citation(named[1], named[0])
        return retrieved(measure, r, place) or (citation(named[1], GENERAL) if named else None)

    return [[entry(m, basis(m, n, r, place)) for n, m in enumerate(suggested(r))] for place, r in enumerate(records)]


def suggested(r: Mapping[str, Any]) -> tuple[str, ...]:
    """The measures of a risk's bucket."""
    return tuple(map(str, _words(r).get("measures", ())))


def entry(measure: str, citation: Mapping[str, Any] | None, *, searched: bool = True) -> dict[str, Any]:
    """A measure with its basis in words: 《title》label (（一般性依据） where it is of no object), 未找到依据, or 未检索 where there was nothing to search with."""
    if citation is None:
        return {"measure": measure, "basis": NO_BASIS if searched else NOT_SEARCHED, "citation": None}
    mark = GENERAL_MARK if citation.get("scope") == GENERAL else ""
    return {"measure": measure, "basis": f"《{citation['title']}》{citation['label']}{mark}", "citation": dict(citation)}


def _found(measure: str, r: Mapping[str, Any], finder: Finder, reader: Reader, on: str) -> list[Hit]:
    subject = str(_words(r).get("query", "")).format(thing=r["object"])
    return finder.search(Query(f"{measure} {subject}", k=LOOKED_AT, as_of=on), reader)


def _words(r: Mapping[str, Any]) -> Mapping[str, Any]:
    return phrase(bucket_of(r))


def _basis(measure: str, hits: Sequence[Hit]) -> dict[str, Any] | None:
    """The hit that holds most of the measure's words (at least half), the better ranked of equals."""
    wanted = words_of(measure)
    ranked = [(-sum(w in h.text for w in wanted) / max(1, len(wanted)), h.rank, h) for h in hits]
    best = min(ranked, key=lambda x: x[:2], default=None)
    if best is None or -best[0] < LEAST_SHARE:
        return None
    return citation(best[2], SPECIFIC)


def citation(hit: Hit, scope: str) -> dict[str, Any]:
    """A hit as the citation of a measure; `scope` is specific (of the object or its field) or general (of the type of risk)."""
    return {
        "document_id": hit.document_id, "external_id": hit.external_id, "title": hit.title, "doc_number": hit.doc_number, "label": hit.clause.get("label", ""),
        "start": hit.start, "end": hit.end, "quote": hit.text, "validity": dict(hit.validity), "scope": scope,
    }  # fmt: skip


def words_of(measure: str) -> list[str]:
    """The words of a measure that say what it is about."""
    return [w for w in dict.fromkeys(cut(measure)) if len(w) >= 2 and w not in _GENERAL]


def binding(hit: Hit, region: str = "") -> bool:
    """In force here, and a duty or a power (no penalty, purpose clause or speech)."""
    if hit.validity.get("status") not in HOLDS or not (hit.level == "national" or (region and hit.region_code[:2] == region[:2])):
        return False
    return not (_PENALTY.search(hit.text) or _FORMAL.search(hit.text) or _SPEECH.search(hit.title))


def usable(hit: Hit, r: Mapping[str, Any], taxonomy: Taxonomy, region: str = "") -> bool:
    """Whether a clause that retrieval found is a basis: binding, on the subject, about the object or its field, and of no other sector."""
    if not binding(hit, region):
        return False
    about = " ".join(str(r.get(n, "")) for n in ("object", "field", "statement"))
    if any(word not in about for word in re.findall(str(phrases()["sectors"]), hit.title)):
        return False
    subject, own = str(_words(r).get("basis", "")), {r["object"], r["field"]}
    titled = _about(hit.title, taxonomy) or {taxonomy.field_name(hit.title)} - {UNKNOWN_FIELD}
    named = titled or _about(hit.text, taxonomy)
    return bool(named & own) and bool(re.search(subject, f"{hit.title}\n{hit.text}"))


def _about(text: str, taxonomy: Taxonomy) -> set[str]:
    """Objects that a text names, and their fields."""
    things = {m.name for m in taxonomy.things_in(text)}
    return things | {taxonomy.field_of(t) for t in things}


def readable(measures: Sequence[Mapping[str, Any]], allowed: set[str]) -> list[dict[str, Any]]:
    """The same measures without the bases that a reader may not see."""
    return [dict(m) if not m.get("citation") or m["citation"]["document_id"] in allowed else entry(str(m["measure"]), None) for m in measures]
