"""A risk's record: statement in cause-event-consequence form, evidence for and against, grade, gaps, what would change it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from base64 import b32encode
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from risk.constants import constants, iso
from risk.evidence import Evidence, Pair, View
from risk.indicators import IMPORTANCE, URGENCY
from risk.lexicon import load_lexicon
from risk.score import Axis, Scores, interval
from risk.signals import Signal
from risk.taxonomy import Taxonomy
from risk.technologies import Named

FEW = 3
"""Up to so many texts one that names a cause speaks for the risk."""
LEVEL_NAMES = {"red": "重大(红)", "orange": "较大(橙)", "yellow": "一般(黄)", "blue": "低(蓝)"}
_CAUSE = re.compile(r"(?:由于|因(?![此而应人素果])为?)([^，。；！？,、“”\d]{2,18}?(?:不足|缺陷|短缺|管制|漏洞|故障|老化|违规|失效|禁令|滞后|缺失|不当|紧张|过剩|污染|超标))(?=，|,|而|导致|造成|引发|。)")


@cache
def phrases() -> dict[str, Any]:
    """What is said by bucket (`measures.toml`)."""
    return tomllib.loads(files("risk").joinpath("measures.toml").read_text("utf-8"))


def risk_id(key: str) -> str:
    """The permanent id of a risk: `r` and 12 base-32 characters of the SHA-256 of its key."""
    return "r" + b32encode(hashlib.sha256(key.encode()).digest())[:12].decode().lower()


def phrase(bucket: str) -> Mapping[str, Any]:
    """The phrases of a bucket; a bucket without any gets those of 安全隐患与争议."""
    found: Mapping[str, Any] = phrases().get(bucket) or phrases()["安全隐患与争议"]
    return found


def title_of(key: str) -> str:
    """风险名称: object and short name, what both share said once (电信网络诈骗 + 诈骗与黑灰产风险 → 电信网络诈骗与黑灰产风险)."""
    thing, bucket = key.split("|")
    if own := phrases()["titles"].get(key):
        return str(own)
    if bucket not in phrases():  # a part that an expert split off has a name of its own
        return f"{thing}{bucket}" if bucket.endswith("风险") else f"{thing}{bucket}风险"
    short = str(phrase(bucket)["short"])
    shared = next((n for n in range(min(len(thing), len(short)), 1, -1) if thing.endswith(short[:n])), 0)
    return thing + short[shared:]


def bucket_of(r: Mapping[str, Any]) -> str:
    """The bucket whose phrases, measures and grounds a record goes by: its own, or of a part that an expert split off and named the one of its evidence."""
    return str(r.get("bucket") or str(r["key"]).partition("|")[2])


def _own_bucket(bucket: str, signals: Sequence[Signal]) -> str:
    return bucket if bucket in phrases() or not signals else Counter(s.bucket for s in signals).most_common(1)[0][0]


def statement_of(key: str, signals: Sequence[Signal]) -> str:
    """因…，…（事），…（果）, at most 80 characters: the cause is quoted from the signals when one of them names it."""
    thing, bucket = key.split("|")
    words = phrase(_own_bucket(bucket, signals))
    common = Counter(s.type for s in signals).most_common(2)
    event = str(words["event"]).format(hazards="、".join(_HAZARDS.get(name, name) for name, _ in common) or "相关")
    cause = _named_cause(signals) or str(words["cause"])
    text = f"因{cause}，{thing}{event}，{words['consequence']}"
    return text if len(text) <= 80 else f"因{words['cause']}，{thing}{event}，{words['consequence']}"[:80]


_HAZARDS = {"起火爆炸": "起火爆炸", "碰撞失控": "碰撞失控", "坠落垮塌": "坠落垮塌", "安全事故": "伤亡", "故障失效": "故障", "中毒与泄漏": "泄漏", "安全风险": "隐患"}


def _named_cause(signals: Sequence[Signal]) -> str:
    """The cause that sentences of the risk's own object name: of several texts, or of one where the risk is known from few.

    One sentence of many is an opinion of its writer, not the cause of the risk.
    """
    found = [(s.document_id, re.sub(r"^(?:就?是|在于)", "", m.group(1))) for s in signals if s.kind != "opinion" and not s.inherited and (m := _CAUSE.search(s.quote)) and not _of_person(m.group(1))]
    told, said = len({s.document_id for s in signals}), Counter(c for _, c in dict.fromkeys(found) if len(c) >= 4)
    if len({d for d, _ in found}) < 2 and told > FEW:
        return ""
    return min(said, key=lambda c: (-said[c], len(c), c), default="")


def _of_person(cause: str) -> bool:
    """Whether a cause names a person (拜登的芯片禁令): a list of risks names none."""
    import rjieba

    return any(tag in ("nr", "nrfg") or (tag == "nrt" and word not in _NO_PERSON) for word, tag in rjieba.tag(cause))


_NO_PERSON = frozenset(("纳米", "高精度", "安全"))


def strength_of(stories: int, sources: int) -> str:
    """high | middle | low by independent stories and distinct sources."""
    rule = constants()["evidence"]
    for name in ("high", "middle"):
        if stories >= rule[name]["stories"] and sources >= rule[name]["sources"]:
            return name
    return "low"


def capped(level: str, strength: str) -> str:
    """A grade that weak evidence may carry: never red on low strength."""
    return "orange" if level == "red" and strength == "low" else level


def record(evidence: Evidence, view: View, scores: Scores, place: int, taxonomy: Taxonomy, terms: Named) -> dict[str, Any]:
    """The record of the risk at `place` (0-based) of the order. Pure; plain JSON types."""
    r = scores.order[place]
    key, pairs = view.keys[r], view.of(r)
    for_it = [evidence.signals[i] for p in pairs for i in p.members]
    against = [evidence.signals[i] for i in view.opposing[r]]
    thing, bucket = key.split("|")
    words = _own_bucket(bucket, for_it)
    kind = Counter(s.type for s in for_it).most_common(1)[0][0]
    sources = sorted({s.source for s in for_it})
    told = sum(any(not evidence.signals[i].weak for i in p.members) for p in pairs)  # weak signals make no strong evidence, however many
    strength = strength_of(told, len(sources))
    level = capped(scores.levels[r], strength)
    ranks = scores.ranks[:, r].astype(float)
    place_interval = interval(ranks)
    return {
        "id": risk_id(key), "key": key, "bucket": words, "title": title_of(key), "statement": statement_of(key, for_it), "field": taxonomy.field_of(thing), "object": thing,
        "stage": "scored", "technology_stage": Counter(s.stage for s in for_it).most_common(1)[0][0], "type_path": list(taxonomy.path(kind, bucket)),
        "associated_types": list(phrase(words).get("also", ())), "technologies": _technologies(thing, for_it, terms, taxonomy), "state": "monitoring",
        "importance": axis_record(scores.importance, r), "urgency": axis_record(scores.urgency, r),
        "rank": {**place_interval, "position": place + 1}, "p_top10": round(float((ranks <= constants()["top"]).mean()), 4),
        "level": level, "level_name": LEVEL_NAMES[level], "evidence_strength": strength,
        "stories": len(pairs), "sources": sources, "single_source": len(pairs) < 2, "signals": _signals(evidence, pairs, against),
        "signal_count": len(for_it), "opposing_count": len(against), "gaps": _gaps(scores, r, sum(s.timeless for s in for_it), len(for_it)), "counter_measures": [],
        "first_signal_at": min(s.seen for s in for_it), "last_signal_at": max(s.seen for s in for_it), "evidence_until": _until(pairs), "undated_count": sum(s.timeless for s in for_it),
        "would_change": would_change(scores, r), "equal_weights_rank": _equal_rank(scores, r), "lambda_ranks": {},
        "lead": phrase(words).get("lead", phrases()["default_lead"]), "regions": [n for n, _ in Counter(p for s in for_it for p in s.places).most_common(6)],
        "weekly": _weekly(view, pairs), "history": [], "constants_version": constants()["version"], "taxonomy_version": taxonomy.version,
    }  # fmt: skip


def _until(pairs: Sequence[Pair]) -> str:
    """The day of the newest dated evidence; empty when none has a date."""
    last = max(p.last for p in pairs)
    return iso(last) if last >= 0 else ""


def interval_of(axis: Axis, r: int) -> dict[str, Any]:
    """The interval of one axis; an axis without any indicator is `unknown`: 0 with the whole range."""
    known = not bool(np.isnan(axis.percentiles[r]).all())
    return interval(axis.draws[:, r]) if known else {"mean": 0.0, "low": 0.0, "high": 1.0, "unknown": True}


def axis_record(axis: Axis, r: int) -> dict[str, Any]:
    """Interval, contributions, percentiles and weights of one axis."""
    given = {n: round(float(v), 4) for n, v in zip(axis.names, axis.percentiles[r], strict=True) if not np.isnan(v)}
    weights = {n: round(float(w), 4) for n, w in zip(axis.names, axis.weights, strict=True)}
    return {**interval_of(axis, r), "point": round(float(axis.point[r]), 6), "contributions": {n: round(v, 4) for n, v in axis.contributions(r).items()}, "percentiles": given, "weights": weights}


def _technologies(thing: str, signals: Sequence[Signal], terms: Named, taxonomy: Taxonomy, *, limit: int = 8, looked_at: int = 80) -> list[str]:
    """What the newest signals name (as written there without names of firms, and mined terms), most often first; filled up with the best terms of the object."""
    newest = sorted(signals, key=lambda s: (s.seen, s.key), reverse=True)[:looked_at]
    named = Counter(t for s in newest for t in dict.fromkeys((*(w for w in s.technologies if _no_name(w, thing, taxonomy)), *terms.within(s.quote))))
    found = [t for t, _ in sorted(named.items(), key=lambda x: (-x[1], -len(x[0]), x[0]))][:limit]
    return list(dict.fromkeys([*found, *terms.of(thing), thing]))[:limit]


def _no_name(word: str, thing: str, taxonomy: Taxonomy) -> bool:
    """Whether a word for an object is no name of a firm or a platform (国航, 抖音)."""
    if word in thing or taxonomy.any_term.search(word):
        return True
    return thing not in constants()["stories"]["named"] and not load_lexicon().actors.search(word) and not word.endswith("航")


def _signals(evidence: Evidence, pairs: Sequence[Any], against: Sequence[Signal]) -> list[dict[str, Any]]:
    """Evidence shown: one signal a story first (most severe, latest), then more of them; opposing ones at the end."""
    limit = constants()["evidence_shown"]
    by_story = [sorted((evidence.signals[i] for i in p.members), key=lambda s: (-s.confidence, s.seen, s.key)) for p in pairs]
    by_story.sort(key=lambda found: (-max(max(s.severity.values()) for s in found), [-ord(c) for c in max(s.seen for s in found)], found[0].key))
    first = [found[0] for found in by_story]
    rest = [s for found in by_story for s in found[1:]]
    chosen = (first + rest)[:limit]
    return [_signal(s, evidence) for s in chosen + sorted(against, key=lambda s: (s.seen, s.key))[-5:]]


def _signal(s: Signal, evidence: Evidence) -> dict[str, Any]:
    found = {
        "document_id": s.document_id, "start": s.start, "end": s.end, "quote": s.quote, "polarity": s.polarity, "date": "" if s.timeless else s.date, "story_id": evidence.stories.get(s.key, ""),
        "supports": s.supports, "kind": s.kind, "source": s.source, "type": s.type, "severity": max(s.severity.values()), "seen": s.seen,
    }  # fmt: skip
    return {**found, "weak": s.weak} if s.weak else found


def _gaps(scores: Scores, r: int, timeless: int, of: int) -> list[dict[str, str]]:
    """What is missing, in words; undated evidence is a gap of its own, of all urgency or of a part of what it rests on."""
    words = constants()
    blind = bool(np.isnan(scores.urgency.percentiles[r]).all())
    axes = (scores.importance,) if blind else (scores.importance, scores.urgency)
    missing = [n for axis in axes for n, v in zip(axis.names, axis.percentiles[r], strict=True) if np.isnan(v)]
    undated = [{"indicator": words["names"]["urgency"] if blind else words["names"]["dates"], "reason": words["gap_reasons"]["urgency" if blind else "dates"].format(n=timeless, of=of)}] if timeless else []
    return undated + [{"indicator": words["names"][n], "reason": words["gap_reasons"][n]} for n in missing]


def would_change(scores: Scores, r: int) -> list[str]:
    """The nearest change of one indicator's percentile (to 0.95 or 0.05) that moves the point grade up or down, by words."""
    found = []
    names = constants()["names"]
    now = _grade(scores, r)
    for axis in (scores.importance, scores.urgency):
        for target, sign in ((0.95, 1), (0.05, -1)):
            moves = []
            for i, name in enumerate(axis.names):
                if np.isnan(axis.percentiles[r, i]):
                    continue
                changed = axis.percentiles.copy()
                changed[r, i] = target
                value = float(_one(axis, changed, r))
                other = scores.urgency if axis is scores.importance else scores.importance
                grade = _grade_of(value, float(other.draws[:, r].mean()), axis is scores.importance)
                if (grade - now) * sign > 0:
                    moves.append((abs(target - float(axis.percentiles[r, i])), name))
            if moves:
                found.append(f"{names[min(moves)[1]]}{'升至前列' if sign > 0 else '降至末位'}时，等级可能{'上调' if sign > 0 else '下调'}")
    return found[:4]


