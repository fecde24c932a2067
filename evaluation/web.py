"""A loopback web for tests and measurements: many hosts on one port, routes as functions, and a record of every request."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it; `at` is monotonic seconds."""

    at: float
    host: str
    method: str
    path: str
    headers: Mapping[str, str]
    status: int
    body: bytes = b""


@dataclass
class Reply:
    """An answer; `headers` may hold any header; `stream` writes the body itself."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/html; charset=utf-8"
    stream: Callable[[Any], None] | None = None


Site = Callable[[str, str, Mapping[str, str]], Reply]
"""site(path with query, method, headers) → reply."""


class Web:
    """Hosts by name; `asked` is the record. A host without a site answers 404."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self.sites = dict(sites)
        self.asked: list[Asked] = []
        self.connections = 0
        self.lock = Lock()

    def paths(self, host: str, *, robots: bool = False) -> list[str]:
        """Paths asked of a host, in order."""
        return [a.path for a in self.asked if a.host == host and (robots or a.path != "/robots.txt")]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request and record it."""
        host = (handler.headers.get("Host") or "").rsplit(":", 1)[0].lower()
        length = int(handler.headers.get("Content-Length") or 0)
        body, at = handler.rfile.read(length), time.monotonic()
        site = self.sites.get(host) or self.sites.get("*")
        reply = site(handler.path, handler.command, dict(handler.headers.items())) if site else Reply(status=404)
        with self.lock:
            self.asked.append(Asked(at, host, handler.command, handler.path, dict(handler.headers.items()), reply.status, body))
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if reply.stream is None:
            handler.send_header("Content-Length", str(len(reply.body)))
            handler.end_headers()
            handler.wfile.write(reply.body)
        else:
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.close_connection = True
            reply.stream(handler.wfile)


@contextmanager
def web(sites: Mapping[str, Site], *, port: int = 0, bind: str = "127.0.0.1") -> Iterator[tuple[Web, int]]:
    """Serve hosts on one loopback port; gives the record and the port."""
    kept = Web(sites)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            with kept.lock:
                kept.connections += 1
            super().setup()

        def do_GET(self) -> None:
            try:
                kept.answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_POST = do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """The record is kept in `asked`."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is part of these tests."""

    server = Server((bind, port), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield kept, int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def page(title: str, paragraphs: int = 6, links: str = "", head: str = "") -> bytes:
    """A page of our own text with a title, metas and a body of some length."""
    body = "".join(f"<p>{n}．{title}第{n}段：各有关单位应当按照本通知要求，结合实际认真组织实施，并于每季度末报送进展情况。</p>" for n in range(1, paragraphs + 1))
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}</title><meta name='ArticleTitle' content='{title}'><meta name='PubDate' content='2026-03-05 09:30'>"
        f"{head}</head><body><h1>{title}</h1><div id='zoom'>{body}{links}</div></body></html>"
    ).encode()


def listing(entries: list[tuple[str, str]], extra: str = "") -> bytes:
    """A list page of (address, title)."""
    items = "".join(f"<li><a href='{href}' title='{title}'>{title}</a><span>2026-03-05</span></li>" for href, title in entries)
    return f"<!doctype html><html><head><meta charset='utf-8'><title>列表</title></head><body><ul class='list'>{items}</ul>{extra}</body></html>".encode()


def path_of(target: str) -> str:
    """The path of a request target."""
    return urlsplit(target).path
