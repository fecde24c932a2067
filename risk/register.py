"""The register: the list as of any date, one risk with its history and lineage, states and other decisions.

A list is the stored run of its date; what people decided since is laid over it, as it stood at that date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput, NotFound
from corpus.settings import Settings
from corpus.store import Store
from corpus.validity import today
from risk.constants import constants, day, iso, seen_day
from risk.grounds import Finder
from risk.measures import NOT_SEARCHED, counter_measures, readable
from risk.risks import LEVEL_NAMES, statement_of
from risk.taxonomy import Taxonomy, home_taxonomy

STATES = {
    "candidate": "候选", "monitoring": "监测", "validation": "专家验证", "listed": "清单", "handling": "处置", "closed": "关闭",
}  # fmt: skip
STAGES = ("identified", "scored", "validated")
KEEPERS = ("official", "operator", "admin")
Risk = dict[str, Any]


def list_risks(store: Store, reader: Reader, *, as_of: str = "", field: str = "", stage: str = "", type_: str = "") -> list[Risk]:
    """Risk records in order of rank, of the newest list made for `as_of` or before (today by default), within the reader's ceiling.

    `stage`: identified (adds candidates), scored or validated; empty gives scored and validated. `type_`: a top split or a group of types
    (科技使用风险, 安全与可靠性). The public reads no list.
    """
    if stage and stage not in STAGES:
        raise BadInput("no such stage", stage, f"one of: {', '.join(STAGES)}")
    if type_ and type_ not in (steps := home_taxonomy(store.home).steps()):
        raise BadInput("no such type of risk", type_, f"one of: {', '.join(steps)}")
    run = run_of(store, reader, as_of)
    if run is None:
        return []
    taxonomy = home_taxonomy(store.home)
    known = taxonomy.field_name(field) if field else ""
    rows, validated = _rows(store, as_of), _validated(store, as_of)
    found = [_overlay(r, rows, validated) for r in _visible(store, reader, store.risks.entries(run["n"], field=known))]
    found = [r for r in found if r["state"] != "closed"]
    if stage == "identified":
        found += [c for c in _candidates(store, run, taxonomy) if not known or c["field"] == known]
    elif stage:
        found = [r for r in found if r["stage"] == stage]
    return [r for r in found if not type_ or type_ in r["type_path"][:2]]


def get_risk(store: Store, reader: Reader, risk: str, *, as_of: str = "", finder: Finder | None = None, settings: Settings | None = None) -> Risk:
    """One risk as of a date, with its history and lineage; raises NotFound.

    With a `finder` the clauses behind its counter-measures are looked up now when they were not when the list was made.
    """
    run = run_of(store, reader, as_of)
    record = store.risks.entry(run["n"], risk) if run else None
    shown = _visible(store, reader, [record]) if record else []
    if run is None or not shown:
        raise NotFound("no such risk", risk, "see `jianwei risks list`")
    found = _overlay(shown[0], _rows(store, as_of), _validated(store, as_of))
    found["counter_measures"] = _measures(store, reader, found, finder, settings, run["as_of"])
    return {**found, "lineage": lineage(store, risk), "history": _history(store, reader, risk), "run": {"as_of": run["as_of"], "made_at": run["made_at"]}}


def lineage(store: Store, risk: str) -> dict[str, Any]:
    """{merged_into, merged_from[], split_into[], split_from}: ids, by the register as it stands."""
    rows = _rows(store)
    keys = {r["key"]: i for i, r in rows.items()}
    parts = {i: list(dict.fromkeys(keys[k] for k in (r["edits"] or {}).get("split", {}).values() if k in keys)) for i, r in rows.items()}
    return {
        "merged_into": rows[risk]["merged_into"] if risk in rows else "", "merged_from": sorted(i for i, r in rows.items() if r["merged_into"] == risk),
        "split_into": parts.get(risk, []), "split_from": next((i for i, of in parts.items() if risk in of), ""),
    }  # fmt: skip


def _measures(store: Store, reader: Reader, r: Risk, finder: Finder | None, settings: Settings | None, on: str) -> list[Any]:
    made: list[Any] = r["counter_measures"]
    if finder is None or not all(isinstance(m, Mapping) and m.get("basis") == NOT_SEARCHED for m in made):
        return made
    region = settings.region if settings else ""
    return list(counter_measures([r], finder, reader, home_taxonomy(store.home), on, region=region)[0])


def run_of(store: Store, reader: Reader, as_of: str = "") -> dict[str, Any] | None:
    """The stored list that a reader sees for a date: none for the public."""
    if reader.role not in constants()["list_roles"]:
        return None
    return store.risks.run_at(iso(day(as_of)) if as_of else today(), reader.ceiling)


def first_list(store: Store, reader: Reader, as_of: str) -> str:
    """The day of the oldest list when a date lies before it; empty when the date has a list, or nobody has made any."""
    if reader.role not in constants()["list_roles"] or run_of(store, reader, as_of):
        return ""
    return next((str(r["as_of"]) for r in store.risks.runs(ceiling=reader.ceiling)), "")


def freshness(store: Store, reader: Reader, as_of: str = "") -> dict[str, Any]:
    """{evidence_until, stale, last_list}: the newest day of dated evidence behind the list of a date (empty without any), whether that is long before it,
    and then the day of the list that was last made of dated evidence (empty without one).
    """
    run = run_of(store, reader, as_of)
    summary: dict[str, Any] = run["summary"] if run else {}
    until = str(summary.get("evidence_until", ""))
    on = iso(day(as_of)) if as_of else today()
    told = "evidence_until" in summary  # a list of before this was measured says nothing of it, least of all that it has no dates
    stale = told and (not until or day(on) - day(until) > constants()["stale_days"])
    last = store.risks.run_at(until, reader.ceiling) if stale and until else None
    return {"evidence_until": until, "stale": stale, "last_list": until if last and last["as_of"] == until and last["summary"].get("risks") else ""}


def _visible(store: Store, reader: Reader, records: Sequence[Risk]) -> list[Risk]:
    """Records with the evidence, bases and links that the reader may see now; a risk without any evidence is left out."""
    allowed = store.risks.readable(sorted({i for r in records for i in _spoken_of(r)}), reader)
    found = []
    for r in records:
        kept = [s for s in r["signals"] if s["document_id"] in allowed]
        if not any(s["supports"] for s in kept):
            continue
        words = {} if len(kept) == len(r["signals"]) else {"signals": kept, "statement": statement_of(r["key"], ())}
        links = {n: [d for d in r.get(n, ()) if d["document_id"] in allowed] for n in ("policies", "projects")}
        found.append({**r, **words, **links, "counter_measures": readable(r["counter_measures"], allowed)})
    return found


def _spoken_of(r: Risk) -> set[str]:
    """Ids of all documents that a record speaks of."""
    cited = {m["citation"]["document_id"] for m in r["counter_measures"] if m.get("citation")}
    return cited | {d["document_id"] for n in ("signals", "policies", "projects") for d in r.get(n, ())}


def _rows(store: Store, as_of: str = "") -> dict[str, dict[str, Any]]:
    """Register entries by id as they stood at the end of a date (now without one): decisions taken later are undone."""
    rows = {r["risk_id"]: r for r in store.risks.registered()}
    if not as_of or iso(day(as_of)) >= today():
        return rows
    then = {i: {**r, **_UNDECIDED} for i, r in rows.items()}
    for h in store.risks.history(limit=1_000_000):
        if h["risk_id"] in then and seen_day(h["at"]) <= iso(day(as_of)):
            then[h["risk_id"]].update(h["detail"].get("values", {}))
    return then


_UNDECIDED: Mapping[str, Any] = {"state": "monitoring", "merged_into": "", "owner": "", "due_on": "", "residual": None, "edits": {}}


def _validated(store: Store, as_of: str) -> set[str]:
    """Ids on a list that carries all three signatures."""
    from risk.panel_list import issued

    last = iso(day(as_of)) if as_of else "9999"
    lists = [found for found in store.panels.lists() if issued(found) and seen_day(found["created_at"]) <= last]
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
    """Decisions and alerts, and the place and level at each list (of a day made twice the later one), oldest first."""
    told = [{"at": seen_day(h["at"]), "what": h["what"], "by": h["by"], "detail": {k: v for k, v in h["detail"].items() if k != "values"}} for h in store.risks.history(risk)]
    ran: dict[str, dict[str, Any]] = {}
    for run in store.risks.runs(ceiling=reader.ceiling)[-60:]:
        if (entry := store.risks.entry(run["n"], risk)) is not None:
            words = f"第{entry['rank']['position']}位，{entry['level_name']}"
            ran[run["as_of"]] = {"at": run["as_of"], "what": words, "by": "system", "detail": {"importance": entry["importance"]["mean"], "urgency": entry["urgency"]["mean"]}}
    return sorted([*told, *ran.values()], key=lambda h: h["at"])


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
        "id": risk, "key": key, "title": (thing + bucket) or words[:40], "statement": words or statement_of(key, ()), "field": field, "object": thing, "stage": "identified", "type_path": path,
        "associated_types": [], "technologies": [thing] if thing else [], "state": "candidate", "importance": dict(nothing), "urgency": dict(nothing),
        "rank": {"mean": 0.0, "low": 0.0, "high": 0.0}, "p_top10": 0.0, "level": "blue", "level_name": LEVEL_NAMES["blue"], "evidence_strength": "low", "signals": [],
        "gaps": [{"indicator": "signals", "reason": "回溯期内无可引用信号"}], "counter_measures": [], "first_signal_at": "", "history": [], "constants_version": constants()["version"],
    }  # fmt: skip


_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


# ---- decisions -------------------------------------------------------------------------------------------------------


def set_state(store: Store, risk: str, state: str, reader: Reader, *, note: str = "", owner: str | None = None, due_on: str | None = None, residual: float | None = None) -> None:
    """Move a risk to another state, give it an owner, a due date (核查时限) or a residual score 0..1; history keeps who and why."""
    reader.require(*KEEPERS)
    if state == "closed" and not note.strip():
        raise BadInput("closing a risk needs a reason", risk, "say why in the note")
    if due_on and not _DATE.fullmatch(due_on):
        raise BadInput("this is no date", due_on, "write 2026-11-21")
    if state not in STATES:
        raise BadInput("no such state", state, f"one of: {', '.join(STATES)}")
    if residual is not None and not 0 <= residual <= 1:
        raise BadInput("a residual score lies in 0..1", residual, "write 0.3")
    values: dict[str, Any] = {k: v for k, v in (("state", state), ("owner", owner), ("due_on", due_on), ("residual", residual)) if v is not None}
    store.risks.amend(risk, reader.user, STATES[state], {"note": note, **{k: v for k, v in values.items() if k != "state"}, "values": values}, **values)
    store.audit.add(reader.user, "risk.state", risk, values)


def edit(store: Store, risk: str, reader: Reader, *, note: str = "", **edits: Any) -> None:
    """Edit statement, title, lead or counter_measures of a risk by hand; the machine's own words stay in the stored lists."""
    reader.require(*KEEPERS)
    if unknown := set(edits) - {"statement", "title", "lead", "counter_measures"}:
        raise BadInput("this cannot be edited", ", ".join(sorted(unknown)), "statement, title, lead, counter_measures")
    row = store.risks.registered(risk)[0]
    whole = {**(row["edits"] or {}), **edits}
    store.risks.amend(risk, reader.user, "修改", {"note": note, **edits, "values": {"edits": whole}}, edits=whole)
    store.audit.add(reader.user, "risk.edit", risk, {"fields": sorted(edits)})


def risk_list_report(store: Store, reader: Reader, *, as_of: str = "", field: str = "", stage: str = "") -> Any:
    """技术风险清单 as a format-free report (see `risk.list_report`)."""
    from risk.list_report import report

    return report(store, list_risks(store, reader, as_of=as_of, field=field, stage=stage), reader, as_of=as_of or today(), field=field)
