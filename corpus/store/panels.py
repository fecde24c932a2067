"""The panel room: panels, members, rounds, ratings, nominations, pair comparisons and signed lists."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import JSON, Column, Engine, Integer, String, Table, Text, UniqueConstraint, delete, insert, select, update

from corpus.errors import NotFound, StoreError
from corpus.models import sha256_hex
from corpus.store.base import metadata, now, rows_of

panels = Table(
    "panels",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("field", String(64), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("stop_rule", JSON, nullable=False),
    Column("items", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_by", String(64), nullable=False),
    Column("opened_at", String(32), nullable=False),
)

members = Table(
    "panel_members",
    metadata,
    Column("panel_id", String(32), primary_key=True),
    Column("user", String(64), primary_key=True),
    Column("authority", JSON, nullable=False),
    Column("conflicts", JSON, nullable=False),
    Column("invited_at", String(32), nullable=False),
    Column("chair", Integer, nullable=False),
)

rounds = Table(
    "panel_rounds",
    metadata,
    Column("panel_id", String(32), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("opened_at", String(32), nullable=False),
    Column("closed_at", String(32), nullable=False),
    Column("result", JSON, nullable=False),
)

ratings = Table(
    "panel_ratings",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("panel_id", String(32), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("user", String(64), nullable=False),
    Column("risk_id", String(32), nullable=False),
    Column("form", JSON, nullable=False),
    Column("saw_machine", Integer, nullable=False),
    Column("at", String(32), nullable=False),
    UniqueConstraint("panel_id", "round", "user", "risk_id"),
)

nominations = Table(
    "panel_nominations",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("panel_id", String(32), nullable=False, index=True),
    Column("user", String(64), nullable=False),
    Column("statement", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", String(32), nullable=False),
)

comparisons = Table(
    "panel_comparisons",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("panel_id", String(32), nullable=False, index=True),
    Column("user", String(64), nullable=False),
    Column("winner", String(32), nullable=False),
    Column("loser", String(32), nullable=False),
    Column("at", String(32), nullable=False),
)

signed_lists = Table(
    "signed_lists",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("panel_id", String(32), nullable=False, index=True),
    Column("content", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("signatures", JSON, nullable=False),
    Column("created_at", String(32), nullable=False),
)


class Panels:
    """Storage of expert validation; rules live in `risk.panel`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, panel_id: str, title: str, field: str, as_of: str, stop_rule: dict[str, Any], items: list[dict[str, Any]], opened_by: str) -> None:
        """Store a new panel with its frozen stop rule and the items as they stood."""
        row = {"id": panel_id, "title": title, "field": field, "as_of": as_of, "stop_rule": stop_rule, "items": items, "state": "open"}
        with self.engine.begin() as connection:
            connection.execute(insert(panels).values(**row, opened_by=opened_by, opened_at=now()))

    def get(self, panel_id: str) -> dict[str, Any]:
        """A panel; raises NotFound."""
        with self.engine.connect() as connection:
            row = connection.execute(select(panels).where(panels.c.id == panel_id)).first()
        if row is None:
            raise NotFound("no such panel", panel_id, "see `jianwei panel report`")
        return dict(row._mapping)

    def all(self) -> list[dict[str, Any]]:
        """Every panel, newest first."""
        return rows_of(self.engine, select(panels).order_by(panels.c.opened_at.desc(), panels.c.id))

    def set_state(self, panel_id: str, state: str, items: list[dict[str, Any]] | None = None) -> None:
        """Move a panel on (open | closed | signed); `items` when experts added some before round 1."""
        values: dict[str, Any] = {"state": state} if items is None else {"state": state, "items": items}
        with self.engine.begin() as connection:
            connection.execute(update(panels).where(panels.c.id == panel_id).values(**values))

    def put_member(self, panel_id: str, user: str, authority: dict[str, Any], conflicts: list[str], *, chair: bool = False) -> None:
        """Add or replace one member."""
        key = (members.c.panel_id == panel_id, members.c.user == user)
        with self.engine.begin() as connection:
            connection.execute(delete(members).where(*key))
            values = {"panel_id": panel_id, "user": user, "authority": authority, "conflicts": conflicts, "invited_at": now(), "chair": int(chair)}
            connection.execute(insert(members).values(**values))

    def members(self, panel_id: str) -> list[dict[str, Any]]:
        """The members of a panel."""
        return rows_of(self.engine, select(members).where(members.c.panel_id == panel_id).order_by(members.c.user))

    def open_round(self, panel_id: str, number: int) -> None:
        """Start a round."""
        with self.engine.begin() as connection:
            connection.execute(insert(rounds).values(panel_id=panel_id, number=number, opened_at=now(), closed_at="", result={}))

    def rounds(self, panel_id: str) -> list[dict[str, Any]]:
        """The rounds of a panel, first to last."""
        return rows_of(self.engine, select(rounds).where(rounds.c.panel_id == panel_id).order_by(rounds.c.number))

    def close_round(self, panel_id: str, number: int, result: dict[str, Any]) -> None:
        """Close a round with its statistics; raises StoreError when it is not open."""
        with self.engine.begin() as connection:
            key = (rounds.c.panel_id == panel_id, rounds.c.number == number, rounds.c.closed_at == "")
            if not connection.execute(update(rounds).where(*key).values(closed_at=now(), result=result)).rowcount:
                raise StoreError("the round is not open", f"{panel_id} round {number}", "see `jianwei panel report`")

    def rate(self, panel_id: str, number: int, user: str, risk_id: str, form: dict[str, Any], *, saw_machine: bool) -> None:
        """Store one expert's form for one item; a second form in the same round replaces the first."""
        key = (ratings.c.panel_id == panel_id, ratings.c.round == number, ratings.c.user == user, ratings.c.risk_id == risk_id)
        values = {"panel_id": panel_id, "round": number, "user": user, "risk_id": risk_id, "form": form, "saw_machine": int(saw_machine), "at": now()}
        with self.engine.begin() as connection:
            connection.execute(delete(ratings).where(*key))
            connection.execute(insert(ratings).values(**values))

    def ratings(self, panel_id: str, number: int | None = None) -> list[dict[str, Any]]:
        """Ratings of a panel, or of one round."""
        query = select(ratings).where(ratings.c.panel_id == panel_id).order_by(ratings.c.n)
        return rows_of(self.engine, query if number is None else query.where(ratings.c.round == number))

    def nominate(self, panel_id: str, user: str, statement: str, reason: str) -> None:
        """Store a risk that an expert names (专家补充提名)."""
        with self.engine.begin() as connection:
            connection.execute(insert(nominations).values(panel_id=panel_id, user=user, statement=statement, reason=reason, at=now()))

    def nominations(self, panel_id: str) -> list[dict[str, Any]]:
        """The nominations of a panel."""
        return rows_of(self.engine, select(nominations).where(nominations.c.panel_id == panel_id).order_by(nominations.c.n))

    def compare(self, panel_id: str, user: str, winner: str, loser: str) -> None:
        """Store one pair comparison."""
        with self.engine.begin() as connection:
            connection.execute(insert(comparisons).values(panel_id=panel_id, user=user, winner=winner, loser=loser, at=now()))

    def comparisons(self, panel_id: str) -> list[dict[str, Any]]:
        """The pair comparisons of a panel."""
        return rows_of(self.engine, select(comparisons).where(comparisons.c.panel_id == panel_id).order_by(comparisons.c.n))

    # ---- signed lists --------------------------------------------------------------------------------------------

    def draft_list(self, list_id: str, panel_id: str, content: dict[str, Any]) -> str:
        """Store the validated list; its content never changes from here on. Returns its SHA-256."""
        packed = json.dumps(content, ensure_ascii=False, sort_keys=True)
        digest = sha256_hex(packed.encode())
        with self.engine.begin() as connection:
            connection.execute(
                insert(signed_lists).values(id=list_id, panel_id=panel_id, content=packed, sha256=digest, signatures=[], created_at=now())
            )
        return digest

    def sign(self, list_id: str, signature: dict[str, Any]) -> None:
        """Append one signature."""
        with self.engine.begin() as connection:
            row = connection.execute(select(signed_lists.c.signatures).where(signed_lists.c.id == list_id)).first()
            if row is None:
                raise NotFound("no such list", list_id, "see `jianwei panel report`")
            connection.execute(update(signed_lists).where(signed_lists.c.id == list_id).values(signatures=[*row.signatures, signature]))

    def lists(self, panel_id: str = "") -> list[dict[str, Any]]:
        """Signed and drafted lists, newest first, content parsed; `intact` says whether it still has its hash."""
        query = select(signed_lists).order_by(signed_lists.c.created_at.desc(), signed_lists.c.id)
        rows = rows_of(self.engine, query.where(signed_lists.c.panel_id == panel_id) if panel_id else query)
        return [{**r, "intact": sha256_hex(r["content"].encode()) == r["sha256"], "content": json.loads(r["content"])} for r in rows]
