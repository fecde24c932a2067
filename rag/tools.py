"""What the steps work with: the store, the retriever, and a shelf of whole documents with their statements."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from corpus.access import Reader
from corpus.models import Document, Event, Validity
from corpus.settings import Settings
from corpus.store import Store
from rag.slots import Slot, slots
from rag.statements import Statement, statements

SHELVED = 512


@dataclass(frozen=True)
class Book:
    """A document with its statements and, once asked for, its slots (kept as long as the book)."""

    document: Document
    statements: tuple[Statement, ...]

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot of the document, by place."""
        return slots(self.document, self.statements)


class Books:
    """Documents with text, the last SHELVED ones kept; asked of the store again when something changed."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, threading.Lock()
        self._kept: OrderedDict[str, Book] = OrderedDict()
        self._sequence = -1

    def get(self, ids: Iterable[str], reader: Reader) -> dict[str, Book]:
        """Books by id within the reader's ceiling; unknown ids are left out."""
        wanted = list(dict.fromkeys(ids))
        sequence = self._store.documents.sequence()
        with self._lock:
            if sequence != self._sequence:
                self._kept.clear()
                self._sequence = sequence
            found = {i: self._kept[i] for i in wanted if i in self._kept}
        missing = [i for i in wanted if i not in found]
        if missing:
            fresh = {d.id: Book(d, statements(d)) for d in self._store.documents.texts(missing, reader)}
            found |= fresh
            self._keep(fresh)
        return {i: found[i] for i in wanted if i in found and reader.may_read(found[i].document.security, i)}

    def _keep(self, fresh: dict[str, Book]) -> None:
        with self._lock:
            self._kept.update(fresh)
            while len(self._kept) > SHELVED:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Tools:
    """Rooms that the steps use; `retriever` is rag.retrieve.Retriever, `composers` names in the order they are tried."""

    settings: Settings
    store: Store
    retriever: Any
    books: Books
    composers: Sequence[Any] = ()
    ceiling: int = 4
    """What documents above it say of others has not happened for the reader that these tools serve."""

    def validity(self, document_id: str, on: str) -> Validity:
        found: Validity = self.retriever.shelf.validity(document_id, on, self.ceiling)
        return found

    def head(self, document_id: str, reader: Reader) -> Document | None:
        found: Document | None = self.retriever.shelf.among([document_id], reader).get(document_id)
        return found

    def events(self, document_id: str) -> list[Event]:
        return [e for e in self.retriever.shelf.events.get(document_id, ()) if e.security <= self.ceiling]
