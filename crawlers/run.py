"""A crawl: runs are opened, a child process fetches, this process takes in what comes, the books are closed.

One crawl of a home runs at a time (a file lock), so that a host is never asked by two.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from corpus.access import LOCAL
from corpus.errors import BadInput, FetchError, StoreError
from corpus.ingest import import_paths, link_all
from corpus.settings import Settings
from corpus.store import Store, open_store
from corpus.store.base import now
from crawlers import targets
from crawlers.files import paths_of
from crawlers.guard import Rules
from crawlers.health import fill_counts
from crawlers.intake import SOFT, Intake, take_in
from crawlers.links import link, mark_vanished
from crawlers.manners import require_contact
from crawlers.source import Declaration, choose, load_sources, paced
from crawlers.worker import Job
from crawlers.writer import later

LOCK_WAIT = 3600.0
Progress = Callable[..., None]


@dataclass(frozen=True, slots=True)
class RunRow:
    """What a crawl did for one source. `errors` counts by kind; a source with errors did not succeed."""

    source_id: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    failed: int = 0
    seconds: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)
    resumed: bool = False
    complete: bool = True


def crawl(
    settings: Settings,
    source_ids: Sequence[str],
    *,
    all: bool = False,
    reparse: bool = False,
    progress: Progress | None = None,
    rules: Rules | None = None,
    documents: int = 0,
    seconds: float = 0.0,
    pace: Mapping[str, Any] | None = None,
    workers: int = 1,
) -> list[RunRow]:
    """Gather sources by id or pattern (`demo` is every demo source; `all` every other one); one row a source.

    Continues what was cut. `reparse` reads the kept snapshots again without the network. Raises NotFound for an unknown
    source, SettingsError when no contact is set for a real one, StoreError when another crawl holds the home.
    """
    declared = [paced(d, pace or {}) for d in choose(load_sources(settings.home / "sources"), source_ids, every=all)]
    if not declared:
        raise BadInput("no source to crawl", "", "name sources or give --all")
    store = open_store(settings)
    try:
        with _lock(settings), _portal(declared, rules) as ways:
            if not reparse and any(not d.id.startswith("demo-") and d.access != "files" for d in declared):
                require_contact(settings.contact)
            run = Crawl(settings, store, declared, ways, progress)
            return run.reparse() if reparse else run.fetch(documents, seconds, dict(pace or {}), workers)
    finally:
        store.close()


@contextlib.contextmanager
def _lock(settings: Settings) -> Iterator[None]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "crawl.lock").open("w") as file:
        until = time.monotonic() + LOCK_WAIT
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise StoreError("another crawl is running", settings.home, "wait until it ends") from error
                time.sleep(0.5)
        yield


@contextlib.contextmanager
def _portal(declared: Sequence[Declaration], rules: Rules | None) -> Iterator[Rules]:
    """The demo portal is served while its sources are gathered, and its address is opened for them."""
    if rules is not None or not any(d.id.startswith("demo-") for d in declared):
        yield rules or Rules()
        return
    from crawlers.portal import AUTHORITY, serve

    with serve() as base:
        yield Rules(mapped={AUTHORITY: base.removeprefix("http://")})


class Crawl:
    """One crawl of some sources of a home."""

    def __init__(self, settings: Settings, store: Store, declared: Sequence[Declaration], rules: Rules, progress: Progress | None) -> None:
        self.settings, self.store, self.rules, self.progress = settings, store, rules, progress
        self.declared = {d.id: d for d in declared}
        self.done = {d.id: Intake() for d in declared}
        self.started, self.began = now(), time.monotonic()

    # ---- fetching ------------------------------------------------------------------------------------------------

    def fetch(self, documents: int, seconds: float, pace: dict[str, Any], workers: int) -> list[RunRow]:
        """Open the runs, fetch in a child, take in, close the runs that came to their end."""
        runs = {i: self._open(d) for i, d in self.declared.items() if d.access != "files"}
        report: dict[str, Any] = {"held": {}}
        if runs:
            job = Job(
                settings={**self.settings.model_dump(mode="json"), "home": str(self.settings.home.absolute())}, runs={i: n for i, (n, _) in runs.items()},
                rules=asdict(self.rules), contact=self.settings.contact or "demo@localhost.invalid",
                documents=documents, seconds=seconds, folder=str((self.settings.home / "sources").absolute()), pace=pace, room=self._room(runs),
                resumed=any(again for _, again in runs.values()),
            )  # fmt: skip
            report = self._children(job, workers)
        for declared in self.declared.values():
            if declared.access == "files":
                self._import(declared)
        for host in report["held"]:
            self.store.frontier.refuse_host(list(runs), host, report["held"][host], later(86400, 0))
        self._take_in()
        self._connect()
        return [self._close(i, runs.get(i, (0, False)), report) for i in self.declared]

    def _open(self, declared: Declaration) -> tuple[int, bool]:
        """The run to work on: continued, or opened with the seeds and what is due."""
        self.store.sources.put(declared.source())
        number, resumed = self.store.frontier.open_run(declared.id)
        if not resumed:
            self.store.frontier.requeue_due(declared.id, number)
        self.store.frontier.push(number, targets.seeds(declared))
        return number, resumed

    def _room(self, runs: Mapping[str, tuple[int, bool]]) -> str:
        """The name of this crawl in Redis: the same for every machine on the same store, another for another run."""
        if not self.settings.redis_url:
            return ""
        text = json.dumps([self.settings.url, sorted((i, n) for i, (n, _) in runs.items())])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _children(self, job: Job, workers: int) -> dict[str, Any]:
        """Run the workers (several need the shared queue); take in what they fetch while they go on."""
        count = workers if job.room else 1
        children = [start(replace(job, worker=f"w{n}" if job.room else "")) for n in range(count)]
        try:
            while any(c.poll() is None for c in children):
                self._take_in()
                time.sleep(0.3)
            reports = [report_of(c) for c in children]
        finally:
            for child in children:
                if child.poll() is None:
                    child.kill()
                    child.wait()
        good = [r for r in reports if r and not r["failure"]]
        if not good:
            what = next((r["failure"] for r in reports if r), f"exit status {children[0].returncode}")
            raise FetchError("the crawl's process failed", what, f"see {self.settings.home / 'crawl.log'}; what was fetched is kept, run it again")
        return {"held": {host: why for r in good for host, why in r["held"].items()}}

    def _import(self, declared: Declaration) -> None:
        """Import what lies in the folders of a source."""
        self.store.sources.put(declared.source())
        done = self.done[declared.id]
        for column in declared.columns:
            try:
                paths = paths_of(column.url, self.settings.home / "mail" / declared.id)
            except BadInput as error:
                done.unread.append((column.url, error.what))
                continue
            report = import_paths(self.store, paths, kind=column.kind, source=declared.id, security=declared.security, progress=self.progress)
            done.counts.update({"unchanged": report.counts["skipped"], **{n: report.counts[n] for n in ("new", "changed", "updated")}})
            done.unread.extend((path, what) for path, what, _ in report.failures)

    def _connect(self) -> None:
        """Relations between what was gathered, once a crawl."""
        mark_vanished(self.store, self.declared)
        if any(sum(i.counts.values()) - i.counts["unchanged"] for i in self.done.values()):
            link_all(self.store)
            link(self.store, self.declared, load_sources(self.settings.home / "sources"))

    def _take_in(self) -> None:
        for source_id, intake in take_in(self.store, self.declared, progress=self._tell).items():
            self.done[source_id].add(intake)

    def _tell(self, rows: int) -> None:
        if self.progress:
            self.progress("crawl", sum(sum(i.counts.values()) for i in self.done.values()))

    # ---- closing -------------------------------------------------------------------------------------------------

    def _close(self, source_id: str, run: tuple[int, bool], report: Mapping[str, Any]) -> RunRow:
        """The row of a source; its run is closed unless something is still queued (quiet hours, a cap)."""
        number, resumed = run
        tally = self.store.frontier.tally(source_id, number)
        waiting = any(state == "queued" for _, state in tally)
        if number and not waiting:
            self.store.frontier.close_run(number)
        row = self._row(source_id, tally, number, resumed, not waiting)
        counts = {name: getattr(row, name) for name in ("new", "changed", "unchanged", "refused", "failed")}
        self.store.sources.add_run(source_id, self.started, row.seconds, counts | self._fill(source_id), row.errors)
        return row

    def _row(self, source_id: str, tally: Mapping[tuple[str, str], int], number: int, resumed: bool, complete: bool) -> RunRow:
        intake, of = self.done[source_id], Counter[str]()
        for (_, state), n in tally.items():
            of[state] += n
        errors = Counter(_kind(r.error) for r in self.store.frontier.rows(source_id, run=number) if r.error and r.state in ("failed", "refused"))
        errors.update("soft 404" if what == SOFT else "unreadable" for _, what in intake.unread)
        checked = self._kept(source_id) if self.declared[source_id].detail.inline else sum(n for (role, state), n in tally.items() if role == "page" and state == "done")
        new, changed = intake.new, intake.counts["changed"] + intake.counts["updated"]
        if complete and not (new or changed or intake.counts["unchanged"] or checked):
            errors["zero documents"] += 1
        return RunRow(
            source_id, new, changed, max(intake.counts["unchanged"], checked - new - changed), of["refused"], of["failed"] + len(intake.unread),
            round(time.monotonic() - self.began, 2), dict(errors), resumed, complete,
        )  # fmt: skip

    def _fill(self, source_id: str) -> dict[str, int]:
        """How many of the documents read in this crawl carry each field (up to 400 of them are looked at)."""
        ids = tuple(self.store.documents.ids_of(self.done[source_id].keys[-400:]).values())
        return fill_counts(list(self.store.documents.texts(ids, LOCAL))) if ids else {}

    def _kept(self, source_id: str) -> int:
        """Documents of a source that are in the store."""
        return self.store.documents.by_source(LOCAL).get(source_id, (0, "", ""))[0]

    def reparse(self) -> list[RunRow]:
        """Read everything that is kept again; the network is not touched."""
        for source_id in self.declared:
            self.store.frontier.reparse(source_id)
        self._take_in()
        self._connect()
        rows = []
        for source_id, intake in self.done.items():
            errors = {"unreadable": len(intake.unread)} if intake.unread else {}
            changed = intake.counts["changed"] + intake.counts["updated"]
            rows.append(RunRow(source_id, intake.new, changed, intake.counts["unchanged"], 0, len(intake.unread), round(time.monotonic() - self.began, 2), errors))
        return rows


def start(job: Job) -> subprocess.Popen[str]:
    """A worker process with its job."""
    child = subprocess.Popen([sys.executable, "-m", "crawlers.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    child.stdin.write(json.dumps(asdict(job)))
    child.stdin.close()
    return child


def report_of(child: subprocess.Popen[str]) -> dict[str, Any]:
    """The last line of a worker, empty when it was killed."""
    assert child.stdout is not None
    lines = child.stdout.read().splitlines()
    child.stdout.close()
    child.wait()
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return found


def _kind(error: str) -> str:
    """The kind of an error: what stands before its first colon."""
    return error.partition(":")[0].strip()[:40]
