"""Learning the weights of the indicators from issued lists: a proposal that is shown first and applied only by a person's word.

Every pair of risks of one list that the experts set at least `gap` apart says in which direction the weighted log percentiles should
differ. The weights minimise the logistic loss of these pairs plus `pull` × n × KL(weights ‖ weights in force), on the simplex: with few
or contradicting pairs nothing moves. How much the order gains is measured on panels (or risks) that were left out, and shown beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.access import Reader
from corpus.errors import BadInput
from corpus.store import Store
from risk.indicators import IMPORTANCE, URGENCY
from risk.panel_form import constants

Floats = NDArray[np.float64]
MARK = "learned_weights"
NAMES = {"importance": IMPORTANCE, "urgency": URGENCY}
KEEPERS = ("official", "operator", "admin")
STEEP = 6.0
"""Steepness of the logistic loss over differences of log scores."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Log percentiles [risks, k] (0 where missing), which are known [risks, k], experts' scores [risks], and the group of each risk."""

    logs: Floats
    known: NDArray[np.bool_]
    target: Floats
    group: NDArray[np.int64]


def lessons(contents: Sequence[Mapping[str, Any]], axis: str) -> Lesson:
    """What issued lists teach about one axis: entries that a machine scored and experts rated."""
    names, logs, known, target, group = NAMES[axis], [], [], [], []
    for g, content in enumerate(contents):
        for entry in (*content["entries"], *content["rejected"]):
            given, said = (entry["record"][axis].get("percentiles") or {}), entry[axis]["experts"]
            if given and said is not None:
                logs.append([np.log(max(float(given[n]), 1e-3)) if n in given else 0.0 for n in names])
                known.append([n in given for n in names])
                target.append(float(said))
                group.append(g)
    k = len(names)
    return Lesson(np.array(logs, dtype=float).reshape(-1, k), np.array(known, dtype=bool).reshape(-1, k), np.array(target), np.array(group, dtype=np.int64))


def pairs_of(lesson: Lesson, gap: float) -> NDArray[np.int64]:
    """[pairs, 2] (higher, lower) of risks of one list that the experts set at least `gap` apart."""
    found = [(i, j) for i in range(len(lesson.target)) for j in range(len(lesson.target)) if lesson.group[i] == lesson.group[j] and lesson.target[i] - lesson.target[j] >= gap]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def log_scores(lesson: Lesson, weights: Floats) -> Floats:
    """[risks] log of the weighted geometric mean over the indicators with data."""
    total = np.maximum((lesson.known * weights).sum(axis=1), 1e-12)
    scores: Floats = (lesson.logs * lesson.known * weights).sum(axis=1) / total
    return scores


def fit(lesson: Lesson, now: Floats, *, gap: float, pull: float) -> Floats:
    """The learned weights [k], positive, sum 1; those in force when there is no pair."""
    from scipy.optimize import minimize

    pairs = pairs_of(lesson, gap)
    if not len(pairs):
        return now
    start = np.log(np.maximum(now, 1e-6))

    def loss(free: Floats) -> float:
        weights = _softmax(free)
        scores = log_scores(lesson, weights)
        margin = STEEP * (scores[pairs[:, 0]] - scores[pairs[:, 1]])
        away = float((weights * (np.log(weights + 1e-12) - np.log(now + 1e-12))).sum())
        return float(np.logaddexp(0.0, -margin).mean() + pull * away / max(1.0, np.sqrt(len(pairs))))

    found: Floats = _softmax(minimize(loss, start, method="L-BFGS-B", options={"maxiter": 300}).x)
    return found


def _softmax(free: Floats) -> Floats:
    raised = np.exp(free - free.max())
    found: Floats = raised / raised.sum()
    return found


def tau(lesson: Lesson, weights: Floats) -> float | None:
    """Mean Kendall τb over the lists between the scores under `weights` and the experts' scores; None without a list of two or more."""
    from scipy.stats import kendalltau

    scores, found = log_scores(lesson, weights), []
    for g in np.unique(lesson.group):
        own = lesson.group == g
        if own.sum() >= 2 and np.ptp(lesson.target[own]) > 0 and np.ptp(scores[own]) > 0:
            found.append(float(kendalltau(scores[own], lesson.target[own]).statistic))
    return float(np.mean(found)) if found else None


