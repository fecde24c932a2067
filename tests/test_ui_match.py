"""惠企匹配 behind the interface: profiles are private and checked, and the coherence list is for officials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.access import LOCAL, Reader
from corpus.errors import BadInput, NotFound, NotPermitted
from corpus.settings import Settings
from ui.desk import Desk, enterprise
from ui.pages import match as pages

ROLES = ("local", "anonymous", "enterprise", "expert", "official", "operator", "auditor", "admin")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(Settings(home=tmp_path / "home"))
    yield opened
    opened.close()


def reader(role: str, name: str = "ent") -> Reader:
    return Reader(name, role, 1)


def test_a_profile_is_read_from_toml_and_checked() -> None:
    facts = enterprise.read_toml(b'[profile]\nregion = "350200"\nhigh_tech = true\nrevenue = 1e7\nfounded_on = 2019-05-20\n')
    assert facts == {"region": "350200", "high_tech": True, "revenue": 1e7, "founded_on": "2019-05-20"}


@pytest.mark.parametrize("text", ["region = ", 'revenue = "很多"', "revenue = -1", "revenue = nan", "revenue = true", 'high_tech = "yes"', "region = 350200", "#" * (enterprise.LARGEST + 1)])
def test_a_wrong_profile_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        enterprise.read_toml(text.encode())


def test_a_blank_number_is_not_zero() -> None:
    from ui.app.match import NAMES, _facts

    values = dict.fromkeys(NAMES, "") | {"region": "350200", "revenue": "12,000,000", "high_tech": "no"}
    assert _facts(tuple(values[n] for n in NAMES)) == {"region": "350200", "revenue": 12e6, "high_tech": False}
    with pytest.raises(BadInput, match="很多"):
        _facts(tuple((values | {"staff": "很多"})[n] for n in NAMES))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadInput):
        enterprise.read_toml(b"\xff\xfe\x00")


def test_a_profile_belongs_to_its_owner(desk: Desk) -> None:
    enterprise.keep(desk, {"name": "甲公司", "region": "350200", "revenue": None}, reader("enterprise"))
    assert enterprise.names(desk, reader("enterprise")) == ["甲公司"]
    assert desk.store.profiles.get("ent", "甲公司") == {"name": "甲公司", "region": "350200"}
    for role in ROLES:
        assert enterprise.names(desk, reader(role, "another")) == []
    with pytest.raises(NotFound):
        desk.store.profiles.get("another", "甲公司")
    with pytest.raises(NotPermitted):
        enterprise.keep(desk, {"name": "甲公司"}, reader("anonymous", "anonymous"))
    with pytest.raises(BadInput):
        enterprise.keep(desk, {"name": " "}, reader("enterprise"))


@pytest.mark.parametrize("role", ROLES)
def test_the_coherence_list_is_for_officials(desk: Desk, role: str) -> None:
    if role in ("local", "official", "operator", "auditor"):
        assert enterprise.coherence(desk, reader(role)).title == "政策协同与纠偏清单"
    else:
        with pytest.raises(NotPermitted):
            enterprise.coherence(desk, reader(role))


def test_an_unknown_place_is_named(desk: Desk) -> None:
    with pytest.raises(BadInput, match="亚特兰蒂斯"):
        enterprise.calendar(desk, LOCAL, "亚特兰蒂斯")


def test_states_are_shown_in_both_languages_and_text_is_escaped() -> None:
    one = {"state": "满足", "document_id": "d", "title": "<b>办法</b>", "level": "province", "validity": {"status": "in_force"}, "benefit": "最高20万元", "delivery": [], "deadline": "", "deadline_notice": "本年度通知未收录", "conditions": [], "measures": [], "why_not": [], "missing": [], "confirm": []}  # fmt: skip
    found = {"as_of": "2026-11-21", "matches": [one], "ask": [{"question": "注册地？", "policies": ["办法"]}], "citations": [], "footer": "供参考"}
    shown = pages.fragment(found, "zh")
    assert "&lt;b&gt;办法" in shown and "<b>办法" not in shown and "最高20万元" in shown and "本年度通知未收录" in shown
    assert ">met<" in pages.fragment(found, "en")
