"""What a slot is, the cues it is found by, and how finders walk a statement."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from corpus.models import Document
from corpus.text import trim
from rag.statements import Statement

_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]?")
_CLOSES, _OPENS = "）)》〉】]", "（(《〈【["


@dataclass(frozen=True, slots=True)
class Slot:
    """kind: amount ratio threshold grant total deadline condition negative material procedure body channel phone delivery stacking exclusion object
    term basis explain period.

    `label` says what it is for (stage of a deadline, subject of an amount, lead of a list, holder of a telephone); `value` is the normal form
    (money:200000, ratio:3, date:2026-06-30); `limits` the limiting words that stand with it, or the batch of a deadline; `place` the clause as
    cited; `time` the hour of a deadline (18时).
    """

    kind: str
    start: int
    end: int
    text: str
    label: str = ""
    value: str = ""
    limits: tuple[str, ...] = ()
    place: str = ""
    heading: str = ""
    time: str = ""

    @property
    def tabular(self) -> bool:
        """Whether it is a row of a table (or a table)."""
        return self.text.lstrip().startswith("|")


Finder = Callable[[Document, Statement], Iterator[Slot]]


@cache
def cues() -> dict[str, Any]:
    """data/slots.toml."""
    return tomllib.loads(files("rag").joinpath("data/slots.toml").read_text("utf-8"))


@cache
def cue(name: str) -> re.Pattern[str]:
    """One compiled cue of data/slots.toml."""
    return re.compile(str(cues()["cues"][name]))


def make(kind: str, document: Document, start: int, end: int, s: Statement, **more: Any) -> Slot:
    """The slot of a span, trimmed."""
    a, b = trim(document.text, start, end)
    return Slot(kind, a, b, document.text[a:b], place="".join(p for p in s.path if not (s.article and p.endswith(("编", "章", "节")))), heading=s.heading, **more)


def spans(pattern: re.Pattern[str], text: str, offset: int) -> Iterator[tuple[int, int]]:
    """Spans of the matches that are not white space."""
    for match in pattern.finditer(text):
        if match.group().strip():
            yield offset + match.start(), offset + match.end()


def sentences(document: Document, s: Statement) -> list[tuple[int, int]]:
    """Spans of the sentences of a statement."""
    return [(s.start + a, s.start + b) for a, b in _sentences_of(document.text[s.start : s.end])]


@lru_cache(maxsize=64)
def _sentences_of(text: str) -> tuple[tuple[int, int], ...]:
    """Nearly every finder asks for them."""
    return tuple(spans(_SENTENCE, text, 0))


def phrases(text: str, offset: int) -> list[tuple[int, int]]:
    """Spans of what commas, semicolons and colons part; not inside brackets, not between digits (5,000)."""
    found, start, depth = [], 0, 0
    for i, c in enumerate(text):
        depth = max(0, depth + (c in _OPENS) - (c in _CLOSES))
        if c == "\n" or (not depth and c in "，,；;。：:" and not (text[i - 1 : i].isdigit() and text[i + 1 : i + 2].isdigit())):
            found.append((start, i + 1))
            start, depth = i + 1, 0
    found.append((start, len(text)))
    return [(offset + a, offset + b) for a, b in found if text[a:b].strip()]


def without_mark(text: str, end: int) -> int:
    """The end of a span without its closing punctuation mark."""
    return end - 1 if end and text[end - 1] in "，,；;。：:\n" else end


def limits_of(phrase: str) -> tuple[str, ...]:
    """Limiting words in a phrase (最高不超过 covers 最高 and 不超过; 上一年度 is no limit)."""
    plain = re.sub(r"(?:上一|前一|本|当|同一|近[一二两三])年度?", "", phrase)
    found: list[str] = []
    for word in cues()["cues"]["limits"]:
        if word in plain and not any(word in longer for longer in found):
            found.append(word)
    return tuple(found)


def cells(row: str) -> list[str]:
    """The cells of a table's row."""
    return [c.strip() for c in row.strip().strip("|").split("|")]


def rows_of(document: Document, s: Statement) -> list[tuple[int, int]]:
    """Spans of a table's rows, its header first, the ruling line left out."""
    found = spans(re.compile(r"[^\n]+\n?"), document.text[s.start : s.end], s.start)
    return [(a, b) for a, b in found if not re.fullmatch(r"[|\-:\s]+", document.text[a:b])]


def own_heading(s: Statement) -> str:
    """The nearest heading above, without spaces (补助对象和条件); the headings of an attachment's table are none of the body's."""
    return re.sub(r"\s", "", s.heading.split(" ")[-1]) if s.heading else ""
