"""Answers against gold: status, answer points, must-not, citations, validity, refusals (NCP and its baselines: evaluation/spans.py).

`jianwei eval answers --data DIR` builds (or uses) a home with the policy data of DIR and runs every set that DIR holds.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.access import LOCAL
from corpus.ingest import import_paths
from corpus.settings import load_settings
from corpus.store import open_store
from evaluation.commands import app
from rag.answer import Answerer, open_answerer
from rag.records import Answer, Question
from rag.retrieve import open_retriever

REFUSALS = ("no_support", "out_of_scope", "refused")
STALE = ("repealed", "expired", "amended", "draft", "not_yet")


@dataclass(frozen=True, slots=True)
class Gold:
    """One question with what a right answer holds. `gold` and `also_ok` are (external_id, article) pairs."""

    id: str
    type: str
    question: str
    expect: str
    history: tuple[str, ...] = ()
    as_of: str = ""
    region: str = ""
    gold: tuple[tuple[str, str], ...] = ()
    also_ok: tuple[tuple[str, str], ...] = ()
    points: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What one answer is worth. `points` is the share of answer points found (None where none are asked for)."""

    id: str
    type: str
    expect: str
    status: str
    status_ok: bool
    points: float | None
    missing: tuple[str, ...]
    violations: tuple[str, ...]
    cited: float | None
    quotes_exact: bool
    validity_errors: int
    milliseconds: float = 0.0


def plain(text: str) -> str:
    """As answer points are compared: NFKC, no white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def load_st(path: Path) -> list[Gold]:
    """st_policy_questions (see its README)."""
    found = []
    for row in rows(path):
        points = tuple((p, *row["answer_points_alt"].get(p, ())) for p in row["answer_points"])
        pairs = [tuple((g["path_in_file"].removeprefix("policy_docs.jsonl.gz#"), g["article"]) for g in row.get(name, ())) for name in ("gold", "also_ok")]
        found.append(Gold(row["id"], row["type"], row["question"], row["expect"], tuple(row["history"]), row.get("as_of") or "", row.get("region") or "", pairs[0], pairs[1], points, tuple(row["must_not"])))
    return found


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Lines of a .jsonl or .jsonl.gz file."""
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def score(gold: Gold, answer: Answer, text_of: Callable[[str], str]) -> Score:
    """Hold one answer against its gold."""
    words = plain(answer.text)
    missing = tuple(p[0] for p in gold.points if not any(plain(a) in words for a in p))
    points = 1 - len(missing) / len(gold.points) if gold.points else None
    exact = all(text_of(c.document_id)[c.start : c.end] == c.quote for c in answer.citations)
    stale = sum(str(c.validity.status) in STALE for c in answer.citations) if gold.type != "validity_of" else 0
    return Score(
        gold.id, gold.type, gold.expect, answer.status, status_ok(gold.expect, answer), points, missing, violations(gold, answer), cited(gold, answer), exact, stale, sum(answer.elapsed_ms.values()),
    )  # fmt: skip


def status_ok(expect: str, answer: Answer) -> bool:
    """Expectations map to statuses as interface.md says."""
    if expect == "refuse":
        return answer.status in REFUSALS
    if expect == "ask_region":
        return answer.status == "needs_clarification" or len({c.region_code for c in answer.citations}) > 1
    if expect == "partial":
        return answer.status == "partial"
    return answer.status in ("answered", "partial")


def violations(gold: Gold, answer: Answer) -> tuple[str, ...]:
    """must_not lines that an answer breaks: `text:` in its sentences, `doc:NAME@VERSION` among its citations."""
    broken = []
    said = plain("".join(s.text for s in answer.sentences))
    for rule in gold.must_not:
        kind, _, what = rule.partition(":")
        if kind == "text" and plain(what) in said and answer.status in ("answered", "partial"):
            broken.append(rule)
        if kind == "doc":
            name, _, version = what.partition("@")
            if any(name in c.title and version in (c.external_id + c.published_on) for c in answer.citations):
                broken.append(rule)
    return tuple(broken)


def cited(gold: Gold, answer: Answer) -> float | None:
    """Share of the gold clauses among the citations (also_ok counts where a gold one is missing); None without gold."""
    if not gold.gold or gold.expect in ("refuse", "ask_region"):
        return None
    there = {(c.external_id, _article(c.clause)) for c in answer.citations}
    hit = sum((d, a) in there for d, a in gold.gold)
    return min(1.0, (hit + bool(there & set(gold.also_ok))) / len(gold.gold))


def _article(clause: Mapping[str, Any]) -> str:
    return str(clause.get("article") or clause.get("label") or "")


def table(scores: Sequence[Score]) -> dict[str, dict[str, float]]:
    """Measures by type and in all (`*`)."""
    groups: dict[str, list[Score]] = defaultdict(list)
    for s in scores:
        groups[s.type].append(s)
        groups["*"].append(s)
    return {name: summary(found) for name, found in sorted(groups.items())}


