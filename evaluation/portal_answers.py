"""Our own questions over the demo portal, by type, with the first passage that search finds read out as the baseline: `jianwei eval portal`."""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.access import LOCAL
from evaluation.answers import REFUSALS, STALE, mean
from evaluation.commands import app
from evaluation.peer_answers import Asked, against, held
from evaluation.portal import portal
from rag.answer import Answer, Answerer, Question
from rag.retrieve import Query


@dataclass(frozen=True, slots=True)
class Row:
    """What one question came to; `points` and `cited` are None where nothing is to be found."""

    id: str
    type: str
    status_ok: bool
    points: float | None
    cited: bool | None
    exact: bool
    stale: int
    baseline: float | None


def questions() -> dict[str, Any]:
    """portal_questions.toml."""
    return tomllib.loads(files("evaluation").joinpath("portal_questions.toml").read_text("utf-8"))


def measure(answerer: Answerer) -> list[Row]:
    """Ask every question; beside each answer the share of points that the first passage found holds."""
    data = questions()
    return [_row(answerer, q, str(data["on"])) for q in data["question"]]


def _row(answerer: Answerer, q: dict[str, Any], on: str) -> Row:
    answer = answerer.ask(Question(q["text"], (), on, q.get("region", "")), LOCAL)
    hits = answerer.tools.retriever.search(Query(q["text"], k=1, as_of=on, region=q.get("region", "")), LOCAL)
    points, gold = q.get("points", ()), set(q.get("gold", ()))
    right = answer.status in REFUSALS if q["type"] == "refuse" else answer.status in ("answered", "partial")
    ids = {c.external_id for c in answer.citations}
    return Row(q["id"], q["type"], right, held(points, answer.text), bool(ids & gold) if gold else None, exact(answerer, answer), _stale(answer), held(points, hits[0].text if hits else ""))


def exact(answerer: Answerer, answer: Answer) -> bool:
    """Whether every quote is the stored text."""
    texts = {d.id: d.text for d in answerer.tools.store.documents.texts([c.document_id for c in answer.citations], LOCAL)}
    return all(texts[c.document_id][c.start : c.end] == c.quote for c in answer.citations)


def _stale(answer: Answer) -> int:
    """Citations of what does not hold at the date (a question for validity may quote it)."""
    return 0 if answer.composer == "standing" else sum(str(c.validity.status) in STALE for c in answer.citations)


def figures(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Means by type and over all (`*`)."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for r in rows:
        groups[r.type].append(r)
        groups["*"].append(r)
    return {name: _means(found) for name, found in sorted(groups.items())}


def _means(found: Sequence[Row]) -> dict[str, float]:
    return {
        "n": len(found), "status": mean([float(r.status_ok) for r in found]), "points": mean([r.points for r in found]), "first_points": mean([r.baseline for r in found]),
        "cited": mean([None if r.cited is None else float(r.cited) for r in found]), "quotes_exact": mean([float(r.exact) for r in found]), "validity_errors": sum(r.stale for r in found),
    }  # fmt: skip


@app.command("portal")
def command(
    peers: Annotated[list[str] | None, typer.Option("--against", help="A peer: langchain, llamaindex, haystack (as its quick start does it).")] = None,
    cache: Annotated[Path, typer.Option(help="Folder of the peers' own environments.")] = Path(".jianwei/eval"),
    out: Annotated[Path | None, typer.Option(help="Figures as JSON, for `jianwei eval gate portal`.")] = None,
) -> None:
    """Our own questions over the demo portal: status, points, citations, quotes, validity, by type; the first passage found, and peers, beside it."""
    with tempfile.TemporaryDirectory() as folder, portal(Path(folder) / "home") as answerer:
        rows = measure(answerer)
        asked = [Asked(q["id"], q["text"], tuple(q.get("points", ())), frozenset(q.get("gold", ()))) for q in questions()["question"]]
        others = against(peers, answerer, cache, asked) if peers else {}
    for name, row in others.items():
        typer.echo(f"{name} " + " ".join(f"{k}={v:.3g}" for k, v in row.items()))
    for name, row in figures(rows).items():
        typer.echo(f"{name} " + " ".join(f"{k}={v:.3g}" for k, v in row.items()))
    for r in rows:
        if not r.status_ok or (r.points is not None and r.points < 1) or r.cited is False:
            typer.echo(f"   {asdict(r)}")
    if out is not None:
        out.write_text(json.dumps(figures(rows)["*"]), "utf-8")
