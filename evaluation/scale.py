"""`jianwei eval scale --data DIR`: cost of the indexes from 10,000 to 1,000,000 passages, grown step by step from real clauses.

What real clauses do not fill is repeated and perturbed: a tenth of the tokens dropped, a tenth taken from another clause, the vector
moved by a random one of half its length. At each size the candidates of real questions are fetched as a search does (BM25 of passages with filters, BM25 of whole documents, the nearest
vectors where `--vectors` allows, by `--engine`), and timed by the clock and in CPU time; `dense_ms` is the share of the vectors (the
nearest, and the cosines of 220 found by words). The ranking after it costs the same at every size.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer

from corpus.models import Passage
from corpus.text import tokens
from evaluation import metrics, sets
from evaluation.collection import Collection, kept_home, open_collection
from evaluation.commands import app
from evaluation.footprint import resident_mb
from evaluation.retrieval import disk_mb
from rag.dense import Dense, choose, open_dense
from rag.embed import Matrix, open_embedder, unit
from rag.lexical import NATION, Fields, Filters, Lexical
from rag.words import words

_PLACES = ((NATION,), ("350000",), ("350200", "350000"), ("310000",), ("110000",))
_ASKED = Filters(kinds=("policy", "notice", "interpretation"), covering=(NATION, "350200", "350000"), within="350200", date_from=20000101)
_DOCUMENT = 40
"""Passages a document, about as in the laws."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A real passage with its tokens."""

    text: str
    tokens: tuple[str, ...]


def clauses(collection: Collection) -> list[Clause]:
    """Every passage of the collection."""
    return [Clause(u.text, tuple(tokens(f"{u.title} {u.text}"))) for u in collection.pieces.values()]


