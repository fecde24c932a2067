"""The indicators of importance and urgency at a date, for the stories as they are or as resampled.

`table(view, weights, context)` takes weights [draws, pairs] (how often each story was drawn) and returns for each indicator
its percentile (rank − 0.5)/n, [draws, risks], NaN where an indicator has no data. Ranks are taken over the stories, each with
the value of its risk: most risks are known from one story, and ranked over risks a percentile would tell those apart and put
everything that matters between 0.9 and 1. Indicators that depend on the volume of a source are ranked within each kind of
source and then averaged over the kinds that a risk is known from. What is estimated from few documents is drawn to the middle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk.constants import constants
from risk.evidence import View
from risk.series import burst, momentum, pooled, slope

Floats = NDArray[np.float64]
IMPORTANCE: tuple[str, ...] = tuple(constants()["importance"]["indicators"])
URGENCY: tuple[str, ...] = tuple(constants()["urgency"]["indicators"])
TRENDS = ("growth", "momentum")
LEAST_MASS = 0.5
"""Stories that every risk counts for at least, so that one that was not drawn does not fall to zero."""


@dataclass(frozen=True, slots=True)
class Context:
    """What other rooms know about risks, by risk key; an empty mapping means that there are no such data at all."""

    policy: Mapping[str, float] = field(default_factory=dict)
    exposure: Mapping[str, float] = field(default_factory=dict)
    dependence: Mapping[str, float] = field(default_factory=dict)
    province: Mapping[str, float] = field(default_factory=dict)


def percentile(values: Floats, mass: Floats | None = None) -> Floats:
    """(rank − 0.5)/n along the last axis with ties averaged; NaN stays NaN (the same columns in every row).

    `mass` [draws, risks] > 0: how many stories stand behind each value; without it each value counts once.
    """
    found = np.full(values.shape, np.nan)
    known = ~np.isnan(values).any(axis=0)
    if known.any():
        of = np.ones(values.shape) if mass is None else mass
        found[:, known] = _middle(np.round(values[:, known], 9), of[:, known])
    return found


def _middle(values: Floats, mass: Floats) -> Floats:
    """Share of the mass below each value plus half of the mass at it, row by row."""
    order = np.argsort(values, axis=1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=1)
    upto = np.cumsum(np.take_along_axis(mass, order, axis=1), axis=1)
    total, fresh = upto[:, -1:], np.ones(values.shape, dtype=bool)
    fresh[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    before = np.concatenate([np.zeros((len(values), 1)), upto[:, :-1]], axis=1)
    start = np.maximum.accumulate(np.where(fresh, before, 0.0), axis=1)
    last = np.concatenate([fresh[:, 1:], np.ones((len(values), 1), dtype=bool)], axis=1)
    end = np.minimum.accumulate(np.where(last, upto, np.inf)[:, ::-1], axis=1)[:, ::-1]
    found = np.empty(values.shape)
    np.put_along_axis(found, order, (start + end) / 2 / total, axis=1)
    return found


def table(view: View, weights: Floats, context: Context) -> dict[str, Floats]:
    """Percentiles [draws, risks] of all indicators."""
    paces = [_Pace(view, weights, pace) for pace in _paces(view)]
    shape = len(weights), len(view.keys)
    mass = _by_risk(view, weights) + LEAST_MASS
    found: dict[str, Floats] = {"severity": percentile(_severity(view, weights), mass), "breadth": percentile(_breadth(view, weights), mass)}
    for name in ("likelihood", "burst", "growth", "momentum", "recency", "frequency"):
        found[name] = _over_kinds([(p.share, p.percentiles(name)) for p in paces], shape)
    found["heat"] = _over_kinds([(p.share, p.percentiles("heat")) for p in paces if p.kind in ("opinion", "news")], shape)
    found["weak_signal"] = _weak(found.pop("frequency"), found["growth"], mass)
    found["time_to_impact"] = percentile(_impact(view, weights), mass)
    found["deadline"] = percentile(_deadline(view, weights), mass)
    for name, column in (("centrality", _centrality(view)), *_given(view, context)):
        found[name] = percentile(np.repeat(column[None, :], len(weights), axis=0), mass)
    return found


def _weak(frequency: Floats, growth: Floats, mass: Floats) -> Floats:
    """Yoon's quadrant of weak signals (2012): low mean frequency and high growth. Outside it the middle: to be loud is no relief."""
    strength = percentile(np.sqrt((1 - frequency) * growth), mass)
    inside = (frequency < 0.5) & (growth > 0.5) & (strength > 0.5)
    return np.where(np.isnan(strength), np.nan, np.where(inside, strength, 0.5))


