"""Tables of the document room and the way between their rows and the records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, Row, String, Table, Text, and_, select

from corpus.models import Clause, Document, Event, EventKind, Relation, RelationKind
from corpus.store.base import metadata

documents = Table(
    "documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", Text, nullable=False, index=True),
    Column("kind", String(16), nullable=False, index=True),
    Column("title", Text, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("text_sha256", String(64), nullable=False, index=True),
    Column("external_id", Text, nullable=False, index=True),
    Column("family_id", String(32), nullable=False, index=True),
    Column("doc_number", Text, nullable=False, index=True),
    Column("index_number", Text, nullable=False),
    Column("issuers", JSON, nullable=False),
    Column("level", String(16), index=True),
    Column("area_type", String(32), nullable=False),
    Column("region_code", String(12), nullable=False, index=True),
    Column("excludes", JSON, nullable=False),
    Column("genre", String(32), nullable=False),
    Column("legal_rank", String(32), nullable=False),
    Column("delivery", JSON, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("written_on", String(10), nullable=False),
    Column("published_on", String(10), nullable=False, index=True),
    Column("effective_on", String(10), nullable=False),
    Column("expires_on", String(10), nullable=False),
    Column("marked_status", String(32), nullable=False),
    Column("security", Integer, nullable=False, index=True),
    Column("share", String(32), nullable=False),
    Column("open", String(32), nullable=False),
    Column("notice", String(32), nullable=False),
    Column("first_seen_at", String(32), nullable=False, index=True),
    Column("stored_at", String(32), nullable=False),
    Column("changed_at", String(32), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("clauses", Text, nullable=False),
    Column("quality", JSON, nullable=False),
    Column("meta", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
)

origins = Table(
    "origins",
    metadata,
    Column("document_id", String(32), primary_key=True),
    Column("source_id", String(64), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("snapshot_sha256", String(64), nullable=False),
    Column("first_seen_at", String(32), nullable=False),
    Column("official", Boolean, nullable=False),
    Index("ix_origins_source", "source_id"),
    Index("ix_origins_snapshot", "snapshot_sha256"),
)

events = Table(
    "events",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(24), nullable=False),
    Column("on", String(10), nullable=False),
    Column("document_id", String(32), index=True),
    Column("stated_by", String(32), index=True),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("target_title", Text, nullable=False),
    Column("target_number", Text, nullable=False),
    Column("basis", Text, nullable=False),
)

relations = Table(
    "relations",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(24), nullable=False),
    Column("document_id", String(32), nullable=False, index=True),
    Column("target_id", String(32), index=True),
    Column("target_title", Text, nullable=False),
    Column("target_number", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
)

observations = Table(
    "observations",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("document_id", String(32), nullable=False, index=True),
    Column("at", String(32), nullable=False, index=True),
    Column("platform", String(32), nullable=False),
    Column("rank", Integer),
    Column("heat", Float),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("document_id", String(32), nullable=False),
    Column("op", String(8), nullable=False),
    sqlite_autoincrement=True,
)

TUPLES = ("issuers", "excludes", "delivery", "topics")
PARTS = ("clauses", "events", "relations", "sources")
COLUMNS = tuple(f.name for f in fields(Document) if f.name not in PARTS)
_VOLATILE = {"stored_at", "changed_at", "first_seen_at"}
HEAD = tuple(documents.c[name] for name in COLUMNS if name != "text")
NARROW = tuple(documents.c[name] for name in ("id", "kind", "title", "text_sha256", "doc_number", "region_code", "security", "family_id", "written_on", "published_on", "effective_on", "expires_on", "extra"))
"""What names a document and places it among its versions: all that linking reads."""
HELD = ("active", "duplicate")
"""States of the row that a key stands for: a duplicate (一数一源) has stepped back behind the same text of another source."""


def pack_clauses(clauses: Sequence[Clause]) -> str:
    rows = [(list(c.path), c.label, c.article, c.kind, c.start, c.end) for c in clauses]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def unpack_clauses(packed: str) -> tuple[Clause, ...]:
    return tuple(Clause(tuple(p), label, article, kind, s, e) for p, label, article, kind, s, e in json.loads(packed))


def row_of(document: Document, key: str) -> dict[str, Any]:
    row = {name: getattr(document, name) for name in COLUMNS}
    row.update({name: list(row[name]) for name in TUPLES})
    row["clauses"] = pack_clauses(document.clauses)
    row["key"] = key
    return row


def document_of(row: Any, **parts: Any) -> Document:
    values = {name: row[i] for name, i in _places(row._fields)}
    for name in TUPLES:
        if name in values:
            values[name] = tuple(values[name])
    values.setdefault("text", "")
    return Document(**values, **parts)


@lru_cache(maxsize=32)
def _places(names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """Where the columns of a document stand in a row with these columns."""
    return tuple((name, names.index(name)) for name in COLUMNS if name in names)


def conditions(where: dict[str, Any]) -> list[Any]:
    """SQL conditions of `where`; a condition on `region_code` ending in % and a `title` with % are patterns."""
    found = []
    for name, value in {"state": "active", **where}.items():
        column = documents.c[name]
        if isinstance(value, (tuple, list, set, frozenset)):
            found.append(column.in_(list(value)))
        elif isinstance(value, str) and "%" in value:
            found.append(column.like(value))
        elif value is not None:
            found.append(column == value)
    return [and_(*found)] if found else []


def event_row(e: Event, stated_by: str) -> dict[str, Any]:
    return {
        "kind": str(e.kind), "on": e.on, "document_id": e.document_id, "stated_by": e.stated_by or stated_by, "start": e.start, "end": e.end,
        "quote": e.quote, "target_title": e.target_title, "target_number": e.target_number, "basis": e.basis,
    }  # fmt: skip


def event_of(r: Row[Any]) -> Event:
    return Event(EventKind(r.kind), r.on, r.document_id, r.stated_by, r.start, r.end, r.quote, r.target_title, r.target_number, r.basis, getattr(r, "security", None) or 1)


STATED = select(events, documents.c.security).select_from(events.outerjoin(documents, documents.c.id == events.c.stated_by))
"""Events with the security level of the document that states them."""


def relation_row(r: Relation) -> dict[str, Any]:
    return {
        "kind": str(r.kind),
        "document_id": r.document_id,
        "target_id": r.target_id,
        "target_title": r.target_title,
        "target_number": r.target_number,
        "start": r.start,
        "end": r.end,
    }


def relation_of(r: Row[Any]) -> Relation:
    return Relation(RelationKind(r.kind), r.document_id, r.target_id, r.target_title, r.target_number, r.start, r.end)
