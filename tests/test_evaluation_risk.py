"""The risk figures themselves: the published grading rule, matching, gains, intervals, what is pinned. Titles are our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.foresight import _blocks, by_rule, evidence_of, gain, graded, matches, orders
from evaluation.gate import floors
from evaluation.grading import agreement, months, topics_of
from evaluation.grading import graded as rule_graded
from evaluation.hotlists import HotLists, read_hot_lists
from evaluation.risk import flat
from risk.constants import day, iso
from risk.signals import Record

ON = "2022-06-30"
TOPICS = [{"reference_date": ON, "risks": [{"name": "电梯", "keywords": "电梯.*(坠|困)", "importance": 2, "urgency": 2}, {"name": "核", "keywords": "核电站", "importance": 0, "urgency": 0}]}]


def lists() -> HotLists:
    records, sightings = [], {}
    for n in range(12):
        title = f"第{n}小区电梯坠落致{n + 1}人受伤"
        first = day(ON) - 2 * n
        records.append(Record(f"weibo:{title}", title, "opinion", "weibo", iso(first), iso(first)))
        sightings[f"weibo:{title}"] = [(first, 0.0), (first + 1, 0.0)]
    denied = Record("weibo:x", "官方辟谣电梯坠落传闻", "opinion", "weibo", ON, ON)
    return HotLists([*records, denied], {**sightings, "weibo:x": [(day(ON), 0.0)]})


def test_the_rule_grades_as_it_is_written() -> None:
    found = rule_graded(topics_of(TOPICS, lists()), ON)
    assert [g["name"] for g in found] == ["电梯"] and found[0]["titles"] == 12  # the denial is no title of it
    assert found[0]["importance_points"] == {"casualty": 2, "recall_stop": 0, "regulator": 0, "persistence": 1, "volume": 1, "heat": 0} and found[0]["importance"] == 2
    assert found[0]["urgency_points"]["active14"] == found[0]["urgency_points"]["strong14"] == 1 and found[0]["urgency_points"]["future_continues"] == 0


def test_labels_look_ahead_and_what_is_ranked_does_not() -> None:
    early = iso(day(ON) - 12)
    grades = rule_graded(topics_of(TOPICS, lists()), early)[0]
    view, _, by_system = orders(evidence_of(lists()), early, draws=20)
    assert grades["urgency_points"]["future_severe"] == 2
    assert max(p.last for p in view.pairs) <= day(early) and set(by_system) == {"ours", "raw count", "last period", "equal weights", "random"}


def test_our_risks_are_matched_to_topics_by_their_titles() -> None:
    evidence = evidence_of(lists())
    view = evidence.at(day(ON))
    assert matches(view, evidence, TOPICS[0]["risks"])[view.keys.index("电梯|安全事故")] == 0  # type: ignore[arg-type]
    assert agreement(TOPICS, topics_of(TOPICS, lists()))["importance_exact"] == 1.0


def test_gain_and_the_second_risk_of_one_topic() -> None:
    items = [{"importance": 3, "urgency": 1}]
    assert graded([0, 1, 2], [0, 0, -1], items, "sum") == [4.0, 0.0, 0.0]
    assert gain([3.0, 0.0], [3.0]) == 1.0 and gain([0.0, 3.0], [3.0]) == pytest.approx(0.6309, abs=1e-4) and gain([0.0], [0.0]) == 0.0


def test_intervals_hold_their_difference_and_the_same_order_is_no_difference() -> None:
    found = _blocks([0.5, 0.6, 0.7, 0.9], [0.4, 0.5, 0.6, 0.5], 200)
    assert found["low"] <= found["difference"] <= found["high"]
    assert _blocks([0.5] * 4, [0.5] * 4, 50) == {"difference": 0.0, "low": 0.0, "high": 0.0}


def test_months_need_what_is_before_and_after_them() -> None:
    made = lists()
    assert months(made) == []
    whole = HotLists(made.records, {"weibo:y": [(d, 0.0) for d in range(day("2021-12-01"), day("2022-12-31"))]})
    assert "2022-06-30" in months(whole) and "2022-12-31" not in months(whole)


def test_a_whole_measurement_from_files(tmp_path: Path) -> None:
    import gzip

    folder = tmp_path / "opinion"
    folder.mkdir()
    rows = [{"d": iso(day("2021-06-01") + n), "t": f"第{n}小区电梯坠落致{n % 4 + 1}人受伤"} for n in range(400)]
    for name, of in (("weibo", rows), ("zhihu", [])):
        with gzip.open(folder / f"{name}_hot_daily.jsonl.gz", "wt", encoding="utf-8") as out:
            out.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in of)
    (folder / "risk_rankings.json").write_text(json.dumps({"lists": TOPICS}, ensure_ascii=False), "utf-8")
    made = read_hot_lists(tmp_path)
    found = by_rule(evidence_of(made), made, tmp_path, draws=20, rounds=50)
    assert found["dates"] >= 5 and found["ndcg@10"]["sum"]["ours"] == 1.0 and found["ahead"]["sum"]["raw count"]["difference"] == 0.0


def test_what_is_pinned_is_measured() -> None:
    axis = {"ours": 1.0}
    rankings = {"ndcg@10": {"sum": axis}, "grade3_in_first_15": {"share": 1.0}}
    found = flat(
        {
            "signals": {"ours": {"f1": 1.0, "polarity_accuracy": 1.0, "false_positive_rate": 0.0}},
            "rankings": rankings | {"by_rule": rankings | {"ahead": {"sum": {"raw count": {"difference": 0.1}}}}},
            "events": {"budget_curve": {"10": {"ours": {"recall_by_day_before_peak": 1.0, "alerts_a_week": 1.0, "false_alarms_on_non_events": 0}}}},
            "stability": {"stories_drawn_anew": 1.0, "tenth_left_out": 1.0}, "speed": {"texts_per_second": 1},
        }
    )  # fmt: skip
    assert {n.removesuffix("_max") for n in floors()["risk"]} <= set(found)
