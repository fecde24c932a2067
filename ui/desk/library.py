"""The library: faceted browsing of policies, notices and interpretations, by the shelf that the retriever keeps in memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from corpus.access import Reader
from corpus.models import POLICY_KINDS
from rag.shelf import NOT_IN_FORCE
from ui.desk import Desk, today

PAGE = 20
FOUND = 80  # passages looked at for a search by words


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters; empty means all. `page` starts at 0."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    region: str = ""
    year: str = ""
    as_of: str = ""
    page: int = 0
    without: tuple[str, ...] = ()
    in_force: bool = False
    """Leave out what is not in force at `as_of`: drafts, what has not begun, what ended or was replaced."""


def browse(desk: Desk, wanted: Wanted, reader: Reader) -> dict[str, Any]:
    """One page: {"total", "rows": [{document fields, validity, snippet, span}], "counts": {facet: {value: n}}, "understood": how the words were read}.

    A facet is counted under all other filters, so that its numbers say what choosing one more of its values would give.
    """
    on = wanted.as_of or today()
    rows = _by_words(desk, wanted, reader, on) if wanted.text.strip() else _by_date(desk, reader, on)
    kept = [r for r in rows if _fits(r, wanted)]
    counts = {f: dict(Counter(r[f] for r in rows if r[f] and _fits(r, replace(wanted, **{name: none})))) for f, (name, none) in FACETS.items()}
    start = max(0, wanted.page) * PAGE
    read = desk.understood(_query(wanted, on), reader) if wanted.text.strip() else {"chips": [], "added": {}}
    return {"total": len(kept), "rows": kept[start : start + PAGE], "counts": counts, "as_of": on, "understood": read}


FACETS: dict[str, tuple[str, Any]] = {"kind": ("kinds", ()), "level": ("levels", ()), "status": ("statuses", ()), "region_code": ("region", ""), "year": ("year", "")}
"""Facet of a row → (filter of Wanted, its empty value)."""


def _fits(row: Mapping[str, Any], wanted: Wanted) -> bool:
    chosen = ((wanted.kinds, row["kind"]), (wanted.levels, row["level"]), (wanted.statuses, row["status"]))
    inside = not wanted.region or within(str(row["region_code"]), wanted.region)
    standing = not wanted.in_force or row["status"] not in NOT_IN_FORCE
    return inside and standing and (not wanted.year or row["year"] == wanted.year) and all(not allowed or value in allowed for allowed, value in chosen)


def within(code: str, asked: str) -> bool:
    """Whether a division code lies in the asked one."""
    return code.startswith(re.sub(r"(00)+$", "", asked) or "0")


def _by_date(desk: Desk, reader: Reader, on: str) -> list[dict[str, Any]]:
    shelf = desk.shelf()
    heads = [d for d in list(shelf.heads.values()) if d.kind in POLICY_KINDS and reader.may_read(d.security, d.id)]
    heads.sort(key=lambda d: (d.published_on or d.written_on, d.id), reverse=True)
    return [_row(d, shelf.validity(d.id, on, reader.ceiling)) for d in heads]


def _query(wanted: Wanted, on: str) -> dict[str, Any]:
    level = {"level": wanted.levels[0]} if len(wanted.levels) == 1 else {}
    return {"text": wanted.text, "k": FOUND, "as_of": on, "without": wanted.without, "in_force": wanted.in_force, "rerank": True, **level}


def _by_words(desk: Desk, wanted: Wanted, reader: Reader, on: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    hits = desk.search(_query(wanted, on), reader)
    shelf = desk.shelf()
    for hit in hits:
        head = shelf.heads.get(hit["document_id"])
        if head is not None and hit["document_id"] not in found:
            found[head.id] = _row(head, shelf.validity(head.id, on, reader.ceiling)) | {"snippet": hit["text"], "span": (hit["start"], hit["end"]), "path": hit["clause"]["path"]}
    return list(found.values())


def _row(d: Any, validity: Any) -> dict[str, Any]:
    return {
        "id": d.id,
        "title": d.title,
        "doc_number": d.doc_number,
        "issuers": list(d.issuers),
        "kind": str(d.kind),
        "level": d.level,
        "region_code": d.region_code,
        "published_on": d.published_on or d.written_on,
        "year": (d.published_on or d.written_on)[:4],
        "notice": d.notice,
        "status": str(validity.status),
        "validity": {"status": str(validity.status), "as_of": validity.as_of, "basis": validity.basis},
        "snippet": "",
        "span": None,
        "path": [],
    }


_PLACE = re.compile(r"^[\u4e00-\u9fff]{2,9}?(?:省|自治区|市|县|区)")


def regions(desk: Desk, reader: Reader) -> list[tuple[str, str]]:
    """(name, code) of every region of which policies are held, by code; a code without a known name is named after its issuers."""
    from corpus.regions import names

    known = {code: name for name, code in names().items()}
    held: dict[str, Counter[str]] = {}
    for d in list(desk.shelf().heads.values()):
        if d.kind in POLICY_KINDS and d.region_code and reader.may_read(d.security, d.id):
            held.setdefault(d.region_code, Counter()).update(m[0] for i in d.issuers if (m := _PLACE.match(i)))
    return [(known.get(code) or _commonest(found, code), code) for code, found in sorted(held.items()) if code.strip("0")]


def _commonest(found: Counter[str], code: str) -> str:
    return found.most_common(1)[0][0] if found else code


def years(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The years of rows, newest first."""
    return sorted({r["year"] for r in rows if r["year"]}, reverse=True)


