"""Importance and urgency of every risk at a date, with intervals, ranks, levels and what each indicator contributed.

1,000 draws resample story clusters (Poisson bootstrap) and weights (Dirichlet around the combined weights). The seed comes from
the date and the corpus sequence, so that a list can be made again bit by bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk.constants import constants
from risk.evidence import View
from risk.indicators import IMPORTANCE, URGENCY, Context, table
from risk.weights import ahp, critic, mixed, pairwise

Floats = NDArray[np.float64]
AXES = (("importance", IMPORTANCE), ("urgency", URGENCY))
LEVELS = ("red", "orange", "yellow")
CHUNK = 100


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis for all risks: percentiles [risks, indicators] at the point, weights, draws [draws, risks]."""

    names: tuple[str, ...]
    percentiles: Floats
    weights: Floats
    expert: Floats
    objective: Floats
    draws: Floats

    @property
    def point(self) -> Floats:
        """[risks] scores without resampling."""
        found: Floats = aggregate(self.percentiles[None], self.weights[None])[0]
        return found

    def scores(self, weights: Floats) -> Floats:
        """[risks] scores of the point percentiles under other weights."""
        found: Floats = aggregate(self.percentiles[None], weights[None])[0]
        return found

    def contributions(self, risk: int) -> dict[str, float]:
        """w·ln p / Σw of each indicator with data: they sum to the log of the point score."""
        p = self.percentiles[risk]
        known = ~np.isnan(p)
        total = float(self.weights[known].sum())
        return {n: float(w * np.log(v) / total) for n, w, v, k in zip(self.names, self.weights, p, known, strict=True) if k}


@dataclass(frozen=True, slots=True)
class Scores:
    """Result for one view; `order` lists risks by rank; `ranks` [draws, risks] are 1-based."""

    keys: tuple[str, ...]
    importance: Axis
    urgency: Axis
    order: tuple[int, ...]
    ranks: NDArray[np.int64]
    levels: tuple[str, ...]


@cache
def expert_weights(axis: str) -> tuple[float, ...]:
    """The AHP weights of an axis; raises SettingsError when the judgements contradict each other."""
    rule = constants()[axis]
    return tuple(float(w) for w in ahp(pairwise(rule["ahp"]), limit=constants()["ahp_limit"])[0])


def aggregate(percentiles: Floats, weights: Floats) -> Floats:
    """Weighted geometric mean over the indicators with data: [draws, risks, k] × [draws, k] → [draws, risks]; 0.0 without any."""
    known = ~np.isnan(percentiles)
    logs = np.log(np.where(known, np.maximum(percentiles, 1e-6), 1.0))
    total = (known * weights[:, None, :]).sum(axis=2)
    found: Floats = np.exp((logs * weights[:, None, :]).sum(axis=2) / np.maximum(total, 1e-12))
    return np.where(total > 0, found, 0.0)


def score(
    view: View,
    context: Context,
    *,
    seed: int,
    draws: int | None = None,
    share: float | None = None,
    equal: bool = False,
    assumed: Mapping[str, Mapping[str, float]] | None = None,
    learned: Mapping[str, Sequence[float]] | None = None,
) -> Scores:
    """Score all risks of a view. `share` is λ (default from the constants); `draws` 0 gives point scores only; `equal` is the baseline of equal weights.

    `assumed`: risk key → indicator → percentile that takes the place of the computed one, at the point and in every draw (the weights stay).
    `learned`: expert weights by axis that a person put into force (`risk.learn`); AHP without them.
    """
    total = constants()["draws"] if draws is None else draws
    share = constants()["lambda"] if share is None else share
    ones = np.ones((1, len(view.pairs)))
    point = table(view, ones, context) if view.keys else {n: np.zeros((1, 0)) for n in (*IMPORTANCE, *URGENCY)}
    rng = np.random.default_rng(seed)
    mass = np.bincount(view.owner, minlength=len(view.keys)).astype(float) if view.keys else np.zeros(0)
    weights = {axis: _axis_weights(names, point, share, mass, learned[axis] if learned else expert_weights(axis)) for axis, names in AXES}
    if equal:
        weights = {axis: (np.full(len(names), 1 / len(names)), *weights[axis][1:]) for axis, names in AXES}
    given = {(view.keys.index(key), name): value for key, of in (assumed or {}).items() for name, value in of.items()}
    sampled = _resample(view, context, rng, total, weights, given) if view.keys and total else {}
    point = _with(point, given)
    axes = {axis: _axis(axis, names, point, weights[axis], sampled) for axis, names in AXES}
    return _result(view, axes["importance"], axes["urgency"])


