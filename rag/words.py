"""The reviewed word table: what people say → what documents say, short names of documents, words that only ask."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from corpus.text import fold_numerals, normalise, tokens
from corpus.text import words as cut


@dataclass(frozen=True, slots=True)
class Words:
    """`names`: short name → title; `said`: what people say → official words; `filler`: words that only ask; shares: weights in a search, 0..1."""

    names: Mapping[str, str]
    said: Mapping[str, tuple[str, ...]]
    filler: frozenset[str]
    filler_share: float
    official_share: float
    crossing_share: float

    def official(self, text: str) -> dict[str, tuple[str, ...]]:
        """The words of people in `text`, each with the official words that the text does not hold already."""
        plain = normalise(text).lower()
        missing = {word: tuple(w for w in others if w not in plain) for word, others in self.said.items() if word in plain}
        return {word: others for word, others in missing.items() if others}

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


@cache
def words() -> Words:
    """The shipped table (rag/data/words.toml)."""
    data = tomllib.loads(resources.files("rag").joinpath("data/words.toml").read_text("utf-8"))
    said = {word.lower(): tuple(others) for word, others in data["official"].items()}
    filler = data["filler"]
    return Words(data["names"], said, frozenset(filler["words"]), float(filler["share"]), float(data["official_share"]), float(data["crossing_share"]))
