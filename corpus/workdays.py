"""工作日: whether a day is one, and the day that a term of working days ends on (workdays.toml: the State Council's notices, with their 文号).

The day on which a term begins does not count (民法典第二百零一条). A year without a notice is never guessed.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

LONGEST = 1000
"""A term of more working days is a slip of the text."""


@cache
def _calendar() -> tuple[dict[int, str], frozenset[date], frozenset[date]]:
    """Notices by year, days off, days of work in exchange."""
    years = tomllib.loads(files("corpus").joinpath("workdays.toml").read_text("utf-8"))["year"]
    off = {date.fromordinal(n) for y in years for a, b in y["off"] for n in range(date.fromisoformat(a).toordinal(), date.fromisoformat(b).toordinal() + 1)}
    work = {date.fromisoformat(d) for y in years for d in y["work"]}
    return {int(y["year"]): str(y["notice"]) for y in years}, frozenset(off), frozenset(work)


def notices() -> dict[int, str]:
    """The years that are known, each with the 文号 of its notice."""
    return dict(_calendar()[0])


def is_workday(day: date) -> bool | None:
    """Whether a day is one of work; None in a year whose arrangement is not known."""
    known, off, work = _calendar()
    if day.year not in known:
        return None
    return day in work or (day.weekday() < 5 and day not in off)


def workdays_after(day: date, count: int) -> date | None:
    """The `count`-th working day after a day (自受理之日起20个工作日内: the last day of the term); None when a year on the way is not known."""
    if not 0 < count <= LONGEST:
        return None
    while count:
        day += timedelta(days=1)
        works = is_workday(day)
        if works is None:
            return None
        count -= works
    return day


def unknown_years(day: date, count: int) -> tuple[int, ...]:
    """The first year that is not known on the way of a term (empty when all are)."""
    if workdays_after(day, count) is not None:
        return ()
    return next(((y,) for y in range(day.year, day.year + 6) if y not in notices()), ())
