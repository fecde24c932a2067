"""The reviewed word table: what people say → what documents say, short names of documents, words that only ask."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from corpus.text import fold_numerals, normalise, tokens
from corpus.text import words as cut


@dataclass(frozen=True, slots=True)
class Words:
    """`names`: short name → title; `bodies`: short name → issuing body; `said`: what people say → official words; `terms`: further words known to the mending of slips; `filler`: words that only ask; shares: weights in a search, 0..1."""

    names: Mapping[str, str]
    said: Mapping[str, tuple[str, ...]]
    filler: frozenset[str]
    filler_share: float
    official_share: float
    crossing_share: float
    bodies: Mapping[str, str] = field(default_factory=dict)
    terms: tuple[str, ...] = ()

    def official(self, text: str) -> dict[str, tuple[str, ...]]:
        """The words of people in `text`, each with the official words that the text does not hold already.

        The longest words are found first and share no character (协议离婚 is not also 离婚); a single character counts only as a word (狗, not 热狗),
        and none that cuts a word in two (交房, not in 交房产税).
        """
        plain = normalise(text).lower()
        found = {word: self.said[word] for word in self._spoken(plain)}
        missing = {word: tuple(w for w in others if w not in plain) for word, others in found.items()}
        return {word: others for word, others in missing.items() if others}

    def compounds(self, text: str) -> tuple[str, ...]:
        """Words of people and terms of the field in `text` that are one thing though a cutter parts them (创新券, 科技型中小企业)."""
        plain = normalise(text).lower()
        return tuple(w for w in (*self._spoken(plain), *(t for t in self.terms if t in plain)) if len(w) > 2)

    def things(self, text: str) -> frozenset[str]:
        """The names of three characters or more that texts give to what `text` speaks of: terms of the field, and the full names of short ones (高企, 孵化器)."""
        plain = normalise(text).lower()
        full = (o for word, names in self.said.items() if len(word) > 1 and word in plain for o in names if (len(o) > 4 or len(word) > 2) and _shortens(word, o))
        return frozenset(w for w in (*(t for t in self.terms if t in plain), *full) if len(w) > 2)

    def _spoken(self, plain: str) -> list[str]:
        parts = cut(plain)
        single, free, found, inner = set(parts), plain, [], _inner(plain, parts)
        for word in sorted((w for w in self.said if w in plain), key=lambda w: (-len(w), plain.index(w))):
            if word in free and (len(word) > 1 or word in single) and not _halves(word, plain, inner):
                free = free.replace(word, "\n" * len(word))
                found.append(word)
        return sorted(found, key=plain.index)

    def weights(self, text: str, added: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
        """Token → weight of a question: √count, less for filler and for pairs that cross a word boundary; official words beside them."""
        kept, filler = self._sorted(text)
        found = {token: n**0.5 * self._share(token, kept, filler) for token, n in Counter(tokens(text)).items()}
        for token in {t for others in added.values() for word in others for t in tokens(word) if len(t) > 1}:
            found[token] = max(found.get(token, 0.0), self.official_share)
        return found

    def _sorted(self, text: str) -> tuple[set[str], set[str]]:
        """Tokens inside words that say something, and inside filler."""
        kept: set[str] = set()
        filler: set[str] = set()
        for word in cut(fold_numerals(normalise(text))):
            (filler if word in self.filler else kept).update(tokens(word))
        return kept, filler

    def _share(self, token: str, kept: set[str], filler: set[str]) -> float:
        if token in kept:
            return 1.0
        if token in filler:
            return self.filler_share
        return self.crossing_share if len(token) == 2 and not token.isascii() else 1.0


def _shortens(short: str, name: str) -> bool:
    """Whether a word is made of characters of a name, in their order (高企 of 高新技术企业)."""
    left = iter(name)
    return all(c in left for c in short)


def _inner(plain: str, parts: Sequence[str]) -> dict[int, tuple[int, int]]:
    """Each place inside a word of two characters or more → where that word begins and ends."""
    found: dict[int, tuple[int, int]] = {}
    at = 0
    for part in parts:
        start = plain.index(part, at)
        at = start + len(part)
        found |= dict.fromkeys(range(start + 1, at), (start, at))
    return found


def _halves(word: str, plain: str, inner: Mapping[int, tuple[int, int]]) -> bool:
    """Whether every occurrence of a two-character word takes a part of a longer word and something beside it."""
    starts = [i for i in range(len(plain)) if plain.startswith(word, i)]
    return len(word) == 2 and all(any(not (a <= i and i + 2 <= b) for a, b in (inner[e] for e in (i, i + 2) if e in inner)) for i in starts)


@cache
def words() -> Words:
    """The shipped table (rag/data/words.toml)."""
    data = tomllib.loads(resources.files("rag").joinpath("data/words.toml").read_text("utf-8"))
    said = {word.lower(): tuple(others) for word, others in data["official"].items()}
    filler = data["filler"]
    return Words(data["names"], said, frozenset(filler["words"]), float(filler["share"]), float(data["official_share"]), float(data["crossing_share"]), data["bodies"], tuple(data["terms"]))
