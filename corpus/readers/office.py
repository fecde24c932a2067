"""DOCX, XLSX and CSV. Paragraphs keep their automatic numbers where Word computes them; tables stay tables."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Any

from corpus.errors import Oversized, Unreadable
from corpus.readers.base import Limits, Reading, Table, clean, decode, markdown
from corpus.readers.numbering import Numbering

_DAMAGE = (KeyError, ValueError, OSError, zipfile.BadZipFile, AttributeError, TypeError, SyntaxError, IndexError)


def _guard(data: bytes, name: str, limits: Limits) -> None:
    """Refuse a package that declares to inflate beyond the limit."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            total = sum(i.file_size for i in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Unreadable("damaged file", name, str(error)) from error
    if total > limits.inflated:
        raise Oversized("the file inflates beyond its limit", name, "split it or raise the limit")


def read_docx(data: bytes, *, name: str, limits: Limits) -> Reading:
    """Paragraphs and tables of a Word document in order; its title is the first styled or first short line."""
    import docx

    _guard(data, name, limits)
    try:
        document = docx.Document(io.BytesIO(data))
        lines, tables, numbering = [], [], Numbering(document)
        for block in _blocks(document.element.body):
            if block.tag.endswith("}tbl"):
                table = _docx_table(block)
                tables.append(table)
                lines.append(markdown(table))
            elif (words := _words(block)).strip():
                lines.append(numbering.label(block) + words)
    except _DAMAGE as error:
        raise Unreadable("damaged DOCX", name, str(error)) from error
    text = clean("\n".join(lines))
    return Reading(_title(text), text, tables=tuple(tables))


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those within content controls."""
    for child in parent:
        name = str(child.tag).rsplit("}", 1)[-1]
        if name in ("p", "tbl"):
            yield child
        elif name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"):
            yield from _blocks(child)


_GONE = frozenset(["del", "moveFrom", "pPr", "rPr", "instrText", "delText", "Fallback"])
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def _words(element: Any) -> str:
    """The text of a paragraph with accepted insertions, without what was deleted in a revision."""
    found: list[str] = []
    for child in element:
        name = str(child.tag).rsplit("}", 1)[-1]
        if name == "t":
            found.append(child.text or "")
        elif name in _SIGNS:
            found.append(_SIGNS[name])
        elif name not in _GONE:
            found.append(_words(child))
    return "".join(found)


WIDEST = 100
"""A merged cell covers at most so many columns: a bound on hostile tables."""


def _docx_table(table: Any) -> Table:
    """The cells of a table; a cell over several rows stands in each of them, one over several columns in the first."""
    rows: list[tuple[str, ...]] = []
    for tr in (r for r in table.iterchildren() if r.tag.endswith("}tr")):
        cells: list[str] = []
        for tc in (c for c in tr.iterchildren() if c.tag.endswith("}tc")):
            across, continued = _spans(tc)
            above = rows[-1][len(cells)] if continued and rows and len(cells) < len(rows[-1]) else ""
            cells.extend([above if continued else _cell_words(tc), *[""] * (across - 1)])
        rows.append(tuple(cells))
    return tuple(rows)


def _spans(tc: Any) -> tuple[int, bool]:
    """(columns that a cell covers, whether it continues the one above)."""
    across, continued = 1, False
    for child in (p for properties in tc.iterchildren() if properties.tag.endswith("}tcPr") for p in properties):
        value = next((v for k, v in child.attrib.items() if k.endswith("}val")), "")
        if child.tag.endswith("}gridSpan") and value.isdigit():
            across = min(max(int(value), 1), WIDEST)
        elif child.tag.endswith("}vMerge"):
            continued = value != "restart"
    return across, continued


def _cell_words(tc: Any) -> str:
    return "\n".join(w for p in _blocks(tc) if p.tag.endswith("}p") and (w := _words(p)).strip()).strip()


def _title(text: str) -> str:
    for line in text.split("\n")[:4]:
        if 4 <= len(line) <= 60 and not line.startswith(("附件", "|")):
            return line.strip()
    return ""


def read_xlsx(data: bytes, *, name: str, limits: Limits) -> Reading:
    """Every sheet as a table under its name."""
    import openpyxl

    _guard(data, name, limits)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [(sheet.title, _rows(sheet)) for sheet in book.worksheets]
        book.close()
    except _DAMAGE as error:
        raise Unreadable("damaged XLSX", name, str(error)) from error
    sheets = [(title, table) for title, table in sheets if table]
    text = "\n\n".join(f"{title}\n{markdown(table)}" for title, table in sheets)
    return Reading(sheets[0][0] if sheets else "", clean(text), tables=tuple(t for _, t in sheets))


def _rows(sheet: Any) -> Table:
    rows = [tuple(_cell(value) for value in row) for row in sheet.iter_rows(values_only=True, max_row=200_000, max_col=200)]
    rows = [row for row in rows if any(row)]
    width = max((max(i for i, c in enumerate(row) if c) + 1 for row in rows), default=0)
    return tuple(row[:width] for row in rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return text.removesuffix(" 00:00:00").strip()


def read_csv(data: bytes, *, name: str, content_type: str = "") -> Reading:
    """A CSV or TSV file as one table."""
    text, _ = decode(data, content_type)
    try:
        table = tuple(tuple(cell.strip() for cell in row) for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text)) if row)
    except csv.Error as error:
        raise Unreadable("damaged CSV", name, str(error)) from error
    return Reading("", clean(markdown(table)), tables=(table,))


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",\t;", key=first.count)
