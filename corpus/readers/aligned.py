"""Tables of text PDFs without lines between their cells (三线表, none at all): rows of short cells whose columns stand below each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.readers.base import Table

GAP, TOLERANCE = 1.2, 6.0
"""A gap between cells, in heights of a line; how far columns may be out of line, in points."""
ROWS, LONGEST, LONGEST_OF_TWO, MOST = 3, 40, 14, 4000
"""Rows that make a table; characters of a cell, and of one where there are but two columns; pieces of text that a page is looked at for."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text with its edges, in points from the left and below the upper edge."""

    left: float
    right: float
    top: float
    bottom: float
    text: str


def tables_in(page: Any, textpage: Any) -> list[tuple[float, float, Table]]:
    """(top, bottom, table) of the tables that only stand in columns, from above."""
    if textpage.count_rects() > MOST:
        return []
    found: list[list[list[Cell]]] = []
    for row in lines_of(list(_cells(page, textpage))):
        if found and _goes_on(found[-1], row):
            found[-1].append(row)
        else:
            found.append([row])
    return [(min(c.top for c in rows[0]) - 1, max(c.bottom for c in rows[-1]) + 1, tuple(tuple(c.text for c in row) for row in rows)) for rows in found if len(rows) >= ROWS and _is_row(rows[0])]


def _cells(page: Any, textpage: Any) -> Iterator[Cell]:
    height = page.get_height()
    for i in range(textpage.count_rects()):
        left, bottom, right, top = textpage.get_rect(i)
        if text := textpage.get_text_bounded(left, bottom, right, top).strip():
            yield Cell(left, right, height - top, height - bottom, text)


def lines_of(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Pieces of text by lines from above, each line from the left; what hardly stands apart is one cell."""
    lines: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda c: (c.top, c.left)):
        middle = (cell.top + cell.bottom) / 2
        if lines and lines[-1][0].top <= middle <= lines[-1][0].bottom:
            lines[-1].append(cell)
        else:
            lines.append([cell])
    return [_joined(sorted(line, key=lambda c: c.left)) for line in lines]


def _joined(line: Sequence[Cell]) -> list[Cell]:
    out: list[Cell] = []
    for cell in line:
        if out and cell.left - out[-1].right < GAP * max(cell.bottom - cell.top, 6.0):
            last = out.pop()
            cell = Cell(last.left, cell.right, min(last.top, cell.top), max(last.bottom, cell.bottom), last.text + cell.text)
        out.append(cell)
    return out


def _is_row(row: Sequence[Cell]) -> bool:
    longest = max(len(c.text) for c in row)
    return (len(row) >= 3 and longest <= LONGEST) or (len(row) == 2 and longest <= LONGEST_OF_TWO)


def _goes_on(rows: Sequence[Sequence[Cell]], row: Sequence[Cell]) -> bool:
    """Whether a line is the next row: as many cells, near below, each below its column by the left edge, the middle or the right edge."""
    last = rows[-1]
    if not _is_row(row) or len(row) != len(last) or row[0].top - last[0].bottom > 3 * (last[0].bottom - last[0].top):
        return False
    return all(min(abs(a.left - b.left), abs(a.right - b.right), abs(a.left + a.right - b.left - b.right) / 2) <= TOLERANCE for a, b in zip(last, row, strict=True))
