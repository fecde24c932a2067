"""Mining: documents → signals (incremental, by the change sequence) → stories → risks scored at a date → register.

Only what had been first seen by the date is used. The seed of the draws comes from the date, the constants and the evidence
visible at that date, so that a later document moves nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.access import Reader as Person
from corpus.errors import SettingsError
from corpus.settings import Settings
from corpus.store import Store
from corpus.validity import today
from risk.collect import Progress, collect, load_evidence
from risk.constants import constants, day, iso, seed_of
from risk.context import POLICY_KINDS, Standing, context_at, links_at, standing_at
from risk.evidence import Evidence, View
from risk.grounds import Finder
from risk.indicators import Context
from risk.learn import learned
from risk.measures import NOT_SEARCHED, counter_measures
from risk.province import load_province
from risk.risks import record, risk_id
from risk.score import Scores, rank, score
from risk.taxonomy import Taxonomy, home_taxonomy
from risk.technologies import Named, Term, of_words, ranked, rules
from risk.weights import mixed


@dataclass(frozen=True, slots=True)
class MineReport:
    """What mining did. `risks` counts listed risks of the fullest list, `levels` how many of each grade."""

    as_of: str
    sequence: int
    documents: int
    signals: int
    stories: int
    risks: int
    levels: dict[str, int]
    new: int
    alerts: int
    seconds: float
    ceilings: list[int] = field(default_factory=list)
    constants_version: str = ""


def mine(store: Store, settings: Settings, *, as_of: str = "", finder: Finder | None = None, progress: Progress | None = None) -> MineReport:
    """Read what changed, score the risks as of a date (today by default) and keep the list; see MineReport.

    `finder` (a retriever) looks for the clauses that the counter-measures rest on; without it they say 未找到依据.
    """
    begun = time.perf_counter()
    on = iso(day(as_of)) if as_of else today()
    taxonomy = home_taxonomy(settings.home)
    read = collect(store, settings, taxonomy, progress=progress)
    evidence = load_evidence(store, taxonomy)
    standing = standing_at(store, on)
    lists = [score_list(store, settings, evidence, taxonomy, on, c, standing, finder=finder, progress=progress) for c in _ceilings(evidence)]
    fresh = _enrol(store, lists[-1].records if lists else [], on)
    from risk.alerts import raise_alerts

    told = raise_alerts(store, lists[-1].records, lists[-1].previous, on, lists[-1].ceiling) if lists else []
    _last_day(store, settings, evidence, taxonomy, on, finder, progress)
    records = lists[-1].records if lists else []
    levels = {name: sum(r["level"] == name for r in records) for name in ("red", "orange", "yellow", "blue")}
    return MineReport(
        on, store.documents.sequence(), read, len(evidence.signals), len(set(evidence.stories.values())), len(records), levels, len(fresh), len(told),
        round(time.perf_counter() - begun, 2), [m.ceiling for m in lists], constants()["version"],
    )  # fmt: skip


def _last_day(store: Store, settings: Settings, evidence: Evidence, taxonomy: Taxonomy, on: str, finder: Finder | None, progress: Progress | None) -> None:
    """The lists as of the last day of dated evidence too, where that is long before: what was last known by its date can then be looked at."""
    for ceiling in _ceilings(evidence):
        until = evidence.until(day(on), ceiling=ceiling)
        if until and day(on) - day(until) > constants()["stale_days"]:
            score_list(store, settings, evidence, taxonomy, until, ceiling, standing_at(store, until), finder=finder, progress=progress)


# ---- scoring ---------------------------------------------------------------------------------------------------------


def _ceilings(evidence: Evidence) -> list[int]:
    """The ceilings at which different lists exist: the levels that signals have."""
    return sorted({s.security for s in evidence.signals}) or [4]


@dataclass(frozen=True, slots=True)
class Listed:
    """One scored list and the records of the one before it."""

    ceiling: int
    records: list[dict[str, Any]]
    previous: list[dict[str, Any]]


def visible_seed(evidence: Evidence, view: View, on: str) -> int:
    """Seed from the date, the constants and the visible evidence."""
    keys = (evidence.signals[i].key for p in view.pairs for i in p.members)
    return seed_of(on, constants()["version"], *keys)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was known at a date, and its scores: all that a list is made of."""

    view: View
    context: Context
    scores: Scores


def weigh(store: Store, settings: Settings, evidence: Evidence, taxonomy: Taxonomy, on: str, ceiling: int, standing: Standing, **options: Any) -> Weighed:
    """Score at one date for one ceiling; `options` go to `score` (share, equal, assumed). The same arguments give the same bits."""
    view = evidence.at(day(on), ceiling=ceiling)
    context = context_at(store, evidence, view, taxonomy, load_province(settings), on, standing, ceiling=ceiling)
    return Weighed(view, context, score(view, context, seed=visible_seed(evidence, view, on), learned=learned(store) or None, **options))


