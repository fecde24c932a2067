"""The rate room: one row a kind of request and asker, so that several workers count together (the generic cell rate algorithm)."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Column, Engine, Float, String, Table, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from corpus.store.base import metadata

rates = Table(
    "rates",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("who", String(32), primary_key=True),
    Column("due", Float, nullable=False, index=True),
)


class RateRows:
    """`due` is when an asker's allowance is whole again, seconds since the epoch. Askers are kept as digests."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def take(self, kind: str, who: str, *, every: float, burst: float, at: float) -> float:
        """Take one request of one each `every` seconds, `burst` at once; returns 0.0 when allowed, else the seconds to wait. One statement: safe between processes."""
        key = hashlib.sha256(who.encode()).hexdigest()[:32]
        insert: Any = postgresql.insert if self.engine.dialect.name == "postgresql" else sqlite.insert
        fresh = insert(rates).values(kind=kind, who=key, due=at + every)
        latest = case((rates.c.due > at, rates.c.due), else_=at)
        taken = fresh.on_conflict_do_update(index_elements=["kind", "who"], set_={"due": latest + every}, where=rates.c.due <= at + (burst - 1) * every).returning(rates.c.due)
        with self.engine.begin() as connection:
            if connection.execute(taken).first() is not None:
                return 0.0
            due = connection.execute(select(rates.c.due).where(rates.c.kind == kind, rates.c.who == key)).scalar_one()
        return max(0.0, float(due) - at - (burst - 1) * every)

    def forget(self, before: float) -> int:
        """Remove the rows of askers whose allowance has been whole since `before`."""
        with self.engine.begin() as connection:
            return int(connection.execute(delete(rates).where(rates.c.due < before)).rowcount)
