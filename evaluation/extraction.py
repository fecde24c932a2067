"""Extraction of the main text against gold: ours beside trafilatura (and other peers that are installed), F1 and pages per second.

F1 is over multisets of character bigrams without white space and Markdown marks (order does not count, noise does).
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import typer

from corpus.readers.html import read_html
from evaluation import peer
from evaluation.commands import app
from evaluation.figures import OUT, keep

Extract = Callable[[bytes], str]
Extracted = list[tuple[str, float]]  # of each page: text, seconds


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its gold text."""

    name: str
    group: str
    data: bytes
    gold: str


@dataclass(slots=True)
class Score:
    """Sums over pages."""

    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0
    pages: int = 0
    seconds: float = 0.0
    worst: list[tuple[float, str]] = field(default_factory=list)

    def row(self, name: str) -> str:
        n = max(1, self.pages)
        return f"| {name} | {self.pages} | {self.precision / n:.4f} | {self.recall / n:.4f} | {self.f1 / n:.4f} | {self.pages / max(self.seconds, 1e-9):.0f} |"


def pages(data: Path) -> Iterator[Page]:
    """Pages with gold: html/govcn (.json beside .html) and html/readability (expected.html)."""
    for page in sorted((data / "html" / "govcn").glob("*.html")):
        yield Page(page.name, "govcn", page.read_bytes(), json.loads(page.with_suffix(".json").read_text("utf-8"))["text"])
    for folder in sorted((data / "html" / "readability").iterdir()):
        if (folder / "expected.html").exists():
            import lxml.html

            gold = lxml.html.document_fromstring((folder / "expected.html").read_bytes().decode("utf-8")).text_content()
            yield Page(folder.name, "readability", (folder / "source.html").read_bytes(), gold)


def bigrams(text: str) -> Counter[str]:
    """Character bigrams without white space, table marks and link syntax."""
    s = re.sub(r"[\s\u3000|*#_\-]+", "", text)
    return Counter(s[i : i + 2] for i in range(len(s) - 1))


def compare(found: str, gold: str) -> tuple[float, float, float]:
    """(precision, recall, F1), each 0..1."""
    a, b = bigrams(found), bigrams(gold)
    common = sum((a & b).values())
    if not common:
        return 0.0, 0.0, 0.0
    p, r = common / a.total(), common / b.total()
    return p, r, 2 * p * r / (p + r)


def ours(data: bytes) -> str:
    """The text of corpus.readers."""
    return read_html(data).text


def trafilatura_full(data: bytes) -> str:
    """trafilatura with tables, its default extractor."""
    import trafilatura

    return trafilatura.extract(data, include_comments=False, include_tables=True, favor_recall=False) or ""


def trafilatura_fast(data: bytes) -> str:
    """trafilatura without its fallbacks."""
    import trafilatura

    return trafilatura.extract(data, include_comments=False, include_tables=True, fast=True) or ""


def systems() -> dict[str, Extract]:
    """Systems by name that run in this environment; resiliparse where it is installed."""
    from importlib.util import find_spec

    found: dict[str, Extract] = {"jianwei": ours, "trafilatura": trafilatura_full, "trafilatura fast": trafilatura_fast}
    if find_spec("resiliparse"):
        found["resiliparse"] = _resiliparse
    return found


def _resiliparse(data: bytes) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(data.decode("utf-8", "replace"), main_content=True))


def timed(extract: Extract, given: list[Page], rounds: int) -> Extracted:
    """Texts of one system, and for each page the seconds of its fastest round."""
    texts, seconds = [""] * len(given), [float("inf")] * len(given)
    for _ in range(rounds):
        for n, page in enumerate(given):
            start = time.perf_counter()
            texts[n] = extract(page.data)
            seconds[n] = min(seconds[n], time.perf_counter() - start)
    return list(zip(texts, seconds, strict=True))


def in_environment(name: str, given: list[Page], rounds: int, cache: Path) -> Extracted:
    """Texts and seconds of a peer that runs in an environment of its own under `cache`; raises ModelError when it fails."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch) / "pages", Path(scratch) / "out.json"
        folder.mkdir()
        for n, page in enumerate(given):
            (folder / f"{n:04d}").write_bytes(page.data)
        peer.run(name, cache, [str(folder), str(out), str(rounds)])
        made = json.loads(out.read_text("utf-8"))
    return [(made["texts"][f"{n:04d}"], made["seconds"][f"{n:04d}"]) for n in range(len(given))]


def score(found: Extracted, given: list[Page], group: str = "") -> Score:
    """Scores over the pages of a group (of all without one)."""
    sums = Score()
    for (text, seconds), page in zip(found, given, strict=True):
        if group in ("", page.group):
            p, r, f = compare(text, page.gold)
            sums.precision, sums.recall, sums.f1, sums.pages, sums.seconds = sums.precision + p, sums.recall + r, sums.f1 + f, sums.pages + 1, sums.seconds + seconds
            sums.worst.append((f, page.name))
    sums.worst.sort()
    return sums


@app.command("extraction")
def extraction(
    data: Path = typer.Option(..., exists=True, help="Folder of the data."),
    rounds: int = typer.Option(3, min=1, help="Timed rounds; a page's fastest counts."),
    cache: Path | None = typer.Option(None, help="Folder for the environments of peers (readability-lxml); without it they are left out."),
    out: Path | None = OUT,
) -> None:
    """Main text of pages with gold: ours and peers in the same run."""
    given = list(pages(data))
    typer.echo("| system | pages | precision | recall | F1 | pages/s |\n|---|---|---|---|---|---|")
    found = {name: timed(extract, given, rounds) for name, extract in systems().items()}
    if cache:
        found["readability-lxml"] = in_environment("readability", given, rounds, cache)
    for name, some in found.items():
        whole = score(some, given)
        if name == "jianwei":
            keep(out, extraction_f1=whole.f1 / max(1, whole.pages))
        typer.echo(whole.row(name))
        for group in ("govcn", "readability"):
            typer.echo(score(some, given, group).row(f"{name}, {group}"))
        typer.echo(f"  worst: {whole.worst[:3]}")
