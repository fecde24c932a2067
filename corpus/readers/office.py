"""DOCX, XLSX and CSV. Paragraphs keep their automatic numbers where Word computes them; tables stay tables."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

from corpus.errors import Oversized, Unreadable
from corpus.readers.base import Limits, Reading, Table, clean, decode, markdown

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
    from docx.table import Table as DocxTable

    _guard(data, name, limits)
    try:
        document = docx.Document(io.BytesIO(data))
        lines, tables = [], []
        for block in document.iter_inner_content():
            if isinstance(block, DocxTable):
                table = _docx_table(block)
                tables.append(table)
                lines.append(markdown(table))
            else:
                lines.append(block.text)
    except _DAMAGE as error:
        raise Unreadable("damaged DOCX", name, str(error)) from error
    text = clean("\n".join(lines))
    return Reading(_title(text), text, tables=tuple(tables))


def _docx_table(block: Any) -> Table:
    rows = []
    for row in block.rows:
        cells, seen = [], set()
        for cell in row.cells:  # a merged cell comes once for each column it covers
            cells.append("" if id(cell._tc) in seen else cell.text.strip())
            seen.add(id(cell._tc))
        rows.append(tuple(cells))
    return tuple(rows)


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
