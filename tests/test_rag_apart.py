"""A question of several places is asked of each place alone; what only names several places is one question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.access import LOCAL
from corpus.ingest import Draft, ingest
from corpus.settings import load_settings
from corpus.store import open_store
from rag.answer import Answerer, open_answerer
from rag.apart import variants
from rag.records import Question
from rag.retrieve import open_retriever
from rag.rewrite import rewrite
from ui.pages.answer import answer as page

CITIES = ("福州市", "厦门市", "泉州市", "杭州市", "深圳市", "成都市")


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("福州市和厦门市的海岛企业补助有什么不同？", ["福州市的海岛企业补助标准是多少？", "厦门市的海岛企业补助标准是多少？"]),
        ("比较一下福州与厦门的申报条件", ["福州市的申报条件？", "厦门市的申报条件？"]),
        ("厦门市的海岛补助和福州市的有什么区别", ["厦门市的海岛补助标准是多少？", "福州市的海岛补助标准是多少？"]),
        ("福州、厦门、泉州的奖励各是多少", ["福州市的奖励标准是多少？", "厦门市的奖励标准是多少？", "泉州市的奖励标准是多少？"]),
        ("福州和厦门海岛企业贴息哪个高", ["福州市海岛企业贴息标准是多少？", "厦门市海岛企业贴息标准是多少？"]),
        ("福州市和厦门市申报时间有什么不同", ["福州市申报时间是什么时候？", "厦门市申报时间是什么时候？"]),
        ("福建省厦门市的海岛企业补助是多少", []),
        ("我公司从福州市迁到厦门市，补助还能领吗", []),
        ("福州市的企业在厦门市设分公司，能享受补助吗", []),
        ("海岛企业补助和海岛人才补助有什么不同", []),
    ],
)
def test_each_place_alone(question: str, alone: list[str]) -> None:
    assert [text for _, text in variants(question)] == alone


@settings(deadline=None)
@given(st.lists(st.sampled_from(CITIES), min_size=2, max_size=4, unique=True), st.sampled_from(("和", "与", "、", "以及")), st.sampled_from(("的海岛补助有什么不同？", "海岛企业奖励各是多少", "申报条件有何区别")))
def test_every_place_has_its_question_and_names_no_other(places: list[str], join: str, asked: str) -> None:
    made = variants(join.join(places) + asked)
    assert len({code for code, _ in made}) == len(places)
    for place, (_, text) in zip(places, made, strict=True):
        assert [p for p in CITIES if p in text] == [place]


@pytest.mark.parametrize(
    ("turns", "question", "alone"),
    [
        (["海岛企业奖励有多少"], "我在厦门市", "厦门市的海岛企业奖励有多少"),
        (["海岛企业奖励有多少"], "我们公司注册在福建省厦门市。", "福建省厦门市的海岛企业奖励有多少"),
        (["福州市海岛企业奖励有多少"], "厦门的企业", "厦门海岛企业奖励有多少"),
        (["福州市的海岛补助是多少", "那厦门市呢"], "两个市比一比哪个高", "福州市和厦门市的海岛补助是多少"),
        (["厦门市和福州市的海岛补助有什么不同", "条件呢"], "两地哪个更好", "厦门市和福州市的海岛补助需要满足什么条件"),
        (["福州市的海岛补助是多少"], "厦门市的人才公寓怎么申请", "厦门市的人才公寓怎么申请"),
    ],
)
def test_a_turn_that_gives_a_place_or_compares_two(turns: list[str], question: str, alone: str) -> None:
    assert rewrite(question, turns) == alone


RULE = """第一条 为了支持海岛企业，制定本办法。

第二条 对在本市注册的海岛企业，按照上一年度研发费用的{rate}%给予补助，单个企业最高不超过{most}万元。

第三条 本办法自2025年1月1日起施行，有效期五年。
"""


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    home: Path = tmp_path_factory.mktemp("apart") / "home"
    configured = load_settings(home, embedding="off")
    store = open_store(configured)
    rules = (("福州市", "350100", 3, 50), ("厦门市", "350200", 6, 90))
    ingest(store, [Draft(code, "t", "", "policy", f"{city}海岛企业研发费用补助办法", RULE.format(rate=rate, most=most), fields={"region_code": code, "level": "city", "published_on": "2025-01-01"}) for city, code, rate, most in rules])
    retriever = open_retriever(configured, store)
    yield open_answerer(configured, store, retriever)
    retriever.close()
    store.close()


def test_places_are_told_one_after_the_other(answerer: Answerer) -> None:
    found = answerer.ask(Question("福州市和厦门市的海岛企业研发费用补助有什么不同？"), LOCAL)
    first, second = found.text.split("【厦门市】")
    assert first.startswith("【福州市】") and "3%" in first and "50万元" in first and "6%" not in first
    assert "6%" in second and "90万元" in second and "3%" not in second
    assert [c.n for c in found.citations] == list(range(1, len(found.citations) + 1)) and {c.region_code for c in found.citations} == {"350100", "350200"}
    assert found.status == "answered" and not any("未收录" in n and "市" in n for n in found.notices)


def test_a_place_without_a_rule_is_said_to_be_missing(answerer: Answerer) -> None:
    found = answerer.ask(Question("厦门市和泉州市的海岛企业研发费用补助各是多少？"), LOCAL)
    assert found.status == "partial" and {c.region_code for c in found.citations} == {"350200"}
    assert any("泉州市" in n and "未收录" in n for n in found.notices)


def test_the_page_shows_whose_rule_it_is(answerer: Answerer) -> None:
    from ui.records import plain

    shown = page(plain(answerer.ask(Question("福州市和厦门市的海岛企业研发费用补助有什么不同？"), LOCAL)), "zh")
    assert shown.index('<p class="jw-of jw-where">福州市</p>') < shown.index("50万元") < shown.index('<p class="jw-of jw-where">厦门市</p>') < shown.index("90万元")


def test_the_file_of_an_answer_says_what_the_page_says(answerer: Answerer) -> None:
    from ui.export import render
    from ui.pages.answer_report import report
    from ui.records import plain

    found = plain(answerer.ask(Question("福州市和厦门市的海岛企业研发费用补助有什么不同？"), LOCAL))
    words = render(report([found], "zh"), "md").decode()
    assert words.index("### 福州市") < words.index("50万元") < words.index("### 厦门市") < words.index("90万元")
    found["sentences"][0]["text"] = "标准如下：\n| 类别 | 比例 |\n| 甲 | 3% |\n| 乙 | 5% |"
    assert "| 甲 | 3% |" in render(report([found], "zh"), "md").decode()
