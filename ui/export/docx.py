"""A report as DOCX in the layout of internal official papers (GB/T 9704 sizes, without 版头): 小标宋, 黑体, 楷体, 仿宋."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from corpus.report import Figure, Heading, Paragraph, Report, TableBlock
from ui.export.markdown import source_line

BODY, TITLE, SMALL = 16, 22, 10.5  # points: 三号, 二号, 五号
FONTS = {1: "黑体", 2: "楷体", 3: "仿宋", 4: "仿宋"}


def docx(report: Report) -> bytes:
    """The bytes of a DOCX file."""
    from docx import Document

    document = Document()
    _page(document)
    if report.marks:
        _line(document, "　".join(report.marks), "黑体", BODY)
    _line(document, report.title, "方正小标宋简体", TITLE, centre=True)
    if report.subtitle:
        _line(document, report.subtitle, "楷体", BODY, centre=True)
    if report.as_of:
        _line(document, f"（数据截至 {report.as_of}）", "楷体", 14, centre=True)
    for block in report.blocks:
        _block(document, block)
    if report.citations:
        _line(document, "来源", "黑体", BODY)
        for i, c in enumerate(report.citations, 1):
            _line(document, f"[{c.get('n', i)}] {source_line(c)}", "仿宋", 12)
    if report.footer:
        _line(document, report.footer, "楷体", 12, centre=True)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Any) -> None:
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


def _line(document: Any, text: str, font: str, size: float, *, centre: bool = False, indent: bool = False, marks: tuple[int, ...] = ()) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    form = paragraph.paragraph_format
    form.space_after, form.line_spacing = Pt(0), Pt(28 if size >= BODY else size * 1.6)
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if indent:
        form.first_line_indent = Pt(size * 2)
    _run(paragraph, text, font, size)
    for n in marks:
        _run(paragraph, f"[{n}]", "仿宋", size, raised=True)


def _block(document: Any, block: Heading | Paragraph | TableBlock | Figure) -> None:
    from docx.shared import Mm

    match block:
        case Heading(text, depth):
            _line(document, text, FONTS.get(depth, "仿宋"), BODY, indent=True)
        case Paragraph(text, citations):
            _line(document, text, "仿宋", BODY, indent=True, marks=citations)
        case TableBlock():
            _table(document, block)
        case Figure(png, caption):
            document.add_picture(BytesIO(png), width=Mm(150))
            _line(document, caption, "楷体", 12, centre=True)


def _table(document: Any, block: TableBlock) -> None:
    if block.caption:
        _line(document, block.caption, "黑体", 12, centre=True)
    table = document.add_table(rows=0, cols=len(block.header), style="Table Grid")
    for number, row in enumerate((block.header, *block.rows)):
        cells = table.add_row().cells
        for column, text in enumerate(row):
            _run(cells[column].paragraphs[0], text, "黑体" if number == 0 else "仿宋", SMALL)
            if number and (tint := block.colours.get((number - 1, column))):
                _shade(cells[column], tint)
    document.add_paragraph()


def _shade(cell: Any, tint: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), tint.lstrip("#"))
    cell._tc.get_or_add_tcPr().append(shade)
