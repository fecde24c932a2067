"""Facts in a text: quantities, dates, 文号, clause numbers, bodies, titles, each in a normal form by which two texts can be held together.

五百万元, 500万元 and 5,000,000元 are one fact; so are 百分之三, ３％ and 3%; 2026年6月30日 and 2026-06-30.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from corpus.metadata import official_number
from corpus.text import NUMERAL, chinese_number, parse_date

_CN = f"[{NUMERAL}]"
_DIGITS = r"\d[\d,，]*(?:\.\d+)?"
_SCALE = {"": 1, "百": 100, "千": 1_000, "万": 10_000, "十万": 100_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
_UNITS = {
    "money": ("元", "块钱", "人民币"),
    "ratio": ("%", "％", "‰", "个百分点"),
    "workday": ("个工作日", "工作日"),
    "day": ("个自然日", "个日历天", "日历天", "日内", "日前", "日以", "日", "天"),
    "month": ("个月", "月"),
    "year": ("周年", "年度", "周岁", "年", "岁"),
    "hour": ("个小时", "小时"),
    "times": ("倍",),
    "people": ("名", "人", "位"),
    "count": ("家", "项", "件", "个", "条", "次", "批", "户", "台", "套", "份", "所", "款", "处", "类", "种", "级", "折", "吨", "公斤", "千克", "平方米", "公里", "米"),
}
_UNIT_OF = {word: unit for unit, names in _UNITS.items() for word in names}
_UNIT_WORDS = "|".join(map(re.escape, sorted(_UNIT_OF, key=len, reverse=True)))
_SCALES = "十万|百万|千万|百|千|万|亿"
_QUANTITY = re.compile(
    rf"百分之(?P<cent>{_CN}+(?:点[零〇一二三四五六七八九]+)?)"
    rf"|(?<![\d.])(?P<num>{_DIGITS})\s*(?P<scale>{_SCALES})?(?:余|多)?(?P<unit>{_UNIT_WORDS})?"
    rf"|(?<![第\d{NUMERAL}])(?P<cn>{_CN}+)(?:余|多)?(?P<cnunit>元|块钱|个百分点|个工作日|工作日|日内|日以|日前|日(?=[，。；、）])|天|个月|周年|周岁|年(?=以|内|后|期|的|，|。|；|、|）|不|至|为|以下|制|$)|岁|倍|个小时|小时)"
)
_MONEY_TAIL = re.compile(r"^(?:人民币)?(?:以[上下内]|的|，|。|；|、|）|$)")
_NOT_COUNTED = re.compile(r"^(?:性|致|定|般|律|切|些|样|起|经|旦)")
_DATE = re.compile(rf"(?:\d{{4}}|[零〇○一二三四五六七八九]{{4}})\s*(?:年|-|/|\.)\s*(?:\d{{1,2}}|{_CN}{{1,3}})\s*(?:(?:月|-|/|\.)\s*(?:(?:\d{{1,2}}|{_CN}{{1,3}})\s*日?)?)?")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*(?:年(?:度)?|版)")
_MONTH_DAY = re.compile(rf"(?<![\d-])(\d{{1,2}}|{_CN}{{1,3}})月(?:(\d{{1,2}}|{_CN}{{1,3}})日)?")
_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,14}?\s*[〔\[（(]\s*\d{4}\s*[〕\]）)]\s*(?:第)?\s*\d+\s*号|[\u4e00-\u9fff]{0,14}令\s*第\s*[零〇一二三四五六七八九十百千\d]+\s*号|[\u4e00-\u9fff \u3000]{2,30}公告\s*\d{4}\s*年\s*第\s*\d+\s*号")
_TITLE = re.compile(r"《([^《》]{2,80})》")
_CLAUSE = re.compile(rf"第\s*((?:{_CN}|\d)+)\s*(编|章|节|条|款|项|目)(?:之({_CN}+))?")
_BODY = re.compile(
    r"(?:[\u4e00-\u9fff]{0,20}?)(?:人民政府(?:办公[厅室])?|管理委员会|委员会|人民法院|检察院|总局|[省市县区州](?:[\u4e00-\u9fff]{2,10})?[厅局]|科技部|科学技术部|财政部|商务部|教育部|公安部|国务院|工业和信息化部|税务机关|海关总署|中国人民银行)"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit (a key of the unit table, empty for a bare number) at [start, end); money in yuan, ratios in per cent."""

    value: Decimal
    unit: str
    start: int
    end: int
    raw: str

    @property
    def key(self) -> str:
        return f"{self.unit}:{self.value.normalize():f}"


def _same_length(text: str) -> str:
    """Full-width digits, letters and ％ as plain ones, character by character, so that offsets hold; punctuation stays."""
    return text.translate(_PLAIN)


