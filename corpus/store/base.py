"""Engine, shared metadata and small helpers of the store. SQLAlchemy is used in this folder only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CursorResult, Engine, Executable, MetaData, create_engine, event

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def now() -> str:
    """The present instant, UTC ISO with seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


_EMPTY: dict[str | bytes, type[list[Any]] | type[dict[str, Any]]] = {"[]": list, "{}": dict}


def unpacked(packed: str | bytes) -> Any:
    """The value of a JSON column; most of them are empty, and a shelf of 60,000 heads reads seven of each."""
    empty = _EMPTY.get(packed)
    return empty() if empty else json.loads(packed)


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, synchronous FULL, foreign keys on) or PostgreSQL."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, json_deserializer=unpacked)
    engine = create_engine(url, connect_args={"timeout": 60, "check_same_thread": False}, json_deserializer=unpacked)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def inserted(result: CursorResult[Any]) -> int:
    """The number that the database gave to the one inserted row."""
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def rows_of(engine: Engine, query: Executable) -> list[dict[str, Any]]:
    """Every row of a query as {column: value}."""
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]
