"""Places: from the name of a body or a place to division code, level and area type (data: regions.toml, counties.txt)."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

NATIONAL = "000000"
_MUNICIPAL = ("11", "12", "31", "50")


@dataclass(frozen=True, slots=True)
class Place:
    """Division code of GB/T 2260 (000000 is the nation, empty unknown), level of government, area type."""

    code: str
    level: str | None
    area_type: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A place that a text names at [start, end): the codes that the name may stand for, and whether it is a short name."""

    start: int
    end: int
    codes: tuple[str, ...]
    short: bool


@cache
def table() -> dict[str, Any]:
    """The data file."""
    return tomllib.loads(files("corpus").joinpath("regions.toml").read_text("utf-8"))


@cache
def names() -> dict[str, str]:
    """Full names of provinces and prefecture-level places → six-digit code."""
    data = table()
    found = {name: f"{code}0000" for code, name in data["provinces"].items()}
    for province, cities in data["cities"].items():
        for entry in cities.split():
            code, name = entry.split(":")
            found[name] = f"{province}{code}00"
    return found


@cache
def counties() -> dict[str, tuple[str, ...]]:
    """Full names of counties, districts and county-level cities → their codes (朝阳区 has several)."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in files("corpus").joinpath("counties.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            city, *entries = line.split()
            for entry in entries:
                found[entry[2:]].append(city + entry[:2])
    return {name: tuple(codes) for name, codes in found.items()}


@cache
def _by_code() -> dict[str, str]:
    found = {code: name for name, code in names().items()}
    for name, codes in counties().items():
        found.update(dict.fromkeys(codes, name))
    return found


def name_of(code: str) -> str:
    """The full name of a code (台州市仙居县 for a county), or empty."""
    name = _by_code().get(code, "")
    return f"{_by_code().get(code[:4] + '00', '')}{name}" if name and not code.endswith("00") else name


_STEM = re.compile(r"(?:壮族|回族|维吾尔|特别行政)?(?:自治区|自治州|地区|特别行政区|省|市|盟)$")


@cache
def stems() -> dict[str, str]:
    """Short names of provinces and cities (福建, 厦门, 内蒙古) → code; two characters at least."""
    found: dict[str, str] = {}
    for name, code in names().items():
        stem = _STEM.sub("", name)
        stem = re.sub(r"(?:[\u4e00-\u9fff]{1,3}族){1,3}$", "", stem) if len(stem) > 4 else stem
        if len(stem) >= 2:
            found.setdefault(stem, code)
    return found


@cache
def _index() -> dict[str, list[tuple[str, tuple[str, ...], bool]]]:
    """First two characters → (name, codes, short), longest first."""
    found: dict[str, list[tuple[str, tuple[str, ...], bool]]] = defaultdict(list)
    for name, code in names().items():
        found[name[:2]].append((name, (code,), False))
    for name, codes in counties().items():
        if len(name) >= 3 or name.endswith("县"):
            found[name[:2]].append((name, codes, False))
    for name, code in table()["zone_places"].items():
        found[name[:2]].append((name, (code,), False))
    for name, code in stems().items():
        if name not in names():
            found[name[:2]].append((name, (code,), True))
    return {key: sorted(entries, key=lambda e: -len(e[0])) for key, entries in found.items()}


_NO_PLACE = re.compile(r"^(?:大学|学院|师范|理工|路|街|大道|大桥|同志|等[一二三四五六七八九十两]名)")


def places_in(text: str) -> list[Named]:
    """Every place that a text names, left to right, the longest name at each point."""
    index, found, at = _index(), [], 0
    while at < len(text) - 1:
        step = 1
        for name, codes, short in index.get(text[at : at + 2], ()):
            if text.startswith(name, at) and not (short and _NO_PLACE.match(text[at + len(name) :])):
                found.append(Named(at, at + len(name), codes, short))
                step = len(name)
                break
        at += step
    return found


def stem_of(code: str) -> str:
    """The digits that a code's own divisions share: 350000 → 35, 350200 → 3502, 350203 → 350203."""
    return "" if code == NATIONAL else code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def level_of(code: str) -> str | None:
    """The level that a code itself says."""
    if not code:
        return None
    if code == NATIONAL:
        return "national"
    return "province" if code.endswith("0000") else "city" if code.endswith("00") else "county"


