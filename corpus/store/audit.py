"""The audit room: an append-only record with a hash chain.

Each entry's hash covers its fields, the hash of its payload and the hash before it; the payload itself lies beside
and can be erased (purge of personal data) without breaking the chain: `verify` then reports it as erased.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Engine, Integer, String, Table, Text, insert, select, text, update

from corpus.models import sha256_hex
from corpus.store.base import metadata, now

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(64), nullable=False, index=True),
    Column("subject", Text, nullable=False, index=True),
    Column("payload", Text),
    Column("payload_sha256", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of the chain; `payload` is None once erased."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    payload: dict[str, Any] | None
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of `verify`: entries checked, payloads erased, and the first broken step (None when the chain holds)."""

    entries: int
    erased: int
    broken: int | None
    reason: str = ""


def link(seq: int, at: str, actor: str, action: str, subject: str, payload_sha256: str, previous: str) -> str:
    """SHA-256 over the fields of an entry and the hash before it."""
    return sha256_hex("\x1f".join((str(seq), at, actor, action, subject, payload_sha256, previous)).encode())


class Audit:
    """Who did what, when, with what evidence."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, actor: str, action: str, subject: str, payload: dict[str, Any] | None = None) -> int:
        """Append one entry; returns its sequence number."""
        packed = json.dumps(payload or {}, ensure_ascii=False, sort_keys=True, default=str)
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))
            else:
                connection.execute(update(audit).where(audit.c.seq == -1).values(at=""))  # takes SQLite's write lock before reading
            last = connection.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
            seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
            stamp, digest = now(), sha256_hex(packed.encode())
            row = {
                "seq": seq,
                "at": stamp,
                "actor": actor,
                "action": action,
                "subject": subject,
                "payload": packed,
                "payload_sha256": digest,
                "previous": previous,
            }
            connection.execute(insert(audit).values(**row, hash=link(seq, stamp, actor, action, subject, digest, previous)))
        return int(seq)

    def entries(self, *, subject: str = "", action: str = "", actor: str = "", limit: int = 100, before: int | None = None) -> list[Entry]:
        """The latest entries, newest first; `before` is a sequence number for the next page."""
        query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
        for column, value in ((audit.c.subject, subject), (audit.c.action, action), (audit.c.actor, actor)):
            query = query.where(column == value) if value else query
        query = query.where(audit.c.seq < before) if before else query
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Entry(r.seq, r.at, r.actor, r.action, r.subject, json.loads(r.payload) if r.payload is not None else None, r.hash) for r in rows]

    def erase_payload(self, seq: int) -> None:
        """Erase what an entry says, keeping its hash: the chain still verifies."""
        with self.engine.begin() as connection:
            connection.execute(update(audit).where(audit.c.seq == seq).values(payload=None))

    def verify(self) -> Verdict:
        """Walk the whole chain; one flipped byte anywhere is found."""
        previous, expected, erased = GENESIS, 1, 0
        for row in self._all():
            if row.seq != expected:
                return Verdict(expected - 1, erased, expected, "an entry is missing")
            if row.payload is None:
                erased += 1
            elif sha256_hex(row.payload.encode()) != row.payload_sha256:
                return Verdict(expected - 1, erased, row.seq, "the payload was changed")
            wanted = link(row.seq, row.at, row.actor, row.action, row.subject, row.payload_sha256, previous)
            if row.previous != previous or row.hash != wanted:
                return Verdict(expected - 1, erased, row.seq, "the entry was changed")
            previous, expected = row.hash, expected + 1
        return Verdict(expected - 1, erased, None)

    def _all(self) -> Iterator[Any]:
        query = select(audit).order_by(audit.c.seq)
        with self.engine.connect() as connection, connection.execution_options(yield_per=1000).execute(query) as rows:
            yield from rows
