"""Graded rankings at any date by the published rule of RISK_SCHEMA.md, from the topics of risk_rankings.json.

Three judged dates are too few for an interval. The same rule over the same topics grades any date, so that an order can be
compared with others over months; how far the rule agrees with the judged dates is measured beside (`agreement`).
Labels look 60 days ahead; what is ranked never does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.hotlists import HotLists
from risk.constants import day, iso

Graded = dict[str, Any]
DENIED = re.compile("辟谣|谣言|不实|系谣|电影|电视剧|剧情|综艺|演唱会|大结局|乌克兰|俄军|俄罗斯.{0,8}(导弹|空袭)|以色列|加沙|哈马斯")
CASUALTY = re.compile("死|亡|伤|遇难|身亡|逝世|丧生|罹难|遗体|命丧|无生命体征|牺牲")
STOP = re.compile("召回|停(产|售|飞|运|用|业|服)|禁(售|令|用|止|运)|下架|断供|封杀")
REGULATOR = re.compile("监管|警方|央视|法院|约谈|立案|通报|处罚|罚|网信办|工信部|市场监管|应急管理|药监|公安|检察|审查|起诉|一审|判|消防|官方|调查|国务院|外交部|教育部|卫健委|315|3\\.15")
SEVERE = re.compile(f"{CASUALTY.pattern}|召回|监管|警方|约谈|立案|通报|处罚|法院|网信办|工信部|市场监管|审查")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the judged lists and its titles: (first day, title, days on a list, highest heat)."""

    name: str
    keywords: str
    titles: tuple[tuple[int, str, tuple[int, ...], float], ...]


def topics_of(entries: Iterable[Mapping[str, Any]], lists: HotLists) -> list[Topic]:
    """The distinct topics of all judged lists, with the titles that match each (denials, war and entertainment removed)."""
    patterns = {i["name"]: i["keywords"] for e in entries for i in e["risks"]}
    compiled = {n: re.compile(k) for n, k in patterns.items()}
    found: dict[str, list[tuple[int, str, tuple[int, ...], float]]] = defaultdict(list)
    for r in lists.records:
        if r.source != "weibo" or DENIED.search(r.text):  # the judged lists count this platform alone
            continue
        for name, pattern in compiled.items():
            if pattern.search(r.text):
                made = lists.sightings[r.id]
                found[name].append((min(d for d, _ in made), r.text, tuple(sorted({d for d, _ in made})), max(h for _, h in made)))
    return [Topic(n, patterns[n], tuple(found[n])) for n in sorted(patterns)]


def graded(topics: Sequence[Topic], date: str, *, kept: int = 15) -> list[Graded]:
    """Items {name, keywords, importance, urgency, points} of the active topics at a date, best first, as the schema orders them."""
    on = day(date)
    items = [g for t in topics if (g := _grade(t, on)) is not None]
    return sorted(items, key=lambda g: (-(g["importance"] + g["urgency"]), -(g["importance_total"] + g["urgency_total"]), -g["titles"], g["name"]))[:kept]


def _grade(topic: Topic, on: int) -> Graded | None:
    inside = [t for t in topic.titles if any(on - 90 < d <= on for d in t[2])]
    if not inside:
        return None
    words = [t for _, t, _, _ in inside]
    days = {d for _, _, made, _ in inside for d in made if on - 90 < d <= on}
    heat = max(h for *_, h in inside)
    importance = {
        "casualty": 2 * _any(CASUALTY, words), "recall_stop": _any(STOP, words), "regulator": _any(REGULATOR, words), "persistence": int(len(days) >= 7),
        "volume": int(len(words) >= 10), "heat": int(heat >= 1_000_000 or (not heat and len(words) >= 30)),
    }  # fmt: skip
    last, before = (sum(any(on - b < d <= on - a for d in made) for _, _, made, _ in inside) for a, b in ((0, 14), (14, 28)))
    later = [t for first, t, _, _ in topic.titles if on < first <= on + 60]
    severe = sum(bool(SEVERE.search(t)) for t in later)
    urgency = {
        "active14": int(last >= 1), "strong14": int(last >= 6), "growth": int(last >= 2 and last >= 2 * before), "future_continues": int(len(later) >= 8),
        "future_surge": int(len(later) >= 25), "future_severe": min(2, (severe + 1) // 2) if severe < 3 else 2,
    }  # fmt: skip
    return {
        "name": topic.name, "keywords": topic.keywords, "importance": _points(sum(importance.values())), "urgency": _points(sum(urgency.values())), "titles": len(words),
        "importance_points": importance, "urgency_points": urgency, "importance_total": sum(importance.values()), "urgency_total": sum(urgency.values()),
    }  # fmt: skip


def _any(pattern: re.Pattern[str], words: Sequence[str]) -> int:
    return int(any(pattern.search(w) for w in words))


def _points(total: int) -> int:
    return 3 if total >= 5 else 2 if total >= 3 else int(total >= 1)


def agreement(entries: Sequence[Mapping[str, Any]], topics: Sequence[Topic]) -> dict[str, float]:
    """Share of the judged grades that the rule reproduces exactly, and within one grade, by axis."""
    pairs: dict[str, list[int]] = {"importance": [], "urgency": []}
    for e in entries:
        ours = {g["name"]: g for g in graded(topics, e["reference_date"], kept=1000)}
        for item in e["risks"]:
            if item["name"] in ours:
                for axis, gaps in pairs.items():
                    gaps.append(abs(ours[item["name"]][axis] - item[axis]))
    return {f"{axis}_{name}": round(sum(g <= most for g in gaps) / max(1, len(gaps)), 3) for axis, gaps in pairs.items() for name, most in (("exact", 0), ("within_one", 1))}


def months(lists: HotLists, *, first: str = "2021-03-31", last: str = "2023-10-31", least: int = 80) -> list[str]:
    """Ends of months whose 90 days before and 60 days after are held by the daily lists (at least `least` of 90 days seen)."""
    seen = {d for made in lists.sightings.values() for d, _ in made}
    ends = [on for on in range(day(first), day(last) + 1) if iso(on + 1).endswith("-01")]
    return [iso(on) for on in ends if sum(d in seen for d in range(on - 89, on + 1)) >= least and sum(d in seen for d in range(on + 1, on + 61)) >= least * 60 / 90]
