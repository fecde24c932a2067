"""Slots of a policy, found by rule. Every slot is a span: `document.text[start:end]` are its words."""

from __future__ import annotations

from collections.abc import Sequence

from corpus.models import Document
from rag import amounts, due, lists, parties
from rag.slot import Finder, Slot, cue
from rag.statements import Statement, sayable

_FINDERS: tuple[Finder, ...] = (
    amounts.amounts, amounts.total, due.deadlines, lists.lists, lists.single, parties.stacking, parties.exclusions, parties.objects, parties.basis, parties.bodies,
    parties.channels, parties.phones, parties.delivery, parties.terms, parties.period,
)  # fmt: skip


def slots(document: Document, found: Sequence[Statement] | None = None) -> tuple[Slot, ...]:
    """Every slot of a document, by place."""
    parts = sayable(document) if found is None else found
    made = [s for statement in parts for finder in _FINDERS for s in finder(document, statement)]
    unique = {(s.kind, s.start, s.end, s.value, s.label, s.limits): s for s in made if s.start < s.end}
    return tuple(sorted(unique.values(), key=lambda s: (s.start, s.end, s.kind)))


__all__ = ["Slot", "cue", "slots"]
