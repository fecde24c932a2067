"""Makes the image-only PDFs of the portal: `python -m crawlers.portal.scan FONT.ttc` (needs Pillow and a CJK font; run once, the result is kept)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from crawlers.portal.attachments import blocks
from crawlers.portal.content import pages
from crawlers.portal.render import cells

WIDTH, MARGIN, SIZE = 1240, 110, 26


def draw(body: str, font_path: str) -> list[Any]:
    """Pages as slightly grey images, A4 at 150 dpi."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(font_path, SIZE)
    lines: list[str] = []
    for block in blocks(body):
        for text in [block] if isinstance(block, str) else ["   ".join(cells(row)) for row in block]:
            per_line = (WIDTH - 2 * MARGIN) // SIZE
            lines += [text[i : i + per_line] for i in range(0, len(text), per_line)]
    images: list[Any] = []
    for start in range(0, len(lines), 34):
        image = Image.new("L", (WIDTH, 1754), 246)
        pen = ImageDraw.Draw(image)
        for n, line in enumerate(lines[start : start + 34]):
            pen.text((MARGIN, MARGIN + n * 46), line, font=font, fill=30)
        images.append(image.rotate(0.4, fillcolor=246))
    return images


if __name__ == "__main__":
    root = Path(__file__).parent / "content"
    for page in pages():
        for entry in page.fields.get("attachments", ()):
            if entry["format"] == "scan":
                first, *rest = draw((root / entry["body"]).read_text("utf-8"), sys.argv[1])
                target = root / (entry["body"].removesuffix(".md") + ".scan.pdf")
                first.save(target, save_all=True, append_images=rest, resolution=150, quality=60)
