"""The erasure room: what a purge must reach beyond the documents, in every table there is, so that none is forgotten.

A table that is added later is swept too: its texts and JSON values are looked through, whatever they are called.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import JSON, Column, Connection, Engine, Table, Text, and_, cast, delete, or_, select, text, update

from corpus.store.audit import audit
from corpus.store.base import metadata

MARK = "[已清除]"
_OWN_ROOMS = frozenset({"documents", "changes", "audit", "origins", "events", "relations", "observations", "snapshots", "users", "sessions", "api_tokens"})
"""Tables that the document and audit rooms clear themselves, or that hold no words of documents."""
_RECORDS = frozenset({"retirements"})
"""Tables whose rows stay as records of an act (without what they say of the document)."""


class Erasure:
    """Sweeps over the tables of a store."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def forget_document(self, document_id: str) -> int:
        """Remove or blank what other tables keep of a document (its signals, doubts, citations in answers); returns the rows touched."""
        return self._sweep([document_id], lambda row: _without(row, document_id), by_document=document_id)

    def forget_words(self, words: str) -> int:
        """Replace a person's words by the mark in every text and JSON value, and erase audit payloads that hold them; returns the rows touched."""
        forms = list(dict.fromkeys([words, json.dumps(words)[1:-1]]))
        touched = self._sweep(forms, lambda row: {name: replaced(value, words) for name, value in row.items()})
        with self.engine.begin() as connection:
            return touched + int(connection.execute(update(audit).where(_holds(audit.c.payload, forms)).values(payload=None)).rowcount)

    def _sweep(self, forms: Sequence[str], clean: Callable[[dict[str, Any]], dict[str, Any]], by_document: str = "") -> int:
        touched = 0
        with self.engine.begin() as connection:
            self._overwrite(connection)
            for table in metadata.sorted_tables:
                if table.name in _OWN_ROOMS:
                    continue
                if by_document and "document_id" in table.c and table.name not in _RECORDS:
                    touched += int(connection.execute(delete(table).where(table.c.document_id == by_document)).rowcount)
                touched += _cleaned(connection, table, forms, clean)
        return touched

    def _overwrite(self, connection: Connection) -> None:
        """SQLite overwrites what it deletes from here on."""
        if self.engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA secure_delete=ON"))

    def settle(self) -> None:
        """Let nothing of what was erased stay in the database's own files: free pages and the log (SQLite), dead rows (PostgreSQL)."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if self.engine.dialect.name == "sqlite":
                connection.execute(text("VACUUM"))
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            else:
                connection.execute(text("VACUUM FULL"))


def _words(table: Table) -> list[Column[Any]]:
    """The columns that can hold words."""
    return [c for c in table.columns if isinstance(c.type, (Text, JSON)) and not c.primary_key]


def _holds(column: Any, forms: Sequence[str]) -> Any:
    value = cast(column, Text) if isinstance(column.type, JSON) else column
    return or_(*(value.contains(form, autoescape=True) for form in forms))


def _cleaned(connection: Connection, table: Table, forms: Sequence[str], clean: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    columns = _words(table)
    if not columns:
        return 0
    rows = connection.execute(select(table).where(or_(*(_holds(c, forms) for c in columns)))).all()
    for row in rows:
        values = clean({c.name: row._mapping[c.name] for c in columns})
        connection.execute(update(table).where(and_(*(c == row._mapping[c.name] for c in table.primary_key.columns))).values(values))
    return len(rows)


def replaced(value: Any, words: str) -> Any:
    """A value with the words replaced, also within packed JSON."""
    if isinstance(value, str):
        return value.replace(words, MARK).replace(json.dumps(words)[1:-1], MARK)
    if isinstance(value, dict):
        return {k: replaced(v, words) for k, v in value.items()}
    return [replaced(v, words) for v in value] if isinstance(value, list) else value


def _without(row: dict[str, Any], document_id: str) -> dict[str, Any]:
    """The values of a row without what they say of a document; an answer that cites it keeps its question only."""
    return {name: _blank(value, document_id) for name, value in row.items()}


def _blank(value: Any, document_id: str) -> Any:
    if isinstance(value, str):
        if document_id not in value:
            return value
        try:
            return json.dumps(_blank(json.loads(value), document_id), ensure_ascii=False)
        except ValueError:
            return MARK
    if isinstance(value, list):
        return [_blank(v, document_id) for v in value]
    if not isinstance(value, dict):
        return value
    if value.get("citations") and document_id in json.dumps(value):
        return {k: v for k, v in value.items() if k in ("id", "conversation_id", "question", "status", "as_of")} | {"text": MARK, "sentences": [], "citations": [], "purged": True}
    if document_id in (value.get("document_id"), value.get("id")):
        return {k: MARK if isinstance(v, str) and k not in ("document_id", "id", "kind", "date", "polarity") else _blank(v, document_id) for k, v in value.items()}
    return {k: _blank(v, document_id) for k, v in value.items()}
