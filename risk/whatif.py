"""What if: the same evidence scored again under assumed indicators, other thresholds or another λ. Exact, not an approximation.

An assumption is NAME=NUMBER in 0..1: an indicator of one risk (its percentile), a threshold (`red.importance`), `probability`, or `lambda`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from corpus.access import Reader
from corpus.errors import BadInput
from corpus.settings import Settings
from corpus.store import Store
from risk.collect import load_evidence
from risk.constants import constants
from risk.context import standing_at
from risk.indicators import IMPORTANCE, URGENCY
from risk.mine import Weighed, weigh
from risk.register import get_risk, list_risks, run_of
from risk.risks import LEVEL_NAMES, capped, interval_of
from risk.score import LEVELS, interval, level_of
from risk.taxonomy import home_taxonomy

LEAST = 1e-3


def what_if(store: Store, settings: Settings, reader: Reader, risk: str, assumed: Mapping[str, float], *, as_of: str = "") -> dict[str, Any]:
    """Scores, rank and grade of one risk under assumptions, beside what the list says; raises NotFound, BadInput."""
    given, thresholds, share = _sorted(assumed)
    r = get_risk(store, reader, risk, as_of=as_of)
    found, exact = _again(store, settings, reader, as_of, r, {r["key"]: given}, share)
    n = found.scores.keys.index(r["key"])
    axes = {"importance": found.scores.importance.draws[:, n], "urgency": found.scores.urgency.draws[:, n]}
    level = capped(level_of(axes["importance"], axes["urgency"], thresholds), r["evidence_strength"])
    return {
        "id": risk, "assumed": dict(assumed), "importance": interval_of(found.scores.importance, n), "urgency": interval_of(found.scores.urgency, n),
        "rank": {**interval(found.scores.ranks[:, n].astype(float)), "position": found.scores.order.index(n) + 1}, "level": level, "level_name": LEVEL_NAMES[level],
        "was": {"importance": r["importance"]["mean"], "urgency": r["urgency"]["mean"], "level": r["level"], "position": r["rank"]["position"]}, "method": _method(exact),
    }  # fmt: skip


def what_if_list(store: Store, settings: Settings, reader: Reader, assumed: Mapping[str, float], *, as_of: str = "") -> dict[str, Any]:
    """The grades and places of the whole list under other thresholds, probability or λ: how many of each grade, and which risks change."""
    given, thresholds, share = _sorted(assumed)
    if given:
        raise BadInput("an indicator is assumed for one risk", ", ".join(given), "name the risk, or assume thresholds, probability or lambda")
    listed = list_risks(store, reader, as_of=as_of)
    if not listed:
        return {"assumed": dict(assumed), "levels": {}, "was": {}, "changed": [], "method": _method(True)}
    found, exact = _again(store, settings, reader, as_of, listed[0], {}, share)
    place = {found.scores.keys[n]: p for p, n in enumerate(found.scores.order, 1)}
    changed, levels = [], Counter[str]()
    for r in listed:
        if r["key"] not in place:
            continue
        n = found.scores.keys.index(r["key"])
        level = capped(level_of(found.scores.importance.draws[:, n], found.scores.urgency.draws[:, n], thresholds), r["evidence_strength"])
        levels[level] += 1
        if level != r["level"] or place[r["key"]] != r["rank"]["position"]:
            row = {"id": r["id"], "title": r["title"], "level": level, "was": r["level"], "position": place[r["key"]], "was_position": r["rank"]["position"]}
            changed.append(row)
    was = Counter(r["level"] for r in listed)
    names = (*LEVELS, "blue")
    return {"assumed": dict(assumed), "levels": {n: levels[n] for n in names}, "was": {n: was[n] for n in names}, "changed": changed, "method": _method(exact)}


def _again(
    store: Store, settings: Settings, reader: Reader, as_of: str, sample: Mapping[str, Any], assumed: Mapping[str, Mapping[str, float]], share: float | None
) -> tuple[Weighed, bool]:
    """The list's evidence scored again, and whether it is still the same evidence (the sample's scores come out bit by bit)."""
    run = run_of(store, reader, as_of)
    assert run is not None  # the caller has read a risk of it
    taxonomy = home_taxonomy(settings.home)
    evidence = load_evidence(store, taxonomy)
    given = (store, settings, evidence, taxonomy, run["as_of"], run["ceiling"], standing_at(store, run["as_of"]))
    found = weigh(*given, share=share, assumed=assumed)
    plain = found if not assumed and share is None else weigh(*given)
    if sample["key"] not in plain.scores.keys:
        raise BadInput("the evidence of this risk has changed since its list was made", sample["id"], "mine again: jianwei risks mine")
    n = plain.scores.keys.index(sample["key"])
    same = interval(plain.scores.importance.draws[:, n])
    return found, all(same[k] == sample["importance"][k] for k in same)


def _method(exact: bool) -> str:
    return "同一证据重新计算" if exact else "清单生成后证据有变化，按当前证据重新计算"


def _sorted(assumed: Mapping[str, float]) -> tuple[dict[str, float], dict[str, Any], float | None]:
    """(indicators, level rules, λ) of assumptions; raises BadInput."""
    rules: dict[str, Any] = {n: dict(constants()["levels"][n]) for n in LEVELS} | {"probability": float(constants()["levels"]["probability"])}
    given, share = {}, None
    for name, value in assumed.items():
        if math.isnan(value) or not 0 <= value <= 1:
            raise BadInput("an assumption lies in 0..1", f"{name}={value}", "write severity=0.8")
        level, _, axis = name.partition(".")
        if name in (*IMPORTANCE, *URGENCY):
            given[name] = float(np.maximum(value, LEAST))
        elif level in LEVELS and axis in ("importance", "urgency"):
            rules[level][axis] = value
        elif name == "probability":
            rules["probability"] = value
        elif name == "lambda":
            share = value
        else:
            raise BadInput("no such indicator or threshold", name, f"one of: {', '.join((*IMPORTANCE, *URGENCY))}, red.importance …, probability, lambda")
    return given, rules, share
