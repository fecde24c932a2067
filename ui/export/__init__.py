"""A format-free report as md, docx, xlsx or pdf. Chinese fonts are named, never shipped: 仿宋 in docx, STSong-Light in pdf."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from corpus.errors import BadInput
from corpus.report import Block, Break, Figure, Heading, Paragraph, Report, TableBlock
from ui.export.markdown import markdown

FORMATS = {
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def render(report: Report, form: str) -> bytes:
    """The bytes of a report in a format; raises BadInput for an unknown one."""
    if form not in FORMATS:
        raise BadInput("no such format", form, f"one of: {', '.join(FORMATS)}")
    return _renderer(form)(report)


def _renderer(form: str) -> Callable[[Report], bytes]:
    if form == "docx":
        from ui.export.docx import docx as render_
    elif form == "xlsx":
        from ui.export.xlsx import xlsx as render_
    elif form == "pdf":
        from ui.export.pdf import pdf as render_
    else:
        return lambda report: markdown(report).encode()
    return render_


def report_record(report: Report) -> dict[str, Any]:
    """A report as plain JSON types; figures as base64 PNG."""
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "marks": list(report.marks),
        "as_of": report.as_of,
        "blocks": [_block(b) for b in report.blocks if not isinstance(b, Break)],
        "citations": [dict(c) for c in report.citations],
        "footer": report.footer,
    }


def _block(block: Block) -> Mapping[str, Any]:
    from base64 import b64encode

    match block:
        case Heading(text, depth):
            return {"type": "heading", "text": text, "depth": depth}
        case Paragraph(text, citations):
            return {"type": "paragraph", "text": text, "citations": list(citations)}
        case TableBlock(header, rows, caption, colours):  # how a page is cut is the business of files
            tints = [[row, column, tint] for (row, column), tint in colours.items()]
            return {"type": "table", "caption": caption, "header": list(header), "rows": [list(r) for r in rows], "colours": tints}
        case Figure(png, caption):
            return {"type": "figure", "caption": caption, "png": b64encode(png).decode()}
        case Break():
            return {"type": "break"}


__all__ = ["FORMATS", "markdown", "render", "report_record"]
