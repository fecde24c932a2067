"""Segmentation on real laws: every article number once and in order, clauses tile the text, chapters and articles against gold.

Independent of the segmenter: the sequence of numbers itself, the Markdown headings of the source (which the stored
text no longer has), and the texts of gold articles of the STARD questions beside the laws.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from corpus.marks import is_article_next
from corpus.models import Clause
from corpus.promulgation import clean_law
from corpus.segment import article_number, segment
from evaluation.commands import app
from evaluation.figures import OUT, keep

_CANDIDATE = re.compile(r"(?m)^[\s\u3000]*[第笫][ \u3000]?[零〇一二三四五六七八九十百千\d－-]+[ \u3000]?条(?:之[一二三四五六七八九十]+)?")


@dataclass(slots=True)
class Tally:
    """Counts over documents, and the exceptions (document, what, cause)."""

    documents: int = 0
    articles: int = 0
    candidates: int = 0
    tiled: int = 0
    in_order: int = 0
    with_articles: int = 0
    chapters_right: int = 0
    chapters: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    exceptions: list[tuple[str, str, str]] = field(default_factory=list)


def laws(data: Path) -> Iterator[dict[str, Any]]:
    """The rows of policy/laws.jsonl.gz."""
    with gzip.open(data / "policy" / "laws.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def examine(row: dict[str, Any], tally: Tally) -> dict[str, str]:
    """Add one law to the tally; returns its articles by name (text without the label)."""
    title, _, text = clean_law(row["text"], row["name"])
    clauses = segment(text, title=title)
    articles = [c for c in clauses if c.kind == "article"]
    tally.documents += 1
    tally.articles += len(articles)
    tally.candidates += len(_CANDIDATE.findall(text))
    tally.kinds.update(c.kind for c in clauses)
    tally.tiled += tiles(clauses, text)
    _order(row, articles, tally)
    _chapters(row, articles, tally)
    return _bodies(clauses, text)


def tiles(clauses: tuple[Clause, ...], text: str) -> bool:
    """Whether clauses cover the text from 0 to its end without gap or overlap."""
    joints = all(a.end == b.start for a, b in pairwise(clauses))
    return bool(clauses) and clauses[0].start == 0 and clauses[-1].end == len(text) and joints and all(c.start < c.end for c in clauses)


def _order(row: dict[str, Any], articles: list[Clause], tally: Tally) -> None:
    numbers = [article_number(str(c.article)) for c in articles]
    wrong = [(a, b) for a, b in zip([(0, 0), *numbers], numbers, strict=False) if not is_article_next(b, a)]
    if wrong and wrong[0][0] == (0, 0) and continues(row, numbers[0]):
        tally.exceptions.append((row["path"], f"begins at {numbers[0][0]}", "numbering goes on from the part before (source)"))
        wrong = wrong[1:]
    for before, after in wrong:
        tally.exceptions.append((row["path"], f"{before} -> {after}", "gap, repetition or disorder"))
    tally.with_articles += bool(articles)
    tally.in_order += bool(articles) and not wrong


def continues(row: dict[str, Any], first: tuple[int, int]) -> bool:
    """Whether a text is a part of a whole whose articles are numbered through (编 of 民法典, 宪法修正案 by year)."""
    return first[0] > 1 and ("民法典" in row["path"] or "修正案" in row["path"])


def _chapters(row: dict[str, Any], articles: list[Clause], tally: Tally) -> None:
    """The numbered Markdown heading last seen above each article must stand in its path."""
    by_name = {str(c.article): c for c in articles}
    heading = ""
    for line in row["text"].split("<!-- INFO END -->")[-1].split("\n"):
        if line.startswith("#"):
            match = re.match(r"#+\s*(第[零〇一二三四五六七八九十百\d]+(?:编|分编|章|节))", line)
            heading = match[1] if match else ""
        elif heading and (match := re.match(r"(第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?)[ \u3000]", line)):
            clause = by_name.get(match[1])
            if clause:
                tally.chapters += 1
                tally.chapters_right += heading in clause.path


def _bodies(clauses: tuple[Clause, ...], text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for c in clauses:
        if c.article and c.kind not in ("heading", "attachment"):
            found[c.article] = found.get(c.article, "") + text[c.start : c.end]
    return found


def gold(data: Path) -> dict[str, str]:
    """Gold articles of STARD: "中华人民共和国民法典第一百四十四条" → text."""
    path = data / "qa" / "stard.jsonl.gz"
    if not path.exists():
        return {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {name: text for line in lines for name, text in json.loads(line)["articles"].items()}


def squeeze(text: str) -> str:
    """Text without white space and marks, for comparison."""
    return re.sub(r"[\s\u3000，。、；：,.;:（）()“”\"]", "", text)


def held(bodies: dict[tuple[str, str], list[str]], name: str, text: str) -> str:
    """exact | longer | shorter | other | absent: how our article stands to the gold one."""
    match = re.match(r"(.+?)(第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?)$", name)
    if not match:
        return "absent"
    law = match[1].removeprefix("中华人民共和国")
    law = law if not law.startswith("民法典") else "民法典"
    found = bodies.get((law, match[2]))
    if not found:
        return "absent"
    want = squeeze(text)
    ours = [squeeze(body).removeprefix(match[2]) for body in found]
    if want in ours:
        return "exact"
    if any(want in o for o in ours):
        return "longer"
    return "shorter" if any(o and o in want for o in ours) else "other"


@app.command("segmentation")
def segmentation(data: Path = typer.Option(..., exists=True, help="Folder of the data."), show: int = typer.Option(40, help="How many exceptions to print."), out: Path | None = OUT) -> None:
    """Clauses of all laws: order of article numbers, tiling, chapters, and gold article texts."""
    tally = Tally()
    bodies: dict[tuple[str, str], list[str]] = {}
    for row in laws(data):
        name = "民法典" if row["path"].startswith("民法典/") else row["name"]
        for article, body in examine(row, tally).items():
            bodies.setdefault((name, article), []).append(body)
    agreement = Counter(held(bodies, name, text) for name, text in gold(data).items())
    for line in report(tally, agreement, show):
        typer.echo(line)
    keep(out, articles_in_order=tally.in_order / max(1, tally.with_articles), clauses_tile=tally.tiled / max(1, tally.documents))


def report(tally: Tally, agreement: Counter[str], show: int) -> Iterator[str]:
    """The figures as lines."""
    yield f"documents {tally.documents}, with articles {tally.with_articles}, articles {tally.articles} (line-initial candidates {tally.candidates})"
    yield f"tiled {tally.tiled}/{tally.documents}; numbers once and in order {tally.in_order}/{tally.with_articles}"
    yield f"articles under the chapter that the source marks: {tally.chapters_right}/{tally.chapters}"
    yield "clauses " + ", ".join(f"{k} {n}" for k, n in tally.kinds.most_common())
    if agreement:
        known = agreement.total() - agreement["absent"]
        yield f"gold articles: exact {agreement['exact']}/{known} ({', '.join(f'{k} {n}' for k, n in agreement.most_common())}; other = another version of the law)"
    for path, what, cause in tally.exceptions[:show]:
        yield f"exception: {path}: {what}: {cause}"
