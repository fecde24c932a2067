"""Mining: documents → signals (incremental, by the change sequence) → stories → risks scored at a date → register.

Only what had been first seen by the date is used. The seed of the draws comes from the date, the constants and the evidence
visible at that date, so that a later document moves nothing.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from corpus.settings import Settings
from corpus.store import Store
from risk.constants import constants, day, iso, seed_of
from risk.context import POLICY_KINDS, context_at, mentions_of
from risk.evidence import Evidence, View
from risk.indicators import Context
from risk.lexicon import load_lexicon
from risk.lineage import lineage_of
from risk.projects import project_signals, reissued
from risk.province import load_province
from risk.risks import record, risk_id
from risk.score import Scores, score
from risk.signals import Reader, Record, Signal
from risk.stories import cluster
from risk.taxonomy import Taxonomy, home_taxonomy
from risk.technologies import by_thing, mine_terms

KINDS = ("opinion", "news", "paper", "interpretation", "notice", "project", "policy")
READ_KINDS = ("opinion", "news", "paper", "interpretation", "notice")
PROJECT_KINDS = ("project", "notice")
BATCH = 5000
Progress = Callable[..., None]


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


def today() -> str:
    """The calendar date in Asia/Shanghai."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()


def mine(store: Store, settings: Settings, *, as_of: str = "", progress: Progress | None = None) -> MineReport:
    """Read what changed, score the risks as of a date (today by default) and keep the list; see MineReport."""
    begun = time.perf_counter()
    on = iso(day(as_of)) if as_of else today()
    taxonomy = home_taxonomy(settings.home)
    read = collect(store, taxonomy, progress=progress)
    evidence = load_evidence(store, taxonomy)
    lists = [score_list(store, settings, evidence, taxonomy, on, c, progress=progress) for c in _ceilings(evidence)]
    fresh = _enrol(store, lists[-1].records if lists else [], on)
    from risk.alerts import raise_alerts

    told = raise_alerts(store, lists[-1].records, lists[-1].previous, on, lists[-1].ceiling) if lists else []
    records = lists[-1].records if lists else []
    levels = {name: sum(r["level"] == name for r in records) for name in ("red", "orange", "yellow", "blue")}
    return MineReport(
        on, store.documents.sequence(), read, len(evidence.signals), len(set(evidence.stories.values())), len(records), levels, len(fresh), len(told),
        round(time.perf_counter() - begun, 2), [m.ceiling for m in lists], constants()["version"],
    )  # fmt: skip


# ---- reading ---------------------------------------------------------------------------------------------------------


def collect(store: Store, taxonomy: Taxonomy, *, progress: Progress | None = None) -> int:
    """Bring the signals up to the store: only documents that changed are read; returns how many. All anew after a change of method."""
    versions = f"{taxonomy.version}/{load_lexicon().version}/{_weights_version()}"
    if store.risks.mark("versions") != versions:
        store.risks.clear_signals()
        store.risks.set_mark("sequence", "")
        store.risks.set_mark("versions", versions)
    since, until = int(store.risks.mark("sequence") or 0), store.documents.sequence()
    if since == until:
        return 0
    changed = None if not since else sorted({c.document_id for c in _changes(store, since)})
    read, kinds = _read(store, taxonomy, changed, progress)
    if changed is None or kinds & set(PROJECT_KINDS):
        _read_projects(store, taxonomy)
    store.risks.set_mark("sequence", str(until))
    return read


def _weights_version() -> str:
    from risk.classifier import load_weights

    weights = load_weights()
    return f"{weights.version}:{float(abs(weights.dense).sum()):.3f}"


def _changes(store: Store, since: int) -> Iterable[Any]:
    while batch := store.documents.changes_since(since):
        yield from batch
        since = batch[-1].seq


def _read(store: Store, taxonomy: Taxonomy, changed: Sequence[str] | None, progress: Progress | None) -> tuple[int, set[str]]:
    reader, read, kinds = Reader(taxonomy), 0, set()
    if changed is not None:
        store.risks.replace_signals(changed, ())
        store.risks.replace_mentions(changed, ())
    rows: list[dict[str, Any]] = []
    noted: list[dict[str, Any]] = []
    done: list[str] = []
    for row in store.risks.material(KINDS, changed):
        kinds.add(row["kind"])
        item = to_record(row)
        if row["kind"] in READ_KINDS:
            rows += [pack(s) for s in reader.read(item)]
        if row["kind"] in (*POLICY_KINDS, "project"):
            noted += list(mentions_of(row, item.seen, taxonomy))
        done.append(row["id"])
        read += 1
        if len(done) >= BATCH:
            _flush(store, done, rows, noted, fresh=changed is None)
            done, rows, noted = [], [], []
            if progress:
                progress("read", read)
    _flush(store, done, rows, noted, fresh=changed is None)
    return read, kinds


def _flush(store: Store, ids: Sequence[str], rows: Sequence[Mapping[str, Any]], noted: Sequence[Mapping[str, Any]], *, fresh: bool) -> None:
    store.risks.replace_signals(() if fresh else ids, rows)
    store.risks.replace_mentions(() if fresh else ids, noted)


