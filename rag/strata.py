"""tantivy indexes, one a security level, with BM25 by the statistics of just the levels that a reader may read.

Each level's index scores with its own statistics; a term's weight is rescaled by idf(all readable levels) / idf(that level), so
that scores of different levels compare and nothing above the ceiling has a part in them. BM25: k1 1.2, b 0.75 (Robertson & Zaragoza 2009).

tantivy goes on counting deleted entries until it merges their segment. That is harmless where readers knew them; where a text left its level
(`counting` is then set, until the index is built anew), entries are counted one by one, and found entries are scored again by the average length
of what is left.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tantivy

from corpus.errors import IndexError_

LEVELS = (1, 2, 3, 4)
_HEAP = 40_000_000
_SLIGHT, _MANY = 0.15, 10_000
"""Weight × idf below which a token is not scored among so many entries (rare words have 6 to 10)."""
_READ, _TERMS, _SHARES = 20_000, 200_000, 64
"""So many entries, terms and shares of conditions are kept of a level."""
_SAME = 1e-7
"""Average lengths nearer than this are one: scores have seven digits."""
Conditions = list[tuple[tantivy.Occur, tantivy.Query]]


def idf(total: int, df: int) -> float:
    """The inverse document frequency of BM25, > 0."""
    return math.log(1 + (total - df + 0.5) / (df + 0.5))


class View:
    """One state of a level's index: its searcher, with what was read through it. A commit makes another, so nothing kept here can be stale."""

    def __init__(self, level: int, searcher: Any, schema: tantivy.Schema) -> None:
        self.level, self.searcher, self._schema = level, searcher, schema
        self._read: dict[tuple[int, int], Any] = {}
        self._held: dict[tuple[str, str], int] = {}
        self._counts: dict[str, int] = {}
        self._idfs: dict[str, float] = {}
        self._shares: dict[Hashable, float] = {}
        self._lengths: tuple[float, float] | None = None

    def term(self, token: str) -> tantivy.Query:
        """The scored query of one token."""
        return tantivy.Query.term_query(self._schema, "x", token, index_option="freq")

    def read(self, address: Any, make: Callable[[Any], Any]) -> Any:
        """What `make` makes of the stored entry at an address (some thousands are kept)."""
        key = (address.segment_ord, address.doc)
        found = self._read.get(key)
        if found is None:
            if len(self._read) >= _READ:
                self._read.clear()
            found = self._read[key] = make(self.searcher.doc(address))
        return found

    def held(self, field: str, value: str) -> int:
        """How many entries hold a value in a field, deleted ones that tantivy still counts among them."""
        key = (field, value)
        found = self._held.get(key)
        if found is None:
            if len(self._held) >= _TERMS:
                self._held.clear()
            found = self._held[key] = int(self.searcher.doc_freq(field, value))
        return found

    def frequency(self, token: str, counting: bool) -> int:
        """How many entries hold a token; `counting`: one by one, without deleted ones."""
        if not counting:
            return self.held("x", token)
        if token not in self._counts:
            self._counts[token] = int(self.searcher.search(self.term(token), limit=1, count=True).count)
        return self._counts[token]

    def share(self, name: Hashable, conditions: Callable[[], Conditions]) -> float:
        """Which part (0 to 1) of the entries meets conditions, counted once under a name."""
        if name not in self._shares:
            if len(self._shares) >= _SHARES:
                self._shares.clear()
            found = self.searcher.search(tantivy.Query.boolean_query(conditions()), limit=1, count=True).count
            self._shares[name] = int(found) / max(int(self.searcher.num_docs), 1)
        return self._shares[name]

    def inner(self, token: str, query: tantivy.Query, counting: bool) -> float:
        """The idf that tantivy gives a token that some entry holds."""
        if not counting:
            df = self.held("x", token)
            return idf(max(self.searcher.num_docs, df), df)
        if token not in self._idfs:
            address = self.searcher.search(query, limit=1, count=False).hits[0][1]
            self._idfs[token] = _told_idf(json.loads(query.explain(self.searcher, address).to_json()))
        return self._idfs[token]

    def mended(self, scored: Conditions, conditions: Conditions, k: int) -> list[tuple[float, Any]]:
        """The k best (score, address) as `top` gives them, scored by the average length of the entries that are left.

        A score moves by no more than the average did, so what was not looked at cannot be better than the last one looked at times that.
        """
        counted, left = self._average(scored)
        depth, more = k, 16
        while abs(counted / left - 1) > _SAME:
            depth, more = depth + more, depth
            held = top(self.searcher, scored, conditions, depth)
            found = sorted(((self._again(scored, address, left), address) for _, address in held), key=lambda hit: -hit[0])
            if len(held) < depth or found[k - 1][0] >= held[-1][0] * max(1.0, left / counted):
                return found[:k]
        return top(self.searcher, scored, conditions, k)

    def _average(self, scored: Conditions) -> tuple[float, float]:
        """The average length by which tantivy scores, and that of the entries that are left; equal where nothing can be scored."""
        if self._lengths is None:
            for _, address in top(self.searcher, scored, [], 1):
                counted = next(_factors(self._explained(scored, address)))[1]["avgdl"]
                total = self.searcher.aggregate(tantivy.Query.all_query(), {"n": {"sum": {"field": "n"}}})["n"]["value"]
                self._lengths = counted, total / self.searcher.num_docs
        return self._lengths or (1.0, 1.0)

    def _again(self, scored: Conditions, address: Any, average: float) -> float:
        """BM25 of an entry by another average length."""
        return sum(value * _share(told, average) / _share(told, told["avgdl"]) for value, told in _factors(self._explained(scored, address)))

    def _explained(self, scored: Conditions, address: Any) -> Mapping[str, Any]:
        return dict(json.loads(tantivy.Query.boolean_query(scored).explain(self.searcher, address).to_json()))


