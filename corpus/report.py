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
    """A table: header and rows of text; `colours` maps (row, column) to #rrggbb."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    colours: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """A static picture (PNG bytes)."""

    png: bytes
    caption: str = ""


Block = Heading | Paragraph | TableBlock | Figure


@dataclass(frozen=True, slots=True)
class Report:
    """Title, marks (AI mark, 内部资料 …), blocks in order, citations by number, and a footer."""

    title: str
    blocks: tuple[Block, ...]
    citations: tuple[dict[str, Any], ...] = ()
    subtitle: str = ""
    marks: tuple[str, ...] = ()
    footer: str = ""
    as_of: str = ""
