"""Reading: what changed in the store becomes signals and mentions; all signals become the evidence that is looked at by date.

Only documents that changed since the last reading are read; after a change of taxonomy, lexicon, weights or judge, all anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from corpus.settings import Settings
from corpus.store import Store
from risk.classifier import home_weights
from risk.constants import day, seen_day
from risk.context import POLICY_KINDS, mentions_of
from risk.dating import dated, spoken_day
from risk.evidence import Evidence
from risk.judges import open_judge
from risk.lexicon import load_lexicon
from risk.lineage import lineage_of
from risk.projects import project_signals, reissued
from risk.signals import Reader, Record, Signal
from risk.stories import cluster
from risk.taxonomy import Taxonomy
from risk.technologies import rules, terms_of

KINDS = ("opinion", "news", "paper", "interpretation", "notice", "project", "policy")
READ_KINDS = ("opinion", "news", "paper", "interpretation", "notice")
PROJECT_KINDS = ("project", "notice")
BATCH = 5000
READING = "2"
"""Changes when a document becomes another record than before: then all is read anew."""
Progress = Callable[..., None]


def collect(store: Store, settings: Settings, taxonomy: Taxonomy, *, progress: Progress | None = None) -> int:
    """Bring the signals up to the store; returns how many documents were read."""
    reader = Reader(taxonomy, home_weights(settings.home), open_judge(settings))
    versions = f"{READING}/{taxonomy.version}/{load_lexicon().version}/{rules().version}/{reader.version}"
    if store.risks.mark("versions") != versions:
        store.risks.clear_signals()
        store.risks.set_mark("sequence", "")
        store.risks.set_mark("versions", versions)
    since, until = int(store.risks.mark("sequence") or 0), store.documents.sequence()
    if since == until:
        return 0
    if not since:
        store.risks.clear_signals()  # what a reading that was cut off has left
    changed = None if not since else sorted({c.document_id for c in _changes(store, since)})
    read, kinds = _read(store, reader, changed, progress)
    if changed is None or kinds & set(PROJECT_KINDS):
        _read_projects(store, taxonomy)
    store.risks.set_mark("sequence", str(until))
    return read


def _changes(store: Store, since: int) -> Iterable[Any]:
    while batch := store.documents.changes_since(since):
        yield from batch
        since = batch[-1].seq


def _read(store: Store, reader: Reader, changed: Sequence[str] | None, progress: Progress | None) -> tuple[int, set[str]]:
    read, kinds = 0, set[str]()
    if changed is not None:
        store.risks.replace_signals(changed, ())
        store.risks.replace_mentions(changed, ())
        store.risks.replace_terms(changed, ())
    rows: list[dict[str, Any]] = []
    noted: list[dict[str, Any]] = []
    named: list[dict[str, Any]] = []
    done: list[str] = []
    for row in store.risks.material(KINDS, changed):
        kinds.add(row["kind"])
        item = to_record(row)
        if row["kind"] in READ_KINDS:
            rows += [pack(s) for s in reader.read(item)]
        if row["kind"] in (*POLICY_KINDS, "project"):
            noted += list(mentions_of(row, item.seen, reader.taxonomy))
        named += [{"document_id": row["id"], "term": t, "field": f} for t, f in terms_of(row, reader.taxonomy).items()]
        done.append(row["id"])
        read += 1
        if len(done) >= BATCH:
            _flush(store, done, rows, noted, named, fresh=changed is None)
            done, rows, noted, named = [], [], [], []
            if progress:
                progress("read", read)
    _flush(store, done, rows, noted, named, fresh=changed is None)
    return read, kinds


def _flush(store: Store, ids: Sequence[str], rows: Sequence[Mapping[str, Any]], noted: Sequence[Mapping[str, Any]], named: Sequence[Mapping[str, Any]], *, fresh: bool) -> None:
    store.risks.replace_signals(() if fresh else ids, rows)
    store.risks.replace_mentions(() if fresh else ids, noted)
    store.risks.replace_terms(() if fresh else ids, named)


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
    """A stored document as a record: an undated text is dated by its first sight, news, opinion and papers by the latest day that they speak of.

    What such a date is worth is judged over all signals (`risk.dating`).
    """
    seen = seen_day(row["first_seen_at"])
    context = " ".join([row["title"], *(row["topics"] or ())]) if row["kind"] == "paper" else row["title"]
    told = row["kind"] in ("news", "opinion", "paper")
    date = row["published_on"] or (spoken_day(row["text"], seen) if told else "") or seen
    return Record(row["id"], row["text"], row["kind"], row["source"], date, seen, context, row["security"], undated=row["kind"] in READ_KINDS and not row["published_on"])


def pack(signal: Signal) -> dict[str, Any]:
    """A signal as a row of the store."""
    return {"key": signal.key, "document_id": signal.document_id, "seen": signal.seen, "security": signal.security, "payload": asdict(signal)}


_TUPLES = ("places", "actors", "technologies", "links")
_NAMES = {f.name for f in fields(Signal)}


def unpack(payload: Mapping[str, Any]) -> Signal:
    """A signal from its stored payload."""
    known: dict[str, Any] = {n: tuple(v) if n in _TUPLES else v for n, v in payload.items() if n in _NAMES}
    return Signal(**known)


def load_evidence(store: Store, taxonomy: Taxonomy) -> Evidence:
    """All signals with their stories and sightings; the same whatever the order in which documents were stored."""
    crowd: Counter[tuple[str, str, int]] = Counter()
    for source, instant, security, n in store.risks.undated(READ_KINDS):
        crowd[source, seen_day(instant), security] += n
    signals = dated((unpack(p) for p in store.risks.signals()), crowd)
    sightings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for document_id, at, heat in store.risks.sightings():
        sightings[document_id].append((day(seen_day(at)), heat))
    return Evidence(signals, cluster(signals), sightings, lineage_of(store, taxonomy))
