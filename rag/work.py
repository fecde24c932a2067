"""What the sections of an interpretation work with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from corpus.access import Reader
from corpus.models import Document, Validity
from corpus.report import Heading, Paragraph
from corpus.store import Store
from rag.quoting import Quoting
from rag.since import Since, change_of
from rag.slots import Slot
from rag.statements import Statement, condense

KEPT = 12
"""At most so many points a section."""
ALTERED = "（该条已修改，见“时效与后续修改”）"
Polish = Callable[[str, Sequence[str]], str]
"""polish(sentence, quotes) → a smoother sentence; what its citations do not hold is thrown away."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the sections work with."""

    document: Document
    parts: tuple[Statement, ...]
    slots: tuple[Slot, ...]
    judged: Validity
    out: Quoting
    store: Store
    reader: Reader
    polish: Polish | None = None
    since: Sequence[Since] = ()

    def altered(self, place: str, words: str = "") -> str:
        """What must stand behind words of an article that was changed since; empty for any other, and for words that the change leaves alone."""
        return ALTERED if change_of(place, [x for x in self.since if x.kind == "changed"], words) else ""

    def of(self, *kinds: str) -> list[Slot]:
        return [s for s in self.slots if s.kind in kinds]

    def _told(self, words: str) -> bool:
        """Whether the section says these words already."""
        for block in reversed(self.out.blocks):
            if isinstance(block, Heading):
                return False
            if isinstance(block, Paragraph) and block.text == words:
                return True
        return False

    def say(self, slot: Slot, text: str = "", derived: str = "") -> bool:
        """A slot as a cited paragraph; a table as a table."""
        if self._told((text or condense(slot.text)) + self.altered(slot.place, slot.text)):
            return False
        mark = self.out.mark(self.document, slot.start, slot.end, self.judged)
        if slot.text.lstrip().startswith("|"):
            rows = [[c.strip() for c in line.strip().strip("|").split("|")] for line in slot.text.splitlines() if line.strip() and not re.fullmatch(r"[|\-:\s]+", line.strip())]
            self.out.table(rows[0], [r for r in rows[1:] if len(r) == len(rows[0])], f"{slot.heading[-40:]}[{mark}]")
            return len(rows) > 1
        words, derived = (text or condense(slot.text)) + self.altered(slot.place, slot.text), derived + self.altered(slot.place, slot.text)
        if self.polish is not None and self.out.say(self.polish(words, [slot.text]), (mark,)):
            return True
        return self.out.say(words, (mark,), derived)


def said(work: Work, found: Sequence[Slot], most: int = KEPT) -> int:
    """Say slots, each span once; returns how many were said."""
    seen: set[tuple[int, int]] = set()
    done = 0
    for slot in found:
        if (slot.start, slot.end) not in seen and done < most:
            seen.add((slot.start, slot.end))
            done += work.say(slot)
    return done


def sentence(text: str, at: int) -> tuple[int, int]:
    """The sentence that a code point lies in."""
    start = max(text.rfind(mark, 0, at) for mark in "。\n") + 1
    ends = [i for i in (text.find(mark, at) for mark in "。\n") if i >= 0]
    return start, (min(ends) + 1 if ends else len(text))
