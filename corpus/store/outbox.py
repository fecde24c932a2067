"""The outbox: what is to be told (events), to whom (subscriptions), and what became of it (deliveries)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Engine, Integer, String, Table, Text, UniqueConstraint, delete, func, insert, select, update

from corpus.errors import BadInput, NotFound
from corpus.store.base import inserted, metadata, now, rows_of

outbox = Table(
    "outbox",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("kind", String(32), nullable=False, index=True),
    Column("subject", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("security", Integer, nullable=False),
    Column("facets", JSON, nullable=False),
    Column("spread", Boolean, nullable=False, index=True),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("user", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("criteria", JSON, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("target", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("event_n", Integer, nullable=False),
    Column("subscription_n", Integer, nullable=False),
    Column("user", String(64), nullable=False, index=True),
    Column("channel", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("next_at", String(32), nullable=False),
    Column("error", Text, nullable=False),
    Column("done_at", String(32), nullable=False),
    UniqueConstraint("event_n", "subscription_n"),
)

KINDS = ("policy.new", "policy.changed", "deadline", "answer.changed", "match.changed", "risk.level", "risk.new", "doubt.settled", "correction", "application.decided", "panel.invited", "bulletin")
CHANNELS = ("inbox", "email", "webhook")
TRIES = 8


class Outbox:
    """Telling people, at least once, with a record of each delivery."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def tell(self, kind: str, subject: str, title: str, text: str, *, link: str = "", security: int = 1, **facets: Any) -> int:
        """Put one event into the outbox; `facets` (region, field, topic, user …) are what criteria are held against."""
        if kind not in KINDS:
            raise BadInput("no such kind of event", kind, f"one of: {', '.join(KINDS)}")
        values = {"at": now(), "kind": kind, "subject": subject, "title": title, "text": text, "link": link, "security": security, "facets": facets, "spread": False}
        with self.engine.begin() as connection:
            return inserted(connection.execute(insert(outbox).values(**values)))

    def subscribe(self, user: str, kind: str, channel: str, *, target: str = "", secret: str = "", **criteria: Any) -> int:
        """Subscribe a user; returns the number of the subscription."""
        if kind not in KINDS or channel not in CHANNELS:
            raise BadInput("no such kind or channel", f"{kind}, {channel}", f"kinds: {', '.join(KINDS)}; channels: {', '.join(CHANNELS)}")
        values = {"user": user, "kind": kind, "criteria": criteria, "channel": channel, "target": target, "secret": secret, "created_at": now()}
        with self.engine.begin() as connection:
            return inserted(connection.execute(insert(subscriptions).values(**values)))

    def subscriptions(self, user: str = "") -> list[dict[str, Any]]:
        """Subscriptions, oldest first."""
        query = select(subscriptions).order_by(subscriptions.c.n)
        return rows_of(self.engine, query.where(subscriptions.c.user == user) if user else query)

    def unsubscribe(self, user: str, number: int) -> None:
        """End a subscription of a user; raises NotFound."""
        with self.engine.begin() as connection:
            if not connection.execute(delete(subscriptions).where(subscriptions.c.n == number, subscriptions.c.user == user)).rowcount:
                raise NotFound("no such subscription", number, "see the list of your subscriptions")

    def unspread(self, limit: int = 500) -> list[dict[str, Any]]:
        """Events that have not been held against the subscriptions yet."""
        return rows_of(self.engine, select(outbox).where(outbox.c.spread.is_(False)).order_by(outbox.c.n).limit(limit))

    def spread(self, event_n: int, chosen: list[dict[str, Any]]) -> None:
        """Make a delivery for each chosen subscription; one transaction marks the event as spread."""
        rows = [{"event_n": event_n, "subscription_n": s["n"], "user": s["user"], "channel": s["channel"], **_FRESH, "next_at": now()} for s in chosen]
        with self.engine.begin() as connection:
            if not connection.execute(update(outbox).where(outbox.c.n == event_n, outbox.c.spread.is_(False)).values(spread=True)).rowcount:
                return
            if rows:
                connection.execute(insert(deliveries), rows)

    def due(self, limit: int = 100) -> list[dict[str, Any]]:
        """Deliveries to try now, with their event and subscription."""
        query = (
            select(deliveries.c.n, deliveries.c.channel, deliveries.c.tries, deliveries.c.user, outbox.c.kind, outbox.c.subject, outbox.c.title, outbox.c.text, outbox.c.link)
            .add_columns(outbox.c.at, outbox.c.facets, subscriptions.c.target, subscriptions.c.secret)
            .join(outbox, outbox.c.n == deliveries.c.event_n)
            .join(subscriptions, subscriptions.c.n == deliveries.c.subscription_n)
            .where(deliveries.c.state == "pending", deliveries.c.next_at <= now())
            .order_by(deliveries.c.n)
            .limit(limit)
        )
        return rows_of(self.engine, query)

    def done(self, number: int, error: str = "") -> None:
        """Note a delivery's outcome; a failure is tried again later, at most TRIES times."""
        with self.engine.begin() as connection:
            tries = int(connection.scalar(select(deliveries.c.tries).where(deliveries.c.n == number)) or 0) + 1
            later = (datetime.now(UTC) + timedelta(seconds=30 * 2**tries)).isoformat(timespec="seconds")
            state = "sent" if not error else "failed" if tries >= TRIES else "pending"
            values = {"state": state, "tries": tries, "error": error, "next_at": later, "done_at": now() if state != "pending" else ""}
            connection.execute(update(deliveries).where(deliveries.c.n == number).values(**values))

    def inbox(self, user: str, limit: int = 50) -> list[dict[str, Any]]:
        """What was told to a user in the service, newest first."""
        query = (
            select(deliveries.c.n, deliveries.c.state, outbox.c.at, outbox.c.kind, outbox.c.title, outbox.c.text, outbox.c.link)
            .join(outbox, outbox.c.n == deliveries.c.event_n)
            .where(deliveries.c.user == user, deliveries.c.channel == "inbox")
            .order_by(deliveries.c.n.desc())
            .limit(limit)
        )
        return rows_of(self.engine, query)

    def read(self, user: str, number: int) -> None:
        """Mark a message of a user as read."""
        with self.engine.begin() as connection:
            connection.execute(update(deliveries).where(deliveries.c.n == number, deliveries.c.user == user).values(state="read"))

    def waiting(self) -> int:
        """How many deliveries wait."""
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(deliveries).where(deliveries.c.state == "pending")) or 0)


_FRESH = {"state": "pending", "tries": 0, "error": "", "done_at": ""}
