"""A report as XLSX: the text on the first sheet, one sheet a table, the sources on the last."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import zip_longest
from math import ceil
from typing import Any

from corpus.report import Break, Figure, Heading, Paragraph, Report, TableBlock
from ui.cited import source_line

WIDTH = 74
"""Width of the text on the first sheet, in half-width characters: a page of A4."""
LINE = 15.0
"""Height of a line in points."""


def xlsx(report: Report) -> bytes:
    """The bytes of an XLSX file: lines wrap, pages print A4 and as wide as the sheet. Cells that begin like a formula are kept as text."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "正文"
    _line(sheet, report.title, size=16, bold=True)
    for text in (report.subtitle, "　".join(report.marks), f"数据截至 {report.as_of}" if report.as_of else ""):
        if text:
            _line(sheet, text)
    _body(book, sheet, report)
    if pictures := [b for b in report.blocks if isinstance(b, Figure)]:
        _pictures(book.create_sheet("图"), pictures)
    if report.citations:
        sources = [(str(c.get("n", i)), source_line(c)) for i, c in enumerate(report.citations, 1)]
        _table(book.create_sheet("来源"), TableBlock(("序号", "来源"), tuple(sources), widths=(1, 16)))
    if report.footer:
        _line(sheet, report.footer)
    sheet.column_dimensions["A"].width = WIDTH
    _printed(sheet, wide=False)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _body(book: Any, sheet: Any, report: Report) -> None:
    tables, last = 0, ""
    for block in report.blocks:
        match block:
            case Heading(text, depth):
                last = text
                _line(sheet, text, size=13 if depth == 1 else 11, bold=True)
            case Paragraph(text, citations):
                _line(sheet, text + "".join(f"[{n}]" for n in citations))
            case Figure(_, caption):
                _line(sheet, f"（见“图”：{caption}）")
            case TableBlock(facts=True):
                for row in block.rows:
                    _line(sheet, "；".join(f"{name}：{value}" for name, value in zip(row[::2], row[1::2], strict=False)))
            case TableBlock():
                tables += 1
                name = _sheet_name(block.caption or last or "表", tables)
                _line(sheet, f"（见“{name}”）")
                _table(book.create_sheet(name), block)
            case Break():
                continue


def _line(sheet: Any, text: str, *, size: float = 11, bold: bool = False) -> None:
    from openpyxl.styles import Alignment, Font

    _append(sheet, [text])
    cell = sheet.cell(sheet.max_row, 1)
    cell.alignment, cell.font = Alignment(wrap_text=True, vertical="top"), Font(name="黑体" if bold else "仿宋", size=size, bold=bold)
    sheet.row_dimensions[sheet.max_row].height = _lines(text, WIDTH * 11 / size) * LINE * size / 11 + (8 if bold else 2)


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a cell of a width in half-width characters."""
    return sum(max(1, ceil(_wide(part) / max(1.0, width - 1))) for part in text.split("\n"))


def _wide(text: str) -> int:
    return sum(2 if ord(c) > 255 else 1 for c in text)


def _printed(sheet: Any, *, wide: bool) -> None:
    """A4, as wide as the sheet, with page numbers."""
    sheet.page_setup.paperSize, sheet.page_setup.orientation = sheet.PAPERSIZE_A4, "landscape" if wide else "portrait"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.oddFooter.center.text = "— &P —"


def _pictures(sheet: Any, pictures: list[Figure]) -> None:
    from openpyxl.drawing.image import Image

    row = 1
    for figure in pictures:
        image = Image(BytesIO(figure.png))
        image.width, image.height = 640, max(1, round(image.height * 640 / image.width))
        sheet.cell(row, 1, figure.caption)
        sheet.add_image(image, f"A{row + 1}")
        row += 3 + image.height // 20
    _printed(sheet, wide=False)


def _sheet_name(caption: str, number: int) -> str:
    clean = "".join(c for c in caption if c.isprintable() and c not in "[]:*?/\\'")[:24]
    return f"{number} {clean}".strip()


def _append(sheet: Any, cells: list[str]) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    sheet.append([ILLEGAL_CHARACTERS_RE.sub("", c) for c in cells])
    for cell in sheet[sheet.max_row]:
        if cell.data_type == "f":
            cell.data_type = "s"


_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,11})(?:\.(\d{1,6}))?")


def _as_number(cell: Any) -> None:
    """A plain number becomes one that can be sorted and summed, shown as it was written; 001, dates and intervals stay text."""
    if found := _NUMBER.fullmatch(str(cell.value or "")):
        places = found[1]
        cell.value, cell.number_format = (float(cell.value), f"0.{'0' * len(places)}") if places else (int(cell.value), "0")


def _table(sheet: Any, block: TableBlock) -> None:
    from openpyxl.styles import Font, PatternFill

    for row in (block.header, *block.rows):
        _append(sheet, list(row))
    widths = _widths(block)
    for n, (letter, width) in enumerate(zip((c[0].column_letter for c in sheet.columns), widths, strict=False)):
        sheet.column_dimensions[letter].width = width
        for (row_number, column), tint in block.colours.items():
            if column == n:
                sheet.cell(row_number + 2, column + 1).fill = PatternFill("solid", start_color=tint.lstrip("#"))
    for cell in sheet[1]:
        cell.font, cell.fill = Font(name="黑体", bold=True), PatternFill("solid", start_color="EEF1F4")
    for number, row in enumerate((block.header, *block.rows), 1):
        sheet.row_dimensions[number].height = min(409.0, max((_lines(t, w) for t, w in zip(row, widths, strict=False)), default=1) * LINE + 4)
    for cells in sheet.iter_rows():
        for cell in cells:
            _ruled(cell)
    sheet.freeze_panes, sheet.print_title_rows = "A2", "1:1"
    sheet.auto_filter.ref = sheet.dimensions
    _printed(sheet, wide=sum(widths) > WIDTH)


def _widths(block: TableBlock) -> list[float]:
    """Width of each column in half-width characters: shares of 180 where the report says them, else by content."""
    if block.widths:
        room = 180 if block.wide else WIDTH
        return [max(6.0, room * w / sum(block.widths)) for w in block.widths]
    columns = zip_longest(block.header, *block.rows, fillvalue="")
    return [float(min(60, max(8, max(_wide(part) for cell in column for part in cell.split("\n")) + 3))) for column in columns]


def _ruled(cell: Any) -> None:
    from openpyxl.styles import Alignment, Border, Side

    if cell.row > 1:
        _as_number(cell)
    side = Side(style="thin", color="B8BFC6")
    cell.border = Border(left=side, right=side, top=side, bottom=side)
    cell.alignment = Alignment(wrap_text=True, vertical="center" if cell.row == 1 else "top")
