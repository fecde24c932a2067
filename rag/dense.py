"""Vector search over passages: exact in memory, or Chroma (embedded or a server). Levels are apart, as in the lexical index.

The choice is automatic, by size (`choose`): exact search up to `EXACT_LIMIT` passages, Chroma above, and whenever a server
is set. Vectors are always ours: [n, dim] float32, L2-normalised.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import simsimd
from numpy.typing import NDArray

from corpus.errors import IndexError_
from rag.strata import LEVELS

EXACT_LIMIT = 400_000
"""Measured: exact search takes 14.5 CPU ms among so many (4.5 among 100,000, 31.7 among 1,000,000), what Chroma takes among 100,000 already (13.9)."""
BATCH = 5_461
"""Chroma takes at most this many records at once."""
Matrix = NDArray[np.float32]
Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]
Barred = Sequence[frozenset[str]]
_MASKS, _ASKED = 32, 8


class Dense(Protocol):
    """A vector index. Searches see what was added after `commit`; documents are replaced by delete and add.

    A search can be held to documents: only those `among` (None: all), and none that one of the `barred` sets holds.
    """

    def add(self, ids: Sequence[str], vectors: Matrix, security: int) -> None: ...
    def delete(self, document_ids: Collection[str]) -> None: ...
    def commit(self) -> None: ...
    def reload(self) -> None: ...
    def count(self, ceiling: int = 4) -> int: ...
    def search(self, vector: Matrix, k: int, *, ceiling: int, grants: Collection[str] = (), among: Collection[str] | None = None, barred: Barred = ()) -> list[tuple[str, float]]: ...
    def scores(self, vector: Matrix, ids: Collection[str]) -> dict[str, float]: ...


def _document(passage_id: str) -> str:
    return passage_id.partition(":")[0]


def quantise(vectors: Matrix) -> NDArray[np.int8]:
    """Unit vectors as int8, 127 for 1 (a cosine is then off by less than 0.01)."""
    return np.clip(np.rint(vectors * 127), -127, 127).astype(np.int8)


def restore(vectors: NDArray[np.int8]) -> Matrix:
    """The float32 unit vectors of quantised ones (to quantise them again changes nothing)."""
    plain = vectors.astype(np.float32)
    norms = np.linalg.norm(plain, axis=1, keepdims=True)
    return np.asarray(plain / np.maximum(norms, 1e-9), dtype=np.float32)


def _cosine(value: float) -> float:
    """Rounded, so that every engine gives the same number for the same vectors (float32 sums differ in the seventh place)."""
    return round(float(value), 5)


@dataclass(frozen=True, slots=True)
class _Level:
    """The vectors of one level: int8 rows with their lengths; `numbers` is each row's document as a number of `documents`. Masks and looks of late questions are kept."""

    ids: list[str]
    matrix: Codes
    lengths: Matrix
    rows: dict[str, int]
    documents: dict[str, int]
    numbers: NDArray[np.int32]
    _masks: OrderedDict[Hashable, Mask] = field(default_factory=OrderedDict)
    _looks: OrderedDict[bytes, tuple[Matrix, float]] = field(default_factory=OrderedDict)

    def look(self, vector: Matrix) -> tuple[Matrix, float]:
        """The cosine of every row to the unit `vector` taken as int8, [n] float32, and by how much one can be off."""
        key = vector.tobytes()
        if (held := self._looks.get(key)) is None:
            held = self._looks[key] = self._looked(vector)
            _trim(self._looks, _ASKED)
        return held

    def _looked(self, vector: Matrix) -> tuple[Matrix, float]:
        step = float(np.abs(vector).max()) / 127 or 1.0
        codes = np.rint(vector / step).astype(np.int8)
        dots = np.asarray(simsimd.cdist(codes[None], self.matrix, "dot"), dtype=np.float32)[0]
        return dots * np.float32(step) / self.lengths, float(np.linalg.norm(vector - codes * step)) + 1e-5

    def cosines(self, rows: Any, vector: Matrix) -> Matrix:
        """The cosines of some rows to the unit `vector`, in full."""
        return np.asarray(restore(self.matrix[rows]) @ vector, dtype=np.float32)

    def kept(self, among: Collection[str] | None, barred: Barred) -> Mask | None:
        """The rows whose documents may be found, [n] bool; None for all."""
        masks = [self._without(documents) for documents in barred if documents]
        if among is not None:
            masks.append(self._within(among))
        return np.logical_and.reduce(masks) if masks else None

    def _without(self, documents: frozenset[str]) -> Mask:
        if (held := self._masks.get(documents)) is None:
            held = self._masks[documents] = ~self._within(documents)
            _trim(self._masks, _MASKS)
        return held

    def _within(self, documents: Collection[str]) -> Mask:
        chosen = np.zeros(len(self.documents), dtype=bool)
        chosen[[self.documents[d] for d in documents if d in self.documents]] = True
        return np.asarray(chosen[self.numbers], dtype=bool)


