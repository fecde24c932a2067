"""Making and changing accounts, signing in and out. Every step is recorded in the audit chain, never a secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from corpus.access import CEILINGS
from corpus.errors import BadInput, NotFound, NotPermitted
from corpus.store import Store
from corpus.store.people import User
from ui.auth import constants
from ui.auth.passwords import digest, hash_password, matches, one_time, secret


def create(store: Store, name: str, role: str, *, ceiling: int | None = None, display: str = "", email: str = "", by: str) -> str:
    """Add an account; returns its one-time password."""
    password = one_time()
    user = User(name, role, ceiling or CEILINGS.get(role, 0), display, email, hash_password(password), must_change=True)
    if role not in CEILINGS or role == "anonymous":
        raise BadInput("no such role", role, f"one of: {', '.join(r for r in CEILINGS if r != 'anonymous')}")
    store.people.add(user)
    store.audit.add(by, "user.add", name, {"role": role, "ceiling": user.ceiling})
    return password


def first_admin(store: Store) -> tuple[str, str] | None:
    """On a home without an administrator: make one; returns name and one-time password."""
    if store.people.administered():
        return None
    taken = {u.name for u in store.people.all()}
    name = next(n for n in ("admin", *(f"admin{i}" for i in range(2, len(taken) + 3))) if n not in taken)
    return name, create(store, name, "admin", by="local")


def change(store: Store, name: str, *, role: str = "", ceiling: int | None = None, disable: bool = False, enable: bool = False, by: str) -> User:
    """Change role, ceiling or state; a role without a ceiling brings its default one. The last administrator stays."""
    user = store.people.get(name)
    if user.role == "admin" and (disable or role not in ("", "admin")) and sum(u.role == "admin" and u.state == "active" for u in store.people.all()) < 2:
        raise NotPermitted("the last administrator stays", name, "make another administrator first")
    values: dict[str, object] = {}
    if role:
        values |= {"role": role, "ceiling": CEILINGS.get(role, 0)}
    if ceiling is not None:
        values["ceiling"] = ceiling
    if disable or enable:
        values |= {"state": "disabled"} if disable else {"state": "active", "failures": 0, "locked_until": ""}
    changed = store.people.change(name, **values) if values else user
    store.audit.add(by, "user.change", name, values)
    return changed


def reset(store: Store, name: str, *, by: str) -> str:
    """Set a new one-time password; ends the sessions and lifts a lock."""
    password = one_time()
    store.people.change(name, password_hash=hash_password(password), must_change=True, failures=0, locked_until="")
    store.audit.add(by, "user.reset", name)
    return password


def set_password(store: Store, name: str, old: str, new: str) -> None:
    """Change one's own password; raises NotPermitted when the old one is wrong. Ends all sessions."""
    user = store.people.get(name)
    if not matches(user.password_hash, old):
        store.people.failed(name)
        raise NotPermitted("the present password is wrong", name, "type it again")
    if old == new:
        raise BadInput("the new password is the old one", "(not shown)", "choose another")
    store.people.change(name, password_hash=hash_password(new), must_change=False, failures=0, locked_until="")
    store.audit.add(name, "user.password", name)


def sign_in(store: Store, name: str, password: str) -> str:
    """Open a session; returns the cookie's value. Raises NotPermitted in the same words for a wrong name and a wrong password."""
    try:
        user = store.people.get(name)
    except NotFound:
        user = User(name, "", 0, state="unknown")
    right = matches(user.password_hash, password)
    if user.locked_until > _now():
        raise NotPermitted("too many failed sign-ins", name, f"try again after {_local(user.locked_until)} (China time)")
    if not right or user.state != "active":
        _fail(store, user)
        raise NotPermitted("name or password is wrong", name, "type them again; an administrator can set a new password")
    if user.failures or user.locked_until:
        store.people.change(name, failures=0, locked_until="")
    return open_session(store, name)


def _fail(store: Store, user: User) -> None:
    store.audit.add("anonymous", "user.sign_in_failed", user.name if user.state != "unknown" else "(unknown)")
    if user.state == "unknown":
        return
    rule, failures = constants()["lockout"], store.people.failed(user.name)
    if failures >= rule["failures"]:
        minutes = min(rule["longest"], rule["minutes"] * 2 ** (failures - rule["failures"]))
        store.people.change(user.name, locked_until=_now(minutes=minutes))
        store.audit.add("system", "user.locked", user.name, {"minutes": minutes})


def open_session(store: Store, name: str) -> str:
    """Open a session for a person whose identity is proven; returns the cookie's value."""
    value = secret()
    store.people.open_session(digest(value), name, _now(minutes=60 * constants()["session"]["hours"]))
    store.audit.add(name, "user.sign_in", name)
    return value


def sign_out(store: Store, cookie: str) -> None:
    """End the session of a cookie."""
    store.people.end_session(digest(cookie))


def make_token(store: Store, name: str, label: str, *, days: int = 90, by: str) -> str:
    """An API token of an existing account; it is shown this once. `days` 0 means without end."""
    store.people.reader(name)
    value = "jw_" + secret()
    store.people.add_token(digest(value), name, label, _now(minutes=1440 * days) if days else "")
    store.audit.add(by, "token.make", name, {"label": label, "days": days})
    return value


def _local(instant: str) -> str:
    """The hour and minute of a UTC instant in Asia/Shanghai."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M")


def _now(*, minutes: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds")
