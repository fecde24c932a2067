"""When a text was news: its own date, the day it speaks of, or, in a backlog without dates, the time of its source.

An old text that is imported today is no news of today: taken at its first sight, a bulk import of undated texts looks like a burst.
"""

from __future__ import annotations

import datetime
import re
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from risk.signals import Signal

BACKLOG = 10
"""So many undated signals of one source on one day are a backlog, whose first sight says nothing; a few are what is new today."""
KNOWN = 5
"""So many dated signals of a source tell when its texts are from."""

_DAY = re.compile(r"(?:((?:19|20)\d{2})年)?(\d{1,2})月(\d{1,2})日|((?:19|20)\d{2})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})年")


def spoken_day(text: str, seen: str) -> str:
    """The latest day up to `seen` that a text speaks of, of a year that it names (8月16日 beside 2023年 is 2023-08-16); empty when there is none."""
    years = [y for y in _YEAR.findall(text) if y <= seen[:4]]
    latest = max(years, default="")
    found = [f"{m[1] or m[4] or latest}-{int(m[2] or m[5]):02d}-{int(m[3] or m[6]):02d}" for m in _DAY.finditer(text) if m[1] or m[4] or latest]
    days = [d for d in found if d <= seen and _is_day(d)]
    return max(days, default=f"{latest}-12-31" if latest and latest < seen[:4] else "")


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def dated(signals: Iterable[Signal]) -> list[Signal]:
    """The same signals with the undated ones of a backlog brought into the time of their source.

    A spoken day stays where it lies in the span of the source's dated signals; outside it (a plan for 2025 is no news of 2025) and without
    one the middle of that span is taken. Only what had been seen by the same day is asked, so that a later text moves nothing.
    """
    found = sorted(signals, key=lambda s: (s.seen, s.undated, s.document_id, s.start))
    known: dict[str, list[str]] = defaultdict(list)
    crowd: dict[tuple[str, str], int] = defaultdict(int)
    for s in found:
        crowd[s.source, s.seen] += s.undated
    for i, s in enumerate(found):
        if not s.undated:
            insort(known[s.source], s.date)
        elif crowd[s.source, s.seen] >= BACKLOG:
            found[i] = replace(s, date=_within(s, known[s.source]))
    return found


def _within(s: Signal, dates: Sequence[str]) -> str:
    if len(dates) < KNOWN:
        return s.date
    return s.date if s.date != s.seen and dates[0] <= s.date <= dates[-1] else dates[len(dates) // 2]