def _trim(held: OrderedDict[Any, Any], most: int) -> None:
    while len(held) > most:
        held.popitem(last=False)


def _level(ids: list[str], matrix: Codes) -> _Level:
    documents: dict[str, int] = {}
    numbers = np.array([documents.setdefault(_document(i), len(documents)) for i in ids], dtype=np.int32)
    lengths = np.sqrt(np.einsum("ij,ij->i", matrix, matrix, dtype=np.int32)).astype(np.float32)
    return _Level(ids, matrix, np.maximum(lengths, 1e-9), {name: n for n, name in enumerate(ids)}, documents, numbers)


class Exact:
    """Exact search over int8 vectors (`folder/LEVEL.npz`): a look at every row with the question as int8 too, then the cosines in full of all that can be among the best."""

    def __init__(self, folder: Path, dim: int, *, writable: bool = True) -> None:
        self.folder, self.dim, self.writable = folder, dim, writable
        self._pending: dict[int, tuple[list[str], list[Codes]]] = {}
        self._removed: set[str] = set()
        self._held: dict[int, _Level] = {}  # replaced as a whole: other threads search meanwhile
        self.reload()

    def reload(self) -> None:
        for level in LEVELS:
            path = self.folder / f"{level}.npz"
            if path.exists():
                with np.load(path) as stored:
                    self._hold(level, [str(i, "ascii") for i in stored["ids"]], stored["vectors"])
                if self._held[level].matrix.shape[1] != self.dim:
                    raise IndexError_("vectors of another size", path, "run `jianwei index --rebuild`")

    def _hold(self, level: int, ids: list[str], matrix: Codes) -> None:
        self._held[level] = _level(ids, matrix)

    def add(self, ids: Sequence[str], vectors: Matrix, security: int) -> None:
        names, parts = self._pending.setdefault(security, ([], []))
        names.extend(ids)
        parts.append(quantise(vectors))

    def delete(self, document_ids: Collection[str]) -> None:
        """Remove documents (also from what waits for `commit`)."""
        gone = set(document_ids)
        self._removed |= gone
        for level, (names, parts) in list(self._pending.items()):
            keep = np.array([_document(name) not in gone for name in names], dtype=bool)
            if not keep.all():
                self._pending[level] = ([n for n, kept in zip(names, keep, strict=True) if kept], [np.concatenate(parts)[keep]])

    def commit(self) -> None:
        if not self.writable:
            raise IndexError_("the index is open for reading only", self.folder, "another process owns the writing")
        for level in LEVELS:
            self._commit_level(level)
        self._pending.clear()
        self._removed.clear()

    def _commit_level(self, level: int) -> None:
        held = self._held.get(level)
        ids, matrix = (held.ids, held.matrix) if held else ([], np.zeros((0, self.dim), np.int8))
        keep = np.array([_document(i) not in self._removed for i in ids], dtype=bool)
        names, parts = self._pending.get(level, ([], []))
        if not names and keep.all():
            return
        self._hold(level, [i for i, kept in zip(ids, keep, strict=True) if kept] + names, np.concatenate([matrix[keep], *parts]))
        self._save(level)

    def _save(self, level: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{level}.npz"
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            np.savez(file, ids=np.array(self._held[level].ids, dtype="S48"), vectors=self._held[level].matrix)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def count(self, ceiling: int = 4) -> int:
        return sum(len(held.ids) for level, held in list(self._held.items()) if level <= ceiling)

    def search(self, vector: Matrix, k: int, *, ceiling: int, grants: Collection[str] = (), among: Collection[str] | None = None, barred: Barred = ()) -> list[tuple[str, float]]:
        """The k passage ids with the highest cosine to the unit `vector` [dim], best first."""
        found: list[tuple[str, float]] = []
        for level, held in list(self._held.items()):
            only = among if level <= ceiling else [d for d in grants if among is None or d in among]
            if only is None or only:
                found += self._top(held, vector, k, held.kept(only, barred))
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def scores(self, vector: Matrix, ids: Collection[str]) -> dict[str, float]:
        """The cosine of each of `ids` to the unit `vector` (unknown ids are left out)."""
        found: dict[str, float] = {}
        for held in list(self._held.values()):
            known = [i for i in ids if i in held.rows]
            if known:
                found |= dict(zip(known, map(_cosine, held.cosines([held.rows[i] for i in known], vector)), strict=True))
        return found

    def _top(self, held: _Level, vector: Matrix, k: int, kept: Mask | None) -> list[tuple[str, float]]:
        """The k best and whatever ties with the last of them once rounded: a shorter list is always the beginning of a longer one."""
        look, off = held.look(vector) if held.ids else (np.zeros(0, np.float32), 0.0)
        rows = np.arange(len(look)) if kept is None else np.flatnonzero(kept)
        if 0 < k < len(rows):
            rows = rows[look[rows] >= _last(look[rows], k) - 2 * off]
        scores = held.cosines(rows, vector)
        best = np.flatnonzero(scores >= _last(scores, k) - 1e-5) if 0 < k < len(rows) else np.arange(len(rows))
        return [(held.ids[n], _cosine(s)) for n, s in zip(rows[best], scores[best], strict=True)]


def _last(scores: Matrix, k: int) -> float:
    """The k-th highest."""
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])


