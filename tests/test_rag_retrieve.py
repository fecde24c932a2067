from __future__ import annotations

from collections.abc import Iterator

import pytest

from corpus.access import ANONYMOUS, LOCAL, Reader
from corpus.errors import BadInput
from corpus.ingest import Draft, ingest
from corpus.settings import Settings
from corpus.store import Store
from rag.retrieve import Query, Retriever, open_retriever

LAW = """中华人民共和国海岛科技法

第一章 总则

第一条 为了促进海岛科学技术发展，制定本法。

第二条 国家鼓励企业研究开发海岛技术。企业的研究开发费用可以加计扣除。

第二章 补助

第三条 海岛科研人员可以领取补助，最高不超过三万元。

第四十二条 本法自2020年1月1日起施行。
"""


def draft(key: str, title: str, text: str, **fields: object) -> Draft:
    security = int(str(fields.pop("security", 1)))
    kind = str(fields.pop("kind", "policy"))
    return Draft(key=key, source_id="test", url="", kind=kind, title=title, text=text, fields=fields, external_id=key, security=security)


DRAFTS = (
    draft("law", "中华人民共和国海岛科技法", LAW, region_code="000000", level="national", legal_rank="法律", published_on="2019-12-01"),
    draft("fj", "福建省海岛科技补助办法", "第一条 本省海岛企业可以申请研究开发补助。\n\n第二条 补助不超过十万元。", region_code="350000", level="province", published_on="2021-03-01"),
    draft("sh", "上海市海岛科技补助办法", "第一条 本市海岛企业可以申请研究开发补助。\n\n第二条 补助不超过五万元。", region_code="310000", level="province", published_on="2022-03-01"),
    draft("inner", "海岛科技内部工作规程", "第一条 海岛深潜器评审按内部规程办理。\n\n第二条 深潜器名单不对外提供。", security=3, level="national", region_code="000000"),
)


@pytest.fixture
def retriever(settings: Settings, store: Store) -> Iterator[Retriever]:
    ingest(store, DRAFTS)
    opened = open_retriever(settings, store)
    yield opened
    opened.close()


def titles(retriever: Retriever, text: str, reader: Reader = LOCAL, **given: object) -> list[str]:
    return [hit.external_id for hit in retriever.search(Query(text, **given), reader)]  # type: ignore[arg-type]  # keyword fields of Query


def test_spans_are_exact(retriever: Retriever, store: Store) -> None:
    hits = retriever.search(Query("研究开发费用加计扣除"), LOCAL)
    assert hits[0].external_id == "law" and hits[0].clause["article"] == "第二条"
    for hit in hits:
        assert store.documents.get(hit.document_id, LOCAL).text[hit.start : hit.end] == hit.text
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert hits[0].explain


def test_a_named_article_goes_straight_there(retriever: Retriever) -> None:
    for text in ("海岛科技法第四十二条", "《中华人民共和国海岛科技法》第42条说什么", "海岛科技法第 42 条"):
        assert retriever.search(Query(text), LOCAL)[0].clause["article"] == "第四十二条"


def test_filters(retriever: Retriever) -> None:
    assert set(titles(retriever, "海岛补助", region="350000")) == {"law", "fj", "inner"}
    assert set(titles(retriever, "海岛补助", level="province")) == {"fj", "sh"}
    assert set(titles(retriever, "海岛补助", date_from="2021", date_to="2021-12")) == {"fj"}
    assert titles(retriever, "海岛补助", kinds=("news",)) == []
    assert set(titles(retriever, "海岛补助", issuer="没有这个机关")) == set()


VERSIONS = tuple(
    draft(f"v{n}", f"海岛补助办法（{year}年）" if n % 3 else "海岛补助管理规定", f"第一条 海岛补助第{n}档。\n\n第二条 自{year}年3月1日起施行，有效期{n % 3 + 1}年。", published_on=f"{year}-02-01")
    for n, year in enumerate((2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022))
)


