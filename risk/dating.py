"""When a text was news: its own date, the day it speaks of, or nothing that is known.

An old text that is imported today is no news of today. What came undated in a backlog has no time: it tells that a risk exists, how severe and
how widely spoken of it is, never that it is fresh, bursts or grows.
"""

from __future__ import annotations

import datetime
import re
from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from risk.constants import day
from risk.signals import Signal

BACKLOG = 10
"""So many undated texts of one source on one day are a backlog, whose first sight says nothing; a few are what is new today."""
KNOWN = 5
"""So many dated signals of a source tell when its texts are from."""
RUNNING = ("news", "opinion")
"""Kinds that speak of the day they were written on. A paper, a notice or an interpretation names the days of its matter."""

Crowd = Mapping[tuple[str, str, int], int]
"""(source, day of first sight, level of security) → how many undated texts."""

_DAY = re.compile(r"(?:((?:19|20)\d{2})年)?(\d{1,2})月(\d{1,2})日|((?:19|20)\d{2})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})年")


def spoken_day(text: str, seen: str) -> str:
    """The latest day up to `seen` that a text speaks of, of a year that it names (8月16日 beside 2023年 is 2023-08-16), else its latest year before that of `seen` (2023); empty when there is none."""
    years = [y for y in _YEAR.findall(text) if y <= seen[:4]]
    latest = max(years, default="")
    found = [f"{m[1] or m[4] or latest}-{int(m[2] or m[5]):02d}-{int(m[3] or m[6]):02d}" for m in _DAY.finditer(text) if m[1] or m[4] or latest]
    days = [d for d in found if d <= seen and _is_day(d)]
    return max(days, default=latest if latest and latest < seen[:4] else "")


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def dated(signals: Iterable[Signal], crowd: Crowd | None = None) -> list[Signal]:
    """The same signals; those of an undated backlog are `timeless` unless they tell their time themselves.

    `crowd` counts all undated texts, those without a signal too; without it the texts of the signals are counted. Only what had been seen by
    the same day, at the same level of security, is asked, so that neither a later text nor one that a reader may not see moves anything.
    """
    found = sorted(signals, key=lambda s: (s.seen, s.undated, s.document_id, s.start))
    known: dict[tuple[str, int], list[str]] = defaultdict(list)
    counted = crowd if crowd is not None else _crowd(found)
    for i, s in enumerate(found):
        span = known[s.source, s.security]
        if not s.undated:
            insort(span, s.date)
        elif s.kind == "paper" or counted.get((s.source, s.seen, s.security), 0) >= BACKLOG:
            found[i] = _placed(s, span)
    return found


def _crowd(signals: Sequence[Signal]) -> Crowd:
    texts: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for s in signals:
        if s.undated:
            texts[s.source, s.seen, s.security].add(s.document_id)
    return {k: len(v) for k, v in texts.items()}


def _placed(s: Signal, span: Sequence[str]) -> Signal:
    """In its time where it tells it, else timeless: no younger than what it speaks of, nor than the dated texts of its source.

    What is spoken of is believed only of running news, and of a whole day within the span of the source's dated signals (a plan for 2025 is no news of 2025).
    """
    told = s.date != s.seen
    if told and len(s.date) >= 10 and s.kind in RUNNING and (len(span) < KNOWN or span[0] <= s.date <= span[-1]):
        return s
    bound = span[-1] if len(span) >= KNOWN else s.seen
    return replace(s, date=min(s.date, bound, key=day), timeless=True)
