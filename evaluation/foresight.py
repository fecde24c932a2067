"""Back-test of the risk part over hot lists: events and matched non-events, and graded rankings, point in time throughout.

Warning of an event by a day: an alert raised on that day or up to 240 days before on a risk whose evidence then held one of the
event's own titles or a recorded precursor. Every system has the same weekly budget of alerts and the same quiet period.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.grading import agreement, months, topics_of
from evaluation.grading import graded as rule_graded
from evaluation.hotlists import HotLists, opinion_folder, read_lines
from risk.alerts import judge
from risk.constants import constants, day, iso, seed_of
from risk.evidence import Evidence, View
from risk.indicators import IMPORTANCE, URGENCY, Context
from risk.risks import LEVEL_NAMES, risk_id
from risk.score import Scores, score
from risk.signals import Reader, Signal
from risk.stories import cluster

Floats = NDArray[np.float64]
LOOK_BACK = 240
NEAR = 60


def evidence_of(lists: HotLists, reader: Reader | None = None) -> Evidence:
    """Signals, stories and sightings of hot lists."""
    reader = reader or Reader()
    signals: list[Signal] = [s for r in lists.records for s in reader.read(r)]
    held = {s.document_id for s in signals}
    return Evidence(signals, cluster(signals), {k: v for k, v in lists.sightings.items() if k in held})


# ---- rankings --------------------------------------------------------------------------------------------------------


def gain(grades: Sequence[float], ideal: Sequence[float], k: int = 10) -> float:
    """NDCG@k with gains 2^grade − 1 and log2 discount (Järvelin & Kekäläinen 2002); 0 when nothing is graded above 0."""
    best = _dcg(sorted(ideal, reverse=True)[:k])
    return _dcg(grades[:k]) / best if best else 0.0


def _dcg(grades: Sequence[float]) -> float:
    return float(sum((2.0**g - 1) / math.log2(i + 2) for i, g in enumerate(grades)))


def tau_b(a: Sequence[float], b: Sequence[float]) -> float:
    """Kendall's τb (NaN when one side is constant)."""
    from scipy.stats import kendalltau

    return float(kendalltau(a, b).statistic)


def matches(view: View, evidence: Evidence, items: Sequence[Mapping[str, Any]]) -> list[int]:
    """For each of our risks the graded item that it stands for, or −1: a third of its titles, or three of them, match; best share wins."""
    patterns = [re.compile(i["keywords"]) for i in items]
    found = []
    for r in range(len(view.keys)):
        quotes = [evidence.signals[m].quote for p in view.of(r) for m in p.members]
        counts = [sum(bool(p.search(q)) for q in quotes) for p in patterns]
        good = [(n / len(quotes), -i) for i, n in enumerate(counts) if n >= 3 or n / len(quotes) >= 1 / 3]
        found.append(-max(good)[1] if good else -1)
    return found


def orders(evidence: Evidence, reference: str, *, draws: int | None = None) -> tuple[View, Scores, dict[str, list[int]]]:
    """Our order and the baselines' of the same risks at a date."""
    view = evidence.at(day(reference))
    scores = score(view, Context(), seed=seed_of(reference), draws=draws)
    n = len(view.keys)
    counts = np.array([sum(len(p.members) for p in view.of(r)) for r in range(n)], dtype=float)
    before = evidence.at(day(reference) - 90)
    older = {k: sum(len(p.members) for p in before.of(r)) for r, k in enumerate(before.keys)}
    last = np.array([older.get(k, 0) for k in view.keys], dtype=float)
    equal = score(view, Context(), seed=seed_of(reference), draws=draws, equal=True).order
    random = np.random.default_rng(seed_of("random", reference)).permutation(n)
    return view, scores, {
        "ours": list(scores.order), "raw count": _by(counts), "last period": _by(last), "equal weights": list(equal), "random": [int(i) for i in random],
    }  # fmt: skip


