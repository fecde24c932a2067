"""Tables of the risk room. Payloads are plain JSON; what they mean is the business of `risk`."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table, Text

from corpus.store.base import metadata

signals = Table(
    "risk_signals",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("document_id", String(32), nullable=False, index=True),
    Column("seen", String(10), nullable=False, index=True),
    Column("security", Integer, nullable=False),
    Column("payload", Text, nullable=False),
)

mentions = Table(
    "risk_mentions",
    metadata,
    Column("document_id", String(32), primary_key=True),
    Column("thing", String(64), primary_key=True),
    Column("kind", String(16), nullable=False, index=True),
    Column("seen", String(10), nullable=False),
    Column("security", Integer, nullable=False),
    Column("value", Float, nullable=False),
    Column("known_from", String(10), nullable=False),
)

terms = Table(
    "risk_terms",
    metadata,
    Column("document_id", String(32), primary_key=True),
    Column("term", String(64), primary_key=True),
    Column("field", Text, nullable=False),
)

marks = Table("risk_marks", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False))

runs = Table(
    "risk_runs",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("as_of", String(10), nullable=False, index=True),
    Column("ceiling", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("constants_version", String(32), nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("summary", JSON, nullable=False),
)

entries = Table(
    "risk_entries",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("risk_id", String(32), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("field", Text, nullable=False, index=True),
    Column("level", String(8), nullable=False),
    Column("record", Text, nullable=False),
    Index("ix_risk_entries_risk", "risk_id"),
)

register = Table(
    "risk_register",
    metadata,
    Column("risk_id", String(32), primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("state", String(16), nullable=False, index=True),
    Column("merged_into", String(32), nullable=False),
    Column("owner", Text, nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("residual", Float),
    Column("edits", JSON, nullable=False),
    Column("created_at", String(32), nullable=False),
)

history = Table(
    "risk_history",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("risk_id", String(32), nullable=False, index=True),
    Column("at", String(32), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("by", Text, nullable=False),
    Column("what", String(32), nullable=False),
    Column("detail", JSON, nullable=False),
)

alerts = Table(
    "risk_alerts",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("risk_id", String(32), nullable=False, index=True),
    Column("rule", String(24), nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("security", Integer, nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("escalated", Integer, nullable=False),
    Column("steps", JSON, nullable=False),
)

bulletins = Table(
    "risk_bulletins",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("start", String(10), nullable=False),
    Column("end", String(10), nullable=False),
    Column("field", Text, nullable=False),
    Column("region", String(12), nullable=False),
    Column("issue", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("content", Text, nullable=False),
    Column("signatures", JSON, nullable=False),
    Column("created_at", String(32), nullable=False),
)
