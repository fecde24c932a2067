"""The status of a document at a date, computed from the events that happened to it, and the succession of its versions.

Nothing is presumed: a document that nobody official marked and no event ends is `presumed_in_force` (未见失效记录，待核).
自2020年1月1日起施行，有效期五年 ends on 2024-12-31. Events are read from texts in corpus.events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from corpus.events import events_of, is_draft
from corpus.models import Document, Event, EventKind, Status, Validity
from corpus.terms import default_term

__all__ = ["dated", "events_of", "is_draft", "today", "validity", "version_date", "versions"]

_OVER = {EventKind.repealed: Status.repealed, EventKind.declared_expired: Status.expired, EventKind.ended: Status.expired, EventKind.suspended: Status.expired}
PARTIAL = ("清理目录", "修改决定")
"""Bases of amendments that change a part of a text which stays in force (no newer full text is known)."""


def today() -> str:
    """The calendar date in Asia/Shanghai."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()


def validity(document: Document, events: Sequence[Event], on: str, *, ceiling: int = 4) -> Validity:
    """Status of a document at the date `on` from the events that happened to it, with the words that it rests on.

    What a document above `ceiling` states has not happened for a reader with that ceiling.
    """
    if is_draft(document.title) or document.marked_status == "draft":
        return Validity(Status.draft, on, "征求意见稿，未生效")
    mine = sorted((e for e in events if e.document_id == document.id and e.security <= ceiling), key=lambda e: e.on)
    if (start := _start(document, mine)) and start[0] > _pad(on, start[0]):
        return Validity(Status.not_yet, on, start[1])
    if over := _over(mine, on) or _replaced(document, mine, on):
        return over
    if (end := _expiry(document, mine)) and _pad(end[0], on) < on:
        return Validity(Status.expired, on, end[1])
    if document.marked_status in ("in_force", "repealed", "expired", "amended", "partly_ended"):
        return Validity(Status(document.marked_status), on, "发布机关标注")
    return _standing(document, mine, on)


def _standing(document: Document, mine: Sequence[Event], on: str) -> Validity:
    """Status of what has not ended: partly ended, officially continued, or without a record of an end."""
    happened = [e for e in mine if e.on <= on]
    if partly := [e for e in happened if e.kind == EventKind.partly_repealed or (e.kind == EventKind.amended and e.basis in PARTIAL)]:
        return Validity(Status.partly_ended, on, partly[-1].quote)
    if prolonged := [e for e in mine if e.kind == EventKind.extended]:
        return Validity(Status.in_force, on, prolonged[-1].quote)
    if kept := [e for e in happened if e.kind == EventKind.continued]:
        return Validity(Status.in_force, on, kept[-1].quote)
    term = None if _expiry(document, mine) else default_term(document, document.effective_on or document.written_on or document.published_on)
    said = f"；{term[1]}，按此至{term[0]}" if term and term[0] < on else ""
    return Validity(Status.presumed_in_force, on, f"未见失效记录（截至{on}，待核）{said}")


def _pad(on: str, other: str) -> str:
    """A date with less precision taken at its end when held against a longer one."""
    return on if len(on) >= len(other) else on + "-99-99"[: len(other) - len(on)]


def _start(document: Document, mine: Sequence[Event]) -> tuple[str, str] | None:
    if document.effective_on:
        quote = next((e.quote for e in mine if e.kind == EventKind.effective and e.on == document.effective_on), "")
        return document.effective_on, quote or f"自{document.effective_on}起施行"
    for e in mine:
        if e.kind == EventKind.effective and e.on and not (document.extra.get("versioned") and e.on < version_date(document)):
            return e.on, e.quote
    if document.extra.get("versioned") and version_date(document):
        return version_date(document), f"{version_date(document)}公布"
    return None


def _over(mine: Sequence[Event], on: str) -> Validity | None:
    """The event that ended the document on or before a date; an end without a date counts from the beginning."""
    for e in mine:
        if e.kind in _OVER and e.on <= on:
            return Validity(_OVER[EventKind(e.kind)], on, e.quote or e.basis)
    return None


def _replaced(document: Document, mine: Sequence[Event], on: str) -> Validity | None:
    for e in mine:
        if e.kind == EventKind.amended and e.on <= on and e.basis not in PARTIAL:
            return Validity(Status.amended, on, e.basis or e.quote)
    return Validity(Status.amended, on, "来源已更新文本") if document.state == "superseded" else None


def _expiry(document: Document, mine: Sequence[Event]) -> tuple[str, str] | None:
    """The last day and the words that say so; of several extensions the longest."""
    if any(e.kind == EventKind.extended and not e.on for e in mine):
        return None  # prolonged, but nobody can say until when
    for kind in (EventKind.extended, EventKind.expires):
        if ends := [(e.on, e.quote or e.basis) for e in mine if e.kind == kind and e.on]:
            return max(ends)
    return (document.expires_on, f"有效期至{document.expires_on}") if document.expires_on else None


def versions(family: Sequence[Document]) -> dict[str, tuple[Event, ...]]:
    """Events between dated versions of one text: each is superseded (修改) when the next one takes effect.

    Parts of one code (编 of 民法典) and copies of one version succeed nothing.
    """
    ordered = sorted((d for d in family if version_date(d) and not d.extra.get("part")), key=lambda d: (version_date(d), d.id))
    found: dict[str, tuple[Event, ...]] = {}
    for old, new in pairwise(_distinct(ordered)):
        on = new.effective_on or version_date(new)
        basis = f"已由{version_date(new)}公布的版本代替，新版本自{on}起施行"
        for d in ordered:
            if version_date(d) == version_date(old):
                found[d.id] = (Event(EventKind.amended, on, d.id, new.id, basis=basis),)
    return found


def _distinct(ordered: Sequence[Document]) -> list[Document]:
    """One document a version date."""
    return list({version_date(d): d for d in reversed(ordered)}.values())[::-1]


def version_date(d: Document) -> str:
    """The date of a version: when it was written or published, else when it took effect."""
    return d.written_on or d.published_on or d.effective_on


def dated(document: Document, found: Sequence[Event]) -> Document:
    """The document with the dates that its own events say, where the metadata had none."""
    own = [e for e in found if e.document_id == document.id]
    starts = [e.on for e in own if e.kind == EventKind.effective and e.on]
    if document.extra.get("versioned"):
        starts = [on for on in starts if on >= version_date(document)]
    ends = [e.on for e in own if e.kind == EventKind.expires and e.on]
    return replace(document, effective_on=document.effective_on or (starts[0] if starts else ""), expires_on=document.expires_on or (max(ends) if ends else ""))
