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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import typer

from corpus.errors import BadInput, ModelError
from corpus.text import tokens, words
from evaluation import experiment, metrics, peer, sets
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
RERANKED = "reranked"
"""Ours with its reranker, as the library searches."""
BASELINES: Mapping[str, Callable[[str], list[str]]] = {"bm25": tokens, "bm25-jieba": words}


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
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """Choices that hold for all sets: the embedding, further pair files trained on, where BEIR files go, CPU seconds that a peer may answer, questions of a set (0: all)."""

    embedding: str
    trained: tuple[str, ...]
    beir: Path | None
    peer_seconds: float
    questions: int


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


class Baselines:
    """The engines of one group of sets, built once for each kind of unit."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self._built: dict[tuple[str, str], tuple[experiment.Bm25, Cost]] = {}

    def engine(self, name: str, found: QuestionSet) -> tuple[experiment.Bm25, Cost]:
        """A baseline over the units of a set, and what it cost."""
        if (name, found.unit) not in self._built:
            began, units = time.perf_counter(), self.collection.units(found)
            engine = experiment.Bm25(units, BASELINES[name])
            self._built[name, found.unit] = engine, Cost(round(time.perf_counter() - began, 1), 0.0, 0.0, 0.0, len(units))
        return self._built[name, found.unit]


def measure(baselines: Baselines, retriever: Retriever, cost: Cost, found: QuestionSet, against: Sequence[str], seen: frozenset[str]) -> Table:
    """Ours and the baselines on one set."""
    collection = baselines.collection
    results, costs = [experiment.run("jianwei", experiment.ours(retriever, collection, found), found)], {"jianwei": cost}
    if RERANKED in against:
        costs[RERANKED] = cost
        results.append(experiment.run(RERANKED, experiment.ours(retriever, collection, found, rerank=True), found))
    for name in (n for n in against if n in BASELINES):
        engine, costs[name] = baselines.engine(name, found)
        results.append(experiment.run(name, experiment.bm25(engine, collection, found), found))
    return Table(found, results, costs, seen)


def add_peers(tables: Mapping[str, Table], collection: Collection, peers: Sequence[str], cache: Path, seconds: float) -> dict[str, str]:
    """Ask every peer all sets of a group at once and add its results to their tables; returns name → versions or why it failed."""
    units = collection.articles if next(iter(tables.values())).found.unit == "text" else collection.pieces
    given, notes = collection.settings.home / "peers", {}
    digest = peer.write_input(given, collection, units, {name: table.found for name, table in tables.items()})
    for name in peers:
        try:
            answered = peer.answers(name, given, digest, cache, seconds)
        except ModelError as error:
            notes[name] = str(error)
            continue
        notes[name] = ", ".join(f"{package} {version}" for package, version in answered["versions"].items())
        for key, table in tables.items():
            table.results.append(peer.result(name, answered, key, table.found, collection))
            table.costs[name] = Cost(answered["build_s"], answered["peak_mb"], answered["peak_mb"], answered["disk_mb"], 0)
    return notes


def group_tables(data: Path, cache: Path, group: str, names: Sequence[str], others: Sequence[str], options: Options) -> dict[str, Table]:
    """The tables of the sets of one group."""
    collection, retriever, cost = opened(cache, data, group, options.embedding)
    texts, baselines, tables = trained_on(data, collection, options.trained), Baselines(collection), {}
    for name in names:
        found = sets.sample(collection.named(SETS[name][1](data, collection)), options.questions)
        seen = sets.seen(found, collection.units(found), texts)
        tables[name] = measure(baselines, retriever, cost, found, [o for o in others if o not in peer.NAMES], seen)
        if options.beir:
            sets.write_beir(options.beir / name, collection.units(found), found, collection.judged(found))
    peers = [o for o in others if o in peer.NAMES]
    notes = add_peers(tables, collection, peers, cache, options.peer_seconds) if peers else {}
    retriever.close()
    collection.store.close()
    return {name: replace(table, notes=notes) for name, table in tables.items()}


def figures(table: Table) -> dict[str, Any]:
    """One set as JSON: means and intervals, paired differences, latency and cost of each system, seen and unseen apart."""
    first = table.results[0]
    systems = {r.system: _system(first, r, table) for r in table.results}
    return {"questions": len(first.questions), "seen": len(table.seen), "dropped": dict(table.found.notes), "gold": sum(map(len, table.found.relevant.values())), "systems": systems, "peers": dict(table.notes)}


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


def pinned(found: Mapping[str, Any]) -> dict[str, float]:
    """The figures that floors.toml pins under [retrieval]: `SET.MEASURE` of ours, `SET.over_bm25` (the lower end of the interval of nDCG@10), `SET.serve_mb`."""
    flat: dict[str, float] = {}
    for name, table in found.items():
        ours, bm25 = table["systems"]["jianwei"], table["systems"].get("bm25")
        flat |= {f"{name}.{measure}": value for measure, value in ours.items() if isinstance(value, float)}
        flat[f"{name}.serve_mb"] = ours["cost"]["serve_mb"]
        if bm25:
            flat[f"{name}.over_bm25"] = bm25["ours_minus_it"]["ndcg@10"][1]
    return flat


def markdown(name: str, table: Table) -> str:
    """One set as a table with what was dropped; seen and unseen questions apart where there are any."""
    first = table.results[0]
    dropped = "; ".join(f"{what}: {n}" for what, n in table.found.notes.items()) or "nothing dropped"
    gold = sum(map(len, table.found.relevant.values()))
    parts = [f"## {name}: {len(first.questions)} questions, {gold} judgements ({dropped}; trained on gold of {len(table.seen)})", *experiment.lines(table.results)]
    for title, some in (("seen", table.seen), ("unseen", set(first.questions) - table.seen)):
        if table.seen and some:
            parts += ["", f"{title} ({len(some)} questions)", *experiment.lines([r.among(some) for r in table.results])]
    costs = [f"{system}: {f'{c.entries} entries, ' if c.entries else ''}build {c.build_s} s ({c.build_mb} MB), serving {c.serve_mb} MB, disk {c.disk_mb} MB" for system, c in table.costs.items()]
    notes = [f"{system}: {words}" for system, words in table.notes.items()]
    return "\n".join([*parts, "", *costs, *notes, ""])


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
    peer_seconds: float = typer.Option(120.0, help="CPU seconds that a peer may answer the questions of a group; what does not fit is left out"),
    questions: int = typer.Option(0, help="ask so many questions of each set (always the same ones); 0 for all"),
    out: Path | None = typer.Option(None, help="write the JSON here, with the flat figures that `jianwei eval gate retrieval` holds against the floors"),
    as_json: bool = typer.Option(False, "--json"),
) -> None:
    """Retrieval quality, latency and cost beside baselines and peers."""
    wanted = list(SETS) if chosen == ["all"] else names_of(chosen, list(SETS), "set")
    others = [] if against == ["none"] else names_of(against, [RERANKED, *BASELINES, *peer.NAMES], "system")
    options, found = Options(embedding, tuple(trained), beir, peer_seconds, questions), {}
    for group in dict.fromkeys(SETS[name][0] for name in wanted):
        tables = group_tables(data, cache, group, [n for n in wanted if SETS[n][0] == group], others, options)
        for name, table in tables.items():
            found[name] = figures(table)
            if runs:
                experiment.write_runs(runs / name, table.results)
            if not as_json:
                typer.echo(markdown(name, table))
    text = json.dumps(found, ensure_ascii=False, indent=2)
    if as_json:
        typer.echo(text)
    if out:
        out.write_text(json.dumps(found | pinned(found), ensure_ascii=False, indent=2) + "\n", "utf-8")
