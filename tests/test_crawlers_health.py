"""Health of sources: pure functions over the record of runs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.desk import quiet
from crawlers.health import fill_counts, fill_rates, health, of_runs
from crawlers.writer import LONGEST_WAIT, later

NOW = "2026-11-21T08:00:00+00:00"
DAY = 86400


def run(day: int, documents: int = 10, errors: dict[str, int] | None = None, **fill: int) -> dict[str, Any]:
    return {"ended_at": f"2026-11-{day:02d}T02:00:00+00:00", "counts": {"new": 0, "unchanged": documents, **fill}, "errors": errors or {}}


def kinds(*runs: dict[str, Any]) -> set[str]:
    return {kind for kind, _ in health("x", list(runs), cycle=DAY, now=NOW).alarms}


def test_a_source_that_was_never_gathered() -> None:
    assert health("x", [], cycle=DAY, now=NOW).state == "never"


def test_all_is_well() -> None:
    found = health("x", [run(21), run(20), run(19), run(18)], cycle=DAY, now=NOW)
    assert (found.state, found.alarms, found.usual, found.documents) == ("ok", (), 10.0, 10)


@pytest.mark.parametrize(
    ("runs", "alarm"),
    [
        ([run(21, 0, {"zero documents": 1}), run(20)], {"zero"}),
        ([run(21, 4), run(20), run(19), run(18)], {"drop"}),
        ([run(21, 4), run(20), run(19)], set()),
        ([run(15), run(14)], {"silence"}),
        ([run(21, 0, {"challenge": 1}), run(10)], {"zero", "challenge", "silence"}),
        ([run(21, 10, {"status 500": 9})], {"errors"}),
        ([run(21, 10, {"status 500": 2})], set()),
    ],
)
def test_alarms(runs: list[dict[str, Any]], alarm: set[str]) -> None:
    assert kinds(*runs) == alarm


def test_a_changed_template_shows_in_fill_rates() -> None:
    old = {"read": 10, "fill_title": 10, "fill_doc_number": 9, "fill_published_on": 10}
    new = {"read": 10, "fill_title": 10, "fill_doc_number": 0, "fill_published_on": 10}
    runs = [run(21, **new), *(run(d, **old) for d in (20, 19, 18, 17))]
    found = of_runs("x", runs, cycle=DAY, now=NOW)
    assert [kind for kind, _ in found.alarms] == ["template"] and "doc_number" in found.alarms[0][1]
    assert fill_rates(run(21, read=2, fill_title=2)) == {} and fill_counts([]) == {}


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_any_record_gives_a_state(counts: list[int]) -> None:
    found = health("x", [run(21 - i, n, {} if n else {"zero documents": 1}) for i, n in enumerate(counts)], cycle=DAY, now=NOW)
    assert found.state in ("ok", "late", "failing") and (found.state != "ok" or counts[0] > 0)


@given(st.integers(0, 10 * DAY), st.integers(0, 40))
def test_the_wait_grows_and_is_bounded(base: int, unchanged: int) -> None:
    from datetime import UTC, datetime

    wait = datetime.fromisoformat(later(base, unchanged)) - datetime.now(UTC)
    assert -2 <= wait.total_seconds() <= LONGEST_WAIT + 2 and later(base, unchanged) <= later(base, unchanged + 1)


@pytest.mark.parametrize(("at", "spans", "expected"), [("07:30", ("07:00-09:00",), True), ("09:00", ("07:00-09:00",), False), ("23:30", ("22:00-06:00",), True), ("05:59", ("22:00-06:00",), True), ("12:00", ("22:00-06:00", "11:00-13:00"), True), ("12:00", (), False)])
def test_quiet_hours(at: str, spans: tuple[str, ...], expected: bool) -> None:
    from datetime import datetime

    from crawlers.access.base import CHINA

    hour, minute = map(int, at.split(":"))
    assert quiet(spans, datetime(2026, 11, 21, hour, minute, tzinfo=CHINA)) == expected
