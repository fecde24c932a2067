"""The job room: what ran, when, for whom, with what result; and the lease that makes one process the runner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Column, Engine, Float, Integer, String, Table, Text, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from corpus.store.base import inserted, metadata, now, rows_of

job_runs = Table(
    "job_runs",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("name", String(32), nullable=False, index=True),
    Column("arguments", JSON, nullable=False),
    Column("by", String(64), nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("ended_at", String(32), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("result", JSON, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", String(32), nullable=False),
)


class Jobs:
    """Runs of jobs, and leases."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(self, name: str, arguments: dict[str, Any], by: str) -> int:
        """Record that a job starts; returns its number."""
        values = {"name": name, "arguments": arguments, "by": by, "started_at": now(), "ended_at": "", "seconds": 0.0, "state": "running", "message": "", "result": {}}
        with self.engine.begin() as connection:
            return inserted(connection.execute(insert(job_runs).values(**values)))

    def end(self, number: int, state: str, seconds: float, *, message: str = "", result: dict[str, Any] | None = None) -> None:
        """Record how a job ended: done | failed | skipped."""
        values = {"ended_at": now(), "seconds": seconds, "state": state, "message": message, "result": result or {}}
        with self.engine.begin() as connection:
            connection.execute(update(job_runs).where(job_runs.c.n == number).values(**values))

    def interrupt(self) -> int:
        """Mark what a stopped process left running; returns how many."""
        with self.engine.begin() as connection:
            done = connection.execute(update(job_runs).where(job_runs.c.state == "running").values(state="failed", ended_at=now(), message="the service stopped"))
            return int(done.rowcount)

    def runs(self, name: str = "", limit: int = 50) -> list[dict[str, Any]]:
        """The latest runs, newest first."""
        query = select(job_runs).order_by(job_runs.c.n.desc()).limit(limit)
        return rows_of(self.engine, query.where(job_runs.c.name == name) if name else query)

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew the lease `name`; False while another holder's lasts."""
        stamp, until = now(), (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")
        mine = (leases.c.name == name, (leases.c.holder == holder) | (leases.c.until < stamp))
        try:
            with self.engine.begin() as connection:
                if connection.execute(update(leases).where(*mine).values(holder=holder, until=until)).rowcount:
                    return True
                if connection.execute(select(leases.c.name).where(leases.c.name == name)).first():
                    return False
                connection.execute(insert(leases).values(name=name, holder=holder, until=until))
                return True
        except IntegrityError:
            return False  # another process inserted the row between our look and our insert

    def release(self, name: str, holder: str) -> None:
        """Give a lease back."""
        with self.engine.begin() as connection:
            connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