def _by(values: Floats) -> list[int]:
    return [int(i) for i in np.argsort(-values, kind="stable")]


def graded(order: Sequence[int], matched: Sequence[int], items: Sequence[Mapping[str, Any]], axis: str) -> list[float]:
    """Grades along an order: 0 for what no graded item stands for, and for the second risk of one item."""
    used: set[int] = set()
    found = []
    for r in order:
        i = matched[r]
        found.append(0.0 if i < 0 or i in used else _grade(items[i], axis))
        used.add(i)
    return found


def _grade(item: Mapping[str, Any], axis: str) -> float:
    return float(item["importance"] + item["urgency"] if axis == "sum" else item[axis])


def rankings(evidence: Evidence, data: Path, *, draws: int | None = None, rounds: int = 2000) -> dict[str, Any]:
    """Open set: NDCG@10 by axis and system, share of grade-3 risks in the first 15, τb, difference to raw counts with its interval."""
    lists = json.loads((opinion_folder(data) / "risk_rankings.json").read_text("utf-8"))["lists"]
    rows, found3, all3, closed = [], 0, 0, []
    for entry in lists:
        items = entry["risks"]
        view, scores, by_system = orders(evidence, entry["reference_date"], draws=draws)
        matched = matches(view, evidence, items)
        first = {matched[r] for r in by_system["ours"][:15]}
        top = [i for i, item in enumerate(items) if max(item["importance"], item["urgency"]) == 3]
        found3, all3 = found3 + len(first & set(top)), all3 + len(top)
        rows.append((entry["reference_date"], items, matched, by_system))
        closed.append(_closed(view, scores, matched, items))
    table = {axis: {s: _mean(rows, s, axis) for s in rows[0][3]} for axis in ("importance", "urgency", "sum")}
    return {
        "dates": [r[0] for r in rows], "ndcg@10": table, "grade3_in_first_15": {"found": found3, "of": all3, "share": found3 / max(1, all3)},
        "ahead_of_raw_count": {axis: _ahead(rows, axis, rounds) for axis in table}, "closed_set_tau_b": {a: float(np.nanmean([c[a] for c in closed])) for a in ("importance", "urgency")},
    }  # fmt: skip


BLOCK = 3


def by_rule(evidence: Evidence, lists: HotLists, data: Path, *, draws: int | None = None, rounds: int = 2000) -> dict[str, Any]:
    """Open set over the ends of all months that the data cover, graded by the published rule (see `evaluation.grading`).

    NDCG@10 by axis and system, share of grade-3 risks in the first 15, and how far ours is ahead of each baseline with the 95 % interval of
    a bootstrap over blocks of three months (the windows of neighbouring months overlap).
    """
    entries = json.loads((opinion_folder(data) / "risk_rankings.json").read_text("utf-8"))["lists"]
    topics = topics_of(entries, lists)
    dates = months(lists)
    values: dict[str, dict[str, list[float]]] = {a: {} for a in ("importance", "urgency", "sum")}
    found3 = all3 = 0
    for date in dates:
        items = rule_graded(topics, date)
        view, _, by_system = orders(evidence, date, draws=draws)
        matched = matches(view, evidence, items)
        top = {i for i, item in enumerate(items) if max(item["importance"], item["urgency"]) == 3}
        found3, all3 = found3 + len({matched[r] for r in by_system["ours"][:15]} & top), all3 + len(top)
        for axis, of in values.items():
            for system, order in by_system.items():
                of.setdefault(system, []).append(gain(graded(order, matched, items, axis), [_grade(i, axis) for i in items]))
    ahead = {axis: {s: _blocks(of["ours"], of[s], rounds) for s in of if s != "ours"} for axis, of in values.items()}
    means = {axis: {s: round(float(np.mean(v)), 4) for s, v in of.items()} for axis, of in values.items()}
    return {"dates": len(dates), "first": dates[0], "last": dates[-1], "agreement": agreement(entries, topics), "ndcg@10": means,
            "grade3_in_first_15": {"found": found3, "of": all3, "share": round(found3 / max(1, all3), 4)}, "ahead": ahead}  # fmt: skip


