"""A report as PDF (A4): Chinese faces embedded (`fonts`), wide tables on landscape pages, page numbers and the footer on every page."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from corpus.report import Block, Break, Figure, Heading, Paragraph, Report, TableBlock
from ui.cited import source_line
from ui.export import fonts
from ui.export.lines import broken, shares

LEFT, RIGHT, TOP, BOTTOM = 28, 26, 25, 26
"""Margins in mm."""
LEADING = 1.55
MM = 72 / 25.4
TALL, WIDE = (210 - LEFT - RIGHT) * MM, 267 * MM
"""Room for text on a page of either orientation, in points."""
SHORT_FOOTER = 40
"""A footer of at most so many characters stands on every page, a longer one at the end."""
_FACES = threading.Lock()  # reportlab keeps registered faces in one table of the process


@dataclass(frozen=True, slots=True)
class Look:
    """Names of the registered faces and the size of the text in points."""

    body: str
    head: str
    size: float
    note: str


def pdf(report: Report) -> bytes:
    """The bytes of a PDF file."""
    with _FACES:
        return _pdf(report, _look(report))


def _look(report: Report) -> Look:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont

    size = 10.5 if report.compact else 14
    body, head = fonts.body_and_head()
    if body is None or head is None:
        pdfmetrics.registerFont(UnicodeCIDFont(fonts.NAMED))
        return Look(fonts.NAMED, fonts.NAMED, size, fonts.note(None))
    said = fonts.note(body)
    everything = "".join(_texts(report)) + said
    for name, face in (("JianweiBody", body), ("JianweiHead", head)):
        font = TTFont(name, BytesIO(fonts.cut(face, everything)))
        pdfmetrics._fonts.pop(name, None)  # reportlab keeps the first font of a name and of a face for ever: ours are of one report each
        pdfmetrics._dynFaceNames.pop(font.face.name, None)
        pdfmetrics.registerFont(font)
    return Look("JianweiBody", "JianweiHead", size, said)


def _texts(report: Report) -> Iterable[str]:
    yield from (report.title, report.subtitle, *report.marks, report.footer, report.as_of, "数据截至来源：“”《》（）[]—·　")
    for block in report.blocks:
        match block:
            case Heading(text, _) | Paragraph(text, _):
                yield text
            case TableBlock():
                yield from (block.caption, *block.header, *(cell for row in block.rows for cell in row))
            case Figure(_, caption):
                yield caption
    yield from (source_line(c) for c in report.citations)


def _pdf(report: Report, look: Look) -> bytes:
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.units import mm
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    out = BytesIO()
    page = BaseDocTemplate(out, pagesize=A4, title=report.title, author="见微 Jianwei", subject="；".join(report.marks))
    footer = report.footer if len(report.footer) <= SHORT_FOOTER else ""

    def frame(size: tuple[float, float], left: float, right: float, top: float) -> Any:
        return Frame(left * mm, BOTTOM * mm, size[0] - (left + right) * mm, size[1] - (top + BOTTOM) * mm, 0, 0, 0, 0)

    def foot(canvas: Any, document: Any) -> None:
        _foot(canvas, look, footer)

    page.addPageTemplates(
        [
            PageTemplate("tall", [frame(A4, LEFT, RIGHT, TOP)], onPage=foot, pagesize=A4),
            PageTemplate("wide", [frame(landscape(A4), 15, 15, 16)], onPage=foot, pagesize=landscape(A4)),
        ]
    )
    page.build(_story(report, look))
    return out.getvalue()


def _foot(canvas: Any, look: Look, footer: str) -> None:
    width = canvas._pagesize[0]
    canvas.saveState()
    canvas.setFont(look.body, 10)
    canvas.drawCentredString(width / 2, 36, f"— {canvas.getPageNumber()} —")
    if footer:
        canvas.setFont(look.body, 8.5)
        canvas.drawCentredString(width / 2, 54, footer)
    canvas.restoreState()


def _story(report: Report, look: Look) -> list[Any]:
    from reportlab.lib import colors
    from reportlab.platypus import HRFlowable

    story = [_words("　".join(report.marks), look, 14, head=True)] if report.marks else []
    story += [_words(report.title, look, 22, head=True, centre=True, before=10, after=8)]
    story += [_words(t, look, 12, centre=True, after=5) for t in (report.subtitle, f"（数据截至 {report.as_of}）" if report.as_of else "") if t]
    story += [HRFlowable(width="100%", thickness=0.8, color=colors.HexColor("#444444"), spaceBefore=2, spaceAfter=8)] if report.subtitle else []
    for block, after in zip(report.blocks, (*report.blocks[1:], None), strict=True):
        story += _block(block, look, lone=isinstance(after, TableBlock) and not after.wide)
    if report.citations:
        story += [_words("来源", look, look.size + 1, head=True, before=10)]
        story += [_words(f"[{c.get('n', i)}] {source_line(c)}", look, 9.5, after=2) for i, c in enumerate(report.citations, 1)]
    if len(report.footer) > SHORT_FOOTER:
        story += [_words(report.footer, look, 10, before=12)]
    return [*story, *([_words(look.note, look, 8, before=6)] if look.note else [])]


def _words(
    text: str, look: Look, size: float, *, head: bool = False, centre: bool = False, indent: bool = False, before: float = 0, after: float = 3, keep: bool = False, width: float = TALL
) -> Any:
    from reportlab.lib.enums import TA_CENTER, TA_LEFT
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.platypus import Paragraph as Words

    font, first = look.head if head else look.body, size * 2 if indent else 0.0
    style = ParagraphStyle(
        "x",
        fontName=font,
        fontSize=size,
        leading=size * LEADING,
        alignment=TA_CENTER if centre else TA_LEFT,
        firstLineIndent=first,
        spaceBefore=before,
        spaceAfter=after,
        keepWithNext=keep,
    )
    lines = broken(_clean(text), width - 1, lambda part: float(stringWidth(part, font, size)), first)
    return Words("<br/>".join(escape(line).replace(" ", "\u00a0") for line in lines), style)


def _clean(text: str) -> str:
    return "".join(c for c in text if c == "\n" or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF))


def _block(block: Block, look: Look, *, lone: bool = False) -> list[Any]:
    """Flowables of a block; a heading right over a table (`lone`) asks for room instead of clinging to the whole of it."""
    from reportlab.lib.units import mm
    from reportlab.platypus import CondPageBreak, Image, KeepTogether, NextPageTemplate, PageBreak

    match block:
        case Heading(text, depth):
            words = _words(text, look, {1: look.size + 2, 2: look.size + 1}.get(depth, look.size), head=True, before=8, keep=not lone)
            return [CondPageBreak(45 * mm), words] if lone else [words]
        case Paragraph(text, citations):
            return [_words(text + "".join(f"[{n}]" for n in citations), look, look.size, indent=True, after=2)]
        case TableBlock():
            table = _table(block, look, WIDE if block.wide else TALL)
            return [NextPageTemplate("wide"), PageBreak(), *table, NextPageTemplate("tall"), PageBreak()] if block.wide else table
        case Figure(png, caption):
            picture = Image(BytesIO(png))
            picture._restrictSize(TALL, 100 * mm)
            return [KeepTogether([picture, _words(caption, look, 10, centre=True, after=6)])]
        case Break():
            return [PageBreak()]


def _table(block: TableBlock, look: Look, width: float) -> list[Any]:
    from reportlab.lib import colors
    from reportlab.lib.units import mm
    from reportlab.platypus import CondPageBreak, Table, TableStyle

    size, pad = (7.2, 2.5) if block.wide else (9, 3)
    lengths = shares(block)
    widths = [width * n / sum(lengths) for n in lengths]
    rows = [[_words(cell, look, size, head=not n, after=0, width=widths[c] - 2 * pad) for c, cell in enumerate(row)] for n, row in enumerate((block.header, *block.rows))]
    table = Table(rows, colWidths=widths, repeatRows=1, spaceAfter=6)
    style = [("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#8a929a")), ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef1f4")), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    style += [(f"{side}PADDING", (0, 0), (-1, -1), pad) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    style += [("BACKGROUND", (c, r + 1), (c, r + 1), colors.HexColor(tint)) for (r, c), tint in block.colours.items()]
    table.setStyle(TableStyle(style))
    return [*([CondPageBreak(35 * mm), _words(block.caption, look, 11, head=True, centre=True, before=4, width=width)] if block.caption else []), table]
