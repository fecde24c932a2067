"""Training of the signal classifier from labelled (and, with less weight, weakly labelled) sentences.

A labelled file is JSON lines {"text", "polarity"} with polarity asserts | hypothetical | denies | resolved | none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import BadInput
from risk.classifier import CLASSES, SPEAKS, Weights, save_weights
from risk.features import HASHED, dense, hashed, names
from risk.taxonomy import Taxonomy, load_taxonomy

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled sentence; weak labels weigh less than 1."""

    text: str
    polarity: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Trained:
    """Weights and how they did in 5-fold cross-validation (on the labelled sentences)."""

    weights: Weights
    precision: float
    recall: float
    f1: float
    accuracy: float


def read_labelled(path: Path) -> list[Example]:
    """Labelled sentences of a JSON-lines file; raises BadInput naming the line."""
    found = []
    for n, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            label = row["polarity"] or "none"
            CLASSES.index(label)
            found.append(Example(row["text"], label, float(row.get("weight", 1.0))))
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise BadInput("not a labelled sentence", f"{path.name} line {n}", f"text and polarity ({', '.join(CLASSES)}): {error}") from error
    return found


def fit(examples: Sequence[Example], taxonomy: Taxonomy, *, l2_dense: float = 5.0, l2_sparse: float = 3.0, threshold: float = 0.4) -> Weights:
    """Weighted multinomial logistic regression by L-BFGS; signals weigh 1.5 so that recall is not sold for the majority class."""
    from scipy.optimize import minimize

    x, s, y, w = _matrices(examples, taxonomy)
    k, n_dense = len(CLASSES), x.shape[1]
    penalty = np.concatenate([np.full(n_dense, l2_dense), np.full(HASHED, l2_sparse)])[:, None]
    penalty[0] = 1e-3
    target = np.eye(k)[y]

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        weights = flat.reshape(-1, k)
        z = x @ weights[:n_dense] + s @ weights[n_dense:]
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(axis=1, keepdims=True)
        value = -float((w * np.log((p * target).sum(axis=1) + 1e-12)).sum()) + 0.5 * float((penalty * weights**2).sum())
        error = (p - target) * w[:, None]
        return value, (np.vstack([x.T @ error, s.T @ error]) + penalty * weights).ravel()

    result: Any = minimize(loss, np.zeros((n_dense + HASHED) * k), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    weights = result.x.reshape(-1, k).astype(np.float32)
    return Weights(weights[:n_dense], weights[n_dense:], names(taxonomy), threshold, taxonomy.version)


def _matrices(examples: Sequence[Example], taxonomy: Taxonomy) -> tuple[Matrix, Any, NDArray[np.int64], Matrix]:
    from scipy.sparse import csr_matrix

    rows = [(dense(e.text, taxonomy, taxonomy.things_in(e.text), taxonomy.cues_in(e.text)), hashed(e.text)) for e in examples]
    buckets = [b for _, b in rows]
    ends = np.cumsum([0, *(len(b) for b in buckets)])
    values = np.concatenate([np.full(len(b), 1 / np.sqrt(max(1, len(b)))) for b in buckets])
    sparse = csr_matrix((values, np.concatenate(buckets), ends), shape=(len(rows), HASHED))
    y = np.array([CLASSES.index(e.polarity) for e in examples])
    weight = np.array([e.weight * (1.5 if c in SPEAKS else 1.0) for e, c in zip(examples, y, strict=True)])
    return np.array([d for d, _ in rows], dtype=float), sparse, y, weight


def predict(texts: Iterable[str], weights: Weights, taxonomy: Taxonomy) -> list[NDArray[np.float64]]:
    """Class probabilities of each text."""
    return [weights.probabilities(dense(t, taxonomy, taxonomy.things_in(t), taxonomy.cues_in(t)), hashed(t)) for t in texts]


def cross_validate(examples: Sequence[Example], taxonomy: Taxonomy, *, folds: int = 5, threshold: float = 0.4) -> tuple[float, float, float, float]:
    """(precision, recall, F1 of is_signal, accuracy of polarity) over the examples of weight 1; folds by position."""
    hits = found = wanted = right = total = 0
    for fold in range(folds):
        held = [e for i, e in enumerate(examples) if i % folds == fold and e.weight >= 1]
        weights = fit([e for i, e in enumerate(examples) if i % folds != fold], taxonomy)
        for example, p in zip(held, predict((e.text for e in held), weights, taxonomy), strict=True):
            speaks, truth = float(p[1] + p[2]) >= threshold, CLASSES.index(example.polarity) in SPEAKS
            hits, found, wanted = hits + (speaks and truth), found + speaks, wanted + truth
            right, total = right + (CLASSES[int(p.argmax())] == example.polarity), total + 1
    precision, recall = hits / max(1, found), hits / max(1, wanted)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall), right / max(1, total)


def train_signals(labelled: Sequence[Path], out: Path, *, taxonomy: Taxonomy | None = None, threshold: float = 0.4) -> Trained:
    """Train on the labelled files, write the weights to `out`, and report cross-validated figures."""
    chosen = taxonomy or load_taxonomy()
    examples = [e for path in labelled for e in read_labelled(path)]
    if len(examples) < 50:
        raise BadInput("too few labelled sentences", len(examples), "at least 50 are needed")
    figures = cross_validate(examples, chosen, threshold=threshold)
    weights = fit(examples, chosen, threshold=threshold)
    save_weights(weights, out)
    return Trained(weights, *figures)
