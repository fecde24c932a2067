"""What laws say of the cases that people describe: a thesaurus of everyday cases (data/matters.toml).

    says("保证人还了钱能向谁要")  # ("保证人承担保证责任后",)

The words of the rule are searched for beside the question, and a statement that holds them is taken for the rule. It answers nothing by itself.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from corpus.text import normalise


@cache
def _table() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    data = tomllib.loads(files("rag").joinpath("data/matters.toml").read_text("utf-8"))
    return tuple((re.compile(entry["asks"]), tuple(entry["says"])) for entry in data["matter"])


@lru_cache(maxsize=1024)
def says(question: str) -> tuple[str, ...]:
    """The words of rules on the cases that a question describes; none when it describes no known case."""
    plain = re.sub(r"\s", "", normalise(question))
    return tuple(dict.fromkeys(words for asks, found in _table() if asks.search(plain) for words in found))


def settles(question: str, text: str) -> bool:
    """Whether a statement holds the words of a rule on a case that the question describes."""
    wanted = says(question)
    return bool(wanted) and any(words in re.sub(r"\s", "", text) for words in wanted)
