"""What every route shares: the desk, the reader of the request, gates and rates."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request

from corpus.access import Reader
from corpus.errors import StoreError
from ui.api.errors import SignInNeeded, TooMany
from ui.api.gates import Gate
from ui.api.metrics import Metrics
from ui.auth.identity import Identities, Identity
from ui.auth.rates import Limits
from ui.desk import Desk
from ui.jobs.runner import Runner


class Hall:
    """Everything that the routes share; kept on `app.state.hall`."""

    def __init__(self, desk: Desk, identities: Identities, gates: dict[str, Gate], rates: Limits) -> None:
        self.desk, self.identities, self.gates, self.rates = desk, identities, gates, rates
        self.metrics = Metrics()
        self.runner: Runner | None = None
        self.ready = False

    @property
    def asking(self) -> Gate:
        """The gate of questions: answers by a model have a limiter of their own."""
        return self.gates["model" if self.desk.settings.llm else "ask"]

    def need_runner(self) -> Runner:
        """The runner of jobs; raises StoreError when the service runs without a schedule."""
        if self.runner is None:
            raise StoreError("this service runs without a schedule", "--no-schedule", "run the command by hand, or start it with the schedule")
        return self.runner

    def limit(self, kind: str, request: Request, identity: Identity) -> None:
        """Raise Busy when this person asks too often; the local operator is free."""
        if identity.means == "local":
            return
        who = identity.reader.user if identity.means != "none" else f"@{request.client.host if request.client else ''}"
        if wait := self.rates.take(kind, who):
            raise TooMany(f"too many requests of kind {kind}", wait)


def hall_of(request: Request) -> Hall:
    """The shared hall."""
    found: Hall = request.app.state.hall
    return found


def identity_of(request: Request) -> Identity:
    """Who asks; a one-time password must be changed before anything else."""
    hall = hall_of(request)
    identity = hall.identities.of(request)
    hall.limit("read" if request.method in ("GET", "HEAD") else "write", request, identity)
    if identity.must_change and identity.means == "session":
        raise SignInNeeded("the one-time password must be changed first", "open /password")
    return identity


def reader_of(identity: Annotated[Identity, Depends(identity_of)]) -> Reader:
    """The Reader of the request."""
    return identity.reader


def desk_of(request: Request) -> Desk:
    """The desk."""
    return hall_of(request).desk


HallOf = Annotated[Hall, Depends(hall_of)]
DeskOf = Annotated[Desk, Depends(desk_of)]
ReaderOf = Annotated[Reader, Depends(reader_of)]
IdentityOf = Annotated[Identity, Depends(identity_of)]
Record = dict[str, Any]