@pytest.mark.parametrize("on", ["2014-01-01", "2017-02-28", "2017-03-01", "2019-06-30", "2023", ""])
def test_what_is_in_force_on_a_day_is_what_a_home_of_just_that_would_find(retriever: Retriever, store: Store, settings: Settings, on: str) -> None:
    ingest(store, [*VERSIONS, draft("draft", "海岛补助办法（征求意见稿）", "第一条 海岛补助拟提高。\n\n第二条 欢迎提出意见。")])
    every = retriever.search(Query("海岛补助", k=100, as_of=on), LOCAL)
    ended = {hit.external_id for hit in every if hit.validity["status"] in ("draft", "not_yet", "amended", "repealed", "expired")}
    assert "draft" in ended and len({hit.external_id for hit in every}) == 13, "what is not in force is found too, unless it is left out"
    found = retriever.search(Query("海岛补助", k=100, as_of=on, in_force=True), LOCAL)
    assert {(h.external_id, h.start) for h in found} == {(h.external_id, h.start) for h in every if h.external_id not in ended}
    best = retriever.search(Query("海岛补助", k=3, as_of=on, in_force=True), LOCAL)
    assert len(best) == min(3, len(found)) and not {h.external_id for h in best} & ended


def test_what_ends_leaves_the_next_search_of_what_is_in_force(retriever: Retriever, store: Store) -> None:
    ingest(store, [draft("old", "海岛潜标奖励办法", "第一条 潜标奖励一次。\n\n第二条 自2022年3月1日起施行。", published_on="2022-02-01")])
    assert "old" in titles(retriever, "潜标奖励", as_of="2023-06-01", in_force=True)
    new = "第一条 潜标奖励两次。\n\n第二条 本办法自2023年1月1日起施行。《海岛潜标奖励办法》同时废止。"
    ingest(store, [draft("new", "福建省海岛潜标奖励实施细则", new, published_on="2022-12-30")])
    assert "old" in titles(retriever, "潜标奖励", as_of="2022-12-01", in_force=True)
    assert "old" not in titles(retriever, "潜标奖励", as_of="2023-06-01", in_force=True)
    assert "old" in titles(retriever, "潜标奖励", as_of="2023-06-01"), "found when asked for, with its status"


def test_the_place_in_the_question_comes_first(retriever: Retriever) -> None:
    assert titles(retriever, "上海海岛企业研究开发补助")[0] == "sh"
    assert titles(retriever, "福建海岛企业研究开发补助")[0] == "fj"


def test_what_is_above_the_ceiling_does_not_exist(retriever: Retriever) -> None:
    assert "inner" in titles(retriever, "深潜器名单")
    assert "inner" not in titles(retriever, "深潜器名单", ANONYMOUS)
    before = [hit.score for hit in retriever.search(Query("深潜器名单"), ANONYMOUS)]
    assert before == [hit.score for hit in retriever.search(Query("深潜器名单"), ANONYMOUS)]
    inner = retriever.search(Query("深潜器名单"), LOCAL)[0].document_id
    assert titles(retriever, "深潜器名单", Reader("x", "enterprise", 1, frozenset({inner})))[0] == "inner"


def test_changes_are_right_in_the_next_search(retriever: Retriever, store: Store) -> None:
    assert "new" not in titles(retriever, "量子传感器")
    ingest(store, [draft("new", "量子传感器专项指南", "第一条 量子传感器专项受理申报。\n\n第二条 其他。", level="national")])
    assert titles(retriever, "量子传感器")[0] == "new"
    found = retriever.search(Query("量子传感器"), ANONYMOUS)[0]
    store.documents.amend(found.document_id, security=4)
    assert "new" not in titles(retriever, "量子传感器", ANONYMOUS)
    assert titles(retriever, "量子传感器")[0] == "new"
    store.documents.erase(found.document_id)
    assert "new" not in titles(retriever, "量子传感器")


def test_a_second_process_reads_only(retriever: Retriever, settings: Settings, store: Store) -> None:
    retriever.refresh()
    second = open_retriever(settings, store)
    assert retriever.owner and not second.owner
    assert titles(second, "海岛补助")
    second.close()


def test_wrong_questions(retriever: Retriever) -> None:
    for query in (Query(" "), Query("x", k=0), Query("x", level="moon"), Query("x", kinds=("poem",)), Query("x", as_of="tomorrow")):
        with pytest.raises(BadInput):
            retriever.search(query, LOCAL)
