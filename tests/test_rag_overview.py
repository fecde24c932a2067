"""Which calls are open and which policies there are: told from the documents, with every date in the text that is cited."""

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

CALL = """各有关单位：

现将{year}年度海岛{matter}申报工作通知如下。

一、申报时间。网上填报截止时间为{filled}。推荐审核截止时间为{checked}。

二、申报渠道。登录海岛科技管理信息系统填报。
"""
RULE = """第一条 为支持海岛{matter}，制定本办法。

第二条 对在本市注册的企业，给予一次性奖励{amount}万元。

第三条 本办法自2025年1月1日起施行，有效期五年。
"""


def _call(key: str, city: str, code: str, matter: str, filled: str, checked: str) -> Draft:
    fields = {"region_code": code, "level": "city", "published_on": "2026-03-01"}
    return Draft(key, "t", "", "notice", f"{city}科学技术局关于开展2026年度海岛{matter}申报工作的通知", CALL.format(year=2026, matter=matter, filled=filled, checked=checked), fields=fields)


def _rule(key: str, city: str, code: str, matter: str, amount: int) -> Draft:
    return Draft(key, "t", "", "policy", f"{city}海岛{matter}奖励办法", RULE.format(matter=matter, amount=amount), fields={"region_code": code, "level": "city", "published_on": "2025-01-01"})


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    home: Path = tmp_path_factory.mktemp("overview") / "home"
    settings = load_settings(home, embedding="off")
    store = open_store(settings)
    ingest(store, [
        _call("a", "福州市", "350100", "装备补助", "2026年6月30日", "2026年7月20日"), _call("b", "福州市", "350100", "种业奖励", "2026年4月10日", "2026年4月20日"),
        _call("c", "厦门市", "350200", "装备补助", "2026年5月25日", "2026年6月5日"), _rule("r", "福州市", "350100", "装备", 20), _rule("s", "福州市", "350100", "种业", 30),
    ])  # fmt: skip
    retriever = open_retriever(settings, store)
    yield open_answerer(settings, store, retriever)
    retriever.close()
    store.close()


def asked(answerer: Answerer, text: str, on: str = "2026-05-20") -> Answer:
    return answerer.ask(Question(text, as_of=on), LOCAL)


def test_open_calls_the_next_deadline_first(answerer: Answerer) -> None:
    found = asked(answerer, "最近有哪些项目可以申报？")
    assert found.text.index("5月25日") < found.text.index("6月30日") and "4月10日" not in found.text
    assert found.status == "answered" and {c.region_code for c in found.citations} == {"350100", "350200"}


def test_those_of_the_place_and_the_month(answerer: Answerer) -> None:
    assert "厦门" not in asked(answerer, "福州市今年还有哪些补助可以申报？").text
    assert "6月30日" not in asked(answerer, "这个月截止的申报通知有哪些").text.split("为：")[1]


def test_a_subject_narrows_and_what_is_over_is_said_to_be(answerer: Answerer) -> None:
    found = asked(answerer, "海岛种业奖励今年还能申报吗")
    assert found.status == "partial" and "没有仍在受理" in found.text and "4月10日" in found.text and "装备" not in found.text


def test_policies_of_a_place(answerer: Answerer) -> None:
    found = asked(answerer, "列出福州市所有的科技政策")
    assert "《福州市海岛装备奖励办法》" in found.text and "20万元" in found.text and "《福州市海岛种业奖励办法》" in found.text and "有2件" in found.text
    assert "种业" in (only := asked(answerer, "列出福州市全部种业政策").text) and "装备" not in only


def test_what_is_not_held_is_said(answerer: Answerer) -> None:
    found = asked(answerer, "列出厦门市所有的种业政策")
    assert found.status == "no_support" and "未收录厦门市" in found.text and not found.citations


@pytest.mark.parametrize("question", ["福州市海岛装备补助今年的申报条件是什么", "列入失信名单还能申请海岛装备补助吗", "福州市海岛装备奖励是多少"])
def test_other_questions_are_left_to_the_other_steps(answerer: Answerer, question: str) -> None:
    assert asked(answerer, question).composer != "overview"
