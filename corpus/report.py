"""A format-free report: what interpretations, risk lists and bulletins are made of; `ui/export` renders it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of depth 1..4."""

    text: str
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `citations` are numbers into `Report.citations`."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table: header and rows of text; `colours` maps (row, column) to #rrggbb.

    `widths` are relative (one a column; empty: by content); a `wide` table stands on landscape pages of its own where there are pages;
    `facts` are pairs of name and value that belong to the text around them: a format with one sheet a table writes them as text.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    colours: dict[tuple[int, int], str] = field(default_factory=dict)
    widths: tuple[float, ...] = ()
    wide: bool = False
    facts: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A static picture (PNG bytes)."""

    png: bytes
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """A new page, where there are pages."""


Block = Heading | Paragraph | TableBlock | Figure | Break


@dataclass(frozen=True, slots=True)
class Report:
    """Title, marks (AI mark, 内部资料 …), blocks in order, citations by number, and a footer. `compact` sets the text small (小四)."""

    title: str
    blocks: tuple[Block, ...]
    citations: tuple[dict[str, Any], ...] = ()
    subtitle: str = ""
    marks: tuple[str, ...] = ()
    footer: str = ""
    as_of: str = ""
    compact: bool = False