class Chroma:
    """Chroma with our vectors, one collection a level; embedded under `folder`, or the server at `url`."""

    def __init__(self, folder: Path, dim: int, *, url: str = "", prefix: str = "passages") -> None:
        self.folder, self.dim, self.prefix = folder, dim, prefix
        self._client = _client(folder, url)
        self._collections: dict[int, Any] = {}
        self.reload()

    def reload(self) -> None:
        named = {c.name for c in self._client.list_collections()}
        self._collections = {n: self._client.get_collection(self._name(n), embedding_function=None) for n in LEVELS if self._name(n) in named}

    def _name(self, level: int) -> str:
        return f"{self.prefix}-{level}"

    def _collection(self, level: int) -> Any:
        if level not in self._collections:
            hnsw = {"hnsw": {"space": "cosine", "ef_search": 200, "ef_construction": 100, "max_neighbors": 16}}
            self._collections[level] = self._client.get_or_create_collection(self._name(level), configuration=hnsw, embedding_function=None)
        return self._collections[level]

    def add(self, ids: Sequence[str], vectors: Matrix, security: int) -> None:
        collection = self._collection(security)
        vectors = restore(quantise(vectors))  # what the exact index keeps too: both give the same cosines
        for i in range(0, len(ids), BATCH):
            part = list(ids[i : i + BATCH])
            collection.upsert(ids=part, embeddings=vectors[i : i + BATCH], metadatas=[{"d": _document(p)} for p in part])

    def delete(self, document_ids: Collection[str]) -> None:
        names = sorted(document_ids)
        for collection in self._collections.values():
            for i in range(0, len(names), 500):
                collection.delete(where={"d": {"$in": names[i : i + 500]}})

    def commit(self) -> None:
        """Chroma writes through."""

    def count(self, ceiling: int = 4) -> int:
        return sum(int(c.count()) for level, c in self._collections.items() if level <= ceiling)

    def search(self, vector: Matrix, k: int, *, ceiling: int, grants: Collection[str] = (), among: Collection[str] | None = None, barred: Barred = ()) -> list[tuple[str, float]]:
        """The (approximately) k passage ids with the highest cosine to the unit `vector` [dim], best first."""
        found: list[tuple[str, float]] = []
        for level, collection in self._collections.items():
            only = among if level <= ceiling else [d for d in grants if among is None or d in among]
            if only is None or only:
                found += _allowed(collection, vector, k, only, barred)
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def scores(self, vector: Matrix, ids: Collection[str]) -> dict[str, float]:
        """The cosine of each of `ids` to the unit `vector` (unknown ids are left out)."""
        found: dict[str, float] = {}
        if not ids:  # Chroma takes no empty list
            return found
        for collection in self._collections.values():
            held = collection.get(ids=list(ids), include=["embeddings"])
            if held["ids"]:
                rows = np.array(held["embeddings"], dtype=np.float32)
                found |= dict(zip(held["ids"], map(_cosine, rows @ vector / np.maximum(np.linalg.norm(rows, axis=1), 1e-9)), strict=True))
        return found


