"""How a statement bears on a question by its build, and the thesaurus of everyday cases."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import Document
from rag.bearing import Bearing, leans_back
from rag.fit import Need
from rag.matters import says, settles
from rag.statements import Statement
from rag.words import words


def statement(article: str | None, start: int = 0, path: tuple[str, ...] = (), items: tuple[tuple[int, int], ...] = ()) -> Statement:
    return Statement(start, start + 9, start + 5, items, path, article, "", "list" if items else "plain")


def document(text: str = "", title: str = "某办法", **more: object) -> Document:
    return Document("d1", "policy", title, text, "0" * 64, **more)


@pytest.mark.parametrize(
    ("question", "words_of_rule"),
    [("保证人还了钱能向谁要", "保证人承担保证责任后"), ("公司解散时没清算股东怎么办", "董事为公司清算义务人"), ("狗咬了人谁赔", "饲养的动物造成他人损害的")],
)
def test_a_case_is_known_by_how_people_put_it(question: str, words_of_rule: str) -> None:
    assert any(rule.startswith(words_of_rule) or words_of_rule in rule for rule in says(question))


def test_a_case_that_covers_little_of_a_question_counts_little() -> None:
    whole, part = settles("撞了人先做什么", "在道路上发生交通事故，车辆驾驶人应当立即停车"), settles("公司股权转让给外人的时候要交哪些税、去哪里交、什么时候交", "股东向股东以外的人转让股权的，应当书面通知")
    assert whole > part > 0 and settles("红烧肉怎么做", "股东向股东以外的人转让股权的") == 0


@given(st.text(max_size=60))
def test_shares_stay_within_bounds(text: str) -> None:
    assert all(0 < share <= 1 for share in says(text).values())


def test_every_case_of_the_table_is_a_pattern_with_words_long_enough_to_be_told_apart() -> None:
    table = tomllib.loads(files("rag").joinpath("data/matters.toml").read_text("utf-8"))["matter"]
    assert all(re.compile(entry["asks"]) and entry["says"] and all(len(rule) >= 4 for rule in entry["says"]) for entry in table)


@pytest.mark.parametrize(("text", "leans"), [("除前款所列商品外，不适用。", True), ("第五条 本条所称月工资是指平均工资。", True), ("经济补偿按年限支付。", False), ("前海深港合作区的企业享受。", False)])
def test_a_paragraph_that_only_makes_sense_behind_another(text: str, leans: bool) -> None:
    assert leans_back(text) is leans


def test_a_list_is_what_a_question_for_kinds_asks_and_a_value_counts_by_what_stands_beside_it() -> None:
    need = Need({"商标": 3.0, "有效": 2.0, "效期": 2.0})
    bearing = Bearing.of("注册商标有效期多久", need)
    assert bearing.of_value(frozenset({"year"}), "注册商标的有效期为十年。")["beside"] > bearing.of_value(frozenset({"year"}), "申请人应当在三年内提出复审请求。")["beside"]
    text = "下列项目免征增值税：\n（一）农产品；"
    listed = Bearing.of("增值税哪些项目免税", Need({"增值": 2.0})).features(document(text), statement("第二条", items=((11, 18),)), text, frozenset())
    assert listed["listlead"] == 1.0 and listed["listheld"] > 0
    assert Bearing.of("增值税免税多少", Need({"增值": 2.0})).features(document(text), statement("第二条", items=((11, 18),)), text, frozenset())["listlead"] == 0.0


def test_things_that_a_question_speaks_of() -> None:
    assert "科技创新券" in words().things("创新券能报销多少") and "创新券" in words().compounds("创新券能报销多少")
    assert not words().things("怎么办")
