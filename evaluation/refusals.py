"""What is refused: questions foreign to the corpus beside questions that it answers, by set: `jianwei eval refusals`.

Foreign are CMRC's questions (general knowledge) and everyday ones of our own; answerable STARD, LawBench 3-8 and our questions of policy over DATA/policy,
NCP over its own 300 policies. The rows `seen` were read while the decision was mended, the rows `held` were not.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.access import LOCAL
from corpus.ingest import import_paths
from corpus.settings import load_settings
from corpus.store import open_store
from evaluation.answers import REFUSALS, rows
from evaluation.commands import app
from rag.answer import Answerer, open_answerer
from rag.records import Question
from rag.retrieve import open_retriever

FOREIGN = "foreign"
"""How the names of sets begin whose questions are to be refused."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question of a set with the status and the reason that it came to."""

    set: str
    question: str
    status: str
    reason: str

    @property
    def refused(self) -> bool:
        return self.status in REFUSALS


def everyday() -> dict[str, tuple[str, ...]]:
    """Foreign everyday questions: the even ones of each kind (`seen`) and the odd ones (`held`)."""
    kinds = tomllib.loads(files("evaluation").joinpath("refusal_questions.toml").read_text("utf-8"))["kinds"].values()
    return {name: tuple(q for kind in kinds for q in kind[at::2]) for at, name in enumerate(("seen", "held"))}


def halves(questions: Sequence[str], count: int) -> dict[str, tuple[str, ...]]:
    """`count` questions for each half, drawn by a fixed seed."""
    drawn = list(dict.fromkeys(questions))
    random.Random(7).shuffle(drawn)
    return {"seen": tuple(drawn[:count]), "held": tuple(drawn[count : 2 * count])}


def ask(answerer: Answerer, name: str, questions: Sequence[str]) -> list[Row]:
    """Ask the questions of a set."""
    return [Row(name, q, a.status, a.reason) for q in questions for a in (answerer.ask(Question(q), LOCAL),)]


def figures(found: Sequence[Row]) -> dict[str, float]:
    """Share refused of each set, and the means over the sets of each half: foreign refused, answerable refused."""
    sets = list(dict.fromkeys(r.set for r in found))
    shares = {name: _share([r for r in found if r.set == name]) for name in sets}
    for half in ("seen", "held"):
        ours = [v for k, v in shares.items() if k.endswith(half) and not k.startswith(FOREIGN)]
        foreign = [v for k, v in shares.items() if k.endswith(half) and k.startswith(FOREIGN)]
        if foreign:
            shares[f"refused_right.{half}"] = sum(foreign) / len(foreign)
        if ours:
            shares[f"refused_wrong.{half}"] = sum(ours) / len(ours)
    return shares


def _share(rows: Sequence[Row]) -> float:
    return sum(r.refused for r in rows) / max(1, len(rows))


def laws_sets(data: Path, count: int) -> Iterator[tuple[str, Sequence[str]]]:
    """Sets for a home of DATA/policy."""
    qa = data / "qa"
    general = [q["question"] for name in ("cmrc_dev70", "cmrc_trial") for text in rows(qa / f"{name}.jsonl.gz") for q in text["qas"]]
    policy = [q["question"] for q in rows(qa / "st_policy_questions.jsonl.gz") if q["expect"] != "refuse" and not q["history"]]
    stories = [q["question"] for q in rows(qa / "lawbench_3-8.jsonl.gz")]
    yield from ((f"{FOREIGN}.everyday.{half}", some) for half, some in everyday().items())
    for name, asked in ((f"{FOREIGN}.cmrc", general), ("stard", [q["question"] for q in rows(qa / "stard.jsonl.gz")]), ("lawbench_3-8", stories), ("st_policy", policy)):
        for half, some in halves(asked, min(count, len(set(asked)) // 2)).items():
            yield f"{name}.{half}", some


def ncp_sets(data: Path, count: int) -> Iterator[tuple[str, Sequence[str]]]:
    """Sets for a home of the 300 policies of NCP."""
    qa = data / "qa"
    general = [q["question"] for text in rows(qa / "cmrc_dev70.jsonl.gz") for q in text["qas"]]
    for name, asked in (("ncp", [q["question"] for q in rows(qa / "ncp_questions.jsonl.gz")]), (f"{FOREIGN}.cmrc_of_ncp", general)):
        for half, some in halves(asked, count).items():
            yield f"{name}.{half}", some
    yield from ((f"{FOREIGN}.everyday_of_ncp.{half}", some) for half, some in everyday().items())


@contextmanager
def opened(home: Path, data: Path) -> Iterator[Answerer]:
    """An answerer over a home that holds (or now takes in) `data`."""
    settings = load_settings(home)
    store = open_store(settings)
    import_paths(store, [data])
    retriever: Any = open_retriever(settings, store)
    retriever.refresh()
    try:
        yield open_answerer(settings, store, retriever)
    finally:
        retriever.close()
        store.close()


@app.command("refusals")
def command(
    data: Annotated[Path, typer.Option(help="Folder with policy/ and qa/.")],
    home: Annotated[Path, typer.Option(help="Home that holds (or will hold) the policy data.")] = Path(".jianwei/eval-answers"),
    ncp_home: Annotated[Path, typer.Option(help="Home that holds (or will hold) NCP's 300 policies.")] = Path(".jianwei/eval-spans"),
    count: Annotated[int, typer.Option(help="Questions drawn of a set, for each half.")] = 80,
    log: Annotated[Path | None, typer.Option(help="File for what was decided wrongly, halves that are not to be read left out.")] = None,
    out: Annotated[Path | None, typer.Option(help="Figures as JSON, for `jianwei eval gate refusals`.")] = None,
) -> None:
    """Share of foreign questions refused, and of answerable ones, by set; of each set a half that was read while mending, and one that was not."""
    found: list[Row] = []
    for at, given, sets in ((home, data / "policy", laws_sets), (ncp_home, data / "qa" / "ncp_docs.jsonl.gz", ncp_sets)):
        with opened(at, given) as answerer:
            for name, questions in sets(data, count):
                found += ask(answerer, name, questions)
    for name, value in figures(found).items():
        typer.echo(f"{name} {value:.3f}")
    if log is not None:
        wrong = [r for r in found if r.set.endswith("seen") and r.refused != r.set.startswith(FOREIGN)]
        log.write_text("\n".join(f"{r.set}\t{r.status}\t{r.reason}\t{r.question}" for r in wrong), "utf-8")
    if out is not None:
        out.write_text(json.dumps(figures(found)), "utf-8")
