"""A checking proxy for the browser: every connection of a page goes through it, and it connects only to what was checked.

A browser resolves and connects by itself, so the guard of the crawler does not reach it. This proxy takes its place:
CONNECT for https, absolute addresses for http, nothing else; the address it connects to is the one it looked at.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from urllib.parse import urlsplit

from corpus.errors import FetchError
from crawlers.guard import Rules, allowed, check_url, literal

HEAD = 65536
MOST = 64 << 20
"""Bytes that one connection may bring."""
SECONDS = 60.0


class CheckingProxy:
    """`async with CheckingProxy(rules) as proxy`: `proxy.address` is what the browser is told. `refused` says what was not allowed."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.refused: list[str] = []
        self.address = ""

    async def __aenter__(self) -> CheckingProxy:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD)
        self.address = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def resolve(self, host: str, port: int) -> tuple[str, int]:
        """The address to connect to; raises FetchError when any address of the host is not allowed."""
        if (fixed := self.rules.target(host, port)) is not None:
            return fixed
        given = list(self.rules.names.get(host.lower(), ())) or [a for a in [literal(host)] if a is not None]
        if not given:
            answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            given = [str(a[4][0]) for a in answers]
        if wrong := [a for a in given if not allowed(a, self.rules)]:
            raise FetchError("the address is not public", f"{host} is {wrong[0]}", "")
        return sorted(given, key=lambda a: ipaddress.ip_address(a.split("%")[0]).version)[0], port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            url = f"https://{target}/" if method == "CONNECT" else target
            check_url(url, self.rules)
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
            there = await asyncio.wait_for(asyncio.open_connection(*await self.resolve(host, port)), 15)
            await self._join(reader, writer, *there, first=b"" if method == "CONNECT" else _origin_form(head, method, target))
        except FetchError as error:
            self.refused.append(f"{error.what}: {error.value}")
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        finally:
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far: asyncio.StreamReader, near: asyncio.StreamWriter, *, first: bytes) -> None:
        """Carry bytes both ways until one side ends, within the limits."""
        if first:
            near.write(first)
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        out, back = (asyncio.create_task(_pipe(a, b)) for a, b in ((reader, near), (far, writer)))
        try:
            await asyncio.wait({back}, timeout=SECONDS)
        finally:
            for task in (out, back):
                task.cancel()
            near.close()


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    carried = 0
    while (data := await source.read(65536)) and (carried := carried + len(data)) <= MOST:
        sink.write(data)
        await sink.drain()


def _origin_form(head: bytes, method: str, target: str) -> bytes:
    """The head as a server expects it, one request a connection."""
    parts = urlsplit(target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = head.split(b"\r\n")[1:-2]
    kept = [line for line in lines if not re.match(rb"(?i)(?:proxy-[\w-]+|connection|keep-alive)\s*:", line)]
    return b"\r\n".join([f"{method} {path} HTTP/1.1".encode("latin-1"), *kept, b"Connection: close", b"", b""])
