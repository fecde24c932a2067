"""A report as DOCX in the layout of internal official papers (GB/T 9704 sizes, without 版头): 小标宋, 黑体, 楷体, 仿宋."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from corpus.report import Block, Break, Figure, Heading, Paragraph, Report, TableBlock
from ui.cited import source_line
from ui.export.lines import shares

BODY, TITLE, SMALL = 16, 22, 10.5  # points: 三号, 二号, 五号
SHORT_FOOTER = 40  # characters: such a footer stands on every page, a longer one at the end
HEAD = "#eef1f4"
MANY = 8  # columns: more stand in a smaller size
FONTS = {1: "黑体", 2: "楷体", 3: "仿宋", 4: "仿宋"}


def docx(report: Report) -> bytes:
    """The bytes of a DOCX file."""
    from docx import Document

    document, size = Document(), 12.0 if report.compact else float(BODY)
    document.core_properties.title, document.core_properties.author = _clean(report.title)[:250], "见微 Jianwei"
    _page(document, report.footer)
    if report.marks:
        _line(document, "　".join(report.marks), "黑体", BODY)
    _line(document, report.title, "方正小标宋简体", TITLE, centre=True)
    if report.subtitle:
        _line(document, report.subtitle, "楷体", size, centre=True)
    if report.as_of:
        _line(document, f"（数据截至 {report.as_of}）", "楷体", 12 if report.compact else 14, centre=True)
    fresh = False
    for block in report.blocks:
        before = len(document.paragraphs)
        _block(document, block, size)
        if fresh and len(document.paragraphs) > before:
            document.paragraphs[before].paragraph_format.page_break_before = True  # a paragraph of its own for the break makes an empty page after a full one
        fresh = isinstance(block, Break)
    if report.citations:
        _line(document, "来源", "黑体", size)
        for i, c in enumerate(report.citations, 1):
            _line(document, f"[{c.get('n', i)}] {source_line(c)}", "仿宋", 10.5 if report.compact else 12)
    if len(report.footer) > SHORT_FOOTER:
        _line(document, report.footer, "楷体", 12, centre=True)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Any, words: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(footer, "— ", "宋体", 14)
    _field(_run(footer, "", "宋体", 14), "PAGE")
    _run(footer, " —", "宋体", 14)
    if words and len(words) <= SHORT_FOOTER:
        line = section.footer.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(line, words, "楷体", 9)


def _field(run: Any, code: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind, text in (("begin", ""), ("", code), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def _run(paragraph: Any, text: str, font: str, size: float, *, bold: bool = False, raised: bool = False) -> Any:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = paragraph.add_run(_clean(text))
    run.font.size, run.font.name, run.font.bold, run.font.superscript = Pt(size), "Times New Roman", bold, raised
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
    return run


def _clean(text: str) -> str:
    return "".join(c for c in text if c in "\t\n" or ord(c) >= 32)


def _line(document: Any, text: str, font: str, size: float, *, centre: bool = False, indent: bool = False, marks: tuple[int, ...] = (), keep: bool = False, depth: int = 0) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    form = paragraph.paragraph_format
    form.keep_with_next = keep
    form.space_after, form.line_spacing = Pt(0), Pt(28 if size >= BODY else size * 1.5)
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if indent:
        form.first_line_indent = Pt(size * 2)
    if depth:
        _outline(paragraph, depth)
    _run(paragraph, text, font, size)
    for n in marks:
        _run(paragraph, f"[{n}]", "仿宋", size, raised=True)


def _outline(paragraph: Any, depth: int) -> None:
    """What makes a heading one for the navigation of a word processor and for a screen reader, whatever its face."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    level = OxmlElement("w:outlineLvl")
    level.set(qn("w:val"), str(depth - 1))
    paragraph._p.get_or_add_pPr().append(level)


def _block(document: Any, block: Block, size: float) -> None:
    from docx.shared import Mm

    match block:
        case Heading(text, depth):
            _line(document, text, FONTS.get(depth, "仿宋"), size, indent=True, keep=True, depth=depth)
        case Paragraph(text, citations):
            _line(document, text, "仿宋", size, indent=True, marks=citations)
        case TableBlock(wide=True):
            _turn(document)
            _table(document, block)
            _turn(document)
        case Break():
            pass
        case TableBlock():
            _table(document, block)
        case Figure(png, caption):
            document.add_picture(BytesIO(png), width=Mm(140 if size >= BODY else 110))
            document.paragraphs[-1].alignment = 1
            document.paragraphs[-1].paragraph_format.keep_with_next = True
            _line(document, caption, "楷体", 12 if size >= BODY else 10.5, centre=True)


def _turn(document: Any) -> None:
    """Go on on pages of the other orientation."""
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.shared import Mm

    old = document.sections[-1]
    width, height = old.page_height, old.page_width
    section = document.add_section(WD_SECTION.NEW_PAGE)
    wide = width > height
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = width, height
    margins = (20, 20, 15, 15) if wide else (37, 35, 28, 26)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (Mm(m) for m in margins)


def _table(document: Any, block: TableBlock) -> None:
    from docx.shared import Pt

    if block.caption:
        _line(document, block.caption, "黑体", 12, centre=True, keep=True)
    size, side = (8, 60) if block.wide else (9, 50) if len(block.header) > MANY else (SMALL, 90)
    table = document.add_table(rows=1 + len(block.rows), cols=len(block.header), style="Table Grid")
    table.autofit = False
    parts = shares(block)
    widths = [int(_room(document) * w / sum(parts)) for w in parts]
    for column, width in zip(table.columns, widths, strict=False):
        column.width = width  # the grid: programs other than Word read no widths of cells
    _padding(table, side)
    for number, (line, row) in enumerate(zip(table.rows, (block.header, *block.rows), strict=True)):
        _mark(line, "w:cantSplit")
        for cell, text, column in zip(line.cells, row, range(len(row)), strict=False):
            _cell(cell, text, size, head=number == 0)
            cell.width = widths[column]
            if tint := HEAD if number == 0 else block.colours.get((number - 1, column)):
                _shade(cell, tint)
    _mark(table.rows[0], "w:tblHeader")
    if not block.wide:
        document.add_paragraph().paragraph_format.line_spacing = Pt(size / 2)


def _room(document: Any) -> int:
    """The width between the margins of the last section, in EMU."""
    section = document.sections[-1]
    return int(section.page_width - section.left_margin - section.right_margin)


def _cell(cell: Any, text: str, size: float, *, head: bool) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.shared import Pt

    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    form = cell.paragraphs[0].paragraph_format
    form.space_after, form.line_spacing = Pt(0), Pt(size * 1.35)
    _run(cell.paragraphs[0], text, "黑体" if head else "仿宋", size)


def _padding(table: Any, side: int) -> None:
    """Room between text and rules, in twentieths of a point."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    margins = OxmlElement("w:tblCellMar")
    for name, room in (("top", 40), ("left", side), ("bottom", 40), ("right", side)):
        edge = OxmlElement(f"w:{name}")
        edge.set(qn("w:w"), str(room))
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    table._tbl.tblPr.append(margins)


def _mark(row: Any, name: str) -> None:
    """A property of a row: w:tblHeader lets it stand again on every page, w:cantSplit keeps it on one."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _shade(cell: Any, tint: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), tint.lstrip("#"))
    cell._tc.get_or_add_tcPr().append(shade)