class Levels:
    """The indexes of one schema under `folder`; a level's index is made when its first entry comes. The scored field is `x`.

    With `writable=False` nothing is made or changed: other processes may read while one writes.
    """

    def __init__(self, folder: Path, schema: tantivy.Schema, *, writable: bool) -> None:
        self.folder, self.schema, self.writable = folder, schema, writable
        self._indexes: dict[int, tantivy.Index] = {}
        self._writers: dict[int, Any] = {}
        self.counting = False
        """Whether frequencies and lengths are counted without what was deleted (a few milliseconds for each new token, a quarter of one for each entry found)."""
        self._views: dict[int, View] = {}
        self._open()

    def _open(self) -> None:
        for level in LEVELS:
            path = self.folder / str(level)
            if level not in self._indexes and path.is_dir() and tantivy.Index.exists(str(path)):
                self._take(level, tantivy.Index.open(str(path)))

    def _take(self, level: int, index: tantivy.Index) -> None:
        index.config_reader("Manual")  # states change at our commits and reloads alone
        self._indexes[level] = index
        self._view(level)

    def _view(self, level: int) -> None:
        self._indexes[level].reload()
        self._views[level] = View(level, self._indexes[level].searcher(), self.schema)

    def writer(self, level: int) -> Any:
        """The writer of a level; raises IndexError_ when the indexes are open for reading only."""
        if not self.writable:
            raise IndexError_("the index is open for reading only", self.folder, "another process owns the writing")
        if level not in self._writers:
            if level not in self._indexes:
                path = self.folder / str(level)
                path.mkdir(parents=True, exist_ok=True)
                self._take(level, tantivy.Index(self.schema, str(path)))
            self._writers[level] = self._indexes[level].writer(heap_size=_HEAP, num_threads=1)
        return self._writers[level]

    def delete(self, field: str, value: str) -> list[int]:
        """Remove the entries with a value from every level that holds them; returns those levels. Takes effect at `commit`."""
        held = [level for level, view in self._views.items() if view.searcher.doc_freq(field, value)]
        for level in held:
            self.writer(level).delete_documents_by_term(field, value)
        return held

    def commit(self) -> None:
        """Make added and deleted entries durable and visible."""
        for level, writer in self._writers.items():
            writer.commit()
            self._view(level)

    def close(self) -> None:
        """Give the writers (and their locks) back."""
        for writer in self._writers.values():
            writer.wait_merging_threads()
        self._writers.clear()

    def reload(self) -> None:
        """See what another process committed."""
        for level in self._indexes:
            self._view(level)
        self._open()

    def views(self, ceiling: int) -> list[View]:
        """The levels within the ceiling."""
        return [view for level, view in sorted(self._views.items()) if level <= ceiling]

    def above(self, ceiling: int) -> list[View]:
        """The levels above the ceiling."""
        return [view for level, view in sorted(self._views.items()) if level > ceiling]

    def count(self, ceiling: int) -> int:
        """Entries within the ceiling."""
        return sum(view.searcher.num_docs for view in self.views(ceiling))

    def frequency(self, token: str, ceiling: int) -> int:
        """How many entries within the ceiling hold a token."""
        return sum(view.frequency(token, self.counting) for view in self.views(ceiling))

    def together(self, tokens: Sequence[str], ceiling: int) -> int:
        """How many entries within the ceiling hold all of the tokens."""
        if len(tokens) == 1:
            return self.frequency(tokens[0], ceiling)
        views = self.views(ceiling)
        return sum(int(v.searcher.search(tantivy.Query.boolean_query([(tantivy.Occur.Must, v.term(token)) for token in tokens]), limit=1, count=True).count) for v in views)

    def terms(self, weights: Mapping[str, float], ceiling: int) -> dict[str, float]:
        """Weight × idf of each token by the statistics of the levels within the ceiling."""
        total = self.count(ceiling)
        frequency = {token: self.frequency(token, ceiling) for token, weight in weights.items() if weight > 0}
        return {token: weights[token] * idf(max(total, df), df) for token, df in frequency.items()}

    def best(self, view: View, scored: Conditions, conditions: Conditions, k: int) -> list[tuple[float, Any]]:
        """The k best (score, address) of a level that hold one of the scored tokens and meet all conditions."""
        return view.mended(scored, conditions, k) if self.counting else top(view.searcher, scored, conditions, k)

    def scored(self, terms: Mapping[str, float], view: View) -> Conditions:
        """One weighted clause a token that the level holds; what nearly every entry holds (的) is left out, it costs most and moves nothing."""
        found, least = [], _SLIGHT if view.searcher.num_docs > _MANY and max(terms.values(), default=0.0) > _SLIGHT else 0.0
        for token, weight in terms.items():
            if weight >= least and view.frequency(token, self.counting):
                query = view.term(token)
                found.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight / view.inner(token, query, self.counting))))
        return found


def _told_idf(explained: Mapping[str, Any]) -> float:
    """The idf in tantivy's explanation of a score."""
    if str(explained["description"]).startswith("idf"):
        return float(explained["value"])
    return next((value for part in explained.get("details", ()) if (value := _told_idf(part))), 0.0)


def _factors(explained: Mapping[str, Any], value: float = 0.0) -> Iterator[tuple[float, dict[str, float]]]:
    """The score of each token in tantivy's explanation, with what its term frequency was weighed by: freq, k1, b, dl, avgdl."""
    description = str(explained["description"])
    value = float(explained["value"]) if description.startswith("Boost") else value
    if description.startswith("freq /"):
        yield value, {str(part["description"]).partition(",")[0]: float(part["value"]) for part in explained["details"]}
        return
    for part in explained.get("details", ()):
        yield from _factors(part, value)


def _share(told: Mapping[str, float], average: float) -> float:
    """The part of BM25 that a term's frequency and the entry's length decide, 0..1."""
    return told["freq"] / (told["freq"] + told["k1"] * (1 - told["b"] + told["b"] * told["dl"] / average))


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
