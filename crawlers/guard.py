"""The address guard: only http and https, and no address that is not public; what is allowed beside is said explicitly.

`check_url` looks at an address as written; `public` at an IP address; `crawlers.net` asks both for every hop and
connects to exactly the address that was checked.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from corpus.errors import FetchError

PORTS = (None, 80, 443, 8080, 8081, 8000, 8443, 9000)
_LOCAL = re.compile(r"(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|localdomain|arpa)\.?$")
_SPECIAL = tuple(ipaddress.ip_network(n) for n in ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "100.64.0.0/10"))
"""Special purpose networks (RFC 6890) that some versions of `ipaddress` call global."""
_EMBEDDED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("::/96"))


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be reached beside the public net: `mapped` sends a host:port to a fixed loopback host:port (the demo
    portal); `loopback` opens 127.0.0.0/8 and ::1 whole (tests and measurements only); `names` are answers used in
    place of DNS, and checked like those of DNS."""

    loopback: bool = False
    mapped: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Rules:
        """From plain JSON."""
        return cls(bool(values.get("loopback")), dict(values.get("mapped", {})), {k: tuple(v) for k, v in values.get("names", {}).items()})

    def target(self, host: str, port: int) -> tuple[str, int] | None:
        """The fixed address of a mapped host."""
        found = self.mapped.get(f"{host.lower()}:{port}")
        if found is None:
            return None
        address, _, number = found.rpartition(":")
        return address, int(number)


def public(address: str) -> bool:
    """Whether an IP address may be connected to: global unicast, and so is what an IPv6 form of IPv4 holds."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None and not public(str(inner)):
            return False
        if any(ip in net for net in _EMBEDDED) and not public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))):
            return False
    if isinstance(ip, ipaddress.IPv4Address) and any(ip in net for net in _SPECIAL):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local or ip.is_loopback)


def literal(host: str) -> str | None:
    """The address that a host is a literal of, in any form that resolvers accept (0x7f.1, 2130706433, 0177.0.0.1), else None."""
    host = host.strip("[]").rstrip(".")
    try:
        return str(ipaddress.ip_address(host.split("%")[0]))
    except ValueError:
        pass
    if re.fullmatch(r"(?:0x[0-9a-fA-F]*|\d+)(?:\.(?:0x[0-9a-fA-F]*|\d+)){0,3}", host):
        try:
            return socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return "0.0.0.0"
    return None


def allowed(address: str, rules: Rules) -> bool:
    """Whether a resolved address may be connected to under `rules`."""
    return public(address) or (rules.loopback and ipaddress.ip_address(address.split("%")[0]).is_loopback)


def check_url(url: str, rules: Rules | None = None) -> None:
    """Raise FetchError for an address that may not be fetched (scheme, user in it, local name, literal address, port)."""
    rules = rules or Rules()
    host, port = _parts(url)
    if rules.target(host, port or 80) is not None:
        return
    plain = _plain(host, url)
    address = literal(plain)
    if rules.loopback and (plain.lower().rstrip(".").endswith("localhost") or plain.lower() in rules.names or (address is not None and allowed(address, rules))):
        return
    if address is not None and not public(address):
        raise FetchError("the address is not public", url[:200], "declare a public address")
    if _LOCAL.search(plain.lower()) or "." not in plain.rstrip("."):
        raise FetchError("the host is a local name", url[:200], "declare a public address")
    if port not in PORTS:
        raise FetchError("the port is not one of the web", url[:200], "declare a public address")


def _parts(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise FetchError("this is no address", url[:200], str(error)) from error
    if parts.scheme not in ("http", "https"):
        raise FetchError("only http and https are fetched", url[:200], "declare a public address")
    if not host or parts.username is not None or re.search(r"[\s\\\x00-\x1f]", parts.netloc):
        raise FetchError("the address has no plain host", url[:200], "declare a public address")
    return host, port


def _plain(host: str, url: str) -> str:
    """The host in ASCII (full-width digits and dots become what a resolver would see)."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise FetchError("the host has no valid form", url[:200], str(error)) from error