def _given(view: View, context: Context) -> list[tuple[str, Floats]]:
    sources = (("policy", context.policy), ("exposure", context.exposure), ("dependence", context.dependence), ("province", context.province))
    return [(name, np.array([known.get(k, np.nan) for k in view.keys], dtype=float)) for name, known in sources]


def _by_risk(view: View, values: Floats) -> Floats:
    """[draws, pairs] summed over the pairs of each risk: [draws, risks]."""
    summed: Floats = np.add.reduceat(values, view.starts, axis=1) if len(view.pairs) else np.zeros((len(values), 0))
    return summed


def _highest(view: View, values: Floats) -> Floats:
    found: Floats = np.maximum.reduceat(values, view.starts, axis=1)
    return found


def _mean(view: View, weights: Floats, column: Floats) -> Floats:
    total = _by_risk(view, weights)
    found: Floats = _by_risk(view, weights * column) / np.maximum(total, 1e-12)
    return np.where(total > 0, found, 0.0)


def _severity(view: View, weights: Floats) -> Floats:
    """Half the highest, half the mean of the anchored severities (1..5), drawn to the mean of all stories by `prior` stories.

    One story of a death does not yet make a deadly technology; the prior alone stands in a draw without any story.
    """
    prior = float(constants()["severity"]["prior"])
    highest = np.array([p.severity_max for p in view.pairs])
    mean = np.array([p.severity_mean for p in view.pairs])
    own = 0.5 * _highest(view, (weights > 0) * highest) + 0.5 * _mean(view, weights, mean)
    count = _by_risk(view, weights)
    found: Floats = (count * own + prior * 0.5 * (highest.mean() + mean.mean())) / (count + prior)
    return found


def _breadth(view: View, weights: Floats) -> Floats:
    """Entropy of the regions that the stories name, over ln of the number of regions named anywhere; NaN when none is named."""
    names = sorted({place for p in view.pairs for place in p.places})
    number = {n: i for i, n in enumerate(names)}
    found = np.full((len(weights), len(view.keys)), np.nan)
    scale = np.log(max(2, len(names)))
    for r in range(len(view.keys)):
        start, mine = int(view.starts[r]), view.of(r)
        here = sorted({number[x] for p in mine for x in p.places})
        if not here:
            continue
        column = {n: i for i, n in enumerate(here)}
        counts = np.zeros((len(mine), len(here)))
        for i, p in enumerate(mine):
            for place in p.places:
                counts[i, column[number[place]]] += 1
        seen = weights[:, start : start + len(mine)] @ counts
        share = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1e-12)
        found[:, r] = -(share * np.log(np.maximum(share, 1e-12))).sum(axis=1) / scale
    return found


def _impact(view: View, weights: Floats) -> Floats:
    """exp(−years/scale) of the mean stage of the dated stories; NaN for risks without one: an old text tells no present stage."""
    years, timed = np.array([p.years for p in view.pairs]), np.array([p.timed for p in view.pairs], dtype=float)
    found: Floats = np.exp(-_mean(view, weights * timed, years) / constants()["time_to_impact"]["scale"])
    return np.where(view.timed[None, :], found, np.nan)


def _deadline(view: View, weights: Floats) -> Floats:
    """exp(−days/30) of the nearest deadline named; NaN for risks without one."""
    scale = constants()["deadline"]["scale_days"]
    near = np.array([np.exp(-(p.deadline - view.day) / scale) if p.deadline >= 0 else 0.0 for p in view.pairs])
    has = np.array([any(p.deadline >= 0 for p in view.of(r)) for r in range(len(view.keys))])
    found: Floats = _highest(view, (weights > 0) * near)
    return np.where(has[None, :], found, np.nan)


def _centrality(view: View, damping: float = 0.85) -> Floats:
    """PageRank (Brin & Page 1998) of the object in the graph of causes; NaN for objects outside it."""
    nodes = sorted({name for link in view.links for name in link})
    if not nodes:
        return np.full(len(view.keys), np.nan)
    number = {n: i for i, n in enumerate(nodes)}
    flow = np.zeros((len(nodes), len(nodes)))
    for (source, target), count in sorted(view.links.items()):
        flow[number[target], number[source]] += count
        flow[number[source], number[target]] += 0.5 * count
    flow /= np.maximum(flow.sum(axis=0, keepdims=True), 1e-12)
    rank = np.full(len(nodes), 1 / len(nodes))
    for _ in range(100):
        rank = (1 - damping) / len(nodes) + damping * (flow @ rank)
    value = dict(zip(nodes, rank, strict=True))
    return np.array([value.get(k.partition("|")[0], np.nan) for k in view.keys])


