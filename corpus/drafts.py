"""A draft (what a page, file or row gives) completed to a document: metadata, clauses, events, relations, quality."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from corpus.masking import mask
from corpus.metadata import Metadata, describe
from corpus.models import POLICY_KINDS, Clause, Document, Kind, Origin, Source, document_id, sha256_hex
from corpus.readers import Table
from corpus.relations import relations_of
from corpus.segment import segment
from corpus.validity import dated, events_of


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a document before it is read through.

    key: the source's key (one active version a key); fields: hints in our field names, which win over everything read;
    labels, meta: label table and meta tags as read; extra: what belongs to a kind only; confidence 0..1 of the reading.
    """

    key: str
    source_id: str
    url: str
    kind: str
    title: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)
    first_seen_at: str = ""
    snapshot_sha256: str = ""
    official: bool = False
    security: int = 1
    extra: dict[str, Any] = field(default_factory=dict)
    external_id: str = ""
    attachments: tuple[Draft, ...] = ()
    notice: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    confidence: float = 1.0
    ocr: bool = False
    warnings: tuple[str, ...] = ()
    unread: int = 0
    share: str = ""
    open: str = ""


_TEXT_FIELDS = ("doc_number", "index_number", "level", "area_type", "region_code", "genre", "legal_rank", "written_on", "published_on", "effective_on", "expires_on", "marked_status")
_LISTS = ("issuers", "excludes", "delivery", "topics")
ATTACHED = "附件："


def complete(draft: Draft, source: Source | None = None) -> Document:
    """The document of a draft. Pure: the same draft gives the same document (times are the draft's own)."""
    if draft.kind == Kind.opinion:
        draft = masked(draft)
    if draft.attachments:
        draft = joined(draft)
    digest = sha256_hex(draft.text.encode())
    made = document_id(draft.key, digest)
    origin = Origin(draft.source_id, draft.url, draft.snapshot_sha256, draft.first_seen_at, draft.official)
    found = _described(draft, source)
    values = found.values
    known: dict[str, Any] = {name: values.get(name, "") or "" for name in _TEXT_FIELDS} | {name: tuple(values.get(name, ())) for name in _LISTS}
    document = Document(
        id=made,
        kind=draft.kind,
        title=draft.title or values.get("title", ""),
        text=draft.text,
        text_sha256=digest,
        external_id=draft.external_id or draft.url,
        family_id=made,
        security=draft.security,
        share=draft.share or (source.share if source else ""),
        open=draft.open or values.get("open", "") or (source.open if source else ""),
        notice=draft.notice,
        first_seen_at=draft.first_seen_at,
        sources=(origin,),
        quality=_quality(draft, found),
        meta=_provenance(draft, found),
        extra=draft.extra,
        **{**known, "level": values.get("level")},
    )
    return document if draft.extra.get("form") == "hot_title" else _structured(document)


def _described(draft: Draft, source: Source | None) -> Metadata:
    region = source.region_code if source else ""
    level = source.level if source else None
    if draft.kind in POLICY_KINDS:
        return describe(draft.title, draft.text, hints=draft.fields, labels=draft.labels, meta=draft.meta, region_code=region, level=level)
    values = ({"region_code": region} if region else {}) | draft.fields
    return Metadata(values, {name: {"from": "declared", "confidence": 1.0} for name in values})


def _structured(document: Document) -> Document:
    if document.kind == Kind.opinion and len(document.text) < 200 and "\n" not in document.text:
        return replace(document, clauses=(Clause(("正文",), "正文", None, "paragraph", 0, len(document.text)),)) if document.text else document
    document = replace(document, clauses=segment(document.text, title=document.title, kind=document.kind))
    if document.kind not in POLICY_KINDS:
        return document
    found = events_of(document)
    return replace(dated(document, found), events=found, relations=relations_of(document))


def masked(draft: Draft) -> Draft:
    """The draft with personal information replaced in title, text and extra (opinion is masked before anything is stored)."""
    title = mask(draft.title, names=True)
    if draft.extra.get("form") == "hot_title":
        return draft if title == draft.title else replace(draft, title=title, text=title)
    extra = {k: mask(v, names=True) if isinstance(v, str) else v for k, v in draft.extra.items()}
    return replace(draft, title=title, text=mask(draft.text, names=True), extra=extra)


def joined(draft: Draft) -> Draft:
    """The draft with the texts of its attachments behind its own (an 印发通知 with its body, a notice with its tables)."""
    parts = [(a.title, a.text) for a in draft.attachments if a.text.strip()]
    if not parts:
        return draft
    own = re.sub(r"\s", "", draft.text)
    parts = [(t, x) for t, x in parts if re.sub(r"\s", "", x)[:400] not in own]
    text = "\n\n".join([draft.text.rstrip(), *(_attached(title, body, n, len(parts)) for n, (title, body) in enumerate(parts, 1))])
    read = [draft, *draft.attachments]
    return replace(
        draft,
        text=text,
        attachments=(),
        tables=tuple(t for d in read for t in d.tables),
        confidence=min(d.confidence for d in read),
        ocr=any(d.ocr for d in read),
        warnings=tuple(w for d in read for w in d.warnings),
    )


def _attached(title: str, body: str, number: int, of: int) -> str:
    name = re.sub(r"^附\s*件\s*\d*\s*[：:.．、]?\s*", "", re.sub(r"\.(?:docx?|pdf|xlsx?|wps|et|ofd|zip|csv|txt)$", "", title.strip(), flags=re.IGNORECASE))
    return f"附件{number if of > 1 else ''}：{name or '正文'}\n{body.strip()}"


def _quality(draft: Draft, found: Metadata) -> dict[str, Any]:
    quality: dict[str, Any] = {"confidence": round(draft.confidence, 4)}
    if draft.ocr:
        quality["ocr"] = True
    if draft.unread:
        quality["unread_attachments"] = draft.unread
    if draft.warnings:
        quality["warnings"] = list(draft.warnings)
    return quality


def _provenance(draft: Draft, found: Metadata) -> dict[str, Any]:
    meta: dict[str, Any] = dict(found.provenance)
    if draft.tables:
        meta["tables"] = [[list(row) for row in table[:400]] for table in draft.tables[:20]]
    return meta


def draft_of_reading(reading: Any, **values: Any) -> Draft:
    """A draft from a Reading; `values` are the draft's own fields (key, source_id, url, kind, …)."""
    title = values.pop("title", "") or reading.title
    return Draft(
        title=title, text=reading.text, labels=reading.fields, meta=reading.meta, tables=reading.tables, confidence=reading.confidence,
        ocr=reading.ocr, warnings=reading.warnings, **values,
    )  # fmt: skip
