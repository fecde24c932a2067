"""Reading of the document room: methods that take a Reader never return what is above its ceiling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, func, not_, or_, select

from corpus.access import Reader
from corpus.errors import NotFound
from corpus.models import Change, Document, Event, Observation, Origin
from corpus.store.document_rows import (
    HEAD,
    HELD,
    STATED,
    changes,
    conditions,
    document_of,
    documents,
    event_of,
    events,
    observations,
    origins,
    relation_of,
    relations,
    unpack_clauses,
)


class Reads:
    """Reading documents with their parts."""

    engine: Engine

    def get(self, document_id: str, reader: Reader) -> Document:
        """One document with all its parts; raises NotFound also when it is above the reader's ceiling."""
        with self.engine.connect() as connection:
            row = connection.execute(select(documents).where(documents.c.id == document_id)).first()
            if row is None or not reader.may_read(row.security, document_id):
                raise NotFound("no such document", document_id, "see `jianwei catalogue documents`")
            return document_of(row, clauses=unpack_clauses(row.clauses), **self._parts(connection, document_id, reader))

    def _parts(self, connection: Connection, document_id: str, reader: Reader) -> dict[str, Any]:
        """Events, relations and sources; what documents above the ceiling state is not there, and links to them are open."""
        mine = or_(events.c.document_id == document_id, events.c.stated_by == document_id)
        stated = connection.execute(STATED.where(mine, or_(documents.c.security.is_(None), self._allowed(reader))).order_by(events.c.n)).all()
        related = connection.execute(
            select(relations).where(or_(relations.c.document_id == document_id, relations.c.target_id == document_id)).order_by(relations.c.document_id, relations.c.start, relations.c.n)
        ).all()
        linked = {i for r in stated for i in (r.document_id, r.stated_by)} | {i for r in related for i in (r.document_id, r.target_id)}
        hidden = self._hidden(connection, linked - {document_id, None}, reader)
        seen = connection.execute(
            select(origins).where(origins.c.document_id == document_id).order_by(origins.c.official.desc(), origins.c.first_seen_at)
        )
        return {
            "events": tuple(e if e.document_id not in hidden else replace(e, document_id=None) for e in map(event_of, stated)),
            "relations": tuple(r if r.target_id not in hidden else replace(r, target_id=None) for r in map(relation_of, related) if r.document_id not in hidden),
            "sources": tuple(Origin(r.source_id, r.url, r.snapshot_sha256, r.first_seen_at, r.official) for r in seen),
        }

    def _hidden(self, connection: Connection, ids: set[str], reader: Reader) -> set[str]:
        """Those of `ids` that are above the reader's ceiling."""
        if reader.ceiling >= 4 or not ids:
            return set()
        return set(connection.scalars(select(documents.c.id).where(documents.c.id.in_(list(ids)), not_(self._allowed(reader)))))

    def heads(self, reader: Reader, *, limit: int | None = None, after: str = "", **where: Any) -> list[Document]:
        """Documents without text, clauses and parts, ordered by id. `where`: column=value, column=(values…) or column=None.

        `after` is the last id of the page before. Only active documents unless `state` is given.
        """
        query = select(*HEAD).where(self._allowed(reader), documents.c.id > after).order_by(documents.c.id)
        query = query.where(*conditions(where))
        with self.engine.connect() as connection:
            return [document_of(row) for row in connection.execute(query.limit(limit) if limit else query)]

    def count(self, reader: Reader, **where: Any) -> int:
        """How many documents match `where` (see `heads`) within the reader's ceiling."""
        query = select(func.count()).select_from(documents).where(self._allowed(reader), *conditions(where))
        with self.engine.connect() as connection:
            return int(connection.scalar(query) or 0)

    def texts(self, ids: Sequence[str], reader: Reader) -> Iterator[Document]:
        """Documents with text and clauses (no events, relations, origins) for `ids`, in batches; unknown ids are left out."""
        for i in range(0, len(ids), 200):
            query = select(*HEAD, documents.c.text, documents.c.clauses).where(documents.c.id.in_(ids[i : i + 200]), self._allowed(reader))
            with self.engine.connect() as connection:
                rows = connection.execute(query.order_by(documents.c.id)).all()
            for row in rows:
                yield document_of(row, clauses=unpack_clauses(row.clauses))

    def scan(self, reader: Reader, **where: Any) -> Iterator[Document]:
        """Every matching document with text and clauses, ordered by id; only the ids are held (a page by id would sort all that is left, page by page)."""
        with self.engine.connect() as connection:
            ids = list(connection.scalars(select(documents.c.id).where(self._allowed(reader), *conditions(where)).order_by(documents.c.id)))
        yield from self.texts(ids, reader)

    def events_of(self, reader: Reader, ids: Sequence[str] | None = None) -> dict[str, list[Event]]:
        """Events by the document that they happen to, of all documents when `ids` is None; what a document above the
        reader's ceiling states has not happened for them."""
        stated = or_(documents.c.security.is_(None), self._allowed(reader))
        query = STATED.where(events.c.document_id.is_not(None), stated).order_by(events.c.on, events.c.n)
        found: dict[str, list[Event]] = {}
        with self.engine.connect() as connection:
            for row in connection.execute(query if ids is None else query.where(events.c.document_id.in_(list(ids)))):
                found.setdefault(row.document_id, []).append(event_of(row))
        return found

    def page(
        self, reader: Reader, *, order: str = "published_on", descending: bool = True, offset: int = 0, limit: int = 20, **where: Any
    ) -> list[Document]:
        """One page of heads (see `heads` for `where`) ordered by a column, then by id."""
        column = documents.c[order]
        query = select(*HEAD).where(self._allowed(reader), *conditions(where))
        query = query.order_by(column.desc() if descending else column, documents.c.id).offset(offset).limit(limit)
        with self.engine.connect() as connection:
            return [document_of(row) for row in connection.execute(query)]

    def observed(self, start: str = "", end: str = "9999") -> Iterator[Observation]:
        """Hot-list observations with start ≤ at < end, by time."""
        query = select(observations).where(observations.c.at >= start, observations.c.at < end).order_by(observations.c.at, observations.c.n)
        with self.engine.connect() as connection:
            for r in connection.execution_options(yield_per=5000).execute(query):
                yield Observation(r.document_id, r.at, r.platform, r.rank, r.heat)

    def origins_of(self, ids: Sequence[str]) -> dict[str, list[Origin]]:
        """Where each document was seen, official first."""
        found: dict[str, list[Origin]] = {}
        query = select(origins).where(origins.c.document_id.in_(list(ids))).order_by(origins.c.official.desc())
        with self.engine.connect() as connection:
            for r in connection.execute(query):
                found.setdefault(r.document_id, []).append(Origin(r.source_id, r.url, r.snapshot_sha256, r.first_seen_at, r.official))
        return found

    def tally(self, column: str, reader: Reader, **where: Any) -> dict[str, int]:
        """How many active documents have each value of `column`."""
        c = documents.c[column]
        query = select(c, func.count()).where(self._allowed(reader), *conditions(where)).group_by(c)
        with self.engine.connect() as connection:
            return {str(value): int(n) for value, n in connection.execute(query)}

    def by_source(self, reader: Reader) -> dict[str, tuple[int, str, str, str]]:
        """Of each source: active documents within the ceiling, first and last time of sight, and when the last of them came into the store."""
        query = (
            select(origins.c.source_id, func.count(), func.min(origins.c.first_seen_at), func.max(origins.c.first_seen_at), func.max(documents.c.stored_at))
            .join(documents, documents.c.id == origins.c.document_id)
            .where(self._allowed(reader), documents.c.state == "active")
            .group_by(origins.c.source_id)
        )
        with self.engine.connect() as connection:
            return {source: (int(n), first, last, stored) for source, n, first, last, stored in connection.execute(query)}

    def stored_since(self, instant: str) -> dict[str, int]:
        """How many documents each source has brought in since an instant (UTC, ISO)."""
        query = (
            select(origins.c.source_id, func.count(func.distinct(documents.c.id)))
            .join(documents, documents.c.id == origins.c.document_id)
            .where(documents.c.stored_at >= instant)
            .group_by(origins.c.source_id)
        )
        with self.engine.connect() as connection:
            return {source: int(n) for source, n in connection.execute(query)}

    def whole_snapshots(self, hashes: Sequence[str], reader: Reader) -> set[str]:
        """Those of the snapshots all of whose documents the reader may read: an imported file holds many, and one above the ceiling closes it."""
        if reader.ceiling >= 4 or not hashes:
            return set(hashes)
        query = select(origins.c.snapshot_sha256).join(documents, documents.c.id == origins.c.document_id).where(origins.c.snapshot_sha256.in_(list(hashes)), not_(self._allowed(reader)))
        with self.engine.connect() as connection:
            return set(hashes) - set(connection.scalars(query.distinct()))

    def users_of_snapshot(self, sha256: str) -> int:
        """How many documents rest on a snapshot."""
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(origins).where(origins.c.snapshot_sha256 == sha256)) or 0)

    def keys(self, ids: Sequence[str]) -> dict[str, str]:
        """The source key of each document id."""
        with self.engine.connect() as connection:
            query = select(documents.c.id, documents.c.key).where(documents.c.id.in_(list(ids)))
            return {row.id: row.key for row in connection.execute(query)}

    def ids_of(self, keys: Sequence[str]) -> dict[str, str]:
        """The id of the active document of each source key that has one."""
        found: dict[str, str] = {}
        with self.engine.connect() as connection:
            for i in range(0, len(keys), 500):
                query = select(documents.c.key, documents.c.id).where(documents.c.key.in_(list(keys[i : i + 500])), documents.c.state.in_(HELD))
                found.update((row.key, row.id) for row in connection.execute(query))
        return found

    def sequence(self) -> int:
        """The newest step of the change sequence (0 when empty)."""
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.max(changes.c.seq))) or 0)

    def changes_since(self, seq: int, limit: int = 10_000) -> list[Change]:
        """Steps after `seq`, oldest first."""
        query = select(changes).where(changes.c.seq > seq).order_by(changes.c.seq).limit(limit)
        with self.engine.connect() as connection:
            return [Change(r.seq, r.document_id, r.op) for r in connection.execute(query)]

    @staticmethod
    def _allowed(reader: Reader) -> Any:
        if reader.grants:
            return or_(documents.c.security <= reader.ceiling, documents.c.id.in_(list(reader.grants)))
        return documents.c.security <= reader.ceiling
