"""Which reader reads what: by the bytes first, then by name and content type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from corpus.errors import ReadError, Unreadable
from corpus.readers.base import DEFAULT, Limits, Reading, clean, decode, within

_EXTENSIONS = {
    "html": "html", "htm": "html", "shtml": "html", "xhtml": "html", "jsp": "html", "aspx": "html", "php": "html", "pdf": "pdf", "docx": "docx",
    "xlsx": "xlsx", "csv": "csv", "tsv": "csv", "txt": "txt", "md": "txt", "jsonl": "jsonl", "json": "jsonl", "zip": "zip", "ofd": "ofd", "doc": "doc",
    "wps": "doc", "xls": "xls", "et": "xls", "png": "image", "jpg": "image", "jpeg": "image", "bmp": "image", "tif": "image", "tiff": "image", "webp": "image",
}  # fmt: skip


def extension(name: str) -> str:
    """The extension of a name or address, lower case, without query and .gz."""
    path = re.split(r"[?#]", name)[0].lower().removesuffix(".gz")
    return path.rsplit(".", 1)[-1] if "." in path.rsplit("/", 1)[-1] else ""


def readable(name: str) -> bool:
    """Whether the extension of a name is one that a reader reads."""
    return extension(name) in _EXTENSIONS


def format_of(data: bytes, name: str = "", content_type: str = "") -> str:
    """html | pdf | docx | xlsx | csv | txt | jsonl | zip | ofd | doc | xls | image, or empty."""
    head = data[:2048].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"%PDF") or b"%PDF-" in data[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(data)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls" if _EXTENSIONS.get(extension(name)) == "xls" else "doc"
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*")) or (head.startswith(b"RIFF") and b"WEBP" in head[:16]):
        return "image"
    if re.match(rb"(?i)<!doctype html|<html|<\?xml[^>]*>\s*<!doctype html|<head|<body|<div|<meta|<!--|<table|<p[ >]", head):
        return "html"
    by_name = _EXTENSIONS.get(extension(name), "")
    if by_name in ("html", "txt", "csv", "jsonl"):
        return by_name
    if "html" in content_type:
        return "html"
    return "txt" if by_name == "" and _textual(head) else ""


def _directory(data: bytes) -> bytes:
    """The central directory of a ZIP, which names its own members only (a member that is stored holds a directory of its own);
    the ends of the file where it has none."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 66_000))
    size, start = (int.from_bytes(data[end + at : end + at + 4], "little") for at in (12, 16)) if end >= 0 else (0, 0)
    found = data[start : start + size]
    return found if found.startswith(b"PK\x01\x02") else data[-65536:] + data[:65536]


def _zipped(data: bytes) -> str:
    tail = _directory(data)
    for mark, name in ((b"word/document.xml", "docx"), (b"xl/workbook.xml", "xlsx"), (b"OFD.xml", "ofd")):
        if mark in tail:
            return name
    return "zip"


def _textual(head: bytes) -> bool:
    return b"\x00" not in head and bool(head.strip())


_MARKUP = re.compile(r"(?m)^#{1,6}[ \t]+|\*\*([^*\n]+)\*\*|\\(?=[\\`*_{}\[\]()#+.!-])")
"""Marks of Markdown that are no text: headings, bold, escapes (tables stay as they are)."""


def _plain(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    text = clean(decode(data, content_type)[0])
    if extension(name) == "md":
        text = _MARKUP.sub(lambda m: m[1] or "", text)
    first = text.split("\n", 1)[0].lstrip("# ").strip()
    return Reading(first if len(first) <= 80 else "", text)


def _html(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.html import read_html

    return read_html(data, name=name, content_type=content_type)


def _pdf(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.pdf import read_pdf

    return read_pdf(data, name=name, limits=limits)


def _docx(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.office import read_docx

    return read_docx(data, name=name, limits=limits)


def _xlsx(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.office import read_xlsx

    return read_xlsx(data, name=name, limits=limits)


def _csv(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.office import read_csv

    return read_csv(data, name=name, content_type=content_type)


def _zip(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.archive import read_zip

    return read_zip(data, name=name, limits=limits, read=partial(read, inside=True))


def _ofd(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.ofd import read_ofd

    return read_ofd(data, name=name, limits=limits)


def _doc(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.legacy import read_legacy

    return read_legacy(data, name=name, kind="doc", limits=limits)


def _xls(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.legacy import read_legacy

    return read_legacy(data, name=name, kind="xls", limits=limits)


def _image(data: bytes, name: str, content_type: str, limits: Limits) -> Reading:
    from corpus.readers.ocr import read_image

    text, score = read_image(data, name)
    return Reading("", clean(text), confidence=round(score, 4), ocr=True)


READERS: dict[str, Callable[[bytes, str, str, Limits], Reading]] = {
    "html": _html, "pdf": _pdf, "docx": _docx, "xlsx": _xlsx, "csv": _csv, "txt": _plain, "jsonl": _plain, "zip": _zip, "ofd": _ofd, "doc": _doc, "xls": _xls, "image": _image,
}  # fmt: skip
_PACKED = ((b"Rar!\x1a\x07", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"))
"""How archives begin that no reader opens: they are named, with what can be done."""
UNTRUSTED = frozenset({"pdf", "docx", "xlsx", "zip", "ofd", "image", "doc", "xls"})
"""Formats whose libraries run in the child process of corpus.readers.pool."""
LONG = 256 << 10
"""Pages and texts of more bytes are read there too: what costs much is bounded in seconds and memory."""
Child = Callable[[str, bytes, str, str, Limits], Reading]


def read(data: bytes, *, name: str, content_type: str = "", limits: Limits = DEFAULT, inside: bool = False, by: Child | None = None) -> Reading:
    """Read bytes of any known format. Raises Unreadable (empty, damaged, unknown) or Oversized.

    Untrusted formats and long files run in a child process with limits of time and memory, unless `inside` says that this
    is one; `by` is a child for every format (an import that reads several files at once).
    """
    within(data, limits, name)
    kind = format_of(data, name, content_type)
    reader = READERS.get(kind)
    if packer := next((n for head, n in _PACKED if data.startswith(head)), ""):
        raise Unreadable(f"{packer} archives are not read", name, "unpack it and import the files, or pack them as .zip")
    if reader is None:
        raise Unreadable("unknown format", name, f"one of: {', '.join(sorted(READERS))}")
    if by is not None:
        reading = by(kind, data, name, content_type, limits)
    elif (kind in UNTRUSTED or len(data) > LONG) and not inside:
        from corpus.readers.pool import read_bounded

        reading = read_bounded(kind, data, name, content_type, limits)
    else:
        reading = reader(data, name, content_type, limits)
    if not reading.text.strip() and not reading.parts and not reading.attachments:
        raise Unreadable("the file holds no text", name, "check that it is not blank or protected")
    return reading


def read_together(files: Sequence[tuple[bytes, str]], *, processes: int, limits: Limits = DEFAULT) -> Iterator[Reading | ReadError]:
    """Readings of (bytes, name) pairs in order, or what went wrong with each; from POOLED files on by `processes` children at once."""
    if processes < 2 or len(files) < POOLED:
        yield from (_tried(data, name, limits, None) for data, name in files)
        return
    from corpus.readers.pool import workers

    with workers(processes) as (threads, child):
        yield from threads.map(lambda file: _tried(file[0], file[1], limits, child), files)


POOLED = 8
"""From so many files on several children read at once."""


def _tried(data: bytes, name: str, limits: Limits, by: Child | None) -> Reading | ReadError:
    try:
        return read(data, name=name, limits=limits, by=by)
    except ReadError as error:
        return error
