"""The people room: accounts, sessions and API tokens. Secrets are kept as hashes only (passwords argon2, tokens SHA-256)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Boolean, Column, Engine, Integer, String, Table, Text, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from corpus.access import CEILINGS, Reader
from corpus.errors import BadInput, NotFound
from corpus.store.base import metadata, now

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("ceiling", Integer, nullable=False),
    Column("display", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", String(32), nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("created_at", String(32), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user", String(64), nullable=False, index=True),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
)

tokens = Table(
    "api_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user", String(64), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("last_used_at", String(32), nullable=False),
)

ROLES = tuple(role for role in CEILINGS if role != "anonymous")


@dataclass(frozen=True, slots=True)
class User:
    """One account. `subject` is the OIDC issuer and subject of an outside identity; `state` is active | disabled."""

    name: str
    role: str
    ceiling: int
    display: str = ""
    email: str = ""
    password_hash: str = ""
    must_change: bool = False
    state: str = "active"
    failures: int = 0
    locked_until: str = ""
    subject: str = ""
    created_at: str = ""

    def record(self) -> dict[str, Any]:
        """What may be shown: no secrets."""
        hidden = ("password_hash", "subject")
        return {name: getattr(self, name) for name in self.__slots__ if name not in hidden} | {"outside_identity": bool(self.subject)}


class People:
    """Accounts, sessions and tokens."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # ---- accounts ------------------------------------------------------------------------------------------------

    def add(self, user: User) -> User:
        """Add one account. Raises BadInput when the name is taken, or the role or ceiling does not exist."""
        check(user)
        stored = replace(user, created_at=now())
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(users).values(**{name: getattr(stored, name) for name in User.__slots__}))
        except IntegrityError as error:
            raise BadInput("an account with this name exists", user.name, "choose another name") from error
        return stored

    def get(self, name: str) -> User:
        """One account; raises NotFound."""
        with self.engine.connect() as connection:
            row = connection.execute(select(users).where(users.c.name == name)).first()
        if row is None:
            raise NotFound("no such user", name, "see `jianwei user list`")
        return User(**row._mapping)

    def by_subject(self, subject: str) -> User | None:
        """The account bound to an outside identity, if any."""
        with self.engine.connect() as connection:
            row = connection.execute(select(users).where(users.c.subject == subject)).first()
        return None if row is None else User(**row._mapping)

    def all(self) -> list[User]:
        """Every account by name."""
        with self.engine.connect() as connection:
            return [User(**row._mapping) for row in connection.execute(select(users).order_by(users.c.name))]

    def count(self) -> int:
        """How many accounts there are."""
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(users)) or 0)

    def change(self, name: str, **values: Any) -> User:
        """Change columns of one account; what ends its rights (state, password) ends its sessions too."""
        changed = replace(self.get(name), **values)
        check(changed)
        with self.engine.begin() as connection:
            connection.execute(update(users).where(users.c.name == name).values(**values))
            if {"state", "password_hash", "role", "ceiling"} & set(values):
                connection.execute(delete(sessions).where(sessions.c.user == name))
            if values.get("state") == "disabled":
                connection.execute(delete(tokens).where(tokens.c.user == name))
        return changed

    def administered(self) -> bool:
        """Whether an active administrator exists: from then on everybody signs in."""
        with self.engine.connect() as connection:
            return connection.execute(select(users.c.name).where(users.c.role == "admin", users.c.state == "active").limit(1)).first() is not None

    def failed(self, name: str) -> int:
        """Count one failed sign-in; returns how many in a row."""
        with self.engine.begin() as connection:
            connection.execute(update(users).where(users.c.name == name).values(failures=users.c.failures + 1))
            return int(connection.scalar(select(users.c.failures).where(users.c.name == name)) or 0)

    def reader(self, name: str, grants: frozenset[str] = frozenset()) -> Reader:
        """The Reader of an active account; raises NotFound for an unknown or disabled one."""
        user = self.get(name)
        if user.state != "active":
            raise NotFound("no such user", name, "the account is disabled")
        return Reader(user.name, user.role, user.ceiling, grants)

    # ---- sessions ------------------------------------------------------------------------------------------------

    def open_session(self, digest: str, user: str, expires_at: str) -> None:
        """Keep one session under the SHA-256 of its cookie; forgets sessions that are over."""
        with self.engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at < now()))
            connection.execute(insert(sessions).values(hash=digest, user=user, created_at=now(), expires_at=expires_at))

    def session_user(self, digest: str) -> str:
        """The user of a running session, or an empty string."""
        with self.engine.connect() as connection:
            return str(connection.scalar(select(sessions.c.user).where(sessions.c.hash == digest, sessions.c.expires_at > now())) or "")

    def end_session(self, digest: str) -> None:
        """End one session."""
        with self.engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.hash == digest))

    # ---- API tokens ----------------------------------------------------------------------------------------------

    def add_token(self, digest: str, user: str, label: str, expires_at: str) -> None:
        """Keep one token under its SHA-256."""
        values = {"hash": digest, "user": user, "label": label, "created_at": now(), "expires_at": expires_at, "last_used_at": ""}
        with self.engine.begin() as connection:
            connection.execute(insert(tokens).values(**values))

    def token_user(self, digest: str) -> str:
        """The user of a valid token (its day of use is noted), or an empty string."""
        valid = (tokens.c.hash == digest, (tokens.c.expires_at == "") | (tokens.c.expires_at > now()))
        with self.engine.connect() as connection:
            row = connection.execute(select(tokens.c.user, tokens.c.last_used_at).where(*valid)).first()
        if row is None:
            return ""
        if row.last_used_at[:10] != now()[:10]:
            with self.engine.begin() as connection:
                connection.execute(update(tokens).where(tokens.c.hash == digest).values(last_used_at=now()))
        return str(row.user)

    def tokens(self, user: str) -> list[dict[str, Any]]:
        """The tokens of a user, newest first; `id` is the start of the hash."""
        query = select(tokens).where(tokens.c.user == user).order_by(tokens.c.created_at.desc())
        with self.engine.connect() as connection:
            return [{"id": r.hash[:12], "label": r.label, "created_at": r.created_at, "expires_at": r.expires_at, "last_used_at": r.last_used_at} for r in connection.execute(query)]

    def revoke_token(self, user: str, prefix: str) -> None:
        """Revoke the token of a user whose id is `prefix`; raises NotFound."""
        with self.engine.begin() as connection:
            done = connection.execute(delete(tokens).where(tokens.c.user == user, tokens.c.hash.startswith(prefix, autoescape=True)))
            if len(prefix) < 8 or not done.rowcount:
                raise NotFound("no such token", prefix, f"see `jianwei user tokens {user}`")


def check(user: User) -> None:
    """Raise BadInput for a name, role, ceiling or state that cannot be."""
    if not (1 <= len(user.name) <= 64 and user.name.isprintable() and not any(c.isspace() or c in "/:\\" for c in user.name)) or user.name in ("local", "anonymous"):
        raise BadInput("this cannot be a user name", user.name, "1 to 64 characters without spaces, slashes and colons; not local or anonymous")
    if user.role not in ROLES:
        raise BadInput("no such role", user.role, f"one of: {', '.join(ROLES)}")
    if user.ceiling not in (1, 2, 3, 4):
        raise BadInput("no such ceiling", user.ceiling, "1 to 4")
    if user.state not in ("active", "disabled"):
        raise BadInput("no such state", user.state, "active or disabled")