_CLEARS = re.compile(r"清理|废止|失效|停止执行|修改.{0,80}的(?:决定|通知|公告)")
"""Titles of papers that end or change others: they are related to them, not a version of them."""
_ENDINGS = ("repealed", "declared_expired", "amended")
_SUCCESSION = ("repeals", "amends", "version_of")


def lineage(desk: Desk, record: Mapping[str, Any], reader: Reader) -> dict[str, list[dict[str, Any]]]:
    """Where a document stands: {"versions", "chain"}, each of rows with validity; a row of the chain also has its kind and depth (negative: what it rests on).

    Versions are the held texts of its family and those that it replaced or that replaced it, the newest first and itself among them.
    """
    from corpus.chain import chain

    ids = {record["id"], *(d.id for d in desk.store.documents.heads(reader, family_id=record["family_id"]) if d.kind == record["kind"])}
    near: set[str] = set()
    for r in () if _CLEARS.search(record["title"]) else record["relations"]:
        if r["kind"] in _SUCCESSION and r["target_id"]:
            near |= {r["document_id"], r["target_id"]}
    for happened in () if _CLEARS.search(record["title"]) else record["events"]:
        if happened["kind"] in _ENDINGS and happened["document_id"] and happened["stated_by"]:
            near |= {happened["document_id"], happened["stated_by"]}
    links = chain(desk.store, record["id"], reader)
    read = desk.store.documents.heads(reader, id=tuple(sorted(ids | near)))
    ids |= {d.id for d in read if d.id in near and not _CLEARS.search(d.title)}
    heads = {d.id: d for d in read} | {x.document.id: x.document for x in links}
    rows = _judged(desk, list(heads.values()), reader)
    versions = sorted((rows[i] for i in ids if i in rows), key=lambda r: (r["published_on"], r["id"]), reverse=True)
    return {"versions": versions, "chain": [rows[x.document.id] | {"step": x.kind, "depth": x.depth} for x in links]}


def _judged(desk: Desk, heads: Sequence[Any], reader: Reader) -> dict[str, dict[str, Any]]:
    from corpus.validity import validity

    happened, on = desk.store.documents.events_of(reader, [d.id for d in heads]), today()
    return {d.id: _row(d, validity(d, happened.get(d.id, []), on)) for d in heads}
