"""Statistics of expert validation: published examples, scipy, properties; how votes become a decision; what can be learned from lists."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from corpus.errors import BadInput
from risk import learn
from risk.consensus import bradley_terry, cvr_minimum, describe, kendall_w
from risk.decisions import decide
from risk.learn import Lesson, fit, log_scores
from risk.panel_form import parse, split_parts

spec = spec_from_file_location("risk_home", Path(__file__).with_name("risk_home.py"))
assert spec and spec.loader
risk_home = module_from_spec(spec)
spec.loader.exec_module(risk_home)
form = risk_home.form


# ---- published examples ----------------------------------------------------------------------------------------------


def test_bradley_terry_is_agrestis_baseball_table() -> None:
    """Agresti, Categorical Data Analysis: American League East 1987, thirteen games a pair; log strengths against Baltimore."""
    names = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
    won = [[0, 7, 9, 7, 7, 9, 11], [6, 0, 7, 5, 11, 9, 9], [4, 6, 0, 7, 7, 8, 12], [6, 8, 6, 0, 6, 7, 10], [6, 2, 6, 7, 0, 7, 12], [4, 4, 5, 6, 6, 0, 6], [2, 4, 1, 3, 1, 7, 0]]
    strength = bradley_terry({(a, b): won[i][j] for i, a in enumerate(names) for j, b in enumerate(names) if i != j}, prior=0.0, steps=5000)
    logs = [np.log(strength[n] / strength["Baltimore"]) for n in names]
    assert logs == pytest.approx([1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0.0], abs=0.01)


@rules(deadline=None)
@given(st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=3, max_size=9))
def test_w_with_ties_is_friedmans_statistic(table: list[list[int]]) -> None:
    import warnings

    from scipy.stats import friedmanchisquare

    found = kendall_w(table)
    if found.w is None:
        return
    assert -1e-9 <= found.w <= 1 + 1e-9
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = friedmanchisquare(*np.array(table).T)
    assert found.chi2 == pytest.approx(reference.statistic, abs=1e-9) and found.p == pytest.approx(reference.pvalue, abs=1e-9)


@rules(deadline=None)
@given(st.lists(st.integers(1, 5).map(float), min_size=2, max_size=30))
def test_item_statistics_are_scipys(scores: list[float]) -> None:
    from scipy.stats import iqr, variation

    found = describe(scores)
    assert found.iqr == pytest.approx(iqr(scores)) and found.cv == pytest.approx(variation(scores, ddof=1))


@rules(deadline=None)
@given(st.integers(5, 40))
def test_lawshes_minimum_is_the_smallest_significant(n: int) -> None:
    from scipy.stats import binomtest

    needed = round((cvr_minimum(n) + 1) * n / 2)
    assert binomtest(needed, n, 0.5, alternative="greater").pvalue <= 0.05 < binomtest(needed - 1, n, 0.5, alternative="greater").pvalue


# ---- decisions -------------------------------------------------------------------------------------------------------


def test_a_change_needs_a_majority_and_takes_the_wording_most_voted() -> None:
    edit = form(verdict="edit", detail="新表述一")
    assert decide([edit, edit, form()])["verdict"] == "edit" and decide([edit, form()])["verdict"] == "accept"
    assert decide([edit, edit, form(verdict="edit", detail="另一种")])["detail"] == "新表述一"
    assert decide([form(verdict="reject", reason="与本省无关"), form(verdict="reject", reason="证据不足", confidence=5), form(confidence=1)])["verdict"] == "reject"
    assert decide([{"verdict": "abstain", "reason": "利益关系"}]) == {"verdict": "accept", "detail": "", "share": 0.0, "votes": {}, "reasons": []}


@rules(deadline=None)
@given(st.lists(st.sampled_from(["accept", "edit", "reject", "abstain"]), max_size=9))
def test_the_order_of_the_votes_does_not_matter(verdicts: list[str]) -> None:
    more: dict[str, dict[str, str]] = {"edit": {"detail": "新"}, "reject": {"reason": "无关"}, "abstain": {"reason": "利益"}}
    forms = [form(verdict=v, **more.get(v, {})) for v in verdicts]
    assert decide(forms) == decide(forms[::-1])


def test_a_split_is_written_as_names_and_types() -> None:
    assert split_parts("起火：起火爆炸、安全事故；断供：断供") == {"起火": ["起火爆炸", "安全事故"], "断供": ["断供"]}
    for bad in ("", "只有名称", "：类型", "名："):
        with pytest.raises(BadInput):
            split_parts(bad)


@pytest.mark.parametrize("bad", [{"verdict": 3}, {"reason": ["x"]}, {"basis": "large"}, {"reason": "长" * 2001}, {"verdict": "edit", "detail": "长" * 81}, {"verdict": "propose"}, {"include": ["should"]}])
def test_a_form_of_the_wrong_kind_is_named(bad: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        parse(form(**bad))


# ---- learning --------------------------------------------------------------------------------------------------------


def lesson(weights: list[float], seed: int, risks: int = 16, groups: int = 4, noise: float = 0.0) -> Lesson:
    rng = np.random.default_rng(seed)
    logs = np.log(rng.uniform(0.05, 1, (risks * groups, len(weights))))
    known = np.ones_like(logs, dtype=bool)
    target = 1 / (1 + np.exp(-(logs @ np.array(weights) * 3 + 2 + rng.normal(0, noise, len(logs)))))
    return Lesson(logs, known, target, np.repeat(np.arange(groups), risks))


@pytest.mark.parametrize("seed", range(3))
def test_weights_that_the_experts_use_are_found(seed: int) -> None:
    truth = [0.55, 0.25, 0.1, 0.1]
    now = np.full(4, 0.25)
    found = fit(lesson(truth, seed), now, gap=0.05, pull=1.0)
    assert found.sum() == pytest.approx(1) and (found > 0).all()
    assert np.abs(found - truth).sum() < 0.5 * np.abs(now - truth).sum()


def test_nothing_is_learned_from_nothing_or_from_noise() -> None:
    now = np.array([0.4, 0.3, 0.2, 0.1])
    assert (fit(lesson([1, 0, 0, 0], 0, risks=1, groups=1), now, gap=0.05, pull=4.0) == now).all()
    rng = np.random.default_rng(5)
    noise = lesson([0.25] * 4, 5)
    shuffled = Lesson(noise.logs, noise.known, rng.permutation(noise.target), noise.group)
    out = learn.held_out(shuffled, now, gap=0.1, pull=4.0, folds=4)
    assert out is not None and out[1] < 0.62  # what was left out is ordered no better than by chance, and the proposal says so
    assert np.abs(log_scores(noise, now) - log_scores(noise, now)).max() == 0
