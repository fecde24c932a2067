"""Beginnings and ends as official texts write them, and the arithmetic of days: 自印发之日起30日后施行, 有效期五年, 试行两年."""

from __future__ import annotations

import re
from datetime import date, timedelta

from corpus.text import DATE, NUMERAL, chinese_number, parse_date
from corpus.workdays import workdays_after

COUNT = rf"([{NUMERAL}\d]{{1,4}})"
ISSUE = "(?:印发|发布|公布|发文|颁布|通过|下发|签发|批准|颁发|签署|公告)"
IN_FORCE = r"(?:(?:在|于)[^，。；]{1,14})?(?:正式|起|全面|统一)?(?:施行|实施|执行|生效|试行|实行|有效|(?:追溯|开始)?适用)"
_NO_OBJECT = r"(?=[^\u4e00-\u9fff《]|$|[至到有并且暂零〇一二三四五六七八九十两])"
"""自2024年7月1日起执行国家标准, 自2018年6月1日起施行的《…》 say nothing of the text that they stand in."""
EFFECTIVE = re.compile(rf"(?:自|从|于)?{DATE}(?:零时|0时|0[:：]00)?(?:起|开始|之日起)?{IN_FORCE}{_NO_OBJECT}")
SINCE_ISSUE = rf"自(?:本\w{{1,4}}?)?(?:正式)?{ISSUE}(?:之日|之时|当日|次日|日)?"
FROM_ISSUE = re.compile(rf"{SINCE_ISSUE}(?:起|后|之后|以后)?[，,]?(?:满|第)?(?:{COUNT}\s*个?(工作日|日|天|个月|月|年)(?:届满|期满)?(?:之后|以后|后|起)?)?(?:即)?(?:正式|起)?(?:施行|实施|执行|生效|试行|实行|适用|有效){_NO_OBJECT}")
_YEAR, _MONTH = r"(?:\d{4}|[二〇○零一九八七六五四三]{4})\s*年", r"[\d一二三四五六七八九十]{1,3}\s*月"
LAST = rf"({DATE[1:-1]}|{_YEAR}年?[底末]|{_YEAR}\s*{_MONTH}[份底末]*(?!\s*[\d上中下初]))"
"""A last day as official texts write it, for use in patterns (one group): a day, 2025年底, 2025年12月."""
RANGE = re.compile(rf"(?:自|从)?{DATE}(?:起)?(?:施行|实施|执行|生效|试行)?[，,]?(?:有效期)?(?:至|到|-|—|－){LAST}(?:止|失效|废止)?")
_TERM = r"(?:有效期|试行期|暂行期|执行期|实施期|施行期|政策期|适用期)(?:限)?"
UNTIL = re.compile(rf"(?:{_TERM}(?:暂定)?(?:为)?(?:截[止至](?:日期)?(?:为)?)?|(?:施行|实施|执行)(?:截[止至]|延续|暂定)?)(?:至|到|为|于)?{LAST}")
_TERMED = re.compile(rf"{_TERM}")
PERIOD = re.compile(rf"(?:{_TERM}(?:暂定|暂)?(?:为|是|[：:])?|试行(?:限)?(?:暂定)?(?:为)?|(?:施行|实施|执行)(?:为|暂定)(?:为)?|暂定(?:为)?){COUNT}\s*(?:个)?(周年|年|月)(?!度|内|前|以)")
PERIOD_SINCE = re.compile(rf"有效期(?:限)?(?:为|是|[：:])?(?:自|从)(?:{DATE}|(?:本\w{{1,4}}?)?{ISSUE}之日)(?:起)?(?:计算)?[，,]?(?:为)?{COUNT}\s*个?(周年|年|月)|{SINCE_ISSUE}起{COUNT}\s*个?(周年|年|月)(?:内)?有效")
ENDED_ITSELF = re.compile(rf"(?P<from>自|于)?{DATE}(?P<since>起)?(?:自动|自行)?(?:失效|废止|终止|到期)|{DATE}(?:前|之前|以前)有效")


def last_of(words: str) -> str:
    """The day that a match of LAST means: 2025年底 and 2025年12月 end with their last day."""
    day = parse_date(words)
    if len(day) == 4:
        return f"{day}-12-31"
    return (months_after(date.fromisoformat(f"{day}-01"), 1) - timedelta(days=1)).isoformat() if len(day) == 7 else day


def integer(s: str) -> int:
    """A count in Chinese or Arabic numerals; 0 where it is none."""
    try:
        return chinese_number(s)
    except ValueError:
        return 0


def begins(issue: str, match: re.Match[str]) -> str:
    """The day that a match of FROM_ISSUE means when the text was issued on `issue` (自公布次日起 is a day later)."""
    return later(issue, "1", "日") if "次日" in match[0] else later(issue, match[1], match[2])


def later(issue: str, count: str | None, unit: str | None) -> str:
    """The day `count` days, working days, months or years after `issue`; empty when the working days of a year on the way are not known."""
    n = integer(count) if count else 0
    if not n:
        return issue
    if unit == "工作日":
        last = workdays_after(date.fromisoformat(issue), n)
        return last.isoformat() if last else ""
    if unit in ("日", "天"):
        return (date.fromisoformat(issue) + timedelta(days=n)).isoformat()
    return months_after(date.fromisoformat(issue), n * 12 if unit == "年" else n).isoformat()


def last_day(began: str, count: int, unit: str) -> str:
    """The last day of a period of years or months that begins on `began` (2020-01-01 and 五年 → 2024-12-31); empty for 0."""
    months = count * 12 if unit in ("年", "周年") else count
    return (months_after(date.fromisoformat(began), months) - timedelta(days=1)).isoformat() if 0 < months < 1200 else ""


def prolonged(end: str, count: int, unit: str) -> str:
    """The last day after `end` when a period is prolonged by years or months (2024-12-31 and 两年 → 2026-12-31)."""
    return last_day((date.fromisoformat(end) + timedelta(days=1)).isoformat(), count, unit)


def months_after(day: date, count: int) -> date:
    """The same day `count` months on, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def ended_on(match: re.Match[str]) -> str:
    """The last day that a match of ENDED_ITSELF leaves: 自…起失效 ends the day before, …失效 and …前有效 on that day."""
    day = parse_date(match[0])
    if (match["since"] or match["from"] == "自") and len(day) == 10:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    return day
