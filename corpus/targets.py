"""Documents that a text names: 《…》 with the 文号 behind it, with 〈〉 inside, and 文号 that stand alone."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from corpus.numbers import numbers_in, official_number

_TITLE = re.compile(r"《(?P<title>[^《》]{2,120}(?:《[^《》]{2,60}》[^《》]{0,40})?)》(?:的(?:通知|公告|通告|意见|决定|函|批复|令)(?=[ \u3000]*[（(]))?(?:[ \u3000]*[（(](?P<note>[^（）()]{0,60}(?:[（(〔\[]\d{4}[〕\])）][^（）()]{0,20})?)[）)])?")
_NOTED = re.compile(r"令|公告|〔\d{4}〕|\[\d{4}\]|（\d{4}）|\(\d{4}\)")


@dataclass(frozen=True, slots=True)
class Target:
    """A named document at [start, end) of a text; the 文号 is in official form, title or number may be empty."""

    title: str
    number: str
    start: int
    end: int


def targets_in(text: str) -> list[Target]:
    """Every document that a text names, in order; a 文号 within the name's own brackets belongs to it."""
    found: list[Target] = []
    for match in _TITLE.finditer(text):
        note = match["note"] or ""
        number = official_number(_NOTE_TAIL.sub("", note)) if _NOTED.search(note) else ""
        found.append(Target(match["title"].strip(), number, match.start("title") - 1, match.end()))
    ends = [t.end for t in found]
    alone = []
    for start, end, parsed in numbers_in(text):
        at = bisect_right(ends, start)  # the first name that ends behind the number's start
        if at == len(found) or not found[at].start <= start:
            alone.append(Target("", str(parsed), start, end))
    return sorted([*found, *alone], key=lambda t: t.start)


_NOTE_TAIL = re.compile(r"[，,、]?(?:以下|下同|简称|下称).*$")
