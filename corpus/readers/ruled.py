"""Tables of text PDFs that are drawn with lines, by pdfplumber; only pages with lines are asked, and so many of them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from corpus.readers.base import Table, markdown

LINES = range(4, 4000)
"""So many drawn paths may be a table's; more are a drawing or a map."""
MOST_PAGES = 40


def has_lines(page: Any) -> bool:
    """Whether a page of pypdfium2 holds drawn lines that may be of a table."""
    import pypdfium2.raw as raw

    drawn = 0
    for _ in page.get_objects(filter=(raw.FPDF_PAGEOBJ_PATH,), max_depth=3):
        drawn += 1
        if drawn >= LINES.stop:
            return False
    return drawn in LINES


def tables_of(data: bytes, numbers: Sequence[int]) -> dict[int, list[tuple[float, float, Table]]]:
    """(top, bottom, table) of the drawn tables of some pages, from above, in points below the page's upper edge."""
    import pdfplumber

    found: dict[int, list[tuple[float, float, Table]]] = {}
    if not numbers:
        return found
    with pdfplumber.open(io.BytesIO(data)) as document:
        for number in numbers[:MOST_PAGES]:
            page = document.pages[number]
            drawn = [(t.bbox[1], t.bbox[3], _rows(t.extract())) for t in page.find_tables()]
            found[number] = sorted((t for t in drawn if _is_table(t[2])), key=lambda t: t[0])
            page.close()
    return {number: _apart(tables) for number, tables in found.items() if tables}


def _rows(cells: Sequence[Sequence[str | None]]) -> Table:
    return tuple(tuple(re.sub(r"(?<![A-Za-z0-9,.])\s+|\s+(?![A-Za-z0-9])|(?<=\A\d)\n(?=\d\Z)", "", cell or "") for cell in row) for row in cells)


def _is_table(table: Table) -> bool:
    """Whether it is more than a frame around text: two rows and columns, and half of the cells filled."""
    cells = [cell for row in table for cell in row]
    return len(table) >= 2 and max(map(len, table)) >= 2 and sum(map(bool, cells)) * 2 >= len(cells)


def _apart(tables: list[tuple[float, float, Table]]) -> list[tuple[float, float, Table]]:
    """Tables that stand below each other (one within another is left out)."""
    kept: list[tuple[float, float, Table]] = []
    for table in tables:
        if not kept or table[0] >= kept[-1][1] - 1:
            kept.append(table)
    return kept


def text_around(page: Any, tables: Sequence[tuple[float, float, Table]], text_between: Any) -> str:
    """The text of a page with its tables as Markdown in their places; `text_between(top, bottom)` gives the text of a band, in points below the upper edge."""
    parts, at = [], 0.0
    for top, bottom, table in tables:
        parts += [text_between(at, top), markdown(table)]
        at = bottom
    parts.append(text_between(at, float(page.get_height())))
    return "\n".join(part.strip("\n") for part in parts if part.strip())
