"""省域关联度: how much a risk concerns the province, from a profile file of its chains, firms and projects."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from corpus.errors import SettingsError
from corpus.settings import Settings
from risk.signals import Signal
from risk.taxonomy import Taxonomy

OBJECT, FIELD, NAMED = 1.0, 0.5, 0.3


@dataclass(frozen=True, slots=True)
class Chain:
    """One industrial chain of the province; weight 0..1."""

    name: str
    weight: float
    objects: frozenset[str]
    fields: frozenset[str]
    words: re.Pattern[str] | None
    firms: tuple[str, ...]
    projects: int


@dataclass(frozen=True, slots=True)
class Province:
    """A province's profile."""

    name: str
    region: str
    places: tuple[str, ...]
    chains: tuple[Chain, ...]
    dependence: dict[str, float] = field(default_factory=dict)

    def relevance(self, thing: str, taxonomy: Taxonomy, signals: Sequence[Signal]) -> float:
        """0..1.3: the best chain by object (1), by words of the signals (1) or by field (0.5), plus 0.3 where place or firm is named."""
        texts = [s.quote for s in signals]
        best = max((c.weight * _fit(c, thing, taxonomy.field_of(thing), texts) for c in self.chains), default=0.0)
        names = (*self.places, *(f for c in self.chains for f in c.firms))
        return best + (NAMED if any(n in t for t in texts for n in names) else 0.0)

    def touched(self, thing: str, taxonomy: Taxonomy) -> tuple[str, ...]:
        """Names of the chains that an object touches (我省影响面)."""
        return tuple(c.name for c in self.chains if thing in c.objects or taxonomy.field_of(thing) in c.fields)


def _fit(chain: Chain, thing: str, field_: str, texts: Sequence[str]) -> float:
    if thing in chain.objects or (chain.words and any(chain.words.search(t) for t in texts)):
        return OBJECT
    return FIELD if field_ in chain.fields else 0.0


def load_province(settings: Settings) -> Province | None:
    """The profile named by the setting (a path, or the name of a shipped one), else `HOME/province.toml`, else None."""
    name = settings.province_profile
    own = settings.home / "province.toml"
    if not name and not own.exists():
        return None
    shipped = files("risk").joinpath("provinces", f"{name}.toml")
    if name and not Path(name).exists() and not shipped.is_file():
        raise SettingsError("no such province profile", name, "a path to a TOML file, or minhai (the demo)")
    text = shipped.read_text("utf-8") if name and not Path(name).exists() else Path(name or own).read_text("utf-8")
    try:
        return parse(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, re.error) as error:
        raise SettingsError("the province profile is not valid", name or own, str(error)) from error


def parse(data: dict[str, Any]) -> Province:
    """A profile from its TOML data."""
    chains = tuple(
        Chain(c["name"], float(c.get("weight", 1.0)), frozenset(c.get("objects", ())), frozenset(c.get("fields", ())), re.compile(c["words"]) if c.get("words") else None, tuple(c.get("firms", ())), int(c.get("projects", 0)))
        for c in data["chain"]
    )
    return Province(data["name"], str(data.get("region", "")), tuple(data.get("places", ())), chains, {k: float(v) for k, v in data.get("dependence", {}).items()})
