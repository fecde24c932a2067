"""What one policy says in short, and what it changed: told from its own slots, every value in the text that is cited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.access import LOCAL
from corpus.ingest import Draft, ingest
from corpus.settings import load_settings
from corpus.store import open_store
from rag.answer import Answerer, open_answerer
from rag.records import Answer, Question
from rag.retrieve import open_retriever

OLD = """第一条 为了支持海岛装备，制定本办法。

第二条 对在本市注册的企业，按照设备投入的8%给予补助，单个企业最高不超过60万元。

第三条 本办法自2021年1月1日起施行，有效期三年。
"""
NEW = """第一条 为了支持海岛装备，制定本办法。

第二条 申请补助的企业应当符合下列条件：
（一）在本市注册，具有独立法人资格；
（二）上一年度设备投入不低于200万元。

第三条 补助标准：按照设备投入的12%给予补助，单个企业最高不超过90万元。

第四条 本办法自2025年1月1日起施行，有效期五年。《福州市海岛装备补助办法》（榕科〔2021〕3号）同时废止。
"""


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    home: Path = tmp_path_factory.mktemp("gist") / "home"
    settings = load_settings(home, embedding="off")
    store = open_store(settings)
    place = {"region_code": "350100", "level": "city"}
    ingest(store, [
        Draft("old", "t", "", "policy", "福州市海岛装备补助办法", OLD, fields={**place, "published_on": "2021-01-01", "doc_number": "榕科〔2021〕3号"}),
        Draft("new", "t", "", "policy", "福州市海岛装备补助办法", NEW, fields={**place, "published_on": "2025-01-01", "doc_number": "榕科〔2025〕8号"}),
        Draft("other", "t", "", "policy", "福州市海岛人才公寓管理规定", "第一条 为了海岛人才，制定本规定。\n\n第二条 人才公寓租金减半。", fields={**place, "published_on": "2025-01-01"}),
    ])  # fmt: skip
    retriever = open_retriever(settings, store)
    yield open_answerer(settings, store, retriever)
    retriever.close()
    store.close()


def asked(answerer: Answerer, text: str) -> Answer:
    return answerer.ask(Question(text, as_of="2026-05-20"), LOCAL)


@pytest.mark.parametrize("question", ["总结一下《福州市海岛装备补助办法》", "福州市海岛装备补助办法主要讲了什么", "帮我解读福州市海岛装备补助办法"])
def test_the_gist_of_a_policy(answerer: Answerer, question: str) -> None:
    found = asked(answerer, question)
    assert found.composer == "gist" and found.status == "answered"
    assert all(words in found.text for words in ("12%", "90万元", "200万元", "2025年1月1日")) and "8%" not in found.text
    assert {c.doc_number for c in found.citations} == {"榕科〔2025〕8号"}
    assert any("不是官方解读" in n for n in found.notices)


@pytest.mark.parametrize("question", ["福州市海岛装备补助新办法和老办法有什么不同", "《福州市海岛装备补助办法》修改了哪些内容", "福州市海岛装备补助办法和以前比有什么变化"])
def test_what_changed(answerer: Answerer, question: str) -> None:
    found = asked(answerer, question)
    assert found.composer == "gist" and "60万元" in found.text and "90万元" in found.text
    assert {c.doc_number for c in found.citations} == {"榕科〔2025〕8号", "榕科〔2021〕3号"}
    assert any("已废止" in n for n in found.notices)


@pytest.mark.parametrize("question", ["福州市海岛装备补助的申报条件是什么", "福州市海岛人才公寓的租金有什么变化", "海岛装备补助主要给谁"])
def test_other_questions_are_left_to_the_other_steps(answerer: Answerer, question: str) -> None:
    assert asked(answerer, question).composer != "gist"
