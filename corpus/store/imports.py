"""The import room: which files were imported with which options, how far, and the list of known titles (references)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, Column, Engine, Integer, String, Table, Text, delete, func, insert, select

from corpus.models import Document, Observation
from corpus.store.base import metadata, now
from corpus.store.document_rows import changes, documents, observations, origins, row_of

imports = Table(
    "imports",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("layout", String(32), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("at", String(32), nullable=False),
)

references = Table(
    "known_titles",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False, index=True),
    Column("doc_number", Text, nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("written_on", String(10), nullable=False),
    Column("published_on", String(10), nullable=False),
    Column("publisher", Text, nullable=False),
)


LINKED = "linked"
"""The record that says how far linking has come: an import that was cut off before it is linked by the next."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How far one file (id = hash of bytes, options and reader version) was imported."""

    id: str
    name: str
    layout: str = ""
    rows: int = 0
    done: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


class Imports:
    """Progress of imports. Observations and the progress that covers them are written in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """For many rows at once: SQLite keeps more pages in memory and moves its log into the file less often (what is
        committed is as durable as ever); a server needs nothing."""
        if self.engine.dialect.name != "sqlite":
            yield
            return
        self._pragmas("cache_size=-65536", "wal_autocheckpoint=16000")
        try:
            yield
        finally:
            self._pragmas("cache_size=-2000", "wal_autocheckpoint=1000", "wal_checkpoint(TRUNCATE)")

    def _pragmas(self, *settings: str) -> None:
        with self.engine.connect() as connection:
            for setting in settings:
                connection.exec_driver_sql(f"PRAGMA {setting}").close()

    def get(self, import_id: str) -> Imported | None:
        """The record of a file, or None."""
        with self.engine.connect() as connection:
            row = connection.execute(select(imports).where(imports.c.id == import_id)).first()
        return None if row is None else Imported(row.id, row.name, row.layout, row.rows, bool(row.done), row.counts)

    def advance(self, record: Imported, seen: Sequence[Observation] = (), titles: Sequence[tuple[str, Document]] = ()) -> None:
        """Remember how far a file is, together with the observations of its last rows and the (key, document) that they
        are the first to name (documents of keys that have none yet; see `Documents.ids_of`)."""
        values = {"id": record.id, "name": record.name, "layout": record.layout, "rows": record.rows, "done": int(record.done), "counts": dict(record.counts), "at": now()}
        with self.engine.begin() as connection:
            if titles:
                stamp = now()
                connection.execute(insert(documents), [{**row_of(d, key), "stored_at": stamp, "changed_at": stamp} for key, d in titles])
                connection.execute(insert(origins), [{"document_id": d.id, "source_id": o.source_id, "url": o.url, "snapshot_sha256": o.snapshot_sha256, "first_seen_at": o.first_seen_at, "official": o.official} for _, d in titles for o in d.sources])
                connection.execute(insert(changes), [{"document_id": d.id, "op": "upsert"} for _, d in titles])
            if seen:
                connection.execute(insert(observations), [{"document_id": o.document_id, "at": o.at, "platform": o.platform, "rank": o.rank, "heat": o.heat} for o in seen])
            connection.execute(delete(imports).where(imports.c.id == record.id))
            connection.execute(insert(imports).values(**values))

    def linked(self) -> int:
        """The step of the change sequence up to which everything is merged and linked (0: never)."""
        record = self.get(LINKED)
        return record.rows if record else 0

    def set_linked(self, sequence: int) -> None:
        """Remember up to which step everything is merged and linked."""
        self.advance(Imported(LINKED, LINKED, rows=sequence, done=True))

    def advance_all(self, records: Sequence[Imported]) -> None:
        """Remember how far several files are, in one transaction."""
        rows = [{"id": r.id, "name": r.name, "layout": r.layout, "rows": r.rows, "done": int(r.done), "counts": dict(r.counts), "at": now()} for r in {r.id: r for r in records}.values()]
        with self.engine.begin() as connection:
            connection.execute(delete(imports).where(imports.c.id.in_([row["id"] for row in rows])))
            connection.execute(insert(imports), rows)

    def add_references(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Add known titles (each with an `id` that tells it apart); known ones are left as they are. Returns the new ones."""
        unique = {str(row["id"]): dict(row) for row in rows}
        ids = list(unique)
        with self.engine.begin() as connection:
            present: set[str] = set()
            for i in range(0, len(ids), 500):
                present.update(connection.scalars(select(references.c.id).where(references.c.id.in_(ids[i : i + 500]))))
            fresh = [row for key, row in unique.items() if key not in present]
            if fresh:
                connection.execute(insert(references), fresh)
        return len(fresh)

    def known_titles(self) -> Iterator[tuple[str, str]]:
        """(title, doc_number) of every known title."""
        with self.engine.connect() as connection:
            query = select(references.c.title, references.c.doc_number)
            for row in connection.execution_options(yield_per=1000).execute(query):
                yield row.title, row.doc_number

    def count_references(self) -> int:
        """How many titles are known."""
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(references)) or 0)
