"""The signal classifier: multinomial logistic regression over dense lexicon features and hashed n-grams, in numpy.

Five classes: none (everyday or technical use of a risk word), asserts, hypothetical, denies, resolved.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError
from risk.features import HASHED, Vector, names
from risk.taxonomy import Taxonomy

CLASSES = ("none", "asserts", "hypothetical", "denies", "resolved")
SPEAKS = (1, 2)
LIFT = 2.5  # denials and solved matters are rarer in the training sample than among the sentences that hold a cue and are worth a look


@dataclass(frozen=True, slots=True)
class Weights:
    """`dense` [n_dense, 5] and `sparse` [HASHED, 5] float32 by feature name; `threshold` on P(asserts)+P(hypothetical)."""

    dense: NDArray[np.float32]
    sparse: NDArray[np.float32]
    names: tuple[str, ...]
    threshold: float
    version: str

    @property
    def fingerprint(self) -> str:
        """Version and a digest of the numbers."""
        return f"{self.version}:{zlib.crc32(self.dense.tobytes() + self.sparse.tobytes()):08x}"

    def aligned(self, taxonomy: Taxonomy) -> Weights:
        """The same weights with rows in the feature order of `taxonomy`; a feature unknown to the weights gets zeros."""
        wanted = names(taxonomy)
        if wanted == self.names:
            return self
        row = {name: i for i, name in enumerate(self.names)}
        dense = np.array([self.dense[row[n]] if n in row else np.zeros(len(CLASSES)) for n in wanted], dtype=np.float32)
        return Weights(dense, self.sparse, wanted, self.threshold, self.version)

    def probabilities(self, dense: Vector, buckets: NDArray[np.int64]) -> NDArray[np.float64]:
        """[5] float64 class probabilities of one sentence."""
        z = (dense @ self.dense).astype(np.float64)
        if len(buckets):
            z += self.sparse[buckets].sum(axis=0, dtype=np.float64) / np.sqrt(len(buckets))
        e = np.exp(z - z.max())
        found: NDArray[np.float64] = e / e.sum()
        return found


def decide(p: Sequence[float] | NDArray[np.float64], threshold: float) -> tuple[str, float]:
    """(class, confidence): a signal when P(asserts)+P(hypothetical) ≥ threshold, else the likeliest other class."""
    speaks = float(p[1] + p[2])
    if speaks >= threshold:
        return (CLASSES[1] if p[1] >= p[2] else CLASSES[2]), speaks
    best = max((0, 3, 4), key=lambda i: float(p[i]) * (LIFT if i else 1.0))
    return CLASSES[best], float(p[best])


@cache
def load_weights(path: Path | None = None) -> Weights:
    """The shipped weights, or those at `path` (made by `risk.train`); raises ModelError when they are not readable."""
    return _loaded(path)


def _loaded(path: Path | None) -> Weights:
    try:
        if path:
            return _read(path)
        with as_file(files("risk").joinpath("weights", "signals.npz")) as shipped:
            return _read(shipped)
    except (OSError, KeyError, ValueError) as error:
        raise ModelError("the signal weights cannot be read", path or "risk/weights/signals.npz", "train them again: jianwei train signals") from error


def home_weights(home: Path) -> Weights:
    """The weights trained for a home (`jianwei train signals`), else those that ship."""
    own = home / "signals.npz"
    return _as_of(own, own.stat().st_mtime_ns) if own.exists() else load_weights()


@cache
def _as_of(path: Path, _changed: int) -> Weights:
    return _loaded(path)


def _read(path: Path) -> Weights:
    with np.load(path, allow_pickle=False) as z:
        if z["sparse"].shape != (HASHED, len(CLASSES)):
            raise ValueError(f"unexpected shape {z['sparse'].shape}")
        return Weights(z["dense"].astype(np.float32), z["sparse"].astype(np.float32), tuple(str(n) for n in z["names"]), float(z["threshold"]), str(z["version"]))


def save_weights(weights: Weights, path: Path) -> None:
    """Write weights as float16 (small file)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path, dense=weights.dense.astype(np.float16), sparse=weights.sparse.astype(np.float16), names=np.array(weights.names), threshold=np.float64(weights.threshold), version=np.array(weights.version)
    )