def _axis_weights(names: tuple[str, ...], point: dict[str, Floats], share: float, mass: Floats, held: Sequence[float]) -> tuple[Floats, Floats, Floats]:
    values = np.stack([point[n][0] for n in names], axis=1)
    expert, objective = np.array(held), critic(values, mass)
    return mixed(expert, objective, share), expert, objective


def _axis(axis: str, names: tuple[str, ...], point: dict[str, Floats], weights: tuple[Floats, Floats, Floats], sampled: dict[str, Floats]) -> Axis:
    values = np.stack([point[n][0] for n in names], axis=1)
    made = sampled.get(axis)
    return Axis(names, values, *weights, aggregate(values[None], weights[0][None]) if made is None else made)


def _with(drawn: dict[str, Floats], given: Mapping[tuple[int, str], float]) -> dict[str, Floats]:
    for (risk, name), value in given.items():
        drawn[name][:, risk] = value
    return drawn


def _resample(
    view: View, context: Context, rng: np.random.Generator, total: int, weights: dict[str, tuple[Floats, Floats, Floats]], given: Mapping[tuple[int, str], float]
) -> dict[str, Floats]:
    parts: dict[str, list[Floats]] = {axis: [] for axis, _ in AXES}
    for start in range(0, total, CHUNK):
        n = min(CHUNK, total - start)
        counts = rng.poisson(1.0, size=(n, len(view.pairs))).astype(float)
        drawn = _with(table(view, counts, context), given)
        for axis, names in AXES:
            w = rng.dirichlet(constants()["weight_concentration"] * weights[axis][0], size=n)
            parts[axis].append(aggregate(np.stack([drawn[name] for name in names], axis=2), w))
    return {axis: np.concatenate(made) for axis, made in parts.items()}


def rank(importance: Floats, urgency: Floats) -> NDArray[np.int64]:
    """[draws, risks] 1-based ranks: by Pareto front, then by I·U, then by position. Where U is 0 nothing is known of it: these come last, by I."""
    draws, n = importance.shape
    fronts = np.zeros((draws, n), dtype=np.int64)
    for d0 in range(0, draws, 50):
        i, u = importance[d0 : d0 + 50], urgency[d0 : d0 + 50]
        better = (i[:, :, None] >= i[:, None, :]) & (u[:, :, None] >= u[:, None, :]) & ((i[:, :, None] > i[:, None, :]) | (u[:, :, None] > u[:, None, :]))
        left, front = np.ones(i.shape, dtype=bool), 0
        while left.any():
            free = left & ~(better & left[:, :, None]).any(axis=1)
            fronts[d0 : d0 + 50][free] = front
            left &= ~free
            front += 1
    unknown = urgency == 0
    product = np.where(unknown, importance, importance * urgency)
    order = np.lexsort((np.broadcast_to(np.arange(n), (draws, n)), -product, np.where(unknown, n, fronts)), axis=1)
    ranks = np.empty((draws, n), dtype=np.int64)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(1, n + 1), (draws, n)), axis=1)
    return ranks


def _result(view: View, importance: Axis, urgency: Axis) -> Scores:
    if not view.keys:
        return Scores((), importance, urgency, (), np.zeros((1, 0), dtype=np.int64), ())
    middle = rank(importance.draws.mean(axis=0)[None], urgency.draws.mean(axis=0)[None])[0]
    order = tuple(int(i) for i in np.argsort(middle, kind="stable"))
    levels = tuple(level_of(importance.draws[:, r], urgency.draws[:, r]) for r in range(len(view.keys)))
    return Scores(view.keys, importance, urgency, order, rank(importance.draws, urgency.draws), levels)


def level_of(importance: Floats, urgency: Floats, thresholds: dict[str, Any] | None = None) -> str:
    """red | orange | yellow | blue: the highest level whose joint exceedance has the probability asked for."""
    rules = thresholds or constants()["levels"]
    for level in LEVELS:
        if float(((importance > rules[level]["importance"]) & (urgency > rules[level]["urgency"])).mean()) >= rules["probability"]:
            return level
    return "blue"


def interval(draws: Floats) -> dict[str, float]:
    """{mean, low, high} of draws: mean and the central interval, which always holds the mean."""
    tail = (1 - constants()["interval"]) / 2
    low, high = (float(q) for q in np.quantile(draws, [tail, 1 - tail]))
    mean = float(draws.mean())
    return {"mean": round(mean, 6), "low": round(min(low, mean), 6), "high": round(max(high, mean), 6)}
