"""A report as Markdown."""

from __future__ import annotations

from base64 import b64encode

from corpus.report import Block, Break, Figure, Heading, Paragraph, Report, TableBlock
from ui.cited import source_line


def markdown(report: Report) -> str:
    """The report with its citations as numbered notes at the end."""
    parts = [f"# {report.title}"]
    parts += [report.subtitle] if report.subtitle else []
    parts += ["　".join(f"**{m}**" for m in report.marks)] if report.marks else []
    parts += [f"数据截至 {report.as_of}"] if report.as_of else []
    parts += [_block(b) for b in report.blocks if not isinstance(b, Break)]
    if report.citations:
        parts += ["## 来源", "\n".join(f"[{c.get('n', i)}] {source_line(c)}" for i, c in enumerate(report.citations, 1))]
    parts += [f"---\n{report.footer}"] if report.footer else []
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text, depth):
            return f"{'#' * (depth + 1)} {text}"
        case Paragraph(text, citations):
            return text + "".join(f"[{n}]" for n in citations)
        case TableBlock(header, rows, caption, _):
            lines = [_row(header), _row(["---"] * len(header)), *(_row(r) for r in rows)]
            return "\n".join([f"**{caption}**", "", *lines] if caption else lines)
        case Figure(png, caption):
            return f"![{caption}](data:image/png;base64,{b64encode(png).decode()})"
        case Break():
            return ""


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(c.replace("|", "\\|").replace("\n", "<br>") for c in cells) + " |"
