"""Extraction of the main text against gold: ours beside trafilatura (and other peers that are installed), F1 and pages per second.

F1 is over multisets of character bigrams without white space and Markdown marks (order does not count, noise does).
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import typer

from corpus.readers.html import read_html
from evaluation.commands import app

Extract = Callable[[bytes], str]


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


def peers() -> dict[str, Extract]:
    """Systems by name; readability-lxml and resiliparse where they are installed."""
    from importlib.util import find_spec

    found: dict[str, Extract] = {"jianwei": ours, "trafilatura": trafilatura_full, "trafilatura fast": trafilatura_fast}
    if find_spec("resiliparse"):
        found["resiliparse"] = _resiliparse
    if find_spec("readability"):
        found["readability-lxml"] = _readability
    return found


def _resiliparse(data: bytes) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(data.decode("utf-8", "replace"), main_content=True))


def _readability(data: bytes) -> str:
    import lxml.html
    from readability import Document

    return str(lxml.html.fromstring(Document(data.decode("utf-8", "replace")).summary()).text_content())


def measure(extract: Extract, given: list[Page]) -> Score:
    """Scores of one system over pages."""
    score = Score()
    for page in given:
        start = time.perf_counter()
        found = extract(page.data)
        score.seconds += time.perf_counter() - start
        p, r, f = compare(found, page.gold)
        score.precision, score.recall, score.f1, score.pages = score.precision + p, score.recall + r, score.f1 + f, score.pages + 1
        score.worst.append((f, page.name))
    score.worst.sort()
    return score


@app.command("extraction")
def extraction(data: Path = typer.Option(..., exists=True, help="Folder of the data."), rounds: int = typer.Option(3, min=1, help="Timed rounds; the fastest counts.")) -> None:
    """Main text of pages with gold: ours and peers in the same run."""
    given = list(pages(data))
    typer.echo("| system | pages | precision | recall | F1 | pages/s |\n|---|---|---|---|---|---|")
    for name, extract in peers().items():
        runs = [measure(extract, given) for _ in range(rounds)]
        best = min(runs, key=lambda s: s.seconds)
        typer.echo(best.row(name))
        for group in ("govcn", "readability"):
            typer.echo(measure(extract, [p for p in given if p.group == group]).row(f"{name}, {group}"))
        typer.echo(f"  worst: {best.worst[:3]}")
