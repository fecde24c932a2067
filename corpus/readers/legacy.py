"""Legacy DOC and XLS by Debian's tools (antiword, catdoc, xls2csv), where they are installed; they run bounded."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from corpus.errors import Oversized, Unreadable
from corpus.readers.base import Limits, Reading, clean, markdown
from corpus.readers.pdf import unwrap

TOOLS = {"doc": (("antiword", "-w", "0", "-m", "UTF-8.txt"), ("catdoc", "-w", "-d", "utf-8")), "xls": (("xls2csv", "-d", "utf-8"),)}


def read_legacy(data: bytes, *, name: str, kind: str, limits: Limits) -> Reading:
    """Text of a DOC or XLS file. Raises Unreadable when no tool is installed or the tool cannot read it."""
    programs = [(shutil.which(command[0]), command) for command in TOOLS[kind]]
    found = [(path, command) for path, command in programs if path]
    if not found:
        raise Unreadable(f"no program for .{kind} files is installed", name, "apt-get install antiword catdoc, or save it as .docx or .xlsx")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"input.{kind}"
        file.write_bytes(data)
        text = next((t for path, command in found if (t := _run([path or "", *command[1:], str(file)], name, limits)).strip()), "")
    if not text:
        raise Unreadable(f"damaged .{kind} file", name, "open it and save it as .docx or .xlsx")
    if kind == "xls":
        import csv

        table = tuple(tuple(c.strip() for c in row) for row in csv.reader(text.replace("\x0c", "\n").splitlines()) if any(row))
        return Reading("", clean(markdown(table)), tables=(table,))
    body = clean(unwrap(text))
    return Reading(next((line for line in body.split("\n") if 4 <= len(line) <= 60), ""), body)


def _run(command: list[str], name: str, limits: Limits) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=limits.seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise Oversized(f"reading took longer than {limits.seconds:.0f} s", name, "split the file") from error
    return done.stdout[: limits.inflated].decode("utf-8", "replace") if done.returncode == 0 else ""
