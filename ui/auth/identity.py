"""From a request to a Reader. The only place where credentials are read."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from corpus.access import ANONYMOUS, LOCAL, Reader
from corpus.errors import NotFound
from ui.auth import COOKIE
from ui.auth.passwords import digest

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from ui.desk import Desk

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: the Reader, by which means (none | local | session | token), and whether the password must be changed."""

    reader: Reader
    means: str = "none"
    must_change: bool = False


class Identities:
    """Finds the Reader of a request. `local` lets an operator without account in from loopback while there is no administrator."""

    def __init__(self, desk: Desk, *, local: bool) -> None:
        self.desk, self.local = desk, local

    def of(self, request: HTTPConnection) -> Identity:
        """The identity of a request; wrong or outlived credentials read as anonymous."""
        people = self.desk.store.people
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and value:
            return self._named(people.token_user(digest(value.strip())), "token")
        if cookie := request.cookies.get(COOKIE):
            found = self._named(people.session_user(digest(cookie)), "session")
            if found.means != "none":
                return found
        if self.local and from_loopback(request) and not people.administered():
            return Identity(LOCAL, "local")
        return Identity(ANONYMOUS)

    def _named(self, name: str, means: str) -> Identity:
        if not name:
            return Identity(ANONYMOUS)
        try:
            return Identity(self.desk.reader(name), means, self.desk.store.people.get(name).must_change)
        except NotFound:
            return Identity(ANONYMOUS)

    def reader(self, request: HTTPConnection) -> Reader:
        """The Reader of a request."""
        return self.of(request).reader


def from_loopback(request: HTTPConnection) -> bool:
    """Whether a request comes from this machine itself: loopback peer, loopback Host, and no proxy in between."""
    if any(name in request.headers for name in FORWARDED):
        return False
    host = request.headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return is_loopback(request.client.host if request.client else "") and is_loopback(name.strip("[]"))


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
