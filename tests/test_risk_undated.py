"""Evidence without a date: it tells that a risk exists and how severe it is, never that it is fresh; every door says so."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from corpus.access import LOCAL
from corpus.settings import Settings, load_settings
from corpus.store import Store, open_store
from risk import register
from risk.alerts import judge
from risk.bulletin import compose
from risk.collect import load_evidence
from risk.constants import day, iso
from risk.dating import BACKLOG, dated
from risk.list_report import report
from risk.mine import mine
from risk.pictures import plane
from risk.signals import Reader, Record, Signal
from risk.taxonomy import load_taxonomy
from risk.whatif import what_if
from ui.app.risks import table
from ui.desk import Desk
from ui.export import render
from ui.pages.feeds import risk_items
from ui.pages.risk import detail

spec = spec_from_file_location("risk_home", Path(__file__).with_name("risk_home.py"))
assert spec and spec.loader
risk_home = module_from_spec(spec)
spec.loader.exec_module(risk_home)
document = risk_home.document

READER = Reader()
ON = "2026-11-20"
TOWNS = ("临洲", "鹭屿", "安浦", "东礁", "青湾", "石坪", "南屿", "北港", "云岭", "沙田", "梅溪", "柳渡")


def of_source(n: int, date: str, *, undated: bool, seen: str = "2026-11-26", kind: str = "news") -> Signal:
    text = f"某地电梯坠落，{n}人受伤"
    found = READER.read(Record(f"d{n}", text, kind, "s", date, seen, undated=undated))
    assert len(found) == 1
    return found[0]


BEFORE = [of_source(n, f"2023-08-{n + 1:02d}", undated=False, seen=f"2023-08-{n + 1:02d}") for n in range(9)]
PILE = [of_source(100 + n, "2026-11-26", undated=True) for n in range(BACKLOG)]


def times(signals: list[Signal]) -> dict[str, tuple[str, bool]]:
    return {s.document_id: (s.date, s.timeless) for s in dated(signals)}


def test_a_backlog_without_dates_has_no_time_and_what_is_new_today_is_of_today() -> None:
    """Of a source whose dated texts are known a backlog is at most as young as they are; a plan for 2025 is no news of 2025."""
    planned, spoken = of_source(200, "2025-12-30", undated=True), of_source(201, "2023-08-02", undated=True)
    found = times([*BEFORE, *PILE, planned, spoken])
    assert {found[s.document_id] for s in (*PILE, planned)} == {("2023-08-09", True)} and found["d201"] == ("2023-08-02", False)
    assert set(times(PILE).values()) == {("2026-11-26", True)}
    assert [times([*BEFORE, *PILE[:3]])[s.document_id] for s in PILE[:3]] == [("2026-11-26", False)] * 3


def test_of_a_source_without_any_date_a_whole_day_is_believed_of_news_and_a_year_of_nobody() -> None:
    day, year = of_source(200, "2026-11-20", undated=True), of_source(201, "2025", undated=True)
    paper = of_source(202, "2026-11-20", undated=True, kind="paper")
    found = times([*PILE, day, year, paper])
    assert (found["d200"], found["d201"], found["d202"]) == (("2026-11-20", False), ("2025", True), ("2026-11-20", True))


def test_an_undated_paper_has_no_time_however_few_come_with_it_and_texts_without_a_signal_count_for_the_crowd() -> None:
    paper, two = of_source(1, "2026-11-26", undated=True, kind="paper"), PILE[:2]
    assert times([paper, *two]) == {"d1": ("2026-11-26", True)} | {s.document_id: ("2026-11-26", False) for s in two}
    assert all(s.timeless for s in dated(two, {("s", "2026-11-26", 1): BACKLOG}))
    assert not any(s.timeless for s in dated(two, {("s", "2026-11-26", 2): BACKLOG}))  # what another may not see tells nothing


def test_a_planted_future_text_moves_no_time() -> None:
    """Neither a later dated text of the source nor a later backlog changes what was known."""
    late = [of_source(300 + n, "2026-12-01", undated=n > 5, seen="2026-12-01") for n in range(20)]
    for known in (PILE, [*BEFORE, *PILE], PILE[:3]):
        assert times(known).items() <= times([*known, *late]).items()


# ---- from documents to the list ----------------------------------------------------------------------------------------


@pytest.fixture
def home(store: Store, settings: Settings) -> tuple[Store, Settings]:
    return store, settings


def pile(n: int = 12) -> list[tuple[str, Any]]:
    """Abstracts without a date, all of one source, first seen on one day."""
    words = "摘要：{town}印染废水排放造成环境污染，水体重金属严重超标，鱼类大量死亡，第{n}组试验结果表明污染仍在加剧。"
    return [document(f"w{i}", "paper", f"{TOWNS[i]}印染废水污染研究之{i}", words.format(town=TOWNS[i], n=i), ON, published_on="", source="csl") for i in range(n)]


def news(n: int, last: str) -> list[tuple[str, Any]]:
    """Dated reports, one every third day up to a last day."""
    return [
        document(f"e{i}", "news", f"{TOWNS[i]}电梯坠落", f"{TOWNS[i]}一小区电梯坠落，致{i + 2}人受伤。", iso(day(last) - 3 * i), source=f"paper-{i % 3}")
        for i in range(n)
    ]


def listed(home: tuple[Store, Settings], *documents: tuple[str, Any]) -> tuple[dict[str, Any], Any]:
    """Risks by object as of ON, and what mining reported."""
    home[0].documents.put(list(documents))
    told = mine(home[0], home[1], as_of=ON)
    return {r["object"]: r for r in register.list_risks(home[0], LOCAL, as_of=ON)}, told


def test_what_is_known_only_without_dates_is_named_and_never_urgent(home: tuple[Store, Settings]) -> None:
    """It stands behind all that has a date, is low, alerts nobody and says what is missing; what it tells of severity counts."""
    risks, told = listed(home, *pile(), *news(4, ON))
    blind, seen = risks["环境污染与生态"], risks["电梯"]
    assert blind["urgency"].get("unknown") and (blind["urgency"]["low"], blind["urgency"]["high"]) == (0.0, 1.0) and not blind["urgency"]["contributions"]
    assert blind["level"] == "blue" and told.alerts == 0 and blind["stories"] >= 2 and blind["importance"]["mean"] > 0.3
    assert blind["gaps"][0]["indicator"] == "紧急度" and "缺日期" in blind["gaps"][0]["reason"]
    assert {s["date"] for s in blind["signals"]} == {""} and blind["evidence_until"] == "" and not any(w["documents"] for w in blind["weekly"])
    assert seen["rank"]["position"] < blind["rank"]["position"] and "unknown" not in seen["urgency"]
    higher = {**blind, "rank": {"position": 1}, "level": "red", "level_name": "重大(红)"}
    assert not judge([higher], [{**blind, "rank": {"position": 30}}], [], ON)  # whatever else is said of it


def test_of_mixed_evidence_only_the_dated_part_has_a_time(home: tuple[Store, Settings], tmp_path: Path) -> None:
    """A pile of undated reports beside two dated ones moves no indicator of urgency of the risk itself; it is one gap in words."""
    old = [document(f"u{i}", "news", f"{t}电梯事故", f"{t}一商场电梯坠落，造成{i + 2}人死亡。", ON, published_on="", source="web") for i, t in enumerate(TOWNS)]
    mixed = listed(home, *news(2, "2026-11-10"), *old)[0]["电梯"]
    other = open_store(load_settings(tmp_path / "plain"))
    plain = listed((other, load_settings(tmp_path / "plain")), *news(2, "2026-11-10"))[0]["电梯"]
    other.close()
    assert mixed["weekly"] == plain["weekly"] and mixed["evidence_until"] == "2026-11-10" and mixed["stories"] > plain["stories"]
    assert mixed["undated_count"] == 12 and mixed["gaps"][0]["indicator"] == "证据日期"
    burst, recency = (mixed["urgency"]["percentiles"][n] for n in ("burst", "recency"))
    assert burst == plain["urgency"]["percentiles"]["burst"] and recency == plain["urgency"]["percentiles"]["recency"]


def test_the_list_of_the_last_day_is_made_too_and_named(home: tuple[Store, Settings]) -> None:
    listed(home, *pile(), *news(4, "2026-03-02"))
    fresh = register.freshness(home[0], LOCAL, ON)
    assert fresh == {"evidence_until": "2026-03-02", "stale": True, "last_list": "2026-03-02"}
    assert [r["object"] for r in register.list_risks(home[0], LOCAL, as_of="2026-03-02")] == ["电梯"]
    assert not register.freshness(home[0], LOCAL, "2026-03-02")["stale"]


def test_a_day_before_the_first_list_says_which_is_the_first(home: tuple[Store, Settings]) -> None:
    listed(home, *news(4, "2026-11-02"))
    first = home[0].risks.runs()[0]["as_of"]
    before, official = "2026-01-05", replace(LOCAL, role="official", ceiling=3)
    assert register.first_list(home[0], official, before) == first and register.first_list(home[0], official, ON) == ""
    assert register.first_list(home[0], replace(LOCAL, role="enterprise", ceiling=1), before) == ""
    desk = Desk(home[1])
    try:
        found = desk.risks(official, as_of=before)
    finally:
        desk.close()
    assert found["first_list"] == first and "2026-01-05 尚无清单" in table(found, "zh") and first in table(found, "zh")
    assert "没有符合条件的风险" in table(found, "zh", filtered=True)


def test_a_planted_future_document_moves_nothing_bit_by_bit(home: tuple[Store, Settings]) -> None:
    before = json.dumps(listed(home, *pile(), *news(4, ON))[0], ensure_ascii=False, sort_keys=True)
    late = [document(f"l{i}", "news", f"{t}电梯再次坠落", f"{t}一医院电梯坠落，致{i + 3}人受伤。", "2026-12-05", published_on="" if i % 2 else "2026-12-05", source="csl") for i, t in enumerate(TOWNS)]
    after = json.dumps(listed(home, *late)[0], ensure_ascii=False, sort_keys=True)
    assert before == after


def test_what_a_reader_may_not_see_gives_no_date(home: tuple[Store, Settings]) -> None:
    """The last day that a list names is that of evidence within its own ceiling."""
    home[0].documents.put([*news(3, "2026-03-02"), document("h", "news", "青湾电梯坠落", "青湾一小区电梯坠落，致9人受伤。", "2026-11-19", security=3)])
    mine(home[0], home[1], as_of=ON)
    evidence = load_evidence(home[0], load_taxonomy())
    assert (evidence.until(day(ON), ceiling=1), evidence.until(day(ON))) == ("2026-03-02", "2026-11-19")
    assert register.freshness(home[0], replace(LOCAL, role="official", ceiling=2), ON)["evidence_until"] == "2026-03-02"


def test_every_door_says_it(home: tuple[Store, Settings]) -> None:
    """The page, the page of one risk, the exports, the bulletin, the feed, what-if and the plane."""
    listed(home, *pile(), *news(4, "2026-03-02"))
    store, settings = home
    desk = Desk(settings)
    found = desk.risks(LOCAL, as_of=ON)
    r = next(x for x in found["risks"] if x["urgency"].get("unknown"))
    page = table(found, "zh")
    assert "有日期的依据止于 2026-03-02" in page and "无从判断" in page
    assert "日期不明" in detail(desk.risk(r["id"], LOCAL, as_of=ON), {}, "zh") and "缺日期，紧急度无从判断" in detail(r, {}, "zh")
    words = render(report(store, found["risks"], LOCAL, as_of=ON), "md").decode()
    assert "有日期的依据止于2026-03-02" in words and "项的依据均无日期" in words and "支持证据（日期不明）" in words and "无从判断（依据无日期）" in words
    told = json.dumps(compose(store, LOCAL, "2026-10-20", ON), ensure_ascii=False)
    assert "有日期的依据止于2026-03-02" in told and "依据均无日期，新旧无从判断" in told
    assert "无从判断" in next(iter(risk_items([r], "http://x")))["text"]
    assumed = what_if(store, settings, LOCAL, r["id"], {"severity": 0.9}, as_of=ON)
    assert assumed["urgency"]["unknown"] and assumed["level"] == "blue"
    assert not plane(found["risks"])
    desk.close()


def test_a_list_of_before_dates_were_measured_is_not_called_undated(home: tuple[Store, Settings]) -> None:
    home[0].risks.put_run(ON, 4, 1, "2026.11-1", {"risks": 1}, [])
    assert register.freshness(home[0], LOCAL, ON) == {"evidence_until": "", "stale": False, "last_list": ""}
