"""Errors as problem+json (RFC 9457): `{"type", "title", "status", "detail", "what", "value", "mend", "words"}`."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from corpus.errors import BadInput, JianweiError, ModelError, NotBuilt, NotFound, NotPermitted, Oversized, ReadError, StoreError

STATUS: tuple[tuple[type[JianweiError], int], ...] = (
    (BadInput, 422),
    (NotFound, 404),
    (NotPermitted, 403),
    (Oversized, 413),
    (ReadError, 422),
    (StoreError, 409),
    (NotBuilt, 501),
    (ModelError, 502),
    (JianweiError, 500),
)


class Problem(BaseModel):
    """An error as problem+json."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    what: str = Field(description="what went wrong")
    value: str = Field("", description="with which value")
    mend: str = Field("", description="how to mend it")
    words: str = Field("", description="the same for people, in the language of Accept-Language")


class Busy(Exception):
    """No room for this request now; `seconds` until it is worth asking again."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(what)
        self.what, self.seconds = what, max(1, round(seconds + 0.5))


class TooMany(Busy):
    """The rate limit was passed."""


class SignInNeeded(Exception):
    """The credentials are missing or must be renewed."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


def status_of(error: JianweiError) -> int:
    """The HTTP status of one of our errors."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def problem(status: int, what: str, value: str = "", mend: str = "", headers: dict[str, str] | None = None, *, language: str = "en") -> JSONResponse:
    """A problem+json response; `words` are in `language`."""
    from ui.messages import spoken

    detail = "; ".join(p for p in (what, value, mend) if p)
    words = "；".join(p for p in (spoken(what), value, spoken(mend)) if p) if language == "zh" else detail
    body = Problem(title=what, status=status, detail=detail, what=what, value=value, mend=mend, words=words).model_dump()
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _tongue(request: Request) -> str:
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route documents of its errors."""
    words = {401: "Sign in first", 403: "Not permitted", 404: "Unknown to this reader", 409: "The state does not allow it", 413: "Too large",
             415: "The body is no JSON", 422: "The request is wrong", 429: "Too many requests", 501: "Not built", 502: "The model failed", 503: "No room now"}  # fmt: skip
    common = (401, 403, 422, 429, 503)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {s: {"description": words[s], "content": content} for s in sorted({*common, *statuses})}


def error_page(request: Request, error: JianweiError) -> HTMLResponse:
    """The same error for a person: a designed page that says what to do."""
    from ui.messages import say, spoken
    from ui.pages import centre
    from ui.pages.html import e, empty, page

    language = "en" if request.query_params.get("lang") == "en" or request.cookies.get("jianwei_lang") == "en" else "zh"
    status = status_of(error)
    key = {403: "denied", 404: "unknown", 501: "not_built"}.get(status, "failed")
    hint = say("state.unknown_hint", language) if status == 404 else say("state.denied_hint", language) if status == 403 else "；".join(spoken(w, language) for w in (error.what, error.mend))
    identity = request.app.state.hall.identities.of(request)
    links = f'<a class="jw-button" href="/">{e(say("state.home", language))}</a>'
    links += f' <a class="jw-button" href="/login">{e(say("account.login", language))}</a>' if identity.means == "none" else ""
    if status == 404 and identity.means == "session" and "document_id" in request.path_params:
        links += f'<br>{e(say("application.unknown", language))}<br>{centre.apply(language, request.path_params["document_id"])}'
    links = f'<p class="jw-center">{links}</p>'
    told = _NAMED.sub(r'<br><a href="/d/\2">\1</a>', empty(say(f"state.{key}", language), hint, "∅"))
    return HTMLResponse(page(say(f"state.{key}", language), f'<div class="jw-card">{told}{links}</div>', language), status)


_NAMED = re.compile(r"(?<=[：;])\s*([^：;<>]+?) (d[a-z2-7]{20})(?=[;<])")
"""A document that an error lists (title, number, id)."""


def install(app: FastAPI) -> None:
    """Answer every error with problem+json."""

    @app.exception_handler(JianweiError)
    def _ours(request: Request, error: JianweiError) -> Response:
        if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/api/", "/v1/")):
            return error_page(request, error)
        return problem(status_of(error), error.what, error.value, error.mend, language=_tongue(request))

    @app.exception_handler(Busy)
    def _busy(request: Request, error: Busy) -> JSONResponse:
        return problem(503, error.what, "", f"ask again in {error.seconds} s", {"Retry-After": str(error.seconds)}, language=_tongue(request))

    @app.exception_handler(TooMany)
    def _too_many(request: Request, error: TooMany) -> JSONResponse:
        return problem(429, error.what, "", f"ask again in {error.seconds} s", {"Retry-After": str(error.seconds)}, language=_tongue(request))

    @app.exception_handler(SignInNeeded)
    def _sign_in(request: Request, error: SignInNeeded) -> JSONResponse:
        return problem(401, error.what, "", error.mend, {"WWW-Authenticate": "Bearer"}, language=_tongue(request))

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"])
        return problem(422, f"{place}: {first['msg']}", str(first.get("input", ""))[:200], "see /docs")

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        return problem(500, "the service failed", type(error).__name__, "the log says where; report it with the time")

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        status = 422 if error.status_code == 400 else error.status_code  # a body that cannot be read at all is told like one that is wrong
        return problem(status, str(error.detail), request.url.path, "see /docs", dict(error.headers or {}))
