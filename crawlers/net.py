"""The name resolver of the crawler: what it hands to the connection is what was checked.

Twisted connects to exactly the addresses that the reactor's resolver gives, for names and literals alike, so a host
whose answer holds one address that is not public is refused before any connection; a later answer is checked anew.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # zope ships no stubs

from crawlers.guard import Rules, allowed, literal

KEEP = 60.0
"""Seconds that a checked answer is used again."""


@implementer(IHostResolution)
class Resolution:
    """A resolution by name; it cannot be cancelled."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        raise NotImplementedError


@implementer(IResolutionReceiver)
class _Collector:
    """Collects an answer, checks it whole, then passes it on or passes nothing on."""

    def __init__(self, receiver: Any, host: str, port: int, resolver: GuardedResolver) -> None:
        self.receiver, self.host, self.port, self.resolver = receiver, host, port, resolver
        self.found: list[Any] = []

    def resolutionBegan(self, resolution: Any) -> None:
        self.receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:
        self.found.append(address)

    def resolutionComplete(self) -> None:
        for address in self.resolver.checked(self.host, self.port, self.found):
            self.receiver.addressResolved(address)
        self.receiver.resolutionComplete()


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves through the reactor's own resolver and lets only allowed addresses through. `refused` says why per host."""

    refused: ClassVar[dict[str, str]] = {}

    def __init__(self, reactor: Any, rules: Rules) -> None:
        self.reactor, self.rules, self.inner = reactor, rules, reactor.nameResolver
        self.answers: dict[tuple[str, int], tuple[float, list[Any]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> GuardedResolver:
        return cls(reactor, Rules.of(crawler.settings.getdict("JIANWEI_RULES")))

    def install_on_reactor(self) -> None:
        self.reactor.installNameResolver(self)

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, addressTypes: Sequence[type] | None = None, transportSemantics: str = "TCP") -> Any:
        fixed = self.rules.target(hostName, portNumber)
        if fixed is not None:
            return self._answer(receiver, hostName, [IPv4Address("TCP", *fixed)])
        at, known = self.answers.get((hostName, portNumber), (0.0, []))
        if known and time.monotonic() - at < KEEP:
            return self._answer(receiver, hostName, known)
        given = self.rules.names.get(hostName.lower()) or [a for a in [literal(hostName)] if a is not None]  # a literal in any form: 0x7f.1, ::ffff:127.0.0.1
        if given:
            made = [IPv6Address("TCP", a, portNumber) if ":" in a else IPv4Address("TCP", a, portNumber) for a in given]
            return self._answer(receiver, hostName, self.checked(hostName, portNumber, made))
        return self.inner.resolveHostName(_Collector(receiver, hostName, portNumber, self), hostName, portNumber, addressTypes, transportSemantics)

    def checked(self, host: str, port: int, found: list[Any]) -> list[Any]:
        """All of an answer when every address of it is allowed, else none of it."""
        wrong = [a.host for a in found if not allowed(a.host, self.rules)]
        if wrong:
            self.refused[host] = wrong[0]
            return []
        if found:
            self.answers[(host, port)] = (time.monotonic(), found)
        return found

    def _answer(self, receiver: Any, host: str, found: list[Any]) -> Any:
        resolution = Resolution(host)
        receiver.resolutionBegan(resolution)
        for address in found:
            receiver.addressResolved(address)
        receiver.resolutionComplete()
        return resolution
