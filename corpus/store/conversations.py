"""The conversation room: every answer with what it rests on, by conversation; feedback; what a person asked to be told about.

A turn is one answer record with its evidence. It is readable by its own user, and only within the ceiling that its evidence needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Engine, Integer, String, Table, Text, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from corpus.access import Reader
from corpus.errors import NotFound, StoreError
from corpus.store.base import metadata, now

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False, index=True),
)

turns = Table(
    "turns",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("conversation_id", String(64), nullable=False, index=True),
    Column("user", String(64), nullable=False, index=True),
    Column("at", String(32), nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("status", String(24), nullable=False, index=True),
    Column("security", Integer, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("trace", JSON, nullable=False),
    Column("useful", Boolean),
    Column("reason", Text, nullable=False),
)


class Conversations:
    """Writing and reading turns."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def save(self, user: str, answer: Mapping[str, Any], trace: Mapping[str, Any], *, security: int) -> None:
        """Keep one turn; its conversation is made at the first one. One's own turn of the same id is replaced.

        Raises StoreError when the id is another's.
        """
        stamp, conversation = now(), str(answer.get("conversation_id") or "")
        row = {
            "id": answer["id"], "conversation_id": conversation, "user": user, "at": stamp, "question": answer["question"], "status": answer["status"],
            "security": security, "answer": dict(answer), "trace": dict(trace), "useful": None, "reason": "",
        }  # fmt: skip
        try:
            self._put(row, user, conversation, stamp)
        except IntegrityError as error:
            taken = f"{answer['id']} {conversation}".strip()
            raise StoreError("this id of an answer or a conversation is taken", taken, "leave it out, or choose another") from error

    def _put(self, row: Mapping[str, Any], user: str, conversation: str, stamp: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(turns).where(turns.c.id == row["id"], turns.c.user == user))
            connection.execute(insert(turns).values(row))
            if not conversation:
                return
            mine = (conversations.c.id == conversation) & (conversations.c.user == user)
            if not connection.execute(update(conversations).where(mine).values(updated_at=stamp)).rowcount:
                title = str(row["question"])[:60]
                connection.execute(insert(conversations).values(id=conversation, user=user, title=title, created_at=stamp, updated_at=stamp))

    def list(self, user: str, limit: int = 50) -> list[dict[str, Any]]:
        """Conversations of a user, last used first: {id, title, at, turns}."""
        count = select(func.count()).where(turns.c.conversation_id == conversations.c.id, turns.c.user == conversations.c.user).scalar_subquery()
        query = select(conversations, count.label("turns")).where(conversations.c.user == user).order_by(conversations.c.updated_at.desc()).limit(limit)
        with self.engine.connect() as connection:
            return [{"id": r.id, "title": r.title, "at": r.updated_at, "turns": int(r.turns)} for r in connection.execute(query)]

    def turns(self, conversation_id: str, reader: Reader, user: str | None = None) -> Sequence[dict[str, Any]]:
        """Answer records of a conversation of the reader (or of `user`), oldest first, within the ceiling."""
        who = reader.user if user is None else user
        query = select(turns.c.answer).where(turns.c.conversation_id == conversation_id, turns.c.user == who, turns.c.security <= reader.ceiling).order_by(turns.c.n)
        with self.engine.connect() as connection:
            return [dict(r.answer) for r in connection.execute(query)]

    def history(self, conversation_id: str, user: str, limit: int = 20) -> tuple[str, ...]:
        """Earlier user turns of a conversation, oldest first."""
        query = select(turns.c.question).where(turns.c.conversation_id == conversation_id, turns.c.user == user).order_by(turns.c.n.desc()).limit(limit)
        with self.engine.connect() as connection:
            return tuple(reversed([str(q) for q in connection.scalars(query)]))

    def get(self, answer_id: str, reader: Reader) -> dict[str, Any]:
        """One turn with its trace; its own user, auditors, admins and the local operator may read it. Raises NotFound."""
        with self.engine.connect() as connection:
            row = connection.execute(select(turns).where(turns.c.id == answer_id)).first()
        allowed = row is not None and row.security <= reader.ceiling and (row.user == reader.user or reader.role in ("local", "auditor", "admin", "operator"))
        if row is None or not allowed:
            raise NotFound("nothing is kept under this id", answer_id, "give the id of an answer")
        return dict(row._mapping)

    def rename(self, conversation_id: str, user: str, title: str) -> None:
        """Give a conversation another title; raises NotFound."""
        self._of_user(update(conversations).where(conversations.c.id == conversation_id, conversations.c.user == user).values(title=title[:120]), conversation_id)

    def remove(self, conversation_id: str, user: str) -> None:
        """Delete a conversation with its turns; raises NotFound."""
        with self.engine.begin() as connection:
            connection.execute(delete(turns).where(turns.c.conversation_id == conversation_id, turns.c.user == user))
        self._of_user(delete(conversations).where(conversations.c.id == conversation_id, conversations.c.user == user), conversation_id)

    def forget(self, user: str) -> int:
        """Erase everything that a user asked (purge of a person); returns how many turns."""
        with self.engine.begin() as connection:
            connection.execute(delete(conversations).where(conversations.c.user == user))
            return int(connection.execute(delete(turns).where(turns.c.user == user)).rowcount)

    def feedback(self, answer_id: str, user: str, useful: bool, reason: str = "") -> None:
        """Whether an answer was of use; raises NotFound when it is not the user's own."""
        self._of_user(update(turns).where(turns.c.id == answer_id, turns.c.user == user).values(useful=useful, reason=reason), answer_id)

    def cited(self, since: str) -> frozenset[str]:
        """Ids of the documents that answers cite since an instant (all users)."""
        found: set[str] = set()
        with self.engine.connect() as connection:
            for row in connection.execution_options(yield_per=500).execute(select(turns.c.answer).where(turns.c.at >= since)):
                found.update(str(c.get("document_id")) for c in row.answer.get("citations", ()))
        return frozenset(found)

    def rise(self, document_id: str, security: int) -> int:
        """Raise the turns that cite a document to its level of security; returns how many were below it."""
        names = turns.c.answer.cast(Text).like(f'%"{document_id}"%')
        with self.engine.begin() as connection:
            return int(connection.execute(update(turns).where(names, turns.c.security < security).values(security=security)).rowcount)

    def tally(self, since: str = "") -> dict[str, int]:
        """How many turns of each status since an instant."""
        query = select(turns.c.status, func.count()).where(turns.c.at >= since).group_by(turns.c.status)
        with self.engine.connect() as connection:
            return {str(status): int(n) for status, n in connection.execute(query)}

    def _of_user(self, statement: Any, value: str) -> None:
        with self.engine.begin() as connection:
            if not connection.execute(statement).rowcount:
                raise NotFound("nothing is kept under this id", value, "see the list of your conversations")
