"""Which sources the schedule gathers, and when: those that someone gathered once, each by its own cycle, unless paused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from corpus.store import Store
from crawlers.source import Declaration


@dataclass(frozen=True, slots=True)
class Turn:
    """A source in rotation. `next_at`: UTC instant from which it is due, empty while it is paused."""

    source_id: str
    last_at: str
    next_at: str
    paused: bool


def turns(store: Store, declared: Mapping[str, Declaration]) -> dict[str, Turn]:
    """Every declared source that was gathered before, by id. A real site is never asked before someone asked for it."""
    last, paused = store.sources.last_runs(), store.sources.paused()
    return {i: turn(declared[i], ended, i in paused) for i, ended in sorted(last.items()) if i in declared}


def turn(declared: Declaration, last_at: str, paused: bool) -> Turn:
    """The turn of a source whose last run ended at `last_at`."""
    due = datetime.fromisoformat(last_at) + timedelta(seconds=declared.cycle_seconds)
    return Turn(declared.id, last_at, "" if paused else due.isoformat(timespec="seconds"), paused)


def due(found: Mapping[str, Turn], now: str) -> list[str]:
    """Ids whose turn has come at the UTC instant `now`, the longest waiting first."""
    waiting = [(t.next_at, i) for i, t in found.items() if t.next_at and datetime.fromisoformat(t.next_at) <= datetime.fromisoformat(now)]
    return [i for _, i in sorted(waiting)]
