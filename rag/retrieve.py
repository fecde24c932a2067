"""Search: question → understanding → candidates of two indexes → one linear score → hits that cite exact spans.

    retriever = open_retriever(settings, store)
    hits = retriever.search(Query("企业研究开发费用可以享受什么税收优惠？", k=5), reader)

One process owns the writing of a home's index, by a lock; others read what it last wrote. Every search first applies the
change sequence of the store, so that what was added, changed, restricted or removed is right in the next search.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.access import LOCAL, Reader
from corpus.errors import IndexError_, JianweiError
from corpus.models import Document
from corpus.settings import Settings
from corpus.store import Store
from corpus.validity import today
from rag import rank, reading
from rag.build import Builder, Progress, build_in_child, embedder_of, indexed, open_mentions, open_vectors
from rag.candidates import Pool, Read
from rag.dense import Dense, drop
from rag.embed import Embedder, Matrix, Static, identity, question_vector
from rag.generation import Lock, State, current, fresh, read_state, swap, sweep, write_state
from rag.lexical import Lexical
from rag.mentions import Mentions
from rag.query import Hit, Query, check
from rag.rerank import DEPTH, Builtin, CrossEncoder, asks, open_reranker, shown
from rag.shelf import Shelf
from rag.understand import Understanding, understand

_LOG = logging.getLogger(__name__)
_DOCUMENTS = 300
_READ = 32
"""So many readings of questions are kept."""
_BULK = 3_000
"""So many changed documents are cheaper to index by a whole build in a child process."""


class Retriever:
    """The indexes of one home, open for searching. Made by `open_retriever`."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.keeps_serving = False
        """Set by a service: a search does not wait for the whole build that a text's leaving its level asks for."""
        self._lock = Lock(settings.home)
        self.owner = self._lock.take()
        self.shelf = Shelf(store)
        self._state = State()
        self._guard, self._shelving, self._building, self._kept = threading.RLock(), threading.Lock(), threading.Lock(), threading.Lock()
        self._lexical: Lexical | None = None
        self._dense: Dense | None = None
        self._embedder: Embedder | None = None
        self._vectors: tuple[Dense, Embedder] | None = None
        self._mentions: Mentions | None = None
        self._reranker: CrossEncoder | Builtin | None = None
        self._read: OrderedDict[tuple[Any, ...], Read] = OrderedDict()

    # ---- keeping up ----------------------------------------------------------------------------------------------

    @property
    def sequence(self) -> int:
        """The step of the change sequence up to which the index is whole."""
        return self._state.sequence

    def rebuild(self, progress: Progress | None = None, *, first: bool = False) -> None:
        """Build a new generation in a child process and swap it in; until then the old one serves, and what changes is applied to it.

        `first`: only when there still is none.
        """
        self._own()
        with self._building:  # always taken before the guard
            if first and self._lexical is not None:
                return
            generation = fresh(self.settings.home)
            build_in_child(self.settings, generation, progress)
            with self._guard:
                swap(self.settings.home, generation)
                self._open()
                self._sweep()

    @property
    def outdated(self) -> bool:
        """Whether the index should be built anew: made by another embedding than the one set, or holding the statistics of a text that left its level."""
        return self._lexical is not None and (self._state.forget or self._state.embedding != identity(self.settings.embedding))

    def settle(self, progress: Progress | None = None) -> bool:
        """Build anew when `outdated` (by this process alone; others go on reading); returns whether it was done."""
        if not self.outdated or not (self.owner or self._lock_now()):
            return False
        self.rebuild(progress)
        return True

    def refresh(self, progress: Progress | None = None) -> int:
        """Bring shelf and index up to the store; returns how many documents were indexed anew or removed.

        One thread at a time; while the very first build runs the others wait for it, during later ones they go on with the old generation.
        """
        last = self.store.documents.sequence()
        if self.shelf.sequence < last:
            with self._shelving:
                self.shelf.refresh()
        if self._lexical is not None and self._state.sequence >= last and (self.owner or not self._moved()):
            return 0
        with self._guard:
            count, build = self._brought_up()
        if build:
            self.rebuild(progress, first=self._lexical is None)
        return count

    def _brought_up(self) -> tuple[int, bool]:
        """How many documents changed, and whether a whole build has to follow."""
        if self._lexical is None or (not self.owner and self._moved()):
            self._open()
        if self._lexical is None:
            return len(self.shelf.heads), True
        if self._state.sequence >= self.store.documents.sequence() or not (self.owner or self._lock_now()):
            return 0, False
        return self._catch_up()

    def _catch_up(self) -> tuple[int, bool]:
        changed, last = self._changed()
        if len(changed) > _BULK:  # meanwhile others go on with the old generation (the shelf already knows what may be shown)
            return (0, False) if self._building.locked() else (len(changed), True)
        assert self._lexical is not None
        left = self._apply(changed)
        self._state = replace(self._state, sequence=last, forget=self._state.forget or left)
        write_state(self._generation(), self._state)
        self._lexical.counting(self._state.forget)
        if left and self.keeps_serving:
            threading.Thread(target=self._settle_beside, name="forget", daemon=True).start()
        return len(changed), left and not self.keeps_serving

    def _settle_beside(self) -> None:
        try:
            self.settle()
        except JianweiError as error:
            _LOG.warning("the index could not be built anew: %s", error)

    def _changed(self) -> tuple[list[str], int]:
        changed: dict[str, None] = {}
        last = self._state.sequence
        while batch := self.store.documents.changes_since(last):
            changed |= dict.fromkeys(change.document_id for change in batch)
            last = batch[-1].seq
        return list(changed), last

    def _apply(self, changed: Sequence[str]) -> bool:
        """Replace the changed documents in the indexes; True when a text left a level whose statistics must forget it."""
        assert self._lexical is not None
        active = {d.id: d for d in self.store.documents.texts(changed, LOCAL) if indexed(d)}
        held = {i: self._lexical.delete(i) for i in changed}
        if self._dense is not None:
            self._dense.delete(changed)
        assert self._mentions is not None
        for document_id in changed:
            self._mentions.drop(document_id)
        builder = Builder(self._lexical, self._dense, self._embedder, self._mentions)
        for document in active.values():
            builder.add(document)
        builder.commit()
        if self._dense is not None:
            self._dense.commit()
        return any(level < (active[i].security if i in active else 5) for i, levels in held.items() for level in levels)

    def _own(self) -> None:
        if not (self.owner or self._lock_now()):
            raise IndexError_("another process owns the index", self.settings.home, "let it do this, or stop it first")

    def _lock_now(self) -> bool:
        """Take over the writing when the owner is gone."""
        if self._lock.take():
            self.owner = True
            self._open()
            self._sweep()
        return self.owner

    def _generation(self) -> Any:
        found = current(self.settings.home)
        assert found is not None
        return found

    def _moved(self) -> bool:
        found = current(self.settings.home)
        return found is not None and read_state(found) != self._state

    def _open(self) -> None:
        """Open the generation in service; searches under way keep what they hold."""
        generation = current(self.settings.home)
        state = read_state(generation) if generation else None
        if generation is None or state is None:
            return
        old = self._lexical
        self._embedder = self._embedder_for(state)
        if old is not None and self.owner:
            old.close()  # gives the writers' locks back; its searchers go on
        lexical, dense = Lexical(generation / "lexical", writable=self.owner), open_vectors(generation, state, self.settings, writable=self.owner)
        self._vectors = (dense, self._embedder) if dense is not None and self._embedder is not None else None
        lexical.counting(state.forget)
        self._mentions, self._dense, self._lexical, self._state = open_mentions(generation), dense, lexical, state

    def _sweep(self) -> None:
        for name in sweep(self.settings.home):
            drop(self.settings.chroma_url, f"jianwei-{name}")

    def _embedder_for(self, state: State) -> Embedder | None:
        """The embedder that made the vectors of a generation; None (words alone) when it is no longer to be had."""
        if self._embedder is not None and self._embedder.id == state.embedding:
            return self._embedder
        settings = self.settings.model_copy(update={"embedding": state.setting or "off"})
        try:
            found = embedder_of(settings)
        except JianweiError as error:
            _LOG.warning("the embedding %s of the index in service is gone, searching by words until it is built anew: %s", state.embedding, error)
            return None
        return found if found and found.id == state.embedding else None

    def _close(self) -> None:
        if self._lexical is not None:
            self._lexical.close()
        self._lexical = self._dense = self._vectors = None

    def close(self) -> None:
        """Give index and lock back."""
        self._close()
        self._lock.release()

    # ---- searching -----------------------------------------------------------------------------------------------

    def search(self, query: Query, reader: Reader) -> list[Hit]:
        """The best `query.k` passages that this reader may read and that meet the filters."""
        check(query)
        self.refresh()
        read = self._reading(query, reader)
        found, rows = self._ranked(query, read, reader)
        order, scored = rank.order(found, rows, reading.question(read.seen, read.terms))
        order = self._reranked(query, read, order, found, rows, scored)
        return [self._hit(n, float(scored[i]), found[i], query, rows[i], reader) for n, i in enumerate(order[: query.k], 1)]

    def understood(self, query: Query, reader: Reader) -> Understanding:
        """What a search of this query goes by: the question after rewriting and mending, the chips, the official words added."""
        check(query)
        self.refresh()
        return self._reading(query, reader).seen

    def nearness(self, questions: Sequence[str], texts: Sequence[tuple[str, str]], reader: Reader) -> Matrix:
        """Cosines [questions, texts] of texts under their titles and headings, by the embedding of the index; zeros without one, or where each text would be a call of a model."""
        embedder = self._vectors[1] if self._vectors else None
        if not isinstance(embedder, Static):
            return np.zeros((len(questions), len(texts)), dtype=np.float32)
        asked = [self._reading(Query(question), reader).vector for question in questions]
        return np.asarray(np.stack([v for v in asked if v is not None]) @ embedder.under(texts).T, dtype=np.float32)

    def judged(self, question: str, texts: Sequence[str]) -> list[float]:
        """Logits of the built-in reranker for texts as `rag.rerank.shown` gives them; none with another reranker or without."""
        reranker = self._opened_reranker()
        return reranker.scores(question, texts) if isinstance(reranker, Builtin) else []

    def _opened_reranker(self) -> CrossEncoder | Builtin | None:
        if self._reranker is None and self.settings.reranker not in ("", "off"):
            self._reranker = open_reranker(self.settings)
        return self._reranker

    def _reading(self, query: Query, reader: Reader) -> Read:
        """The reading of a question, kept while index and shelf stay as they are: an answer asks the same words of every level."""
        state = (id(self._lexical), id(self._vectors), self._state.sequence, self.shelf.sequence)
        key = (query.text, query.history, query.without, query.as_of[:4], reader.ceiling, reader.grants, *state)
        with self._kept:
            if (held := self._read.get(key)) is not None:
                return held
        seen = self._seen(query, reader)
        vector = question_vector(self._vectors[1], seen.text, seen.weights) if self._vectors else None
        fresh = Read(seen, self._terms(seen, reader), self._whole(seen, reader), vector)
        with self._kept:
            self._read[key] = fresh
            while len(self._read) > _READ:
                self._read.popitem(last=False)
        return fresh

    def _seen(self, query: Query, reader: Reader) -> Understanding:
        lexical, ceiling = self._lexical, reader.ceiling
        assert lexical is not None
        return understand(
            query.text, self.shelf.lookup(reader), query.history,
            issuers=self.shelf.bodies(reader), held=lambda pair: lexical.holding(pair, ceiling), without=query.without, on=query.as_of,
        )  # fmt: skip

    def _reranked(self, query: Query, read: Read, order: list[int], found: Sequence[rank.Candidate], rows: list[dict[str, float]], scored: NDArray[np.float64]) -> list[int]:
        """The best ones with the cross-encoder's word: ours adds to their `scored` and `rows` where the query asks for it, one of transformers orders them alone."""
        reranker = self._opened_reranker()
        if isinstance(reranker, Builtin):
            return self._weighed(read.seen.text, order, found, rows, scored) if query.rerank and asks(read.seen.text) else order
        if reranker is None or not order:
            return order
        return [order[i] for i in reranker.order(query.text, [found[i].passage.text for i in order])]

    def _weighed(self, text: str, order: list[int], found: Sequence[rank.Candidate], rows: list[dict[str, float]], scored: NDArray[np.float64]) -> list[int]:
        best = order[:DEPTH]
        judged = self.judged(text, [shown(found[i].document.title, found[i].passage.text) for i in best])
        for i, logit in zip(best, judged, strict=True):
            rows[i]["reranker"] = logit - sum(judged) / len(judged)
            scored[i] += rank.contributions({"reranker": rows[i]["reranker"]}).get("reranker", 0.0)
        return [*sorted(best, key=lambda i: -scored[i]), *order[DEPTH:]]

    def _cited(self, ceiling: int) -> rank.Cited:
        mentions = self._mentions
        assert mentions is not None
        return lambda key: mentions.share(key, ceiling)

    def _whole(self, seen: Understanding, reader: Reader) -> dict[str, float]:
        """BM25 of whole documents, as a share of the best."""
        assert self._lexical is not None
        found = self._lexical.documents(seen.weights, _DOCUMENTS, ceiling=reader.ceiling)
        best = max(found.values(), default=0.0) or 1.0
        return {document_id: score / best for document_id, score in found.items()}

    def _terms(self, seen: Understanding, reader: Reader) -> dict[str, float]:
        """Weight × idf of the question's tokens within the reader's ceiling."""
        assert self._lexical is not None
        return self._lexical.terms(seen.weights, reader.ceiling)

    def _candidates(self, query: Query, read: Read, reader: Reader) -> list[rank.Candidate]:
        """Everything that may be a hit, in no order."""
        assert self._lexical is not None
        return Pool(self._lexical, self._vectors[0] if self._vectors else None, self.shelf).candidates(query, read, reader)

    def _ranked(self, query: Query, read: Read, reader: Reader) -> tuple[list[rank.Candidate], list[dict[str, float]]]:
        """What may be among the first hits, with the features of the first look."""
        assert self._lexical is not None
        pool = Pool(self._lexical, self._vectors[0] if self._vectors else None, self.shelf)
        region = query.region or (read.seen.place.code if read.seen.place else self.settings.region)
        found = pool.candidates(query, read, reader, lean=True)
        rows = rank.features(read.seen, found, read.whole, region, self._cited(reader.ceiling))
        return pool.filled(found, rows, query, reader)

    def _hit(self, n: int, score: float, c: rank.Candidate, query: Query, row: dict[str, float], reader: Reader) -> Hit:
        p, d = c.passage, c.document
        judged = self.shelf.validity(d.id, query.as_of or today(), reader.ceiling)
        return Hit(
            n, round(score, 6), d.id, d.external_id, d.title, d.doc_number, d.issuers, d.level, d.region_code, d.security, str(d.kind),
            {"status": str(judged.status), "as_of": judged.as_of, "basis": judged.basis},
            {"path": list(p.path), "label": p.label, "article": p.article}, p.start, p.end, p.text, rank.contributions(row),
        )  # fmt: skip


def open_retriever(settings: Settings, store: Store) -> Retriever:
    """Open the index of a home (it is built at the first refresh or search)."""
    retriever = Retriever(settings, store)
    retriever._open()
    if retriever.owner:
        retriever._sweep()  # what killed builds left behind
    return retriever


def heads_of(hits: Sequence[Hit], retriever: Retriever, reader: Reader) -> dict[str, Document]:
    """The document heads of hits, by id."""
    return retriever.shelf.among((hit.document_id for hit in hits), reader)


__all__ = ["Hit", "Query", "Retriever", "heads_of", "open_retriever"]
