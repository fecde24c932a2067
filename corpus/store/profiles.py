"""The profile room: facts of an enterprise, private to their owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, Column, Engine, String, Table, delete, insert, select, update

from corpus.errors import NotFound
from corpus.store.base import metadata, now

profiles = Table(
    "profiles",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("facts", JSON, nullable=False),
    Column("updated_at", String(32), nullable=False),
)


class Profiles:
    """Nobody but the owner reads a profile: every method takes the owner."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def put(self, owner: str, name: str, facts: Mapping[str, Any]) -> None:
        """Keep a profile under a name, replacing the one before."""
        values = {"facts": dict(facts), "updated_at": now()}
        mine = (profiles.c.owner == owner) & (profiles.c.name == name)
        with self.engine.begin() as connection:
            if not connection.execute(update(profiles).where(mine).values(values)).rowcount:
                connection.execute(insert(profiles).values(owner=owner, name=name, **values))

    def get(self, owner: str, name: str) -> dict[str, Any]:
        """The facts of a profile; raises NotFound."""
        with self.engine.connect() as connection:
            row = connection.execute(select(profiles.c.facts).where(profiles.c.owner == owner, profiles.c.name == name)).first()
        if row is None:
            raise NotFound("no such profile", name, "see the list of your profiles")
        return dict(row.facts)

    def list(self, owner: str) -> list[dict[str, Any]]:
        """Names of the owner's profiles with their time."""
        with self.engine.connect() as connection:
            query = select(profiles.c.name, profiles.c.updated_at).where(profiles.c.owner == owner).order_by(profiles.c.name)
            return [{"name": r.name, "at": r.updated_at} for r in connection.execute(query)]

    def remove(self, owner: str, name: str) -> None:
        """Delete a profile; raises NotFound."""
        with self.engine.begin() as connection:
            if not connection.execute(delete(profiles).where(profiles.c.owner == owner, profiles.c.name == name)).rowcount:
                raise NotFound("no such profile", name, "see the list of your profiles")

    def forget(self, owner: str) -> int:
        """Erase all profiles of an owner (purge of a person)."""
        with self.engine.begin() as connection:
            return int(connection.execute(delete(profiles).where(profiles.c.owner == owner)).rowcount)