def _one(axis: Axis, percentiles: Any, r: int) -> float:
    from risk.score import aggregate

    return float(aggregate(percentiles[None, r : r + 1], axis.weights[None])[0, 0])


def _grade(scores: Scores, r: int) -> int:
    return _grade_of(float(scores.importance.draws[:, r].mean()), float(scores.urgency.draws[:, r].mean()), True)


def _grade_of(first: float, second: float, first_is_importance: bool) -> int:
    importance, urgency = (first, second) if first_is_importance else (second, first)
    rules = constants()["levels"]
    return sum(importance > rules[n]["importance"] and urgency > rules[n]["urgency"] for n in ("red", "orange", "yellow"))


def _equal_rank(scores: Scores, r: int) -> int:
    from risk.score import rank

    i = scores.importance.scores(np.full(len(IMPORTANCE), 1 / len(IMPORTANCE)))
    u = scores.urgency.scores(np.full(len(URGENCY), 1 / len(URGENCY)))
    return int(rank(i[None], u[None])[0, r])


def _weekly(view: View, pairs: Sequence[Any], weeks: int = 13) -> list[dict[str, Any]]:
    """Documents a week, oldest first: the trend of the record."""
    counts = [0] * weeks
    for p in pairs:
        for d in p.days:
            back = (view.day - d) // 7
            if 0 <= back < weeks:
                counts[weeks - 1 - back] += 1
    return [{"week_end": iso(view.day - 7 * (weeks - 1 - i)), "documents": n} for i, n in enumerate(counts)]
