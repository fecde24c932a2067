"""Working days as the State Council arranges them: known years, terms across holidays, and no guess beyond."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.drafts import Draft, complete
from corpus.models import Validity
from corpus.periods import later
from corpus.terms import rules
from corpus.validity import validity
from corpus.workdays import is_workday, notices, unknown_years, workdays_after

DAYS = st.dates(date(2024, 1, 1), date(2026, 9, 1))


@pytest.mark.parametrize(
    ("begins", "count", "ends"),
    [
        ("2026-02-13", 1, "2026-02-14"),  # a Saturday of work before the Spring Festival
        ("2026-02-14", 1, "2026-02-24"),  # the Spring Festival between
        ("2025-09-26", 2, "2025-09-29"),  # a Sunday of work
        ("2025-09-30", 3, "2025-10-11"),  # 9 and 10 October, then a Saturday of work
        ("2024-04-30", 20, "2024-05-30"),
        ("2026-11-02", 20, "2026-11-30"),
        ("2026-12-31", 1, None),  # no notice for the year after
        ("2023-06-01", 5, None),
        ("2026-03-02", 0, None),
    ],
)
def test_a_term_of_working_days(begins: str, count: int, ends: str | None) -> None:
    found = workdays_after(date.fromisoformat(begins), count)
    assert (found.isoformat() if found else None) == ends


def test_each_year_has_its_notice_and_the_working_days_it_leaves() -> None:
    years = {y: sum(bool(is_workday(date(y, 1, 1) + timedelta(days=n))) for n in range(366 if y % 4 == 0 else 365)) for y in notices()}
    assert years == {2024: 251, 2025: 248, 2026: 248} and all(n.startswith("国办发明电〔") for n in notices().values())


@given(DAYS, st.integers(1, 60))
def test_a_longer_term_ends_later_on_a_working_day(day: date, count: int) -> None:
    found, longer = workdays_after(day, count), workdays_after(day, count + 1)
    if found is None:
        assert longer is None and unknown_years(day, count) == (2027,)
    else:
        assert found > day and is_workday(found) and (longer is None or longer > found) and found - day >= timedelta(days=count * 5 // 7)


def test_a_day_of_effect_in_working_days_is_exact_or_left_open() -> None:
    assert later("2026-02-10", "5", "工作日") == "2026-02-24" and later("2030-01-02", "5", "工作日") == ""
    text = "示例办法\n第一条 为了示例。\n第二条 本办法自印发之日起30个工作日后施行。"
    known, unknown = (complete(Draft("k", "s", "u", "policy", "示例办法", text, fields={"written_on": on})) for on in ("2026-01-20", "2030-01-20"))
    assert known.effective_on == "2026-03-09" and unknown.effective_on == ""
    assert any("未收录，日期待核" in e.basis for e in unknown.events)


def test_a_regions_rule_is_told_beside_the_status_and_changes_nothing() -> None:
    def status(title: str, on: str, region: str = "310104") -> Validity:
        text = f"{title}\n第一条 为了示例。\n第二条 本办法自{on[:4]}年{int(on[5:7])}月{int(on[8:])}日起施行。"
        fields = {"written_on": on, "region_code": region, "level": "county", "legal_rank": "规范性文件"}
        made = complete(Draft("k", "s", "u", "policy", title, text, fields=fields))
        return validity(made, made.events, "2026-11-01")

    told = status("示例区补助办法", "2012-03-01")
    assert told.status == "presumed_in_force" and "上海市人民政府令第26号" in told.basis and told.basis.endswith("按此至2017-02-28")
    assert status("示例区补助办法（试行）", "2012-03-01").basis.endswith("有效期为2年，按此至2014-02-28")
    for unknown in (status("示例区补助办法", "2018-03-01"), status("示例县补助办法", "2012-03-01", "990101")):
        assert unknown.status == "presumed_in_force" and unknown.basis == "未见失效记录（截至2026-11-01，待核）"


@pytest.mark.parametrize(
    ("region", "title", "began", "said"),
    [
        ("340100", "某市科技计划管理办法", "2018-03-01", "未明确有效期的，有效期为5年，按此至2023-02-28"),
        ("340000", "某省科技计划管理办法", "2022-03-01", ""),
        ("370200", "某市人才办法（试行）", "2016-05-01", "《山东省行政程序规定》第五十三条：有效期最长2年，按此至2018-04-30"),
        ("370000", "某省人才办法", "2016-05-01", "有效期最长5年，按此至2021-04-30"),
        ("610100", "某市人才办法", "2020-10-01", "《陕西省行政规范性文件制定和监督管理办法》（陕西省人民政府令第216号）：有效期最长5年，按此至2025-09-30"),
        ("350200", "某市人才办法", "2016-05-01", ""),
    ],
)
def test_rules_of_several_regions_are_told_beside_the_status(region: str, title: str, began: str, said: str) -> None:
    fields = {"written_on": began, "effective_on": began, "region_code": region, "legal_rank": "规范性文件"}
    document = complete(Draft("k", "s", "u", "policy", title, "第一条　为了示例。", fields=fields))
    told = validity(document, document.events, "2026-11-26")
    assert told.status == "presumed_in_force" and told.basis.endswith(said or "待核）")


def test_every_rule_says_where_it_was_read() -> None:
    for rule in rules():
        assert rule["title"] and rule["read_in"] and rule["from"] <= rule["until"] and rule["kind"] in ("default", "longest") and rule["years"] > 0
