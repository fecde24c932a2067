"""Words that people take away: a citation to paste, items of a feed, errors of a form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.cited import citation_text, named
from ui.messages import known, say
from ui.pages.feeds import risk_items


def test_a_citation_is_pasted_as_title_number_and_article() -> None:
    clause = {"path": ["第二章", "第七条", "第一款"]}
    assert citation_text("关于印发《补助办法》的通知", "测科规〔2024〕5号", clause) == "《补助办法》（测科规〔2024〕5号）第七条第一款"  # the article is one of what the paper issues
    assert citation_text("关于印发《补助办法》的通知", "测科规〔2024〕5号", {"path": ["一"]}) == "《关于印发〈补助办法〉的通知》（测科规〔2024〕5号）一"
    item = {"path": ["第二章", "第五条", "第三款", "第（一）项"]}
    assert citation_text("科学技术进步法", "", item) == "《科学技术进步法》第五条第三款第（一）项"
    assert citation_text("实施方案", "", {"path": ["五", "（一）", "1"]}) == "《实施方案》五（一）1"
    assert citation_text("科学技术进步法", "", None) == "《科学技术进步法》"


@given(st.text(alphabet="关于印发《》〈〉通知", max_size=30))
def test_double_marks_never_stand_within_double_marks(title: str) -> None:
    assert named(title)[1:-1].count("《") == 0 == named(title)[1:-1].count("》")


def test_a_risk_in_a_feed_leads_to_its_page_and_names_its_level_in_chinese() -> None:
    score = {"mean": 0.5}
    item = next(iter(risk_items([{"id": "r1", "level": "orange", "statement": "可能断供", "field": "集成电路", "importance": score, "urgency": score, "first_signal_at": "2026-11-02"}], "http://127.0.0.1:7860/")))
    assert item["title"] == "【较大】可能断供" and item["link"] == "http://127.0.0.1:7860/risks/r1"


def test_indicators_are_called_as_in_the_constants() -> None:
    from risk.constants import constants

    names = constants()["names"]
    assert {n: say(f"indicator.{n}") for n in names if known(f"indicator.{n}")} == {n: words for n, words in names.items() if known(f"indicator.{n}")}


@pytest.mark.parametrize(
    ("words", "english"),
    [("申报日历", "Calendar of calls"), ("承接链：企业研发", "From nation to county: 企业研发"), ("第三条：本办法", "第三条：本办法"), ("单个企业最高100万元", "单个企业最高100万元")],
)
def test_a_report_speaks_english_in_english_and_its_content_stays(words: str, english: str) -> None:
    from ui.pages.report import told

    assert (told(words, "en"), told(words, "zh")) == (english, words)
