"""The HTTP API over the desk, with the interface mounted last at `/`.

    app = build(desk, local=True)      a FastAPI application
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from corpus.access import ANONYMOUS
from ui.api import account, centre, chat, conversations, documents, enterprise, jobs, pages, panels, people, risks, search
from ui.api.base import Hall
from ui.api.errors import Problem, install
from ui.api.gates import Door, Gate, constants
from ui.api.metrics import of_sources, resident_bytes
from ui.api.middleware import Guard, Measure
from ui.api.unknown import Unknown
from ui.auth import constants as auth_constants
from ui.auth.identity import Identities
from ui.auth.rates import limits_of
from ui.desk import Desk
from ui.desk.centre import stations

FREE = ("/healthz", "/metrics", "/jw/")
"""Paths that are answered also when the server is full."""


def build(desk: Desk, *, local: bool, interface: bool = True, on_start: Callable[[Hall], Callable[[], None]] | None = None, log: Any = None) -> FastAPI:
    """The application. `on_start` runs when the server is up, sees to it that `hall.ready` comes true, and returns what to call when it goes down."""
    sizes = constants()
    gates = {name: Gate(name, **sizes[name]) for name in ("ask", "model", "work")}
    hall = Hall(desk, Identities(desk, local=local), gates, limits_of(_rates(desk), desk.store.rates))
    mcp_server, mcp_app = _mcp(hall)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = sizes["threads"]
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(mcp_server.session_manager.run())
            hall.ready = on_start is None
            stop = on_start(hall) if on_start else None
            yield
            hall.ready = False
            if stop:
                await anyio.to_thread.run_sync(stop)

    app = FastAPI(title="见微 Jianwei", version="1", lifespan=lifespan, description=_ABOUT, docs_url=None, redoc_url=None)
    app.state.hall = hall
    install(app)
    _routes(app, hall)
    app.router.routes.extend(mcp_app.routes)
    app.router.routes.append(Unknown(app))
    if interface:
        from ui.app import mount

        mount(app, hall)
    app.add_middleware(Guard, body=sizes["body"])
    app.add_middleware(Measure, note=_noting(hall, log))
    app.add_middleware(Door, limit=sizes["inside"], free=FREE)
    _document(app)
    return app


def _rates(desk: Desk) -> dict[str, float]:
    return {kind: float(n) * desk.settings.rate for kind, n in auth_constants()["rate"].items()}


_ABOUT = "Policy and risk intelligence: search, cited answers, documents, risks, expert validation. Errors are problem+json; a Bearer token or a session says who asks."


def _noting(hall: Hall, log: Any) -> Callable[[str, str, int, float], None]:
    def note(method: str, route: str, status: int, seconds: float) -> None:
        hall.metrics.note(method, route, status, seconds)
        if log is not None and route != "(interface)":
            log.info("request", method=method, route=route, status=status, ms=round(1000 * seconds, 1))

    return note


def _mcp(hall: Hall) -> tuple[Any, Any]:
    from ui.api.mcp import build as build_mcp

    return build_mcp(hall)


def _routes(app: FastAPI, hall: Hall) -> None:
    api = APIRouter(prefix="/api/v1")
    for module in (search, conversations, documents, enterprise, risks, panels, centre, people, jobs):
        api.include_router(module.router)
    app.include_router(api)
    app.include_router(chat.router)
    app.include_router(account.router)
    app.include_router(pages.router)
    _status(app, hall)
    app.mount("/jw", StaticFiles(directory=str(files("ui").joinpath("assets"))), name="assets")


def _status(app: FastAPI, hall: Hall) -> None:
    @app.get("/healthz", tags=["running"], response_model=dict[str, Any])
    def healthz() -> Response:
        """Whether the store answers and the rooms of search and answers are open; 503 while starting or broken. The step of the change sequence is not told: it moves with documents that not everybody may know of."""
        if not hall.ready:
            return JSONResponse({"status": "starting"}, 503)
        hall.desk.store.documents.sequence()
        return JSONResponse({"status": "ok"})

    @app.get("/metrics", tags=["running"], response_class=PlainTextResponse)
    def metrics() -> PlainTextResponse:
        """Prometheus text."""
        gauges: dict[str, float] = {"resident_bytes": resident_bytes()}
        for name, gate in hall.gates.items():
            gauges |= {f"gate_{name}_inside": gate.inside, f"gate_{name}_turned_away_total": gate.turned_away}
        families = of_sources(stations(hall.desk, ANONYMOUS))
        return PlainTextResponse(hall.metrics.text(gauges, families), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        """The API described, without anything from outside."""
        from ui.pages.openapi import describe

        return describe(request.app.openapi())


def _document(app: FastAPI) -> None:
    """The OpenAPI description also knows the problem record and the two ways to say who asks."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = make()
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
            components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}, "session": {"type": "apiKey", "in": "cookie", "name": "jianwei_session"}}
            schema["security"] = [{}, {"bearer": []}, {"session": []}]
        return app.openapi_schema or schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the schema


