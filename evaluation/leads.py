"""Whether an answer leads with the statement that a clerk would quote first: `jianwei eval leads`.

Two sets, written by hand as people ask, each question with the statement that answers it: 1,036 over the demo portal (the weights of statements were
fitted on these, the reranker never saw them), 495 over twelve policies of another fictional province, which nothing was trained or fitted on.
Every question can be answered, so that a refusal is a fault. Beside it the first passage of BM25.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from corpus.access import LOCAL
from corpus.ingest import import_paths
from corpus.models import Document
from corpus.settings import load_settings
from corpus.store import open_store
from evaluation.answers import REFUSALS, mean
from evaluation.commands import app
from evaluation.portal import portal
from rag.answer import Answerer, open_answerer
from rag.compose import RELATED
from rag.practice import lay
from rag.questions import bare, packed_rows
from rag.records import Answer, Question
from rag.retrieve import open_retriever
from rag.understand import understand

Gold = Sequence[tuple[str, str]]
"""(title of the document, how the statement begins) of each statement that answers, white space removed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the statements that answer it."""

    question: str
    gold: Gold


def portal_asked() -> list[Asked]:
    """Questions over the demo portal: question, then title and opening of each statement, parted by tabs."""
    lines = files("evaluation").joinpath("asked/portal.tsv").read_text("utf-8").splitlines()
    return [Asked(q, [(bare(t), bare(s)) for t, s in zip(rest[::2], rest[1::2], strict=True)]) for q, *rest in (line.split("\t") for line in lines)]


def province() -> tuple[list[dict[str, Any]], list[Asked]]:
    """The policies of the other province ({title, number, date, text}) and the questions over them."""
    rows = packed_rows("evaluation", "asked/province.jsonl.gz")
    return rows, [Asked(q, [(bare(row["title"]), bare(snippet))]) for row in rows for q, snippet in row["asked"]]


def answers(gold: Gold, document: Document, start: int, end: int) -> bool:
    """Whether a span of a document overlaps a statement of the gold."""
    plain, title = bare(document.text), bare(document.title)
    at, to = len(bare(document.text[:start])), len(bare(document.text[:end]))
    return any(title == t and (n := plain.find(s)) >= 0 and at < to and n < to and at < n + len(s) for t, s in gold)


def _led(answer: Answer) -> set[int]:
    """Numbers of the citations that stand before 相关规定."""
    found: set[int] = set()
    for s in answer.sentences:
        if s.heading == RELATED:
            break
        found.update(s.citations)
    return found


def measure(answerer: Answerer, asked: Sequence[Asked]) -> dict[str, float]:
    """n; refused: share of the questions; first: the first sentence is the one to quote; lead: it stands in what leads; given: anywhere in the answer;
    bm25: BM25's first passage holds it."""
    rows = [_row(answerer, a) for a in asked]
    return {"n": len(rows), **{name: mean([row[name] for row in rows]) for name in ("refused", "first", "lead", "given", "bm25")}}


def _row(answerer: Answerer, a: Asked) -> dict[str, float]:
    answer = answerer.ask(Question(a.question), LOCAL)
    books = answerer.tools.books.get((c.document_id for c in answer.citations), LOCAL)
    right = {c.n for c in answer.citations if answers(a.gold, books[c.document_id].document, c.start, c.end)}
    opening = set(answer.sentences[0].citations) if answer.sentences else set()
    return {
        "refused": float(answer.status in REFUSALS), "first": float(bool(right & opening)), "lead": float(bool(right & _led(answer))), "given": float(bool(right)),
        "bm25": float(_bm25(answerer, a)),
    }  # fmt: skip


def _bm25(answerer: Answerer, a: Asked) -> bool:
    retriever = answerer.tools.retriever
    found = retriever._lexical.search(understand(a.question, retriever.shelf.lookup(LOCAL)).weights, 1, ceiling=LOCAL.ceiling)
    if not found:
        return False
    passage = found[0].passage
    return answers(a.gold, answerer.tools.books.get([passage.document_id], LOCAL)[passage.document_id].document, passage.start, passage.end)


@contextmanager
def _province(home: Path, rows: Sequence[dict[str, Any]]) -> Iterator[Answerer]:
    """An answerer over the policies of the other province, imported as files are, in a new home."""
    lay(home / "texts", rows)
    settings = load_settings(home)
    store = open_store(settings)
    import_paths(store, [home / "texts"], kind="policy")
    retriever = open_retriever(settings, store)
    retriever.refresh()
    yield open_answerer(settings, store, retriever)
    retriever.close()
    store.close()


@app.command("leads")
def command(
    questions: Annotated[int, typer.Option(help="So many questions of each set, evenly drawn; 0 for all.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Figures as JSON, for `jianwei eval gate leads`.")] = None,
) -> None:
    """Whether answers lead with the statement to quote, over the demo portal and over another fictional province."""
    rows, asked = province()
    figures: dict[str, dict[str, float]] = {}
    with TemporaryDirectory() as at:
        for name, found, home in (("portal", portal_asked(), portal(Path(at) / "portal", embedding="builtin")), ("province", asked, _province(Path(at) / "province", rows))):
            step = max(1, len(found) // questions) if questions else 1
            with home as answerer:
                figures[name] = measure(answerer, found[::step])
            typer.echo(f"{name} " + " ".join(f"{k}={v:.3g}" for k, v in figures[name].items()))
    if out is not None:
        out.write_text(json.dumps({f"{name}.{k}": v for name, row in figures.items() for k, v in row.items()}), "utf-8")
