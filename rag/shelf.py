"""The shelf: heads of all active documents (but opinion) in memory, kept up to the change sequence, with the ways to look one up.

What may be read is asked of the shelf at every search, so a document that was just restricted or removed is never shown,
even by an index that has not yet heard of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache

from corpus.access import LOCAL, Reader
from corpus.models import Document, Event, Kind, Status, Validity
from corpus.store import Store
from corpus.validity import validity
from rag.lexical import document_key
from rag.titles import Titles, holds_name, number_key, title_key

_HELD = tuple(str(kind) for kind in Kind if kind != Kind.opinion)
"""Kinds whose heads are in memory; opinion can be many times as much as all others."""
NOT_IN_FORCE = frozenset((Status.draft, Status.not_yet, Status.amended, Status.repealed, Status.expired))
Meets = Callable[[Document], bool]
_CONDITIONS = 64


class Shelf:
    """Heads, events and lookups; `refresh` applies the change sequence."""

    def __init__(self, store: Store) -> None:
        self._store, self.sequence = store, 0
        self.heads: dict[str, Document] = {}
        self.keys: dict[int, str] = {}
        """Document keys of the lexical index → ids."""
        self.events: dict[str, list[Event]] = {}
        self.titles: dict[str, set[str]] = defaultdict(set)
        self.numbers: dict[str, set[str]] = defaultdict(set)
        self.version = 0
        self._failing: OrderedDict[Hashable, tuple[Meets, frozenset[str]]] = OrderedDict()
        self._judging = threading.Lock()
        self._judge = lru_cache(maxsize=20_000)(self._validity)
        self._bodies = lru_cache(maxsize=8)(self._named_bodies)
        self._counties = lru_cache(maxsize=8)(self._held_counties)
        self._load()

    def _load(self) -> None:
        self.sequence = self._store.documents.sequence()
        self.events = self._store.documents.events_of(LOCAL)
        for head in self._store.documents.heads(LOCAL, kind=_HELD):
            self._put(head)

    def refresh(self) -> list[str]:
        """Apply what changed; returns the ids that changed, in order of their last change."""
        changed: dict[str, None] = {}
        while batch := self._store.documents.changes_since(self.sequence):
            for change in batch:
                changed.pop(change.document_id, None)
                changed[change.document_id] = None
            self.sequence = batch[-1].seq
        if changed:
            self._reread(list(changed))
        return list(changed)

    def _reread(self, ids: list[str]) -> None:
        for i in range(0, len(ids), 500):
            part = ids[i : i + 500]
            events = self._store.documents.events_of(LOCAL, part)
            heads = {head.id: head for head in self._store.documents.heads(LOCAL, id=part, kind=_HELD)}
            for document_id in part:
                self._replace(document_id, heads.get(document_id), events.get(document_id))
            self._judge.cache_clear()
            self._judge_again(frozenset(part))
        self._judge.cache_clear()
        self.version += 1

    def _replace(self, document_id: str, head: Document | None, events: list[Event] | None) -> None:
        """Change one document while others read: what stays is never away for a moment."""
        old = self.heads.get(document_id)
        if head is not None:
            self._put(head)
        if events:
            self.events[document_id] = events
        else:
            self.events.pop(document_id, None)
        self._forget(document_id, old, head)

    def _put(self, head: Document) -> None:
        self.heads[head.id] = head
        self.keys[document_key(head.id)] = head.id
        self.titles[title_key(head.title)].add(head.id)
        if head.doc_number:
            self.numbers[number_key(head.doc_number)].add(head.id)

    def _forget(self, document_id: str, old: Document | None, new: Document | None) -> None:
        if new is None:
            self.heads.pop(document_id, None)
            self.keys.pop(document_key(document_id), None)
        if old is not None and (new is None or title_key(new.title) != title_key(old.title)):
            self.titles[title_key(old.title)].discard(document_id)
        if old is not None and (new is None or number_key(new.doc_number) != number_key(old.doc_number)):
            self.numbers[number_key(old.doc_number)].discard(document_id)

    def among(self, ids: Iterable[str], reader: Reader) -> dict[str, Document]:
        """The active heads of `ids` that exist for this reader (opinion is read from the store each time)."""
        wanted = dict.fromkeys(ids)
        found = {i: self.heads[i] for i in wanted if i in self.heads}
        rest = [i for i in wanted if i not in found]
        if rest:
            found |= {head.id: head for head in self._store.documents.heads(reader, id=rest, kind=str(Kind.opinion))}
        return {i: head for i, head in found.items() if reader.may_read(head.security, i)}

    def validity(self, document_id: str, on: str, ceiling: int = 4) -> Validity:
        """Validity of a document at a date for readers with a ceiling (remembered until something changes)."""
        return self._judge(document_id, on, ceiling)

    def _validity(self, document_id: str, on: str, ceiling: int) -> Validity:
        head = self.heads.get(document_id)
        return validity(head, self.events.get(document_id, ()), on, ceiling=ceiling) if head else Validity(Status.unknown, on)

    def failing(self, key: Hashable, meets: Meets) -> frozenset[str]:
        """The documents that do not meet a condition (opinion is not judged): kept under `key` and up to every change. The same object while nothing changes."""
        with self._judging:
            if key not in self._failing:
                self._failing[key] = (meets, frozenset(i for i, head in list(self.heads.items()) if not meets(head)))
            self._failing.move_to_end(key)
            while len(self._failing) > _CONDITIONS:
                self._failing.popitem(last=False)
            return self._failing[key][1]

    def _judge_again(self, changed: frozenset[str]) -> None:
        with self._judging:
            for key, (meets, held) in self._failing.items():
                now = frozenset(i for i in changed if (head := self.heads.get(i)) is not None and not meets(head))
                if held & changed != now:
                    self._failing[key] = (meets, (held - changed) | now)

    def not_in_force(self, on: str, ceiling: int) -> frozenset[str]:
        """The documents that are not in force at a date for readers with a ceiling: drafts, what has not begun, what was ended or replaced."""

        def meets(head: Document) -> bool:
            return self.validity(head.id, on, ceiling).status not in NOT_IN_FORCE

        return self.failing(("in force", on, ceiling), meets)

    def issuers(self, wanted: str) -> tuple[str, ...]:
        """Every issuer's name that holds `wanted`."""
        names = {name for head in list(self.heads.values()) for name in head.issuers}
        return tuple(sorted(name for name in names if wanted in name))

    def bodies(self, reader: Reader) -> frozenset[str]:
        """The issuing bodies of what this reader may read (remembered until something changes)."""
        return self._bodies(self.version, reader.ceiling)

    def _named_bodies(self, version: int, ceiling: int) -> frozenset[str]:
        return frozenset(name for head in list(self.heads.values()) if head.security <= ceiling for name in head.issuers)

    def counties(self, reader: Reader) -> tuple[str, ...]:
        """The codes of the counties that have issued what this reader may read (remembered until something changes)."""
        return self._counties(self.version, reader.ceiling)

    def _held_counties(self, version: int, ceiling: int) -> tuple[str, ...]:
        codes = {head.region_code for head in list(self.heads.values()) if head.security <= ceiling and head.level == "county"}
        return tuple(sorted(code for code in codes if code and not code.endswith("00")))

    def lookup(self, reader: Reader) -> Titles:
        """The lookups by title and number; what the reader may not read is not there."""

        def readable(ids: Iterable[str]) -> tuple[str, ...]:
            return tuple(sorted(i for i in tuple(ids) if (head := self.heads.get(i)) is not None and reader.may_read(head.security, i)))

        return Titles(lambda key: readable(self.titles.get(key, ())), lambda key: readable(self.numbers.get(key, ())), lambda key: readable(self._holding(key)))

    def _holding(self, key: str) -> list[str]:
        return [i for title, ids in list(self.titles.items()) if holds_name(title, key) for i in tuple(ids)]
