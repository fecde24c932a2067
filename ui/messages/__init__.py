"""One catalogue of what people read: `messages.toml` beside this file, Chinese first, English beside it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

LANGUAGES = ("zh", "en")


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """key → (Chinese, English)."""
    found: dict[str, tuple[str, str]] = {}
    for section, entries in tomllib.loads(files("ui.messages").joinpath("messages.toml").read_text("utf-8")).items():
        for name, pair in entries.items():
            found[name if section == "common" else f"{section}.{name}"] = (pair[0], pair[1])
    return found


def say(key: str, language: str = "zh", **values: object) -> str:
    """The message in `language`; raises KeyError for an unknown key (a test walks them all)."""
    text = catalogue()[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text


def known(key: str) -> bool:
    """Whether the catalogue has this key."""
    return key in catalogue()
