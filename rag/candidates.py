"""What may be a hit: passages found by words, by vectors, by name and by time, that meet the filters and that this reader may read.

A passage that was found only by its vector is at first known by its id alone (`lean`): its place, its document and its cosine are all that
the first look needs, and only those that come through it are fetched from the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from corpus.access import Reader
from corpus.models import Document, Kind, Passage
from corpus.validity import today
from rag import rank
from rag.dense import Dense, Matrix
from rag.lexical import NATION, Entry, Filters, Lexical, Sieve
from rag.query import Query
from rag.shelf import Shelf
from rag.understand import Understanding
from rag.units import day, fields, region_chain

_WIDE, _NEAR, _OF_TIME = 200, 100, 60
_LEAN = 30
"""Up to so many hits are asked for by a reader; for more everything is fetched."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a question's words alone give, whatever the filters: its understanding, weighted terms, the share of whole documents, its vector."""

    seen: Understanding
    terms: dict[str, float]
    whole: dict[str, float]
    vector: Matrix | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """The two indexes and the shelf that a search draws from."""

    lexical: Lexical
    dense: Dense | None
    shelf: Shelf

    def candidates(self, query: Query, read: Read, reader: Reader, *, lean: bool = False) -> list[rank.Candidate]:
        """Everything that may be a hit, in no order; with `lean`, what was found only by its vector may have no text yet (`filled`)."""
        filters, grants, ceiling = self.filters(query, reader), sorted(reader.grants), reader.ceiling
        entries = {e.passage.id: e for e in self.lexical.search(read.seen.weights, _WIDE + 2 * query.k, ceiling=ceiling, grants=grants, filters=filters, sieve=self._sieve(filters))}
        for entry in self._direct(read.seen, filters, reader) + self._of_time(read.seen, filters, reader):
            entries.setdefault(entry.passage.id, entry)
        cosine = self._nearest(read, _NEAR + query.k, filters, reader)
        cosine |= self._cosines(read, [i for i in entries if i not in cosine])
        missing = [i for i in cosine if i not in entries]
        if len(entries) + len(missing) < _NEAR:  # filters that leave little: all of it, for what was near lay outside
            entries = {e.passage.id: e for e in self.lexical.matching(_NEAR, ceiling=ceiling, grants=grants, filters=filters)} | entries
            cosine |= self._cosines(read, [i for i in entries if i not in cosine])
            missing = [i for i in missing if i not in entries]
        if lean and query.k <= _LEAN and not read.seen.articles:
            return self._known(entries, cosine, query, reader) + self._bare(missing, cosine, query, reader)
        entries |= {e.passage.id: e for e in self.lexical.fetch(missing, ceiling=ceiling, grants=grants, filters=_unjudged(filters))}
        return self._known(entries, cosine, query, reader)

    def filled(self, found: list[rank.Candidate], rows: list[dict[str, float]], query: Query, reader: Reader) -> tuple[list[rank.Candidate], list[dict[str, float]]]:
        """The candidates with their first look, those without text fetched when they came through it and left out when not."""
        bare = [i for i, c in enumerate(found) if not c.passage.text]
        if not bare:
            return found, rows
        first = set(np.argsort(-rank.scores(rows), kind="stable")[: max(rank.CLOSE, 2 * query.k)].tolist())
        wanted = {found[i].passage.id: i for i in bare if i in first}
        entries = self.lexical.fetch(list(wanted), ceiling=reader.ceiling, grants=sorted(reader.grants), filters=_unjudged(self.filters(query, reader)))
        made = {wanted[e.passage.id]: e for e in entries if e.security == found[wanted[e.passage.id]].document.security}
        kept = [i for i, c in enumerate(found) if c.passage.text or i in made]
        return [replace(found[i], passage=made[i].passage) if i in made else found[i] for i in kept], [rows[i] for i in kept]

    def _bare(self, ids: Sequence[str], cosine: dict[str, float], query: Query, reader: Reader) -> list[rank.Candidate]:
        """Candidates known by their ids."""
        judged = [i for i in ids if i.partition(":")[0] in self.shelf.heads or Kind.opinion in query.kinds]  # opinion meets no other condition
        heads, on = self.shelf.among((i.partition(":")[0] for i in judged), reader), query.as_of or today()
        passages = [_bare(i) for i in judged]
        return [
            rank.Candidate(p, heads[p.document_id], self.shelf.validity(p.document_id, on, reader.ceiling).status, 0.0, cosine[i])
            for i, p in zip(judged, passages, strict=True)
            if p.document_id in heads
        ]

    def _direct(self, seen: Understanding, filters: Filters, reader: Reader) -> list[Entry]:
        """Articles asked for by number of the documents asked for by name."""
        if not seen.documents or (filters.documents and not set(filters.documents) & set(seen.documents)):
            return []
        grants, found = sorted(reader.grants), []
        for article in seen.articles or ("",):
            narrow = replace(filters, documents=seen.documents, article=article)
            found += self.lexical.search(seen.weights, 30, ceiling=reader.ceiling, grants=grants, filters=narrow)
        return found

    def _of_time(self, seen: Understanding, filters: Filters, reader: Reader) -> list[Entry]:
        """The best of the time of which texts are asked for (2024年以后的文件)."""
        if not seen.dated or filters.date_from or filters.date_to:
            return []
        narrow = replace(filters, date_from=day(min(seen.years, default=seen.since)), date_to=day(max(seen.years, default=seen.until), last=True))
        return self.lexical.search(seen.weights, _OF_TIME, ceiling=reader.ceiling, grants=sorted(reader.grants), filters=narrow)

    def _nearest(self, read: Read, k: int, filters: Filters, reader: Reader) -> dict[str, float]:
        """The k passages nearest to the question among those whose documents meet the filters, with their cosines."""
        if self.dense is None or read.vector is None:
            return {}
        return dict(self.dense.search(read.vector, k, ceiling=reader.ceiling, grants=reader.grants, among=filters.documents or None, barred=self._barred(filters)))

    def _barred(self, filters: Filters) -> list[frozenset[str]]:
        """Documents that fail the filters, by what their records say and by validity."""
        own = filters.of_document()
        if own == Filters():
            return [filters.barred]

        def meets(head: Document) -> bool:
            cheap = (not own.kinds or str(head.kind) in own.kinds) and own.level in ("", str(head.level or ""))
            return cheap and own.met(fields(head))  # the rest is read only of what passes the first look: a first search judges every document

        return [self.shelf.failing(own, meets), filters.barred]

    def _sieve(self, filters: Filters) -> Sieve | None:
        """The filters as a sieve over documents; None where there is nothing to sift, or opinion, whose heads are not on the shelf, may be found."""
        if str(Kind.opinion) in filters.kinds or replace(filters, documents=(), article="") == Filters():
            return None
        keys, (failing, *rest) = self.shelf.keys, self._barred(filters)
        barred = frozenset().union(*rest)
        return lambda key: (found := keys.get(key)) is not None and found not in failing and found not in barred

    def _cosines(self, read: Read, ids: Sequence[str]) -> dict[str, float]:
        if self.dense is None or read.vector is None or not ids:
            return {}
        return self.dense.scores(read.vector, ids)

    def _known(self, entries: dict[str, Entry], cosine: dict[str, float], query: Query, reader: Reader) -> list[rank.Candidate]:
        """Candidates whose document still is as the index says, for this reader."""
        heads = self.shelf.among((e.passage.document_id for e in entries.values()), reader)
        on = query.as_of or today()
        return [
            rank.Candidate(e.passage, heads[i], self.shelf.validity(i, on, reader.ceiling).status, e.score, cosine.get(name, 0.0))
            for name, e in entries.items()
            if (i := e.passage.document_id) in heads and heads[i].security == e.security
        ]

    def filters(self, query: Query, reader: Reader) -> Filters:
        """The conditions of a query as the indexes take them."""
        chain = (NATION, *region_chain(query.region)) if query.region else ()
        return Filters(
            kinds=tuple(query.kinds), level=query.level, covering=chain, within=query.region,
            issuers=self.shelf.issuers(query.issuer) if query.issuer else None,
            date_from=day(query.date_from), date_to=day(query.date_to, last=True), documents=(query.doc_id,) if query.doc_id else (),
            barred=self.shelf.not_in_force(query.as_of or today(), reader.ceiling) if query.in_force else frozenset(),
        )  # fmt: skip


def _unjudged(filters: Filters) -> Filters:
    """What of the filters is still to be asked of passages that the vectors found: their documents were judged there, but for opinion, whose heads are not on the shelf."""
    return filters if str(Kind.opinion) in filters.kinds else Filters(documents=filters.documents, article=filters.article)


def _bare(passage_id: str) -> Passage:
    """A passage of which the id is known."""
    document, _, place = passage_id.partition(":")
    start, _, end = place.partition("-")
    return Passage(document, -1, int(start), int(end), (), "", None, "")
