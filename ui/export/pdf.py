"""A report as PDF with the CID font STSong-Light (named, not embedded: any reader with Chinese support shows it)."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from corpus.report import Figure, Heading, Paragraph, Report, TableBlock
from ui.export.markdown import source_line

FONT = "STSong-Light"
WIDTH = 156  # mm between the margins


def pdf(report: Report) -> bytes:
    """The bytes of a PDF file (A4)."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import SimpleDocTemplate, Spacer

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    out = BytesIO()
    page = SimpleDocTemplate(out, pagesize=A4, leftMargin=28 * mm, rightMargin=26 * mm, topMargin=30 * mm, bottomMargin=28 * mm, title=report.title, author="见微 Jianwei")
    story = [_words("　".join(report.marks), 11)] if report.marks else []
    story += [_words(report.title, 20, centre=True, after=8)]
    story += [_words(t, 11, centre=True, after=6) for t in (report.subtitle, f"数据截至 {report.as_of}" if report.as_of else "") if t]
    for block in report.blocks:
        story += _block(block)
    if report.citations:
        story += [_words("来源", 14, before=10)]
        story += [_words(f"[{c.get('n', i)}] {source_line(c)}", 9.5) for i, c in enumerate(report.citations, 1)]
    if report.footer:
        story += [Spacer(1, 8 * mm), _words(report.footer, 10, centre=True)]
    page.build(story, onFirstPage=_number, onLaterPages=_number)
    return out.getvalue()


def _number(canvas: Any, page: Any) -> None:
    canvas.setFont(FONT, 10)
    canvas.drawCentredString(page.pagesize[0] / 2, 40, f"— {canvas.getPageNumber()} —")


def _words(text: str, size: float, *, centre: bool = False, indent: bool = False, before: float = 0, after: float = 3) -> Any:
    from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph as Words

    style = ParagraphStyle(
        "x",
        fontName=FONT,
        fontSize=size,
        leading=size * 1.6,
        wordWrap="CJK",
        alignment=TA_CENTER if centre else TA_JUSTIFY,
        firstLineIndent=size * 2 if indent else 0,
        spaceBefore=before,
        spaceAfter=after,
    )
    return Words(escape(text).replace("\n", "<br/>"), style)


def _block(block: Heading | Paragraph | TableBlock | Figure) -> list[Any]:
    from reportlab.lib.units import mm
    from reportlab.platypus import Image

    match block:
        case Heading(text, depth):
            return [_words(text, {1: 15, 2: 13}.get(depth, 12), before=8)]
        case Paragraph(text, citations):
            return [_words(text + "".join(f"[{n}]" for n in citations), 12, indent=True)]
        case TableBlock():
            return _table(block)
        case Figure(png, caption):
            picture = Image(BytesIO(png))
            picture._restrictSize(WIDTH * mm, 110 * mm)
            return [picture, _words(caption, 10, centre=True)]


def _table(block: TableBlock) -> list[Any]:
    from reportlab.lib import colors
    from reportlab.lib.units import mm
    from reportlab.platypus import Table, TableStyle

    rows = [[_words(cell, 8.5, after=0) for cell in row] for row in (block.header, *block.rows)]
    lengths = [max(3, min(24, max(len(r[c]) for r in (block.header, *block.rows) if c < len(r)))) for c in range(len(block.header))]
    table = Table(rows, colWidths=[WIDTH * mm * n / sum(lengths) for n in lengths], repeatRows=1)
    style = [("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#9aa3ad")), ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef2f6")), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    style += [("BACKGROUND", (c, r + 1), (c, r + 1), colors.HexColor(tint)) for (r, c), tint in block.colours.items()]
    table.setStyle(TableStyle(style))
    return [*([_words(block.caption, 10.5, centre=True, before=6)] if block.caption else []), table]
