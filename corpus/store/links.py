"""What documents say of each other: events and relations, resolved or still open, and the narrow reading that resolves them.

Everything here goes page by page, so that linking holds a bounded part of the store at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, insert, or_, select, update

from corpus.models import Document, Event, Relation
from corpus.store.document_rows import (
    NARROW,
    changes,
    conditions,
    document_of,
    documents,
    event_of,
    event_row,
    events,
    relation_of,
    relation_row,
    relations,
)

PAGE = 500


class Links:
    """Events and relations between documents."""

    engine: Engine

    @staticmethod
    def _change(connection: Connection, document_id: str, op: str) -> None:
        connection.execute(insert(changes).values(document_id=document_id, op=op))

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

    def stated_by(self, document_id: str) -> list[Event]:
        """The events that one document states, in order."""
        with self.engine.connect() as connection:
            return [event_of(r) for r in connection.execute(select(events).where(events.c.stated_by == document_id).order_by(events.c.n))]

    def happened(self, document_id: str) -> list[Event]:
        """The events that happened to one document, by date."""
        with self.engine.connect() as connection:
            return [event_of(r) for r in connection.execute(select(events).where(events.c.document_id == document_id).order_by(events.c.on, events.c.n))]

    def unresolved_events(self, after: int = 0) -> list[tuple[int, Event]]:
        """The next PAGE events whose target is not known yet, each with its row number, behind the row `after`."""
        query = select(events).where(events.c.document_id.is_(None), events.c.n > after).order_by(events.c.n).limit(PAGE)
        with self.engine.connect() as connection:
            return [(r.n, event_of(r)) for r in connection.execute(query)]

    def unresolved_relations(self, after: int = 0) -> list[tuple[int, Relation]]:
        """The next PAGE relations whose target is not known yet, each with its row number, behind the row `after`."""
        query = select(relations).where(relations.c.target_id.is_(None), relations.c.n > after).order_by(relations.c.n).limit(PAGE)
        with self.engine.connect() as connection:
            return [(r.n, relation_of(r)) for r in connection.execute(query)]

    def resolve_events(self, found: Sequence[tuple[int, Sequence[Event]]]) -> None:
        """Give events by row number their targets, in one transaction; of several targets each further one is a row of its own."""
        with self.engine.begin() as connection:
            for n, (first, *others) in found:
                connection.execute(update(events).where(events.c.n == n).values(document_id=first.document_id, on=first.on))
                if others:
                    connection.execute(insert(events), [event_row(e, e.stated_by or "") for e in others])
            for touched in {i for _, them in found for e in them for i in (e.document_id, e.stated_by) if i}:
                self._change(connection, touched, "upsert")

    def resolve_relations(self, found: Sequence[tuple[int, str | None, str]]) -> None:
        """Give relations by row number their (target, 文号), in one transaction."""
        if found:
            chosen = update(relations).where(relations.c.n == bindparam("row")).values(target_id=bindparam("target"), target_number=bindparam("number"))
            with self.engine.begin() as connection:
                connection.execute(chosen, [{"row": n, "target": target, "number": number} for n, target, number in found])

    def relations_of(self, ids: Sequence[str]) -> list[Relation]:
        """Relations that start at or point to any of `ids`."""
        query = select(relations).where(or_(relations.c.document_id.in_(list(ids)), relations.c.target_id.in_(list(ids))))
        with self.engine.connect() as connection:
            return [relation_of(r) for r in connection.execute(query.order_by(relations.c.n))]

    def named(self, **where: Any) -> list[Document]:
        """Active documents narrow (NARROW: no text, clauses or parts) that match `where` (see `Documents.heads`)."""
        with self.engine.connect() as connection:
            return [document_of(row) for row in connection.execute(select(*NARROW).where(*conditions(where)).order_by(documents.c.id))]

    def names(self, kinds: Sequence[str], size: int = 1000) -> Iterator[list[Document]]:
        """Every active document of some kinds, narrow, page by page in order of id."""
        after = ""
        while True:
            query = select(*NARROW).where(documents.c.id > after, *conditions({"kind": tuple(kinds)})).order_by(documents.c.id).limit(size)
            with self.engine.connect() as connection:
                page = [document_of(row) for row in connection.execute(query)]
            if not page:
                return
            yield page
            after = page[-1].id

    def titles(self, kinds: Sequence[str], since: int = 0) -> Iterator[tuple[str, str, str]]:
        """(id, kind, title) of every active document of some kinds in order of id; of those changed behind the step `since` when given."""
        query = select(documents.c.id, documents.c.kind, documents.c.title).where(*conditions({"kind": tuple(kinds)})).order_by(documents.c.id)
        if since:
            query = query.where(documents.c.id.in_(select(changes.c.document_id).where(changes.c.seq > since)))
        with self.engine.connect() as connection:
            for row in connection.execution_options(yield_per=1000).execute(query):
                yield row.id, row.kind, row.title
