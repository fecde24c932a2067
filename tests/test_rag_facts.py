"""Facts in texts: one normal form for what is written in several ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.facts import bodies, clause_numbers, dates, facts, month_days, numbers, quantities, title_key, years


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("处一万元以上十万元以下罚款", {"money:10000", "money:100000"}),
        ("最高不超过500万元", {"money:5000000"}),
        ("不超过1.5亿元", {"money:150000000"}),
        ("预算金额的２％", {"ratio:2"}),
        ("按照百分之十五的比例", {"ratio:15"}),
        ("5个工作日内", {"workday:5"}),
        ("十五日内报送", {"day:15"}),
        ("四个月内，最多延长二个月", {"month:4", "month:2"}),
        ("有效期五年。", {"year:5"}),
        ("一倍以上五倍以下", {"times:1", "times:5"}),
    ],
)
def test_quantities_have_one_normal_form(text: str, keys: set[str]) -> None:
    assert {q.key for q in quantities(text)} == keys


def test_dates_articles_and_numbers_are_no_quantities() -> None:
    assert not list(quantities("国科发火〔2016〕32号第七条自2024年5月1日起施行"))


def test_plain_words_are_no_quantities() -> None:
    assert {q.key for q in quantities("一次性给予、一般企业、统一安排、一致同意")} == set()


def test_dates() -> None:
    assert [d for d, _, _ in dates("自2024年5月1日起，到2026-08-31止")] == ["2024-05-01", "2026-08-31"]
    assert [d for d, _, _ in month_days("每年7月底前，9月20日截止，2026年3月1日")] == ["07", "09-20"]
    assert years("2023年度企业，2019版") == {"2023", "2019"}


def test_numbers_stay_apart_from_the_line_before() -> None:
    assert numbers("《关于税收的公告》\n财政部税务总局公告2023年第7号") == {"财政部税务总局公告2023年第7号"}


def test_clauses_titles_bodies() -> None:
    assert clause_numbers("第四十二条第一款，第10条之一") == {"42条", "1款", "10条之1"}
    assert title_key("《中华人民共和国专利法》") == title_key("专利法")
    assert any(b.endswith("省科学技术厅") for b in bodies("由省科学技术厅负责"))


@given(st.text(max_size=120))
def test_any_text_gives_facts_of_itself(text: str) -> None:
    assert facts(text) <= facts(text + "。")


@given(st.integers(1, 9999), st.sampled_from(["万元", "元", "%", "个工作日", "天", "年", "倍"]))
def test_spans_point_at_the_number(n: int, unit: str) -> None:
    text = f"不得超过{n}{unit}，"
    found = list(quantities(text))
    assert [text[q.start : q.end] for q in found] == ([] if years(text) else [f"{n}{unit}"])  # 1900年 is a year
