"""`jianwei eval retrieval --data DIR`: question sets × systems → tables with intervals, latency and cost, in one run.

    jianwei eval retrieval --data DIR --sets stard,ncp_document --against bm25,bm25-jieba,langchain-best --json

Homes are kept under `--cache`, so that a second run starts at the questions. Index and homes are made anew when the code that
fills them, the weights or the data changed.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from corpus.errors import BadInput
from corpus.text import tokens, words
from evaluation import experiment, metrics, sets
from evaluation.collection import Collection, index_digest, kept_home, open_collection
from evaluation.commands import app
from evaluation.experiment import Result
from evaluation.sets import QuestionSet
from rag.embed import builtin_folder
from rag.retrieve import Retriever, open_retriever

Make = Callable[[Path, Collection], QuestionSet]
SETS: Mapping[str, tuple[str, Make]] = {
    "stard": ("laws", lambda data, c: sets.stard(data, c.texts)),
    "st_policy": ("laws", lambda data, c: sets.st_policy(data)),
    "lawbench_3-2": ("laws", lambda data, c: sets.lawbench_scenes(data, c.cited)),
    "lawbench_1-1": ("laws", lambda data, c: sets.lawbench_articles(data, c.texts)),
    "ncp_document": ("ncp", lambda data, c: sets.ncp(data, passages=False)),
    "ncp_passage": ("ncp", lambda data, c: sets.ncp(data, passages=True)),
    "cmrc": ("cmrc", lambda data, c: sets.cmrc(data)),
}
"""Name → the group of files that it is asked of, and how it is read."""
BASELINES: Mapping[str, Callable[[str], list[str]]] = {"bm25": tokens, "bm25-jieba": words}
DEFAULT = ("stard", "st_policy", "ncp_document", "ncp_passage", "lawbench_3-2", "lawbench_1-1", "cmrc")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds to build, peak MB of the build and MB of the serving process, MB on disk, and the number of passages or units."""

    build_s: float
    build_mb: float
    serve_mb: float
    disk_mb: float
    entries: int


@dataclass(frozen=True, slots=True)
class Table:
    """All results on one set; `seen`: questions of which a gold text was trained on."""

    found: QuestionSet
    results: list[Result]
    costs: dict[str, Cost]
    seen: frozenset[str]


def opened(cache: Path, data: Path, group: str, embedding: str) -> tuple[Collection, Retriever, Cost]:
    """The kept home of a group of files, its index built when it is not the one that the code would build now."""
    files = sets.files(data, group, cache)
    home = kept_home(cache / group, files)
    collection = open_collection(home, files, embedding=embedding)
    retriever = open_retriever(collection.settings, collection.store)
    note = home / "built.json"
    built = json.loads(note.read_text("utf-8")) if note.exists() else {}
    digest = index_digest(embedding)
    if built.get("digest") != digest:
        began = time.perf_counter()
        retriever.rebuild()
        built = {"digest": digest, "seconds": round(time.perf_counter() - began, 1), "mb": peak_of_children()}
        note.write_text(json.dumps(built), "utf-8")
    retriever.refresh()
    return collection, retriever, Cost(built["seconds"], built["mb"], serving_mb(home, embedding), disk_mb(home / "index"), len(collection.pieces))


def peak_of_children() -> float:
    """Highest resident memory of an ended child process, MB."""
    return round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1)


def serving_mb(home: Path, embedding: str) -> float:
    """Resident memory of a fresh process that has opened the home and searched 100 times, MB."""
    done = subprocess.run([sys.executable, "-m", "evaluation.footprint", str(home), embedding], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadInput("the home cannot be searched", home, done.stderr.strip()[-300:])
    return float(done.stdout)


def disk_mb(folder: Path) -> float:
    """Size of all files under a folder, MB."""
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1)


def trained_on(data: Path, collection: Collection, more: Sequence[str]) -> tuple[str, ...]:
    """Bare texts of the training pairs named on the card of the embedding, and of further files of the pairs folder."""
    setting = collection.settings.embedding
    folder = builtin_folder() if setting == "builtin" else Path(setting.removeprefix("static:"))
    card = folder / "card.json"
    named = json.loads(card.read_text("utf-8")).get("pair_files", []) if card.exists() else []
    return sets.trained_texts(data, dict.fromkeys([*named, *more]))


def measure(collection: Collection, retriever: Retriever, cost: Cost, found: QuestionSet, against: Sequence[str]) -> Table:
    """Ours and the others on one set."""
    found = collection.named(found)
    results, costs = [experiment.run("jianwei", experiment.ours(retriever, collection, found), found)], {"jianwei": cost}
    for name in against:
        began, units = time.perf_counter(), collection.units(found)
        engine = experiment.Bm25(units, BASELINES[name])
        costs[name] = Cost(round(time.perf_counter() - began, 1), 0.0, 0.0, 0.0, len(units))
        results.append(experiment.run(name, experiment.bm25(engine, collection, found), found))
    return Table(found, results, costs, frozenset())


