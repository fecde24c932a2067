"""The lexical index: BM25 over tokens made by us (character unigrams and bigrams), of passages and of whole documents.

Every passage is one entry: its tokens (title, headings, label, text) in the field `x`, filter fields beside it, and the passage
itself stored. Every document is one entry of a second, smaller index, whose score says how much of the question
the document holds as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import tantivy

from corpus.models import Kind, Passage
from corpus.segment import article_number
from rag.strata import Conditions, Levels, View, any_of, top

NATION = "-"
"""The term that stands for the whole country where a region code is asked for."""
_RAW = ("d", "p", "kind", "level", "region", "own", "issuer", "article")


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as found; `score` is its BM25 (0 where it was fetched by id), `security` the level of its index."""

    passage: Passage
    score: float
    security: int


@dataclass(frozen=True, slots=True)
class Fields:
    """What an entry can be filtered by: `own` region code (NATION for the whole country, "" unknown), `regions` own and all above, `date` yyyymmdd."""

    kind: str
    level: str
    own: str
    regions: tuple[str, ...]
    issuers: tuple[str, ...]
    date: int


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions that every found entry meets; empty means no condition. Dates are yyyymmdd, both ends included.

    An entry meets the region condition when its own code is one of `covering` or lies `within` a code. `barred`: documents that are left
    out for what the index does not know of them (their validity on a day).
    """

    kinds: tuple[str, ...] = ()
    level: str = ""
    covering: tuple[str, ...] = ()
    within: str = ""
    issuers: tuple[str, ...] | None = None
    date_from: int = 0
    date_to: int = 0
    documents: tuple[str, ...] = ()
    article: str = ""
    barred: frozenset[str] = frozenset()

    def of_document(self) -> Filters:
        """What a document's own record decides."""
        return replace(self, documents=(), article="", barred=frozenset())

    def met(self, fields: Fields) -> bool:
        """Whether a document with these fields meets the conditions of `of_document`."""
        placed = not (self.covering or self.within) or fields.own in self.covering or (bool(self.within) and self.within in fields.regions)
        dated = not (self.date_from or self.date_to) or (self.date_from or 1) <= fields.date <= (self.date_to or 99999999)
        issued = self.issuers is None or not set(self.issuers).isdisjoint(fields.issuers)
        return (not self.kinds or fields.kind in self.kinds) and self.level in ("", fields.level) and placed and dated and issued


Sieve = Callable[[int], bool]
"""Filters judged of what was found instead of being searched with: whether a document (by its key) meets them. BM25 alone leaves most of the postings unread, beside conditions
it reads them all: among 85,000 passages the best 3,500 cost 2 ms, the best 220 that were in force in 2015 cost 8."""


def document_key(document_id: str) -> int:
    """The number by which an index knows a document without reading the entry (64 bits)."""
    return int.from_bytes(hashlib.blake2b(document_id.encode(), digest_size=8).digest(), "big")


@lru_cache(maxsize=20_000)
def article_key(name: str | None) -> str:
    """第四十二条 → "42", 第十条之一 → "10.1"; empty for none."""
    if not name:
        return ""
    main, sub = article_number(name)
    return f"{main}.{sub}" if sub else str(main)


def _passages() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("x", tokenizer_name="whitespace", index_option="freq")
    for name in _RAW:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("date", indexed=True, fast=True)
    builder.add_unsigned_field("key", fast=True)
    builder.add_unsigned_field("n", fast=True)
    builder.add_bytes_field("stored", stored=True)
    return builder.build()