def area_type_of(name: str, code: str) -> str:
    """Area type from a body's name (高新区 …) or from its place (计划单列市 …)."""
    data = table()
    for kind, marks in data["zones"].items():
        if any(mark in name for mark in marks):
            return str(kind)
    for kind, places in data["area_types"].items():
        if code and any(names().get(p) == code for p in places):
            return str(kind)
    return "省直管县" if len(code) == 6 and code[2:4] == "90" else ""


@cache
def _national() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(table()["national"]["bodies"], key=len, reverse=True))))


def national_body(name: str) -> str:
    """The national body that a name begins with (国务院办公厅关于…), or empty."""
    match = _national().match(name.removeprefix("中华人民共和国"))
    return match[0] if match else ""


_ZONE_BODY = re.compile(r"(?:高新区|开发区|产业园区|工业园区|科技园区?|科学城|生态城|投资区|试验区|实验区|合作区|新区|保税区|度假区|示范区|片区)(?:党工委)?(?:管理委员会|管委会?|管理局)")
_FREE_TRADE = re.compile(r"^中国[（(]([\u4e00-\u9fff]{2,4})[）)]自由贸易试验区(?=[\u4e00-\u9fff]{2,8}片区)")
"""中国（福建）自由贸易试验区厦门片区: the part says where it lies."""
_DIVISION = re.compile(r"^[\u4e00-\u9fff]{1,6}?(?:(?P<unit>自治县|县|区|旗|市)(?=人民政府)|(?P<county>自治县|县|旗)(?=[\u4e00-\u9fff]{1,12}(?:局|委员会|委|办公室|办|中心)$))")


@lru_cache(maxsize=20_000)
def place_of(name: str, default: Place | None = None) -> Place:
    """The place of a body by its name; `default` when it names none (市政府办公厅, 科技局).

    A national body is national unless a place stands in its own name (国家税务总局福建省税务局 is provincial).
    """
    whole = re.sub(r"\s+", "", name)
    name = _FREE_TRADE.sub(r"\1", whole)
    found = places_in(name)
    national = national_body(name)
    if national and not (found and _is_branch(name, national, found[0])):
        return Place(NATIONAL, "national", "", "国家")
    if not found or found[0].start > 12:
        return default or Place("", _spoken(name), "")
    code, end, level = _chain(found, default)
    if not code:
        return Place(stem_code(default), "county", area_type_of(name, ""), name[found[0].start : end]) if default else Place("", level, "")
    kind = area_type_of(whole, code) if _ZONE_BODY.search(name) else area_type_of("", code)
    rest = name[end:]
    if kind in table()["zones"]:
        level = "county"
    elif (match := _DIVISION.match(rest)) and level in ("province", "city"):
        level = "city" if match["unit"] == "市" and level == "province" and not code.startswith(_MUNICIPAL) else "county"
    return Place(code, level, kind, name[found[0].start : end])


def _spoken(name: str) -> str | None:
    """The level that a name without a place says (省科技厅, 市政府办公室)."""
    match = re.match(r"(自治区|省|市|县|区)(?=[\u4e00-\u9fff]*(?:政府|府办|厅|局|委|办|会))", name)
    return {"自治区": "province", "省": "province", "市": "city", "县": "county", "区": "county"}[match[1]] if match else None


def stem_code(place: Place | None) -> str:
    """The code of a default place, or empty."""
    return place.code if place else ""


def _is_branch(name: str, national: str, first: Named) -> bool:
    """国家税务总局福建省税务局, 中国人民银行福州中心支行: the place stands within a body's name that ends like one."""
    return not re.search(r"关于|批转|转发|对", name) and first.start <= len(national) + 2 and name.endswith(("局", "行", "办", "办公室", "委员会", "处", "分局", "关", "站", "院"))


def _chain(found: list[Named], default: Place | None) -> tuple[str, int, str | None]:
    """The most special place of names that follow each other (福建省厦门市思明区): code, end, level."""
    code, end = _choose(found[0].codes, stem_of(default.code) if default else ""), found[0].end
    if not code:
        return "", end, "county"
    for hit in found[1:]:
        inner = [c for c in hit.codes if c != code and c.startswith(stem_of(code))]
        if hit.start > end + 1 or len(inner) != 1:
            break
        code, end = inner[0], hit.end
    return code, end, level_of(code)


def _choose(codes: tuple[str, ...], within: str) -> str:
    inner = [c for c in codes if within and c.startswith(within)]
    if len(inner) == 1:
        return inner[0]
    return codes[0] if len(codes) == 1 else ""


def covers(code: str, asked: str) -> bool:
    """Whether a rule of the place `code` can reach someone in the place `asked` (its own place or a superior one)."""
    return not code or asked.startswith(stem_of(code))
