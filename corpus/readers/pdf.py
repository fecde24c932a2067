"""PDF by pypdfium2: text page by page with lines joined to paragraphs, drawn tables as tables; pages without text go to OCR."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from corpus.errors import Oversized, Unreadable
from corpus.readers.aligned import tables_in
from corpus.readers.base import Limits, Reading, Table, clean, markdown
from corpus.readers.ruled import has_lines, tables_of, text_around

MIN_CHARACTERS = 16
"""A page with fewer characters of text and a picture on it is taken as scanned."""


def read_pdf(data: bytes, *, name: str, limits: Limits) -> Reading:
    """Text of a PDF. Raises Unreadable when damaged or protected, Oversized beyond the page limit."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("damaged or protected PDF", name, str(error)) from error
    try:
        if len(document) > limits.pages:
            raise Oversized(f"more than {limits.pages} pages", name, "split it or raise the limit")
        return _read(document, data, name, limits)
    finally:
        document.close()


def _read(document: Any, data: bytes, name: str, limits: Limits) -> Reading:
    pages: list[str] = []
    scores: list[float] = []
    warnings: list[str] = []
    drawn = _continued(_drawn(document, data, warnings))
    tables: list[tuple[int, Table]] = []
    scanned = 0
    for number in range(len(document)):
        page = document[number]
        text, found = _page_text(page, drawn.get(number, ()))
        tables += [(number, table) for table in found]
        if len(re.sub(r"\s", "", text)) < MIN_CHARACTERS and _has_picture(page):
            scanned += 1
            if scanned > limits.ocr_pages:
                warnings.append(f"page {number + 1} is scanned and beyond the limit of {limits.ocr_pages} pages")
                continue
            text, score = _recognise(page)
            scores.append(score)
        pages.append(text)
        page.close()
    text = clean(unwrap("\n".join(_without_frames(pages))))
    confidence = sum(scores) / len(scores) if scores else 1.0
    first = next((line for line in text.split("\n") if 4 <= len(line) <= 60), "")
    return Reading(first, text, confidence=round(confidence, 4), warnings=tuple(warnings), ocr=bool(scores), tables=tuple(_whole(tables, text)))


def _continued(drawn: dict[int, list[tuple[float, float, Table]]]) -> dict[int, list[tuple[float, float, Table]]]:
    """The drawn tables without the heading that a page repeats from the page before."""
    found = dict(drawn)
    for number in sorted(drawn):
        before = drawn.get(number - 1)
        if before and len(table := drawn[number][0][2]) > 1 and table[0] == before[-1][2][0]:
            top, bottom, _ = drawn[number][0]
            found[number] = [(top, bottom, table[1:]), *drawn[number][1:]]
    return found


def _whole(tables: Sequence[tuple[int, Table]], text: str) -> Iterator[Table]:
    """Tables, those that go on over pages as one: of one width, one below the other in the text."""
    whole: list[tuple[int, Table]] = []
    for number, table in tables:
        if whole and whole[-1][0] == number - 1 and len(whole[-1][1][0]) == len(table[0]) and f"{markdown(whole[-1][1][-1:])}\n{markdown(table[:1])}" in text:
            whole[-1] = (number, (*whole[-1][1], *table))
        else:
            whole.append((number, table))
    return (table for _, table in whole)


def _drawn(document: Any, data: bytes, warnings: list[str]) -> dict[int, list[tuple[float, float, Table]]]:
    """Drawn tables by page. What pdfplumber cannot take leaves the pages as text, and says so."""
    lined = []
    for number in range(len(document)):
        page = document[number]
        if has_lines(page):
            lined.append(number)
        page.close()
    try:
        return tables_of(data, lined)
    except Exception as error:  # noqa: BLE001 - a library on untrusted bytes, in the child of the pool
        warnings.append(f"tables are left as text ({type(error).__name__})")
        return {}


def _page_text(page: Any, tables: Sequence[tuple[float, float, Table]]) -> tuple[str, list[Table]]:
    """The text of a page with its tables in their places, and the tables: the drawn ones, and between them those that only stand in columns."""
    textpage = page.get_textpage()

    def between(top: float, bottom: float) -> str:
        height = page.get_height()
        return str(textpage.get_text_bounded(bottom=height - bottom, top=height - top) if tables else textpage.get_text_bounded()).replace("\ufffe", "").replace("\r\n", "\n")

    try:
        loose = [t for t in tables_in(page, textpage) if all(t[1] <= top or t[0] >= bottom for top, bottom, _ in tables)]
        tables = sorted([*tables, *loose], key=lambda t: t[0])
        return text_around(page, tables, between), [table for _, _, table in tables]
    finally:
        textpage.close()


def _has_picture(page: Any) -> bool:
    import pypdfium2.raw as raw

    return any(True for _ in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3))


def _recognise(page: Any) -> tuple[str, float]:
    from corpus.readers.ocr import recognise

    return recognise(page.render(scale=200 / 72).to_numpy())


_PAGE_NUMBER = re.compile(r"^\s*(?:[-—–－]\s*)?(?:第\s*)?\d{1,4}(?:\s*页)?(?:\s*[/共]\s*\d{1,4}\s*页?)?(?:\s*[-—–－])?\s*$")


REPEATED = 3
"""A line that stands first (or last) on so many pages, each at most two after the one before, is a running head (or foot)."""


def _without_frames(pages: list[str]) -> list[str]:
    """Pages without page numbers and without running heads and feet (国务院公报 2031·12, 手册 84 / 223)."""
    lines = [[line for line in page.split("\n") if line.strip()] for page in pages]
    for end in (-1, 0):
        for page in lines:
            if page and _PAGE_NUMBER.match(page[end]):
                page.pop(end)
        for number in _running([_shape(page[end]) if page else "" for page in lines]):
            lines[number].pop(end)
    return ["\n".join(page) for page in lines]


def _shape(line: str) -> str:
    """A line without blanks and digits; empty for what may well open page after page (附件1, 附件2; a row of a table)."""
    return "" if _OPENS.match(line) else re.sub(r"[\s\d]", "", line)


def _running(shapes: Sequence[str]) -> Iterator[int]:
    """Numbers of the pages whose shape recurs on REPEATED pages, each at most two after the one before."""
    places: dict[str, list[int]] = {}
    for number, shape in enumerate(shapes):
        if len(shape) > 1:
            places.setdefault(shape, []).append(number)
    for numbers in places.values():
        near = [n for n in numbers if any(0 < abs(n - other) <= 2 for other in numbers)]
        if len(near) >= REPEATED:
            yield from near


_OPENS = re.compile(r"^\s*(?:第[零〇一二三四五六七八九十百千\d]+[编章节条]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d{1,2}[.．、]|\d{1,3}\s+[\u4e00-\u9fff]{2}|附\s*件|#|\|)")
_CLOSED = re.compile(r"[。！？；：:;!?…”」』）)】|]\s*$")


def unwrap(text: str) -> str:
    """Lines broken by the page width joined to paragraphs: a full line that does not close a sentence goes on."""
    lines = [line.strip() for line in text.split("\n")]
    lengths = sorted(len(line) for line in lines if line and not line.startswith("|"))
    full = lengths[int(len(lengths) * 0.8)] - 3 if lengths else 0
    out: list[str] = []
    last = 0
    for line in lines:
        if not line:
            continue
        if out and last >= full > 12 and not _CLOSED.search(out[-1]) and not _OPENS.match(line):
            out[-1] += ("" if not (out[-1][-1].isascii() and line[0].isascii()) else " ") + line
        else:
            out.append(line)
        last = len(line)
    return "\n".join(out)
