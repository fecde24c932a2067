"""Of which world a question is: of law, policy and the dealings of enterprises and people with government, or of another (recipes, stars, football).

    world("高企认定要什么条件")   # > 0
    world("红烧肉怎么做才不腻")   # < 0

A logistic score over the tokens of the question, from a table of weights (data/world.json.gz) that `jianwei train world` makes (rag/world_train.py). It never
decides alone: what a text plainly holds is answered whatever its world, and what none holds is refused.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from corpus.text import normalise
from rag.words import words

TABLE = "world.json.gz"
BOUND = 3.0
"""Beyond it the score says no more."""


@dataclass(frozen=True, slots=True)
class World:
    """The weight of each token in log odds, and the bias."""

    weights: Mapping[str, float]
    bias: float

    def score(self, text: str) -> float:
        """Log odds that a text is of this world, -BOUND..BOUND (0: nothing known)."""
        held = features(text)
        found = sum(self.weights.get(token, 0.0) * share for token, share in held.items())
        return max(-BOUND, min(BOUND, found + self.bias)) if held else 0.0


def features(text: str) -> dict[str, float]:
    """Token → share, a vector of length 1: words that only ask count little, as in a search."""
    weights = words().weights(normalise(text), {})
    length = sum(w * w for w in weights.values()) ** 0.5
    return {token: w / length for token, w in weights.items()} if length else {}


@cache
def table(home: Path | None = None) -> World:
    """The table that was trained in a home, else the shipped one."""
    own = home / TABLE if home else None
    packed = own.read_bytes() if own and own.exists() else files("rag").joinpath("data", TABLE).read_bytes()
    data: dict[str, Any] = json.loads(gzip.decompress(packed))
    return World({token: n * data["scale"] for token, n in data["weights"].items()}, float(data["bias"]))


@lru_cache(maxsize=1024)
def world(question: str, home: Path | None = None) -> float:
    """The score of a question by the table of a home."""
    return table(home).score(question)
