"""Building a report whose every paragraph is cited: a small collector of blocks and citations, used by interpretation and comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.models import Document, Validity
from corpus.report import Block, Heading, Paragraph, TableBlock
from rag.cite import cite, faults
from rag.records import Citation


@dataclass(slots=True)
class Quoting:
    """Blocks in order and citations by number; a span is cited once. What its citation does not hold is not taken."""

    blocks: list[Block] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def mark(self, document: Document, start: int, end: int, validity: Validity) -> int:
        """The number of the citation of a span."""
        for c in self.citations:
            if (c.document_id, c.start, c.end) == (document.id, start, end):
                return c.n
        self.citations.append(cite(len(self.citations) + 1, document, start, end, validity))
        return len(self.citations)

    def heading(self, text: str, depth: int = 1) -> None:
        self.blocks.append(Heading(text, depth))

    def say(self, text: str, marks: Sequence[int], derived: str = "") -> bool:
        """A cited paragraph; False (and noted) when the citations do not hold it."""
        by_n = {c.n: c for c in self.citations}
        wrong = faults(text, [by_n[n] for n in marks], None, derived)
        if wrong:
            self.dropped.append(f"{text[:60]}: {'; '.join(wrong)}")
            return False
        self.blocks.append(Paragraph(text, tuple(marks)))
        return True

    def note(self, text: str) -> None:
        """A paragraph of our own words (a list of what is missing, a mark), without a citation."""
        self.blocks.append(Paragraph(text))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "", colours: dict[tuple[int, int], str] | None = None) -> None:
        if rows:
            self.blocks.append(TableBlock(tuple(header), tuple(tuple(r) for r in rows), caption, colours or {}))

    def records(self) -> tuple[dict[str, Any], ...]:
        """The citations as plain records for a report."""
        return tuple(
            {
                "n": c.n, "document_id": c.document_id, "external_id": c.external_id, "title": c.title, "doc_number": c.doc_number, "clause": dict(c.clause), "start": c.start,
                "end": c.end, "quote": c.quote, "validity": {"status": str(c.validity.status), "as_of": c.validity.as_of, "basis": c.validity.basis},
            }
            for c in self.citations
        )  # fmt: skip
