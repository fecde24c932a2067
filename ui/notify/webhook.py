"""Signed webhooks to public addresses only: the name is resolved, every address checked, and the checked one is called."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import time
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from corpus.errors import BadInput, FetchError


def check_address(url: str, *, loopback: bool = False) -> tuple[SplitResult, str]:
    """The parts of a webhook's address and one checked IP; raises BadInput for anything that is not public http(s)."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise BadInput("this is no webhook address", url, "write https://host/path")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = {str(info[4][0]) for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)}
    except (OSError, ValueError) as error:
        raise BadInput("the host of the webhook is unknown", parts.hostname, str(error)) from error
    for address in found:
        ip = ip_address(address.split("%")[0])
        if not (ip.is_global or (loopback and ip.is_loopback)) or ip.is_multicast:
            raise BadInput("the webhook leads to a private address", parts.hostname, "give a public host")
    return parts, sorted(found)[0]


def sign(secret: str, stamp: int, body: bytes) -> str:
    """The value of the signature header."""
    return f"t={stamp},v1={hmac.new(secret.encode(), f'{stamp}.'.encode() + body, hashlib.sha256).hexdigest()}"


def post(delivery: Mapping[str, Any], *, loopback: bool = False, timeout: float = 10.0) -> None:
    """Post one event as JSON; raises FetchError unless the answer is 2xx. Redirects are not followed."""
    parts, address = check_address(delivery["target"], loopback=loopback)
    event = {n: delivery[n] for n in ("kind", "subject", "title", "text", "link", "at", "facets")}
    body = json.dumps({"id": delivery["n"], **event}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "Host": parts.netloc, "X-Jianwei-Signature": sign(delivery["secret"], int(time.time()), body)}
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Pinned(parts, address, timeout)
    try:
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise FetchError("the webhook cannot be reached", parts.hostname, str(error)) from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise FetchError("the webhook did not accept the event", parts.hostname, f"HTTP {status}")


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked, with the certificate of the name."""

    def __init__(self, parts: SplitResult, address: str, timeout: float) -> None:
        secure = parts.scheme == "https"
        super().__init__(parts.hostname or "", parts.port or (443 if secure else 80), timeout=timeout)
        self._address, self._context = address, ssl.create_default_context() if secure else None

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain
