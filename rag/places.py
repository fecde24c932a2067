"""The place that a question speaks of, and whether a document's region covers it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.regions import names, stems

_NOT_A_PLACE = re.compile(r"^(?:大学(?!生)|学院|师范|理工|科技大|交通大|银行|路|街|时间|户口|烤鸭|证券|外国语)")


@dataclass(frozen=True, slots=True)
class Place:
    """A division code of GB/T 2260 and the words that named it."""

    code: str
    words: str


def _every() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted({*names(), *stems()}, key=len, reverse=True))))


_PATTERN = _every()


def places_in(text: str) -> list[Place]:
    """Every place that the text names, in order (上海交通大学 names none)."""
    found = []
    for match in _PATTERN.finditer(text):
        name = match.group()
        if not _NOT_A_PLACE.match(text[match.end() :]):
            found.append(Place(names().get(name) or stems()[name], name))
    return found


def place_in(text: str) -> Place | None:
    """The most special place named (福建省厦门市 → 厦门), the first of equals; None when there is none."""
    found = places_in(text)
    return min(found, key=lambda p: p.code.rstrip("0") == "" or -len(p.code.rstrip("0")), default=None)


def stem(code: str) -> str:
    """The part of a division code that its own divisions share: 350000 → 35, 350200 → 3502, 350203 → 350203."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def covers(region: str, asked: str) -> bool:
    """Whether a document of `region` holds at the place `asked` (the nation covers all)."""
    return not region or region == "000000" or asked.startswith(stem(region))


def inside(region: str, asked: str) -> bool:
    """Whether `region` lies in `asked`."""
    return bool(region) and region != "000000" and region.startswith(stem(asked))


_SAID = (("province", re.compile(r"省里|省级|省财政|省科技厅|(?<![外全本各同])省(?=研发|高企|高新|创新券|科技|补|奖)")), ("city", re.compile(r"市里|市级|市财政|市科技局")), ("county", re.compile(r"县里|县级|区里|区级|县财政|区财政")))


def level_said(text: str) -> str:
    """The one level that a question names (省里给多少: province); empty when it names none or several."""
    said = [level for level, words in _SAID if words.search(text)]
    return said[0] if len(said) == 1 else ""
