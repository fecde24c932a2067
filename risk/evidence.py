"""Signals as columns, and the view of them at a date: pairs of (risk, story) with what each story brings.

Point in time: a view at a date holds only signals that had been first seen, and sightings that had been made, by that date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from risk.constants import constants, day, iso
from risk.signals import Signal

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Sightings = Mapping[str, Sequence[tuple[int, float]]]
Lineage = Callable[[Signal], str]


def _own_key(signal: Signal) -> str:
    return signal.risk_key


@dataclass(frozen=True, slots=True)
class Pair:
    """What one story brings to one risk, as of the date of the view. Days since 1970.

    `days` are those of its dated texts, `last` the latest of them (-1 without any): what is timeless is a witness, but has no time, heat or deadline.
    """

    risk: int
    story: str
    kind: str
    members: tuple[int, ...]
    days: tuple[int, ...]
    severity_max: float
    severity_mean: float
    last: int
    heat: float
    places: tuple[str, ...]
    sources: frozenset[str]
    years: float
    deadline: int

    @property
    def timed(self) -> bool:
        """Whether any of its texts has a date."""
        return bool(self.days)


@dataclass(frozen=True, slots=True)
class View:
    """All that is known at `day`: risk keys in order, pairs sorted by risk, opposing signals by risk."""

    day: int
    keys: tuple[str, ...]
    pairs: tuple[Pair, ...]
    starts: Ints
    opposing: tuple[tuple[int, ...], ...]
    links: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def owner(self) -> Ints:
        """[pairs] risk of each pair."""
        return np.array([p.risk for p in self.pairs], dtype=np.int64)

    @property
    def timed(self) -> NDArray[np.bool_]:
        """[risks] whether any story of a risk is dated: without one nothing can be said of its urgency."""
        return np.array([any(p.timed for p in self.of(r)) for r in range(len(self.keys))], dtype=bool)

    def of(self, risk: int) -> tuple[Pair, ...]:
        """The pairs of one risk."""
        end = int(self.starts[risk + 1]) if risk + 1 < len(self.starts) else len(self.pairs)
        return self.pairs[int(self.starts[risk]) : end]


class Evidence:
    """Signals of a corpus in order of first sight, ready to be looked at as of any date."""

    def __init__(self, signals: Iterable[Signal], stories: Mapping[str, str], sightings: Sightings | None = None, lineage: Lineage | None = None) -> None:
        self.signals = sorted(signals, key=lambda s: (s.seen, s.document_id, s.start))
        self.stories = stories
        self.sightings: Sightings = sightings or {}
        self.lineage = lineage or _own_key
        years = constants()["time_to_impact"]["years"]
        self._seen = np.array([day(max(s.seen, s.known_from)) for s in self.signals], dtype=np.int64)
        self._date = np.array([day(s.date or s.seen) for s in self.signals], dtype=np.int64)
        self._years = [float(years.get(s.stage, 0.0)) for s in self.signals]
        self._deadline = [deadline_of(s) for s in self.signals]
        back = constants()["lookback"]
        self._back = np.array([back.get(s.kind, 90) for s in self.signals], dtype=np.int64)

    def key(self, signal: Signal) -> str:
        """The risk that a signal counts for, after merges and splits."""
        return self.lineage(signal)

    def at(self, today: int, *, ceiling: int = 4) -> View:
        """The view at the end of `today` for readers up to `ceiling`."""
        live = np.flatnonzero((self._seen <= today) & (self._date <= today) & (self._date >= today - self._back))
        grouped: dict[str, dict[str, list[int]]] = {}
        opposing: dict[str, list[int]] = {}
        links: dict[tuple[str, str], int] = {}
        for i in live.tolist():
            signal = self.signals[i]
            if signal.security > ceiling:
                continue
            if not signal.supports:
                opposing.setdefault(self.key(signal), []).append(i)
                continue
            grouped.setdefault(self.key(signal), {}).setdefault(self.stories[signal.key], []).append(i)
            for other in signal.links:
                links[(signal.thing, other)] = links.get((signal.thing, other), 0) + 1
        keys = tuple(sorted(grouped))
        pairs = [self._pair(r, story, members, today) for r, k in enumerate(keys) for story, members in sorted(grouped[k].items())]
        counts = np.array([len(grouped[k]) for k in keys], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64) if len(keys) else np.zeros(0, dtype=np.int64)
        return View(today, keys, tuple(pairs), starts, tuple(tuple(opposing.get(k, ())) for k in keys), links)

    def until(self, today: int, *, ceiling: int = 4) -> str:
        """The newest day of a dated supporting signal that was known at the end of `today`; empty without one."""
        known = (i for i in np.flatnonzero((self._seen <= today) & (self._date <= today)).tolist())
        days = [int(self._date[i]) for i in known if (s := self.signals[i]).supports and not s.timeless and s.security <= ceiling]
        return iso(max(days)) if days else ""

    def _pair(self, risk: int, story: str, members: list[int], today: int) -> Pair:
        signals = [self.signals[i] for i in members]
        timed = [i for i in members if not self.signals[i].timeless]
        per_document = {self.signals[i].document_id: i for i in timed}
        highest = [max(s.severity.values()) for s in signals]
        mean = [sum(s.severity.values()) / len(s.severity) for s in signals]
        ends = [d for i in members if (d := self._deadline[i]) >= today]
        return Pair(
            risk, story, signals[0].kind, tuple(members), tuple(int(self._date[i]) for i in per_document.values()), float(max(highest)), float(np.mean(mean)),
            max((int(self._date[i]) for i in timed), default=-1), self._heat(per_document, today), tuple(p for s in signals for p in s.places),
            frozenset(s.source for s in signals), float(np.mean([self._years[i] for i in timed or members])), min(ends, default=-1),
        )  # fmt: skip

    def _heat(self, documents: Mapping[str, int], today: int) -> float:
        """Σ over documents of ln(1 + days on the list) + ln(1 + highest heat) / 10; a document without sightings counts one day."""
        total = 0.0
        for document in documents:
            made = [(d, h) for d, h in self.sightings.get(document, ()) if d <= today]
            total += float(np.log1p(len({d for d, _ in made}) or 1)) + float(np.log1p(max((h for _, h in made), default=0.0))) / 10
        return total


_DEADLINE = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})[日号](?:\S{0,4})(?:起|前|施行|生效|截止|开始|实施|执行|到期)")


def deadline_of(signal: Signal) -> int:
    """The first date after the signal's own that its sentence names with 起, 前, 施行, 生效 or 截止; -1 when there is none."""
    if len(signal.date) < 10 or signal.timeless:
        return -1
    year, month, base = int(signal.date[:4]), int(signal.date[5:7]), day(signal.date)
    for match in _DEADLINE.finditer(signal.quote):
        y, m, d = int(match[1] or year), int(match[2] or month), int(match[3])
        if 1 <= m <= 12 and 1 <= d <= 28 + (m != 2) * 3 and (found := _safe(y, m, d)) >= base:
            return found
    return -1


def _safe(year: int, month: int, dom: int) -> int:
    try:
        return day(date(year, month, dom).isoformat())
    except ValueError:
        return -1
