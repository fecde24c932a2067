"""/api/v1/me, tokens, users."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from corpus.errors import NotPermitted
from ui.api.base import DeskOf, IdentityOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.schemas import Done, Whole
from ui.auth import accounts

router = APIRouter(tags=["people"])
Name = Annotated[str, Path(max_length=64)]
Role = Literal["enterprise", "expert", "official", "operator", "auditor", "admin"]


class Added(BaseModel):
    """A new account."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=64)]
    role: Role
    ceiling: Annotated[Whole | None, Field(ge=1, le=4)] = None
    display: Annotated[str, Field(max_length=200)] = ""
    email: Annotated[str, Field(max_length=200)] = ""


class Changed(BaseModel):
    """What changes of an account."""

    model_config = ConfigDict(extra="forbid")
    role: Role | Literal[""] = ""
    ceiling: Annotated[Whole | None, Field(ge=1, le=4)] = None
    state: Literal["", "active", "disabled"] = ""


class Token(BaseModel):
    """A new API token; `days` 0 means without end."""

    model_config = ConfigDict(extra="forbid")
    label: Annotated[str, Field(max_length=200)] = ""
    days: Annotated[Whole, Field(ge=0, le=3650)] = 90


@router.get("/me", response_model=dict[str, Any], responses=responses())
def me(identity: IdentityOf) -> Record:
    """Who the service takes you for."""
    return {"user": identity.reader.user, "role": identity.reader.role, "ceiling": identity.reader.ceiling, "means": identity.means}


def _account(identity: Any) -> str:
    if identity.means not in ("session", "token"):
        raise NotPermitted("this needs an account", identity.reader.user, "sign in")
    return str(identity.reader.user)


@router.get("/tokens", response_model=dict[str, Any], responses=responses())
def tokens(desk: DeskOf, identity: IdentityOf) -> Record:
    """One's own tokens."""
    return {"tokens": desk.store.people.tokens(_account(identity))}


@router.post("/tokens", response_model=dict[str, str], status_code=201, responses=responses())
def make_token(desk: DeskOf, identity: IdentityOf, wanted: Token) -> Record:
    """A new token; it is shown this once."""
    name = _account(identity)
    return {"token": accounts.make_token(desk.store, name, wanted.label, days=wanted.days, by=name)}


@router.delete("/tokens/{token_id}", response_model=Done, responses=responses(404))
def revoke(desk: DeskOf, identity: IdentityOf, token_id: Name) -> Record:
    """End a token."""
    desk.store.people.revoke_token(_account(identity), token_id)
    return {"done": True, "id": token_id}


@router.get("/users", response_model=dict[str, Any], responses=responses())
def users(desk: DeskOf, reader: ReaderOf) -> Record:
    """Everyone (administrators and auditors)."""
    reader.require("admin", "auditor")
    return {"users": [u.record() for u in desk.store.people.all()]}


@router.post("/users", response_model=dict[str, str], status_code=201, responses=responses())
def add(desk: DeskOf, reader: ReaderOf, added: Added) -> Record:
    """Add an account; its one-time password is shown this once."""
    reader.require("admin")
    password = accounts.create(desk.store, added.name, added.role, ceiling=added.ceiling, display=added.display, email=added.email, by=reader.user)
    return {"name": added.name, "password": password}


@router.patch("/users/{name}", response_model=dict[str, Any], responses=responses(404))
def change(desk: DeskOf, reader: ReaderOf, name: Name, changed: Changed) -> Record:
    """Change role, ceiling or state."""
    reader.require("admin")
    done = accounts.change(
        desk.store, name, role=changed.role, ceiling=changed.ceiling, disable=changed.state == "disabled", enable=changed.state == "active", by=reader.user
    )
    return done.record()


@router.post("/users/{name}/password", response_model=dict[str, str], responses=responses(404))
def reset(desk: DeskOf, reader: ReaderOf, name: Name) -> Record:
    """Set a new one-time password; it is shown this once."""
    reader.require("admin")
    return {"name": name, "password": accounts.reset(desk.store, name, by=reader.user)}