def summary(found: Sequence[Score]) -> dict[str, float]:
    """Means over the scores that a measure speaks of."""
    answerable = [s for s in found if s.expect not in ("refuse",)]
    refusable = [s for s in found if s.expect == "refuse"]
    refused = [s for s in found if s.status in REFUSALS]
    return {
        "n": len(found),
        "status": mean([float(s.status_ok) for s in found]),
        "points": mean([s.points for s in found if s.points is not None]),
        "cited": mean([s.cited for s in found if s.cited is not None]),
        "must_not": sum(len(s.violations) for s in found),
        "validity_errors": sum(s.validity_errors for s in found),
        "quotes_exact": mean([float(s.quotes_exact) for s in found]),
        "refused_right": mean([float(s.status in REFUSALS) for s in refusable]),
        "refused_wrong": mean([float(s.status in REFUSALS) for s in answerable]),
        "refusal_precision": mean([float(s.expect == "refuse") for s in refused]),
    }


def mean(values: Sequence[float | None]) -> float:
    """Mean, NaN of nothing."""
    kept = [v for v in values if v is not None]
    return sum(kept) / len(kept) if kept else float("nan")


def run(golds: Sequence[Gold], ask: Callable[[Question], Answer], text_of: Callable[[str], str], log: Callable[[str], None] | None = None) -> list[Score]:
    """Ask every question and score the answers."""
    found = []
    for gold in golds:
        answer = ask(Question(gold.question, gold.history, gold.as_of, gold.region))
        found.append(score(gold, answer, text_of))
        if log:
            log(explain(gold, answer, found[-1]))
    return found


def explain(gold: Gold, answer: Answer, s: Score) -> str:
    """What a person looks at when a figure moves."""
    flags = "" if s.status_ok else " STATUS!"
    flags += f" missing={list(s.missing)}" if s.missing else ""
    flags += f" broken={list(s.violations)}" if s.violations else ""
    flags += f" cited={s.cited:.2f}" if s.cited is not None and s.cited < 1 else ""
    return f"== {gold.id} [{gold.type}/{gold.expect}] {gold.question}\n   -> {answer.status} ({answer.reason}){flags}\n{answer.text}\n   notices: {list(answer.notices)}"


def _peers(golds: Sequence[Gold], names: Sequence[str], answerer: Answerer, cache: Path) -> dict[str, dict[str, float]]:
    """What the first piece of each peer holds of the questions that stand alone."""
    from evaluation.peer_answers import Asked, against  # it measures by this room

    alone = [g for g in golds if not g.history and g.gold]
    asked = [Asked(g.id, g.question, tuple("|".join(p) for p in g.points), frozenset(d for d, _ in (*g.gold, *g.also_ok))) for g in alone]
    ours = {g.id: answerer.ask(Question(g.question, (), g.as_of, g.region), LOCAL) for g in alone} if names else {}
    row = {
        "n": len(ours), "points": mean([score(g, ours[g.id], lambda i: answerer.tools.store.documents.get(i, LOCAL).text).points for g in alone if g.id in ours]),
        "document_first": mean([float(bool(a.citations) and a.citations[0].external_id in q.gold) for q in asked if (a := ours.get(q.id))]),
    }  # fmt: skip
    return {"jianwei": row, **against(names, answerer, cache, asked)} if names else {}


@app.command("answers")
def command(
    data: Annotated[Path, typer.Option(help="Folder with policy/ and qa/.")],
    home: Annotated[Path, typer.Option(help="Home that holds (or will hold) the policy data.")] = Path(".jianwei/eval-answers"),
    peers: Annotated[list[str] | None, typer.Option("--against", help="A peer: langchain, llamaindex, haystack (as its quick start does it).")] = None,
    cache: Annotated[Path, typer.Option(help="Folder of the peers' own environments.")] = Path(".jianwei/eval"),
    log: Annotated[Path | None, typer.Option(help="File for every answer with what it lacks.")] = None,
    out: Annotated[Path | None, typer.Option(help="Figures as JSON, for `jianwei eval gate answers`.")] = None,
) -> None:
    """Answers over DATA/policy against DATA/qa/st_policy_questions: status, points, must-not, citations, validity, refusals, by type."""
    settings = load_settings(home)
    store = open_store(settings)
    import_paths(store, [data / "policy"])
    retriever = open_retriever(settings, store)
    retriever.refresh()
    answerer = open_answerer(settings, store, retriever)
    lines: list[str] = []
    golds = load_st(data / "qa" / "st_policy_questions.jsonl.gz")
    for name, row in _peers(golds, peers or (), answerer, cache).items():
        print(name, " ".join(f"{k}={v:.3g}" for k, v in row.items()))
    found = run(golds, lambda q: answerer.ask(q, LOCAL), lambda i: store.documents.get(i, LOCAL).text, lines.append)
    if log is not None:
        log.write_text("\n\n".join(lines), "utf-8")
    for name, row in table(found).items():
        print(name, " ".join(f"{k}={v:.3g}" for k, v in row.items()))
    if out is not None:
        out.write_text(json.dumps(table(found)["*"]), "utf-8")
    spent = sorted(s.milliseconds for s in found)
    print(f"ms p50={spent[len(spent) // 2]:.0f} p95={spent[int(len(spent) * 0.95)]:.0f}")
    retriever.close()
    store.close()