def grown(real: Sequence[Clause], size: int, rng: random.Random) -> Iterator[tuple[int, Clause]]:
    """`size` numbered clauses: the real ones, then perturbed copies."""
    for n in range(size):
        clause = real[n % len(real)]
        if n >= len(real):
            other = rng.choice(real).tokens
            kept = [token for token in clause.tokens if rng.random() > 0.1]
            clause = replace(clause, tokens=(*kept, *other[: len(clause.tokens) // 10]))
        yield n, clause


def document_fields(number: int) -> Fields:
    """Places, issuers and dates spread evenly over documents; one in five is news."""
    place = _PLACES[number % len(_PLACES)]
    return Fields("news" if number % 5 == 4 else "policy", "national" if place[0] == NATION else "province", place[0], place, (f"机关{number % 30}",), 19900101 + number % 35 * 10000)


class Grown:
    """An index that grows: lexical and, up to a limit, vectors."""

    def __init__(self, folder: Path, vectors: int, engine: str = "auto") -> None:
        self.folder, self.limit, self.engine, self.seconds, self.cpu = folder, vectors, engine, 0.0, 0.0
        self.before, self.kind = resident_mb(), "none"
        self.lexical, self.embedder = Lexical(folder / "lexical"), open_embedder("builtin")
        self.dense: Dense | None = None
        self._spool: list[tuple[list[str], Matrix]] = []
        self._seen: dict[str, Matrix] = {}
        self._rng = np.random.default_rng(20261126)

    def add(self, some: Sequence[tuple[int, Clause]], size: int) -> None:
        """Add clauses on the way to `size`; what makes the clauses is not timed."""
        began, cpu = time.perf_counter(), time.process_time()
        for at in range(0, len(some), _DOCUMENT):
            part = some[at : at + _DOCUMENT]
            number = part[0][0] // _DOCUMENT
            made = [(Passage(f"d{number:06d}", n, n * 1000, n * 1000 + len(c.text), (), f"第{n}条", f"第{n % 99 + 1}条", c.text), c.tokens) for n, c in part]
            self.lexical.add(made, document_fields(number), 1)
            if self.embedder is not None and size <= self.limit:
                self._spool.append(([p.id for p, _ in made], self._vectors_of([p.text for p, _ in made])))
        self._spent(began, cpu)

    def _vectors_of(self, texts: Sequence[str]) -> Matrix:
        """Vectors of texts; those of a text that was there before are moved."""
        assert self.embedder is not None
        fresh = [text for text in dict.fromkeys(texts) if text not in self._seen]
        for text, vector in zip(fresh, self.embedder.encode(fresh) if fresh else (), strict=True):
            self._seen[text] = vector
        moves = self._rng.standard_normal((len(texts), self.embedder.dim)).astype(np.float32) * (0.5 / self.embedder.dim**0.5)
        new = set(fresh)
        return unit(np.stack([self._seen[text] + (0 if text in new else move) for text, move in zip(texts, moves, strict=True)]))

    def finish(self, size: int) -> None:
        """Make what was added searchable."""
        began, cpu = time.perf_counter(), time.process_time()
        self.lexical.commit()
        if size <= self.limit:
            self._vectors(size)
        self._spent(began, cpu)

    def _spent(self, began: float, cpu: float) -> None:
        self.seconds, self.cpu = self.seconds + time.perf_counter() - began, self.cpu + time.process_time() - cpu

    def _vectors(self, size: int) -> None:
        assert self.embedder is not None
        self.kind = choose(size) if self.engine == "auto" else self.engine
        self.dense = open_dense(self.kind, self.folder / f"dense-{size}", self.embedder.dim)
        for ids, matrix in self._spool:
            self.dense.add(ids, matrix, 1)
        self.dense.commit()

    def candidates(self, question: str, size: int) -> float:
        """What a search fetches; returns the CPU milliseconds of its vectors."""
        weights = words().weights(question, {})
        found = self.lexical.search(weights, 220, ceiling=1, filters=_ASKED)
        self.lexical.documents(weights, 300, ceiling=1)
        if self.dense is None or self.embedder is None or size > self.limit:
            return 0.0
        vector = self.embedder.encode([question], question=True)[0]
        began = time.process_time()
        self.dense.search(vector, 110, ceiling=1)
        self.dense.scores(vector, [entry.passage.id for entry in found])
        return (time.process_time() - began) * 1000


def measured(index: Grown, size: int, questions: Sequence[str]) -> dict[str, Any]:
    """One row of the curve."""
    took, worked, dense = [], [], []
    for question in questions[:10]:
        index.candidates(question, size)
    for question in reversed(questions):  # not those just asked
        began, cpu = time.perf_counter(), time.process_time()
        dense.append(index.candidates(question, size))
        worked.append((time.process_time() - cpu) * 1000)
        took.append((time.perf_counter() - began) * 1000)
    wall, cpu_ms, vectors = metrics.percentiles(took), metrics.percentiles(worked), metrics.percentiles(dense)
    return {
        "passages": size, "p50_ms": round(wall["p50"], 2), "p95_ms": round(wall["p95"], 2), "cpu_p50_ms": round(cpu_ms["p50"], 2), "cpu_p95_ms": round(cpu_ms["p95"], 2),
        "engine": index.kind if size <= index.limit else "none", "dense_p50_ms": round(vectors["p50"], 2), "dense_p95_ms": round(vectors["p95"], 2),
        "build_s": round(index.seconds, 1), "build_cpu_s": round(index.cpu, 1), "disk_mb": disk_mb(index.folder), "memory_mb": round(resident_mb() - index.before, 1),
    }  # fmt: skip


@app.command("scale")
def scale(
    data: Path = typer.Option(..., exists=True, file_okay=False, help="folder of the real data"),
    sizes: str = typer.Option("10000,30000,100000,300000,1000000", help="comma list, rising"),
    vectors: int = typer.Option(300_000, help="vectors are added up to this size (Chroma's graph takes minutes above 100,000)"),
    engine: str = typer.Option("auto", help="exact, chroma, or auto: as a home of that size would have"),
    asked: int = typer.Option(200, help="questions a size"),
    cache: Path = typer.Option(Path(".jianwei/eval"), help="folder of kept homes"),
) -> None:
    """Latency, build time, memory and disk as the corpus grows; one JSON line a size."""
    files = sets.files(data, "laws", cache)
    collection = open_collection(kept_home(cache / "laws", files), files)
    questions = [row["question"] for row in sets.rows(data / "qa" / "stard.jsonl.gz")][:asked]
    real, rng, done = clauses(collection), random.Random(20261126), 0
    collection.store.close()
    del collection
    with tempfile.TemporaryDirectory() as folder:
        index, steps, pending = Grown(Path(folder), vectors, engine), [int(size) for size in sizes.split(",")], []
        for n, clause in grown(real, steps[-1], rng):
            pending.append((n, clause))
            if len(pending) == 100 * _DOCUMENT or n + 1 == steps[done]:
                index.add(pending, steps[done])
                pending = []
            if n + 1 == steps[done]:
                index.finish(n + 1)
                done += 1
                typer.echo(json.dumps(measured(index, n + 1, questions)))
        index.lexical.close()
