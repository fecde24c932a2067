"""What no route answers: unknown paths and methods of ours are problems, not pages of the interface (which is mounted at `/`)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute, Match, compile_path
from starlette.types import Receive, Scope, Send

from ui.api.errors import problem

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
PREFIXES = ("/api/", "/v1/", "/d/", "/feeds/", "/oidc/")


class Unknown(BaseRoute):
    """Matches after all routes of ours: a path of ours with another method is 405 with Allow, an unknown path under our prefixes 404."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.known = app, list(app.routes)
        self._documented: list[tuple[Any, tuple[str, ...]]] = []

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """FULL for what lies under our prefixes and for our paths with another method."""
        if scope["type"] != "http":
            return Match.NONE, {}
        ours = scope["path"].startswith(PREFIXES) or any(r.matches(scope)[0] is not Match.NONE for r in self.known)
        return (Match.FULL, {}) if ours else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the problem."""
        if allowed := self._allowed(scope):
            words = ", ".join(allowed)
            response = problem(405, "this method is not allowed here", scope["method"], f"use {words}", {"Allow": words})
        else:
            response = problem(404, "there is nothing at this address", scope["path"], "see /docs")
        await response(scope, receive, send)

    def _allowed(self, scope: Scope) -> tuple[str, ...]:
        """The methods of the path as documented, a literal path before one with parameters; else what the routes take."""
        for pattern, methods in self._described():
            if pattern.match(scope["path"]):
                return methods
        return tuple(m for m in METHODS if any(r.matches({**scope, "method": m})[0] is Match.FULL for r in self.known))

    def _described(self) -> list[tuple[Any, tuple[str, ...]]]:
        if not self._documented:
            paths = sorted(self.app.openapi()["paths"].items(), key=lambda item: item[0].count("{"))
            self._documented = [(compile_path(path)[0], tuple(m.upper() for m in methods)) for path, methods in paths]
        return self._documented
