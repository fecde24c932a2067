"""What is indexed of a document: its passages with the text that stands for each (title, headings, label, body) and its filter fields."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from corpus.models import Document, Level, Passage
from corpus.segment import passages
from corpus.text import tokens
from rag.lexical import NATION, Fields

_HEADINGS = ("heading", "title")


@dataclass(frozen=True, slots=True)
class Unit:
    """One passage and the words around it: `context` is the title and the headings above, in order."""

    passage: Passage
    context: str

    @property
    def text(self) -> str:
        """What stands for the passage in the indexes."""
        return f"{self.context} {self.passage.label} {self.passage.text}"

    def tokens(self) -> list[str]:
        return tokens(self.text)


def _headings(document: Document) -> dict[tuple[str, ...], str]:
    """The words of each heading by its path."""
    found = {}
    for clause in document.clauses:
        if clause.kind == "heading":
            found[clause.path] = document.text[clause.start : clause.end].strip()
    return found


def _starts_of_headings(document: Document) -> dict[int, int]:
    """Where each heading or title starts → where the run of headings and titles that it belongs to ends."""
    runs: dict[int, int] = {}
    for clause in reversed(document.clauses):
        if clause.kind in _HEADINGS:
            runs[clause.start] = runs.get(clause.end, clause.end)
    return runs


def _bodies(document: Document) -> list[Passage]:
    """The passages that say more than headings do (all of them when none does)."""
    runs, found = _starts_of_headings(document), passages(document)
    starts = sorted(runs)
    kept = [p for p in found if not (starts and (at := bisect_right(starts, p.start)) and runs[starts[at - 1]] >= p.end)]
    return kept or found


def units(document: Document) -> Iterator[Unit]:
    """Every passage of a document that says more than a heading, with its title and headings."""
    headings = _headings(document)
    for passage in _bodies(document):
        above = [headings[passage.path[:n]] for n in range(1, len(passage.path) + 1) if passage.path[:n] in headings]
        yield Unit(passage, " ".join([document.title, *above]))


_ISO = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def day(date: str, *, last: bool = False) -> int:
    """An ISO prefix as yyyymmdd, its first or last day (0 when empty, or no date)."""
    match = _ISO.fullmatch(date)
    if not match or not ("01" <= (match[2] or "01") <= "12" and "01" <= (match[3] or "01") <= "31"):
        return 0
    filler = ("12", "31") if last else ("01", "01")
    return int(f"{match[1]}{match[2] or filler[0]}{match[3] or filler[1]}")


def region_chain(code: str) -> tuple[str, ...]:
    """A division code and every code above it: 350203 → 350203, 350200, 350000 (empty for none)."""
    if not code:
        return ()
    padded = code.ljust(6, "0")[:6]
    return tuple(dict.fromkeys(c for c in (code, padded, padded[:4] + "00", padded[:2] + "0000") if c))


def fields(document: Document) -> Fields:
    """The filter fields of a document."""
    national = document.level == Level.national or document.region_code in ("000000", "100000")
    own = NATION if national else document.region_code
    chain = (NATION,) if national else region_chain(document.region_code)
    date = day(document.published_on or document.written_on or document.effective_on)
    return Fields(str(document.kind), str(document.level or ""), own, chain, document.issuers, date)
