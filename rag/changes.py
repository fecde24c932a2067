"""What differs between two texts by values: amounts, ratios, deadlines, periods of the same thing; and which text a policy replaced."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.access import Reader
from corpus.models import Document, EventKind, RelationKind
from corpus.store import Store
from rag.align import dice
from rag.fit import bag
from rag.slots import Slot, slots
from rag.statements import condense

ALIKE = 0.5
"""Least share of bigrams by which two slots speak of the same thing."""
FAR = 0.3
"""The same where both give one value of one unit and are each other's likest."""
APART = 0.25
"""Items of two lists whose own words are less alike are never one thing."""
_SCALES = ("amount", "ratio")
_CHECKS = re.compile(r"抽查|核查|追回|退回|现行(?:办法|细则|规定)|累计(?:补助|支持|兑现)企业")
_ENDS = (EventKind.repealed, EventKind.declared_expired, EventKind.ended, EventKind.amended)
_KINDS = ("amount", "ratio", "deadline", "period", "threshold")


def predecessor(document: Document, store: Store, reader: Reader) -> Document | None:
    """The text that this one replaced: a repealed target with a like title, else the version before it."""
    ids = [r.target_id for r in document.relations if r.document_id == document.id and r.kind in (RelationKind.repeals, RelationKind.amends) and r.target_id]
    ids += [e.document_id for e in document.events if e.stated_by == document.id and e.kind in _ENDS and e.document_id not in (None, document.id)]
    found = [d for d in store.documents.texts([i for i in ids if i], reader) if _like(d.title, document.title)]
    if not found and document.family_id and document.family_id != document.id:
        heads = [h for h in store.documents.heads(reader, family_id=document.family_id) if h.id != document.id and (h.written_on or h.published_on) < (document.written_on or document.published_on)]
        newest = sorted(heads, key=lambda h: h.written_on or h.published_on)[-1:]
        found = list(store.documents.texts([h.id for h in newest], reader))
    return found[0] if found else None


def _like(a: str, b: str) -> bool:
    x, y = bag(a), bag(b)
    return bool(x and y) and len(x & y) >= ALIKE * min(len(x), len(y))


def changed_values(old: Document, new: Document, *, draft: bool = False) -> list[tuple[str, Slot | None, Slot | None]]:
    """(words, slot of the new text, slot of the old text) of values that differ; slots of one thing are paired by their words."""
    found: list[tuple[str, Slot | None, Slot | None]] = []
    was, now, would = ("现行", "拟", "拟") if draft else ("原", "现", "")
    for theirs, ours in paired_values(old, new):
        if theirs is None and ours is not None:
            found.append((f"{would}新增：{condense(ours.text)}", ours, None))
        elif ours is None and theirs is not None:
            found.append((f"{would}不再规定：{condense(theirs.text)}", None, theirs))
        elif ours is not None and theirs is not None:
            found.append((f"{was}规定为“{condense(theirs.text)}”，{now}规定为“{condense(ours.text)}”", ours, theirs))
    return found


def paired_values(old: Document, new: Document) -> list[tuple[Slot | None, Slot | None]]:
    """(slot of the old text, slot of the new text) of values that differ or stand in one text only."""
    pairs = partners(_valued(old), _valued(new))
    return [(a, b) for a, b in pairs if a is None or b is None or _values(a) != _values(b)]


def partners(old: Sequence[Slot], new: Sequence[Slot]) -> list[tuple[Slot | None, Slot | None]]:
    """Slots of two texts paired by their words, in the order of the new text; those without a partner with None."""
    taken: set[int] = set()
    found: list[tuple[Slot | None, Slot | None]] = []
    for slot in new:
        other = _partner(slot, old, taken)
        if other is not None:
            taken.add(other.start)
        found.append((other, slot))
    left = [s for s in old if s.start not in taken]
    return _second(found, left, taken) + [(s, None) for s in left if s.start not in taken]


def _second(found: Sequence[tuple[Slot | None, Slot | None]], left: Sequence[Slot], taken: set[int]) -> list[tuple[Slot | None, Slot | None]]:
    """What found no partner, paired with what is left of the other text where both give one value of one unit and are each other's likest (最高10万元 · 最高20万元)."""
    alone = [new for old, new in found if old is None and new is not None and new.kind in _SCALES]
    likest = {new.start: _likest(new, [s for s in left if s.kind == new.kind]) for new in alone}
    pairs: list[tuple[Slot | None, Slot | None]] = []
    for old, new in found:
        other = likest.get(new.start) if old is None and new is not None else None
        if other is not None and new is not None and other.start not in taken and _likest(other, [s for s in alone if s.kind == other.kind]) is new:
            taken.add(other.start)
            pairs.append((other, new))
        else:
            pairs.append((old, new))
    return pairs


def _likest(slot: Slot, others: Sequence[Slot]) -> Slot | None:
    """Of slots of one kind the one whose words (with heading) are most alike, if enough are."""
    mine = bag(f"{slot.heading}{slot.text}")
    shares = {o.start: 2 * len(mine & (theirs := bag(f"{o.heading}{o.text}"))) / max(1, len(mine) + len(theirs)) for o in others}
    best = max(others, key=lambda o: (shares[o.start], -o.start), default=None)
    return best if best is not None and shares[best.start] >= FAR else None


def _valued(d: Document) -> list[Slot]:
    """One slot a span, by place; tables' rows left out."""
    seen: dict[tuple[int, int], Slot] = {}
    for s in slots(d):
        if s.kind in _KINDS and not s.text.lstrip().startswith("|"):
            seen.setdefault((s.start, s.end), s)
    found = [s for s in seen.values() if not condense(s.text).endswith("的") and s.label != "征求意见" and not _CHECKS.search(_line(d, s))]
    return [s for s in found if not any(o is not s and o.start <= s.start and s.end <= o.end for o in found)]


def _line(d: Document, s: Slot) -> str:
    """The sentence that a value stands in."""
    start = max(d.text.rfind(mark, 0, s.start) for mark in "。\n") + 1
    return d.text[start : s.end]


def _values(slot: Slot) -> tuple[str, ...]:
    from rag.facts import facts

    return tuple(sorted(facts(slot.text)))


def _partner(slot: Slot, others: Sequence[Slot], taken: set[int]) -> Slot | None:
    """The slot of the other text that speaks most alike, of the same kind."""
    mine = bag(slot.text + slot.label)
    best, held = None, ALIKE if slot.kind != "period" else 0.15
    for other in others:
        if other.start in taken or any((other.kind == k) != (slot.kind == k) for k in ("deadline", "period")):
            continue
        theirs = bag(other.text + other.label)
        share = 2 * len(mine & theirs) / max(1, len(mine) + len(theirs))
        if slot.label and other.label and slot.kind not in ("deadline", "period") and dice(bag(slot.text), bag(other.text)) < APART:
            continue  # the words that lead both lists are no likeness of their items
        if share > held:
            best, held = other, share
    return best
