"""The document room: documents with their origins, events, relations and observations, and the change sequence.

A version of a text is a row of its own. `key` is the source's key of the document (address, path in a layout); at
most one row a key is active: a changed text swaps versions in one transaction (the older becomes `superseded`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from corpus.access import Reader
from corpus.errors import NotFound
from corpus.models import (
    Change,
    Document,
    Event,
    Observation,
    Origin,
    Relation,
)
from corpus.store.audit import audit
from corpus.store.base import now
from corpus.store.document_rows import (
    HEAD,
    STATED,
    changes,
    conditions,
    document_of,
    documents,
    event_of,
    event_row,
    events,
    observations,
    origins,
    relation_of,
    relation_row,
    relations,
    row_of,
    unpack_clauses,
)

HELD = ("active", "duplicate")
"""States of the row that a key stands for: a duplicate (一数一源) has stepped back behind the same text of another source."""


@dataclass(frozen=True, slots=True)
class Put:
    """What `put` did with one document: result is new | changed | updated | unchanged | purged (refused: it was purged)."""

    document_id: str
    result: str


def _with_corrections(document: Document, old: Document) -> Document:
    """The document with the fields that an operator corrected as they were corrected: a source does not undo that."""
    corrected = {name: m for name, m in old.meta.items() if isinstance(m, dict) and m.get("from") == "corrected"}
    return replace(document, meta=document.meta | corrected, **{name: getattr(old, name) for name in corrected}) if corrected else document


class Documents:
    """Reading and writing documents. Methods that take a Reader never return what is above its ceiling."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # ---- writing -------------------------------------------------------------------------------------------------

    def put(self, batch: Iterable[tuple[str, Document]]) -> list[Put]:
        """Store `(key, document)` pairs in one transaction; idempotent by key and text hash."""
        pairs = list(batch)
        with self.engine.begin() as connection:
            gone = self._purged(connection, [document.id for _, document in pairs])
            known = self._active_by_key(connection, [key for key, _ in pairs])
            results: list[Put] = []
            fresh: list[tuple[str, Document]] = []
            for key, document in pairs:
                if document.id in gone:
                    results.append(Put(document.id, "purged"))
                    continue
                if key in known and any(key == k for k, _ in fresh):
                    self._insert(connection, fresh)  # the same key twice in one batch: the first must stand before the second is placed
                    fresh = []
                result, stored = self._place(connection, key, document, known.get(key))
                if result == "new":
                    fresh.append((key, stored))
                if result != "unchanged":
                    known[key] = stored
                results.append(Put(stored.id, result))
            self._insert(connection, fresh)
            return results

    @staticmethod
    def _purged(connection: Connection, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that were purged: they do not come back."""
        found: set[str] = set()
        for i in range(0, len(ids), 500):
            found.update(connection.scalars(select(audit.c.subject).where(audit.c.action == "purge.document", audit.c.subject.in_(ids[i : i + 500]))))
        return found

    def _active_by_key(self, connection: Connection, keys: Sequence[str]) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for i in range(0, len(keys), 500):
            query = select(documents.c.key, *HEAD, documents.c.clauses).where(documents.c.key.in_(keys[i : i + 500]), documents.c.state.in_(HELD))
            for row in connection.execute(query):
                found[row.key] = document_of(row, clauses=unpack_clauses(row.clauses))
        return found

    def _place(self, connection: Connection, key: str, document: Document, old: Document | None) -> tuple[str, Document]:
        stamp = now()
        if old is None:
            return "new", replace(document, stored_at=stamp, changed_at=stamp)
        family = old.family_id if document.family_id in ("", document.id) else document.family_id  # linked since: it stays
        same = replace(document, stored_at=old.stored_at, changed_at=old.changed_at, first_seen_at=old.first_seen_at, family_id=family, state=old.state, security=max(document.security, old.security))  # an operator's level is never lowered by a source
        if old.id == document.id:
            same = _with_corrections(same, old)
            self._add_origins(connection, old.id, document.sources)
            if row_of(replace(same, text=""), key) == row_of(replace(old, text=""), key):
                return "unchanged", old
            updated = replace(same, changed_at=stamp)
            connection.execute(update(documents).where(documents.c.id == old.id).values(row_of(updated, key)))
            self._replace_parts(connection, updated)
            self._change(connection, old.id, "upsert")
            return "updated", updated
        connection.execute(update(documents).where(documents.c.id == old.id).values(state="superseded", changed_at=stamp))
        self._change(connection, old.id, "upsert")
        stored = replace(document, stored_at=stamp, changed_at=stamp, family_id=family, security=max(document.security, old.security))
        back = connection.execute(select(documents.c.id).where(documents.c.id == document.id)).first()
        if back:  # an earlier text came back: the row exists, it becomes active again
            connection.execute(update(documents).where(documents.c.id == document.id).values(row_of(stored, key)))
            self._replace_parts(connection, stored)
            self._change(connection, stored.id, "upsert")
        else:
            self._insert(connection, [(key, stored)])
        return "changed", stored

    def _insert(self, connection: Connection, pairs: Sequence[tuple[str, Document]]) -> None:
        unique = {document.id: (key, document) for key, document in pairs}
        if not unique:
            return
        rows = [row_of(document, key) for key, document in unique.values()]
        present = self._present(connection, list(unique))
        fresh = [row for row in rows if row["id"] not in present]
        if fresh:
            connection.execute(insert(documents), fresh)
        for key, document in unique.values():
            if document.id in present:
                connection.execute(update(documents).where(documents.c.id == document.id).values(row_of(document, key)))
        self._insert_parts(connection, [document for _, document in unique.values()], clear=present)
        connection.execute(insert(changes), [{"document_id": i, "op": "upsert"} for i in unique])

    def _present(self, connection: Connection, ids: Sequence[str]) -> set[str]:
        present: set[str] = set()
        for i in range(0, len(ids), 500):
            present.update(connection.scalars(select(documents.c.id).where(documents.c.id.in_(ids[i : i + 500]))))
        return present

    def _insert_parts(self, connection: Connection, batch: Sequence[Document], clear: set[str]) -> None:
        for document in batch:
            if document.id in clear:
                self._clear_parts(connection, document.id)
        rows = [
            {
                "document_id": d.id,
                "source_id": o.source_id,
                "url": o.url,
                "snapshot_sha256": o.snapshot_sha256,
                "first_seen_at": o.first_seen_at,
                "official": o.official,
            }
            for d in batch
            for o in d.sources
        ]
        kept = {(r["document_id"], r["source_id"], r["url"]): r for r in rows}
        if kept:
            connection.execute(insert(origins), list(kept.values()))
        stated = [event_row(e, d.id) for d in batch for e in d.events if e.stated_by in (None, d.id)]
        if stated:
            connection.execute(insert(events), stated)
        related = [relation_row(r) for d in batch for r in d.relations]
        if related:
            connection.execute(insert(relations), related)

    def _replace_parts(self, connection: Connection, document: Document) -> None:
        self._insert_parts(connection, [replace(document, sources=())], clear={document.id})
        self._add_origins(connection, document.id, document.sources)

    def _clear_parts(self, connection: Connection, document_id: str) -> None:
        connection.execute(delete(events).where(events.c.stated_by == document_id))
        connection.execute(delete(relations).where(relations.c.document_id == document_id))

    def _add_origins(self, connection: Connection, document_id: str, added: Sequence[Origin]) -> None:
        known = {(row.source_id, row.url) for row in connection.execute(select(origins).where(origins.c.document_id == document_id))}
        rows = [
            {
                "document_id": document_id,
                "source_id": o.source_id,
                "url": o.url,
                "snapshot_sha256": o.snapshot_sha256,
                "first_seen_at": o.first_seen_at,
                "official": o.official,
            }
            for o in added
            if (o.source_id, o.url) not in known
        ]
        if rows:
            connection.execute(insert(origins), rows)

    def add_origins(self, document_id: str, added: Sequence[Origin]) -> None:
        """Record further places where the same document was seen."""
        with self.engine.begin() as connection:
            self._add_origins(connection, document_id, added)

    def observe(self, batch: Iterable[Observation]) -> int:
        """Append hot-list observations; returns how many."""
        rows = [{"document_id": o.document_id, "at": o.at, "platform": o.platform, "rank": o.rank, "heat": o.heat} for o in batch]
        if rows:
            with self.engine.begin() as connection:
                connection.execute(insert(observations), rows)
        return len(rows)

    def amend(self, document_id: str, **values: Any) -> None:
        """Change metadata columns of one document (security, state, family_id, validity fields …) and note the change."""
        with self.engine.begin() as connection:
            done = connection.execute(update(documents).where(documents.c.id == document_id).values(**values, changed_at=now()))
            if not done.rowcount:
                raise NotFound("no such document", document_id, "see `jianwei catalogue documents`")
            self._change(connection, document_id, "upsert")
            if "security" in values:  # what it says of others is now known to other readers
                for target in connection.scalars(select(events.c.document_id).distinct().where(events.c.stated_by == document_id, events.c.document_id.is_not(None), events.c.document_id != document_id)).all():
                    self._change(connection, target, "upsert")

    def set_events(self, stated_by: str, replaced: Sequence[Event]) -> None:
        """Replace the events that one document states (after resolution of their targets)."""
        with self.engine.begin() as connection:
            connection.execute(delete(events).where(events.c.stated_by == stated_by))
            if replaced:
                connection.execute(insert(events), [event_row(e, stated_by) for e in replaced])
            for target in {e.document_id for e in replaced if e.document_id} | {stated_by}:
                self._change(connection, target, "upsert")

    def set_relations(self, document_id: str, replaced: Sequence[Relation]) -> None:
        """Replace the relations of one document (after resolution of their targets)."""
        with self.engine.begin() as connection:
            connection.execute(delete(relations).where(relations.c.document_id == document_id))
            if replaced:
                connection.execute(insert(relations), [relation_row(r) for r in replaced])

    def set_relations_of(self, replaced: dict[str, list[Relation]]) -> None:
        """Replace the relations of several documents in one transaction."""
        with self.engine.begin() as connection:
            connection.execute(delete(relations).where(relations.c.document_id.in_(list(replaced))))
            rows = [relation_row(r) for found in replaced.values() for r in found]
            if rows:
                connection.execute(insert(relations), rows)

    def erase(self, document_id: str) -> None:
        """Remove one document with all its parts (purge); a tombstone tells the indexes."""
        with self.engine.begin() as connection:
            self._clear_parts(connection, document_id)
            connection.execute(delete(origins).where(origins.c.document_id == document_id))
            connection.execute(delete(observations).where(observations.c.document_id == document_id))
            connection.execute(update(events).where(events.c.document_id == document_id).values(document_id=None))
            connection.execute(update(relations).where(relations.c.target_id == document_id).values(target_id=None))
            connection.execute(delete(documents).where(documents.c.id == document_id))
            self._change(connection, document_id, "delete")

    def replace(self, document_id: str, document: Document) -> None:
        """Put another text in the place of one document, in its state and family, in one transaction (purge of words); the old row is gone."""
        with self.engine.begin() as connection:
            old = connection.execute(select(documents.c.key, documents.c.state, documents.c.family_id).where(documents.c.id == document_id)).first()
            if old is None:
                raise NotFound("no such document", document_id, "see `jianwei catalogue documents`")
            seen = [dict(r._mapping) for r in connection.execute(select(origins).where(origins.c.document_id == document_id))]
            observed = update(observations).where(observations.c.document_id == document_id).values(document_id=document.id)
            connection.execute(observed)
            self._clear_parts(connection, document_id)
            for statement in (
                delete(origins).where(origins.c.document_id == document_id), delete(documents).where(documents.c.id == document_id),
                update(events).where(events.c.document_id == document_id).values(document_id=document.id), update(relations).where(relations.c.target_id == document_id).values(target_id=document.id),
            ):  # fmt: skip
                connection.execute(statement)
            family = document.id if old.family_id == document_id else old.family_id
            connection.execute(update(documents).where(documents.c.family_id == document_id).values(family_id=document.id))
            kept = replace(document, sources=tuple(Origin(r["source_id"], r["url"], "", r["first_seen_at"], r["official"]) for r in seen), state=old.state, family_id=family, changed_at=now())
            self._insert(connection, [(old.key, kept)])
            self._change(connection, document_id, "delete")

    def _change(self, connection: Connection, document_id: str, op: str) -> None:
        connection.execute(insert(changes).values(document_id=document_id, op=op))

    # ---- reading -------------------------------------------------------------------------------------------------

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
                rows = connection.execute(query).all()
            for row in rows:
                yield document_of(row, clauses=unpack_clauses(row.clauses))

    def scan(self, reader: Reader, *, batch: int = 500, **where: Any) -> Iterator[Document]:
        """Every matching document with text and clauses, in flat memory, ordered by id."""
        after = ""
        while True:
            query = select(*HEAD, documents.c.text, documents.c.clauses).where(self._allowed(reader), documents.c.id > after, *conditions(where))
            with self.engine.connect() as connection:
                rows = connection.execute(query.order_by(documents.c.id).limit(batch)).all()
            if not rows:
                return
            for row in rows:
                yield document_of(row, clauses=unpack_clauses(row.clauses))
            after = rows[-1].id

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

    def stated_by(self, document_id: str) -> list[Event]:
        """The events that one document states, in order."""
        with self.engine.connect() as connection:
            return [event_of(r) for r in connection.execute(select(events).where(events.c.stated_by == document_id).order_by(events.c.n))]

    def page(
        self, reader: Reader, *, order: str = "published_on", descending: bool = True, offset: int = 0, limit: int = 20, **where: Any
    ) -> list[Document]:
        """One page of heads (see `heads` for `where`) ordered by a column, then by id."""
        column = documents.c[order]
        query = select(*HEAD).where(self._allowed(reader), *conditions(where))
        query = query.order_by(column.desc() if descending else column, documents.c.id).offset(offset).limit(limit)
        with self.engine.connect() as connection:
            return [document_of(row) for row in connection.execute(query)]

    def unresolved(self) -> tuple[list[Event], list[Relation]]:
        """Events and relations whose target document is not known yet."""
        with self.engine.connect() as connection:
            lost = connection.execute(select(events).where(events.c.document_id.is_(None))).all()
            open_ends = connection.execute(select(relations).where(relations.c.target_id.is_(None))).all()
        return [event_of(r) for r in lost], [relation_of(r) for r in open_ends]

    def relations_of(self, ids: Sequence[str]) -> list[Relation]:
        """Relations that start at or point to any of `ids`."""
        query = select(relations).where(or_(relations.c.document_id.in_(list(ids)), relations.c.target_id.in_(list(ids))))
        with self.engine.connect() as connection:
            return [relation_of(r) for r in connection.execute(query.order_by(relations.c.n))]

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

    def by_source(self, reader: Reader) -> dict[str, tuple[int, str, str]]:
        """Of each source: active documents within the ceiling, first and last time of sight."""
        query = (
            select(origins.c.source_id, func.count(), func.min(origins.c.first_seen_at), func.max(origins.c.first_seen_at))
            .join(documents, documents.c.id == origins.c.document_id)
            .where(self._allowed(reader), documents.c.state == "active")
            .group_by(origins.c.source_id)
        )
        with self.engine.connect() as connection:
            return {source: (int(n), first, last) for source, n, first, last in connection.execute(query)}

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

    # ---- change sequence -----------------------------------------------------------------------------------------

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
