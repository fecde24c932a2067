"""Citations of what leaves the house: numbered in order of first use, each a span of a stored document within the reader's reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.models import Document
from corpus.store import Store


class Sources:
    """Collects citations. What the reader may not see is not cited: `mark` then gives an empty tuple."""

    def __init__(self, documents: Mapping[str, Document], urls: Mapping[str, str] | None = None) -> None:
        self.documents, self.urls = documents, urls or {}
        self.found: list[dict[str, Any]] = []

    @property
    def titles(self) -> dict[str, str]:
        """Titles by document."""
        return {i: d.title for i, d in self.documents.items()}

    def mark(self, signal: Mapping[str, Any]) -> tuple[int, ...]:
        """The number of a signal's citation, as a tuple for a paragraph."""
        return self.span(signal["document_id"], signal["start"], signal["end"])

    def span(self, document_id: str, start: int, end: int) -> tuple[int, ...]:
        """The number of the citation of text[start:end]."""
        d = self.documents.get(document_id)
        if d is None:
            return ()
        for c in self.found:
            if (c["document_id"], c["start"], c["end"]) == (document_id, start, end):
                return (int(c["n"]),)
        held = {"document_id": d.id, "title": d.title, "doc_number": d.doc_number, "clause": "", "start": start, "end": end, "quote": d.text[start:end]}
        self.found.append({"n": len(self.found) + 1, **held, "date": d.published_on or d.written_on, "url": self.urls.get(d.id, "")})
        return (len(self.found),)


def documents_of(store: Store, ids: Sequence[str], reader: Reader) -> dict[str, Document]:
    """Documents with text by id, within the reader's ceiling."""
    return {d.id: d for d in store.documents.texts(sorted(set(ids)), reader)}


def signal_documents(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids of the documents that the signals of some records lie in."""
    return sorted({s["document_id"] for r in records for s in r.get("signals", ())})


def urls_of(store: Store, ids: Sequence[str]) -> dict[str, str]:
    """The first web address of each document that has one."""
    found = store.documents.origins_of(list(ids))
    return {i: u for i, seen in found.items() if (u := next((o.url for o in seen if o.url.startswith(("http://", "https://"))), ""))}
