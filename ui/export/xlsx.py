"""A report as XLSX: the text on the first sheet, one sheet a table, the sources on the last."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from corpus.report import Break, Figure, Heading, Paragraph, Report, TableBlock
from ui.export.markdown import source_line


def xlsx(report: Report) -> bytes:
    """The bytes of an XLSX file. Cells that begin like a formula are kept as text."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "正文"
    for text in (report.title, report.subtitle, "　".join(report.marks), f"数据截至 {report.as_of}" if report.as_of else ""):
        if text:
            _append(sheet, [text])
    tables, last, pictures = 0, "", [b for b in report.blocks if isinstance(b, Figure)]
    for block in report.blocks:
        match block:
            case Heading(text, _):
                last = text
                _append(sheet, [text])
            case Paragraph(text, _):
                _append(sheet, [text])
            case Figure(_, caption):
                _append(sheet, [f"（见“图”：{caption}）"])
            case Break():
                continue
            case TableBlock():
                tables += 1
                _table(book.create_sheet(_sheet_name(block.caption or last or "表", tables)), block)
    if pictures:
        _pictures(book.create_sheet("图"), pictures)
    if report.citations:
        sources = book.create_sheet("来源")
        for i, c in enumerate(report.citations, 1):
            _append(sources, [str(c.get("n", i)), source_line(c)])
    if report.footer:
        _append(sheet, [report.footer])
    sheet.column_dimensions["A"].width = 100
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _pictures(sheet: Any, pictures: list[Figure]) -> None:
    from openpyxl.drawing.image import Image

    row = 1
    for figure in pictures:
        image = Image(BytesIO(figure.png))
        image.width, image.height = 640, max(1, round(image.height * 640 / image.width))
        sheet.cell(row, 1, figure.caption)
        sheet.add_image(image, f"A{row + 1}")
        row += 3 + image.height // 20


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
    from openpyxl.styles import Alignment, Font, PatternFill

    for row in (block.header, *block.rows):
        _append(sheet, list(row))
    for cells in sheet.iter_rows(min_row=2):
        for cell in cells:
            _as_number(cell)
    for cell in sheet[1]:
        cell.font = Font(name="黑体", bold=True)
    for (row_number, column), tint in block.colours.items():
        sheet.cell(row_number + 2, column + 1).fill = PatternFill("solid", start_color=tint.lstrip("#"))
    for column_cells in sheet.columns:
        column = column_cells[0].column - 1
        if block.widths:
            sheet.column_dimensions[column_cells[0].column_letter].width = max(6, 180 * block.widths[column] / sum(block.widths))
        widest = max(sum(2 if ord(c) > 255 else 1 for c in str(cell.value or "")) for cell in column_cells)
        if not block.widths:
            sheet.column_dimensions[column_cells[0].column_letter].width = min(60, max(8, widest + 2))
        for cell in column_cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
