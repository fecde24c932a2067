"""Rows of tabular files as dictionaries: JSONL and CSV (gzip too), XLSX, JSON lists."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from corpus.errors import Oversized, Unreadable
from corpus.readers.base import DEFAULT, decode

TABULAR = (".jsonl", ".csv", ".tsv", ".json", ".xlsx")


def is_tabular(path: Path) -> bool:
    """Whether a file name is of rows (.jsonl, .csv, .tsv, .json, .xlsx, with .gz too)."""
    return path.name.lower().removesuffix(".gz").endswith(TABULAR)


BAD_LINES = 20
"""After so many bad lines a file is taken as none of JSON lines."""


def rows(path: Path, failed: Callable[[Unreadable], None] | None = None) -> Iterator[dict[str, Any]]:
    """Rows of a file one by one, in flat memory for JSONL and CSV. A bad line of JSON is told to `failed` and the rest goes on;
    without `failed`, and after BAD_LINES, it raises Unreadable with the number of the line."""
    name = path.name.lower().removesuffix(".gz")
    try:
        if name.endswith(".xlsx"):
            yield from _sheet(path)
        elif name.endswith(".json"):
            yield from _list(path)
        elif name.endswith(".jsonl"):
            yield from _lines(path, failed)
        else:
            yield from _csv(path)
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise Unreadable("damaged file", path.name, str(error)) from error


def _open(path: Path) -> Any:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rb")
    return path.open("rb")


LINE = 64 << 20
RATIO = 250
"""A line has at most LINE bytes; a file that inflates beyond the limit of readers inflates at most RATIO times."""


def _bounded(file: Any, path: Path) -> Iterator[bytes]:
    """The lines of an open file, none of them too long; raises Oversized for a bomb."""
    total, size = 0, max(1, path.stat().st_size)
    while line := file.readline(LINE + 1):
        total += len(line)
        if len(line) > LINE or (total > DEFAULT.inflated and total > RATIO * size):
            raise Oversized("a line or the whole file inflates beyond its limit", path.name, "split it or unpack it by hand")
        yield line


def _lines(path: Path, failed: Callable[[Unreadable], None] | None) -> Iterator[dict[str, Any]]:
    bad = 0
    with _open(path) as file:
        for number, line in enumerate(_bounded(file, path), 1):
            if not line.strip():
                continue
            try:
                yield _object(line, number, path.name)
            except Unreadable as error:
                bad += 1
                if failed is None or bad > BAD_LINES:
                    raise
                failed(error)


def _object(line: bytes, number: int, name: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"line {number} is not JSON", name, str(error)) from error
    if not isinstance(row, dict):
        raise Unreadable(f"line {number} is not a JSON object", name, "one object a line")
    return row


def _list(path: Path) -> Iterator[dict[str, Any]]:
    with _open(path) as file:
        data = file.read(DEFAULT.inflated + 1)
    if len(data) > DEFAULT.inflated:
        raise Oversized("the file inflates beyond its limit", path.name, "make it JSON lines, or split it")
    try:
        value = json.loads(data)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("not JSON", path.name, str(error)) from error
    items = value if isinstance(value, list) else next((v for v in value.values() if isinstance(v, list)), [value]) if isinstance(value, dict) else []
    yield from (item for item in items if isinstance(item, dict))


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    with _open(path) as file:
        head = file.read(65536)
    encoding = decode(head)[1]
    delimiter = max(",\t;", key=decode(head)[0].split("\n", 1)[0].count)
    with _open(path) as file:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        try:
            for row in csv.DictReader((decoder.decode(line) for line in _bounded(file, path)), delimiter=delimiter):
                yield {k: v for k, v in row.items() if k is not None}
        except csv.Error as error:
            raise Unreadable("damaged CSV", path.name, str(error)) from error


def _sheet(path: Path) -> Iterator[dict[str, Any]]:
    from corpus.readers import read

    reading = read(path.read_bytes(), name=path.name)
    for table in reading.tables[:1]:
        header = [cell.strip() for cell in table[0]]
        for row in table[1:]:
            yield dict(zip(header, row, strict=False))