def _blocks(ours: Sequence[float], theirs: Sequence[float], rounds: int) -> dict[str, float]:
    """Mean difference with its 95 % interval, blocks of BLOCK neighbouring dates drawn with replacement."""
    gaps = np.array(ours) - np.array(theirs)
    rng = np.random.default_rng(20260101)
    starts = np.arange(max(1, len(gaps) - BLOCK + 1))
    drawn = [np.concatenate([gaps[s : s + BLOCK] for s in rng.choice(starts, math.ceil(len(gaps) / BLOCK))]).mean() for _ in range(rounds)]
    low, high = (float(q) for q in np.quantile(drawn, [0.025, 0.975]))
    return {"difference": round(float(gaps.mean()), 4), "low": round(low, 4), "high": round(high, 4)}


def _mean(rows: Sequence[Any], system: str, axis: str, weight: Sequence[Floats] | None = None) -> float:
    values = []
    for j, (_, items, matched, by_system) in enumerate(rows):
        kept = items if weight is None else [i for i, w in zip(items, weight[j], strict=True) for _ in range(int(w))]
        grades = graded(by_system[system], matched, items, axis)
        if weight is not None:
            order = [matched[r] for r in by_system[system]]
            grades = [g for g, i in zip(grades, order, strict=True) if i < 0 or weight[j][i] > 0]
        values.append(gain(grades, [_grade(i, axis) for i in kept]))
    return float(np.mean(values))


def _ahead(rows: Sequence[Any], axis: str, rounds: int) -> dict[str, float]:
    """Difference ours − raw count with the 95 % interval of a bootstrap over the graded items of each date (items that are not drawn leave the lists)."""
    rng = np.random.default_rng(20260101)
    made = []
    for _ in range(rounds):
        weight = [np.minimum(1, rng.multinomial(len(items), np.full(len(items), 1 / len(items)))).astype(float) for _, items, _, _ in rows]
        made.append(_mean(rows, "ours", axis, weight) - _mean(rows, "raw count", axis, weight))
    low, high = (float(q) for q in np.quantile(made, [0.025, 0.975]))
    return {"difference": _mean(rows, "ours", axis) - _mean(rows, "raw count", axis), "low": low, "high": high}


