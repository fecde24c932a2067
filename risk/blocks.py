"""Blocks of a report as plain JSON and back, exactly: what is signed must be shown again as it was."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from corpus.errors import StoreError
from corpus.report import Block, Break, Figure, Heading, Paragraph, TableBlock


def pack(block: Block) -> dict[str, Any]:
    """A block as plain JSON types."""
    match block:
        case Heading(text, depth):
            return {"type": "heading", "text": text, "depth": depth}
        case Paragraph(text, citations):
            return {"type": "paragraph", "text": text, "citations": list(citations)}
        case TableBlock():
            tints = [[row, column, tint] for (row, column), tint in sorted(block.colours.items())]
            rest = {"caption": block.caption, "colours": tints, "widths": list(block.widths), "wide": block.wide, "facts": block.facts}
            return {"type": "table", "header": list(block.header), "rows": [list(r) for r in block.rows], **rest}
        case Figure(png, caption):
            return {"type": "figure", "png": b64encode(png).decode(), "caption": caption}
        case Break():
            return {"type": "break"}


def unpack(b: Mapping[str, Any]) -> Block:
    """The block of a packed record; raises StoreError for an unknown type."""
    match b["type"]:
        case "heading":
            return Heading(b["text"], b["depth"])
        case "paragraph":
            return Paragraph(b["text"], tuple(b["citations"]))
        case "table":
            tints = {(row, column): tint for row, column, tint in b["colours"]}
            return TableBlock(tuple(b["header"]), tuple(tuple(r) for r in b["rows"]), b["caption"], tints, tuple(b["widths"]), b["wide"], b.get("facts", False))
        case "figure":
            return Figure(b64decode(b["png"]), b["caption"])
        case "break":
            return Break()
        case other:
            raise StoreError("no such block", other, "the stored report was made by a newer version")
