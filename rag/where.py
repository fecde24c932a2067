"""The place that a question names: its code and words, counties included; a name that several places bear is settled by its superior."""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpus.regions import counties, name_of, names, places_in, stem_of

_SCHOOL = re.compile(r"^[\u4e00-\u9fff]{0,4}(?:大学|学院|证券|银行|晚报|日报)")


_COUNTY = re.compile(r"(?:自治县|县|市|区|旗)$")


def place_named(text: str, held: Iterable[str] = ()) -> tuple[str, str]:
    """(code, words) of the most special place that a text names; ("", "") when none, or when nothing tells which of several is meant.

    `held`: codes of counties whose short name (安浦) is read as the place too; of others it may be any word.
    """
    best = _named(text)
    for code in held:
        short = _COUNTY.sub("", name_of(code).removeprefix(name_of(code[:4] + "00")))
        if len(short) > 1 and short in text and code.startswith(stem_of(best[0])) and len(stem_of(code)) > len(stem_of(best[0])) and not _SCHOOL.match(text.split(short, 1)[1]):
            best = (code, short)
    return best


def _named(text: str) -> tuple[str, str]:
    """The same by the full names and the short ones of provinces and cities."""
    found = [p for p in places_in(text) if not (p.short and _SCHOOL.match(text[p.end :]))]
    stems = [stem_of(p.codes[0]) for p in found if len(p.codes) == 1]
    best = ("", "")
    for p in found:
        codes = [c for c in p.codes if any(c.startswith(s) for s in stems)] if len(p.codes) > 1 else list(p.codes)
        if len(codes) == 1 and len(stem_of(codes[0])) >= len(stem_of(best[0])) if best[0] else len(codes) == 1:
            best = (codes[0], text[p.start : p.end])
    return best


def codes_of(name: str) -> tuple[str, ...]:
    """Every code that a full name stands for."""
    return (names()[name],) if name in names() else counties().get(name, ())


def left_out(excludes: Iterable[str], region: str) -> bool:
    """Whether one of the places that a text leaves out (不含鹭屿市) covers a place."""
    return bool(region) and any(region.startswith(stem_of(code)) for name in excludes for code in codes_of(name))
