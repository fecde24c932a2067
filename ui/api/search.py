"""/api/v1/search and /api/v1/ask."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from corpus.errors import JianweiError
from corpus.models import Kind, Level
from ui.api.base import DeskOf, Hall, HallOf, IdentityOf, ReaderOf, Record
from ui.api.errors import responses
from ui.api.gates import Gate
from ui.api.schemas import AddressFlag, Answer, Asked, Code, Day, Done, Feedback, Hits, Searched, Words

router = APIRouter(tags=["search and answers"])


@router.get("/search", response_model=Hits, responses=responses(501))
def search(
    desk: DeskOf,
    reader: ReaderOf,
    query: Annotated[Words, Query()],
    k: Annotated[int, Query(ge=1, le=100)] = 10,
    region: Annotated[Code, Query()] = "",
    level: Annotated[Level | None, Query()] = None,
    issuer: Annotated[str, Query(max_length=100)] = "",
    date_from: Annotated[Day, Query(alias="from")] = "",
    date_to: Annotated[Day, Query(alias="to")] = "",
    as_of: Annotated[Day, Query()] = "",
    in_force: Annotated[AddressFlag, Query()] = False,
    rerank: Annotated[AddressFlag, Query()] = False,
    kind: Annotated[list[Kind] | None, Query(max_length=7)] = None,
    without: Annotated[list[Annotated[str, Field(max_length=100)]] | None, Query(max_length=20)] = None,
) -> Record:
    """Find clauses; kinds policy, notice and interpretation by default. `in_force`: only of documents in force at `as_of` (today). `rerank`: the built-in reranker reads the best of a question (some 40 ms more). `without`: chips of `understood` to take away, as name or name:value."""
    asked = Searched(query=query, k=k, region=region, level=level or "", issuer=issuer, date_from=date_from, date_to=date_to, as_of=as_of, in_force=in_force, rerank=rerank, kinds=kind or [], without=without or [])
    return _found(desk, reader, asked)


@router.post("/search", response_model=Hits, responses=responses(501))
def search_post(desk: DeskOf, reader: ReaderOf, asked: Searched) -> Record:
    """Find clauses."""
    return _found(desk, reader, asked)


def _found(desk: DeskOf, reader: ReaderOf, asked: Searched) -> Record:
    return {"query": asked.query, "understood": desk.understood(asked.values(), reader), "hits": desk.search(asked.values(), reader)}


@router.post("/ask", response_model=Answer, responses=responses(409, 501, 502))
async def ask(request: Request, hall: HallOf, identity: IdentityOf, asked: Asked) -> Any:
    """Answer a question; every sentence carries its citations."""
    hall.limit("ask", request, identity)
    answer = await hall.asking.run(hall.desk.ask, asked.values(), identity.reader)
    hall.metrics.answered(answer["status"])
    return answer


@router.post("/ask/stream", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}, **responses(409, 501, 502)})
async def ask_stream(request: Request, hall: HallOf, identity: IdentityOf, asked: Asked) -> StreamingResponse:
    """The answer as server-sent events: the steps, the text as it grows, and the whole record last."""
    hall.limit("ask", request, identity)
    return Stream(hall.asking, _sent(hall, hall.desk.stream(asked.values(), identity.reader)))


class Stream(StreamingResponse):
    """Server-sent events that hold a place of a gate as long as they are sent, also when the reader goes away. Raises Busy when there is none."""

    def __init__(self, gate: Gate, events: AsyncIterator[str]) -> None:
        gate.enter()
        self.gate = gate
        super().__init__(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.gate.leave()


async def _sent(hall: Hall, events: Iterator[dict[str, Any]]) -> AsyncIterator[str]:
    async for event in walked(hall, events):
        yield f"event: {event.get('type', event.get('event', 'message'))}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


async def walked(hall: Hall, events: Iterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    """Walk a blocking iterator in the gate's threads. An error becomes the last event (one that is not ours goes on to the log)."""
    try:
        while (event := await hall.asking.step(next, events, None)) is not None:
            yield event
    except JianweiError as error:
        yield {"type": "error", **error.record()}
    except Exception as error:
        yield {"type": "error", "what": "the service failed", "value": type(error).__name__, "mend": "the log says where; report it with the time"}
        raise


@router.post("/answers/{answer_id}/feedback", response_model=Done, status_code=201, responses=responses(404))
def feedback(desk: DeskOf, reader: ReaderOf, answer_id: str, said: Feedback) -> Record:
    """Say whether an answer was of use."""
    desk.feedback(answer_id, said.useful, said.reason, reader)
    return {"done": True, "id": answer_id}
