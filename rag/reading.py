"""The close reading of the best candidates: what a passage holds of the question, word for word, and which kind of answer it gives.

Costs some 0.05 ms a passage, so only the best of the first look are read (`rank.CLOSE`); every feature is 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag import forms
from rag.understand import Understanding

_RUN = 12
"""So many characters in a row count as the longest run."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the reading looks for: word pairs with their share of the question's weight, its characters without marks, the kinds of answer wanted."""

    text: str
    pairs: Mapping[str, float]
    wanted: frozenset[str]


def question(seen: Understanding, terms: Mapping[str, float]) -> Question:
    """`terms`: token → weight × idf, as the index scores them. Pairs of characters and Latin words count, single characters do not."""
    own = {t: w for t, w in terms.items() if (len(t) > 1 or t.isascii()) and t in seen.text.lower()}
    whole = sum(own.values()) or 1.0
    return Question(forms.plain(seen.text), {t: w / whole for t, w in own.items()}, forms.asked(seen.text))


def features(q: Question, title: str, text: str) -> dict[str, float]:
    """`cover`: share of the question's weight that title and text hold; `run`: the longest run of its characters in the text over 12;
    and one feature for each kind of answer (rag.forms)."""
    held = f"{title} {text}".lower()
    return {"cover": sum(w for t, w in q.pairs.items() if t in held), "run": run(q.text, text) / _RUN} | forms.features(q.wanted, q.text, text)


def run(question: str, text: str) -> int:
    """Length of the longest run of the question's characters that the text holds too, at most 12."""
    best = 0
    for start in range(len(question)):
        while best < _RUN and start + best < len(question) and question[start : start + best + 1] in text:
            best += 1
    return best
