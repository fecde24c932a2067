"""Attachments of the demo portal, made from their Markdown bodies: DOCX, PDF, XLSX. A scan lies beside its body as a file."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from importlib.resources import files

from corpus.errors import NotFound
from crawlers.portal.content import Attached, Page
from crawlers.portal.render import cells

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@lru_cache(maxsize=64)
def build(page: Page, attached: Attached) -> bytes:
    """The bytes of an attachment; the same for the same body."""
    if attached.format == "scan":
        return _scan(page)
    return {"docx": _docx, "pdf": _pdf, "xlsx": _xlsx}[attached.format](attached.body)


def _scan(page: Page) -> bytes:
    name = next(a["body"] for a in page.fields["attachments"] if a["format"] == "scan")
    path = files("crawlers.portal").joinpath("content").joinpath(name.removesuffix(".md") + ".scan.pdf")
    if not path.is_file():
        raise NotFound("the scan of this attachment is not in the package", name, "python -m crawlers.portal.scan")
    return path.read_bytes()


def blocks(body: str) -> list[list[str] | str]:
    """Paragraphs as text and tables as their lines."""
    found: list[list[str] | str] = []
    for block in re.split(r"\n\s*\n", body):
        lines = [line for line in block.splitlines() if line.strip()]
        if lines and all(line.strip().startswith("|") for line in lines):
            found.append([line for line in lines if not re.fullmatch(r"[\s|:-]+", line)])
        else:
            found.extend(line.strip() for line in lines)
    return found


def _docx(body: str) -> bytes:
    from datetime import datetime

    from docx import Document

    document = Document()
    document.core_properties.created = document.core_properties.modified = datetime(2024, 1, 1)
    for block in blocks(body):
        if isinstance(block, str):
            document.add_paragraph(block)
            continue
        grid = [cells(line) for line in block]
        table = document.add_table(rows=len(grid), cols=max(map(len, grid)))
        for r, row in enumerate(grid):
            for c, value in enumerate(row):
                table.cell(r, c).text = value
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _xlsx(body: str) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for block in blocks(body):
        for line in [block] if isinstance(block, str) else block:
            sheet.append([line] if isinstance(block, str) else cells(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _pdf(body: str) -> bytes:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    style = ParagraphStyle("song", fontName="STSong-Light", fontSize=11, leading=18, wordWrap="CJK")
    out = io.BytesIO()
    story = []
    for block in blocks(body):
        if isinstance(block, str):
            story.append(Paragraph(block.replace("&", "&amp;").replace("<", "&lt;"), style))
        else:
            grid = [[Paragraph(c, style) for c in cells(line)] for line in block]
            story.append(Table(grid, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")]))
    SimpleDocTemplate(out, pagesize=A4, invariant=1).build(story)
    return out.getvalue()
