"""Import: documents a second without extraction, pages a second with it beside trafilatura, and memory against the number of documents.

Each figure is of a whole `jianwei import` in a process of its own: reading, metadata, clauses, events, relations, store.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import typer

from evaluation.commands import app
from evaluation.extraction import trafilatura_full
from evaluation.figures import OUT, keep
from evaluation.kill import command, policies


@dataclass(frozen=True, slots=True)
class Run:
    """One import: documents stored, wall and CPU seconds (with children), peak memory in MB."""

    documents: int
    wall: float
    cpu: float
    peak_mb: float

    def row(self, name: str) -> str:
        return f"| {name} | {self.documents} | {self.wall:.1f} | {self.cpu:.1f} | {self.documents / self.wall:.0f} | {self.documents / self.cpu:.0f} | {self.peak_mb:.0f} |"


def timed(home: Path, source: Path, *options: str) -> Run:
    """Import `source` into a fresh home in a child and measure it."""
    start = time.perf_counter()
    child = subprocess.Popen([*command(home, "import", str(source), "--json", *options)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    out = child.stdout.read() if child.stdout else ""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    counts = json.loads(out)["counts"]
    return Run(counts.get("new", 0), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def copies(data: Path, folder: Path, times: int) -> list[bytes]:
    """Pages of html/ in `folder`, `times` copies of each that differ in a comment; returns the pages."""
    pages = [p.read_bytes() for name in ("govcn", "gne") for p in sorted((data / "html" / name).glob("*.html"))]
    folder.mkdir()
    for n in range(times):
        for i, page in enumerate(pages):
            (folder / f"{n}-{i}.html").write_bytes(page + f"<!-- {n} -->".encode())
    return pages


def trafilatura_rate(pages: list[bytes]) -> float:
    """Pages a second of trafilatura's extraction alone (no metadata, no store)."""
    for page in pages[:3]:
        trafilatura_full(page)
    start = time.process_time()
    for page in pages:
        trafilatura_full(page)
    return len(pages) / (time.process_time() - start)


SIZES = (4_000, 16_000, 64_000)


@app.command("import")
def importing(data: Path = typer.Option(..., exists=True, help="Folder of the data."), times: int = typer.Option(20, help="Copies of each page."), out: Path | None = OUT) -> None:
    """Speed and memory of imports: policy/ as rows, html/ as pages (beside trafilatura), generated rows in three sizes."""
    typer.echo("| import | documents | wall s | CPU s | documents/s wall | documents/CPU s | peak MB |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = timed(folder / "h1", data / "policy")
        typer.echo(rows.row("policy/ (rows, with 17,331 known titles)"))
        pages = copies(data, folder / "pages", times)
        read = timed(folder / "h2", folder / "pages", "--kind", "policy")
        typer.echo(read.row(f"html/ (pages, {times} copies each)"))
        rate = trafilatura_rate(pages)
        typer.echo(f"| trafilatura, extraction alone, one core | {len(pages)} | | | | {rate:.0f} | |")
        peaks = [generated(folder, count) for count in SIZES]
    keep(out, import_documents_a_second=rows.documents / rows.wall, import_pages_over_trafilatura=read.documents / read.wall / rate, import_memory_growth=peaks[-1] / peaks[-2])


def generated(folder: Path, count: int) -> float:
    """Import `count` generated rows; the peak memory in MB."""
    (folder / str(count)).mkdir()
    run = timed(folder / f"h{count}", policies(folder / str(count), count, 1), "--kind", "policy")
    typer.echo(run.row(f"generated, {count}"))
    return run.peak_mb
