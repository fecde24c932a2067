"""Questions typed as pinyin: gaoqi, gao xin ji shu qi ye, gaoxinjishuqiye rending tiaojian → 高企, 高新技术企业, 高新技术企业认定条件.

A run of Latin words is read as a whole, or not at all, by the fewest words that spell it; else the stretches of it that spell a known
term. English is left alone: it is not spelt by pinyin, and what is must hold a known term or two long common words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from rag.words import words

_RUN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]+(?:[ '’][A-Za-z]+)*(?![A-Za-z0-9])")
_COMMON, _LETTERS, _LONG = 300, 4, 5
"""Words that jieba's dictionary counts so often are common; a word has so many letters at least, a telling one so many."""


def read(text: str, terms: Mapping[str, str]) -> list[tuple[str, str]]:
    """Stretches of Latin letters with the Chinese that they spell; `terms`: letters → known term."""
    found: list[tuple[str, str]] = []
    for match in _RUN.finditer(text):
        parts = re.split(r"[ '’]", match.group().lower())
        if sum(map(len, parts)) < _LETTERS:
            continue
        whole = terms.get("".join(parts), "") or _whole("".join(parts), terms)
        found += [(match.group(), whole)] if whole else _stretches(match.group(), parts, terms)
    return found


def _stretches(run: str, parts: list[str], terms: Mapping[str, str]) -> list[tuple[str, str]]:
    """The longest stretches of whole words that spell a term."""
    at, found, pieces = 0, [], re.split(r"(?<=[ '’])", run)
    while at < len(parts):
        end = next((e for e in range(len(parts), at, -1) if len(letters := "".join(parts[at:e])) >= _LETTERS and letters in terms), at)
        if end > at:
            found.append(("".join(pieces[at:end]).rstrip(" '’"), terms["".join(parts[at:end])]))
        at = max(end, at + 1)
    return found


def _whole(letters: str, terms: Mapping[str, str]) -> str:
    """The words that spell all of the letters; empty when none do, or none of them tells that this is pinyin."""
    if not (letters := letters[:60]).isascii() or not (spelt := _spelt(letters, terms)):
        return ""
    long = {part for part in spelt if len(part) >= _LONG}
    return "".join(terms.get(p) or _common()[p] for p in spelt) if len(long) > 1 or long & terms.keys() else ""


def _spelt(letters: str, terms: Mapping[str, str]) -> list[str]:
    """The fewest parts that letters can be cut into."""
    best: list[list[str] | None] = [[], *([None] * len(letters))]
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 24), end):
            before, part = best[start], letters[start:end]
            if before is not None and (part in terms or part in _common()) and (best[end] is None or len(before) + 1 < len(best[end] or ())):
                best[end] = [*before, part]
    return best[-1] or []


@cache
def _common() -> dict[str, str]:
    """Letters → the most common word that they spell, and words that only ask (read when pinyin first comes: half a second)."""
    from pypinyin import lazy_pinyin

    rows = (line.split(" ") for line in resources.files("jieba").joinpath("dict.txt").read_text("utf-8").splitlines())
    filler = words().filler
    counted = sorted(((int(row[1]), row[0]) for row in rows if row[0] in filler or (2 <= len(row[0]) <= 4 and int(row[1]) >= _COMMON)), reverse=True)
    found: dict[str, str] = {}
    for _, word in counted:
        letters = "".join(lazy_pinyin(word))
        if letters.isascii() and (len(letters) >= _LETTERS or word in filler):
            found.setdefault(letters, word)
    return found