def _closed(view: View, scores: Scores, matched: Sequence[int], items: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """τb of our scores against the points of the graded items (an item without a risk of ours scores 0)."""
    found = {}
    for axis, values, points in (("importance", scores.importance, "importance_points"), ("urgency", scores.urgency, "urgency_points")):
        mean = values.draws.mean(axis=0)
        ours = [max((float(mean[r]) for r, m in enumerate(matched) if m == i), default=0.0) for i in range(len(items))]
        found[axis] = tau_b(ours, [sum(item[points].values()) for item in items])
    return found


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the back-test: light records in order of rank, and the documents behind each risk."""

    number: int
    records: list[dict[str, Any]]
    documents: dict[str, frozenset[str]]
    scores: dict[str, dict[str, float]] = field(default_factory=dict)


def replay(evidence: Evidence, days: Sequence[int], *, draws: int = 20, progress: Callable[..., None] | None = None) -> list[Day]:
    """Score every day with what had been seen by its end."""
    made = []
    for number in days:
        view = evidence.at(number)
        if not view.keys:
            continue
        scores = score(view, Context(), seed=seed_of(iso(number)), draws=draws)
        before = evidence.at(number - 30)
        last = {k: float(sum(len(p.members) for p in before.of(r))) for r, k in enumerate(before.keys)}
        made.append(_day(evidence, view, scores, last))
        if progress and number % 30 == 0:
            progress("replay", iso(number))
    return made


def _day(evidence: Evidence, view: View, scores: Scores, last: Mapping[str, float]) -> Day:
    importance, urgency = scores.importance.draws.mean(axis=0), scores.urgency.draws.mean(axis=0)
    equal = scores.importance.scores(np.full(len(IMPORTANCE), 1.0)) * scores.urgency.scores(np.full(len(URGENCY), 1.0))
    records, documents, systems = [], {}, {}
    for place, r in enumerate(scores.order, 1):
        key, pairs = view.keys[r], view.of(r)
        members = [(evidence.signals[i], p.story) for p in pairs for i in p.members]
        documents[risk_id(key)] = frozenset(s.document_id for s, _ in members)
        systems[risk_id(key)] = {"raw count": float(len(members)), "last period": last.get(key, 0.0), "equal weights": float(equal[r])}
        burst_at = scores.urgency.names.index("burst")
        records.append({
            "id": risk_id(key), "level": scores.levels[r], "level_name": LEVEL_NAMES[scores.levels[r]], "rank": {"position": place}, "importance": {"mean": float(importance[r])},
            "urgency": {"mean": float(urgency[r]), "percentiles": {"burst": float(np.nan_to_num(scores.urgency.percentiles[r, burst_at]))}},
            "signals": [{"story_id": story, "seen": s.seen, "supports": True} for s, story in members if day(s.seen) > view.day - 10],
        })  # fmt: skip
    return Day(view.day, records, documents, systems)


Alert = tuple[int, str]


def our_alerts(days: Sequence[Day], per_week: int) -> list[Alert]:
    """(day, risk) of the alerts of our rules under a weekly budget."""
    past: list[dict[str, Any]] = []
    for previous, today in zip([None, *days[:-1]], days, strict=True):
        allowed = per_week - sum(today.number - 7 < p["day"] for p in past)
        on = iso(today.number)
        for alert in judge(today.records, previous.records if previous else [], past, on)[: max(0, allowed)]:
            past.append({"risk_id": alert.risk_id, "as_of": on, "level": alert.level, "day": today.number})
    return [(p["day"], p["risk_id"]) for p in past]


def ranked_alerts(days: Sequence[Day], per_week: int, system: str) -> list[Alert]:
    """(day, risk) of a baseline: each day its best risks that were quiet long enough, under the same budget and quiet period."""
    quiet = constants()["alerts"]["quiet_days"]
    last: dict[str, int] = {}
    found: list[Alert] = []
    for today in days:
        allowed = min(max(1, math.ceil(per_week / 7)), per_week - sum(today.number - 7 < d for d, _ in found))
        for risk in _best(today, system)[:60]:
            if allowed <= 0:
                break
            if today.number - last.get(risk, -10_000) > quiet:
                found.append((today.number, risk))
                last[risk], allowed = today.number, allowed - 1
    return found


def _best(today: Day, system: str) -> list[str]:
    ids = [r["id"] for r in today.records]
    if system == "random":
        return [ids[int(i)] for i in np.random.default_rng(seed_of("random", today.number)).permutation(len(ids))]
    if system == "our order":
        return ids
    return sorted(ids, key=lambda i: (-today.scores[i][system], i))


def targets(item: Mapping[str, Any], lists: HotLists) -> frozenset[str]:
    """Documents that belong to an item: titles that match inside its window, and its recorded precursors."""
    pattern = re.compile("|".join(f"(?:{k})" for k in item["keywords"]))
    start, end = (day(d) for d in item["window"])
    named = {(p["title"], p["date"]) for p in (item.get("precursor") or {}).get("items", ())}
    titles = {t for t, _ in named}
    found = set()
    for r in lists.records:
        first = day(r.seen)
        if (start <= first <= end and pattern.search(r.text)) or (r.text in titles and any(t == r.text and day(d) >= first for t, d in named)):
            found.add(r.id)
    return frozenset(found)


def events(days: Sequence[Day], lists: HotLists, data: Path, *, budgets: Sequence[int] = (1, 2, 5, 10, 20)) -> dict[str, Any]:
    """Recall, lead time, false alarms and alerts a week for our rules and the baselines, over budgets."""
    items = list(read_lines(opinion_folder(data) / "risk_events.jsonl"))
    belongs = {i["id"]: targets(i, lists) for i in items}
    by_day = {d.number: d for d in days}
    weeks = len(days) / 7
    curve = {}
    for budget in budgets:
        systems = {"ours": our_alerts(days, budget)} | {s: ranked_alerts(days, budget, s) for s in ("our order", "raw count", "last period", "equal weights", "random")}
        curve[str(budget)] = {name: _judge(alerts, items, belongs, by_day, weeks) for name, alerts in systems.items()}
    return {"budget_curve": curve, "events": sum(i["kind"] == "event" for i in items), "non_events": sum(i["kind"] != "event" for i in items)}


def _judge(alerts: Sequence[Alert], items: Sequence[Mapping[str, Any]], belongs: Mapping[str, frozenset[str]], by_day: Mapping[int, Day], weeks: float) -> dict[str, Any]:
    held = [(d, by_day[d].documents[r]) for d, r in alerts]
    hits = {i["id"]: sorted(d for d, documents in held if documents & belongs[i["id"]]) for i in items}
    wanted = [i for i in items if i["kind"] == "event"]
    early = [i for i in wanted if i["precursor"]["exists_before_onset_7d"]]
    late = [i for i in wanted if not i["precursor"]["exists_before_onset_7d"]]
    leads = [_lead(hits[i["id"]], i) for i in early]
    matched = sum(any(day(i["peak_date"]) - LOOK_BACK <= d <= day(i["window"][1]) and documents & belongs[i["id"]] for i in wanted) for d, documents in held)
    others = [i for i in items if i["kind"] != "event"]
    false = [i["id"] for i in others if any(day(i["window"][0]) <= d <= day(i["window"][1]) for d in hits[i["id"]])]
    return {
        "alerts_a_week": round(len(alerts) / max(weeks, 1e-9), 2),
        "recall_by_day_before_peak": _share(early, hits, 1), "recall_7d_before_peak": _share(early, hits, 7), "recall_near": _share(early, hits, 1, NEAR),
        "recall_first_seen": _share(wanted, hits, 0, LOOK_BACK, "first_seen"), "recall_without_precursor": _share(late, hits, 1),
        "median_lead_days": _median_censored(leads), "missed": [i["id"] for i, x in zip(early, leads, strict=True) if x is None],
        "alerts_on_events_share": round(matched / max(1, len(alerts)), 3), "false_alarms_on_non_events": len(false), "false_alarm_ids": false,
    }  # fmt: skip


def _lead(hit_days: Sequence[int], item: Mapping[str, Any]) -> int | None:
    peak = day(item["peak_date"])
    inside = [d for d in hit_days if peak - LOOK_BACK <= d <= peak - 1]
    return peak - inside[0] if inside else None


def _share(items: Sequence[Mapping[str, Any]], hits: Mapping[str, Sequence[int]], before: int, back: int = LOOK_BACK, mark: str = "peak_date") -> float:
    """Share of items with an alert between `back` and `before` days before their mark."""
    marks = [day(i[mark]["first_any_source"] if mark == "first_seen" else i[mark]) for i in items]
    return round(sum(any(m - back <= d <= m - before for d in hits[i["id"]]) for i, m in zip(items, marks, strict=True)) / max(1, len(items)), 3)


def _median_censored(leads: Sequence[int | None]) -> float | None:
    """Median lead time with misses as censored at 0 (None when half or more were missed)."""
    values = sorted((x if x is not None else 0) for x in leads)
    if not values:
        return None
    middle = float(np.median(values))
    return middle if middle > 0 else None
