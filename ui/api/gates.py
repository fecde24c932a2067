"""Bounded work: a gate lets so many run and so many wait; whoever comes after hears 503 with Retry-After."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable
from functools import cache, partial
from importlib.resources import files
from typing import Any, TypeVar

import anyio
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.api.errors import Busy, problem

T = TypeVar("T")


@cache
def constants() -> dict[str, Any]:
    """The versioned constants of the server."""
    return tomllib.loads(files("ui.api").joinpath("server.toml").read_text("utf-8"))


class Gate:
    """`running` threads of its own and `waiting` places before them."""

    def __init__(self, name: str, running: int, waiting: int) -> None:
        self.name, self.size = name, running + waiting
        self.inside = 0
        self.turned_away = 0
        self._limiter = anyio.CapacityLimiter(running)

    def enter(self) -> None:
        """Take a place; raises Busy when there is none."""
        if self.inside >= self.size:
            self.turned_away += 1
            raise Busy(f"the queue of {self.name} is full", 2)
        self.inside += 1

    def leave(self) -> None:
        """Give the place back."""
        self.inside -= 1

    async def run(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Run a blocking function in one of the gate's threads."""
        self.enter()
        try:
            return await anyio.to_thread.run_sync(partial(function, *arguments, **named), limiter=self._limiter)
        finally:
            self.leave()

    async def step(self, function: Callable[..., T], *arguments: Any) -> T:
        """One blocking step of somebody who is inside already."""
        return await anyio.to_thread.run_sync(partial(function, *arguments), limiter=self._limiter)


class Door:
    """ASGI: at most `limit` requests inside the application at once (static files, health and metrics pass)."""

    def __init__(self, app: ASGIApp, limit: int, free: tuple[str, ...]) -> None:
        self.app, self.limit, self.free = app, limit, free
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.free):
            return await self.app(scope, receive, send)
        if self.inside >= self.limit:
            response: Callable[[Scope, Receive, Send], Awaitable[None]] = problem(503, "the server is full", "", "ask again in 2 s", {"Retry-After": "2"})
            return await response(scope, receive, send)
        self.inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.inside -= 1
