"""Data quality per source and overall: completeness, timeliness, duplicates, extraction confidence, OCR, attachments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.access import Reader
from corpus.models import Document
from corpus.store import Store

FIELDS = {
    "policy": ("title", "doc_number", "issuers", "level", "region_code", "genre", "written_on", "published_on"),
    "notice": ("title", "issuers", "level", "region_code", "published_on"),
    "interpretation": ("title", "issuers", "published_on"),
    "opinion": ("title", "published_on"),
    "news": ("title", "published_on"),
    "paper": ("title", "published_on", "topics"),
    "project": ("title",),
}
"""The metadata fields that a document of each kind should have."""

DROP = 0.15
"""A fill rate that falls by more than this share against the mean of the last measures raises an alarm."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of one source (or of all): counts, fill rate of each field 0..1, and shares 0..1.

    `timeliness` is the median number of days from publication to first sight, None without dates.
    """

    source_id: str
    documents: int
    fill: dict[str, float]
    completeness: float
    timeliness: float | None
    duplicate_share: float
    ocr_share: float
    confidence: float
    unread_attachments: int
    newest: str
    alarms: tuple[str, ...] = field(default=())

    def record(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {name: getattr(self, name) for name in self.__slots__}


def measure(source_id: str, documents: Sequence[Document], history: Sequence[dict[str, Any]] = ()) -> Quality:
    """Quality of `documents` of one source; `history` holds earlier measures, newest first."""
    fill = fill_rates(documents)
    values = list(fill.values())
    lags = sorted(lag for d in documents if (lag := days_to_sight(d)) is not None)
    texts: dict[str, int] = defaultdict(int)
    for d in documents:
        texts[d.text_sha256] += 1
    n = len(documents)
    quality = [d.quality for d in documents]
    return Quality(
        source_id=source_id,
        documents=n,
        fill=fill,
        completeness=round(sum(values) / len(values), 4) if values else 0.0,
        timeliness=lags[len(lags) // 2] if lags else None,
        duplicate_share=round((n - len(texts)) / n, 4) if n else 0.0,
        ocr_share=round(sum(bool(q.get("ocr")) for q in quality) / n, 4) if n else 0.0,
        confidence=round(sum(float(q.get("confidence", 1.0)) for q in quality) / n, 4) if n else 0.0,
        unread_attachments=sum(int(q.get("unread_attachments", 0)) for q in quality),
        newest=max((d.published_on for d in documents), default=""),
        alarms=alarms(fill, n, history),
    )


def fill_rates(documents: Iterable[Document]) -> dict[str, float]:
    """Share of documents that have each field which their kind should have, 0..1."""
    wanted: dict[str, int] = defaultdict(int)
    filled: dict[str, int] = defaultdict(int)
    for d in documents:
        for name in FIELDS.get(d.kind, ()):
            wanted[name] += 1
            filled[name] += bool(getattr(d, name))
    return {name: round(filled[name] / wanted[name], 4) for name in wanted}


def days_to_sight(document: Document) -> float | None:
    """Days from publication to first sight (≥ 0); None when either is not known to the day."""
    from datetime import date

    if len(document.published_on) < 10 or len(document.first_seen_at) < 10:
        return None
    return float(max(0, (date.fromisoformat(document.first_seen_at[:10]) - date.fromisoformat(document.published_on)).days))


def alarms(fill: dict[str, float], documents: int, history: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Alarms against earlier measures: a fill rate that dropped by more than DROP, or a loss of documents."""
    if not history:
        return ()
    found = []
    for name, rate in fill.items():
        past = [h["measures"]["fill"][name] for h in history if name in h["measures"].get("fill", {})]
        if past and sum(past) / len(past) - rate > DROP:
            found.append(f"fill_drop:{name}:{sum(past) / len(past):.2f}->{rate:.2f}")
    usual = max(h["measures"].get("documents", 0) for h in history)
    if documents < usual * (1 - DROP):
        found.append(f"documents_drop:{usual}->{documents}")
    return tuple(found)


def assess(store: Store, reader: Reader, *, remember_on: str = "") -> list[Quality]:
    """Quality of every source within the reader's ceiling, and of `*` (all); `remember_on` keeps the day's measures."""
    by_source: dict[str, list[Document]] = defaultdict(list)
    heads = store.documents.heads(reader)
    for i in range(0, len(heads), 500):
        part = heads[i : i + 500]
        origins = store.documents.origins_of([d.id for d in part])
        for d in part:
            for source_id in {o.source_id for o in origins.get(d.id, [])} or {"(none)"}:
                by_source[source_id].append(d)
    by_source["*"] = heads
    found = [measure(s, documents, history_of(store, s, reader)) for s, documents in sorted(by_source.items())]
    if remember_on:
        store.governance.remember_quality(remember_on, {q.source_id: q.record() | {"ceiling": reader.ceiling} for q in found})
    return found


def history_of(store: Store, source_id: str, reader: Reader, days: int = 14) -> list[dict[str, Any]]:
    """Earlier measures of a source, newest first; only those taken with the reader's own ceiling (others count what it may not)."""
    return [h for h in store.governance.quality_history(source_id, days) if h["measures"].get("ceiling", 4) == reader.ceiling]
