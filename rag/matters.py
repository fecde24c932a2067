"""What laws say of the cases that people describe: a thesaurus of everyday cases (data/matters.toml).

    says("保证人还了钱能向谁要")  # {"保证人承担保证责任后": 1.0}

The words of the rule are searched for beside the question, and a statement that holds them is taken for the rule. It answers nothing by itself.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from corpus.text import normalise


@cache
def _table() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    data = tomllib.loads(files("rag").joinpath("data/matters.toml").read_text("utf-8"))
    return tuple((re.compile(entry["asks"]), tuple(entry["says"])) for entry in data["matter"])


@lru_cache(maxsize=1024)
def says(question: str) -> Mapping[str, float]:
    """The words of rules on the cases that a question describes, each with how much of the question the case covers, 0..1; none when it describes no known case."""
    plain = re.sub(r"[\s？?。！!，,]", "", normalise(question))
    found: dict[str, float] = {}
    for asks, rules in _table():
        if (match := asks.search(plain)) is not None:
            share = min(1.0, FULL * len(match[0]) / len(plain))
            found.update({words: max(share, found.get(words, 0.0)) for words in rules})
    return found


FULL = 1.5
"""A case that covers two thirds of a question is the whole of it; one that covers less is part of a larger one."""


def settles(question: str, text: str) -> float:
    """How surely a statement holds the rule on a case that the question describes, 0..1."""
    wanted = says(question)
    if not wanted:
        return 0.0
    plain = re.sub(r"\s", "", text)
    return max((share for words, share in wanted.items() if words in plain), default=0.0)
