"""/api/v1/conversations: one's own questions and answers, kept under an account."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from corpus.errors import NotFound, NotPermitted
from ui.api.base import DeskOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.schemas import Done

router = APIRouter(tags=["ask"])
Key = Annotated[str, Path(max_length=64)]


class Title(BaseModel):
    """A new title."""

    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, Field(min_length=1, max_length=120)]


@router.get("/conversations", response_model=dict[str, Any], responses=responses())
def listed(desk: DeskOf, reader: ReaderOf, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Record:
    """One's conversations, last used first."""
    return {"conversations": desk.store.conversations.list(_user(reader), limit)}


@router.get("/conversations/{conversation_id}", response_model=dict[str, Any], responses=responses(404))
def show(desk: DeskOf, reader: ReaderOf, conversation_id: Key) -> Record:
    """The answers of one of them, oldest first, within the ceiling."""
    turns = list(desk.store.conversations.turns(conversation_id, reader, _user(reader)))
    if not turns:
        raise NotFound("nothing is kept under this id", conversation_id, "see the list of your conversations")
    return {"id": conversation_id, "answers": turns}


@router.patch("/conversations/{conversation_id}", response_model=Done, responses=responses(404))
def rename(desk: DeskOf, reader: ReaderOf, conversation_id: Key, wanted: Title) -> Record:
    """Give it another title."""
    desk.store.conversations.rename(conversation_id, _user(reader), wanted.title)
    return {"done": True, "id": conversation_id}


@router.delete("/conversations/{conversation_id}", response_model=Done, responses=responses(404))
def remove(desk: DeskOf, reader: ReaderOf, conversation_id: Key) -> Record:
    """Delete it with its answers."""
    desk.store.conversations.remove(conversation_id, _user(reader))
    return {"done": True, "id": conversation_id}


def _user(reader: Any) -> str:
    if reader.role == "anonymous":
        raise NotPermitted("this needs an account", reader.user, "sign in")
    return str(reader.user)
