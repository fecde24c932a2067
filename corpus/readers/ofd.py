"""OFD (GB/T 33190): a ZIP of XML. Text objects of each page in reading order; pages that are pictures go to OCR.

Root OFD.xml → DocRoot (Document.xml) → Pages/Page@BaseLoc → Content.xml with TextObject (Boundary x y w h, TextCode).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from corpus.errors import Oversized, Unreadable
from corpus.readers.archive import inflate, opened
from corpus.readers.base import Limits, Reading, clean
from corpus.readers.pdf import unwrap


def read_ofd(data: bytes, *, name: str, limits: Limits) -> Reading:
    """Text of an OFD file. Raises Unreadable when damaged or encrypted, Oversized beyond the limits."""
    with opened(data, name) as archive:
        package = _Package(archive, name, limits)
        root = package.xml("OFD.xml")
        located = _first(root, "DocRoot")
        if located is None or not (located.text or "").strip():
            raise Unreadable("no document in the OFD", name, "the file is damaged")
        doc_root = (located.text or "").strip().lstrip("/")
        title = (_text(_first(root, "Title")) or "").strip()
        pages = _pages(package, doc_root)
        if len(pages) > limits.pages:
            raise Oversized(f"more than {limits.pages} pages", name, "split it or raise the limit")
        return _reading(package, pages, title, limits)


@dataclass(slots=True)
class _Package:
    """Members of the archive under one budget of inflated bytes."""

    archive: zipfile.ZipFile
    name: str
    limits: Limits
    used: int = 0

    def bytes(self, path: str) -> bytes:
        try:
            info = self.archive.getinfo(path.lstrip("/"))
        except KeyError as error:
            raise Unreadable("a part of the OFD is missing", f"{self.name}!{path}", "the file is damaged") from error
        data = inflate(self.archive, info, self.limits.inflated - self.used, self.name)
        self.used += len(data)
        return data

    def xml(self, path: str) -> Any:
        from lxml import etree

        try:
            return etree.fromstring(self.bytes(path), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
        except etree.XMLSyntaxError as error:
            raise Unreadable("damaged XML in the OFD", f"{self.name}!{path}", str(error)) from error


def _local(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _all(element: Any, name: str) -> list[Any]:
    return [e for e in element.iter() if _local(e) == name]


def _first(element: Any, name: str) -> Any:
    return next(iter(_all(element, name)), None)


def _text(element: Any) -> str:
    return "" if element is None else element.text or ""


def _pages(package: _Package, doc_root: str) -> list[str]:
    """Paths of the pages in order."""
    base = posixpath.dirname(doc_root)
    document = package.xml(doc_root)
    pages = _first(document, "Pages")
    found = []
    for page in _all(pages, "Page") if pages is not None else []:
        location = page.get("BaseLoc") or ""
        found.append(location.lstrip("/") if location.startswith("/") else posixpath.normpath(posixpath.join(base, location)))
    return found


def _reading(package: _Package, pages: list[str], title: str, limits: Limits) -> Reading:
    lines: list[str] = []
    scores: list[float] = []
    for path in pages:
        page = package.xml(path)
        own = _page_lines(page)
        if not own and len(scores) < limits.ocr_pages:
            own, score = _recognised(package, page, path)
            if own:
                scores.append(score)
        lines.extend(own)
    text = clean(unwrap("\n".join(lines)))
    first = next((line for line in text.split("\n") if 4 <= len(line) <= 60), "")
    return Reading(title or first, text, confidence=round(sum(scores) / len(scores), 4) if scores else 1.0, ocr=bool(scores))


def _page_lines(page: Any) -> list[str]:
    """Text objects joined to lines: the same height is one line, from left to right."""
    pieces = []
    for element in _all(page, "TextObject"):
        box = [float(v) for v in re.findall(r"-?[\d.]+", element.get("Boundary") or "0 0 0 0")[:4]]
        code = _all(element, "TextCode")
        words = "".join(_text(c) for c in code)
        offset = float((code[0].get("Y") or "0").split()[0]) if code else 0.0
        if words.strip() and len(box) == 4:
            pieces.append((box[1] + offset, box[0], box[3], words))
    rows: list[list[tuple[float, float, float, str]]] = []
    for piece in sorted(pieces):
        if rows and abs(piece[0] - rows[-1][-1][0]) < max(1.0, piece[2] * 0.4):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return ["".join(p[3] for p in sorted(row, key=lambda p: p[1])) for row in rows]


def _recognised(package: _Package, page: Any, path: str) -> tuple[list[str], float]:
    """OCR of the pictures of a page that holds no text."""
    from corpus.readers.ocr import read_image

    if _first(page, "ImageObject") is None:
        return [], 0.0
    folder = posixpath.dirname(posixpath.dirname(posixpath.dirname(path)))
    names = [n for n in package.archive.namelist() if n.startswith(folder) and n.lower().endswith((".png", ".jpg", ".jpeg", ".bmp", ".tif"))]
    index = int(re.sub(r"\D", "", posixpath.basename(posixpath.dirname(path))) or "0")
    if not names:
        return [], 0.0
    chosen = sorted(names)[min(index, len(names) - 1)]
    text, score = read_image(package.bytes(chosen), chosen)
    return text.split("\n"), score
