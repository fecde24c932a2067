"""Pure measures of a ranking against judgements, and intervals for their means.

run: ordered ids, best first, without repeats. relevant: the ids that are right (binary judgements).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def recall(run: Sequence[str], relevant: frozenset[str] | set[str], k: int) -> float:
    """Share of the relevant ids among the first k, 0..1 (0 when nothing is relevant)."""
    return len(relevant.intersection(run[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(run: Sequence[str], relevant: frozenset[str] | set[str], k: int = 10) -> float:
    """1/rank of the first relevant id within k, else 0."""
    return next((1.0 / rank for rank, key in enumerate(run[:k], 1) if key in relevant), 0.0)


def ndcg(run: Sequence[str], relevant: frozenset[str] | set[str], k: int = 10) -> float:
    """Normalised discounted cumulative gain with gains 0/1 and log2 discount (Järvelin & Kekäläinen 2002), 0..1."""
    if not relevant:
        return 0.0
    gained = sum(1.0 / math.log2(rank + 1) for rank, key in enumerate(run[:k], 1) if key in relevant)
    ideal = sum(1.0 / math.log2(rank + 1) for rank in range(1, min(k, len(relevant)) + 1))
    return gained / ideal


def measures(run: Sequence[str], relevant: frozenset[str] | set[str]) -> dict[str, float]:
    """The measures that every table shows, by name."""
    return {
        "recall@1": recall(run, relevant, 1),
        "recall@10": recall(run, relevant, 10),
        "recall@100": recall(run, relevant, 100),
        "mrr@10": reciprocal_rank(run, relevant),
        "ndcg@10": ndcg(run, relevant),
    }


def table(runs: Mapping[str, Sequence[str]], qrels: Mapping[str, frozenset[str]]) -> dict[str, Values]:
    """Per-query values of each measure over the queries of `qrels` in sorted order; a query without a run counts 0."""
    rows = [measures(runs.get(query, ()), qrels[query]) for query in sorted(qrels)]
    return {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else measures((), frozenset()))}


def bootstrap(values: Values, *, rounds: int = 2000, level: float = 0.95, seed: int = 20260101) -> tuple[float, float, float]:
    """Mean and percentile interval of per-query values (Efron & Tibshirani 1993, ch. 13); NaN when there are none."""
    if not len(values):
        return math.nan, math.nan, math.nan
    draws = np.random.default_rng(seed).integers(0, len(values), size=(rounds, len(values)))
    low, high = np.quantile(values[draws].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(values.mean()), float(low), float(high)


def paired(ours: Values, theirs: Values, *, rounds: int = 2000, level: float = 0.95, seed: int = 20260101) -> tuple[float, float, float]:
    """Mean difference ours − theirs over the same queries with its paired bootstrap interval; raises ValueError on unequal length."""
    if len(ours) != len(theirs):
        raise ValueError(f"paired values differ in length: {len(ours)} and {len(theirs)}")
    return bootstrap(ours - theirs, rounds=rounds, level=level, seed=seed)


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 of latencies in milliseconds (NaN when there are none)."""
    if not milliseconds:
        return {"p50": math.nan, "p95": math.nan, "p99": math.nan}
    found = np.quantile(np.array(milliseconds), [0.5, 0.95, 0.99])
    return {name: float(value) for name, value in zip(("p50", "p95", "p99"), found, strict=True)}