def score_list(
    store: Store, settings: Settings, evidence: Evidence, taxonomy: Taxonomy, on: str, ceiling: int, standing: Standing, *,
    finder: Finder | None = None, progress: Progress | None = None,
) -> Listed:  # fmt: skip
    """Score at one date for one ceiling and keep the list."""
    if progress:
        progress("score", on, ceiling)
    found = weigh(store, settings, evidence, taxonomy, on, ceiling, standing)
    records = build_records(evidence, found.view, found.scores, taxonomy, Named(terms_at(store, taxonomy, on, ceiling=ceiling, words=user_words(settings))))
    before = store.risks.run_at(iso(day(on) - 1), ceiling)
    previous = store.risks.entries(before["n"]) if before and before["ceiling"] == ceiling else []
    links = links_at(store, on, standing, ceiling=ceiling)
    records = [{**r, **links.get(r["object"], NO_LINKS), "moved": moved(r, previous)} for r in records]
    policies = store.risks.changed_at(POLICY_KINDS)
    kept = _kept_measures(previous, before, policies) if finder else {}
    records = with_measures(store, settings, records, finder if policies else None, taxonomy, on, ceiling, kept)
    pairs = found.view.pairs
    summary = {
        "risks": len(records), "signals": sum(len(p.members) for p in pairs), "stories": len(pairs), "policies_at": policies if finder else 0,
        "candidates": _candidates(evidence, found.view, taxonomy), "evidence_until": evidence.until(day(on), ceiling=ceiling),
    }  # fmt: skip
    version = "+".join(filter(None, (constants()["version"], learned(store).get("version", ""))))
    store.risks.put_run(on, ceiling, store.documents.sequence(), version, summary, records)
    return Listed(ceiling, records, previous)


NO_LINKS: Mapping[str, Any] = {"policies": [], "policy_count": 0, "projects": [], "project_count": 0}


def with_measures(
    store: Store, settings: Settings, records: Sequence[dict[str, Any]], finder: Finder | None, taxonomy: Taxonomy, on: str, ceiling: int, kept: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Records with counter-measures; those of `kept` (key → measures of the list before, made from the same policies) are not looked for again."""
    fresh = [r for r in records if r["key"] not in kept]
    found = counter_measures(fresh, finder, Person("system", "official", ceiling), taxonomy, on, region=settings.region, closely=constants()["measures_for"])
    made = {r["key"]: m for r, m in zip(fresh, found, strict=True)} | dict(kept)
    return [{**r, "counter_measures": made[r["key"]]} for r in records]


def _kept_measures(previous: Sequence[Mapping[str, Any]], before: Mapping[str, Any] | None, policies: int) -> dict[str, Any]:
    """Measures of the list before by key, when no policy changed since it was made."""
    if before is None or before["summary"].get("policies_at") != policies:
        return {}
    return {r["key"]: r["counter_measures"] for r in previous if not any(m["basis"] == NOT_SEARCHED for m in r["counter_measures"])}


def build_records(evidence: Evidence, view: View, scores: Scores, taxonomy: Taxonomy, terms: Named) -> list[dict[str, Any]]:
    """Records in order of rank, with the ranks under other λ."""
    by_share = _sensitivity(scores)
    found = []
    for place, r in enumerate(scores.order):
        made = record(evidence, view, scores, place, taxonomy, terms)
        found.append({**made, "lambda_ranks": {s: int(ranks[r]) for s, ranks in by_share.items()}})
    return found


def _sensitivity(scores: Scores) -> dict[str, Any]:
    """Ranks of the point scores for λ = 0, ¼, ½, ¾, 1."""
    found: dict[str, Any] = {}
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        i, u = (axis.scores(mixed(axis.expert, axis.objective, share)) for axis in (scores.importance, scores.urgency))
        found[f"{share:g}"] = rank(i[None], u[None])[0] if len(scores.keys) else []
    return found


def terms_at(store: Store, taxonomy: Taxonomy, on: str, *, ceiling: int = 4, words: Sequence[str] = ()) -> list[Term]:
    """Technology terms of papers, projects, calls, policies and news first seen by the end of a date, best first."""
    until = f"{on}T15:59:59+00:00"
    counts = store.risks.term_counts(until=until, ceiling=ceiling)
    chosen = of_words(store.risks.term_titles(rules().kinds, until=until, ceiling=ceiling), words, taxonomy) if words else {}
    return ranked({**chosen, **counts}, taxonomy, chosen=chosen)


def user_words(settings: Settings) -> tuple[str, ...]:
    """The words of the user dictionary, one a line (what follows a blank is a weight); empty without one."""
    if not settings.user_dictionary:
        return ()
    try:
        lines = Path(settings.user_dictionary).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("the user dictionary cannot be read", settings.user_dictionary, "a UTF-8 file with one word a line") from error
    return tuple(line.split()[0] for line in lines if line.split() and not line.startswith("#"))


def moved(record_: Mapping[str, Any], previous: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """较上期: new | up | down | same, places moved, and the indicators whose contributions changed most."""
    before = {r["id"]: (i, r) for i, r in enumerate(previous, 1)}
    if record_["id"] not in before:
        return {"change": "new", "places": 0, "because": []}
    place, old = before[record_["id"]]
    places = place - record_["rank"]["position"]
    shifts = []
    for axis in ("importance", "urgency"):
        now, then = record_[axis]["contributions"], old[axis]["contributions"]
        shifts += [(now.get(n, 0.0) - then.get(n, 0.0), constants()["names"][n]) for n in now if n in then]
    because = [f"{name}{'上升' if d > 0 else '下降'}" for d, name in sorted(shifts, key=lambda s: -abs(s[0]))[:2] if abs(d) > 0.02]
    return {"change": "up" if places > 0 else "down" if places < 0 else "same", "places": abs(places), "because": because}


def _candidates(evidence: Evidence, view: View, taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """候选: keys known only from opposing or older signals; named in the identification list, never ranked."""
    listed, limit = set(view.keys), view.day
    old = {evidence.key(s) for s in evidence.signals if s.supports and day(max(s.seen, s.known_from)) <= limit} - listed
    return [{"key": k, "id": risk_id(k), "field": taxonomy.field_of(k.partition("|")[0])} for k in sorted(old)]


def _enrol(store: Store, records: Sequence[Mapping[str, Any]], on: str) -> list[str]:
    fresh = store.risks.enrol([(r["id"], r["key"]) for r in records], "monitoring")
    store.risks.note([{"risk_id": i, "as_of": on, "by": "system", "what": "进入监测", "detail": {}} for i in fresh])
    return fresh
