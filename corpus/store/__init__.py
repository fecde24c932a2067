"""The only SQL of Jianwei: one file a room, one `Store` that holds them.

store = open_store(settings)
store.documents.get(document_id, reader)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Engine, MetaData, String, collate, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError

from corpus.errors import StoreError
from corpus.settings import Settings
from corpus.store.audit import Audit
from corpus.store.base import make_engine, metadata
from corpus.store.conversations import Conversations
from corpus.store.documents import Documents, Put
from corpus.store.erasure import Erasure
from corpus.store.frontier import Frontier
from corpus.store.governance import Governance
from corpus.store.imports import Imports
from corpus.store.jobs import Jobs
from corpus.store.outbox import Outbox
from corpus.store.panels import Panels
from corpus.store.people import People
from corpus.store.profiles import Profiles
from corpus.store.rates import RateRows
from corpus.store.risks import Risks
from corpus.store.schema import upgrade
from corpus.store.snapshots import Snapshots
from corpus.store.sources import Sources

__all__ = ["Put", "Store", "open_store"]


class Store:
    """The rooms over one engine; the snapshot bytes lie in `home/snapshots`."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self.engine, self.home = engine, home
        self.documents = Documents(engine)
        self.snapshots = Snapshots(engine, home / "snapshots")
        self.sources = Sources(engine)
        self.erasure = Erasure(engine)
        self.imports = Imports(engine)
        self.frontier = Frontier(engine)
        self.audit = Audit(engine)
        self.governance = Governance(engine)
        self.panels = Panels(engine)
        self.people = People(engine)
        self.risks = Risks(engine)
        self.jobs = Jobs(engine)
        self.outbox = Outbox(engine)
        self.conversations = Conversations(engine)
        self.profiles = Profiles(engine)
        self.rates = RateRows(engine)

    def dump(self) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Every table by name with its rows in order of the primary key (of text by code point, on every database), all of one consistent state."""
        isolation = "REPEATABLE READ" if self.engine.dialect.name == "postgresql" else "SERIALIZABLE"
        with self.engine.connect().execution_options(isolation_level=isolation) as connection:
            if self.engine.dialect.name == "sqlite":
                connection.execute(text("BEGIN"))  # one snapshot of the WAL for all tables
            for name in sorted(metadata.tables):
                table = metadata.tables[name]
                rows = connection.execution_options(yield_per=1000).execute(select(table).order_by(*(self._by_code(c) for c in table.primary_key.columns)))
                yield name, (dict(row._mapping) for row in rows)

    def _by_code(self, column: Column[Any]) -> Any:
        """PostgreSQL orders text by the language of its database unless told otherwise."""
        return collate(column, "C") if self.engine.dialect.name == "postgresql" and isinstance(column.type, String) else column

    def load(self, tables: dict[str, Callable[[], Iterator[dict[str, Any]]]]) -> int:
        """Insert rows by table name into an empty store in one transaction; returns how many."""
        total = 0
        with self.engine.begin() as connection:
            for table in metadata.sorted_tables:
                rows = tables[table.name]() if table.name in tables else iter(())
                while batch := list(islice(rows, 500)):
                    connection.execute(insert(table), batch)
                    total += len(batch)
                self._advance(connection, table)
        return total

    def _advance(self, connection: Any, table: Any) -> None:
        """PostgreSQL's sequences must pass the loaded numbers."""
        column = table.autoincrement_column
        if column is not None and self.engine.dialect.name == "postgresql":
            statement = f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), (SELECT COALESCE(MAX({column.name}), 0) + 1 FROM {table.name}), false)"
            connection.execute(text(statement))

    def intact(self) -> bool:
        """SQLite's own integrity check; PostgreSQL answers for itself by answering."""
        with self.engine.connect() as connection:
            query = "PRAGMA quick_check" if self.engine.dialect.name == "sqlite" else "SELECT 'ok'"
            return bool(connection.scalar(text(query)) == "ok")

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def all_tables() -> MetaData:
    """The tables of every room (importing this package registers them)."""
    return metadata


def open_store(settings: Settings) -> Store:
    """Open (and, at first use, create) the store of a home. Raises StoreError when the database cannot be used."""
    shown = engine_address(settings.url)
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        engine = make_engine(settings.url)
        upgrade(engine)
    except (DBAPIError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreError("the store cannot be opened", shown, f"{reason}: see `jianwei doctor`; restore a backup into an empty home if it is damaged") from error
    return Store(engine, settings.home)


def engine_address(url: str) -> str:
    """A database URL without its password."""
    return make_url(url).render_as_string(hide_password=True)
