"""Prometheus text: requests by route and status, durations, gates, documents, index, memory. No personal data."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the duration buckets, seconds."""


class Metrics:
    """Counters of the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._durations: dict[str, list[int]] = {}
        self._sums: dict[str, float] = defaultdict(float)
        self._answers: dict[str, int] = defaultdict(int)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one finished request."""
        with self._lock:
            self._requests[(method, route, status)] += 1
            counts = self._durations.setdefault(route, [0] * (len(BUCKETS) + 1))
            counts[next((i for i, bound in enumerate(BUCKETS) if seconds <= bound), len(BUCKETS))] += 1
            self._sums[route] += seconds

    def answered(self, status: str) -> None:
        """Count one answer by its status."""
        with self._lock:
            self._answers[status] += 1

    def text(self, gauges: Mapping[str, float], families: Mapping[str, Sequence[tuple[str, float]]] = {}) -> str:
        """The exposition format 0.0.4. `families`: gauges with labels, name → (labels, value) rows."""
        with self._lock:
            lines = [*self._request_lines(), *self._duration_lines()]
            lines += _family("jianwei_answers_total", "counter", ((f'status="{s}"', n) for s, n in sorted(self._answers.items())))
        for name, value in sorted(gauges.items()):
            lines += _family(f"jianwei_{name}", "counter" if name.endswith("_total") else "gauge", [("", value)])
        for name, rows in sorted(families.items()):
            lines += _family(f"jianwei_{name}", "gauge", rows)
        return "\n".join(lines) + "\n"

    def _request_lines(self) -> list[str]:
        rows = ((f'method="{m}",route="{r}",status="{s}"', n) for (m, r, s), n in sorted(self._requests.items()))
        return _family("jianwei_requests_total", "counter", rows)

    def _duration_lines(self) -> list[str]:
        lines = ["# TYPE jianwei_request_seconds histogram"]
        for route, counts in sorted(self._durations.items()):
            total = 0
            for bound, count in zip((*(str(b) for b in BUCKETS), "+Inf"), counts, strict=True):
                total += count
                lines.append(f'jianwei_request_seconds_bucket{{route="{route}",le="{bound}"}} {total}')
            lines.append(f'jianwei_request_seconds_sum{{route="{route}"}} {self._sums[route]:.6f}')
            lines.append(f'jianwei_request_seconds_count{{route="{route}"}} {total}')
        return lines


def _family(name: str, kind: str, rows: Iterable[tuple[str, float]]) -> list[str]:
    return [f"# TYPE {name} {kind}", *(f"{name}{{{labels}}} {value}" if labels else f"{name} {value}" for labels, value in rows)]


def of_sources(stations: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[str, float]]]:
    """Gauges of sources that were gathered: documents of the latest run, its usual number, alarms by kind, UTC seconds of the last success."""
    found: dict[str, list[tuple[str, float]]] = {"source_run_documents": [], "source_usual_documents": [], "source_alarm": [], "source_last_success_seconds": []}
    for station in stations:
        if (health := station["health"]) is None:
            continue
        label = f'source="{station["id"]}"'
        found["source_run_documents"].append((label, health["documents"]))
        if health["usual"] is not None:
            found["source_usual_documents"].append((label, health["usual"]))
        if health["last_success"]:
            found["source_last_success_seconds"].append((label, datetime.fromisoformat(health["last_success"]).timestamp()))
        found["source_alarm"] += [(f'{label},kind="{kind}"', 1) for kind, _ in health["alarms"]]
    return found


def resident_bytes() -> int:
    """Resident memory of this process (0 where /proc is missing)."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * 4096 if path.exists() else 0
