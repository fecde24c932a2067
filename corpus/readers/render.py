"""An element as text: blocks on lines of their own, tables as Markdown, links by their words."""

from __future__ import annotations

import re
from typing import Any

from corpus.readers.base import Table, markdown

_BLOCKS = frozenset(
    ["p", "div", "section", "article", "main", "header", "footer", "aside", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "tr", "blockquote", "pre", "center", "form", "fieldset", "figure", "figcaption", "address", "hr", "br", "title", "ucaptitle", "ucapcontent"]
)


def render(node: Any, skip: set[Any]) -> tuple[str, list[Table]]:
    """The text of an element and its data tables, without the elements in `skip`."""
    out: list[str] = []
    tables: list[Table] = []
    _walk(node, out, tables, skip)
    text = "".join(out)
    text = re.sub(r"[ \t\u00a0]*\n[ \t\u00a0]*", "\n", text)
    return re.sub(r"\n{2,}", "\n", text).strip("\n"), tables


def _walk(element: Any, out: list[str], tables: list[Table], skip: set[Any]) -> None:
    tag = element.tag if isinstance(element.tag, str) else ""
    if element in skip or not tag:
        pass
    elif tag == "table" and (table := data_table(element)):
        tables.append(table)
        out.append("\n" + markdown(table) + "\n")
    else:
        block = tag in _BLOCKS or ":" in tag
        if block:
            out.append("\n")
        if element.text:
            out.append(_inline(element.text, tag))
        for child in element:
            _walk(child, out, tables, skip)
            if child.tail:
                out.append(_inline(child.tail, tag))
        if block or tag in ("td", "th"):
            out.append("\n")


def _inline(text: str, tag: str) -> str:
    return text if tag == "pre" else re.sub(r"[ \t\r\n\f]+", " ", text)


def data_table(element: Any) -> Table | None:
    """The cells of a table with at least two rows and columns, or None for a table that only lays out the page."""
    if any(True for _ in element.iterdescendants("table")):
        return None
    rows = _grid(element)
    width = max((len(row) for row in rows), default=0)
    if len(rows) < 2 or width < 2:
        return None
    longest = max((len(cell) for row in rows for cell in row), default=0)
    filled = sum(bool(c) for row in rows for c in row) / (len(rows) * width)
    if longest > 3000 or filled < 0.2:
        return None
    return tuple(tuple(row + [""] * (width - len(row))) for row in rows)


def _grid(element: Any) -> list[list[str]]:
    """Rows of cells; a cell over several columns or rows stands in the first of each row that it covers."""
    rows: list[list[str]] = []
    open_spans: dict[int, tuple[int, str]] = {}
    for tr in element.iter("tr"):
        row: list[str] = []
        for cell in tr.iterchildren("td", "th"):
            _fill(row, open_spans)
            text = " ".join(cell.text_content().split())
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            for i in range(across):
                if down > 1:
                    open_spans[len(row)] = (down - 1, text if i == 0 else "")
                row.append(text if i == 0 else "")
        _fill(row, open_spans)
        if any(row):
            rows.append(row)
    return rows


def _fill(row: list[str], open_spans: dict[int, tuple[int, str]]) -> None:
    while len(row) in open_spans:
        at = len(row)
        left, text = open_spans.pop(at)
        row.append(text)
        if left > 1:
            open_spans[at] = (left - 1, text)


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return min(max(int(value), 1), 100) if value.isdigit() else 1
