"""Slips of spelling and input method: 高薪技术企业 → 高新技术企业, 加计扣出 → 加计扣除, gaoqi → 高企.

A stretch of whole words is mended when a known term sounds the same (tones, zh/z, ch/c, sh/s, -ng/-n aside) and the corpus holds two of
its characters side by side never, or (from four characters on) the stretch hardly ever beside the term; where two are never held side by
side it may also, from five characters on, differ in one inner character. Pinyin: rag.pinyin.

    mend("高薪技术企业有什么补贴", terms, held) == ("高新技术企业有什么补贴", (("高薪技术企业", "高新技术企业"),))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

from corpus.text import words as cut
from rag import pinyin
from rag.words import words

Slip = tuple[str, str]
"""As written, as mended."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_LONGEST, _SHORTEST, _ONE_WRONG, _SURE = 12, 3, 5, 4
_RARE = 20
"""A stretch is a slip when the corpus holds the term so many times as often."""
Held = Callable[[str], int]
"""How many passages hold every two neighbouring characters of a text."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Known terms by their sound, by the Latin letters of it, and (long ones) with each character left open."""

    sounds: Mapping[tuple[str, ...], str]
    letters: Mapping[str, str]
    open: Mapping[tuple[str, int], str]
    names: frozenset[str]


def _loose(syllable: str) -> str:
    plain = re.sub(r"^([zcs])h", r"\1", syllable)
    return re.sub(r"ng$", "n", plain)


@lru_cache(maxsize=4096)
def _syllables(text: str) -> tuple[str, ...]:
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(text))


_ALIKE = str.maketrans("劵", "券")
"""Characters that are written for one that looks like them and sounds otherwise."""


def sound(text: str) -> tuple[str, ...]:
    """The syllables of a Chinese text without tones; zh/z, ch/c, sh/s and -ng/-n are one."""
    return tuple(map(_loose, _syllables(text.translate(_ALIKE))))


def build(found: Iterable[str]) -> Terms:
    """The lookups of a set of terms; of several with one sound the first counts."""
    sounds: dict[tuple[str, ...], str] = {}
    letters: dict[str, str] = {}
    gaps: dict[tuple[str, int], str] = {}
    names = dict.fromkeys(t for t in found if _CHINESE.fullmatch(t) and len(t) <= _LONGEST)
    for term in names:
        letters.setdefault("".join(_syllables(term)), term)
        if len(term) >= _SHORTEST:
            sounds.setdefault(sound(term), term)
        if len(term) >= _ONE_WRONG:
            for i in range(1, len(term) - 1):
                gaps.setdefault((term[:i] + "?" + term[i + 1 :], i), term)
    return Terms(sounds, letters, gaps, frozenset(names))


@cache
def terms() -> Terms:
    """The terms of the reviewed word table: titles, official words, what people say."""
    table = words()
    return build([*table.names.values(), *table.names, *(w for others in table.said.values() for w in others), *table.said, *table.terms])


def mend(text: str, known: Terms, held: Held) -> tuple[str, tuple[Slip, ...]]:
    """The text with its slips mended, and what was mended."""
    slips: list[Slip] = pinyin.read(text, known.letters)
    for match in _CHINESE.finditer(text):
        slips += _in_run(match.group(), known, held)
    for written, mended in slips:
        text = text.replace(written, mended)
    return text, tuple(slips)


def _in_run(run: str, known: Terms, held: Held) -> list[Slip]:
    heard, edges, found, done = sound(run), _edges(run), [], 0
    for at in range(len(run) - 1):
        if at >= done and (slip := _rare(run, heard, edges, at, known, held) or (None if held(run[at : at + 2]) else _around(run, heard, edges, done, at, known))):
            found.append((run[slip[0] : slip[1]], slip[2]))
            done = slip[1]
    return found


def _edges(run: str) -> frozenset[int]:
    """Where words begin and end."""
    return frozenset(accumulate(map(len, cut(run)), initial=0))


def _rare(run: str, heard: tuple[str, ...], edges: frozenset[int], start: int, known: Terms, held: Held) -> tuple[int, int, str] | None:
    """The longest stretch from `start` that sounds like a term and is hardly ever written so: (start, end, term)."""
    for end in range(min(len(run), start + _LONGEST), start + _SURE - 1, -1):
        term, stretch = known.sounds.get(heard[start:end]), run[start:end]
        if term and stretch not in known.names and {start, end} <= edges and held(stretch) * _RARE < held(term):
            return start, end, term
    return None


def _around(run: str, heard: tuple[str, ...], edges: frozenset[int], first: int, at: int, known: Terms) -> tuple[int, int, str] | None:
    """The longest stretch around the odd pair at `at` that a known term explains: (start, end, term)."""
    for length in range(min(_LONGEST, len(run)), _SHORTEST - 1, -1):
        for start in range(max(first, at + 2 - length), min(at, len(run) - length) + 1):
            if {start, start + length} <= edges and (term := _explained(run[start : start + length], heard[start : start + length], known)):
                return start, start + length, term
    return None


def _explained(stretch: str, heard: tuple[str, ...], known: Terms) -> str:
    """The term that sounds like the stretch, or differs in one character that is neither its first nor its last."""
    if stretch in known.names:
        return ""
    if term := known.sounds.get(heard):
        return term
    return next((known.open[key] for i in range(1, len(stretch) - 1) if (key := (stretch[:i] + "?" + stretch[i + 1 :], i)) in known.open), "")
