"""`jianwei serve`: one process with API, interface and schedule. Ends cleanly on Ctrl-C and SIGTERM.

The rooms of search and answers open beside the server; until they are open `/healthz` says 503 and the page says so.
"""

from __future__ import annotations

import gc
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from corpus.access import ANONYMOUS
from corpus.errors import JianweiError, NotPermitted, SettingsError
from corpus.settings import Settings
from risk import draw
from ui.auth.identity import is_loopback
from ui.messages import say

if TYPE_CHECKING:
    from ui.api.base import Hall
    from ui.desk import Desk

GRACE = 4  # seconds that open answers get at the end
TRIED = 50  # ports that are tried after the wished one
AGAIN = 10  # seconds until rooms that did not open are tried again
STARTING, SERVING = (100_000, 50, 1000), gc.get_threshold()
"""Thresholds of the collector: a start makes a million objects that stay, and looking through all of them again and again costs a third of it."""


def serve(settings: Settings, *, schedule: bool = True, accounts: bool = False, lines: tuple[str, ...] = ()) -> None:
    """Serve until stopped; `lines` are printed under the address. Raises NotPermitted for an open address without accounts."""
    from ui.desk import Desk

    started = time.perf_counter()
    gc.set_threshold(*STARTING)
    desk = Desk(settings)
    try:
        _admit(desk, accounts)
        with listen(settings.host, settings.port) as listener:
            _run(desk, listener, schedule=schedule, lines=lines, started=started)
    finally:
        gc.set_threshold(*SERVING)
        desk.close()


def _admit(desk: Desk, accounts: bool) -> None:
    from ui.auth.accounts import first_admin

    made = first_admin(desk.store) if accounts else None
    if made:
        print(say("serve.admin", desk.settings.language, name=made[0], password=made[1]), flush=True)
    if not desk.store.people.administered() and not is_loopback(desk.settings.host):
        raise NotPermitted("an open address needs accounts", desk.settings.host, "add --accounts (it makes an administrator) or use 127.0.0.1")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on the port, or on the next free one (which is said). Raises SettingsError for an address that is not ours."""
    for candidate in [port] if port == 0 else range(port, min(port + TRIED, 65536)):
        try:
            listener = socket.create_server((host, candidate), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=256)
        except PermissionError as error:
            raise SettingsError("this port needs another user", candidate, "choose a port above 1023") from error
        except OSError as error:
            if error.errno not in _TAKEN:
                raise SettingsError("this address cannot be served", host, str(error)) from error
            continue
        if candidate not in (port, 0):
            print(say("serve.port_taken", port=port, free=candidate), flush=True)
        return listener
    raise SettingsError("no free port", f"{port} to {port + TRIED - 1}", "give another --port")


_TAKEN = (98, 48, 10048)  # EADDRINUSE on Linux, macOS, Windows


def _run(desk: Desk, listener: socket.socket, *, schedule: bool, lines: tuple[str, ...], started: float) -> None:
    import uvicorn

    from ui.api import build
    from ui.logs import configure

    log = configure(desk.settings.home)
    address = f"http://{_shown(listener)}"

    def on_start(hall: Hall) -> Callable[[], None]:
        stop, ending = _start_jobs(hall, schedule), threading.Event()
        threading.Thread(target=_open_rooms, args=(hall, log, ending, started), name="rooms", daemon=True).start()
        seconds = time.perf_counter() - started
        log.info("up", seconds=round(seconds, 2))
        print("\n".join([say("serve.up", desk.settings.language, address=address, seconds=f"{seconds:.1f}"), *lines, say("serve.stop", desk.settings.language)]), flush=True)

        def end() -> None:
            ending.set()
            stop()

        return end

    app = build(desk, local=is_loopback(desk.settings.host), on_start=on_start, log=log)
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE, timeout_keep_alive=20)
    server = uvicorn.Server(config)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        print(file=sys.stderr)
    if not server.started:
        raise JianweiError("the service did not start", address, f"see {desk.settings.home / 'logs' / 'service.jsonl'}")


def _shown(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _start_jobs(hall: Hall, schedule: bool) -> Callable[[], None]:
    from ui.jobs.runner import Runner

    if not schedule:
        return lambda: None
    hall.runner = Runner(hall.desk)
    hall.runner.start()
    return hall.runner.stop


def _open_rooms(hall: Hall, log: Any, ending: threading.Event, started: float) -> None:
    """Open retriever and answerer, until it is done or the service ends; the first question is then as quick as the second."""
    while not ending.is_set():
        try:
            _warm(hall.desk)
        except JianweiError as error:
            log.warning("the rooms did not open", error=str(error), again_s=AGAIN)
            ending.wait(AGAIN)
        else:
            return _ready(hall, log, time.perf_counter() - started)


def _warm(desk: Desk) -> None:
    draw.missing()  # imports matplotlib: Gradio does so in its first event, on the loop, where everybody waits for it
    desk.retriever.keeps_serving = True
    desk.retriever.refresh()
    answerer = desk.answerer
    desk.retriever.settle()
    answerer.warm(say("ask.try_1", desk.settings.language), ANONYMOUS)


def _ready(hall: Hall, log: Any, seconds: float) -> None:
    """From here on the service is ready; what was made for good is never looked through by the collector again."""
    gc.freeze()
    gc.set_threshold(*SERVING)
    hall.ready = True
    log.info("ready", seconds=round(seconds, 2))
    print(say("serve.ready", hall.desk.settings.language, seconds=f"{seconds:.1f}"), flush=True)
