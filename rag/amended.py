"""What a policy grants and asks after later texts changed some of its articles: a replaced article speaks in its new words, any other change leaves the old words open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.conditions import Condition, Measure, measures
from rag.predicates import Applicant, State, Verdict
from rag.since import Since, change_of
from rag.source import named
from rag.statements import Statement, condense, sayable

_WHOLE = r"(?:将|把)?{}修改为"
_NEW = re.compile(r"^.*?修改为[：:]?\s*“?")


def _replaces(x: Since, place: str) -> bool:
    """Whether a change gives the whole article at a place new words."""
    return any(re.match(rf"{a}(?!之)", place) and re.search(_WHOLE.format(a), x.document.text[x.start : x.end]) for a in x.articles)


def _struck(x: Since, words: str) -> bool:
    """Whether a change strikes just these words out (删去第十条中“…”)."""
    text = condense(x.document.text[x.start : x.end])
    return bool(re.search(r"删[去除]", text)) and any(plain in re.sub(r"\W", "", text) for plain in [re.sub(r"\W", "", condense(words))[:40]] if len(plain) > 8)


def amended(found: Sequence[Measure], changes: Sequence[Since], who: Applicant, on: str) -> list[Measure]:
    """Measures as they stand after the changes, each with the document that its words stand in."""
    kept: list[Measure] = []
    for g in found:
        x = change_of(g.slot.place, changes, g.slot.text)
        if x is None:
            kept.append(g)
        elif not _replaces(x, g.slot.place) and not _struck(x, g.slot.text):
            kept.append(replace(g, words=f"{g.words}（该条已修改）", verdict=Verdict(State.unknown, (), f"该条已修改，请核对{named(x.document)}：{x.words}")))
    return kept + [m for x in changes if "修改为" in x.words for m in _new(x, who, on)]


def _new(x: Since, who: Applicant, on: str) -> list[Measure]:
    """What the new words of an article grant."""
    parts: list[Statement] = [s for s in sayable(x.document) if s.start <= x.start and x.end <= s.end]
    whole = any(re.search(_WHOLE.format(a), x.document.text[x.start : x.end]) for a in x.articles)
    found = measures(x.document, parts, who, on) if whole else []
    return [replace(m, heading=_NEW.sub("", m.heading), source=x.document) for m in found if x.start <= m.slot.start < x.end]


def settled(found: Sequence[Condition], changes: Sequence[Since]) -> list[Condition]:
    """Conditions of changed articles are left to people, with the change."""
    made = []
    for c in found:
        x = change_of(c.slot.place, changes, c.slot.text)
        made.append(c if x is None else replace(c, verdict=Verdict(State.unknown, (), f"该条已修改，需人工核对{named(x.document)}：{x.words}")))
    return made
