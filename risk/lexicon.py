"""Words around a cue: features of a sentence, polarity by rules, severity per dimension, stage, actors, regions."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Pattern = re.Pattern[str]
SEVERITY_DIMENSIONS = ("people", "scale", "authority", "hazard")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Compiled patterns by name. `groups` are features in a fixed order: polarity, hard negatives, senses.

    `never` is no signal anywhere, `running` none in a longer text.
    """

    version: str
    groups: tuple[tuple[str, Pattern], ...]
    negated: Pattern
    refuted: Pattern
    settled: Pattern
    unsettled: Pattern
    never: Pattern
    running: Pattern
    severity: tuple[tuple[str, tuple[tuple[int, Pattern], ...]], ...]
    stages: tuple[tuple[str, Pattern], ...]
    actors: Pattern
    places: Pattern


@cache
def load_lexicon() -> Lexicon:
    """The shipped lexicon."""
    data = tomllib.loads(files("risk").joinpath("lexicon.toml").read_text("utf-8"))
    groups = [(f"{section}.{name}", re.compile("|".join(f"(?:{w})" for w in words)))
              for section in ("polarity", "hard_negative", "sense") for name, words in data[section].items() if isinstance(words, list)]  # fmt: skip
    severity = tuple((d, tuple((int(level), re.compile(words)) for level, words in data["severity"][d])) for d in SEVERITY_DIMENSIONS)
    stages = tuple((name, re.compile(words)) for name, words in data["stage"].items())
    return Lexicon(
        data["version"], tuple(groups), re.compile(data["polarity"]["negated_cue"]), re.compile(data["polarity"]["refuted"]), re.compile(data["polarity"]["settled"]), re.compile(data["polarity"]["unsettled"]), re.compile("|".join(data["never"]["words"])), re.compile("|".join(data["never"]["running"])), severity, stages,
        re.compile(data["actors"]["pattern"]), re.compile(data["provinces"]["pattern"]),
    )  # fmt: skip


def severity_of(text: str, anchor: int) -> dict[str, int]:
    """Severity 1..5 per dimension; `hazard` starts at the anchor of the risk type. Dimensions without a word are left out."""
    found: dict[str, int] = {"hazard": anchor}
    for dimension, levels in load_lexicon().severity:
        for level, words in levels:
            if words.search(text):
                found[dimension] = max(level, found.get(dimension, 0))
                break
    return found


def stage_of(text: str, kind: str) -> str:
    """基础研究 | 研发 | 中试 | 产业化 | 应用 by words; by kind of document when none occurs."""
    counts = {name: len(words.findall(text)) for name, words in load_lexicon().stages}
    default = {"paper": "基础研究", "project": "研发", "opinion": "应用"}.get(kind, "产业化")
    best = max(counts, key=lambda name: (counts[name], name == default))
    return best if counts[best] else default


def actors_of(text: str) -> tuple[str, ...]:
    """Named bodies and firms, in order of first mention."""
    return tuple(dict.fromkeys(load_lexicon().actors.findall(text)))


def places_of(text: str) -> tuple[str, ...]:
    """Provinces, large cities and countries, in order of first mention."""
    return tuple(dict.fromkeys(load_lexicon().places.findall(text)))