def held_out(lesson: Lesson, now: Floats, *, gap: float, pull: float, folds: int) -> tuple[float, float] | None:
    """(share of right pairs under the weights in force, under weights learned without them); whole lists are left out where there are several."""
    several = len(np.unique(lesson.group)) >= 3
    fold = lesson.group % folds if several else np.arange(len(lesson.target)) % folds
    pairs, right = pairs_of(lesson, gap), []
    for f in np.unique(fold):
        train = _only(lesson, fold != f)
        test = pairs[(fold[pairs[:, 0]] == f) & (fold[pairs[:, 1]] == f)] if several else pairs[(fold[pairs[:, 0]] == f) | (fold[pairs[:, 1]] == f)]
        if not len(test) or not len(pairs_of(train, gap)):
            continue
        learned = fit(train, now, gap=gap, pull=pull)
        for a, b in ((log_scores(lesson, now), log_scores(lesson, learned)),):
            right.append([(s[test[:, 0]] > s[test[:, 1]]).mean() for s in (a, b)])
    if not right:
        return None
    mean = np.mean(right, axis=0)
    return float(mean[0]), float(mean[1])


def _only(lesson: Lesson, rows: NDArray[np.bool_]) -> Lesson:
    return Lesson(lesson.logs[rows], lesson.known[rows], lesson.target[rows], lesson.group[rows])


# ---- the proposal and its application --------------------------------------------------------------------------------


def learned(store: Store) -> dict[str, Any]:
    """The weights that were applied: {version, importance: [k], urgency: [k], lists}; empty when none were."""
    kept = store.risks.mark(MARK)
    found: dict[str, Any] = json.loads(kept) if kept else {}
    return found


def weights_now(store: Store, axis: str) -> Floats:
    """The expert weights in force: learned ones that were applied, else AHP."""
    from risk.score import expert_weights

    held = learned(store)
    return np.array(held[axis] if held else expert_weights(axis))


def propose(store: Store) -> dict[str, Any]:
    """What the issued lists would change: by axis {names, now, learned, pairs, tau_now, tau_learned, held_out_now, held_out_learned, gains}.

    Nothing is changed. `gains` says whether pairs that were left out are ordered better; without that it should not be applied.
    """
    from risk.panel_list import issued

    rule = constants()["learning"]
    found = [x for x in store.panels.lists() if issued(x)]
    axes = {axis: _axis(store, axis, [x["content"] for x in found], rule) for axis in NAMES}
    return {"lists": [x["id"] for x in found], "axes": axes, "enough": all(a["pairs"] >= rule["least_pairs"] for a in axes.values()), "applied": learned(store)}


def _axis(store: Store, axis: str, contents: Sequence[Mapping[str, Any]], rule: Mapping[str, Any]) -> dict[str, Any]:
    lesson, now = lessons(contents, axis), weights_now(store, axis)
    pairs = len(pairs_of(lesson, rule["gap"]))
    new = fit(lesson, now, gap=rule["gap"], pull=rule["pull"]) if pairs >= rule["least_pairs"] else now
    out = held_out(lesson, now, gap=rule["gap"], pull=rule["pull"], folds=int(rule["folds"])) if pairs >= rule["least_pairs"] else None
    rounded = {"now": [round(float(w), 4) for w in now], "learned": [round(float(w), 4) for w in new]}
    measured = {"tau_now": _round(tau(lesson, now)), "tau_learned": _round(tau(lesson, new)), "held_out_now": _round(out and out[0]), "held_out_learned": _round(out and out[1])}
    return {"names": list(NAMES[axis]), **rounded, "risks": len(lesson.target), "pairs": pairs, **measured, "gains": bool(out and out[1] > out[0])}


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def apply(store: Store, reader: Reader, note: str) -> dict[str, Any]:
    """Put the proposed weights into force, from the next list on; needs words, enough pairs, and a gain on what was left out. Returns what is in force."""
    reader.require(*KEEPERS)
    found = propose(store)
    if not note.strip():
        raise BadInput("applying weights needs words", note, "say why")
    if not found["enough"]:
        raise BadInput("too few validated pairs to learn from", {a: v["pairs"] for a, v in found["axes"].items()}, f"at least {constants()['learning']['least_pairs']} an axis")
    if not all(v["gains"] for v in found["axes"].values()):
        raise BadInput("the learned weights order what was left out no better", {a: v["held_out_learned"] for a, v in found["axes"].items()}, "validate more lists first")
    weights = {a: v["learned"] for a, v in found["axes"].items()}
    version = "w" + hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()[:8]
    kept = {"version": version, **weights, "lists": found["lists"], "by": reader.user, "note": note.strip()}
    store.risks.set_mark(MARK, json.dumps(kept, ensure_ascii=False))
    store.audit.add(reader.user, "weights.apply", version, {"before": {a: v["now"] for a, v in found["axes"].items()}, **kept})
    return kept


def withdraw(store: Store, reader: Reader) -> None:
    """Go back to the AHP weights of the constants."""
    reader.require(*KEEPERS)
    old = learned(store)
    store.risks.set_mark(MARK, "")
    store.audit.add(reader.user, "weights.withdraw", old.get("version", ""), {"was": old})