def _over_kinds(parts: list[tuple[Floats, Floats]], shape: tuple[int, int]) -> Floats:
    """Σ share · percentile over kinds, shares renormalised over the kinds where the risk has a value."""
    total, weight = np.zeros(shape), np.zeros(shape)
    for share, value in parts:
        known = ~np.isnan(value)
        total += np.where(known, share[None, :] * np.nan_to_num(value), 0.0)
        weight += np.where(known, share[None, :], 0.0)
    found: Floats = np.where(weight > 0, total / np.maximum(weight, 1e-12), np.nan)
    return found


def _paces(view: View) -> list[str]:
    return sorted({p.kind for p in view.pairs if p.timed})


class _Pace:
    """The series of one kind of source: counts [draws, risks, bins] of documents by date."""

    def __init__(self, view: View, weights: Floats, kind: str) -> None:
        settings = constants()["series"]
        self.view, self.weights, self.kind = view, weights, kind
        self.rule: dict[str, Any] = settings["fast"] if kind in settings["fast"]["kinds"] else settings["slow"]
        self.mine = np.array([p.kind == kind and p.timed for p in view.pairs])
        risks = len(view.keys)
        owner = view.owner
        here = np.bincount(owner[self.mine], minlength=risks).astype(float)
        self.present = here > 0
        self.share: Floats = here / np.maximum(np.bincount(owner, minlength=risks), 1)
        self.counts = self._count(risks)
        self.mass = _by_risk(view, weights * self.mine) + LEAST_MASS

    def _count(self, risks: int) -> Floats:
        bins, width = self.rule["bins"], self.rule["width"]
        per_pair = np.zeros((len(self.view.pairs), bins))
        for i, p in enumerate(self.view.pairs):
            if self.mine[i]:
                for d in p.days:
                    b = bins - 1 - (self.view.day - d) // width
                    if 0 <= b < bins:
                        per_pair[i, b] += 1
        found = np.zeros((len(self.weights), risks, bins))
        for r in np.flatnonzero(self.present).tolist():
            start = int(self.view.starts[r])
            end = start + len(self.view.of(r))
            found[:, r] = self.weights[:, start:end] @ per_pair[start:end]
        return found

    def percentiles(self, name: str) -> Floats:
        """Percentiles of one measure among the stories of this kind; trends drawn to the middle by n/(n + k), n documents."""
        found = percentile(self.measure(name), self.mass)
        if name not in TRENDS:
            return found
        n = self.counts.sum(axis=-1)
        steadied: Floats = 0.5 + (found - 0.5) * n / (n + constants()["series"]["reliable"])
        return steadied

    def measure(self, name: str) -> Floats:
        """[draws, risks] of one measure; NaN for risks that this kind does not know."""
        value: Floats = getattr(self, "_" + name)()
        return np.where(self.present[None, :], value, np.nan)

    def _burst(self) -> Floats:
        rule = constants()["burst"]
        return burst(self.counts, s=rule["s"], gamma=rule["gamma"], decay=rule["decay_days"] / self.rule["width"])

    def _growth(self) -> Floats:
        return slope(pooled(self.counts, self.rule["pool"]))

    def _momentum(self) -> Floats:
        return momentum(self.counts, short=self.rule["short"], long=self.rule["long"], floor=self.rule["floor"])

    def _frequency(self) -> Floats:
        found: Floats = self.counts.mean(axis=-1)
        return found

    def _likelihood(self) -> Floats:
        """Posterior mean of Beta(α + active periods, β + quiet ones)."""
        rule = constants()["likelihood"]
        periods = pooled(self.counts, self.rule["period"])
        active = (periods > 0).sum(axis=-1)
        found: Floats = (active + rule["alpha"]) / (periods.shape[-1] + rule["alpha"] + rule["beta"])
        return found

    def _recency(self) -> Floats:
        """Σ over stories of 2^(−age of the latest report / half-life of the kind): how much is still fresh."""
        half = constants()["half_life"].get(self.kind, 90)
        fresh = np.array([0.5 ** (max(0, self.view.day - p.last) / half) if m else 0.0 for p, m in zip(self.view.pairs, self.mine, strict=True)])
        return _by_risk(self.view, self.weights * fresh)

    def _heat(self) -> Floats:
        """Engagement times the share of the supporting among all that was said."""
        heat = np.array([p.heat if m else 0.0 for p, m in zip(self.view.pairs, self.mine, strict=True)])
        said = np.array([len(self.view.of(r)) / (len(self.view.of(r)) + len(self.view.opposing[r])) for r in range(len(self.view.keys))])
        found: Floats = _by_risk(self.view, self.weights * heat) * said[None, :]
        return found
