"""Indicators, weights, scores, intervals, levels: worked examples and properties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from corpus.errors import SettingsError
from risk.constants import constants, day, iso, seed_of
from risk.evidence import Evidence, deadline_of
from risk.indicators import IMPORTANCE, URGENCY, Context, percentile, table
from risk.risks import capped, phrases, risk_id, statement_of, strength_of, title_of
from risk.score import aggregate, expert_weights, interval, level_of, rank, score
from risk.series import burst, momentum, pooled, slope
from risk.signals import Signal
from risk.stories import Clusterer, cluster
from risk.taxonomy import load_taxonomy
from risk.weights import ahp, critic, mixed, pairwise

TODAY = day("2026-03-31")


def signal(n: int, thing: str = "电梯", bucket: str = "安全事故", **values: Any) -> Signal:
    given_ = {
        "document_id": f"d{n}", "start": 0, "end": 4, "quote": f"第{n}起 {thing}事故", "kind": "news", "source": f"s{n % 3}", "date": iso(TODAY - n), "seen": iso(TODAY - n), "security": 1,
        "polarity": "asserts", "confidence": 0.9, "cue": "事故", "thing": thing, "field": "特种设备", "type": "安全事故", "bucket": bucket, "severity": {"hazard": 3}, "stage": "应用",
    }  # fmt: skip
    return Signal(**(given_ | values))


def evidence(signals: list[Signal], **options: Any) -> Evidence:
    return Evidence(signals, {s.key: f"s{i}" for i, s in enumerate(signals)}, **options)


def many() -> list[Signal]:
    things = (("电梯", "安全事故"), ("芯片", "出口管制与断供"), ("药品", "造假与违规"), ("云服务", "服务中断"))
    return [signal(n, *things[n % 4], severity={"hazard": 2 + n % 3}, places=("福建", "广东")[: n % 3]) for n in range(40)]


# ---- series ------------------------------------------------------------------------------------------------------


def test_burst_of_a_quiet_a_bursting_and_a_faded_series() -> None:
    quiet, now, before = np.ones(90), np.ones(90), np.ones(90)
    now[-5:], before[20:25] = 12, 12
    values = burst(np.stack([quiet, now, before]), s=2.0, gamma=1.0, decay=14.0)
    assert values[0] == 0 and values[1] > values[2] > 0


def test_slope_is_the_median_of_pairwise_slopes() -> None:
    y = np.expm1(np.array([0.0, 1.0, 2.0, 3.0, 10.0]))
    pairs = [(np.log1p(y[j]) - np.log1p(y[i])) / (j - i) for i in range(5) for j in range(i + 1, 5)]
    assert slope(y) == pytest.approx(np.median(pairs), rel=0.01)


@hypothesis_settings(max_examples=50, deadline=None)
@given(arrays(float, 30, elements=st.integers(0, 9).map(float)))
def test_series_measures_are_finite_and_growth_is_antisymmetric(counts: Any) -> None:
    assert np.isfinite(momentum(counts, short=7, long=90)) and np.isfinite(burst(counts, s=2.0, gamma=1.0, decay=14.0))
    assert slope(counts) == pytest.approx(-slope(counts[::-1]), abs=1e-9)
    assert pooled(counts, 7).sum() == counts[2:].sum()


# ---- percentiles and weights -------------------------------------------------------------------------------------


@hypothesis_settings(max_examples=50, deadline=None)
@given(arrays(float, (1, 12), elements=st.floats(-5, 5)))
def test_percentiles_keep_order_and_average_one_half(values: Any) -> None:
    found = percentile(values)
    assert found.mean() == pytest.approx(0.5) and (found > 0).all() and (found < 1).all()
    assert all(found[0, i] <= found[0, j] for i in range(12) for j in range(12) if round(values[0, i], 9) <= round(values[0, j], 9))


def test_a_missing_indicator_stays_missing_and_the_others_are_renormalised() -> None:
    assert np.isnan(percentile(np.array([[1.0, np.nan, 2.0]]))[0, 1])
    whole = aggregate(np.array([[[0.5, 0.5, np.nan]]]), np.array([[0.2, 0.3, 0.5]]))
    assert whole[0, 0] == pytest.approx(0.5) and aggregate(np.full((1, 1, 2), np.nan), np.array([[0.5, 0.5]]))[0, 0] == 0.0


def test_aggregation_is_geometric_so_a_low_value_is_not_bought_off() -> None:
    weights = np.array([[0.5, 0.5]])
    low, even = (aggregate(np.array([[p]]), weights)[0, 0] for p in ([0.01, 0.99], [0.5, 0.5]))
    assert low == pytest.approx((0.01 * 0.99) ** 0.5) and low < even


def test_ahp_of_a_consistent_matrix_and_refusal_of_a_contradiction() -> None:
    weights, cr = ahp(pairwise([[2.0, 6.0], [3.0]]))
    assert weights == pytest.approx([0.6, 0.3, 0.1]) and cr == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(SettingsError, match="contradict"):
        ahp(pairwise([[9.0, 1 / 9], [9.0]]))
    with pytest.raises(SettingsError, match="length"):
        pairwise([[1.0], [2.0, 3.0]])


def test_shipped_judgements_are_consistent_and_sum_to_one() -> None:
    for axis, names in (("importance", IMPORTANCE), ("urgency", URGENCY)):
        weights = expert_weights(axis)
        assert len(weights) == len(names) and sum(weights) == pytest.approx(1.0)


def test_critic_prefers_spread_and_conflict() -> None:
    values = np.array([[0.1, 0.1, 0.5], [0.5, 0.5, 0.5], [0.9, 0.9, 0.5], [0.3, 0.3, 0.5]])
    weights = critic(values)
    assert weights.sum() == pytest.approx(1.0) and weights[0] == pytest.approx(weights[1])
    assert mixed(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.7) == pytest.approx([0.7, 0.3])


# ---- ranks and levels --------------------------------------------------------------------------------------------


def test_percentiles_over_stories_tell_apart_what_many_stories_stand_behind() -> None:
    values, mass = np.array([[1.0, 1.0, 2.0, 3.0]]), np.array([[1.0, 1.0, 8.0, 10.0]])
    assert percentile(values, mass)[0] == pytest.approx([0.05, 0.05, 0.3, 0.75])
    assert percentile(values)[0] == pytest.approx([0.25, 0.25, 0.625, 0.875])


def test_a_trend_of_two_documents_is_not_believed() -> None:
    few = [signal(0, "电梯"), signal(1, "电梯"), *(signal(n % 60, "芯片", document_id=f"x{n}") for n in range(40))]
    view = evidence(few).at(TODAY)
    growth = table(view, np.ones((1, len(view.pairs))), Context())["growth"][0]
    assert abs(growth[view.keys.index("电梯|安全事故")] - 0.5) < 0.15


@hypothesis_settings(max_examples=50, deadline=None)
@given(arrays(float, (1, 7), elements=st.integers(1, 9).map(lambda n: n / 10)), arrays(float, (1, 7), elements=st.integers(1, 9).map(lambda n: n / 10)))
def test_ranks_are_a_permutation_and_respect_domination(i: Any, u: Any) -> None:
    places = rank(i, u)[0]
    assert sorted(places) == list(range(1, 8))
    for a in range(7):
        for b in range(7):
            if i[0, a] >= i[0, b] and u[0, a] >= u[0, b] and (i[0, a] > i[0, b] or u[0, a] > u[0, b]):
                assert places[a] < places[b]


def test_a_level_needs_joint_exceedance_in_enough_draws() -> None:
    high, low = np.full(100, 0.9), np.r_[np.full(79, 0.9), np.full(21, 0.1)]
    assert level_of(high, high) == "red" and level_of(high, low) != "red" and level_of(np.zeros(9), np.zeros(9)) == "blue"
    assert capped("red", "low") == "orange" and capped("red", "high") == "red"


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_an_interval_holds_its_mean(values: list[float]) -> None:
    found = interval(np.array(values))
    assert found["low"] <= found["mean"] <= found["high"]


# ---- the whole score ---------------------------------------------------------------------------------------------


def test_scores_are_the_same_bit_by_bit_and_differ_with_the_seed() -> None:
    view = evidence(many()).at(TODAY)
    one, two, other = (score(view, Context(), seed=s, draws=200) for s in (7, 7, 8))
    assert one.importance.draws.tobytes() == two.importance.draws.tobytes() and (one.ranks == two.ranks).all() and one.levels == two.levels
    assert one.importance.draws.tobytes() != other.importance.draws.tobytes()


def test_a_planted_future_document_moves_nothing() -> None:
    signals = many()
    later = [signal(100 + n, "电梯", seen=iso(TODAY + 1), date=iso(TODAY - 1), severity={"hazard": 5}) for n in range(20)]
    before, after = (score(evidence(s).at(TODAY), Context(), seed=seed_of("x"), draws=100) for s in (signals, signals + later))
    assert before.importance.draws.tobytes() == after.importance.draws.tobytes() and before.order == after.order


def test_an_outcome_counts_only_from_its_own_date() -> None:
    held = evidence([signal(5), signal(4, known_from=iso(TODAY + 10))])
    assert len(held.at(TODAY).pairs) == 1 and len(held.at(TODAY + 10).pairs) == 2


def test_reposts_add_heat_and_no_witness() -> None:
    signals = [signal(1), *(signal(n, date=iso(TODAY - 1), seen=iso(TODAY - 1)) for n in range(10, 60))]
    held = Evidence(signals, {s.key: "one story" for s in signals})
    pair = held.at(TODAY).pairs
    alone = Evidence(signals[:1], {signals[0].key: "one story"}).at(TODAY).pairs
    assert len(pair) == len(alone) == 1 and pair[0].heat > alone[0].heat


def test_contributions_sum_to_the_log_of_the_point_score() -> None:
    found = score(evidence(many()).at(TODAY), Context(), seed=1, draws=50)
    for axis in (found.importance, found.urgency):
        for r in range(len(found.keys)):
            assert sum(axis.contributions(r).values()) == pytest.approx(float(np.log(axis.point[r])), abs=1e-9)


def test_context_moves_importance_and_its_absence_is_a_gap() -> None:
    view = evidence(many()).at(TODAY)
    keys = view.keys
    plain, told = table(view, np.ones((1, len(view.pairs))), Context()), table(view, np.ones((1, len(view.pairs))), Context(province={k: float(i) for i, k in enumerate(keys)}))
    assert np.isnan(plain["province"]).all() and (np.diff(told["province"][0]) > 0).all()


def test_an_assumed_indicator_changes_that_risk_in_every_draw() -> None:
    view = evidence(many()).at(TODAY)
    base, raised = (score(view, Context(), seed=3, draws=100, assumed=a) for a in (None, {view.keys[0]: {"severity": 0.99}}))
    assert (raised.importance.draws[:, 0] >= base.importance.draws[:, 0]).all() and (raised.importance.draws[:, 1:] == base.importance.draws[:, 1:]).all()


def test_no_risks_give_an_empty_score() -> None:
    assert score(evidence([]).at(TODAY), Context(), seed=1).keys == ()


def test_opposing_signals_are_kept_beside_and_never_counted() -> None:
    held = evidence([signal(1), signal(2, polarity="denies")])
    view = held.at(TODAY)
    assert len(view.pairs) == 1 and len(view.opposing[0]) == 1


def test_readers_below_see_only_what_they_may() -> None:
    held = evidence([signal(1), signal(2, "芯片", security=3)])
    assert len(held.at(TODAY, ceiling=4).keys) == 2 and len(held.at(TODAY, ceiling=2).keys) == 1


# ---- dates, words ------------------------------------------------------------------------------------------------


@given(st.dates())
def test_days_and_dates_go_there_and_back(value: Any) -> None:
    assert iso(day(value.isoformat())) == value.isoformat()


def test_a_date_of_month_or_year_counts_as_its_last_day() -> None:
    assert iso(day("2021-02")) == "2021-02-28" and iso(day("2020")) == "2020-12-31"


def test_deadlines_are_read_from_the_sentence() -> None:
    told = signal(1, quote="新规将于4月15日起施行", date="2026-03-30")
    assert iso(deadline_of(told)) == "2026-04-15" and deadline_of(signal(1, quote="3月1日起施行", date="2026-03-30")) == -1
    assert deadline_of(signal(1, quote="2月30日前", date="2026-01-30")) == -1


def test_ids_are_permanent_and_statements_short() -> None:
    assert risk_id("电梯|安全事故") == risk_id("电梯|安全事故") != risk_id("电梯|服务中断") and len(risk_id("a")) == 13
    words = statement_of("电梯|安全事故", [signal(1)])
    assert words.startswith("因") and len(words) <= 80


def test_a_name_says_nothing_twice() -> None:
    assert title_of("互联网平台服务|服务中断") == "互联网平台服务中断风险" and title_of("电信网络诈骗|诈骗与黑灰产") == "电信网络诈骗与黑灰产风险"
    assert title_of("电梯|安全事故") == "电梯安全事故风险"


@pytest.mark.parametrize("bucket", sorted(set(phrases()) - {"titles", "default_lead", "sectors"}))
def test_every_name_is_short_enough_for_the_list(bucket: str) -> None:
    taxonomy = load_taxonomy()
    own = {t.name for t in taxonomy.types.values()}
    for thing in taxonomy.things.values():
        kinds = [k for k in (thing.types or own) if taxonomy.bucket(thing.name, k) == bucket]
        assert not kinds or len(title_of(f"{thing.name}|{bucket}")) <= 20, title_of(f"{thing.name}|{bucket}")


def test_strength_needs_stories_and_sources() -> None:
    rule = constants()["evidence"]
    assert strength_of(1, 9) == "low" and strength_of(rule["high"]["stories"], 1) == "middle" and strength_of(rule["high"]["stories"], 2) == "high"


# ---- stories -----------------------------------------------------------------------------------------------------


def test_reworded_reports_are_one_story_and_another_town_is_another() -> None:
    texts = ["四川成都一小区电梯坠落致两人受伤", "成都小区电梯坠落事故两人受伤 官方通报", "广东佛山商场电梯夹伤儿童"]
    signals = [signal(10 - i, quote=t, end=len(t), places=p) for i, (t, p) in enumerate(zip(texts, [("四川", "成都"), ("成都",), ("广东",)], strict=True))]
    found = cluster(signals)
    assert found[signals[0].key] == found[signals[1].key] != found[signals[2].key]


def test_a_story_that_fell_silent_is_not_continued() -> None:
    signals = [signal(n, quote="电梯坠落致两人受伤 官方通报", places=("成都",)) for n in (60, 1)]
    assert len(set(cluster(signals).values())) == 2


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.permutations(range(12)), st.integers(1, 11))
def test_clustering_is_a_matter_of_dates_alone_and_prefixes_stay(order: list[int], cut: int) -> None:
    made = [signal(n, quote=f"{'电梯坠落' if n % 2 else '扶梯逆行'}致{n % 3}人受伤", places=(("成都", "厦门", "武汉")[n % 3],)) for n in range(12)]
    whole = cluster(made[i] for i in order)
    early = sorted(made, key=lambda s: (s.seen, s.document_id, s.start))[:cut]
    assert cluster(made) == whole and all(whole[k] == v for k, v in cluster(early).items())


def test_each_project_is_its_own_story() -> None:
    made = [signal(n, kind="project", quote="计划结束时间：2020-12-31") for n in range(4)]
    assert len(set(cluster(made).values())) == 4


def test_one_text_is_one_witness_however_many_sentences_it_has() -> None:
    texts = ["商场电梯突然坠落", "专家说扶梯老化是普遍现象", "物业承认维保超期"]
    made = [signal(3, document_id="long", start=20 * n, quote=t, end=20 * n + len(t)) for n, t in enumerate(texts)]
    other = signal(2, document_id="other", quote="医院扶梯逆行伤人", end=8)
    found = cluster([*made, other])
    assert len({found[s.key] for s in made}) == 1 and found[other.key] != found[made[0].key]


def test_the_same_place_within_days_is_the_same_event_and_a_town_lies_in_its_province() -> None:
    texts = [(9, "黎巴嫩电梯爆炸已致多人受伤"), (8, "中方就黎巴嫩爆炸表态"), (7, "辽宁电梯困人"), (6, "葫芦岛电梯困人事故救援结束"), (5, "厦门电梯困人")]
    made = [signal(back, document_id=f"d{n}", quote=t, end=len(t), places=("黎巴嫩",) if "黎巴嫩" in t else ()) for n, (back, t) in enumerate(texts)]
    first, second, province, town, elsewhere = map(cluster(made).__getitem__, (s.key for s in made))
    assert first == second and elsewhere not in (first, province, town)


def test_the_same_toll_within_days_is_the_same_event() -> None:
    texts = [(9, "渝昆高铁施工现场电梯事故致6死"), (8, "官方：6人遇难的升降机事故正在调查"), (8, "另一电梯事故致2死")]
    made = [signal(back, document_id=f"t{n}", quote=t, end=len(t)) for n, (back, t) in enumerate(texts)]
    found = cluster(made)
    assert found[made[0].key] == found[made[1].key] != found[made[2].key]


def fallen(back: int, name: str, words: str, **values: Any) -> Signal:
    """A text about an airliner that fell into the sea."""
    return signal(back, document_id=name, **{"thing": "民航客机", "cue": "坠海", "quote": words, "end": len(words), **values})


REPORTED = [fallen(20, f"a{n}", w, places=("厦门",)) for n, w in enumerate(("厦门海域客机坠海", "厦门客机坠海多人失联", "厦门客机坠海搜救展开"))]


@pytest.mark.parametrize(
    ("values", "same"),
    [({}, True), ({"places": ("黎巴嫩",), "words": "黎巴嫩坠海救援"}, False), ({"back": 2}, False), ({"thing": "电梯"}, False), ({"cue": "坠落"}, False), ({"start": 40, "end": 48}, False), ({"kind": "paper"}, False)],
)  # fmt: skip
def test_what_names_the_happening_of_these_days_is_of_it_and_another_place_time_or_matter_is_not(values: dict[str, Any], same: bool) -> None:
    given_ = dict(values)
    late = fallen(given_.pop("back", 18), "late", given_.pop("words", "家属连夜赶到坠海地点"), **given_)
    found = cluster([*REPORTED, late])
    assert (found[late.key] == found[REPORTED[0].key]) is same


def test_two_names_are_two_events_and_a_firm_and_its_model_are_one() -> None:
    def platform(n: int, name: str, words: str) -> Signal:
        return signal(5, document_id=f"n{n}", thing="互联网平台服务", cue="崩了", technologies=(name,), quote=words, end=len(words))

    one, other, car, model = platform(0, "QQ", "QQ崩了"), platform(1, "QQ音乐", "QQ音乐崩了"), platform(2, "理想汽车", "理想汽车回应事故两人受伤"), platform(3, "理想L", "理想L7汽车事故两人受伤")
    found = cluster([one, other, car, model])
    assert found[one.key] != found[other.key] and found[car.key] == found[model.key]


def test_one_by_one_is_the_same_as_all_at_once() -> None:
    made = sorted(many(), key=lambda s: (s.seen, s.document_id, s.start))
    clusterer = Clusterer()
    assert {s.key: clusterer.add(s) for s in made} == cluster(made)
