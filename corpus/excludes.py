"""Places that a text excludes from its reach (不含厦门), told apart from places that have rules of their own (除厦门另有规定外)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.regions import covers, name_of, names, places_in, table

FICTIONAL = "99"
_WITHOUT = (
    re.compile(r"(?:不含|不包括|不包含)[：:]?(?P<places>[^）)，,。；;\n]{2,40})"),
    re.compile(r"(?:^|[（(，,。；;\n、])(?P<places>[^（()），,。；;\n]{2,30})除外"),
    re.compile(r"除(?P<places>[^（()），,。；;\n除]{2,30}?)(?:以外|之外|外)(?=[，,、的）)]|各|其他|其余|全省|企业)(?=[^。；\n]{0,60}(?:申报|适用|支持|享受|补助|执行|各|其他|其余|均|参照|地区|范围|企业))"),
    re.compile(r"(?:^|[，,。；;\n])(?P<places>[^（()），,。；;\n]{2,20})不适用(?:本|上述|于本)"),
    re.compile(r"(?:本(?:办法|规定|通知|政策|细则|措施|条例|意见)|上述政策)不适用于(?P<places>[^（()），,。；;\n]{2,30})"),
)
"""How a text excludes places: 不含厦门, 厦门市除外, 除厦门市外各设区市, 厦门市不适用本办法 (除…另有规定外 excludes nothing)."""

_WORDS = ("不", "除外", "除", "不适用", "不适用于")
"""A word that each of these needs: most texts hold none, and looking for a word costs little."""


def excludes_of(text: str, region_code: str = "") -> tuple[str, ...]:
    """Places inside `region_code` that a text excludes, by full name; 计划单列市 stands for those of the region."""
    found: dict[str, None] = {}
    for word, pattern in zip(_WORDS, _WITHOUT, strict=True):
        for match in pattern.finditer(text) if word in text else ():
            found.update(dict.fromkeys(_excluded(match["places"], region_code)))
    return tuple(found)


def _excluded(words: str, region_code: str) -> Iterator[str]:
    if re.match(r"(?:各)?计划单列市", words):
        yield from (name for name in table()["area_types"]["计划单列市"] if covers(region_code, names()[name]) and names()[name] != region_code and names()[name][:2] != FICTIONAL)
        return
    reach, named_places = 0, []
    for named in places_in(words):
        if named.start > reach + 1 or len(named.codes) != 1 or not covers(region_code, named.codes[0]) or named.codes[0] == region_code:
            break
        named_places.append(_full(words[named.start : named.end], named.codes[0]))
        reach = named.end
    if not re.match(r"[^、和及与]{0,6}(?:另有|有)规定", words[reach:]):
        yield from named_places


def _full(name: str, code: str) -> str:
    if name in table()["zone_places"] and name.endswith("区"):
        return name
    return name_of(code).removeprefix(name_of(code[:4] + "00")) if not code.endswith("00") else name_of(code) or name
