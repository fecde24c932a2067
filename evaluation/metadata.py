"""Metadata on real pages and titles: 文号, level and region, issuers and dates against what the publishers themselves declare."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from corpus.ingest import complete, draft_of_page
from corpus.metadata import describe, parse_number
from corpus.models import Source
from corpus.regions import stem_of
from corpus.text import parse_date
from evaluation.commands import app
from evaluation.figures import OUT, keep

GOVERNMENTS = {
    "State Council": "000000", "Shanghai Municipal Government": "310000", "Henan Provincial Government": "410000", "Guangdong Provincial Government": "440000",
    "Yunnan Provincial Government": "530000", "Sichuan Provincial Government": "510000", "Hainan Provincial Government": "460000",
}  # fmt: skip
_FULLWIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


def titles(data: Path) -> list[dict[str, Any]]:
    """The rows of policy/policy_titles.jsonl.gz."""
    with gzip.open(data / "policy" / "policy_titles.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def gold_number(raw: str) -> tuple[str, int, int] | None:
    """(code, year, serial) by plain splitting at the brackets: independent of the parser. None for other forms."""
    compact = re.sub(r"\s", "", raw).translate(_FULLWIDTH)
    match = re.fullmatch(r"(.+?)〔(\d{4})〕(?:第)?(\d+)号", compact)
    return (match[1], int(match[2]), int(match[3])) if match else None


def measure_titles(rows: list[dict[str, Any]]) -> tuple[Counter[str], list[str]]:
    """Counts of exact 文号, exact level and region (with the site known, and from the title alone), and examples of misses."""
    counts: Counter[str] = Counter()
    misses: list[str] = []
    for row in rows:
        _number(row, counts, misses)
        _place(row, counts, misses)
    return counts, misses


def _number(row: dict[str, Any], counts: Counter[str], misses: list[str]) -> None:
    raw = row["doc_no"] or ""
    if not raw:
        return
    counts["numbers"] += 1
    gold, number = gold_number(raw), parse_number(raw)
    counts["parsed"] += number is not None
    if gold and number and (number.code, number.year, number.serial) == gold:
        counts["exact"] += 1
    elif gold is None and number is not None:
        counts["other_form"] += 1
        misses.append(f"other form: {raw} -> {number}")
    else:
        misses.append(f"文号: {raw} -> {number}")


def _place(row: dict[str, Any], counts: Counter[str], misses: list[str]) -> None:
    code = GOVERNMENTS[row["gov"]]
    want = (code, "national" if code == "000000" else "province")
    known = describe(row["title"], "", hints={}, labels={}, meta={}, region_code=want[0], level=want[1]).values
    alone = describe(row["title"], "", hints={}, labels={}, meta={}).values
    counts["titles"] += 1
    got = (known.get("region_code"), known.get("level"))
    counts["place"] += got == want
    inside = got != want and str(got[0]).startswith(stem_of(code)) and code != "000000"
    counts["inside"] += inside
    if got != want:
        misses.append(f"place{' (a body inside it)' if inside else ''}: {row['title'][:60]} -> {got}")
    if alone.get("level"):
        counts["said"] += 1
        counts["said_right"] += (alone.get("region_code"), alone["level"]) == want


PAGE_FIELDS = ("title", "doc_number", "issuers", "written_on", "published_on", "index_number")


def measure_pages(data: Path) -> tuple[Counter[str], int, list[str]]:
    """Right fields over the pages of html/govcn against the .json beside them."""
    source = Source("govcn", "中国政府网", level="national", region_code="000000", official=True)
    counts: Counter[str] = Counter()
    misses: list[str] = []
    pages = sorted((data / "html" / "govcn").glob("*.html"))
    for page in pages:
        gold = json.loads(page.with_suffix(".json").read_text("utf-8"))
        got = complete(draft_of_page(page.read_bytes(), url=gold["url"], name=page.name, source=source), source)
        want = {
            "title": gold["title"], "doc_number": gold["doc_no"] or "", "issuers": _bodies(gold["issuer"]), "written_on": parse_date(gold["date_written"] or ""),
            "published_on": parse_date(gold["date_published"] or ""), "index_number": gold["index_no"],
        }  # fmt: skip
        for name in PAGE_FIELDS:
            counts[name] += getattr(got, name) == want[name]
            if getattr(got, name) != want[name]:
                misses.append(f"{page.name} {name}: {getattr(got, name)!r}, gold {want[name]!r}")
    return counts, len(pages), misses


def _bodies(s: str | None) -> tuple[str, ...]:
    return tuple(p for p in re.split(r"[\s、]+", s or "") if p)


@app.command("metadata")
def metadata(data: Path = typer.Option(..., exists=True, help="Folder of the data."), show: int = typer.Option(20, help="How many misses to print."), out: Path | None = OUT) -> None:
    """文号, level and region on 17,331 titles; every field on the pages with gold."""
    pages, n, wrong = measure_pages(data)
    c, misses = measure_titles(titles(data))
    for line in report(pages, n, c):
        typer.echo(line)
    for miss in [*wrong, *misses][:show]:
        typer.echo(miss)
    keep(out, page_fields=min(pages[name] for name in PAGE_FIELDS) / n, numbers_exact=c["exact"] / c["numbers"], places_exact=c["place"] / c["titles"])


def report(pages: Counter[str], n: int, c: Counter[str]) -> Iterator[str]:
    """The figures as lines."""
    yield f"pages {n}: " + ", ".join(f"{name} {pages[name]}" for name in PAGE_FIELDS)
    yield f"文号: exact {c['exact']}/{c['numbers']} = {c['exact'] / c['numbers']:.4f} (parsed {c['parsed']}, other forms {c['other_form']})"
    yield f"level and region with the site known: {c['place']}/{c['titles']} = {c['place'] / c['titles']:.4f} ({c['inside']} of the rest are bodies inside that place)"
    yield f"level and region from the title alone, where it says them: {c['said_right']}/{c['said']} = {c['said_right'] / max(1, c['said']):.4f}"
