"""Policies of fictional provinces with questions of people: what the reranker learns the statements of policies from (data/practice.jsonl.gz).

Sixty documents (measures, calls, rules of cities and counties, interpretations) and 2,650 questions, all written for this, each question with words of the
statement that a clerk would quote first: `{title, number, date, text, asked: [[question, words], …]}` a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from corpus.access import LOCAL
from corpus.ingest import import_paths
from corpus.settings import load_settings
from corpus.store import open_store
from rag.answer import Answerer, open_answerer
from rag.questions import bare, packed_rows
from rag.records import Context, Evidence, Question
from rag.reread import read_as
from rag.retrieve import open_retriever

NEARLY = 0.6
"""A statement that shares so many of its runs of three characters with the right one says the same and counts as neither right nor wrong."""
BESIDE = 40
"""Statements beside the right one, best first, that count as wrong."""


def texts() -> list[dict[str, Any]]:
    """The documents with their questions."""
    return packed_rows("rag", "data/practice.jsonl.gz")


def lists(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[str], list[str]]]:
    """(question, right, wrong) of every question whose statement is among those weighed: statements as the reranker reads them."""
    with TemporaryDirectory() as at:
        home = Path(at)
        lay(home / "texts", rows)
        settings = load_settings(home, reranker="off")
        store = open_store(settings)
        import_paths(store, [home / "texts"], kind="policy")
        retriever = open_retriever(settings, store)
        retriever.refresh()
        answerer = open_answerer(settings, store, retriever)
        for question, words in (pair for row in rows for pair in row["asked"]):
            found = _weighed(answerer, question)
            right = [e for e in found if words in e.text]
            if right:
                yield question, [read_as(e) for e in right], [read_as(e) for e in found[:BESIDE] if e not in right and not any(_same(e, r) for r in right)]
        retriever.close()
        store.close()


def lay(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """The documents as plain text files: title, number, date, text."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, row in enumerate(rows):
        (folder / f"{n}.txt").write_text("\n".join([row["title"], row["number"], row["date"], "", row["text"]]), "utf-8")


def _weighed(answerer: Answerer, question: str) -> tuple[Evidence, ...]:
    """The statements that the pipeline weighs for a question, best first; none where it stops before."""
    return next((c.evidence for name, c in answerer.walk(Context(Question(question), LOCAL)) if name == "rerank"), ())


def _same(a: Evidence, b: Evidence) -> bool:
    x, y = _runs(a.text), _runs(b.text)
    return bool(x and y) and len(x & y) >= NEARLY * min(len(x), len(y))


def _runs(text: str) -> frozenset[str]:
    plain = bare(text)
    return frozenset(plain[n : n + 3] for n in range(len(plain) - 2))
