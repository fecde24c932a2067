"""Known layouts of tables and the drafts that their rows become (columns are declared in layouts.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from corpus.drafts import Draft
from corpus.errors import BadInput
from corpus.models import Observation, Source

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """A known title without a text: serves to resolve 《》 and 文号."""

    title: str
    doc_number: str
    url: str
    written_on: str
    published_on: str
    publisher: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """One row of a hot list: a title seen at `at` (UTC instant) with rank and heat."""

    draft: Draft
    at: str
    platform: str
    rank: int | None = None
    heat: float | None = None

    def observation(self, document_id: str) -> Observation:
        return Observation(document_id, self.at, self.platform, self.rank, self.heat)


Made = Draft | Reference | Sighting | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's layout: the columns that it needs, the kind and source of its documents, and where fields stand."""

    name: str
    kind: str
    adapter: str
    needs: tuple[str, ...] = ()
    files: str = ""
    platform: str = ""
    external_id: str = ""
    source: Source | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("corpus").joinpath("layouts.toml").read_text("utf-8"))


def _layout(table: Mapping[str, Any]) -> Layout:
    values = dict(table)
    source = values.pop("source", None)
    kind = str(values["kind"])
    if source is not None:
        source = Source(**{"kind": kind, "access": "import", **source})
    return Layout(source=source, **{**values, "needs": tuple(values.get("needs", ()))})


@cache
def layouts() -> tuple[Layout, ...]:
    """Every known layout, in order of declaration."""
    return tuple(_layout(table) for table in _data()["layout"])


def find_layout(name: str, columns: Iterable[str]) -> Layout | None:
    """The layout that a table of this file name and these columns has, or None."""
    have = set(columns)
    for layout in layouts():
        if have.issuperset(layout.needs) and (not layout.files or re.search(layout.files, name)):
            return layout
    return None


def is_auxiliary(path: Path) -> bool:
    """Whether a file is a known companion (README, laws_meta.sqlite3, gold .json beside .html …)."""
    name = path.name.lower()
    if any(re.fullmatch(pattern, name) for pattern in _data()["auxiliary"]["names"]):
        return True
    return path.suffix == ".json" and path.with_suffix(".html").exists()


def mapped(path: Path, kind: str) -> Layout:
    """The layout of a --map file: TOML with our field = their column, and optionally kind, source, external_id."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput("the map is not valid TOML", path, str(error)) from error
    columns = values.pop("fields", None) or {k: v for k, v in values.items() if isinstance(v, str) and k not in ("kind", "external_id", "adapter")}
    if "text" not in columns and "title" not in columns:
        raise BadInput("the map names neither text nor title", path, 'write for example: [fields]\\ntitle = "标题"\\ntext = "正文"')
    return Layout(name=path.stem, kind=str(values.get("kind") or kind or "policy"), adapter="mapped", external_id=str(values.get("external_id", "")), fields=columns)


Adapter = Callable[[Row, Layout, "Context"], Made]


@dataclass(frozen=True, slots=True)
class Context:
    """What an adapter may need beside the row: file name, row number, snapshot, time of import, joined companions."""

    name: str
    number: int
    snapshot: str
    now: str
    beside: Mapping[Any, Any] = field(default_factory=dict)


def make(row: Row, layout: Layout, context: Context) -> Made:
    """What a row becomes; None when it holds nothing. Raises BadInput for an unknown adapter."""
    from corpus.adapters import ADAPTERS

    try:
        adapter = ADAPTERS[layout.adapter]
    except KeyError as error:
        raise BadInput("no such adapter", layout.adapter, f"one of: {', '.join(sorted(ADAPTERS))}") from error
    return adapter(row, layout, context)
