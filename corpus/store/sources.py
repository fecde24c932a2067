"""The source room: declared sources as last seen by the crawler or an import, and the record of each run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Engine, Float, Integer, String, Table, Text, delete, func, insert, select

from corpus.models import Source
from corpus.store.base import metadata, now, rows_of

sources = Table(
    "sources",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("publisher", Text, nullable=False),
    Column("level", String(16)),
    Column("region_code", String(12), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("access", String(32), nullable=False),
    Column("cycle", String(32), nullable=False),
    Column("security", Integer, nullable=False),
    Column("verified", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("share", String(32), nullable=False),
    Column("open", String(32), nullable=False),
    Column("official", Boolean, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("source_id", String(64), nullable=False, index=True),
    Column("started_at", String(32), nullable=False),
    Column("ended_at", String(32), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("errors", JSON, nullable=False),
)

pauses = Table(
    "source_pauses",
    metadata,
    Column("source_id", String(64), primary_key=True),
    Column("paused_at", String(32), nullable=False),
    Column("paused_by", String(64), nullable=False),
)


class Sources:
    """Declared sources and their runs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def put(self, source: Source) -> None:
        """Add or replace one source."""
        with self.engine.begin() as connection:
            connection.execute(delete(sources).where(sources.c.id == source.id))
            connection.execute(insert(sources).values(**{name: getattr(source, name) for name in Source.__slots__}))

    def all(self) -> list[Source]:
        """Every source by id."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(sources).order_by(sources.c.id)).all()
        return [Source(**{name: getattr(row, name) for name in Source.__slots__}) for row in rows]

    def add_run(self, source_id: str, started_at: str, seconds: float, counts: dict[str, int], errors: dict[str, int] | None = None) -> None:
        """Record one finished run: counts {new, changed, unchanged, refused, failed}, errors by kind."""
        with self.engine.begin() as connection:
            connection.execute(
                insert(runs).values(source_id=source_id, started_at=started_at, ended_at=now(), seconds=seconds, counts=counts, errors=errors or {})
            )

    def runs(self, source_id: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """The latest runs, newest first."""
        query = select(runs).order_by(runs.c.n.desc()).limit(limit)
        return rows_of(self.engine, query if source_id is None else query.where(runs.c.source_id == source_id))

    def last_runs(self) -> dict[str, str]:
        """When the latest run of each source ended (UTC), by source."""
        query = select(runs.c.source_id, func.max(runs.c.ended_at)).group_by(runs.c.source_id)
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def paused(self) -> frozenset[str]:
        """Sources that the schedule leaves out."""
        with self.engine.connect() as connection:
            return frozenset(connection.scalars(select(pauses.c.source_id)))

    def pause(self, source_id: str, by: str, paused: bool) -> None:
        """Take a source out of the schedule, or put it back; saying it twice is the same as once."""
        with self.engine.begin() as connection:
            connection.execute(delete(pauses).where(pauses.c.source_id == source_id))
            if paused:
                connection.execute(insert(pauses).values(source_id=source_id, paused_at=now(), paused_by=by[:64]))
