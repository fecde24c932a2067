"""NCP: how near an answer's own words come to the annotated answer, and whether it is read from the right document: `jianwei eval spans`.

Three systems read the same 300 policies: the whole pipeline; the first passage of BM25 over our passages; the first of the fixed windows
(500 characters, 50 shared) that document chat systems cut by default. The two baselines share one reader: the sentences of the passage
that hold most of the question.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.access import LOCAL
from corpus.ingest import import_paths
from corpus.settings import load_settings
from corpus.store import open_store
from corpus.text import sentences, tokens
from evaluation.answers import mean, plain, rows
from evaluation.commands import app
from rag.answer import Answerer, open_answerer
from rag.fit import bag, need_of
from rag.records import Question
from rag.retrieve import open_retriever
from rag.understand import understand

WINDOW, SHARED = 500, 50


@dataclass(frozen=True, slots=True)
class Read:
    """What a system read out: the external id of its document and the words (both empty for a refusal)."""

    document: str = ""
    words: str = ""


def f1(said: str, gold: str) -> float:
    """F1 of the characters of two texts as multisets, white space and width apart, 0..1."""
    a, b = Counter(plain(said)), Counter(plain(gold))
    shared = sum((a & b).values())
    return 2 * shared / (sum(a.values()) + sum(b.values())) if shared else 0.0


def held(said: str, gold: str) -> float:
    """Share of the gold answer's characters that are said."""
    a, b = Counter(plain(said)), Counter(plain(gold))
    return sum((a & b).values()) / max(1, sum(b.values()))


def read(text: str, question: str, retriever: Any) -> str:
    """The sentences of a passage that hold at least 0.6 of what the best one holds of the question."""
    need = need_of(question, retriever, LOCAL)
    spans = sentences(text)
    worth = [need.held(bag(text[a:b])) for a, b in spans]
    best = max(worth, default=0.0)
    return "".join(text[a:b] for (a, b), w in zip(spans, worth, strict=True) if w >= 0.6 * best and w > 0)


def pipeline(answerer: Answerer) -> Callable[[str], Read]:
    """The whole pipeline: what its first article or document says (lead and what belongs to it)."""

    def ask(question: str) -> Read:
        answer = answerer.ask(Question(question), LOCAL)
        if not answer.citations:
            return Read()
        first = answer.citations[0].external_id
        by_n = {c.n: c for c in answer.citations}
        own = [by_n[n] for s in answer.sentences if s.block in ("lead", "more") for n in s.citations]
        return Read(first, "".join(c.quote for c in own if c.external_id == first))

    return ask


def first_passage(answerer: Answerer) -> Callable[[str], Read]:
    """BM25 over our passages, the first one."""
    retriever = answerer.tools.retriever

    def ask(question: str) -> Read:
        seen = understand(question, retriever.shelf.lookup(LOCAL))
        found = retriever._lexical.search(seen.weights, 1, ceiling=LOCAL.ceiling)
        if not found:
            return Read()
        passage = found[0].passage
        return Read(retriever.shelf.heads[passage.document_id].external_id, read(passage.text, question, retriever))

    return ask


class Bm25:
    """Plain BM25 (k1 1.5, b 0.75) over a list of texts, by our tokens."""

    def __init__(self, texts: Sequence[str]) -> None:
        bags = [Counter(tokens(t)) for t in texts]
        self._lengths = [sum(b.values()) for b in bags]
        self._mean = sum(self._lengths) / max(1, len(bags))
        self._held: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for n, words in enumerate(bags):
            for token, count in words.items():
                self._held[token].append((n, count))

    def first(self, question: str) -> int | None:
        """The number of the best text; None when no token occurs."""
        scores: dict[int, float] = defaultdict(float)
        for token in set(tokens(question)):
            held = self._held.get(token, [])
            idf = math.log(1 + (len(self._lengths) - len(held) + 0.5) / (len(held) + 0.5))
            for n, count in held:
                scores[n] += idf * count * 2.5 / (count + 1.5 * (0.25 + 0.75 * self._lengths[n] / self._mean))
        return max(scores, key=lambda n: (scores[n], -n), default=None)


def windows(answerer: Answerer, documents: Sequence[tuple[str, str]]) -> Callable[[str], Read]:
    """BM25 over fixed windows of (external id, text), the first one."""
    cut = [(name, text[at : at + WINDOW]) for name, text in documents for at in range(0, max(1, len(text) - SHARED), WINDOW - SHARED)]
    index = Bm25([text for _, text in cut])

    def ask(question: str) -> Read:
        n = index.first(question)
        return Read() if n is None else Read(cut[n][0], read(cut[n][1], question, answerer.tools.retriever))

    return ask


def measure(ask: Callable[[str], Read], asked: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Means over the questions: f1, held, document (right one), refused, characters said."""
    found = [(ask(q["question"]), q) for q in asked]
    return {
        "n": len(found), "f1": mean([f1(r.words, q["answer"]) for r, q in found]), "held": mean([held(r.words, q["answer"]) for r, q in found]),
        "document": mean([float(r.document == q["docid"]) for r, q in found]), "refused": mean([float(not r.document) for r, _ in found]), "characters": mean([len(r.words) for r, _ in found]),
    }  # fmt: skip


def _asked(data: Path, count: int) -> Iterator[dict[str, Any]]:
    """Every k-th question, so that `count` are asked (all for 0)."""
    every = list(rows(data / "qa" / "ncp_questions.jsonl.gz"))
    step = max(1, len(every) // count) if count else 1
    yield from every[::step]


@app.command("spans")
def command(
    data: Annotated[Path, typer.Option(help="Folder with qa/ncp_docs.jsonl.gz and qa/ncp_questions.jsonl.gz.")],
    home: Annotated[Path, typer.Option(help="Home that holds (or will hold) the 300 policies.")] = Path(".jianwei/eval-spans"),
    count: Annotated[int, typer.Option(help="So many questions, evenly drawn; 0 for all.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Figures as JSON, for `jianwei eval gate spans`.")] = None,
) -> None:
    """NCP: characters F1 of the words read out, and document accuracy, beside BM25-top-1 and fixed windows."""
    settings = load_settings(home)
    store = open_store(settings)
    import_paths(store, [data / "qa" / "ncp_docs.jsonl.gz"])
    retriever = open_retriever(settings, store)
    retriever.refresh()
    answerer = open_answerer(settings, store, retriever)
    asked = list(_asked(data, count))
    texts = [(d.external_id, d.text) for d in store.documents.texts(list(retriever.shelf.heads), LOCAL)]
    systems = {"jianwei": pipeline(answerer), "bm25_first_passage": first_passage(answerer), "windows_500": windows(answerer, texts)}
    figures = {name: measure(ask, asked) for name, ask in systems.items()}
    for name, row in figures.items():
        typer.echo(f"{name} " + " ".join(f"{k}={v:.3g}" for k, v in row.items()))
    if out is not None:
        out.write_text(json.dumps(figures["jianwei"]), "utf-8")
    retriever.close()
    store.close()
