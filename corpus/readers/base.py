"""What every reader returns, its limits, and the decoding of bytes."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from corpus.errors import Oversized, Unreadable

Table = tuple[tuple[str, ...], ...]
"""A table as rows of cells; the first row is the header where there is one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one reading: bytes on the wire, bytes inflated, pages, seconds, megabytes of memory, OCR pages."""

    size: int = 64 << 20
    inflated: int = 256 << 20
    pages: int = 2000
    seconds: float = 120.0
    memory: int = 2048
    ocr_pages: int = 60
    members: int = 2000


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with what stands around it.

    fields: label table (索引号 → …); meta: meta tags; tables: structured, in order of appearance (in the text they are
    Markdown); attachments: (title, address); confidence 0..1 (of recognition for OCR, of extraction for pages).
    """

    title: str
    text: str
    fields: dict[str, str] = field(default_factory=dict)
    meta: dict[str, str] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    attachments: tuple[tuple[str, str], ...] = ()
    confidence: float = 1.0
    warnings: tuple[str, ...] = ()
    ocr: bool = False
    parts: tuple[tuple[str, Reading], ...] = ()


_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_\-]+)""", re.IGNORECASE)


def decode(data: bytes, content_type: str = "") -> tuple[str, str]:
    """Text of bytes and the encoding in force: BOM, valid UTF-8, then what is declared, then GB18030.

    A wrong declaration does not matter where the bytes are valid UTF-8 (long non-UTF-8 Chinese text never is).
    """
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(name, "replace"), name
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if error.start > len(data) - 4:  # cut in the middle of a character
            return data[: error.start].decode("utf-8"), "utf-8"
    return _legacy(data, content_type)


def _legacy(data: bytes, content_type: str) -> tuple[str, str]:
    declared = [m.decode("ascii") for m in _DECLARED.findall(data[:4096])]
    declared += [m.decode("ascii") for m in _DECLARED.findall(content_type.encode())]
    names = [n.lower() for n in declared if n.lower().replace("-", "") not in ("utf8", "gb2312", "gbk")]
    found: list[tuple[int, str, str]] = []
    for name in ("gb18030", *names, "big5"):
        try:
            text = data.decode(name, "replace")
        except LookupError:
            continue
        found.append((text.count("\ufffd") * 10 + _strange(text), name, text))
    bad, name, text = min(found, key=lambda f: f[0])
    utf8 = data.decode("utf-8", "replace")
    if utf8.count("\ufffd") * 10 + _strange(utf8) < bad:
        return utf8, "utf-8"
    return text, name


def _strange(text: str) -> int:
    """Characters that real pages hardly have: private use, controls, rare ideographs."""
    return len(re.findall(r"[\ue000-\uf8ff\x00-\x08\x0b\x0c\x0e-\x1f\u3400-\u4dbf]", text[:20000]))


_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\ufffc]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")


def clean(text: str) -> str:
    """Stored form of a text: \\n line ends, no controls or invisible marks, no trailing blanks, at most one empty line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n").replace("\x0c", "\n")
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text)).replace("\u00a0", " ")
    lines = [line.strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def markdown(table: Table) -> str:
    """A table as Markdown rows (no header rule is added: the first row is a row like the others)."""
    width = max((len(row) for row in table), default=0)
    lines = []
    for row in table:
        cells = [re.sub(r"\s+", " ", cell).strip().replace("|", "\uff5c") for cell in row]
        lines.append("| " + " | ".join(cells + [""] * (width - len(cells))) + " |")
    return "\n".join(lines)


def within(data: bytes, limits: Limits, name: str) -> bytes:
    """`data` when its size is allowed; raises Unreadable when empty, Oversized when too large."""
    if not data:
        raise Unreadable("the file is empty", name, "leave it out or fetch it again")
    if len(data) > limits.size:
        raise Oversized(f"the file is larger than {limits.size >> 20} MiB", name, "split it or raise the limit")
    return data
