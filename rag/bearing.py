"""How a statement bears on a question by its build: a list of what is asked for, the wanted value with the asked thing beside it,
a rule of an old text, a penalty nobody asked for.

Features 0..1 for `rag.weigh`; their weights lie in data/answer.toml with the way they were fitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from corpus.models import Document
from corpus.text import NUMERAL, normalise
from rag import forms
from rag.fit import Need, bag
from rag.statements import Statement, strip_label

_ASKS_KINDS = re.compile(r"哪些|哪几|哪种|哪类|几种|几类|什么(?!时候|时间|意思|叫|是)[\u4e00-\u9fff]{2}|怎么分(?!配)|怎样才|怎么样才")
_LISTS = re.compile(r"下列|以下")
_BACK = re.compile(r"\s*(?:(?:符合|除)?前述|除?(?:前款|前两款|前条|本条所称|前项)|依照前|有前款|违反前款|(?:第[一二三四]款)|本条)")
"""A paragraph that only stands behind another one of its article."""
_TRANSITION = re.compile(r"本(?:法|条例|办法|规定|细则|解释)施行(?:前|之日)|施行后[^。]{0,20}施行前")
_ASKS_TRANSITION = re.compile(r"施行|生效|以前|之前|旧|老|新法|修订|修改|当时|追溯")
OLD = "2000"
"""A text of before that year is seldom what a question of today means."""
BEFORE, AFTER = 26, 12
"""Characters before and after a value that say what it is the value of."""
WINDOWS = 5
"""Values of a statement that are looked at."""

_UNITS = {
    "day": "日|天", "workday": "个?工作日", "month": "个?月", "year": "年|周岁", "hour": "个?小时", "money": "(?:万|亿)?元", "ratio": "%|％|成", "times": "倍", "people": "人|名",
    "count": "[个家项]", "date": "月|日",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bearing:
    """What of a question its statements are held against: its words, and every token that it or an official word of it holds."""

    question: str
    need: Need
    known: frozenset[str]
    kinds: bool
    wanted: frozenset[str]
    past: bool

    @classmethod
    def of(cls, question: str, need: Need) -> Bearing:
        plain = re.sub(r"\s", "", normalise(question))
        known = frozenset(need.weights).union(*(word for others in need.stand_in.values() for word in others))
        return cls(forms.plain(plain), need, known, bool(_ASKS_KINDS.search(plain)), forms.asked(plain), bool(_ASKS_TRANSITION.search(plain)))

    def features(self, d: Document, s: Statement, text: str, title: frozenset[str]) -> dict[str, float]:
        """Of one statement with its text; `title`: the tokens of its document's title."""
        body = strip_label(text)
        lead = body.split("\n")[0] if s.items else ""
        lists = self.kinds and (s.kind == "table" or bool(_LISTS.search(lead)))
        made = d.published_on or d.written_on
        return {
            "listlead": float(lists), "listheld": self.need.held(bag(lead or text)) if lists else 0.0,
            "titled": self.need.held(title), "old": float(bool(made) and made < OLD), "court": float(d.legal_rank == "司法解释"),
            "unasked": forms.features(self.wanted, self.question, text).get("penalty_unasked", 0.0),
            "back": float(leans_back(text)), "transition": float(not self.past and bool(_TRANSITION.search(body))),
        }  # fmt: skip

    def of_value(self, units: frozenset[str], text: str) -> dict[str, float]:
        """`beside`: the greatest share of the words around a value of a wanted kind that the question holds."""
        if not (units and (pattern := _valued(units))):
            return {}
        body = strip_label(text)
        shares = (self._share(_around(body, m)) for m in islice(pattern.finditer(body), WINDOWS))
        return {"beside": max(shares, default=0.0)}

    def _share(self, words: str) -> float:
        """Share of the tokens of some words that the question holds; short ones count a little less."""
        held = bag(words)
        return len(held & self.known) / (len(held) + 3)


def leans_back(text: str) -> bool:
    """Whether a paragraph only makes sense behind the one before it (前款…, 本条所称…)."""
    return bool(_BACK.match(strip_label(text)))


def _valued(units: Iterable[str]) -> re.Pattern[str] | None:
    kinds = [_UNITS[u] for u in sorted(units) if u in _UNITS]
    number = rf"[{NUMERAL}\d.]+"
    return re.compile(rf"{number}(?:{'|'.join(kinds)})|百分之{number}") if kinds else None


def _around(text: str, value: re.Match[str]) -> str:
    """The words of its sentence around a value."""
    before = re.split(r"[。；\n]", text[max(0, value.start() - BEFORE) : value.start()])[-1]
    return before + re.split(r"[。；\n]", text[value.start() : value.end() + AFTER])[0]
