"""One catalogue of what people read: `messages.toml` and `interface.toml` beside this file, Chinese first, English beside it; `errors.toml` for errors."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

LANGUAGES = ("zh", "en")


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """key → (Chinese, English)."""
    found: dict[str, tuple[str, str]] = {}
    for file in ("messages.toml", "interface.toml"):
        for section, entries in tomllib.loads(files("ui.messages").joinpath(file).read_text("utf-8")).items():
            found |= {name if section == "common" else f"{section}.{name}": (pair[0], pair[1]) for name, pair in entries.items()}
    return found


def say(key: str, language: str = "zh", **values: object) -> str:
    """The message in `language`; raises KeyError for an unknown key (a test walks them all)."""
    text = catalogue()[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text


def known(key: str) -> bool:
    """Whether the catalogue has this key."""
    return key in catalogue()


@cache
def _errors() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(files("ui.messages").joinpath("errors.toml").read_text("utf-8"))
    return found


def spoken(text: str, language: str = "zh") -> str:
    """A sentence of an error in `language`: `errors.toml` knows the common ones by their English words; others stay as they are."""
    if language != "zh" or not text:
        return text
    if text in _errors()["plain"]:
        return _errors()["plain"][text]
    for pattern, words in _errors()["pattern"].items():
        if found := re.fullmatch(pattern, text):
            return words.format(*found.groups())
    return text
