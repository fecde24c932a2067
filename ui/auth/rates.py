"""Rate limits: one token bucket a person and kind of request; flat memory (the least recently used are forgotten)."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping


class Rates:
    """`limits` are requests a minute by kind; a bucket holds half a minute's worth, at least five."""

    def __init__(self, limits: Mapping[str, float], *, keep: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self.keep, self.clock = dict(limits), keep, clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, kind: str, who: str) -> float:
        """Take one request; returns 0.0 when allowed, else the seconds to wait."""
        rate = self.limits[kind] / 60
        size = max(5.0, rate * 30)
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
