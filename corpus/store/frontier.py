"""The frontier room: the durable queue of the crawler, what each address answered, and the crawl runs.

A row is one address of one source: a listing (`list`), a page, or a file beside a page. Its `state` is queued, done,
refused, failed or gone; it is queued again when a listing names it changed, or when it is due. What was settled in a
run is not fetched again in that run, so a killed crawl continues where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Any

from sqlalchemy import JSON, Column, Connection, Engine, Index, Integer, String, Table, Text, and_, bindparam, func, insert, select, update

from corpus.models import Snapshot
from corpus.store.base import inserted, metadata, now
from corpus.store.snapshots import snapshots

frontier = Table(
    "frontier",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("source_id", String(64), nullable=False),
    Column("key", String(32), nullable=False),
    Column("role", String(8), nullable=False),
    Column("url", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("request", JSON, nullable=False),
    Column("hints", JSON, nullable=False),
    Column("mark", String(64), nullable=False, default=""),
    Column("parent", String(32), nullable=False, default=""),
    Column("state", String(8), nullable=False),
    Column("run", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("etag", Text, nullable=False, default=""),
    Column("last_modified", Text, nullable=False, default=""),
    Column("sha256", String(64), nullable=False, default=""),
    Column("content_type", Text, nullable=False, default=""),
    Column("status", Integer, nullable=False, default=0),
    Column("fetched_at", String(32), nullable=False, default=""),
    Column("checked_at", String(32), nullable=False, default=""),
    Column("due_at", String(32), nullable=False, default=""),
    Column("unchanged", Integer, nullable=False, default=0),
    Column("missing_since", String(32), nullable=False, default=""),
    Column("ingested", String(64), nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
    Index("ix_frontier_source_key", "source_id", "key", unique=True),
    Index("ix_frontier_source_state", "source_id", "state", "priority", "n"),
    Index("ix_frontier_source_parent", "source_id", "parent"),
)

crawls = Table(
    "crawls",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("source_id", String(64), nullable=False, index=True),
    Column("started_at", String(32), nullable=False),
    Column("ended_at", String(32), nullable=False, default=""),
)

PRIORITY = {"list": 0, "page": 1, "file": 2}


@dataclass(frozen=True, slots=True)
class Target:
    """An address to fetch. `request` holds method, body, headers and what the access method needs; `hints` what the
    listing said of it; `mark` is a digest of those hints: another mark means that the listing shows a change."""

    source_id: str
    role: str
    url: str
    host: str
    request: Mapping[str, Any] = field(default_factory=dict)
    hints: Mapping[str, Any] = field(default_factory=dict)
    mark: str = ""
    parent: str = ""

    @property
    def key(self) -> str:
        """Digest of role, method, address and body."""
        text = f"{self.role}\0{self.request.get('method', 'GET')}\0{self.url}\0{self.request.get('body', '')}"
        return sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the frontier."""

    n: int
    source_id: str
    key: str
    role: str
    url: str
    host: str
    request: Mapping[str, Any]
    hints: Mapping[str, Any]
    mark: str
    parent: str
    state: str
    run: int
    priority: int
    etag: str
    last_modified: str
    sha256: str
    content_type: str
    status: int
    fetched_at: str
    checked_at: str
    due_at: str
    unchanged: int
    missing_since: str
    ingested: str
    error: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a row: its state, for a body its snapshot and what it named (`found`), and whether a page that had
    vanished `returned` (then it is ingested again)."""

    source_id: str
    key: str
    run: int
    state: str
    status: int = 0
    error: str = ""
    snapshot: Snapshot | None = None
    etag: str = ""
    last_modified: str = ""
    due_at: str = ""
    unchanged: int = 0
    missing_since: str = ""
    found: tuple[Target, ...] = ()
    returned: bool = False


_NAMES = [f.name for f in fields(Row)]


def _row(r: Any) -> Row:
    return Row(**{name: getattr(r, name) for name in _NAMES})


class Frontier:
    """The queue of every source."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # ---- runs ----------------------------------------------------------------------------------------------------

    def open_run(self, source_id: str) -> tuple[int, bool]:
        """The number of the run to work on, and whether it continues one that was cut."""
        with self.engine.begin() as connection:
            query = select(crawls.c.n).where(crawls.c.source_id == source_id, crawls.c.ended_at == "").order_by(crawls.c.n.desc())
            if (number := connection.scalar(query)) is not None:
                return int(number), True
            return inserted(connection.execute(insert(crawls).values(source_id=source_id, started_at=now(), ended_at=""))), False

    def close_run(self, number: int) -> None:
        """The run is complete."""
        with self.engine.begin() as connection:
            connection.execute(update(crawls).where(crawls.c.n == number).values(ended_at=now()))

    # ---- queue ---------------------------------------------------------------------------------------------------

    def push(self, run: int, targets: Iterable[Target]) -> list[Row]:
        """Queue what is new, what a listing shows changed, and what is due; returns the rows queued now."""
        with self.engine.begin() as connection:
            return self._push(connection, run, list(targets))

    def _push(self, connection: Connection, run: int, targets: Sequence[Target]) -> list[Row]:
        if not targets:
            return []
        unique = {(t.source_id, t.key): t for t in targets}
        known = self._known(connection, list(unique))
        fresh = [_fresh(t, run) for k, t in unique.items() if k not in known]
        if fresh:
            connection.execute(insert(frontier), fresh)
        again = [k for k, row in known.items() if row.run != run and row.state != "queued" and _wanted(unique[k], row)]
        for k in again:
            t = unique[k]
            values = {"state": "queued", "run": run, "hints": dict(t.hints) or dict(known[k].hints), "mark": t.mark or known[k].mark, "request": dict(t.request)}
            connection.execute(update(frontier).where(frontier.c.n == known[k].n).values(**values))
        queued = [*again, *((f["source_id"], f["key"]) for f in fresh)]
        return sorted(self._known(connection, queued).values(), key=lambda r: (r.priority, r.n))

    def _known(self, connection: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
        found: dict[tuple[str, str], Row] = {}
        by_source: dict[str, list[str]] = {}
        for source_id, key in keys:
            by_source.setdefault(source_id, []).append(key)
        for source_id, mine in by_source.items():
            for i in range(0, len(mine), 400):
                query = select(frontier).where(frontier.c.source_id == source_id, frontier.c.key.in_(mine[i : i + 400]))
                found.update({(r.source_id, r.key): _row(r) for r in connection.execute(query)})
        return found

    def requeue_due(self, source_id: str, run: int) -> int:
        """Queue the pages and files of a source whose time has come, refused and failed ones included; returns how many."""
        due = and_(frontier.c.role != "list", frontier.c.run != run, frontier.c.state != "queued", frontier.c.due_at <= now())
        with self.engine.begin() as connection:
            return connection.execute(update(frontier).where(frontier.c.source_id == source_id, due).values(state="queued", run=run)).rowcount

    def take(self, source_ids: Sequence[str], limit: int) -> list[Row]:
        """Queued rows in order: listings before pages before files, older first."""
        query = select(frontier).where(frontier.c.source_id.in_(source_ids), frontier.c.state == "queued").order_by(frontier.c.priority, frontier.c.n).limit(limit)
        with self.engine.connect() as connection:
            return [_row(r) for r in connection.execute(query)]

    def queued(self, n: int) -> Row | None:
        """A row by its number, while it is queued."""
        with self.engine.connect() as connection:
            row = connection.execute(select(frontier).where(frontier.c.n == n, frontier.c.state == "queued")).first()
        return None if row is None else _row(row)

    def settle(self, batch: Sequence[Settled]) -> list[Row]:
        """Record what became of rows, their snapshots and what they named, in one transaction; returns the rows queued by it."""
        stamp, queued = now(), []
        with self.engine.begin() as connection:
            kept = [s.snapshot for s in batch if s.snapshot is not None]
            if kept:
                connection.execute(insert(snapshots), [{name: getattr(k, name) for name in Snapshot.__slots__} for k in kept])
            bodies = [_settled(s, stamp) for s in batch if s.snapshot is not None]
            others = [_settled(s, stamp) for s in batch if s.snapshot is None]
            for rows, names in ((bodies, _WITH_BODY), (others, _WITHOUT)):
                if rows:
                    connection.execute(_update(names), rows)
            for s in batch:
                queued += self._push(connection, s.run, s.found)
                if s.returned:
                    where = and_(frontier.c.source_id == s.source_id, frontier.c.key == s.key)
                    connection.execute(update(frontier).where(where).values(ingested=""))
        return queued

    # ---- reading -------------------------------------------------------------------------------------------------

    def tally(self, source_id: str, run: int | None = None) -> dict[tuple[str, str], int]:
        """(role, state) → rows of a source, of one run where given."""
        query = select(frontier.c.role, frontier.c.state, func.count()).where(frontier.c.source_id == source_id).group_by(frontier.c.role, frontier.c.state)
        with self.engine.connect() as connection:
            rows = connection.execute(query if run is None else query.where(frontier.c.run == run)).all()
        return {(r[0], r[1]): int(r[2]) for r in rows}

    def marks(self, source_id: str, keys: Sequence[str]) -> dict[str, str]:
        """Key → mark of the rows that are known."""
        found: dict[str, str] = {}
        with self.engine.connect() as connection:
            for i in range(0, len(keys), 400):
                query = select(frontier.c.key, frontier.c.mark).where(frontier.c.source_id == source_id, frontier.c.key.in_(keys[i : i + 400]))
                found.update({r[0]: r[1] for r in connection.execute(query)})
        return found

    def complete(self, source_id: str) -> bool:
        """Whether the source was gathered to the end of a run at least once."""
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(crawls).where(crawls.c.source_id == source_id, crawls.c.ended_at != "")) != 0

    def rows(self, source_id: str, **where: Any) -> list[Row]:
        """Rows of a source, filtered by columns."""
        query = select(frontier).where(frontier.c.source_id == source_id, *(frontier.c[k] == v for k, v in where.items())).order_by(frontier.c.n)
        with self.engine.connect() as connection:
            return [_row(r) for r in connection.execute(query)]

    def unread(self, source_ids: Sequence[str], limit: int, after: int = 0) -> list[Row]:
        """Fetched listings and pages whose newest bytes were not ingested yet, and whose files are all settled."""
        child = frontier.alias("child")
        waiting = select(child.c.n).where(child.c.source_id == frontier.c.source_id, child.c.parent == frontier.c.key, child.c.state == "queued").exists()
        query = (
            select(frontier)
            .where(frontier.c.source_id.in_(source_ids), frontier.c.role != "file", frontier.c.n > after, frontier.c.sha256 != "", frontier.c.ingested != frontier.c.sha256, ~waiting)
            .order_by(frontier.c.n)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [_row(r) for r in connection.execute(query)]

    def repeated(self, source_id: str, least: int) -> set[str]:
        """Hashes of bytes that at least `least` pages of a source answered with: an error page served as 200."""
        query = select(frontier.c.sha256).where(frontier.c.source_id == source_id, frontier.c.role == "page", frontier.c.sha256 != "")
        with self.engine.connect() as connection:
            return {str(s) for s in connection.scalars(query.group_by(frontier.c.sha256).having(func.count() >= least))}

    def files_of(self, source_id: str, parent: str) -> list[Row]:
        """The files beside a page, in order of discovery."""
        return self.rows(source_id, parent=parent, role="file")

    def ingested(self, rows: Iterable[Row]) -> None:
        """The newest bytes of these rows are in the document room."""
        values = [{"b_n": r.n, "b_sha": r.sha256} for r in rows]
        if values:
            statement = update(frontier).where(frontier.c.n == bindparam("b_n")).values(ingested=bindparam("b_sha"))
            with self.engine.begin() as connection:
                connection.execute(statement, values)

    def unread_parent(self, source_id: str, keys: Iterable[str]) -> None:
        """Pages whose files changed are to be ingested again."""
        mine = list(keys)
        for i in range(0, len(mine), 400):
            with self.engine.begin() as connection:
                where = and_(frontier.c.source_id == source_id, frontier.c.key.in_(mine[i : i + 400]))
                connection.execute(update(frontier).where(where).values(ingested=""))

    def refuse_host(self, source_ids: Sequence[str], host: str, error: str, due_at: str) -> int:
        """Everything that is queued for a host is refused (a challenge, a ban); it is due again later."""
        where = and_(frontier.c.source_id.in_(source_ids), frontier.c.host == host, frontier.c.state == "queued")
        with self.engine.begin() as connection:
            return connection.execute(update(frontier).where(where).values(state="refused", error=error, due_at=due_at, checked_at=now())).rowcount

    def reparse(self, source_id: str) -> int:
        """Everything that was fetched is to be ingested again; returns how many rows."""
        with self.engine.begin() as connection:
            where = and_(frontier.c.source_id == source_id, frontier.c.sha256 != "")
            return connection.execute(update(frontier).where(where).values(ingested="")).rowcount

    def missing(self, source_ids: Sequence[str]) -> list[Row]:
        """Pages that answered 404 or 410, and pages that came back after it."""
        query = select(frontier).where(frontier.c.source_id.in_(source_ids), frontier.c.role == "page", frontier.c.missing_since != "")
        with self.engine.connect() as connection:
            return [_row(r) for r in connection.execute(query)]

    def last_visit(self, source_ids: Sequence[str]) -> dict[str, str]:
        """Host → the last time that it was asked for one of these sources."""
        query = select(frontier.c.host, func.max(frontier.c.checked_at)).where(frontier.c.source_id.in_(source_ids)).group_by(frontier.c.host)
        with self.engine.connect() as connection:
            return {r[0]: str(r[1]) for r in connection.execute(query)}


def _fresh(t: Target, run: int) -> dict[str, Any]:
    blank = {"etag": "", "last_modified": "", "sha256": "", "content_type": "", "status": 0, "fetched_at": "", "checked_at": "", "due_at": "", "unchanged": 0}
    return {
        "source_id": t.source_id, "key": t.key, "role": t.role, "url": t.url, "host": t.host, "request": dict(t.request), "hints": dict(t.hints), "mark": t.mark,
        "parent": t.parent, "state": "queued", "run": run, "priority": PRIORITY[t.role], "missing_since": "", "ingested": "", "error": "", **blank,
    }  # fmt: skip


def _wanted(target: Target, row: Row) -> bool:
    """A listing always, a page that the listing shows changed, or whatever is due."""
    return row.role == "list" or (target.mark != "" and target.mark != row.mark) or row.due_at <= now()


_WITHOUT = ("state", "run", "status", "error", "checked_at", "due_at", "unchanged", "missing_since")
_WITH_BODY = (*_WITHOUT, "etag", "last_modified", "sha256", "content_type", "fetched_at")


def _update(names: Sequence[str]) -> Any:
    where = and_(frontier.c.source_id == bindparam("b_source"), frontier.c.key == bindparam("b_key"))
    return update(frontier).where(where).values({name: bindparam(f"b_{name}") for name in names})


def _settled(s: Settled, stamp: str) -> dict[str, Any]:
    values: dict[str, Any] = {"b_source": s.source_id, "b_key": s.key, **{f"b_{n}": getattr(s, n) for n in ("state", "run", "status", "error", "due_at", "unchanged", "missing_since")}}
    values["b_checked_at"] = stamp
    if s.snapshot is not None:
        kept = s.snapshot
        values.update(b_etag=s.etag, b_last_modified=s.last_modified, b_sha256=kept.sha256, b_content_type=kept.content_type, b_fetched_at=kept.fetched_at)
    return values


__all__ = ["Frontier", "Row", "Settled", "Target"]
