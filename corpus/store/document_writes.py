"""Writing of the document room: versions, corrections that stay, erasure; every write notes its step of the change sequence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from corpus.errors import NotFound
from corpus.models import Document, Observation, Origin
from corpus.store.audit import audit
from corpus.store.base import now
from corpus.store.document_rows import (
    HEAD,
    HELD,
    changes,
    document_of,
    documents,
    event_row,
    events,
    observations,
    origins,
    relation_row,
    relations,
    row_of,
    unpack_clauses,
)


@dataclass(frozen=True, slots=True)
class Put:
    """What `put` did with one document: result is new | changed | updated | unchanged | purged (refused: it was purged)."""

    document_id: str
    result: str


def _with_corrections(document: Document, old: Document) -> Document:
    """The document with the fields that an operator corrected as they were corrected: a source does not undo that."""
    corrected = {name: m for name, m in old.meta.items() if isinstance(m, dict) and m.get("from") == "corrected"}
    return replace(document, meta=document.meta | corrected, **{name: getattr(old, name) for name in corrected}) if corrected else document

class Writes:
    """Writing documents with their parts."""

    engine: Engine

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

    def held(self, keys: Sequence[str]) -> dict[str, Document]:
        """The document that each key stands for (without text and parts), of those that stand for one."""
        with self.engine.connect() as connection:
            return self._active_by_key(connection, keys)

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
        same = replace(document, stored_at=old.stored_at, changed_at=old.changed_at, first_seen_at=min(t for t in (old.first_seen_at, document.first_seen_at) if t) if document.first_seen_at else old.first_seen_at, family_id=family, state=old.state, security=max(document.security, old.security))  # an operator's level is never lowered by a source
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

    @staticmethod
    def _change(connection: Connection, document_id: str, op: str) -> None:
        connection.execute(insert(changes).values(document_id=document_id, op=op))
