"""The snapshot room: raw bytes, content-addressed and compressed on disk, with one row for each fetch."""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import JSON, Column, Engine, Integer, String, Table, Text, insert, select

from corpus.errors import NotFound
from corpus.models import Snapshot, sha256_hex
from corpus.store.base import metadata, now

snapshots = Table(
    "snapshots",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("source_id", String(64), nullable=False, index=True),
    Column("url", Text, nullable=False, index=True),
    Column("fetched_at", String(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("size", Integer, nullable=False),
)


class Snapshots:
    """Raw responses and files. `save` is durable when it returns; the same bytes are stored once."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def save(
        self,
        data: bytes,
        source_id: str,
        url: str,
        *,
        status: int = 200,
        content_type: str = "",
        headers: dict[str, str] | None = None,
        fetched_at: str = "",
    ) -> Snapshot:
        """Keep `data` and one row about this fetch; returns the record."""
        digest = sha256_hex(data)
        self._write(digest, data)
        kept = Snapshot(digest, source_id, url, fetched_at or now(), status, content_type, headers or {}, len(data))
        with self.engine.begin() as connection:
            connection.execute(insert(snapshots).values(**{name: getattr(kept, name) for name in Snapshot.__slots__}))
        return kept

    def record(self, kept: Sequence[Snapshot]) -> None:
        """Write the rows of fetches whose bytes are held already, in one transaction."""
        if kept:
            with self.engine.begin() as connection:
                connection.execute(insert(snapshots), [{name: getattr(s, name) for name in Snapshot.__slots__} for s in kept])

    def hold(self, data: bytes) -> str:
        """Keep bytes without a row (the crawler writes the rows of a batch in one transaction); returns their SHA-256."""
        digest = sha256_hex(data)
        self._write(digest, data)
        return digest

    def _write(self, digest: str, data: bytes) -> None:
        path = self._path(digest)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{digest}.{os.getpid()}.{threading.get_ident()}.part")
        with part.open("wb") as file:
            file.write(zlib.compress(data, 6))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def read(self, sha256: str) -> bytes:
        """The bytes of a snapshot; raises NotFound when they were erased."""
        path = self._path(sha256)
        if not path.exists():
            raise NotFound("no such snapshot", sha256, "it was purged or belongs to another home")
        return zlib.decompress(path.read_bytes())

    def newest(self, url: str) -> Snapshot | None:
        """The latest fetch of an address, if any."""
        with self.engine.connect() as connection:
            row = connection.execute(select(snapshots).where(snapshots.c.url == url).order_by(snapshots.c.n.desc()).limit(1)).first()
        return None if row is None else Snapshot(**{name: getattr(row, name) for name in Snapshot.__slots__})

    def of_source(self, source_id: str) -> Iterator[Snapshot]:
        """The latest fetch of every address of a source, in order of address."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(snapshots).where(snapshots.c.source_id == source_id).order_by(snapshots.c.url, snapshots.c.n.desc())
            ).all()
        last = None
        for row in rows:
            if row.url != last:
                yield Snapshot(**{name: getattr(row, name) for name in Snapshot.__slots__})
            last = row.url

    def erase(self, sha256: str) -> bool:
        """Remove the bytes of a snapshot (purge); its row stays as a record of the fetch. True when bytes were there."""
        path = self._path(sha256)
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed
