"""Rate limits: one token bucket a person and kind of request; flat memory (the least recently used are forgotten).

Over PostgreSQL, where several workers serve, they count together in the store (`Shared`).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Protocol

from corpus.store.rates import RateRows


class Limits(Protocol):
    """Takes one request; 0.0 when allowed, else the seconds to wait."""

    def take(self, kind: str, who: str) -> float: ...


def size_of(per_minute: float) -> float:
    """How many requests a bucket holds: half a minute's worth, at least five."""
    return max(5.0, per_minute / 2)


class Rates:
    """`limits` are requests a minute by kind; a bucket holds half a minute's worth, at least five."""

    def __init__(self, limits: Mapping[str, float], *, keep: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self.keep, self.clock = dict(limits), keep, clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, kind: str, who: str) -> float:
        """Take one request; returns 0.0 when allowed, else the seconds to wait."""
        rate = self.limits[kind] / 60
        size = size_of(self.limits[kind])
        with self._lock:
            now = self.clock()
            level, at = self._buckets.get((kind, who), (size, now))
            level = min(size, level + (now - at) * rate)
            allowed = level >= 1
            self._buckets[(kind, who)] = (level - 1 if allowed else level, now)
            self._buckets.move_to_end((kind, who))
            if len(self._buckets) > self.keep:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - level) / rate


class Shared:
    """The same limits counted in the store by all workers; times are the machines' clocks (keep them in step)."""

    def __init__(self, limits: Mapping[str, float], rows: RateRows, *, clock: Callable[[], float] = time.time, tidy: int = 1_000) -> None:
        self.limits, self.rows, self.clock, self.tidy = dict(limits), rows, clock, tidy
        self._taken = 0

    def take(self, kind: str, who: str) -> float:
        """Take one request; returns 0.0 when allowed, else the seconds to wait."""
        now, per_minute = self.clock(), self.limits[kind]
        self._taken += 1
        if self._taken % self.tidy == 0:
            self.rows.forget(now - 60)
        return self.rows.take(kind, who, every=60 / per_minute, burst=size_of(per_minute), at=now)


def limits_of(limits: Mapping[str, float], rows: RateRows) -> Limits:
    """The counting that fits the store: in memory over SQLite (one process serves), shared over PostgreSQL."""
    return Shared(limits, rows) if rows.engine.dialect.name == "postgresql" else Rates(limits)
