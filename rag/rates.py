"""Figures that later announcements replace: the newest in force leads, older ones are never given as today's.

A standing text (a law or regulation that prints the old figure) is cited only up to the figure. When the corpus holds none of
the announcements, the answer is partial and says where today's figure is set.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from corpus.models import CURRENT, Document
from rag.cite import clause_record
from rag.facts import title_key
from rag.fit import one_name
from rag.focus import matters
from rag.records import Context, Evidence
from rag.statements import Statement
from rag.titles import number_key
from rag.tools import Tools

CURRENT_RATE, STALE_RATE = "current rate", "stale rate"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of data/volatile.toml that a question touches, with the announcement that sets it at the date (None: not held)."""

    data: dict[str, Any]
    leader: Document | None

    @property
    def notice(self) -> str:
        return "" if self.leader else str(self.data["notice"])

    def is_old(self, d: Document) -> bool:
        """Whether a document is an announcement that the leader replaced."""
        key = number_key(d.doc_number)
        return bool(key) and any(number_key(n) == key for n in self.data["announcements"]) and (self.leader is None or d.id != self.leader.id)

    def sets(self, text: str) -> bool:
        """Whether a text states the figure, in the words of an announcement or of the standing text."""
        return bool(re.search(f"{self.data['rate']}|{self.data['figure']}", text))

    def stands(self, e: Evidence) -> bool:
        """Whether an evidence is the standing article that prints the old figure."""
        title = title_key(e.document.title)
        return any(title == title_key(t) and e.clause.get("article") == a for t, a in self.data["standing"])

    def prints(self, d: Document, text: str) -> bool:
        """Whether a text of another document than the leader prints a rate in the words of the standing text."""
        others = {number_key(n) for n in self.data["others"]}
        return (self.leader is None or d.id != self.leader.id) and number_key(d.doc_number) not in others and d.level == "national" and bool(re.search(self.data["figure"], text))


@cache
def figures() -> tuple[dict[str, Any], ...]:
    """data/volatile.toml."""
    return tuple(tomllib.loads(files("rag").joinpath("data/volatile.toml").read_text("utf-8"))["figure"])


def touched(tools: Tools, c: Context) -> list[Figure]:
    """The figures that a question touches."""
    return [Figure(f, _leader(tools, c, f)) for f in figures() if re.search(f["asked"], c.rewritten)]


def _leader(tools: Tools, c: Context, figure: dict[str, Any]) -> Document | None:
    """The newest announcement in force at the date that the reader may see."""
    lookup = tools.retriever.shelf
    ids = {i for n in figure["announcements"] for i in lookup.numbers.get(number_key(n), ())}
    heads = [h for h in lookup.among(ids, c.reader).values() if tools.validity(h.id, c.as_of).status in CURRENT]
    return max(heads, key=lambda h: (h.effective_on or h.published_on or h.written_on, h.id), default=None)


def settle(tools: Tools, c: Context) -> Context:
    """The evidence with one rate for each figure: the leader's statements added, older rates taken out, standing figures marked."""
    found = list(c.evidence)
    for figure in touched(tools, c):
        named = set(c.named.documents)
        found = [e for e in found if e.document.id in named or not (figure.is_old(e.document) and figure.sets(e.text))]
        found = [replace(e, role=STALE_RATE) if figure.stands(e) and e.role != "named" else e for e in found]
        special = _special(figure, found, c)
        if special:
            best = max(e.worth for e in found)
            found = sorted((replace(e, worths=tuple(w + best for w in e.worths)) if e in special else e for e in found), key=lambda e: -e.worth)
        elif figure.leader is not None:
            found = [e for e in found if e.role != STALE_RATE and not figure.prints(e.document, e.text)]
            leading = _statements(tools, c, figure, found)
            keys = {e.key for e in leading}
            rest = [e for e in found if e.key not in keys]
            found = sorted([*leading, *rest], key=lambda e: -e.worth)
    return replace(c, evidence=tuple(found))


def _special(figure: Figure, found: Sequence[Evidence], c: Context) -> list[Evidence]:
    """Statements that set the figure in a text for a special case, when the question names the case."""
    if not figure.data.get("case") or not re.search(figure.data["case"], c.rewritten):
        return []
    others = {number_key(n) for n in figure.data["others"]}
    return [e for e in found if number_key(e.document.doc_number) in others and re.search(figure.data["rate"] + "|税前扣除", e.text)]


def _statements(tools: Tools, c: Context, figure: Figure, found: Sequence[Evidence]) -> list[Evidence]:
    """The leader's statements that set the figure. They are worth as much as the best evidence, but stand behind a rule for a special matter that
    the question names and the leader does not (委托境外, 预缴, a business that is shut out)."""
    assert figure.leader is not None
    book = tools.books.get([figure.leader.id], c.reader).get(figure.leader.id)
    if book is None:
        return []
    judged, best = tools.validity(book.document.id, c.as_of), max((e.worth for e in found), default=1.0)
    setting = [s for s in book.statements if re.search(figure.data["rate"], s.text(book.document)) and not re.search("提示|注[：:]", s.heading)][:3]
    parts = tuple(_worth(book.document, setting, found, matters(p.text), best, i) for i, p in enumerate(c.asked.parts)) or (best + 0.01,)
    return [Evidence(book.document, judged, clause_record(book.document, s.start, s.end), s.start, s.end, 0, 1.0, s, (1.0,) * len(parts), parts, CURRENT_RATE) for s in setting]


BEHIND = 0.2
"""How far behind the best special rule the general figure stands."""


def _worth(leader: Document, setting: Sequence[Statement], found: Sequence[Evidence], words: Sequence[str], best: float, part: int) -> float:
    """The worth of the leader's statements for a part of a question that says `words`."""
    own = one_name("".join([leader.title, *(s.text(leader) for s in setting)]))
    missing = [w for w in words if one_name(w) not in own]
    special = [e.worths[part] for e in found if e.document.id != leader.id and any(w in f"{e.document.title}{e.statement.heading if e.statement else ''}{e.text}" for w in missing)]
    return min(best + 0.01, max(special) - BEHIND) if special else best + 0.01


def stale(tools: Tools, c: Context) -> Callable[[Document, str], bool]:
    """Whether a text of a document states a figure that a question touches and a later announcement replaced."""
    found = [f for f in touched(tools, c) if f.leader is not None]
    return lambda d, text: d.id not in c.named.documents and any(f.is_old(d) and f.sets(text) for f in found)


def cut(text: str, start: int, end: int) -> int:
    """Where a quotation of a standing text ends so that no old figure is in it (`end` when there is none)."""
    ends = [m.start() for f in figures() for m in [re.search(f["figure"], text[start:end])] if m]
    return start + min(ends) if ends else end
