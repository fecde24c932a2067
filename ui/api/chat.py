"""/v1/chat/completions and /v1/models for any OpenAI client: citations stand in the message and in the field `jianwei`."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from corpus.errors import BadInput
from ui.api.base import Hall, HallOf, IdentityOf
from ui.api.errors import responses
from ui.api.schemas import Code, Day, Flag
from ui.api.search import Stream, walked
from ui.cited import source_line

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])
MODEL = "jianwei"
CREATED = 1_767_225_600


class Part(BaseModel):
    """A part of a message; only text parts are read."""

    model_config = ConfigDict(extra="allow")
    type: str
    text: str = ""


class Message(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None

    def words(self) -> str:
        """The text of the message."""
        if isinstance(self.content, list):
            return "\n".join(p.text for p in self.content if p.type == "text")
        return self.content or ""


class Completion(BaseModel):
    """A request as OpenAI clients send it; settings of a model (temperature …) are taken and have no effect."""

    model_config = ConfigDict(extra="allow")
    model: str = MODEL
    messages: Annotated[list[Message], Field(min_length=1, max_length=200)]
    stream: Flag = False
    region: Code = ""
    as_of: Day = ""

    def values(self) -> dict[str, Any]:
        """The last user message as the question, the ones before as history."""
        turns = [m.words() for m in self.messages if m.role == "user"]
        if not turns or not turns[-1].strip():
            raise BadInput("the conversation has no user message", "", 'add {"role": "user", "content": "…"}')
        return {"text": turns[-1], "history": tuple(turns[:-1][-10:]), "region": self.region, "as_of": self.as_of}


@router.get("/models", response_model=dict[str, Any], responses=responses())
def models(identity: IdentityOf) -> dict[str, Any]:
    """The one model that this service is."""
    return {"object": "list", "data": [_model()]}


@router.get("/models/{model}", response_model=dict[str, Any], responses=responses(404))
def model(identity: IdentityOf, model: str) -> dict[str, Any]:
    """The model by name."""
    return _model()


def _model() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": CREATED, "owned_by": "jianwei"}


@router.post("/chat/completions", response_model=dict[str, Any], responses={200: {"content": {"text/event-stream": {}}}, **responses(409, 501, 502)})
async def completions(request: Request, hall: HallOf, identity: IdentityOf, asked: Completion) -> Any:
    """Answer the last user message; with `stream` as chunks."""
    hall.limit("ask", request, identity)
    values = asked.values()
    if asked.stream:
        return Stream(hall.asking, _chunks(hall, hall.desk.stream(values, identity.reader), asked.model))
    answer = await hall.asking.run(hall.desk.ask, values, identity.reader)
    hall.metrics.answered(answer["status"])
    text = answer["text"] + sources_text(answer)
    choice = {"index": 0, "message": {"role": "assistant", "content": text, "refusal": None}, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": len(values["text"]), "completion_tokens": len(text), "total_tokens": len(values["text"]) + len(text)}
    head = {"id": f"chatcmpl-{answer['id']}", "object": "chat.completion", "created": int(time.time()), "model": asked.model}
    return JSONResponse({**head, "choices": [choice], "usage": usage, "jianwei": answer})


def sources_text(answer: Mapping[str, Any]) -> str:
    """Notices and numbered sources under an answer."""
    notices = [n if isinstance(n, str) else n.get("text", "") for n in answer["notices"]]
    lines = [f"> {n}" for n in notices if n]
    lines += [f"[{c['n']}] {source_line(c)}" for c in answer["citations"]]
    return "\n\n" + "\n".join(lines) if lines else ""


async def _chunks(hall: Hall, events: Any, name: str) -> AsyncIterator[str]:
    head = {"id": f"chatcmpl-{time.time_ns():x}", "object": "chat.completion.chunk", "created": int(time.time()), "model": name}

    def chunk(delta: dict[str, Any], finish: str | None = None, **extra: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return f"data: {json.dumps({**head, 'choices': [choice], **extra}, ensure_ascii=False)}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    said, answer = "", None
    async for event in walked(hall, events):
        if event.get("type") == "delta":
            said += event["text"]
            yield chunk({"content": event["text"]})
        elif event.get("type") == "answer":
            answer = event["answer"]
        elif event.get("type") == "error":
            yield f"data: {json.dumps({'error': {'message': event['what'], 'type': 'server_error', 'code': None, 'param': None}}, ensure_ascii=False)}\n\n"
    if answer is not None:
        hall.metrics.answered(answer["status"])
        rest = answer["text"][len(said) :] if answer["text"].startswith(said) else ""
        yield chunk({"content": rest + sources_text(answer)})
    yield chunk({}, "stop", **({"jianwei": answer} if answer else {}))
    yield "data: [DONE]\n\n"
