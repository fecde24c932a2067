"""Systems × questions → runs, latencies and figures with intervals."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from collections.abc import Collection as Some
from dataclasses import dataclass, replace
from pathlib import Path

import tantivy

from corpus.access import LOCAL
from evaluation import metrics
from evaluation.collection import Collection
from evaluation.sets import Ask, QuestionSet, Unit
from rag.retrieve import Query, Retriever

DEPTH, TIMED = 100, 200
Search = Callable[[str, Ask, int], list[str]]
"""search(question id, question, k) → unit ids, best first (repeats allowed; they are removed)."""
Tokens = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one system did on one set: per-question values of each measure (in the order of `questions`), and latencies in milliseconds (`cpu_…`: of CPU time)."""

    system: str
    questions: tuple[str, ...]
    values: Mapping[str, metrics.Values]
    latency: Mapping[str, float]
    runs: Mapping[str, list[str]]

    def among(self, some: Some[str]) -> Result:
        """The result on some of the questions."""
        kept = [n for n, question in enumerate(self.questions) if question in some]
        values = {name: found[kept] for name, found in self.values.items()}
        return replace(self, questions=tuple(self.questions[n] for n in kept), values=values)


def run(system: str, search: Search, found: QuestionSet, depth: int = DEPTH) -> Result:
    """Ask every question to the depth of the measures, and up to `TIMED` of them as a reader would (ten hits) by the clock."""
    runs = {question: list(dict.fromkeys(search(question, ask, depth)))[:depth] for question, ask in found.asks.items()}
    return result(system, runs, *timed(search, found), found)


def timed(search: Search, found: QuestionSet) -> tuple[list[float], list[float]]:
    """Wall-clock and CPU milliseconds of questions spread over the set, ten hits each."""
    took, worked = [], []
    for question, ask in list(found.asks.items())[:: max(len(found.asks) // TIMED, 1)]:
        began, cpu = time.perf_counter(), time.process_time()
        search(question, ask, 10)
        worked.append((time.process_time() - cpu) * 1000)
        took.append((time.perf_counter() - began) * 1000)
    return took, worked


def result(system: str, runs: Mapping[str, list[str]], took: list[float], worked: list[float], found: QuestionSet) -> Result:
    """Judge runs (unit ids without repeats) that took so many milliseconds each, by the clock and of CPU time."""
    cpu = {f"cpu_{name}": value for name, value in metrics.percentiles(worked).items()}
    return Result(system, tuple(sorted(found.relevant)), metrics.table(runs, found.relevant), metrics.percentiles(took) | cpu, runs)


def ours(retriever: Retriever, collection: Collection, found: QuestionSet, *, rerank: bool = False) -> Search:
    """Jianwei as it is, without filters; with its reranker as the library searches."""

    def search(question: str, ask: Ask, k: int) -> list[str]:
        hits = retriever.search(Query(ask.text, k=k if k <= 10 else k + k // 2, history=ask.history, as_of=ask.as_of, rerank=rerank), LOCAL)
        return [collection.unit(found, question, h.document_id, h.external_id, h.clause["article"], h.text) for h in hits]

    return search


class Bm25:
    """BM25 (k1 1.2, b 0.75) over the units of a set, title and headings before the text, nothing else; by tantivy in memory."""

    def __init__(self, units: Mapping[str, Unit], tokens: Tokens) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("x", tokenizer_name="whitespace", index_option="freq")
        builder.add_text_field("id", tokenizer_name="raw", stored=True)
        self.tokens, self.schema = tokens, builder.build()
        self._index = tantivy.Index(self.schema)
        writer = self._index.writer(heap_size=80_000_000, num_threads=1)
        for unit in units.values():
            writer.add_document(tantivy.Document(x=[" ".join(tokens(f"{unit.title} {unit.text}"))], id=[unit.id]))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def search(self, text: str, k: int) -> list[str]:
        """The ids of the k best units."""
        terms = [tantivy.Query.term_query(self.schema, "x", token, index_option="freq") for token in self.tokens(text)]
        searcher = self._index.searcher()
        hits = searcher.search(tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms]), limit=k, count=False).hits
        return [str(searcher.doc(address).get_first("id")) for _, address in hits]


def standing(collection: Collection, found: QuestionSet) -> Callable[[str, list[str]], list[str]]:
    """What unit ids of a run stand for in a set's judgements: passages that hold the answer are "answer"."""
    if found.unit != "answer":
        return lambda question, run: run
    judged = collection.judged(found)
    return lambda question, run: ["answer" if key in judged[question] else key for key in run]


def bm25(engine: Bm25, collection: Collection, found: QuestionSet) -> Search:
    """A baseline: earlier turns are asked with the question."""
    stand = standing(collection, found)
    return lambda question, ask, k: stand(question, engine.search(ask.whole, k if k <= 10 else k + k // 2))


def lines(results: list[Result], *, ours_name: str = "jianwei") -> list[str]:
    """Markdown rows: each system with its means, the interval of nDCG@10, the paired differences of ours with their intervals, and latency."""
    first = next((r for r in results if r.system == ours_name), results[0])
    names = list(first.values)
    heads = ["system", *names, "nDCG@10 95 %", "ours − it, nDCG@10", "ours − it, recall@10", "p50 ms", "p95 ms", "p99 ms", "CPU p50 ms", "CPU p95 ms"]
    made = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for r in results:
        means = [f"{r.values[n].mean():.3f}" for n in names]
        _, low, high = metrics.bootstrap(r.values["ndcg@10"])
        gains = ["" if r is first else _gain(first, r, name) for name in ("ndcg@10", "recall@10")]
        made.append("| " + " | ".join([r.system, *means, f"{low:.3f} to {high:.3f}", *gains, *(f"{r.latency[p]:.1f}" for p in ("p50", "p95", "p99", "cpu_p50", "cpu_p95"))]) + " |")
    return made


def _gain(first: Result, other: Result, name: str) -> str:
    diff, low, high = gain(first, other, name)
    return f"{diff:+.3f} [{low:+.3f}, {high:+.3f}]"


def gain(first: Result, other: Result, name: str) -> tuple[float, float, float]:
    """The paired difference of a measure with its interval, over the questions that both were asked."""
    both = set(first.questions) & set(other.questions)
    return metrics.paired(first.among(both).values[name], other.among(both).values[name])


def write_runs(folder: Path, results: list[Result]) -> None:
    """One TREC run file a system: question, Q0, unit, rank, score (falling), system."""
    folder.mkdir(parents=True, exist_ok=True)
    for r in results:
        rows = (f"{question} Q0 {unit.replace(' ', '_')} {n} {1 / n:.6f} {r.system}\n" for question, run in r.runs.items() for n, unit in enumerate(run, 1))
        (folder / f"{r.system}.run").write_text("".join(rows), "utf-8")
