"""Training of the signal classifier from labelled (and, with less weight, weakly labelled) sentences.

A labelled file is JSON lines {"text", "polarity"} with polarity asserts | hypothetical | denies | resolved | none, and "weight" (1 by
default; less for a weak label). The fit is a posterior mode: it starts from weights that exist and is drawn back to them, so
that a few hundred sentences of one's own improve what ships and cannot make it forget.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.errors import BadInput
from corpus.settings import Settings
from risk.classifier import CLASSES, SPEAKS, Weights, decide, home_weights, load_weights, save_weights
from risk.features import HASHED, dense, hashed, names
from risk.taxonomy import Taxonomy, home_taxonomy, load_taxonomy

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


def fit(
    examples: Sequence[Example], taxonomy: Taxonomy, *, prior: Weights | None = None, l2_dense: float = 20.0, l2_sparse: float = 10.0, threshold: float = 0.45
) -> Weights:
    """Weighted multinomial logistic regression by L-BFGS, drawn to `prior` (to zero without one) by the l2 penalties.

    Signals weigh 1.5, so that recall is not sold for the majority class.
    """
    from scipy.optimize import minimize

    x, s, y, w = _matrices(examples, taxonomy)
    k, n_dense = len(CLASSES), x.shape[1]
    start = _start(prior, taxonomy, n_dense)
    penalty = np.concatenate([np.full(n_dense, l2_dense), np.full(HASHED, l2_sparse)])[:, None]
    penalty[0] = 1e-3 if prior is None else penalty[0]
    target = np.eye(k)[y]

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        moved = flat.reshape(-1, k)
        weights = start + moved
        z = x @ weights[:n_dense] + s @ weights[n_dense:]
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(axis=1, keepdims=True)
        value = -float((w * np.log((p * target).sum(axis=1) + 1e-12)).sum()) + 0.5 * float((penalty * moved**2).sum())
        error = (p - target) * w[:, None]
        return value, (np.vstack([x.T @ error, s.T @ error]) + penalty * moved).ravel()

    result: Any = minimize(loss, np.zeros((n_dense + HASHED) * k), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    weights = (start + result.x.reshape(-1, k)).astype(np.float32)
    return Weights(weights[:n_dense], weights[n_dense:], names(taxonomy), threshold, taxonomy.version)


def _start(prior: Weights | None, taxonomy: Taxonomy, n_dense: int) -> Matrix:
    if prior is None:
        return np.zeros((n_dense + HASHED, len(CLASSES)))
    own = prior.aligned(taxonomy)
    return np.vstack([own.dense, own.sparse]).astype(float)


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


def cross_validate(
    examples: Sequence[Example], taxonomy: Taxonomy, *, prior: Weights | None = None, folds: int = 5, threshold: float = 0.45
) -> tuple[float, float, float, float]:
    """(precision, recall, F1 of is_signal, accuracy of polarity) over the examples of weight 1; folds by position."""
    judged: list[tuple[str, str]] = []
    for fold in range(folds):
        held = [e for i, e in enumerate(examples) if i % folds == fold and e.weight >= 1]
        weights = fit([e for i, e in enumerate(examples) if i % folds != fold], taxonomy, prior=prior, threshold=threshold)
        judged += _judged(held, weights, taxonomy)
    return figures(judged)


def _judged(examples: Sequence[Example], weights: Weights, taxonomy: Taxonomy) -> list[tuple[str, str]]:
    found = predict((e.text for e in examples), weights, taxonomy)
    return [(decide(p, weights.threshold)[0], e.polarity) for e, p in zip(examples, found, strict=True)]


def figures(judged: Sequence[tuple[str, str]]) -> tuple[float, float, float, float]:
    """(precision, recall, F1 of is_signal, accuracy of polarity) of pairs (ours, truth)."""
    speaks = {CLASSES[i] for i in SPEAKS}
    hits = sum(a in speaks and b in speaks for a, b in judged)
    precision = hits / max(1, sum(a in speaks for a, _ in judged))
    recall = hits / max(1, sum(b in speaks for _, b in judged))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall), sum(a == b for a, b in judged) / max(1, len(judged))


def own_sentences() -> list[Example]:
    """The sentences that ship with the product (written for it, no quotations): hard negatives, denials, solved matters, risks."""
    with as_file(files("risk").joinpath("weights", "sentences.jsonl")) as path:
        return read_labelled(path)


def train_signals(labelled: Sequence[Path], out: Path, *, taxonomy: Taxonomy | None = None, prior: Weights | None = None, threshold: float = 0.45) -> Trained:
    """Train on our own and the labelled files' sentences from `prior` (what ships by default), write to `out`, report cross-validated figures.

    The figures are of the labelled files' sentences of weight 1 alone. Raises BadInput when there are fewer than 50.
    """
    chosen, start = taxonomy or load_taxonomy(), prior or load_weights()
    examples = [e for path in labelled for e in read_labelled(path)]
    if len(examples) < 50:
        raise BadInput("too few labelled sentences", len(examples), "at least 50 are needed")
    added = [Example(e.text, e.polarity, 0.99) for e in own_sentences()]  # below 1: trained on, never measured on
    measured = cross_validate([*examples, *added], chosen, prior=start, threshold=threshold)
    weights = fit([*examples, *added], chosen, prior=start, threshold=threshold)
    save_weights(weights, out)
    return Trained(weights, *measured)


def train(settings: Settings, store: Any = None, *, data: Path | None = None, progress: Any = None) -> dict[str, Any]:
    """Train on `data` (a labelled file, or a folder of *.jsonl) for this home; kept in HOME/signals.npz only where F1 does not drop.

    Returns {sentences, precision, recall, f1, polarity_accuracy, before_f1, kept}; `before_f1` is of the weights in force on the same sentences.
    """
    if data is None:
        raise BadInput("no labelled sentences named", "--data", 'a JSON-lines file of {"text", "polarity"}, or a folder of them')
    paths = sorted(data.glob("*.jsonl")) if data.is_dir() else [data]
    taxonomy, before, target = home_taxonomy(settings.home), home_weights(settings.home), settings.home / "signals.npz"
    trial = target.with_suffix(".trial.npz")
    trained = train_signals(paths, trial, taxonomy=taxonomy, prior=before)
    old = figures(_judged([e for p in paths for e in read_labelled(p) if e.weight >= 1], before.aligned(taxonomy), taxonomy))
    kept = trained.f1 >= old[2]
    trial.replace(target) if kept else trial.unlink()
    count = sum(len(read_labelled(p)) for p in paths)
    return {
        "sentences": count, "precision": round(trained.precision, 4), "recall": round(trained.recall, 4), "f1": round(trained.f1, 4),
        "polarity_accuracy": round(trained.accuracy, 4), "before_f1": round(old[2], 4), "kept": kept,
    }  # fmt: skip