def _documents() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("x", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("d", tokenizer_name="raw", index_option="basic", stored=True)
    builder.add_unsigned_field("n", fast=True)
    return builder.build()


PASSAGES, DOCUMENTS = _passages(), _documents()


def _dates(low: int, high: int) -> tantivy.Query:
    span = tantivy.Query.range_query(PASSAGES, "date", tantivy.FieldType.Unsigned, low or 1, high or 99999999)
    return tantivy.Query.const_score_query(span, 0.0)


def _place(filters: Filters) -> tantivy.Query:
    either = [(tantivy.Occur.Should, any_of(PASSAGES, "own", filters.covering)), (tantivy.Occur.Should, any_of(PASSAGES, "region", [filters.within]))]
    return tantivy.Query.const_score_query(tantivy.Query.boolean_query(either), 0.0)


def _conditions(filters: Filters) -> Conditions:
    must = [any_of(PASSAGES, field, values) for field, values in (("kind", filters.kinds), ("d", filters.documents)) if values]
    must += [any_of(PASSAGES, field, [value]) for field, value in (("level", filters.level), ("article", filters.article)) if value]
    if filters.issuers is not None:
        must.append(any_of(PASSAGES, "issuer", filters.issuers))
    if filters.covering or filters.within:
        must.append(_place(filters))
    if filters.date_from or filters.date_to:
        must.append(_dates(filters.date_from, filters.date_to))
    found = [(tantivy.Occur.Must, query) for query in must]
    if filters.barred:  # a MustNot alone would find nothing
        found += [] if found else [(tantivy.Occur.Must, tantivy.Query.const_score_query(tantivy.Query.all_query(), 0.0))]
        found.append((tantivy.Occur.MustNot, _barred(filters.barred)))
    return found


@lru_cache(maxsize=64)
def _barred(documents: frozenset[str]) -> tantivy.Query:
    return any_of(PASSAGES, "d", sorted(documents))


def _narrowing(filters: Filters, view: View) -> Filters:
    """The filters without kinds when the index holds no other kind: BM25 alone can leave out most of the postings, beside a condition it cannot
    (1.8 ms instead of 3.4 over 85,000 passages)."""
    others = (str(kind) for kind in Kind if str(kind) not in filters.kinds)
    return replace(filters, kinds=()) if filters.kinds and not any(view.held("kind", other) for other in others) else filters


_FIELD, _STEP = "\x1f", "\x1e"
"""Between the fields of a stored passage, and the steps of its path. (Twice as fast to read as JSON; hundreds are read a search.)"""


def _pack(p: Passage) -> bytes:
    path, label, article = (part.replace(_FIELD, " ") for part in (_STEP.join(s.replace(_STEP, " ") for s in p.path), p.label, p.article or ""))
    return _FIELD.join((p.document_id, f"{p.ordinal}", f"{p.start}", f"{p.end}", path, label, article, p.text)).encode("utf-8", "surrogatepass")


def _unpack(stored: Any) -> Passage:
    document_id, ordinal, start, end, path, label, article, text = bytes(stored).decode("utf-8", "surrogatepass").split(_FIELD, 7)
    return Passage(document_id, int(ordinal), int(start), int(end), tuple(path.split(_STEP)) if path else (), label, article or None, text)


class Lexical:
    """Passages and documents of the four levels under `folder`."""

    def __init__(self, folder: Path, *, writable: bool = True) -> None:
        self._passages = Levels(folder / "passages", PASSAGES, writable=writable)
        self._documents = Levels(folder / "documents", DOCUMENTS, writable=writable)

    # ---- writing -------------------------------------------------------------------------------------------------

    def add(self, passages: Iterable[tuple[Passage, Sequence[str]]], fields: Fields, security: int) -> int:
        """Add one document: its passages, each with its tokens; seen by searches after `commit`. Returns how many passages."""
        writer, document_id, count = self._passages.writer(security), "", 0
        every: list[str] = []
        for passage, tokens in passages:
            document_id, count = passage.document_id, count + 1
            every += tokens
            writer.add_document(_entry(passage, tokens, fields))
        if every:
            self._documents.writer(security).add_document(_scored(tantivy.Document(d=[document_id]), every))
        return count

    def delete(self, document_id: str) -> list[int]:
        """Remove a document from every level that holds it; returns those levels. Takes effect at `commit`."""
        self._documents.delete("d", document_id)
        return self._passages.delete("d", document_id)

    def commit(self) -> None:
        """Make added and deleted entries durable and visible."""
        self._passages.commit()
        self._documents.commit()

    def close(self) -> None:
        """Give the writers (and their locks) back."""
        self._passages.close()
        self._documents.close()

    # ---- reading -------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """See what another process committed."""
        self._passages.reload()
        self._documents.reload()

    def counting(self, exact: bool) -> None:
        """Whether statistics are counted without deleted entries, which a text that left its level asks for until the index is built anew."""
        self._passages.counting = self._documents.counting = exact

    def count(self, ceiling: int = 4) -> int:
        """Passages within the ceiling."""
        return self._passages.count(ceiling)

    def holding(self, text: str, ceiling: int) -> int:
        """How many passages within the ceiling hold every two neighbouring characters of a Chinese text."""
        return self._passages.together([text[i : i + 2] for i in range(max(len(text) - 1, 1))], ceiling)

    def terms(self, weights: Mapping[str, float], ceiling: int) -> dict[str, float]:
        """Weight × idf of each token of a question, by the statistics of the levels within the ceiling."""
        return self._passages.terms(weights, ceiling)

    def search(
        self, weights: Mapping[str, float], k: int, *, ceiling: int, grants: Sequence[str] = (), filters: Filters | None = None, sieve: Sieve | None = None
    ) -> list[Entry]:
        """The k entries with the highest BM25 over `weights` (token → weight) that meet `filters`, within the ceiling or granted; `sieve`: the same filters, for what was found."""
        terms, found = self._passages.terms(weights, ceiling), []
        for view, own in self._reachable(ceiling, grants, filters or Filters()):
            if scored := self._passages.scored(terms, view):
                fast = sieve and not (own.documents or own.article or self._passages.counting)
                sifted = _sifted(view, scored, own, sieve, k) if sieve and fast else None
                found += _entries(view, self._passages.best(view, scored, _conditions(_narrowing(own, view)), k) if sifted is None else sifted)
        return sorted(found, key=lambda entry: (-entry.score, entry.passage.id))[:k]

    def documents(self, weights: Mapping[str, float], k: int, *, ceiling: int) -> dict[str, float]:
        """BM25 of the k best whole documents within the ceiling, by id."""
        terms, found = self._documents.terms(weights, ceiling), []
        for view in self._documents.views(ceiling):
            if scored := self._documents.scored(terms, view):
                found += [(score, view.read(address, _named)) for score, address in self._documents.best(view, scored, [], k)]
        return {document_id: score for score, document_id in sorted(found, reverse=True)[:k]}

    def fetch(self, ids: Sequence[str], *, ceiling: int, grants: Sequence[str] = (), filters: Filters | None = None) -> list[Entry]:
        """Entries by passage id that meet `filters`, in no order."""
        return self._fetch("p", ids, len(ids), ceiling, grants, filters)

    def matching(self, k: int, *, ceiling: int, grants: Sequence[str] = (), filters: Filters | None = None) -> list[Entry]:
        """Up to k entries that meet `filters`, whatever their words (none when there is no condition)."""
        found: list[Entry] = []
        for view, own in self._reachable(ceiling, grants, filters or Filters()):
            if conditions := _conditions(own):
                found += _entries(view, top(view.searcher, [], conditions, k))
        return found[:k]

    def of_documents(self, ids: Sequence[str], k: int, *, ceiling: int, grants: Sequence[str] = (), filters: Filters | None = None) -> list[Entry]:
        """Up to k entries of the documents that meet `filters`, by document and place."""
        found = self._fetch("d", ids, k, ceiling, grants, filters)
        return sorted(found, key=lambda entry: (entry.passage.document_id, entry.passage.start))

    def _fetch(self, field: str, values: Sequence[str], k: int, ceiling: int, grants: Sequence[str], filters: Filters | None) -> list[Entry]:
        found: list[Entry] = []
        if values:
            wanted: Conditions = [(tantivy.Occur.Must, any_of(PASSAGES, field, values))]
            for view, own in self._reachable(ceiling, grants, filters or Filters()):
                found += _entries(view, top(view.searcher, [], [*wanted, *_conditions(_narrowing(own, view))], k))
        return found

    def _reachable(self, ceiling: int, grants: Sequence[str], filters: Filters) -> list[tuple[View, Filters]]:
        """The levels to search, each with the filters there: above the ceiling only granted documents."""
        reach = [(view, filters) for view in self._passages.views(ceiling)]
        allowed = tuple(g for g in grants if not filters.documents or g in filters.documents)
        if allowed:
            reach += [(view, replace(filters, documents=allowed)) for view in self._passages.above(ceiling)]
        return reach


def _scored(entry: tantivy.Document, tokens: Sequence[str]) -> tantivy.Document:
    """The entry with what it is scored by: its tokens and how many they are."""
    entry.add_text("x", " ".join(tokens))
    entry.add_unsigned("n", len(tokens))
    return entry


def _entry(passage: Passage, tokens: Sequence[str], fields: Fields) -> tantivy.Document:
    entry = tantivy.Document(
        d=[passage.document_id], p=[passage.id], kind=[fields.kind], level=[fields.level], own=[fields.own], region=list(fields.regions),
        issuer=list(fields.issuers), article=[article_key(passage.article)],
    )  # fmt: skip
    entry.add_unsigned("date", fields.date)
    entry.add_unsigned("key", document_key(passage.document_id))
    entry.add_bytes("stored", _pack(passage))
    return _scored(entry, tokens)


def _entries(view: View, hits: Iterable[tuple[float, Any]]) -> list[Entry]:
    return [Entry(view.read(address, _passage), score, view.level) for score, address in hits]


_MOST, _DEEP = 0.35, 3_000
"""A sieve is used where such a share of the entries passes, and so deep is looked for what does; else conditions are the cheaper way."""


def _sifted(view: View, scored: Conditions, filters: Filters, sieve: Sieve, k: int) -> list[tuple[float, Any]] | None:
    """The k best (score, address) that pass the sieve; None where that would go too deep."""
    share = view.share(filters, lambda: _conditions(filters))
    if share < _MOST:
        return None
    while share and (depth := int(2 * k / share)) <= _DEEP:
        hits = top(view.searcher, scored, [], depth)
        keys = view.searcher.fast_field_values("key", [address for _, address in hits])
        kept = [hit for hit, key in zip(hits, keys, strict=True) if sieve(key)]
        if len(kept) >= k or len(hits) < depth:
            return kept[:k]
        share = min(len(kept) / len(hits), share / 2)
    return None


def _passage(entry: tantivy.Document) -> Passage:
    return _unpack(entry.get_first("stored"))


def _named(entry: tantivy.Document) -> str:
    return str(entry.get_first("d"))
