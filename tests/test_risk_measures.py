"""Counter-measures and the clauses they rest on: of the law of the object, of the type as a general ground, or none; the page that shows them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from corpus.access import LOCAL, Reader
from corpus.ingest import Draft, ingest
from corpus.settings import load_settings
from corpus.store import Store, open_store
from rag.retrieve import Hit, Query, open_retriever
from risk import register
from risk.constants import day, iso
from risk.grounds import GENERAL, SPECIFIC, grounds, same_law, tried
from risk.measures import GENERAL_MARK, NO_BASIS, NOT_SEARCHED, counter_measures, readable, usable, words_of
from risk.mine import mine
from risk.risks import phrases, risk_id
from risk.taxonomy import load_taxonomy

OFFICIAL = Reader("o", "official", 3)
ON = "2026-03-31"
ELEVATOR = risk_id("电梯|安全事故")
TOWNS = ("成都", "厦门", "武汉", "西安", "昆明")
LAW = """演示省特种设备安全条例

第一条 电梯使用单位应当开展隐患排查和抽查检测，消除事故隐患。

第二条 电梯发生事故的，应当及时报送事故信息，启动应急处置预案。

第三条 违反本条例的，处一万元罚款。

第四条 本条例自2020年1月1日起施行。
"""


def incidents(store: Store) -> None:
    """Five towns with an accident of a lift each."""
    ingest(store, [Draft(f"e{n}", "s1", f"http://x/e{n}", "opinion", "", f"{t}一小区电梯坠落致{n + 2}人受伤", {"published_on": iso(day(ON) - 3 * n)}, first_seen_at=f"{iso(day(ON) - 3 * n)}T02:00:00+00:00") for n, t in enumerate(TOWNS)])


def law(store: Store, title: str, text: str) -> None:
    fields = {"level": "national", "published_on": "2019-12-01"}
    ingest(store, [Draft(title, "s9", f"http://x/{title}", "policy", title, text, fields, first_seen_at="2020-01-01T00:00:00+00:00")])


# ---- counter-measures --------------------------------------------------------------------------------------------


def test_measures_rest_on_clauses_in_force_or_say_that_none_was_found(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "home")
    store = open_store(settings)
    law(store, "演示省特种设备安全条例", LAW)
    incidents(store)
    mine(store, settings, as_of=ON)
    unsearched = register.get_risk(store, OFFICIAL, ELEVATOR, as_of=ON)
    assert {m["basis"] for m in unsearched["counter_measures"]} == {NOT_SEARCHED}
    retriever = open_retriever(settings, store)
    mine(store, settings, as_of=ON, finder=retriever)
    found = register.get_risk(store, OFFICIAL, ELEVATOR, as_of=ON)["counter_measures"]
    retriever.close()
    bases = [m["basis"] for m in found]
    assert "《演示省特种设备安全条例》第一条" in bases[0] and NO_BASIS in bases
    for m in found:
        if m["citation"]:
            c = m["citation"]
            assert store.documents.get(c["document_id"], LOCAL).text[c["start"] : c["end"]] == c["quote"] and c["validity"]["status"] == "presumed_in_force"
    assert register.get_risk(store, OFFICIAL, ELEVATOR, as_of=ON)["policies"][0]["title"] == "演示省特种设备安全条例"
    store.close()


def hit(text: str, **values: Any) -> Hit:
    base: dict[str, Any] = {
        "rank": 1, "score": 1.0, "document_id": "d", "external_id": "", "title": "特种设备安全法", "doc_number": "", "issuers": (), "level": "national", "region_code": "", "security": 1,
        "kind": "policy", "validity": {"status": "in_force"}, "clause": {"label": "第一条"}, "start": 0, "end": 1, "text": text,
    }  # fmt: skip
    return Hit(**(base | values))


R = {"key": "电梯|安全事故", "object": "电梯", "field": "特种设备", "statement": "电梯坠落"}


@pytest.mark.parametrize(
    "bad",
    [
        hit("应当开展隐患排查", validity={"status": "repealed"}), hit("应当开展隐患排查", level="province", region_code="110000"), hit("未开展隐患排查的，处三万元罚款"),
        hit("应当开展隐患排查", title="政府工作报告"), hit("应当开展隐患排查", title="粮食流通管理条例"), hit("应当开展园林绿化", title="城市绿化条例"), hit("本条例自2020年1月1日起施行，隐患排查"),
    ],
)  # fmt: skip
def test_what_is_no_basis(bad: Hit) -> None:
    assert not usable(bad, R, load_taxonomy(), "350000")


def test_what_is_a_basis() -> None:
    assert usable(hit("应当开展隐患排查"), R, load_taxonomy()) and usable(hit("应当开展隐患排查", level="province", region_code="350200"), R, load_taxonomy(), "350000")
    assert words_of("开展同类产品与设施的隐患排查和抽查检测") and "开展" not in words_of("开展隐患排查")


def test_a_basis_that_a_reader_may_not_see_is_not_shown() -> None:
    class Found:
        def search(self, query: Query, reader: Reader) -> list[Hit]:
            return [hit("应当开展产品和设施的隐患排查、抽查、检测", document_id="secret")]

    made = counter_measures([R], Found(), OFFICIAL, load_taxonomy(), ON)[0]
    assert made[0]["citation"]["document_id"] == "secret" and readable(made, set())[0]["basis"] == NO_BASIS and readable(made, {"secret"}) == made


# ---- named laws --------------------------------------------------------------------------------------------------------


def test_the_law_of_the_object_comes_before_the_general_law_and_each_says_which_it_is(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "home")
    store = open_store(settings)
    law(store, "中华人民共和国特种设备安全法", "演示用特种设备安全法\n\n第一条 使用单位应当对电梯开展定期检验，消除事故隐患。\n\n第二条 使用单位未定期检验的，处三万元罚款。\n")
    law(store, "中华人民共和国安全生产法", "演示用安全生产法\n\n第一条 生产经营单位应当建立事故隐患排查治理制度。\n\n第二条 国家鼓励安全生产科学技术研究和先进技术的推广应用。\n")
    law(store, "粮食流通管理条例", "粮食流通管理条例\n\n第一条 粮食经营者应当健全事故信息报送与应急处置预案。\n")
    incidents(store)
    retriever = open_retriever(settings, store)
    mine(store, settings, as_of=ON, finder=retriever)
    first, second, third = register.get_risk(store, OFFICIAL, ELEVATOR, as_of=ON)["counter_measures"]
    retriever.close()
    assert first["basis"].startswith("《中华人民共和国特种设备安全法》第一条") and first["citation"]["scope"] == SPECIFIC
    assert second["basis"].startswith("《中华人民共和国安全生产法》第二条") and second["basis"].endswith(GENERAL_MARK) and second["citation"]["scope"] == GENERAL
    assert third["basis"] == NO_BASIS  # the law of another sector, whatever its words
    c = first["citation"]
    assert store.documents.get(c["document_id"], LOCAL).text[c["start"] : c["end"]] == c["quote"]
    store.close()


def test_every_measure_has_its_laws_and_every_object_is_of_the_taxonomy() -> None:
    buckets = {name: value["measures"] for name, value in phrases().items() if isinstance(value, dict) and "measures" in value}
    known = grounds()["measures"]
    assert set(known) == set(buckets) and set(grounds()["objects"]) <= set(load_taxonomy().things)
    for name, found in known.items():
        assert len(found["own"]) == len(found["general"]) == len(buckets[name]), name
        assert all(re.fullmatch(r"[^：\s]+：\S+( \S+)*", entry) for entries in found["general"] for entry in entries), name


def test_a_bucket_without_laws_is_left_to_retrieval() -> None:
    assert list(tried("电梯", "没有这一类", 0)) == [] and list(tried("电梯", "安全事故", 9)) == []
    assert next(tried("电梯", "安全事故", 0))[:2] == (SPECIFIC, "特种设备安全法") and {s for s, _, _ in tried("没有这个对象", "安全事故", 0)} == {GENERAL}


@pytest.mark.parametrize(
    ("title", "same"),
    [("中华人民共和国安全生产法", True), ("安全生产法", True), ("中华人民共和国安全生产法（2021年修正）", True), ("中华人民共和国安全生产法实施条例", False), ("北京市安全生产条例", False)],
)
def test_a_law_is_known_by_its_name(title: str, same: bool) -> None:
    assert same_law(title, "安全生产法") == same


# ---- the page ----------------------------------------------------------------------------------------------------------


def test_the_page_of_a_risk_links_the_clause_and_what_names_its_object(tmp_path: Path) -> None:
    from ui.pages.risk import detail

    store = open_store(load_settings(tmp_path / "home"))
    incidents(store)
    mine(store, load_settings(tmp_path / "home"), as_of=ON)
    r = register.get_risk(store, OFFICIAL, ELEVATOR, as_of=ON)
    citation = {"document_id": "dlaw", "start": 3, "end": 9, "title": "特种设备安全法", "label": "第一条"}
    r |= {"counter_measures": [{"measure": "排查隐患", "basis": "《特种设备安全法》第一条", "citation": citation}, {"measure": "攻关", "basis": NO_BASIS, "citation": None}, "人工填写"]}
    r |= {"policies": [{"document_id": "dlaw", "title": "特种设备<法>", "seen": ON}], "policy_count": 7, "owner": "特设处"}
    page = detail(r, {}, "zh")
    store.close()
    assert "/d/dlaw?h=3-9" in page and NO_BASIS in page and "人工填写" in page and "特种设备&lt;法&gt;" in page and "共 7 项" in page and "特设处" in page
