from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import metrics

ids = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=10)


def test_known_values() -> None:
    run, gold = ["x", "a", "y", "b"], frozenset({"a", "b", "c"})
    assert metrics.recall(run, gold, 1) == 0
    assert metrics.recall(run, gold, 10) == pytest.approx(2 / 3)
    assert metrics.reciprocal_rank(run, gold) == 0.5
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert metrics.ndcg(run, gold) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


@given(ids, st.frozensets(st.sampled_from("abcdefghij"), min_size=1))
def test_bounds(run: list[str], gold: frozenset[str]) -> None:
    values = metrics.measures(run, gold)
    assert all(0 <= value <= 1 + 1e-12 for value in values.values())
    assert values["recall@1"] <= values["recall@10"] <= values["recall@100"]


@given(st.frozensets(st.sampled_from("abcdefghij"), min_size=1, max_size=10))
def test_perfect_run_scores_one(gold: frozenset[str]) -> None:
    assert metrics.ndcg(sorted(gold), gold) == pytest.approx(1)
    assert metrics.recall(sorted(gold), gold, 10) == 1


def test_missing_query_counts_zero() -> None:
    found = metrics.table({"1": ["a"]}, {"1": frozenset("a"), "2": frozenset("b")})
    assert found["recall@1"].tolist() == [1.0, 0.0]


def test_intervals_hold_the_mean_and_pairing_is_checked() -> None:
    values = np.random.default_rng(1).random(200)
    mean, low, high = metrics.bootstrap(values)
    assert low < mean < high
    assert metrics.paired(values, values) == (0, 0, 0)
    with pytest.raises(ValueError, match="length"):
        metrics.paired(values, values[:-1])


def test_percentiles() -> None:
    assert metrics.percentiles([1.0, 2.0, 3.0])["p50"] == 2
    assert math.isnan(metrics.percentiles([])["p95"])
