"""What may be fetched next, in memory: queued rows by host, one host after the other, a host only when it is free."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from corpus.store.frontier import Frontier, Row
from crawlers.access.base import CHINA
from crawlers.source import Declaration

WINDOW = 4000
"""Rows held in memory; more wait in the frontier."""


class Queue(Protocol):
    """Where the spider gets rows from: the local desk, or the shared one of `crawlers.shared`."""

    def add(self, rows: Iterable[Row]) -> None: ...
    def next(self) -> Row | None: ...
    def done(self, row: Row) -> None: ...
    def settled(self, rows: Iterable[Row]) -> None: ...
    def hold(self, host: str, reason: str) -> None: ...
    def slow_down(self, host: str, pause: float) -> None: ...
    def robots(self, origin: str) -> tuple[int, bytes, str] | None: ...
    def keep_robots(self, origin: str, status: int, body: bytes, content_type: str) -> None: ...
    def close(self) -> None: ...
    def pending(self) -> bool: ...


@dataclass
class Limits:
    """Caps of one crawl: documents a source (0: its own), seconds in all (0: none)."""

    documents: int = 0
    seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def over(self) -> bool:
        return bool(self.seconds) and time.monotonic() - self.started > self.seconds


def quiet(spans: Sequence[str], moment: datetime) -> bool:
    """Whether a moment lies in quiet hours ("22:00-06:30", Asia/Shanghai)."""
    at = moment.astimezone(CHINA).strftime("%H:%M")
    for span in spans:
        start, _, end = span.partition("-")
        if (start <= at < end) if start <= end else (at >= start or at < end):
            return True
    return False


class Desk:
    """The local queue. Not for threads: everything happens in the reactor's thread."""

    def __init__(self, frontier: Frontier, declared: Mapping[str, Declaration], limits: Limits) -> None:
        self.frontier, self.declared, self.limits = frontier, declared, limits
        self.ready: dict[str, deque[Row]] = {}
        self.flying: Counter[str] = Counter()
        self.known: set[tuple[str, str]] = set()
        self.held: dict[str, str] = {}
        self.served: Counter[str] = Counter()
        self.more = True
        self.turn: deque[str] = deque()

    def _load(self) -> None:
        """Take the next window from the frontier when memory runs low."""
        waiting = sum(len(q) for q in self.ready.values())
        if not self.more or waiting > WINDOW // 8:
            return
        rows = self.frontier.take(list(self.declared), WINDOW)
        self.more = len(rows) == WINDOW
        self._place(rows)

    def _place(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if (row.source_id, row.key) in self.known or row.host in self.held:
                continue
            self.known.add((row.source_id, row.key))
            if row.host not in self.ready:
                self.ready[row.host] = deque()
                self.turn.append(row.host)
            queue = self.ready[row.host]
            (queue.appendleft if row.role == "list" else queue.append)(row)

    def add(self, rows: Iterable[Row]) -> None:
        """Rows that were queued just now."""
        if sum(len(q) for q in self.ready.values()) < 4 * WINDOW:
            self._place(rows)
        else:
            self.more = True

    def next(self) -> Row | None:
        """The next row whose host is free, hosts in turn; None when there is none now."""
        if self.limits.over():
            return None
        self._load()
        for _ in range(len(self.turn)):
            host = self.turn[0]
            self.turn.rotate(-1)
            row = self._of(host)
            if row is not None:
                self.flying[host] += 1
                return row
        return None

    def _of(self, host: str) -> Row | None:
        queue = self.ready[host]
        while queue:
            pace = self.declared[queue[0].source_id].pace
            if self.flying[host] >= pace.concurrency or quiet(pace.quiet, datetime.now(CHINA)):
                return None
            row = queue.popleft()
            if row.role == "list" or self._within(row):
                return row
        return None

    def _within(self, row: Row) -> bool:
        """Count a document against the cap of its source; what is over it stays queued for the next run."""
        cap = self.limits.documents or self.declared[row.source_id].pace.documents
        if row.role == "page" and self.served[row.source_id] >= cap:
            return False
        self.served[row.source_id] += row.role == "page"
        return True

    def done(self, row: Row) -> None:
        """The row is answered; its host is free."""
        self.flying[row.host] -= 1
        self.known.discard((row.source_id, row.key))

    def settled(self, rows: Iterable[Row]) -> None:
        """In the frontier by now: the local queue has nobody to tell."""

    def slow_down(self, host: str, pause: float) -> None:
        """The downloader keeps the pause."""

    def robots(self, origin: str) -> tuple[int, bytes, str] | None:
        """Nobody else asked."""
        return None

    def keep_robots(self, origin: str, status: int, body: bytes, content_type: str) -> None:
        """Nobody to tell."""

    def close(self) -> None:
        """Nothing to give back."""

    def hold(self, host: str, reason: str) -> None:
        """Nothing more is asked of a host in this crawl."""
        self.held[host] = reason
        self.ready.get(host, deque()).clear()

    def pending(self) -> bool:
        """Whether something is in flight, or ready and allowed now."""
        if any(self.flying.values()):
            return True
        if self.limits.over():
            return False
        self._load()
        return any(q and not quiet(self.declared[q[0].source_id].pace.quiet, datetime.now(CHINA)) for q in self.ready.values())


