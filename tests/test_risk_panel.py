"""Expert validation: statistics against worked examples, properties, and the flow of a whole panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.access import Reader
from corpus.errors import BadInput, NotPermitted, StoreError
from corpus.store import Store
from risk.belief import Vote, prior, update
from risk.consensus import authority, bradley_terry, cvr, cvr_minimum, describe, kendall_w, two_peaked
from risk.panel import beliefs, close_round, invite, nominate, open_panel, rate, sheet, start_round
from risk.panel_form import Form, form_authority, parse
from risk.panel_list import conclude, disagreements, issued, sign
from risk.panel_report import consultation_report

OFFICIAL = Reader("o", "official", 3)
CHIEF = Reader("c", "official", 3)
BOSS = Reader("b", "admin", 3)


def expert(n: int) -> Reader:
    return Reader(f"e{n}", "expert", 2)


def risk(n: int, importance: float = 0.5) -> dict[str, Any]:
    score = {"mean": importance, "low": 0.0, "high": 1.0}
    return {
        "id": f"r{n}",
        "statement": f"风险{n}",
        "field": "新型储能",
        "importance": score,
        "urgency": score,
        "level": "blue",
        "key": f"电池|安全事故{n}",
        "signals": [],
    }


def form(**values: Any) -> dict[str, Any]:
    scores = dict.fromkeys(("importance", "urgency", "likelihood", "province_impact", "controllability", "confidence"), 3)
    return {"include": "should", "expected": "now", **scores, **values}


# ---- statistics --------------------------------------------------------------------------------------------------


def test_kendall_w_of_a_worked_example() -> None:
    # Siegel & Castellan (1988), three raters and six applicants: W = 0.16
    table = [[1, 6, 3, 2, 5, 4], [1, 5, 6, 4, 2, 3], [6, 3, 2, 5, 4, 1]]
    result = kendall_w(table)
    sums = np.sum(table, axis=0)
    assert result.w == pytest.approx(12 * ((sums - sums.mean()) ** 2).sum() / (9 * (216 - 6)))
    assert result.w == pytest.approx(0.1619, abs=1e-4) and result.df == 5


def test_kendall_w_with_ties_agrees_with_friedman() -> None:
    from scipy.stats import friedmanchisquare

    table = [[1, 2, 2, 4], [2, 2, 3, 5], [1, 3, 3, 5], [2, 1, 4, 4]]
    reference = friedmanchisquare(*np.array(table).T)
    result = kendall_w(table)
    assert result.chi2 == pytest.approx(reference.statistic) and result.p == pytest.approx(reference.pvalue)


@given(st.permutations(list(range(5))), st.integers(2, 6))
def test_identical_raters_agree_wholly(order: list[int], m: int) -> None:
    assert kendall_w([order] * m).w == pytest.approx(1.0)


def test_kendall_w_is_undefined_when_everything_ties() -> None:
    assert kendall_w([[3, 3], [3, 3]]).w is None and kendall_w([[1, 2]]).w is None


@pytest.mark.parametrize(("n", "minimum"), [(5, 1.0), (8, 0.75), (10, 0.8), (15, 0.6), (20, 0.5), (40, 0.3)])
def test_cvr_minimum_is_the_published_exact_table(n: int, minimum: float) -> None:
    assert cvr_minimum(n) == pytest.approx(minimum, abs=0.005)


def test_cvr_and_description() -> None:
    assert cvr(9, 10) == pytest.approx(0.8) and cvr(0, 4) == -1
    d = describe([5, 5, 4, 2])
    assert (d.n, d.mean, d.full_score, d.iqr) == (4, 4.0, 0.5, 1.5) and d.sd == pytest.approx(np.std([5, 5, 4, 2], ddof=1))


def test_two_peaks_are_seen() -> None:
    assert two_peaked([1, 1, 2, 5, 5, 4]) and not two_peaked([3, 3, 4, 4, 5, 5])


def test_bradley_terry_orders_by_wins_and_stays_finite() -> None:
    strength = bradley_terry({("a", "b"): 3, ("b", "c"): 3, ("a", "c"): 3})
    assert strength["a"] > strength["b"] > strength["c"] > 0 and sum(strength.values()) == pytest.approx(1)


@given(st.floats(0, 1), st.floats(0, 1))
def test_authority_is_capped(ca: float, cs: float) -> None:
    assert 0.5 <= authority(ca, cs) <= 1


@given(st.floats(0, 1), st.integers(0, 30), st.lists(st.floats(1, 5), max_size=20))
def test_a_belief_stays_in_0_1_and_moves_towards_the_votes(machine: float, clusters: int, scores: list[float]) -> None:
    before = prior(machine, clusters)
    after = update(before, [Vote(s) for s in scores])
    assert 0 < after.mean < 1
    if scores:
        target = sum((s - 1) / 4 for s in scores) / len(scores)
        assert min(before.mean, target) - 1e-9 <= after.mean <= max(before.mean, target) + 1e-9


def test_shared_views_count_less() -> None:
    alone = update(prior(0.5, 4), [Vote(5) for _ in range(6)])
    together = update(prior(0.5, 4), [Vote(5, group="同一单位") for _ in range(6)])
    assert together.mean < alone.mean


# ---- form --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        {"importance": 6}, {"importance": 2.5}, {"include": "maybe"}, {"expected": "soon"}, {"verdict": "merge"}, {"verdict": "reject"}, {"basis": {"theory": "huge"}}, {"nonsense": 1},
    ],
)  # fmt: skip
def test_a_wrong_form_names_the_value(bad: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as error:
        parse(form(**bad))
    assert error.value.mend


def test_an_abstention_needs_only_a_reason() -> None:
    assert parse({"verdict": "abstain", "reason": "利益关系"}).abstains
    with pytest.raises(BadInput):
        parse({"verdict": "abstain"})


def test_authority_follows_basis_and_familiarity() -> None:
    strong = form_authority(Form(basis={"theory": "large", "practice": "large"}, familiarity=5))
    assert strong == pytest.approx((1.0 + 0.9) / 2) and form_authority(Form(familiarity=1)) == 0.5


# ---- a whole panel -----------------------------------------------------------------------------------------------


def test_a_panel_from_opening_to_signed_list(store: Store) -> None:
    panel = open_panel(store, "储能专题", [risk(1, 0.9), risk(2, 0.2)], OFFICIAL, as_of="2026-11-20")
    for n in range(4):
        invite(store, panel, f"e{n}", OFFICIAL, chair=n == 0, conflicts=["r2"] if n == 3 else [])
    nominate(store, panel, "电解液供应中断可能导致停产", expert(1))
    assert start_round(store, panel, OFFICIAL) == 1
    seen = sheet(store, panel, expert(0))
    assert len(seen["items"]) == 3 and all("machine" not in i and "distribution" not in i for i in seen["items"])
    ids = [i["risk_id"] for i in seen["items"]]
    for n in range(4):
        for k, risk_id in enumerate(ids):
            if n == 3 and risk_id == "r2":
                with pytest.raises(NotPermitted):
                    rate(store, panel, risk_id, form(), expert(n))
                rate(store, panel, risk_id, {"verdict": "abstain", "reason": "利益关系"}, expert(n))
            else:
                rate(store, panel, risk_id, form(importance=4 - k if n else 5 - k, urgency=3), expert(n))
    first = close_round(store, panel, OFFICIAL)
    assert not first["reached"] and first["response_rate"] == 1 and first["kendall_w"] == pytest.approx(1.0)
    assert next(i for i in first["items"] if i["risk_id"] == "r2")["n"] == 3

    start_round(store, panel, OFFICIAL)
    feedback = sheet(store, panel, expert(0))["items"][0]
    assert feedback["distribution"]["importance"] == [0, 0, 0, 3, 1] and feedback["machine"]["importance"]["mean"] == 0.9
    with pytest.raises(BadInput):
        rate(store, panel, "r1", form(importance=1), expert(0))
    for n in range(4):
        for k, risk_id in enumerate(ids):
            rate(
                store,
                panel,
                risk_id,
                {"verdict": "abstain", "reason": "利益关系"} if (n, risk_id) == (3, "r2") else form(importance=4 - k, urgency=3),
                expert(n),
            )
    assert close_round(store, panel, OFFICIAL)["reached"]
    with pytest.raises(StoreError):
        start_round(store, panel, OFFICIAL)
    assert beliefs(store, panel)["r1"]["importance"]["mean"] < 0.9

    listed = conclude(store, panel, OFFICIAL)
    with pytest.raises(StoreError):
        sign(store, listed, "issue", BOSS)
    with pytest.raises(NotPermitted):
        sign(store, listed, "chair", expert(1))
    sign(store, listed, "chair", expert(0))
    assert not issued(store.panels.lists(panel)[0])
    sign(store, listed, "review", CHIEF)
    with pytest.raises(NotPermitted):
        sign(store, listed, "issue", CHIEF)
    sign(store, listed, "issue", BOSS)
    (done,) = store.panels.lists(panel)
    assert issued(done) and done["content"]["entries"][0]["risk_id"] == "r1"
    assert disagreements(done["content"], 0.1)
    report = consultation_report(store, panel)
    assert report.title.startswith("专家咨询报告") and "已签发" in report.blocks[-2].text  # type: ignore[union-attr]
    assert store.audit.verify().broken is None


def test_outsiders_and_wrong_moments_are_refused(store: Store) -> None:
    panel = open_panel(store, "x", [risk(1)], OFFICIAL)
    invite(store, panel, "e0", OFFICIAL)
    with pytest.raises(NotPermitted):
        rate(store, panel, "r1", form(), expert(0))  # round 0
    start_round(store, panel, OFFICIAL)
    with pytest.raises(NotPermitted):
        rate(store, panel, "r1", form(), expert(9))
    with pytest.raises(NotPermitted):
        nominate(store, panel, "x", expert(0))
    with pytest.raises(StoreError):
        start_round(store, panel, OFFICIAL)
    with pytest.raises(NotPermitted):
        open_panel(store, "x", [risk(1)], Reader("e", "enterprise", 1))
    with pytest.raises(BadInput):
        open_panel(store, "x", [], OFFICIAL)
