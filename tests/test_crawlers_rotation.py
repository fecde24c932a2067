"""What the schedule gathers: sources that someone gathered once, each by its own cycle, unless paused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.access import ANONYMOUS, LOCAL
from corpus.errors import NotFound, NotPermitted
from corpus.settings import Settings
from corpus.store import Store
from crawlers import rotation
from crawlers.source import load_sources, read_source
from ui.api.metrics import Metrics, of_sources
from ui.desk import Desk, centre, gather

SOURCE = """
id = "{name}"
publisher = "轮转"
access = "static"
cycle = "{cycle}"
verified = "{verified}"
[params]
item = "li"
[[columns]]
url = "http://{name}.example/"
"""


def source(name: str, cycle: str = "1d", verified: str = "inferred") -> str:
    return SOURCE.format(name=name, cycle=cycle, verified=verified)


@given(hours=st.integers(1, 400), past=st.integers(0, 400 * 3600))
def test_a_source_is_due_when_its_cycle_is_over(hours: int, past: int) -> None:
    now = datetime.fromisoformat("2026-11-01T00:00:00+00:00")
    declared = read_source(source("one", f"{hours}h"), "one.toml")
    found = {"one": rotation.turn(declared, (now - timedelta(seconds=past)).isoformat(), False)}
    assert bool(rotation.due(found, now.isoformat())) == (past >= hours * 3600)
    assert not rotation.due({"one": rotation.turn(declared, "2000-01-01T00:00:00+00:00", True)}, now.isoformat())


def test_who_waits_longest_goes_first() -> None:
    declared = {n: read_source(source(n), f"{n}.toml") for n in ("a", "b")}
    found = {n: rotation.turn(declared[n], at, False) for n, at in (("a", "2026-10-02T00:00:00+00:00"), ("b", "2026-10-01T00:00:00+00:00"))}
    assert rotation.due(found, "2026-11-01T00:00:00+00:00") == ["b", "a"]


def test_only_what_was_gathered_is_in_rotation(store: Store) -> None:
    assert rotation.turns(store, load_sources()) == {}
    store.sources.add_run("most-zcwj", "2026-10-01T00:00:00+00:00", 1.0, {"new": 2})
    store.sources.add_run("gone-source", "2026-10-01T00:00:00+00:00", 1.0, {"new": 2})
    assert list(rotation.turns(store, load_sources())) == ["most-zcwj"]


@pytest.fixture
def desk(settings: Settings) -> Desk:
    folder = settings.home / "sources"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(source("mine"), "utf-8")
    (folder / "secret.toml").write_text(source("secret").replace('verified =', 'security = 3\nverified ='), "utf-8")
    return Desk(settings)


def test_a_source_of_ones_own_is_listed_paused_and_put_back(desk: Desk) -> None:
    assert "mine" in {s["id"] for s in desk.sources(LOCAL)}
    desk.store.sources.add_run("mine", "2026-10-01T00:00:00+00:00", 1.0, {"new": 2})
    with desk.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET ended_at = '2026-10-01T00:00:00+00:00'")
    assert gather.due(desk) == ["mine"]
    centre.pause_source(desk, "mine", LOCAL, paused=True)
    centre.pause_source(desk, "mine", LOCAL, paused=True)
    assert gather.due(desk) == []
    station = next(s for s in centre.stations(desk, LOCAL) if s["id"] == "mine")
    assert station["turn"] == {"source_id": "mine", "last_at": "2026-10-01T00:00:00+00:00", "next_at": "", "paused": True}
    centre.pause_source(desk, "mine", LOCAL, paused=False)
    assert gather.due(desk) == ["mine"]
    with pytest.raises(NotFound, match="nowhere"):
        centre.pause_source(desk, "nowhere", LOCAL, paused=True)
    with pytest.raises(NotPermitted):
        centre.pause_source(desk, "mine", ANONYMOUS, paused=True)


def test_health_is_shown_and_measured_within_the_ceiling(desk: Desk) -> None:
    for name in ("mine", "secret"):
        for _ in range(4):
            desk.store.sources.add_run(name, "2026-10-01T00:00:00+00:00", 1.0, {"new": 0, "unchanged": 20})
        desk.store.sources.add_run(name, "2026-10-01T00:00:00+00:00", 1.0, {"new": 0}, {"zero documents": 1})
    stations = {s["id"]: s for s in centre.stations(desk, LOCAL)}
    assert stations["mine"]["health"]["state"] == "failing" and stations["most-zcwj"]["health"] is None
    text = Metrics().text({}, of_sources(centre.stations(desk, ANONYMOUS)))
    assert 'jianwei_source_run_documents{source="mine"} 0' in text
    assert 'jianwei_source_alarm{source="mine",kind="zero"} 1' in text
    assert "secret" not in text


def test_an_unknown_state_of_knowledge_is_refused() -> None:
    from corpus.errors import SettingsError

    with pytest.raises(SettingsError, match="verified is one of"):
        read_source(source("odd", verified="seen by a friend"), "odd.toml")
