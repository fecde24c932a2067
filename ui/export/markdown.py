"""A report as Markdown."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from corpus.report import Block, Break, Figure, Heading, Paragraph, Report, TableBlock


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


def source_line(citation: Mapping[str, Any]) -> str:
    """A citation as people write it: 《…》文号 第…条：“…”."""
    clause = citation.get("clause") or ""
    place = "".join(clause.get("path", ())[-2:]) if isinstance(clause, Mapping) else str(clause)
    number = citation.get("doc_number") or ""
    words = f"《{citation.get('title', '')}》" + (f"（{number}）" if number else "") + place
    quote = citation.get("quote") or citation.get("text") or ""
    rest = "，".join(p for p in (str(citation.get("date") or "")[:10], str(citation.get("url") or "")) if p)
    return words + (f"：“{' '.join(quote.split())}”" if quote else "") + (f"（{rest}）" if rest else "")
