"""How well a text fits what is asked: share of the question's weight (character bigrams and words by idf) that the text holds.

Official words count for the words of people that they stand for (补贴 → 补助), so a text is not punished for speaking officially.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from corpus.access import Reader
from corpus.text import fold_numerals, normalise, tokens
from corpus.text import words as words_of
from rag.words import words

CONTEXT_SHARE = 0.7
"""What a token of the question counts when only the title or a heading holds it."""
CAP, ACROSS = 9.0, 0.25
"""Highest idf of a token (what people call things must not drown the rest); share of a bigram that only joins two words."""


def idf(retriever: Any, wanted: Iterable[str], reader: Reader) -> dict[str, float]:
    """idf of tokens by the statistics within the reader's ceiling (high for what occurs nowhere)."""
    public = getattr(retriever, "idf", None)
    if public is not None:
        return dict(public(list(wanted), reader))
    lexical = retriever._lexical
    passages = getattr(lexical, "_passages", lexical)
    scale = getattr(passages, "terms", None) or getattr(lexical, "_rescaled", None)
    return dict(scale(dict.fromkeys(wanted, 1.0), reader.ceiling)) if scale is not None else {}


@lru_cache(maxsize=8192)
def bag(text: str) -> frozenset[str]:
    """The matching tokens of a text: bigrams, Latin words and numbers (single characters say too little)."""
    return frozenset(t for t in tokens(fold_numerals(one_name(normalise(text)))) if len(t) > 1 or not "\u3400" <= t <= "\u9fff")


@cache
def _same() -> tuple[re.Pattern[str], Mapping[str, str]]:
    from rag.asked import table

    names = {other: name for name, others in table()["same"].items() for other in (name, *others)}
    return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True)))), names


def one_name(text: str) -> str:
    """One name for things that have several (研究开发, 研发投入 → 研发费用), in questions and texts alike."""
    pattern, names = _same()
    return pattern.sub(lambda m: names[m.group()], text)


@dataclass(frozen=True, slots=True)
class Need:
    """The weighted tokens of a question, with the official tokens that may stand for each."""

    weights: Mapping[str, float]
    stand_in: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.weights.values()) or 1.0

    def held(self, body: frozenset[str], context: frozenset[str] = frozenset()) -> float:
        """Share of the weight that a text holds, 0..1; what only its title or headings hold counts CONTEXT_SHARE."""
        found = 0.0
        for token, weight in self.weights.items():  # the plain look-ups first: this runs thousands of times an answer
            if token in body or (token in self.stand_in and self._in(token, body)):
                found += weight
            elif token in context or (token in self.stand_in and self._in(token, context)):
                found += weight * CONTEXT_SHARE
        return found / self.total

    def _in(self, token: str, text: frozenset[str]) -> bool:
        """Whether a text holds a token or an official word that stands for it (nearly all of the word's bigrams)."""
        return token in text or any(len(word & text) >= 0.75 * len(word) for word in self.stand_in.get(token, ()))

    def missing(self, body: frozenset[str]) -> dict[str, float]:
        """The tokens that a text does not hold, with their weight."""
        return {t: w for t, w in self.weights.items() if not self._in(t, body)}


def need_of(text: str, retriever: Any, reader: Reader) -> Need:
    """What a question needs, without its filler."""
    from rag.focus import MODAL, nouns_in

    table = words()
    plain = one_name(normalise(text))
    kept = _without_question_words(plain)
    asked = bag(kept) or bag(plain)
    filler = frozenset().union(*(bag(word) for word in words_of(kept) if word in table.filler)) - _inside_words(kept, table.filler)
    official = {bag(said): tuple(bag(word) for word in others if bag(word)) for said, others in table.official(plain).items() if bag(said)}
    stand_in: dict[str, tuple[frozenset[str], ...]] = {}
    for said, others in official.items():
        for token in said:
            stand_in[token] = (*stand_in.get(token, ()), *others)
    known = idf(retriever, asked - filler or asked, reader)
    inside, naming = _inside_words(plain, frozenset()) | frozenset().union(*map(bag, table.compounds(plain))), _naming(kept)
    unknown = min(CAP, idf(retriever, ["\0\0"], reader).get("\0\0", CAP)) - 1e-6
    spoken = _spoken({said: others for said, others in official.items() if any(known.get(t, 0.0) >= unknown for t in said)}, retriever, reader)
    nouns = frozenset().union(*map(bag, nouns_in(kept)))
    most = max((w for w in known.values() if w < unknown), default=CAP)

    def weight(token: str, own: float) -> float:
        if own >= unknown and token in spoken:
            return spoken[token]
        if own >= unknown and MODAL.search(token):
            return CAP * ACROSS * IDLE
        return min(own, CAP, CAP if token in nouns else max(most, LEAST)) * (1.0 if token in inside else ACROSS) * (1.0 if token in naming or own < unknown else IDLE)

    return Need({t: weight(t, w) for t, w in known.items()}, stand_in)


def _spoken(official: Mapping[frozenset[str], Sequence[frozenset[str]]], retriever: Any, reader: Reader) -> dict[str, float]:
    """What a token of a word that people say, but no text, weighs: as much as the official word for it (年假 as 年休假), shared among its tokens."""
    weights = idf(retriever, {t for others in official.values() for other in others for t in other}, reader)
    found: dict[str, float] = {}
    for said, others in official.items():
        best = max((sum(min(CAP, weights.get(t, CAP)) for t in other) / len(other) for other in others), default=0.0)
        found.update(dict.fromkeys(said, best / len(said)))
    return found


LEAST = 3.0
"""A token that occurs in no text and in no noun weighs no more than the rarest of those that occur, but so much: in a small corpus all of them are common."""
IDLE = 0.3
"""Share of a token that occurs in no text and names no thing (最多能, 会怎么): how a question is put, not what it is about."""


def _naming(text: str) -> frozenset[str]:
    """Tokens inside nouns, names and abbreviations."""
    from rag.focus import named_things

    return frozenset().union(*(bag(word) for word in named_things(text)))


def _inside_words(text: str, but: frozenset[str]) -> frozenset[str]:
    """Tokens that lie inside a word other than `but` (and Latin words and numbers); the others only join two words."""
    return frozenset().union(*(bag(word) for word in words_of(text) if word not in but))


def _without_question_words(text: str) -> str:
    from rag.asked import pattern

    return pattern("filler.words").sub(" ", _AMOUNT.sub(" ", text))


_AMOUNT = re.compile(r"\d[\d,.]*\s*(?:万|亿|千|百)?\s*(?:元|块|人|名)?(?=[，。,？?]|$|\s)|\d[\d,.]*\s*(?:万|亿)元?|去年|今年|前年|上年度?|本年度?")
"""What the asker says of the own case (投入800万, 去年): not what is asked for."""