def _client(folder: Path, url: str) -> Any:
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    quiet = ChromaSettings(anonymized_telemetry=False)
    if not url:
        folder.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(str(folder), settings=quiet)
    scheme, _, rest = url.rstrip("/").partition("://")
    host, _, port = rest.partition(":")
    try:
        return chromadb.HttpClient(host=host, port=int(port or 8000), ssl=scheme == "https", settings=quiet)
    except ValueError as error:
        raise IndexError_("no Chroma server answers", url, "start one with `chroma run`, or empty the setting chroma_url") from error


def drop(url: str, prefix: str) -> None:
    """Remove the collections of a generation from the Chroma server at `url` (nothing without one)."""
    if url:
        client = _client(Path(), url)
        for collection in client.list_collections():
            if collection.name.rpartition("-")[0] == prefix:
                client.delete_collection(collection.name)


def _ask(collection: Any, vector: Matrix, k: int, where: dict[str, Any] | None) -> list[tuple[str, float]]:
    held = int(collection.count())
    if not held:
        return []
    result = collection.query(query_embeddings=[vector], n_results=min(k, held), where=where, include=["distances"])
    return [(name, _cosine(1.0 - float(distance))) for name, distance in zip(result["ids"][0], result["distances"][0], strict=True)]


def _allowed(collection: Any, vector: Matrix, k: int, only: Collection[str] | None, barred: Barred) -> list[tuple[str, float]]:
    """The k nearest of documents that may be found. What is barred is passed over (Chroma's own filter costs 90 to 460 ms over 100,000 vectors), more and more being asked for."""
    where, asked = None if only is None else {"d": {"$in": sorted(only)}}, k
    while True:
        found = _ask(collection, vector, asked, where)
        kept = [pair for pair in found if not any(_document(pair[0]) in documents for documents in barred)]
        if len(kept) >= k or len(found) < asked:
            return kept[:k]
        asked *= 4


def choose(passages: int, *, url: str = "") -> str:
    """Which index serves `passages` passages: "exact" or "chroma"."""
    return "chroma" if url or passages > EXACT_LIMIT else "exact"


def open_dense(kind: str, folder: Path, dim: int, *, url: str = "", prefix: str = "passages", writable: bool = True) -> Dense:
    """Open the index that `choose` named; raises IndexError_ for an unknown kind."""
    if kind == "exact":
        return Exact(folder, dim, writable=writable)
    if kind == "chroma":
        return Chroma(folder, dim, url=url, prefix=prefix)
    raise IndexError_("unknown vector index", kind, "one of: exact, chroma")
