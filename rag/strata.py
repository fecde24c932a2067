"""tantivy indexes, one a security level, with BM25 by the statistics of just the levels that a reader may read.

Each level's index scores with its own statistics; a term's weight is rescaled by idf(all readable levels) / idf(that level), so
that scores of different levels compare and nothing above the ceiling has a part in them. BM25: k1 1.2, b 0.75 (Robertson & Zaragoza 2009).

tantivy goes on counting deleted entries until it merges their segment. That is harmless where readers knew them; where a text left its level
(`counting` is then set), entries are counted one by one, and only the average length waits for the index to be built anew.
"""

from __future__ import annotations

import json
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
        self.counting = False
        """Whether frequencies are counted without what was deleted (a few milliseconds for each new token)."""
        self._counts: dict[tuple[int, str], int] = {}
        self._idfs: dict[tuple[int, str], float] = {}
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
        self._counts, self._idfs = {}, {}

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
        self._counts, self._idfs = {}, {}

    def searchers(self, ceiling: int) -> list[tuple[int, Any]]:
        """(level, searcher) of the levels within the ceiling."""
        return [(level, index.searcher()) for level, index in sorted(self._indexes.items()) if level <= ceiling]

    def above(self, ceiling: int) -> list[tuple[int, Any]]:
        """(level, searcher) of the levels above the ceiling."""
        return [(level, index.searcher()) for level, index in sorted(self._indexes.items()) if level > ceiling]

    def count(self, ceiling: int) -> int:
        """Entries within the ceiling."""
        return sum(searcher.num_docs for _, searcher in self.searchers(ceiling))

    def frequency(self, token: str, ceiling: int) -> int:
        """How many entries within the ceiling hold a token."""
        return sum(self._frequency(level, searcher, token) for level, searcher in self.searchers(ceiling))

    def together(self, tokens: Sequence[str], ceiling: int) -> int:
        """How many entries within the ceiling hold all of the tokens."""
        if len(tokens) == 1:
            return self.frequency(tokens[0], ceiling)
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, self._term(token)) for token in tokens])
        return sum(int(searcher.search(query, limit=1, count=True).count) for _, searcher in self.searchers(ceiling))

    def _frequency(self, level: int, searcher: Any, token: str) -> int:
        if not self.counting:
            return int(searcher.doc_freq("x", token))
        counts = self._counts
        if (level, token) not in counts:
            counts[level, token] = int(searcher.search(self._term(token), limit=1, count=True).count)
        return counts[level, token]

    def _term(self, token: str) -> tantivy.Query:
        return tantivy.Query.term_query(self.schema, "x", token, index_option="freq")

    def terms(self, weights: Mapping[str, float], ceiling: int) -> dict[str, float]:
        """Weight × idf of each token by the statistics of the levels within the ceiling."""
        total = self.count(ceiling)
        frequency = {token: self.frequency(token, ceiling) for token, weight in weights.items() if weight > 0}
        return {token: weights[token] * idf(max(total, df), df) for token, df in frequency.items()}

    def scored(self, terms: Mapping[str, float], level: int, searcher: Any) -> Conditions:
        """One weighted clause a token that the level holds."""
        found = []
        for token, weight in terms.items():
            if self._frequency(level, searcher, token):
                query = self._term(token)
                found.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight / self._inner(level, searcher, token, query))))
        return found

    def _inner(self, level: int, searcher: Any, token: str, query: tantivy.Query) -> float:
        """The idf that tantivy gives a token that some entry holds."""
        if not self.counting:
            df = int(searcher.doc_freq("x", token))
            return idf(max(searcher.num_docs, df), df)
        idfs = self._idfs
        if (level, token) not in idfs:
            address = searcher.search(query, limit=1, count=False).hits[0][1]
            idfs[level, token] = _told_idf(json.loads(query.explain(searcher, address).to_json()))
        return idfs[level, token]


def _told_idf(explained: Mapping[str, Any]) -> float:
    """The idf in tantivy's explanation of a score."""
    if str(explained["description"]).startswith("idf"):
        return float(explained["value"])
    return next((value for part in explained.get("details", ()) if (value := _told_idf(part))), 0.0)


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