def _read_projects(store: Store, taxonomy: Taxonomy) -> None:
    """Project histories are judged together (teams, calls issued again), so all of them are read when one changed."""
    projects = [(to_record(r), r["extra"] or {}) for r in store.risks.material(("project",))]
    calls = [(to_record(r), r["extra"] or {}) for r in store.risks.material(("notice",)) if (r["extra"] or {}).get("deadline") is not None]
    found: dict[str, dict[str, Any]] = {}
    for signal in (*project_signals(projects, taxonomy), *reissued(calls, taxonomy)):
        row = pack(signal)
        found[row["key"]] = row
    spoken = {s["document_id"] for s in store.risks.signals() if s["kind"] == "notice" and not s.get("weak")}
    rows = [r for r in found.values() if r["document_id"] not in spoken]
    store.risks.replace_signals([p.id for p, _ in projects] + [r["document_id"] for r in rows], rows)


def to_record(row: Mapping[str, Any]) -> Record:
    """A stored document as a record: an undated text is dated by its first sight."""
    seen = seen_day(row["first_seen_at"])
    context = " ".join([row["title"], *(row["topics"] or ())]) if row["kind"] == "paper" else row["title"]
    return Record(row["id"], row["text"], row["kind"], row["source"], row["published_on"] or seen, seen, context, row["security"])


def seen_day(instant: str) -> str:
    """The calendar day in Asia/Shanghai of a UTC instant (no daylight saving there since 1991: UTC+8)."""
    if len(instant) < 13:
        return instant[:10] or "1970-01-01"
    return iso(day(instant[:10]) + (int(instant[11:13]) >= 16))


def pack(signal: Signal) -> dict[str, Any]:
    """A signal as a row of the store."""
    return {"key": signal.key, "document_id": signal.document_id, "seen": signal.seen, "security": signal.security, "payload": asdict(signal)}


_TUPLES = ("places", "actors", "technologies", "links")
_NAMES = {f.name for f in fields(Signal)}


def unpack(payload: Mapping[str, Any]) -> Signal:
    """A signal from its stored payload."""
    return Signal(**{n: tuple(v) if n in _TUPLES else v for n, v in payload.items() if n in _NAMES})


# ---- scoring ---------------------------------------------------------------------------------------------------------


def load_evidence(store: Store, taxonomy: Taxonomy) -> Evidence:
    """All signals with their stories and sightings; the same whatever the order in which documents were stored."""
    signals = [unpack(p) for p in store.risks.signals()]
    sightings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for document_id, at, heat in store.risks.sightings():
        sightings[document_id].append((day(seen_day(at)), heat))
    return Evidence(signals, cluster(signals), sightings, lineage_of(store, taxonomy))


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


def score_list(store: Store, settings: Settings, evidence: Evidence, taxonomy: Taxonomy, on: str, ceiling: int, *, progress: Progress | None = None) -> Listed:
    """Score at one date for one ceiling and keep the list."""
    if progress:
        progress("score", on, ceiling)
    view = evidence.at(day(on), ceiling=ceiling)
    context = context_at(store, evidence, view, taxonomy, load_province(settings), on, ceiling=ceiling)
    scores = score(view, context, seed=visible_seed(evidence, view, on))
    records = build_records(evidence, view, scores, context, taxonomy, _terms(store, taxonomy, on))
    before = store.risks.run_at(iso(day(on) - 1), ceiling)
    previous = store.risks.entries(before["n"]) if before and before["ceiling"] == ceiling else []
    records = [{**r, "moved": moved(r, previous)} for r in records]
    summary = {"risks": len(records), "signals": int(sum(len(p.members) for p in view.pairs)), "stories": len(view.pairs), "candidates": _candidates(evidence, view, taxonomy)}
    store.risks.put_run(on, ceiling, store.documents.sequence(), constants()["version"], summary, records)
    return Listed(ceiling, records, previous)


def build_records(evidence: Evidence, view: View, scores: Scores, context: Context, taxonomy: Taxonomy, terms: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Records in order of rank, with the ranks under other λ."""
    by_share = _sensitivity(view, context, scores)
    found = []
    for place in range(len(scores.order)):
        r = scores.order[place]
        key = scores.keys[r]
        named = {key: terms.get(key.partition("|")[0], ())}
        found.append({**record(evidence, view, scores, place, taxonomy, named), "lambda_ranks": {s: int(ranks[r]) for s, ranks in by_share.items()}})
    return found


def _sensitivity(view: View, context: Context, scores: Scores) -> dict[str, Any]:
    """Ranks of the point scores for λ = 0, ¼, ½, ¾, 1."""
    from risk.score import rank
    from risk.weights import mixed

    found = {}
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        i, u = (axis.scores(mixed(axis.expert, axis.objective, share)) for axis in (scores.importance, scores.urgency))
        found[f"{share:g}"] = rank(i[None], u[None])[0] if len(scores.keys) else []
    return found


def _terms(store: Store, taxonomy: Taxonomy, on: str) -> dict[str, tuple[str, ...]]:
    return by_thing(mine_terms(store.risks.terms(("paper", "project"), until=f"{on}T15:59:59+00:00"), taxonomy))


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


__all__ = ["MineReport", "build_records", "collect", "load_evidence", "mine", "score_list", "to_record", "unpack"]
