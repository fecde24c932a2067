"""ZIP files: members read one by one under limits on number and inflated bytes; a bomb costs one error."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator

from corpus.errors import Oversized, ReadError, Unreadable
from corpus.readers.base import Limits, Reading


def opened(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive, or Unreadable."""
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Unreadable("damaged ZIP", name, str(error)) from error


def inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, name: str) -> bytes:
    """The bytes of one member, at most `limit`; the declared size is not trusted."""
    try:
        with archive.open(info) as member:
            data = member.read(limit + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise Unreadable("damaged or protected member", f"{name}!{info.filename}", str(error)) from error
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise Unreadable("damaged member", f"{name}!{info.filename}", str(error)) from error
        raise
    if len(data) > limit:
        raise Oversized("the archive inflates beyond its limit", f"{name}!{info.filename}", "unpack it by hand or raise the limit")
    return data


def members(data: bytes, name: str, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """(member name, bytes) of the files in an archive, under the limits. Names of GBK archives are mended."""
    with opened(data, name) as archive:
        infos = [i for i in archive.infolist() if not i.is_dir()]
        if len(infos) > limits.members:
            raise Oversized(f"more than {limits.members} members", name, "split the archive")
        left = limits.inflated
        for info in infos:
            body = inflate(archive, info, left, name)
            left -= len(body)
            yield _name(info), body


def _name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename


def read_zip(data: bytes, *, name: str, limits: Limits, read: Callable[..., Reading], depth: int = 0) -> Reading:
    """Every readable member as a part; unreadable ones become warnings."""
    parts, warnings = [], []
    for member, body in members(data, name, limits):
        if body[:4] == b"PK\x03\x04" and member.lower().endswith(".zip"):
            warnings.append(f"{member}: an archive in an archive is not opened")
            continue
        try:
            parts.append((member, read(body, name=member, limits=limits)))
        except ReadError as error:
            warnings.append(f"{member}: {error}")
    text = "\n\n".join(part.text for _, part in parts)
    return Reading("", text, warnings=tuple(warnings), parts=tuple(parts), confidence=min((p.confidence for _, p in parts), default=1.0), ocr=any(p.ocr for _, p in parts))