_PLAIN = {ord(c): unicodedata.normalize("NFKC", c) for c in map(chr, range(0xFF01, 0xFF5F)) if c.isalnum() or c in "％．"}


def quantities(text: str) -> Iterator[Quantity]:
    """Numbers with their units, in order; dates, years, clause numbers and 文号 are not quantities."""
    plain = _same_length(text)
    matches = list(_QUANTITY.finditer(plain))
    taken = [m.span() for p in (_NUMBER, _DATE, _YEAR, _MONTH_DAY, _CLAUSE) for m in p.finditer(plain)] if matches else []
    for match in matches:
        if any(a < match.end() and match.start() < b for a, b in taken):
            continue
        if (found := _quantity(match)) is not None and not _NOT_COUNTED.match(plain[match.end() :]):
            yield found


def _quantity(match: re.Match[str]) -> Quantity | None:
    try:
        value, unit = _value(match)
    except (ValueError, InvalidOperation):
        return None
    return Quantity(value, unit, match.start(), match.end(), match.group())


def _value(match: re.Match[str]) -> tuple[Decimal, str]:
    if match["cent"]:
        whole, _, part = match["cent"].partition("点")
        decimals = "".join(str(chinese_number(c)) for c in part)
        return Decimal(f"{chinese_number(whole)}.{decimals or 0}"), "ratio"
    if match["cn"]:
        return Decimal(chinese_number(match["cn"])), _UNIT_OF.get(match["cnunit"], "day")
    value = Decimal(re.sub(r"[,，]", "", match["num"])) * _SCALE[match["scale"] or ""]
    unit = _UNIT_OF.get(match["unit"] or "", "")
    if match["unit"] == "‰":
        value /= 10
    return value, unit


def dates(text: str) -> Iterator[tuple[str, int, int]]:
    """(ISO prefix, start, end) of dates with a year."""
    plain = _same_length(text)
    for match in _DATE.finditer(plain):
        if iso := parse_date(match.group()):
            yield iso, match.start(), match.end()


def month_days(text: str) -> Iterator[tuple[str, int, int]]:
    """("MM-DD" or "MM", start, end) of dates without a year."""
    plain = _same_length(text)
    matches = list(_MONTH_DAY.finditer(plain))
    with_year = [(a, b) for _, a, b in dates(text)] if matches else []
    for match in matches:
        if any(a <= match.start() < b for a, b in with_year):
            continue
        try:
            month, day = chinese_number(match[1]), chinese_number(match[2]) if match[2] else 0
        except ValueError:
            continue
        if 1 <= month <= 12 and day <= 31:
            yield f"{month:02d}" + (f"-{day:02d}" if day else ""), match.start(), match.end()


def years(text: str) -> set[str]:
    """Years written as such (2023年, 2023年度, 2023版)."""
    return set(_YEAR.findall(_same_length(text)))


def numbers(text: str) -> set[str]:
    """文号 in official form."""
    return {official_number(m.group()) for m in _NUMBER.finditer(text)}


def titles(text: str) -> set[str]:
    """Names between 《 and 》, without spaces and 中华人民共和国."""
    return {title_key(m) for m in _TITLE.findall(text)}


def title_key(title: str) -> str:
    """A title as it is compared: no spaces, no quotes, no 中华人民共和国."""
    return re.sub(r"[\s《》〈〉“”\"（）()]|中华人民共和国", "", unicodedata.normalize("NFKC", title))


def clause_numbers(text: str) -> set[str]:
    """Clause numbers as 7条, 2款, 10条之1."""
    found = set()
    for match in _CLAUSE.finditer(_same_length(text)):
        try:
            sub = f"之{chinese_number(match[3])}" if match[3] else ""
            found.add(f"{chinese_number(match[1])}{match[2]}{sub}")
        except ValueError:
            continue
    return found


def bodies(text: str) -> set[str]:
    """Names of public bodies."""
    return {m.group() for m in _BODY.finditer(text)}


@lru_cache(maxsize=4096)
def facts(text: str) -> frozenset[str]:
    """Every checkable fact of a text (but titles and bodies) as keys: unit:value, date:…, number:…, clause:…, calendar:…."""
    found = {q.key for q in quantities(text)}
    found |= {f"date:{iso}" for iso, _, _ in dates(text)} | {f"monthday:{md}" for md, _, _ in month_days(text)}
    found |= {f"calendar:{y}" for y in years(text)} | {f"calendar:{iso[:4]}" for iso, _, _ in dates(text)}
    found |= {f"monthday:{iso[5:]}" for iso, _, _ in dates(text) if len(iso) >= 7} | {f"date:{iso[:7]}" for iso, _, _ in dates(text) if len(iso) == 10}
    found |= {f"number:{n}" for n in numbers(text)} | {f"clause:{c}" for c in clause_numbers(text)}
    return frozenset(found)
