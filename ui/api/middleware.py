"""ASGI middleware: security headers, size of bodies, same origin for changes, measuring and logging."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.errors import problem

CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(), geolocation=(), payment=()",
}
SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Adds the security headers; refuses bodies that are too large and changes that another site asked for."""

    def __init__(self, app: ASGIApp, body: int) -> None:
        self.app, self.body = app, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        if scope["method"] not in SAFE and not same_origin(headers):
            return await problem(403, "another site asked for this change", headers.get("origin", ""), "open the service itself")(scope, receive, dressed)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.body:
            return await problem(413, "the body is too large", length, f"send at most {self.body} bytes")(scope, receive, dressed)
        await self.app(scope, self._counted(receive), dressed)

    def _counted(self, receive: Receive) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return message if seen <= self.body else {"type": "http.disconnect"}

        return counted


def same_origin(headers: Headers) -> bool:
    """Whether a change comes from our own pages or from a program (which sends no Origin)."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return urlsplit(origin).netloc == headers.get("host", "")


class Measure:
    """Tells `note(method, route, status, seconds)` of every finished request; the route is the template, never the address."""

    def __init__(self, app: ASGIApp, note: Callable[[str, str, int, float], None]) -> None:
        self.app, self.note = app, note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        status, start = 500, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            self.note(scope["method"], template(scope), status, time.perf_counter() - start)


def template(scope: Scope) -> str:
    """The path of a request with its parameters as names; what no route of ours answered is `(interface)`."""
    route = scope.get("route")
    if not getattr(route, "include_in_schema", False) and not scope["path"].startswith(OURS):
        return "(interface)"
    if route is None:
        return "(unknown)"
    return (API if scope["path"].startswith(API + "/") else "") + str(route.path)


API = "/api/v1"
"""What stands before the paths of the routers of the API."""
OURS = ("/d/", "/risks/", "/answers/", "/feeds/", "/compare")
