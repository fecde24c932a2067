"""Word vectors for the signal classifier: truncated SVD of positive pointwise mutual information (Levy & Goldberg 2014), int8.

A sentence is the idf-weighted mean of its words' vectors, of length 1. Small enough to ship; `train_vectors` makes new ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import as_file, files
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import BadInput, ModelError

Vectors = NDArray[np.float32]
WINDOW = 5


@dataclass(frozen=True, slots=True)
class Words:
    """`table` [words, dimensions] float32, rows L2-normalised; `weight` [words] idf; `index` word → row."""

    table: Vectors
    weight: Vectors
    index: dict[str, int]

    @property
    def dimensions(self) -> int:
        return int(self.table.shape[1])

    def sentence(self, text: str) -> Vectors:
        """[dimensions] float32 of length 1; zeros when no word is known."""
        rows = [r for w in cut(text) if (r := self.index.get(w)) is not None]
        if not rows:
            return np.zeros(self.dimensions, dtype=np.float32)
        total = (self.table[rows] * self.weight[rows][:, None]).sum(axis=0)
        found: Vectors = (total / max(1e-9, float(np.linalg.norm(total)))).astype(np.float32)
        return found


def cut(text: str) -> list[str]:
    """Words by rjieba, as they stand (no normal form: titles are clean and speed counts)."""
    import rjieba

    return [w for w in rjieba.cut(text) if not w.isspace()]


_AROUND = 8


def straddles(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is no word, but the end of one and the beginning of another (化工 in 信息化工作, 京东 in 北京东城).

    Asked of short names only (two or three characters); a window of some characters around it is cut.
    """
    if not 2 <= end - start <= 3:
        return False
    first = max(0, start - _AROUND)
    a, b, bounds = start - first, end - first, _bounds(text[first : end + _AROUND])
    return a not in bounds and b not in bounds and any(a < x < b for x in bounds)


@lru_cache(maxsize=4096)
def _bounds(text: str) -> frozenset[int]:
    """Where words begin or end."""
    import rjieba

    return frozenset((0, *accumulate(len(w) for w in rjieba.cut(text))))


@cache
def load_words(path: Path | None = None) -> Words:
    """The shipped vectors, or those at `path`; raises ModelError when they are not readable."""
    try:
        if path:
            return _read(path)
        with as_file(files("risk").joinpath("weights", "words.npz")) as shipped:
            return _read(shipped)
    except (OSError, KeyError, ValueError) as error:
        raise ModelError("the word vectors cannot be read", path or "risk/weights/words.npz", "install the package again, or train them") from error


def _read(path: Path) -> Words:
    with np.load(path, allow_pickle=False) as z:
        table = z["table"].astype(np.float32)
        table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
        words = bytes(z["words"]).decode().split("\n")
        if len(words) != len(table):
            raise ValueError("words and vectors differ in number")
        return Words(table, z["weight"].astype(np.float32), {w: i for i, w in enumerate(words)})


def train_vectors(texts: Iterable[str], out: Path, *, dimensions: int = 96, vocabulary: int = 20000, least: int = 5) -> Words:
    """Train on texts (sentences or titles) and write int8 vectors; raises BadInput with too little text."""
    from scipy.sparse.linalg import svds

    sentences = [cut(t) for t in texts]
    counts = Counter(w for s in sentences for w in s)
    words = sorted((w for w, n in counts.most_common(vocabulary) if n >= least and "\n" not in w), key=lambda w: (-counts[w], w))
    if len(words) <= 2 * dimensions:
        raise BadInput("too little text for word vectors", f"{len(words)} words", f"more than {2 * dimensions} are needed")
    u, s, _ = svds(_ppmi(sentences, words), k=dimensions, random_state=0)
    table = (u * np.sqrt(s))[:, ::-1]
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    scale = 127 / np.abs(table).max()
    weight = np.log(sum(counts.values()) / np.array([counts[w] for w in words], dtype=float))
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, table=np.rint(table * scale).astype(np.int8), weight=weight.astype(np.float16), words=np.frombuffer("\n".join(words).encode(), dtype=np.uint8))
    return _read(out)


def _ppmi(sentences: Sequence[Sequence[str]], words: Sequence[str], shift: float = 0.75) -> object:
    """Sparse [words, words] PPMI of co-occurrence within WINDOW words, weighted 1/distance; contexts smoothed by power 0.75."""
    from scipy.sparse import coo_matrix

    index = {w: i for i, w in enumerate(words)}
    ids = [np.array([index.get(w, -1) for w in s], dtype=np.int64) for s in sentences]
    rows, columns, values = [], [], []
    for distance in range(1, WINDOW + 1):
        a = np.concatenate([i[:-distance] for i in ids if len(i) > distance])
        b = np.concatenate([i[distance:] for i in ids if len(i) > distance])
        known = (a >= 0) & (b >= 0)
        rows.append(a[known])
        columns.append(b[known])
        values.append(np.full(int(known.sum()), 1 / distance))
    r, c, v = (np.concatenate(x) for x in (rows, columns, values))
    counts = coo_matrix((np.concatenate([v, v]), (np.concatenate([r, c]), np.concatenate([c, r]))), shape=(len(words),) * 2).tocsr().tocoo()
    total = np.asarray(counts.tocsr().sum(axis=1)).ravel()
    context = total**shift / (total**shift).sum()
    information = np.log(np.maximum(counts.data / (total[counts.row] * context[counts.col]), 1e-9))
    kept = information > 0
    return coo_matrix((information[kept], (counts.row[kept], counts.col[kept])), shape=counts.shape).tocsr()
