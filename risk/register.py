"""The register: the list as of any date, one risk, the identification list, states and history, what-if, blind spots."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput, NotFound
from corpus.store import Store
from risk.constants import constants, day, iso
from risk.indicators import IMPORTANCE, URGENCY
from risk.mine import today
from risk.risks import LEVEL_NAMES, risk_id, statement_of
from risk.taxonomy import Taxonomy, home_taxonomy

STATES = {
    "candidate": "候选", "monitoring": "监测", "validation": "专家验证", "listed": "清单", "handling": "处置", "closed": "关闭",
}  # fmt: skip
STAGES = ("identified", "scored", "validated")
KEEPERS = ("official", "operator", "admin")
Risk = dict[str, Any]


def list_risks(store: Store, reader: Reader, *, as_of: str = "", field: str = "", stage: str = "") -> list[Risk]:
    """Risk records in order of rank, of the newest list made for `as_of` or before (today by default), within the reader's ceiling.

    `stage`: identified (adds candidates), scored or validated; empty gives scored and validated. The public reads no list.
    """
    if stage and stage not in STAGES:
        raise BadInput("no such stage", stage, f"one of: {', '.join(STAGES)}")
    run = _run(store, reader, as_of)
    if run is None:
        return []
    taxonomy = home_taxonomy(store.home)
    known = taxonomy.field_name(field) if field else ""
    found = [_overlay(r, _rows(store), _validated(store, as_of)) for r in _visible(store, reader, store.risks.entries(run["n"], field=known))]
    found = [r for r in found if r["state"] != "closed"]
    if stage == "identified":
        return found + [c for c in _candidates(store, run, taxonomy) if not known or c["field"] == known]
    return [r for r in found if not stage or r["stage"] == stage]


def get_risk(store: Store, reader: Reader, risk: str, *, as_of: str = "") -> Risk:
    """One risk as of a date, with its history and lineage; raises NotFound."""
    run = _run(store, reader, as_of)
    record = store.risks.entry(run["n"], risk) if run else None
    shown = _visible(store, reader, [record]) if record else []
    if not shown:
        raise NotFound("no such risk", risk, "see `jianwei risks list`")
    found = _overlay(shown[0], _rows(store), _validated(store, as_of))
    return {**found, "history": _history(store, reader, risk), "run": {"as_of": run["as_of"] if run else "", "made_at": run["made_at"] if run else ""}}


def _run(store: Store, reader: Reader, as_of: str) -> dict[str, Any] | None:
    if reader.role not in constants()["list_roles"]:
        return None
    return store.risks.run_at(iso(day(as_of)) if as_of else today(), reader.ceiling)


def _visible(store: Store, reader: Reader, records: Sequence[Risk]) -> list[Risk]:
    """Records with the evidence that the reader may still see; a risk without any is left out, one with less loses quoted words."""
    ids = sorted({s["document_id"] for r in records for s in r["signals"]})
    readable = store.risks.readable(ids, reader)
    found = []
    for r in records:
        kept = [s for s in r["signals"] if s["document_id"] in readable]
        if not any(s["supports"] for s in kept):
            continue
        found.append(r if len(kept) == len(r["signals"]) else {**r, "signals": kept, "statement": statement_of(r["key"], ())})
    return found


def _rows(store: Store) -> dict[str, dict[str, Any]]:
    return {r["risk_id"]: r for r in store.risks.registered()}


def _validated(store: Store, as_of: str) -> set[str]:
    """Ids on a list that carries all three signatures."""
    from risk.panel_list import issued

    last = iso(day(as_of)) if as_of else "9999"
    lists = [found for found in store.panels.lists() if issued(found) and found["created_at"][:10] <= last]
    return {e["risk_id"] for found in lists for e in found["content"]["entries"]}


def _overlay(record: Risk, rows: Mapping[str, Mapping[str, Any]], validated: set[str]) -> Risk:
    row = rows.get(record["id"])
    stage = "validated" if record["id"] in validated else record["stage"]
    if row is None:
        return {**record, "stage": stage}
    edits = {k: v for k, v in (row["edits"] or {}).items() if k in ("statement", "title", "counter_measures", "lead")}
    state = "listed" if stage == "validated" and row["state"] in ("monitoring", "validation") else row["state"]
    return {**record, **edits, "stage": stage, "state": state, "owner": row["owner"], "due_on": row["due_on"], "residual": row["residual"], "merged_into": row["merged_into"]}


def _history(store: Store, reader: Reader, risk: str) -> list[dict[str, Any]]:
    """Decisions and alerts, and the place and level at each list, oldest first."""
    told = [{"at": h["at"][:10], "what": h["what"], "by": h["by"], "detail": h["detail"]} for h in store.risks.history(risk)]
    ran = []
    for run in store.risks.runs(ceiling=reader.ceiling)[-60:]:
        if (entry := store.risks.entry(run["n"], risk)) is not None:
            words = f"第{entry['rank']['position']}位，{entry['level_name']}"
            ran.append({"at": run["as_of"], "what": words, "by": "system", "detail": {"importance": entry["importance"]["mean"], "urgency": entry["urgency"]["mean"]}})
    return sorted(told + ran, key=lambda h: h["at"])


def _candidates(store: Store, run: Mapping[str, Any], taxonomy: Taxonomy) -> list[Risk]:
    """候选 (no evidence within reach of the date) and expert nominations: named, without scores that could rank them."""
    nothing = {"mean": 0.0, "low": 0.0, "high": 0.0, "contributions": {}}
    named = [(c["id"], c["key"], c["field"], "") for c in run["summary"].get("candidates", ())]
    for panel in store.panels.all():
        named += [(f"{panel['id']}-n{n['n']}", "", panel["field"], n["statement"]) for n in store.panels.nominations(panel["id"])]
    return [_candidate(i, key, field, words, nothing, taxonomy) for i, key, field, words in named]


def _candidate(risk: str, key: str, field: str, words: str, nothing: Mapping[str, Any], taxonomy: Taxonomy) -> Risk:
    thing, _, bucket = key.partition("|")
    path = next((list(taxonomy.path(t.name, bucket)) for t in taxonomy.types.values() if t.bucket == bucket), [])
    return {
        "id": risk, "key": key, "title": thing + bucket, "statement": words or statement_of(key, ()), "field": field, "object": thing, "stage": "identified", "type_path": path,
        "associated_types": [], "technologies": [thing] if thing else [], "state": "candidate", "importance": dict(nothing), "urgency": dict(nothing),
        "rank": {"mean": 0.0, "low": 0.0, "high": 0.0}, "p_top10": 0.0, "level": "blue", "level_name": LEVEL_NAMES["blue"], "evidence_strength": "low", "signals": [],
        "gaps": [{"indicator": "signals", "reason": "回溯期内无可引用信号"}], "counter_measures": [], "first_signal_at": "", "history": [], "constants_version": constants()["version"],
    }  # fmt: skip


# ---- identification list, blind spots --------------------------------------------------------------------------------


def identification(store: Store, reader: Reader, *, as_of: str = "") -> dict[str, Any]:
    """技术风险识别清单: fields × types with the number of risks, their ids, stories and the highest level."""
    cells: dict[tuple[str, str], list[Risk]] = defaultdict(list)
    for r in list_risks(store, reader, as_of=as_of, stage="identified"):
        cells[r["field"], r["type_path"][1] if len(r["type_path"]) > 1 else "其他"].append(r)
    taxonomy = home_taxonomy(store.home)
    groups = list(dict.fromkeys(t.path[1] for t in taxonomy.types.values()))
    rows = [_cell(field, group, held) for (field, group), held in sorted(cells.items())]
    return {"as_of": as_of or today(), "fields": list(taxonomy.fields), "types": groups, "cells": rows}


def _cell(field: str, group: str, held: Sequence[Risk]) -> dict[str, Any]:
    order = ("blue", "yellow", "orange", "red")
    level = max((r["level"] for r in held), key=order.index)
    return {"field": field, "type": group, "risks": [r["id"] for r in held], "titles": [r["title"] for r in held], "stories": sum(r.get("stories", 0) for r in held), "level": level}


def blind_spots(store: Store, reader: Reader, *, as_of: str = "") -> dict[str, Any]:
    """Fields and kinds without recent evidence, and sources that fell silent (nothing new for a year, or ten times their usual gap)."""
    on = iso(day(as_of)) if as_of else today()
    risks = list_risks(store, reader, as_of=on)
    seen = Counter(r["field"] for r in risks)
    kinds = Counter(s["kind"] for r in risks for s in r["signals"])
    silent = []
    for source, (n, first, last) in sorted(store.documents.by_source(reader).items()):
        gap = day(on) - day(last[:10]) if last else 0
        usual = max(1.0, (day(last[:10]) - day(first[:10])) / max(1, n)) if first and last else 1.0
        if gap > max(30.0, min(365.0, 10 * usual)):
            silent.append({"source": source, "last_seen": last[:10], "silent_days": gap, "documents": n})
    taxonomy = home_taxonomy(store.home)
    return {
        "as_of": on, "fields": [f for f in taxonomy.fields if not seen[f]], "thin_fields": [f for f in taxonomy.fields if seen[f] == 1],
        "kinds": [k for k in ("opinion", "news", "paper", "project", "interpretation") if not kinds[k]], "sources": silent,
    }  # fmt: skip


# ---- what-if ---------------------------------------------------------------------------------------------------------


def what_if(store: Store, reader: Reader, risk: str, assumed: Mapping[str, float]) -> dict[str, Any]:
    """Scores and grade of a risk under assumed percentiles of indicators, thresholds (`red.importance`) or `probability`.

    The joint exceedance is computed from the stored intervals (independent normals): an approximation, and the record says so.
    """
    r = get_risk(store, reader, risk)
    levels = {n: dict(constants()["levels"][n]) for n in ("red", "orange", "yellow")}
    probability = float(constants()["levels"]["probability"])
    percentiles = {axis: dict(r[axis]["percentiles"]) for axis in ("importance", "urgency")}
    for name, value in assumed.items():
        if not 0 <= value <= 1 or math.isnan(value):
            raise BadInput("an assumption lies in 0..1", f"{name}={value}", "write severity=0.8")
        level, _, axis = name.partition(".")
        if name in IMPORTANCE or name in URGENCY:
            percentiles["importance" if name in IMPORTANCE else "urgency"][name] = max(value, 1e-3)
        elif level in levels and axis in ("importance", "urgency"):
            levels[level][axis] = value
        elif name == "probability":
            probability = value
        else:
            raise BadInput("no such indicator or threshold", name, f"one of: {', '.join((*IMPORTANCE, *URGENCY))}, red.importance …, probability")
    scores = {axis: _assumed(r, axis, percentiles[axis]) for axis in ("importance", "urgency")}
    grade = next((n for n in ("red", "orange", "yellow") if _exceeds(scores, levels[n]) >= probability), "blue")
    capped = "orange" if grade == "red" and r["evidence_strength"] == "low" else grade
    return {
        "id": risk, "assumed": dict(assumed), "importance": scores["importance"], "urgency": scores["urgency"], "level": capped, "level_name": LEVEL_NAMES[capped],
        "was": {"importance": r["importance"]["mean"], "urgency": r["urgency"]["mean"], "level": r["level"]}, "method": "按已存区间的正态近似",
    }  # fmt: skip


def _assumed(r: Risk, axis: str, percentiles: Mapping[str, float]) -> dict[str, float]:
    """Shift the stored interval by the change of the point score."""
    weights = r[axis]["weights"]
    total = sum(weights[n] for n in percentiles)
    point = math.exp(sum(weights[n] * math.log(p) for n, p in percentiles.items()) / total) if total else 0.0
    shift = point - r[axis]["point"]
    return {n: round(min(1.0, max(0.0, r[axis][n] + shift)), 6) for n in ("mean", "low", "high")}


def _exceeds(scores: Mapping[str, Mapping[str, float]], threshold: Mapping[str, float]) -> float:
    from statistics import NormalDist

    product = 1.0
    for axis in ("importance", "urgency"):
        spread = max(1e-6, (scores[axis]["high"] - scores[axis]["low"]) / 3.29)
        product *= 1 - NormalDist(scores[axis]["mean"], spread).cdf(threshold[axis])
    return product


# ---- decisions -------------------------------------------------------------------------------------------------------


def set_state(store: Store, risk: str, state: str, reader: Reader, *, note: str = "", owner: str | None = None, due_on: str | None = None, residual: float | None = None) -> None:
    """Move a risk to another state, give it an owner, a due date (核查时限) or a residual score 0..1; history keeps who and why."""
    reader.require(*KEEPERS)
    if state not in STATES:
        raise BadInput("no such state", state, f"one of: {', '.join(STATES)}")
    if residual is not None and not 0 <= residual <= 1:
        raise BadInput("a residual score lies in 0..1", residual, "write 0.3")
    values = {k: v for k, v in (("state", state), ("owner", owner), ("due_on", due_on), ("residual", residual)) if v is not None}
    store.risks.amend(risk, reader.user, STATES[state], {"note": note, **{k: v for k, v in values.items() if k != "state"}}, **values)
    store.audit.add(reader.user, "risk.state", risk, values)


def edit(store: Store, risk: str, reader: Reader, *, note: str = "", **edits: Any) -> None:
    """Edit statement, title, lead or counter_measures of a risk by hand; the machine's own words stay in the stored lists."""
    reader.require(*KEEPERS)
    if unknown := set(edits) - {"statement", "title", "lead", "counter_measures"}:
        raise BadInput("this cannot be edited", ", ".join(sorted(unknown)), "statement, title, lead, counter_measures")
    row = store.risks.registered(risk)[0]
    store.risks.amend(risk, reader.user, "修改", {"note": note, **edits}, edits={**(row["edits"] or {}), **edits})
    store.audit.add(reader.user, "risk.edit", risk, {"fields": sorted(edits)})


def compare_lists(store: Store, reader: Reader, before: str, after: str) -> list[dict[str, Any]]:
    """What moved between the lists of two dates, and why: each risk's places, levels and changed indicators; closed ones at the end."""
    from risk.mine import moved

    old, new = (list_risks(store, reader, as_of=on) for on in (before, after))
    found = [{"id": r["id"], "title": r["title"], "place": i, "level": r["level"], **moved(r, old)} for i, r in enumerate(new, 1)]
    gone = {r["id"] for r in old} - {r["id"] for r in new}
    return found + [{"id": r["id"], "title": r["title"], "place": 0, "level": r["level"], "change": "gone", "places": 0, "because": []} for r in old if r["id"] in gone]


def risk_list_report(store: Store, reader: Reader, *, as_of: str = "", field: str = "", stage: str = "") -> Any:
    """技术风险清单 as a format-free report (see `risk.list_report`)."""
    from risk.list_report import report

    return report(store, list_risks(store, reader, as_of=as_of, field=field, stage=stage), reader, as_of=as_of or today(), field=field)


__all__ = ["blind_spots", "compare_lists", "edit", "get_risk", "identification", "list_risks", "risk_id", "risk_list_report", "set_state", "what_if"]
