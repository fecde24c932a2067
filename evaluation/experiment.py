"""Systems × questions → runs, latencies and figures with intervals."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from corpus.access import LOCAL
from corpus.text import tokens
from evaluation import metrics
from evaluation.collection import Collection
from evaluation.sets import Ask, QuestionSet
from rag.lexical import Lexical
from rag.retrieve import Query, Retriever

DEPTH = 100
Search = Callable[[str, Ask, int], list[str]]
"""search(question id, question, k) → unit ids, best first (repeats allowed; they are removed)."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one system did on one set: per-question values of each measure, and latencies in milliseconds."""

    system: str
    values: Mapping[str, metrics.Values]
    latency: Mapping[str, float]
    runs: Mapping[str, list[str]]


def run(system: str, search: Search, found: QuestionSet, depth: int = DEPTH) -> Result:
    """Ask every question once; time is the wall clock of `search`."""
    runs, took = {}, []
    for question, ask in found.asks.items():
        began = time.perf_counter()
        units = search(question, ask, depth)
        took.append((time.perf_counter() - began) * 1000)
        runs[question] = list(dict.fromkeys(units))[:depth]
    return Result(system, metrics.table(runs, found.relevant), metrics.percentiles(took), runs)


def ours(retriever: Retriever, collection: Collection, found: QuestionSet) -> Search:
    """Jianwei as it is, without filters."""

    def search(question: str, ask: Ask, k: int) -> list[str]:
        hits = retriever.search(Query(ask.text, k=k + k // 2, history=ask.history, as_of=ask.as_of), LOCAL)
        return [collection.unit(found, question, h.document_id, h.external_id, h.clause["article"], h.text) for h in hits]

    return search


def bm25(lexical: Lexical, collection: Collection, found: QuestionSet) -> Search:
    """BM25 over unigrams and bigrams of the same passages, nothing else (the last turn only)."""
    names = {d.id: d.external_id for d in collection.store.documents.heads(LOCAL)}

    def search(question: str, ask: Ask, k: int) -> list[str]:
        weights = {token: float(n) for token, n in Counter(tokens(ask.text)).items()}
        entries = [e.passage for e in lexical.search(weights, k + k // 2, ceiling=4)]
        return [collection.unit(found, question, p.document_id, names[p.document_id], p.article, p.text) for p in entries]

    return search


def lines(results: list[Result], *, ours_name: str = "jianwei") -> list[str]:
    """Markdown rows: each system with its means, the interval of nDCG@10, the paired difference of ours, and latency."""
    first = next((r for r in results if r.system == ours_name), results[0])
    names = list(first.values)
    made = ["| system | " + " | ".join(names) + " | nDCG@10 95 % | ours − it (nDCG@10) | p50 ms | p95 ms |", "|" + "---|" * (len(names) + 5)]
    for r in results:
        means = " | ".join(f"{r.values[n].mean():.3f}" for n in names)
        _, low, high = metrics.bootstrap(r.values["ndcg@10"])
        diff, dlow, dhigh = metrics.paired(first.values["ndcg@10"], r.values["ndcg@10"])
        gain = "" if r is first else f"{diff:+.3f} [{dlow:+.3f}, {dhigh:+.3f}]"
        made.append(f"| {r.system} | {means} | {low:.3f}–{high:.3f} | {gain} | {r.latency['p50']:.1f} | {r.latency['p95']:.1f} |")
    return made
