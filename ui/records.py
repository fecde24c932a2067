"""The records of the interface as plain JSON types: what every door returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from corpus.models import Document, Event, Relation, Validity


def plain(value: Any) -> Any:
    """Dataclasses, enums, tuples, sets, dates and numpy scalars as JSON types."""
    if value is None or (isinstance(value, (str, int, float, bool)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(v) for v in value)
    if isinstance(value, (date, datetime, Path)):
        return str(value)
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"no JSON form for {type(value).__name__}")


def document_record(document: Document, validity: Validity, *, full: bool = True) -> dict[str, Any]:
    """The document record of the interface; lists leave out clauses, events, relations and text (`full=False`)."""
    record = {name: plain(getattr(document, name)) for name in _HEAD}
    record["validity"] = plain(validity)
    if full:
        record |= {name: plain(getattr(document, name)) for name in ("sources", "clauses", "events", "relations", "quality", "meta", "extra", "text")}
    return record


_HEAD = (
    "id", "external_id", "family_id", "kind", "title", "doc_number", "index_number", "issuers", "level", "area_type", "region_code", "excludes",
    "genre", "legal_rank", "delivery", "topics", "written_on", "published_on", "effective_on", "expires_on", "marked_status", "security", "share",
    "open", "notice", "text_sha256", "first_seen_at", "stored_at", "changed_at", "state",
)  # fmt: skip


def visible_parts(document: Document, readable: set[str]) -> Document:
    """The document without events and relations that come from or lead to documents which the reader may not see."""
    from dataclasses import replace

    def seen(*ids: str | None) -> bool:
        return all(i is None or i == document.id or i in readable for i in ids)

    events: tuple[Event, ...] = tuple(e for e in document.events if seen(e.document_id, e.stated_by))
    relations: tuple[Relation, ...] = tuple(r for r in document.relations if seen(r.document_id, r.target_id))
    return replace(document, events=events, relations=relations)
