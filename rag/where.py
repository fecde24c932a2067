"""The place that a question names: its code and words, counties included; a name that several places bear is settled by its superior."""

from __future__ import annotations

import re

from corpus.regions import counties, names, places_in, stem_of

_SCHOOL = re.compile(r"^[\u4e00-\u9fff]{0,4}(?:大学|学院|证券|银行|晚报|日报)")


def place_named(text: str) -> tuple[str, str]:
    """(code, words) of the most special place that a text names; ("", "") when none, or when nothing tells which of several is meant."""
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
