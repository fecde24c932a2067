"""/api/v1/jobs, subscriptions and the inbox."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from corpus.errors import NotPermitted
from ui.api.base import DeskOf, HallOf, IdentityOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.schemas import Done
from ui.desk.centre import WHOLE
from ui.notify import subscribe, unsubscribe
from ui.records import plain

router = APIRouter(tags=["schedule and messages"])
KEEPERS = ("operator", "admin")
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Wanted(BaseModel):
    """A subscription: which events, by which criteria, over which channel."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["policy.new", "policy.changed", "deadline", "answer.changed", "match.changed", "risk.level", "risk.new", "doubt.settled", "correction", "application.decided", "bulletin"]
    channel: Literal["inbox", "email", "webhook"] = "inbox"
    target: Annotated[str, Field(max_length=500, description="address of the mailbox or the webhook")] = ""
    region: Annotated[str, Field(pattern=r"^\d{0,12}$")] = ""
    topic: Annotated[str, Field(max_length=64)] = ""
    field: Annotated[str, Field(max_length=64)] = ""
    source: Annotated[str, Field(max_length=64, description="the source whose corrections its 提供单位 wants to hear of")] = ""
    document: Annotated[str, Field(max_length=64, description="a policy or notice to watch")] = ""
    answer: Annotated[str, Field(max_length=64, description="one's own kept answer to watch")] = ""
    profile: Annotated[str, Field(max_length=120, description="the name of one's own profile to watch")] = ""


@router.get("/jobs", response_model=dict[str, Any], responses=responses())
def jobs(hall: HallOf, reader: ReaderOf, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Record:
    """The schedule and the latest runs."""
    reader.require(*KEEPERS, "auditor")
    runs = [plain(r) for r in hall.desk.store.jobs.runs(limit=limit)]
    if reader.ceiling < WHOLE:  # counts, the step and whose answers are watched move with what the reader may not know of
        runs = [{**r, "result": {}} for r in runs]
    return {"schedule": hall.runner.jobs() if hall.runner else [], "runs": runs}


@router.post("/jobs/{name}/run", response_model=Done, status_code=202, responses=responses(404, 409))
def run(hall: HallOf, reader: ReaderOf, name: Annotated[str, Path(max_length=32)], source: Annotated[list[str] | None, Query(max_length=100)] = None) -> Record:
    """Run a job now (crawl may name sources)."""
    reader.require(*KEEPERS)
    hall.need_runner().run_now(name, {"sources": source} if source else {}, reader.user)
    return {"done": True, "id": name}


@router.post("/jobs/{name}/{state}", response_model=Done, responses=responses(404, 409))
def pause(hall: HallOf, reader: ReaderOf, name: Annotated[str, Path(max_length=32)], state: Literal["pause", "resume"]) -> Record:
    """Pause or resume a job of the schedule."""
    reader.require(*KEEPERS)
    hall.need_runner().pause(name, state == "pause")
    return {"done": True, "id": name}


@router.get("/subscriptions", response_model=dict[str, Any], responses=responses())
def subscriptions(desk: DeskOf, reader: ReaderOf) -> Record:
    """One's own subscriptions."""
    rows = desk.store.outbox.subscriptions(_user(reader))
    return {"subscriptions": [{n: v for n, v in r.items() if n != "secret"} for r in rows]}


@router.post("/subscriptions", response_model=dict[str, Any], status_code=201, responses=responses(404))
def add(desk: DeskOf, reader: ReaderOf, wanted: Wanted) -> Record:
    """Subscribe; for a webhook the signing secret is shown this once."""
    criteria = {n: v for n in ("region", "topic", "field", "source", "document", "answer", "profile") if (v := getattr(wanted, n))}
    return subscribe(desk, _user(reader), wanted.kind, wanted.channel, wanted.target, criteria)


@router.delete("/subscriptions/{number}", response_model=Done, responses=responses(404))
def remove(desk: DeskOf, reader: ReaderOf, number: Number) -> Record:
    """End a subscription."""
    unsubscribe(desk, _user(reader), number)
    return {"done": True, "id": str(number)}


@router.get("/inbox", response_model=dict[str, Any], responses=responses())
def inbox(desk: DeskOf, identity: IdentityOf) -> Record:
    """What was told to one in the service."""
    return {"messages": [plain(r) for r in desk.store.outbox.inbox(_user(identity.reader))]}


@router.post("/inbox/{number}/read", response_model=Done, responses=responses())
def read(desk: DeskOf, reader: ReaderOf, number: Number) -> Record:
    """Mark a message as read."""
    desk.store.outbox.read(_user(reader), number)
    return {"done": True, "id": str(number)}


def _user(reader: Any) -> str:
    if reader.role == "anonymous":
        raise NotPermitted("this needs an account", reader.user, "sign in")
    return str(reader.user)