def figures(table: Table) -> dict[str, Any]:
    """One set as JSON: means and intervals, paired differences, latency and cost of each system, seen and unseen apart."""
    first = table.results[0]
    systems = {r.system: _system(first, r, table) for r in table.results}
    return {"questions": len(first.questions), "seen": len(table.seen), "dropped": dict(table.found.notes), "gold": sum(map(len, table.found.relevant.values())), "systems": systems}


def _system(first: Result, r: Result, table: Table) -> dict[str, Any]:
    made: dict[str, Any] = {name: round(float(values.mean()), 4) for name, values in r.values.items()}
    made["interval"] = {name: [round(x, 4) for x in metrics.bootstrap(values)[1:]] for name, values in r.values.items()}
    made["ms"] = {name: round(value, 2) for name, value in r.latency.items()}
    if table.seen:
        unseen = set(r.questions) - table.seen
        for name, some in (("seen", table.seen), ("unseen", unseen)):
            made[name] = {"questions": len(some)} | {m: round(float(v.mean()), 4) for m, v in r.among(some).values.items()} if some else {"questions": 0}
    if r is not first:
        made["ours_minus_it"] = {name: [round(x, 4) for x in experiment.gain(first, r, name)] for name in r.values}
    if r.system in table.costs:
        cost = table.costs[r.system]
        made["cost"] = {name: getattr(cost, name) for name in Cost.__slots__}
    return made


def markdown(name: str, table: Table) -> str:
    """One set as a table with what was dropped; seen and unseen questions apart where there are any."""
    first = table.results[0]
    dropped = "; ".join(f"{what}: {n}" for what, n in table.found.notes.items()) or "nothing dropped"
    gold = sum(map(len, table.found.relevant.values()))
    parts = [f"## {name}: {len(first.questions)} questions, {gold} judgements ({dropped}; trained on gold of {len(table.seen)})", *experiment.lines(table.results)]
    for title, some in (("seen", table.seen), ("unseen", set(first.questions) - table.seen)):
        if table.seen and some:
            parts += ["", f"{title} ({len(some)} questions)", *experiment.lines([r.among(some) for r in table.results])]
    costs = [f"{system}: {c.entries} entries, build {c.build_s} s ({c.build_mb} MB), serving {c.serve_mb} MB, disk {c.disk_mb} MB" for system, c in table.costs.items()]
    return "\n".join([*parts, "", *costs, ""])


def names_of(given: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    """Comma lists and repeated options as one list; raises BadParameter for an unknown name, listing the known ones."""
    names = [name for part in given for name in part.split(",") if name]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"unknown {what}: {name}; one of {', '.join(known)}")
    return names


@app.command("retrieval")
def retrieval(
    data: Path = typer.Option(..., exists=True, file_okay=False, help="folder of the real data"),
    chosen: list[str] = typer.Option(["all"], "--sets", help=f"comma list of {', '.join(SETS)}, or all"),
    against: list[str] = typer.Option(["bm25,bm25-jieba"], "--against", help="comma list of baselines and peers; none for ours alone"),
    cache: Path = typer.Option(Path(".jianwei/eval"), help="folder of kept homes"),
    embedding: str = typer.Option("builtin", help="as the setting of this name"),
    trained: list[str] = typer.Option([], help="further pair files of DATA/pairs that weights were trained on"),
    beir: Path | None = typer.Option(None, help="write each set in BEIR's three file forms under this folder"),
    runs: Path | None = typer.Option(None, help="write each system's rankings (TREC run files) under this folder"),
    out: Path | None = typer.Option(None, help="write the JSON here too"),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Retrieval quality, latency and cost beside baselines and peers."""
    wanted = list(DEFAULT) if chosen == ["all"] else names_of(chosen, list(SETS), "set")
    others = [] if against == ["none"] else names_of(against, list(BASELINES), "system")
    found: dict[str, Any] = {}
    for group in dict.fromkeys(SETS[name][0] for name in wanted):
        collection, retriever, cost = opened(cache, data, group, embedding)
        texts = trained_on(data, collection, trained)
        for name in (n for n in wanted if SETS[n][0] == group):
            table = measure(collection, retriever, cost, SETS[name][1](data, collection), others)
            table = Table(table.found, table.results, table.costs, sets.seen(table.found, collection.units(table.found), texts))
            found[name] = figures(table)
            if beir:
                sets.write_beir(beir / name, collection.units(table.found), table.found, collection.judged(table.found))
            if runs:
                experiment.write_runs(runs / name, table.results)
            if not as_json:
                typer.echo(markdown(name, table))
        retriever.close()
        collection.store.close()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    if out:
        out.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")
