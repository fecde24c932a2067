"""Health of sources from the record of their runs: pure functions over plain values; only `survey` reads the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from corpus.store import Store
from crawlers.source import Declaration

GOOD = 3
"""Runs that make a usual: fewer say nothing."""
SILENT = 3
"""Cycles without success after which a source is silent."""
DROP = 0.5
"""A run that sees less than this part of the usual number of documents is a sudden drop."""
THIN = 0.5
"""A field filled less than this part as often as usual speaks of a changed template."""


@dataclass(frozen=True, slots=True)
class Health:
    """`state` is ok, late, failing or never; `usual` documents a run (median of good runs, None while unknown);
    `fill` share 0..1 of documents that carry a field; `alarms` are (kind, words) with kind silence | zero | drop |
    template | challenge | errors."""

    source_id: str
    state: str
    last_success: str = ""
    last_run: str = ""
    documents: int = 0
    usual: float | None = None
    errors: Mapping[str, int] = field(default_factory=dict)
    fill: Mapping[str, float] = field(default_factory=dict)
    alarms: tuple[tuple[str, str], ...] = ()


def seen(run: Mapping[str, Any]) -> int:
    """Documents that a run saw: new, changed and unchanged."""
    counts = run["counts"]
    return int(counts.get("new", 0) + counts.get("changed", 0) + counts.get("unchanged", 0))


def good(run: Mapping[str, Any]) -> bool:
    """A run that saw documents and no zero, challenge or robots refusal of the whole."""
    return seen(run) > 0 and not {"zero documents", "challenge"} & set(run["errors"])


def health(source_id: str, runs: Sequence[Mapping[str, Any]], *, cycle: int, now: str, fill: Mapping[str, float] | None = None, usual_fill: Mapping[str, float] | None = None) -> Health:
    """Health from `runs` (newest first; each {ended_at, counts, errors}), the source's cycle in seconds, and fill rates."""
    if not runs:
        return Health(source_id, "never")
    successes = [r for r in runs if good(r)]
    last, success = runs[0], successes[0]["ended_at"] if successes else ""
    before = [seen(r) for r in (successes[1:] if good(last) else successes)]
    usual = float(median(before)) if len(before) >= GOOD else None
    late = not success or _age(success, now) > SILENT * cycle
    alarms = (*_run_alarms(last, usual), *_silence(success, late, now), *_template(fill or {}, usual_fill or {}))
    state = "failing" if not good(last) else "late" if late else "ok"
    return Health(source_id, state, success, str(last["ended_at"]), seen(last), usual, dict(last["errors"]), dict(fill or {}), alarms)


def _run_alarms(last: Mapping[str, Any], usual: float | None) -> list[tuple[str, str]]:
    found = []
    if seen(last) == 0:
        found.append(("zero", "最近一次采集没有得到任何文件"))
    elif usual and seen(last) < DROP * usual:
        found.append(("drop", f"最近一次见到 {seen(last)} 份文件，通常为 {usual:.0f} 份"))
    if "challenge" in last["errors"]:
        found.append(("challenge", "站点返回验证或拦截页面，已停止采集"))
    others = {k: n for k, n in last["errors"].items() if k not in ("zero documents", "challenge")}
    if sum(others.values()) > max(3, 0.2 * seen(last)):
        found.append(("errors", "；".join(f"{kind} {n}" for kind, n in sorted(others.items(), key=lambda e: -e[1]))))
    return found


def _silence(success: str, late: bool, now: str) -> list[tuple[str, str]]:
    if not late:
        return []
    return [("silence", f"最近一次成功采集在 {success[:10]}" if success else "从未成功采集")]


def _template(fill: Mapping[str, float], usual: Mapping[str, float]) -> list[tuple[str, str]]:
    """Fields that used to be filled and no longer are."""
    lost = [name for name, share in usual.items() if share >= 0.5 and fill.get(name, 0.0) < THIN * share]
    return [("template", f"页面模板可能已改变：{'、'.join(sorted(lost))} 的填充率明显下降")] if lost else []


def _age(moment: str, now: str) -> float:
    return (datetime.fromisoformat(now) - datetime.fromisoformat(moment)).total_seconds()


FIELDS = ("title", "doc_number", "index_number", "issuers", "written_on", "published_on", "clauses")
ENOUGH = 5
"""Documents that a run must have read for its fill rates to count."""


def fill_counts(documents: Sequence[Any]) -> dict[str, int]:
    """`read` and, for each field, how many documents carry it: kept with the counts of a run as `fill_…`."""
    return {"read": len(documents), **{f"fill_{name}": sum(bool(getattr(d, name)) for d in documents) for name in FIELDS}} if documents else {}


def fill_rates(run: Mapping[str, Any]) -> dict[str, float]:
    """Share 0..1 of the documents read by a run that carry each field; empty when it read too few to say."""
    counts = run["counts"]
    total = int(counts.get("read", 0))
    return {name: counts.get(f"fill_{name}", 0) / total for name in FIELDS} if total >= ENOUGH else {}


def of_runs(source_id: str, runs: Sequence[Mapping[str, Any]], *, cycle: int, now: str) -> Health:
    """Health with fill rates taken from the runs themselves."""
    rates = [r for run in runs if (r := fill_rates(run))]
    usual = {name: float(median(r[name] for r in rates[1:])) for name in FIELDS} if len(rates) > GOOD else {}
    latest = fill_rates(runs[0]) if runs else {}
    return health(source_id, runs, cycle=cycle, now=now, fill=latest, usual_fill=usual if latest else {})


def survey(store: Store, declared: Mapping[str, Declaration], *, now: str) -> list[Health]:
    """Health of every declared source that was ever gathered, by id."""
    found = []
    for source_id, declaration in sorted(declared.items()):
        runs = store.sources.runs(source_id, 30)
        if runs:
            found.append(of_runs(source_id, runs, cycle=declaration.cycle_seconds, now=now))
    return found
