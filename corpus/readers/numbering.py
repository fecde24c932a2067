"""The automatic numbers of Word paragraphs (第一条, 一、, （一）, 1.): computed as Word does, since the text does not hold them.

Levels by ECMA-376 part 1, 17.9: num → abstractNum → lvl {start, numFmt, lvlText}; a paragraph names its list itself or by its style.
"""

from __future__ import annotations

from typing import Any

from corpus.text import chinese_numeral

_CHINESE = frozenset(
    ["chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting", "ideographDigital", "ideographLegalTraditional", "chineseLegalSimplified", "ideographTraditional"]
)
_BULLETS = frozenset(["bullet", "none"])


class Numbering:
    """Counters of one document; `label` is asked of every paragraph in order."""

    def __init__(self, document: Any) -> None:
        self.lists = _lists(document)
        self.styles = {s.style_id: s for s in document.styles}
        self.counters: dict[str, dict[int, int]] = {}
        self.started: set[tuple[str, int]] = set()

    def label(self, paragraph: Any) -> str:
        """The number in front of a paragraph (its w:p element) with its gap, or empty."""
        number, level = self._place(paragraph)
        if number not in self.lists:
            return ""
        abstract, levels, overrides = self.lists[number]
        if level not in levels:
            return ""
        counters = self.counters.setdefault(abstract, {})
        if level in overrides and (number, level) not in self.started:
            counters[level] = overrides[level] - 1
        self.started.add((number, level))
        counters[level] = counters.get(level, levels[level][0] - 1) + 1
        for deeper in [n for n in counters if n > level]:
            del counters[deeper]
        return _shown(levels, counters, level)

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """(list, level) that a paragraph or its style names; an empty list for none."""
        own = _num_pr(paragraph.find(_w("pPr")))
        if own is not None and own[0] is not None:
            return own[0], own[1] or 0
        style_id, seen = paragraph.style, 0
        while style_id in self.styles and seen < 10:
            style = self.styles[style_id]
            found = _num_pr(style.element.find(_w("pPr")))
            if found is not None and found[0] is not None:
                return found[0], (own[1] if own and own[1] is not None else found[1]) or 0
            base = style.element.find(_w("basedOn"))
            style_id, seen = (base.get(_w("val")) if base is not None else None), seen + 1
        return "", 0


def _w(name: str) -> str:
    return f"{{http://schemas.openxmlformats.org/wordprocessingml/2006/main}}{name}"


def _num_pr(properties: Any) -> tuple[str | None, int | None] | None:
    found = properties.find(_w("numPr")) if properties is not None else None
    if found is None:
        return None
    number, level = found.find(_w("numId")), found.find(_w("ilvl"))
    return (number.get(_w("val")) if number is not None else None), _integer(level)


def _integer(element: Any) -> int | None:
    value = element.get(_w("val")) if element is not None else None
    return int(value) if value and value.lstrip("-").isdigit() else None


_Level = tuple[int, str, str]


def _lists(document: Any) -> dict[str, tuple[str, dict[int, _Level], dict[int, int]]]:
    """List id → (abstract id, levels {n: (start, format, text)}, starts of its own {n: start})."""
    try:
        root = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return {}
    abstract = {a.get(_w("abstractNumId")): dict(_levels(a)) for a in root.iterchildren(_w("abstractNum"))}
    found = {}
    for number in root.iterchildren(_w("num")):
        named = number.find(_w("abstractNumId"))
        key = named.get(_w("val")) if named is not None else ""
        overrides = {int(o.get(_w("ilvl")) or 0): start for o in number.iterchildren(_w("lvlOverride")) if (start := _integer(o.find(_w("startOverride")))) is not None}
        found[number.get(_w("numId"))] = (key, abstract.get(key, {}), overrides)
    return found


def _levels(abstract: Any) -> list[tuple[int, _Level]]:
    found = []
    for level in abstract.iterchildren(_w("lvl")):
        form, text = level.find(_w("numFmt")), level.find(_w("lvlText"))
        start = _integer(level.find(_w("start")))
        found.append((int(level.get(_w("ilvl")) or 0), (1 if start is None else start, form.get(_w("val")) if form is not None else "decimal", text.get(_w("val")) or "" if text is not None else "")))
    return found


def _shown(levels: dict[int, _Level], counters: dict[int, int], level: int) -> str:
    _, form, text = levels[level]
    if form in _BULLETS:
        return ""
    for n in range(level + 1):
        start, own, _ = levels.get(n, (1, "decimal", ""))
        text = text.replace(f"%{n + 1}", _numeral(counters.get(n, start), own))
    return text if not text or text.endswith(("、", "．", "）", ")", "．", ".")) else f"{text} "


def _numeral(n: int, form: str) -> str:
    if form in _CHINESE:
        return chinese_numeral(n)
    if form == "decimalEnclosedCircle" and 1 <= n <= 20:
        return chr(ord("①") + n - 1)
    if form == "decimalZero":
        return f"{n:02d}"
    if form in ("upperLetter", "lowerLetter") and n > 0:
        letter = chr(ord("a") + (n - 1) % 26) * ((n - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    return _roman(n).lower() if form == "lowerRoman" else _roman(n) if form == "upperRoman" else str(n)


def _roman(n: int) -> str:
    found = ""
    for value, mark in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        while 0 < value <= n < 4000:
            found, n = found + mark, n - value
    return found
