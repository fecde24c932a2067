"""Consensus statistics of expert rounds: pure functions over plain lists of scores.

Scores are on a scale 1..5 unless said otherwise. Sources: Kendall & Babington Smith (1939) for W, with the tie
correction of Siegel & Castellan (1988); Lawshe (1975) for CVR with the critical values recomputed exactly by
Ayre & Scally (2014); Bradley & Terry (1952) by the MM algorithm of Hunter (2004).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

FULL_SCORE = 5.0


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """Of one item: n scores, mean, SD (n−1), CV = SD/mean, IQR, share of full scores 0..1, median."""

    n: int
    mean: float
    sd: float
    cv: float
    iqr: float
    full_score: float
    median: float


def describe(scores: Sequence[float]) -> ItemStatistics:
    """Statistics of one item's scores; with fewer than two scores SD and CV are 0. Quartiles by linear interpolation."""
    if not scores:
        return ItemStatistics(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    values = np.asarray(scores, dtype=float)
    mean = float(values.mean())
    sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    low, middle, high = (float(q) for q in np.percentile(values, [25, 50, 75]))
    return ItemStatistics(len(values), mean, sd, sd / mean if mean else 0.0, high - low, float((values >= FULL_SCORE).mean()), middle)


@dataclass(frozen=True, slots=True)
class Concordance:
    """Kendall's W in 0..1 with its chi-square, degrees of freedom and p (None when not defined: m < 2 or n < 2)."""

    w: float | None
    chi2: float | None
    df: int
    p: float | None


def kendall_w(scores: Sequence[Sequence[float]]) -> Concordance:
    """Agreement of m raters (rows) over n items (columns), corrected for ties.

    W = (12 S) / (m² (n³ − n) − m Σ T_j), S the squared deviations of the rank sums, T_j = Σ (t³ − t) over the ties of
    rater j; χ² = m (n − 1) W with n − 1 degrees of freedom. All raters tying every item leaves W undefined.
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 2:
        return Concordance(None, None, max(0, (table.shape[1] if table.ndim == 2 else 0) - 1), None)
    from scipy.stats import chi2 as chi_square
    from scipy.stats import rankdata

    m, n = table.shape
    ranks = np.vstack([rankdata(row) for row in table])
    sums = ranks.sum(axis=0)
    s = float(((sums - sums.mean()) ** 2).sum())
    ties = sum(float((counts**3 - counts).sum()) for counts in (np.unique(row, return_counts=True)[1].astype(float) for row in table))
    denominator = m**2 * (n**3 - n) - m * ties
    if denominator <= 0:
        return Concordance(None, None, n - 1, None)
    w = 12 * s / denominator
    statistic = m * (n - 1) * w
    return Concordance(float(w), float(statistic), n - 1, float(chi_square.sf(statistic, n - 1)))


def cvr(essential: int, n: int) -> float:
    """Lawshe's content validity ratio (n_e − N/2) / (N/2) in −1..1 for `essential` of `n` experts."""
    return (essential - n / 2) / (n / 2) if n else 0.0


def cvr_minimum(n: int, alpha: float = 0.05) -> float:
    """The smallest CVR that is significant at one-sided `alpha` for n experts: exact binomial(n, ½), Ayre & Scally (2014)."""
    from scipy.stats import binom

    if n < 1:
        return 1.0
    for needed in range(n + 1):
        if binom.sf(needed - 1, n, 0.5) <= alpha:
            return cvr(needed, n)
    return 1.0


@dataclass(frozen=True, slots=True)
class StopRule:
    """Declared and frozen before round 1 (see `reached`)."""

    within_one: float = 0.75
    iqr: float = 1.0
    cv: float = 0.25
    shift: float = 0.5
    rounds: int = 3


def share_within_one(scores: Sequence[float]) -> float:
    """Share of scores at most one from the median, 0..1."""
    if not scores:
        return 0.0
    middle = float(np.median(scores))
    return sum(abs(s - middle) <= 1 for s in scores) / len(scores)


def item_reached(scores: Sequence[float], before: Sequence[float] | None, rule: StopRule) -> bool:
    """Consensus on one item: enough within ±1 of the median, IQR and CV small, and the mean stable between rounds.

    In the first round there is no earlier mean, and stability is not yet shown: never reached.
    """
    if not scores or not before:
        return False
    now = describe(scores)
    stable = abs(now.mean - describe(before).mean) <= rule.shift
    return share_within_one(scores) >= rule.within_one and now.iqr <= rule.iqr and now.cv < rule.cv and stable


def two_peaked(scores: Sequence[float]) -> bool:
    """Lasting disagreement: at least a third at ≤ 2 and at least a third at ≥ 4 (分歧项)."""
    n = len(scores)
    low, high = sum(s <= 2 for s in scores), sum(s >= 4 for s in scores)
    return n >= 4 and low * 3 >= n and high * 3 >= n


def bradley_terry(wins: Mapping[tuple[str, str], float], *, prior: float = 0.5, steps: int = 500, tolerance: float = 1e-10) -> dict[str, float]:
    """Strengths that sum to 1 from wins[(winner, loser)] counts; `prior` virtual ties a compared pair keep it finite."""
    items = sorted({i for pair in wins for i in pair})
    if not items:
        return {}
    index = {item: k for k, item in enumerate(items)}
    won = np.zeros((len(items), len(items)))
    for (winner, loser), count in wins.items():
        won[index[winner], index[loser]] += count
    met = (won + won.T) > 0
    won = won + prior * met
    games = won + won.T
    strength = np.full(len(items), 1 / len(items))
    for _ in range(steps):
        fresh = won.sum(axis=1) / (games / (strength[:, None] + strength[None, :])).sum(axis=1)
        fresh /= fresh.sum()
        if float(np.abs(fresh - strength).max()) < tolerance:
            break
        strength = fresh
    return {item: float(fresh[index[item]]) for item in items}


def authority(ca: float, cs: float) -> float:
    """Cr = (Ca + Cs) / 2 with its effect capped to 0.5..1; Ca, Cs in 0..1. Raises ValueError outside."""
    if not (0 <= ca <= 1 and 0 <= cs <= 1) or math.isnan(ca + cs):
        raise ValueError(f"Ca and Cs must lie in 0..1, got {ca} and {cs}")
    return min(1.0, max(0.5, (ca + cs) / 2))
