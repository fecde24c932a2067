"""A document by what people call it: 文号 in any writing, title, 《title》, the name that a notice issues, a link, a version in force at a date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from corpus.access import ANONYMOUS, LOCAL
from corpus.errors import BadInput, NotFound
from corpus.ingest import Draft, ingest
from corpus.store import Store
from rag.pick import is_name, pick
from rag.shelf import Shelf

RULE = "第一条 为支持海岛研发，制定本办法。\n\n第二条 补助最高不超过{}万元。\n\n第三条 本办法自{}起施行，有效期五年。\n"
Pick = Callable[..., str]


def draft(key: str, title: str, text: str, kind: str = "policy", **fields: object) -> Draft:
    return Draft(key=key, source_id="test", url="", kind=kind, title=title, text=text, fields={"region_code": "350000", "level": "province", **fields}, external_id=key)


@pytest.fixture(name="named")
def _named(store: Store) -> Pick:
    ingest(
        store,
        [
            draft("old", "某厅关于印发《海岛研发补助办法》的通知", RULE.format(30, "2018年1月1日"), doc_number="某科规〔2017〕9号", written_on="2017-12-01"),
            draft("new", "某厅关于印发《海岛研发补助办法》的通知", RULE.format(50, "2023年1月1日") + "《海岛研发补助办法》（某科规〔2017〕9号）同时废止。", doc_number="某科规〔2022〕8号", written_on="2022-12-01"),
            draft("told", "《海岛研发补助办法》政策解读", "补助最高不超过50万元。", kind="interpretation"),
            draft("draft", "关于公开征求《海岛研发补助办法（修订征求意见稿）》意见的公告", "现公开征求意见。", kind="notice", written_on="2026-01-01"),
            draft("longer", "关于延长《海岛研发补助办法》有效期的通知", "延长至2030年。", doc_number="某科规〔2027〕1号", written_on="2027-01-01"),
            draft("city", "鹭屿市海岛研发补助办法", RULE.format(10, "2024年1月1日"), region_code="350200", level="city", doc_number="鹭屿科〔2024〕2号", written_on="2024-01-01"),
            draft("law", "中华人民共和国企业所得税法", "第一条 为了征税，制定本法。", region_code="000000", level="national"),
        ],
    )
    shelf = Shelf(store)
    keys = {head.id: head.external_id for head in shelf.heads.values()}

    def one(said: str, on: str = "2026-11-27", reader: object = LOCAL) -> str:
        found = pick(shelf, said, reader, on)
        return keys.get(found, found)

    return one


@pytest.mark.parametrize(
    ("said", "on", "key"),
    [
        ("某科规〔2022〕8号", "2026-11-27", "new"),
        ("某科规[2022]第08号", "2026-11-27", "new"),
        ("某科规2017 9号", "2026-11-27", "old"),
        ("海岛研发补助办法", "2026-11-27", "new"),
        ("《海岛研发补助办法》", "2019-05-01", "old"),
        ("海岛研发补助办法（2017年版）", "2026-11-27", "old"),
        ("《海岛研发补助办法》（某科规〔2022〕8号）", "2026-11-27", "new"),
        ("《海岛研发补助办法》政策解读", "2026-11-27", "told"),
        ("海岛研发补助办法（修订征求意见稿）", "2026-11-27", "draft"),
        ("关于延长《海岛研发补助办法》有效期的通知", "2026-11-27", "longer"),
        ("鹭屿市海岛研发补助办法", "2026-11-27", "city"),
        ("企业所得税法", "2026-11-27", "law"),
        ("企税法", "2026-11-27", "law"),
        ("http://localhost:7860/d/dabc234?h=3-9", "2026-11-27", "dabc234"),
    ],
)
def test_people_name_a_document(named: Pick, said: str, on: str, key: str) -> None:
    assert is_name(said)
    assert named(said, on) == key


def test_a_name_of_several_documents_lists_them_and_an_unknown_one_says_so(named: Pick) -> None:
    with pytest.raises(BadInput) as several:
        named("研发补助办法")
    assert "某科规〔2022〕8号" in several.value.mend and "鹭屿科〔2024〕2号" in several.value.mend and "某科规〔2027〕1号" not in several.value.mend
    for unknown in ("沙漠研发补助办法", "某科规〔2022〕80号", "办"):
        with pytest.raises(NotFound):
            named(unknown)
    assert not is_name("dk47enf5x5z62rjbq7g2v")


def test_what_is_above_the_ceiling_has_no_name(store: Store) -> None:
    ingest(store, [replace(draft("secret", "内部海岛补助办法", RULE.format(1, "2024年1月1日"), doc_number="某科内〔2024〕1号"), security=3)])
    for said in ("某科内〔2024〕1号", "内部海岛补助办法"):
        assert pick(Shelf(store), said, LOCAL, "2026-11-27")
        with pytest.raises(NotFound):
            pick(Shelf(store), said, ANONYMOUS, "2026-11-27")


def test_a_year_of_which_no_version_is_held_is_said_with_those_that_are(named: Pick) -> None:
    with pytest.raises(NotFound, match="no version of that year") as told:
        named("海岛研发补助办法（2009年版）")
    assert "某科规〔2022〕8号" in str(told.value)
