"""tantivy indexes, one a security level, with BM25 by the statistics of just the levels that a reader may read.

Each level's index scores with its own statistics; a term's weight is rescaled by idf(all readable levels) / idf(that level), so
that scores of different levels compare and nothing above the ceiling has a part in them. BM25: k1 1.2, b 0.75 (Robertson & Zaragoza 2009).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tantivy

from corpus.errors import IndexError_

LEVELS = (1, 2, 3, 4)
_HEAP = 40_000_000
Conditions = list[tuple[tantivy.Occur, tantivy.Query]]


def idf(total: int, df: int) -> float:
    """The inverse document frequency of BM25, > 0."""
    return math.log(1 + (total - df + 0.5) / (df + 0.5))


class Levels:
    """The indexes of one schema under `folder`; a level's index is made when its first entry comes. The scored field is `x`.

    With `writable=False` nothing is made or changed: other processes may read while one writes.
    """

    def __init__(self, folder: Path, schema: tantivy.Schema, *, writable: bool) -> None:
        self.folder, self.schema, self.writable = folder, schema, writable
        self._indexes: dict[int, tantivy.Index] = {}
        self._writers: dict[int, Any] = {}
        self._open()

    def _open(self) -> None:
        for level in LEVELS:
            path = self.folder / str(level)
            if level not in self._indexes and path.is_dir() and tantivy.Index.exists(str(path)):
                self._indexes[level] = tantivy.Index.open(str(path))

    def writer(self, level: int) -> Any:
        """The writer of a level; raises IndexError_ when the indexes are open for reading only."""
        if not self.writable:
            raise IndexError_("the index is open for reading only", self.folder, "another process owns the writing")
        if level not in self._writers:
            if level not in self._indexes:
                path = self.folder / str(level)
                path.mkdir(parents=True, exist_ok=True)
                self._indexes[level] = tantivy.Index(self.schema, str(path))
            self._writers[level] = self._indexes[level].writer(heap_size=_HEAP, num_threads=1)
        return self._writers[level]

    def delete(self, field: str, value: str) -> list[int]:
        """Remove the entries with a value from every level that holds them; returns those levels. Takes effect at `commit`."""
        held = [level for level, index in self._indexes.items() if index.searcher().doc_freq(field, value)]
        for level in held:
            self.writer(level).delete_documents_by_term(field, value)
        return held

    def commit(self) -> None:
        """Make added and deleted entries durable and visible."""
        for level, writer in self._writers.items():
            writer.commit()
            self._indexes[level].reload()

    def close(self) -> None:
        """Give the writers (and their locks) back."""
        for writer in self._writers.values():
            writer.wait_merging_threads()
        self._writers.clear()

    def reload(self) -> None:
        """See what another process committed."""
        self._open()
        for index in self._indexes.values():
            index.reload()

    def searchers(self, ceiling: int) -> list[tuple[int, Any]]:
        """(level, searcher) of the levels within the ceiling."""
        return [(level, index.searcher()) for level, index in sorted(self._indexes.items()) if level <= ceiling]

    def above(self, ceiling: int) -> list[tuple[int, Any]]:
        """(level, searcher) of the levels above the ceiling."""
        return [(level, index.searcher()) for level, index in sorted(self._indexes.items()) if level > ceiling]

    def count(self, ceiling: int) -> int:
        """Entries within the ceiling."""
        return sum(searcher.num_docs for _, searcher in self.searchers(ceiling))

    def terms(self, weights: Mapping[str, float], ceiling: int) -> dict[str, float]:
        """Weight × idf of each token by the statistics of the levels within the ceiling."""
        searchers = [searcher for _, searcher in self.searchers(ceiling)]
        total = sum(s.num_docs for s in searchers)
        frequency = {token: sum(s.doc_freq("x", token) for s in searchers) for token, weight in weights.items() if weight > 0}
        return {token: weights[token] * idf(max(total, df), df) for token, df in frequency.items()}

    def scored(self, terms: Mapping[str, float], searcher: Any) -> Conditions:
        """One weighted clause a token that the level holds."""
        total, found = searcher.num_docs, []
        for token, weight in terms.items():
            df = searcher.doc_freq("x", token)
            if df:
                query = tantivy.Query.term_query(self.schema, "x", token, index_option="freq")
                found.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight / idf(max(total, df), df))))
        return found


def top(searcher: Any, scored: Conditions, conditions: Conditions, k: int) -> list[tuple[float, Any]]:
    """The k best (score, address) that hold one of the scored tokens (if any are given) and meet all conditions."""
    query = tantivy.Query.boolean_query([*scored, *conditions])
    if scored and conditions:  # a Should beside a Must would be optional
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, tantivy.Query.boolean_query(scored)), *conditions])
    hits = searcher.search(query, limit=max(k, 1), count=False).hits
    return [(float(score), address) for score, address in hits]


def any_of(schema: tantivy.Schema, field: str, values: Sequence[str]) -> tantivy.Query:
    """A condition that adds nothing to the score: the field holds one of the values."""
    return tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, field, list(values)), 0.0)
