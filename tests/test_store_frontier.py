"""The frontier room, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.models import Snapshot
from corpus.settings import load_settings
from corpus.store import Store, open_store
from corpus.store.frontier import Row, Settled, Target


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    options = {"database_url": request.getfixturevalue("postgres_url")} if request.param == "postgres" else {}
    store = open_store(load_settings(tmp_path / "home", **options))
    yield store
    store.close()


def target(n: int, role: str = "page", mark: str = "m", parent: str = "", source: str = "s") -> Target:
    return Target(source, role, f"http://a.example/{role}{n}", "a.example", {"method": "GET"}, {"title": f"t{n}"}, mark, parent)


def settled(row: Row, run: int, *, state: str = "done", sha256: str = "", due_at: str = "2999", found: tuple[Target, ...] = (), error: str = "") -> Settled:
    kept = Snapshot(sha256, row.source_id, row.url, "2026-11-21T00:00:00+00:00", 200, "text/html") if sha256 else None
    return Settled(row.source_id, row.key, run, state, 200, error, kept, due_at=due_at, found=found)


def source_of(request: pytest.FixtureRequest) -> str:
    return request.node.name[:60]


def test_a_run_from_seed_to_end(room: Store, request: pytest.FixtureRequest) -> None:
    s, frontier = source_of(request), room.frontier
    run, resumed = frontier.open_run(s)
    assert not resumed and frontier.open_run(s) == (run, True) and not frontier.complete(s)
    (seed,) = frontier.push(run, [target(0, "list", source=s)])
    queued = frontier.settle([settled(seed, run, sha256="l" * 64, found=(target(1, source=s), target(2, source=s)))])
    assert [r.url for r in queued] == [r.url for r in frontier.take([s], 10)] and len(queued) == 2
    files = frontier.settle([settled(queued[0], run, sha256="a" * 64, found=(target(9, "file", parent=queued[0].key, source=s),))])
    frontier.settle([settled(queued[1], run, state="failed", error="status 500")])
    assert [r.role for r in files] == ["file"] and [r.role for r in frontier.unread([s], 10)] == ["list"], "a page waits for its files"
    frontier.settle([settled(files[0], run, sha256="f" * 64)])
    assert [r.role for r in frontier.unread([s], 10)] == ["list", "page"]
    assert frontier.tally(s, run) == {("list", "done"): 1, ("page", "done"): 1, ("page", "failed"): 1, ("file", "done"): 1}
    assert [f.url for f in frontier.files_of(s, queued[0].key)] == [files[0].url]
    frontier.ingested(frontier.unread([s], 10))
    assert frontier.unread([s], 10) == [] and frontier.reparse(s) == 3 and len(frontier.unread([s], 10)) == 2
    frontier.close_run(run)
    assert frontier.complete(s) and frontier.open_run(s) == (run + 1, False) if room.engine.dialect.name == "sqlite" else frontier.open_run(s)[1] is False
    newest = room.snapshots.newest(queued[0].url)
    assert newest is not None and newest.sha256 == "a" * 64


def test_what_is_asked_again(room: Store, request: pytest.FixtureRequest) -> None:
    s, frontier = source_of(request), room.frontier
    run, _ = frontier.open_run(s)
    one, two, three = frontier.push(run, [target(n, source=s) for n in (1, 2, 3)])
    frontier.settle([settled(one, run), settled(two, run), settled(three, run, due_at="2000")])
    assert frontier.push(run, [target(1, mark="other", source=s)]) == [], "what was settled in a run is not asked again in it"
    frontier.close_run(run)
    later, _ = frontier.open_run(s)
    assert frontier.requeue_due(s, later) == 1 and [r.url for r in frontier.take([s], 9)] == [three.url]
    again = frontier.push(later, [target(1, source=s), target(2, mark="changed", source=s), target(3, source=s)])
    assert [r.url for r in again] == [two.url], "unchanged marks stay, a changed mark is asked again, what is queued stays queued"
    assert frontier.marks(s, [one.key, two.key, "unknown"]) == {one.key: "m", two.key: "changed"}
    assert frontier.refuse_host([s], "a.example", "challenge: 412", "2999") == 2 and frontier.take([s], 9) == []


def test_repeats_and_missing(room: Store, request: pytest.FixtureRequest) -> None:
    s, frontier = source_of(request), room.frontier
    run, _ = frontier.open_run(s)
    rows = frontier.push(run, [target(n, source=s) for n in range(4)])
    frontier.settle([settled(r, run, sha256=("x" if r.n != rows[0].n else "y") * 64) for r in rows])
    assert frontier.repeated(s, 3) == {"x" * 64}
    frontier.settle([Settled(s, rows[0].key, run, "gone", 404, "status 404", missing_since="2026-11-21T00:00:00+00:00")])
    assert [r.key for r in frontier.missing([s])] == [rows[0].key]
    frontier.ingested(rows)
    frontier.settle([Settled(s, rows[0].key, run, "done", 304, returned=True)])
    assert frontier.missing([s]) == [] and rows[0].key in {r.key for r in frontier.unread([s], 9)}
    assert set(frontier.last_visit([s])) == {"a.example"} and frontier.queued(rows[0].n) is None
