"""The governance room: the correction queue (疑义校核), the retirement list, applications for 三级 data, and quality history."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Engine, Integer, String, Table, Text, insert, select, update

from corpus.errors import BadInput, NotFound
from corpus.store.base import inserted, metadata, now, rows_of

corrections = Table(
    "corrections",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("raised_at", String(32), nullable=False),
    Column("raised_by", Text, nullable=False),
    Column("document_id", String(32), nullable=False, index=True),
    Column("answer_id", String(64), nullable=False),
    Column("field", String(64), nullable=False),
    Column("said", Text, nullable=False),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("settled_at", String(32), nullable=False),
    Column("settled_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sent_to", Text, nullable=False),
)

retirements = Table(
    "retirements",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("document_id", String(32), nullable=False, index=True),
    Column("rule", String(32), nullable=False),
    Column("listed_at", String(32), nullable=False),
    Column("action", String(16), nullable=False),
    Column("done_at", String(32), nullable=False),
    Column("done_by", Text, nullable=False),
    Column("record", JSON, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("user", String(64), nullable=False, index=True),
    Column("document_id", String(32), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("applied_at", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("settled_by", Text, nullable=False),
    Column("settled_at", String(32), nullable=False),
    Column("until", String(10), nullable=False),
)

quality_history = Table(
    "quality_history",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("on", String(10), nullable=False, index=True),
    Column("source_id", String(64), nullable=False, index=True),
    Column("measures", JSON, nullable=False),
)


class Governance:
    """Corrections, retirements, applications and quality history."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # ---- corrections (疑义校核) -----------------------------------------------------------------------------------

    def doubt(self, raised_by: str, said: str, *, document_id: str = "", answer_id: str = "", field: str = "", old: str = "", new: str = "") -> int:
        """Put a user's doubt on a field (`new`: what it should be), a document or an answer into the queue; returns its number."""
        if not said.strip():
            raise BadInput("a doubt needs words", said, "say what is wrong")
        row = {
            "raised_at": now(),
            "raised_by": raised_by,
            "document_id": document_id,
            "answer_id": answer_id,
            "field": field,
            "said": said,
            "old": old,
            "new": new,
        }
        blank = {"state": "open", "settled_at": "", "settled_by": "", "reason": "", "sent_to": ""}
        with self.engine.begin() as connection:
            return inserted(connection.execute(insert(corrections).values(**row, **blank)))

    def corrections(self, state: str = "", document_id: str = "", limit: int = 200) -> list[dict[str, Any]]:
        """The queue, newest first; state open | accepted | refused."""
        query = select(corrections).order_by(corrections.c.n.desc()).limit(limit)
        query = query.where(corrections.c.state == state) if state else query
        query = query.where(corrections.c.document_id == document_id) if document_id else query
        return rows_of(self.engine, query)

    def settle(self, number: int, settled_by: str, *, accept: bool, new: str = "", reason: str = "", sent_to: str = "") -> dict[str, Any]:
        """Close one doubt; the row keeps both values. The caller amends the document. Raises NotFound when not open."""
        values = {
            "state": "accepted" if accept else "refused",
            "settled_at": now(),
            "settled_by": settled_by,
            "new": new,
            "reason": reason,
            "sent_to": sent_to,
        }
        with self.engine.begin() as connection:
            done = connection.execute(update(corrections).where(corrections.c.n == number, corrections.c.state == "open").values(**values))
            if not done.rowcount:
                raise NotFound("no open doubt with this number", number, "see `jianwei quality`")
            row = connection.execute(select(corrections).where(corrections.c.n == number)).one()
        return dict(row._mapping)

    # ---- retirement (数据退役) ------------------------------------------------------------------------------------

    def list_for_retirement(self, document_id: str, rule: str, record: dict[str, Any]) -> int:
        """Put a document on the retirement list (once); returns the row number."""
        with self.engine.begin() as connection:
            open_row = connection.execute(
                select(retirements.c.n).where(retirements.c.document_id == document_id, retirements.c.done_at == "")
            ).first()
            if open_row:
                return int(open_row.n)
            values = {"document_id": document_id, "rule": rule, "listed_at": now(), "action": "", "done_at": "", "done_by": "", "record": record}
            return inserted(connection.execute(insert(retirements).values(**values)))

    def retire(self, number: int, action: str, done_by: str, record: dict[str, Any]) -> None:
        """Record that a listed document was archived, destroyed or kept."""
        with self.engine.begin() as connection:
            values = {"action": action, "done_at": now(), "done_by": done_by, "record": record}
            done = connection.execute(update(retirements).where(retirements.c.n == number, retirements.c.done_at == "").values(**values))
            if not done.rowcount:
                raise NotFound("no open entry on the retirement list", number, "see `jianwei retire`")

    def retirements(self, *, open_only: bool = True) -> list[dict[str, Any]]:
        """The retirement list."""
        query = select(retirements).order_by(retirements.c.n)
        return rows_of(self.engine, query.where(retirements.c.done_at == "") if open_only else query)

    # ---- applications for 三级 data --------------------------------------------------------------------------------

    def apply(self, user: str, document_id: str, purpose: str) -> int:
        """Apply to read a 三级 document for a purpose."""
        if not purpose.strip():
            raise BadInput("an application needs a purpose", purpose, "say what the data are for")
        values = {
            "user": user,
            "document_id": document_id,
            "purpose": purpose,
            "applied_at": now(),
            "state": "open",
            "settled_by": "",
            "settled_at": "",
            "until": "",
        }
        with self.engine.begin() as connection:
            return inserted(connection.execute(insert(applications).values(**values)))

    def decide(self, number: int, settled_by: str, *, grant: bool, until: str = "", document_id: str = "") -> None:
        """Grant (until a date, inclusive; empty means without end) or refuse an application; `document_id` is the document that its words mean."""
        values = {"state": "granted" if grant else "refused", "settled_by": settled_by, "settled_at": now(), "until": until} | ({"document_id": document_id} if document_id else {})
        with self.engine.begin() as connection:
            done = connection.execute(update(applications).where(applications.c.n == number, applications.c.state == "open").values(**values))
            if not done.rowcount:
                raise NotFound("no open application with this number", number, "see `jianwei quality`")

    def applications(self, *, state: str = "", user: str = "") -> list[dict[str, Any]]:
        """Applications, newest first."""
        query = select(applications).order_by(applications.c.n.desc())
        query = query.where(applications.c.state == state) if state else query
        return rows_of(self.engine, query.where(applications.c.user == user) if user else query)

    def grants(self, user: str, on: str) -> frozenset[str]:
        """Ids of the 三级 documents that `user` may read on the date `on`."""
        return frozenset(r["document_id"] for r in self.applications(state="granted", user=user) if not r["until"] or r["until"] >= on)

    # ---- quality over time ---------------------------------------------------------------------------------------

    def remember_quality(self, on: str, measures: dict[str, dict[str, Any]]) -> None:
        """Keep the day's measures by source (one row a source and day)."""
        with self.engine.begin() as connection:
            for source_id, values in measures.items():
                connection.execute(quality_history.delete().where(quality_history.c.on == on, quality_history.c.source_id == source_id))
                connection.execute(insert(quality_history).values(on=on, source_id=source_id, measures=values))

    def quality_history(self, source_id: str, limit: int = 90) -> list[dict[str, Any]]:
        """A source's measures by day, newest first."""
        query = select(quality_history).where(quality_history.c.source_id == source_id)
        return rows_of(self.engine, query.order_by(quality_history.c.on.desc()).limit(limit))
