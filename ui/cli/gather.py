"""crawl, import, index: from sources and files to indexes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ui.cli.answer import Json
from ui.cli.session import put_json, put_table, session


def register(app: typer.Typer) -> None:
    app.command()(crawl)
    app.command("import")(import_)
    app.command()(index)
    train = typer.Typer(help="Weights from data, with figures.", no_args_is_help=True)
    train.command("embedding")(train_embedding)
    train.command("reranker")(train_reranker)
    train.command("world")(train_world)
    train.command("signals")(train_signals)
    app.add_typer(train, name="train")


def _progress() -> Any:
    """A callback that keeps one line of progress on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        return None

    def show(*parts: object) -> None:
        print("\r\x1b[K" + " ".join(str(p) for p in parts)[:150], end="", file=sys.stderr, flush=True)

    return show


def _progress_done() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def crawl(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE…]")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every declared source.")] = False,
    due: Annotated[bool, typer.Option("--due", help="The sources gathered before whose cycle is over: what the schedule does.")] = False,
    reparse: Annotated[bool, typer.Option("--reparse", help="Read the kept snapshots again, without the network.")] = False,
    json: Json = False,
) -> None:
    """Gather sources; resumes where it stopped."""
    from corpus.errors import BadInput
    from ui.desk import gather

    here = session(context)
    if not source and not all_ and not due:
        raise BadInput("which source?", "", "name sources (see `jianwei sources`), or give --due or --all")
    chosen = [*(source or []), *(gather.due(here.desk) if due else [])]
    rows = gather.crawl(here.desk, chosen, here.reader, all_=all_, reparse=reparse, progress=_progress()) if chosen or all_ else []
    _progress_done()
    if json:
        put_json({"runs": rows})
    else:
        names = ("source_id", "new", "changed", "unchanged", "refused", "failed", "seconds")
        put_table([here.say(f"crawl.{n}") for n in names], [[r[n] if n != "seconds" else f"{r[n]:.1f}" for n in names] for r in rows])
    if any(r["failed"] or r.get("errors") for r in rows):
        raise typer.Exit(1)


def import_(
    context: typer.Context,
    path: Annotated[list[Path], typer.Argument(metavar="PATH…")],
    kind: Annotated[str, typer.Option(help="policy, notice, interpretation, opinion, news, paper or project.")] = "",
    source: Annotated[str, typer.Option(metavar="ID", help="The source that the documents belong to.")] = "",
    security: Annotated[int | None, typer.Option(min=1, max=4, help="Security level 1..4.")] = None,
    map_: Annotated[Path | None, typer.Option("--map", exists=True, dir_okay=False, help="TOML table: our field = their column.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report; store nothing.")] = False,
    json: Json = False,
) -> None:
    """Import files and folders."""
    from ui.desk import gather

    here = session(context)
    report = gather.import_paths(here.desk, path, here.reader, kind=kind, source=source, security=security, mapping=map_, dry_run=dry_run, progress=_progress())
    _progress_done()
    failures = report["failures"]
    if json:
        put_json(report)
    else:
        print("  ".join(f"{name} {count}" for name, count in report["counts"].items()) or here.say("import.nothing"))
    for failure in failures:
        print("; ".join(str(part) for part in (failure["what"], failure["path"], failure["mend"])), file=sys.stderr)
    if failures:
        raise typer.Exit(1)


def index(context: typer.Context, rebuild: Annotated[bool, typer.Option("--rebuild", help="Build everything anew.")] = False, json: Json = False) -> None:
    """Bring the indexes up to the store."""
    from ui.desk import gather

    here = session(context)
    result = gather.index(here.desk, here.reader, rebuild=rebuild, progress=_progress())
    _progress_done()
    put_json(result) if json else print(here.say("index.done" if "sequence" in result else "index.ready", **result))


def train_embedding(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(exists=True, help="Pairs {q, p, lic} (.jsonl[.gz], file or folder) beside the corpus itself; only free licences are taken.")] = None,
    without: Annotated[Path | None, typer.Option(exists=True, help="Test questions {question} (file or folder): pairs that ask or answer them are left out.")] = None,
    json: Json = False,
) -> None:
    """Train the static embedding on the corpus (at most ten minutes); it lies in HOME/embedding and is used by `embedding = static:FOLDER`."""
    from ui.desk import gather

    here = session(context)
    _figures(gather.train(here.desk, "embedding", here.reader, data=data, without=without, progress=_progress()), json)


def train_reranker(
    context: typer.Context,
    data: Annotated[Path, typer.Option(exists=True, help="Questions with the passages that answer them, {q, p, lic} (.jsonl[.gz], file or folder); only free licences are taken.")],
    without: Annotated[Path | None, typer.Option(exists=True, help="Test questions {question} (file or folder): pairs that ask or answer them are left out.")] = None,
    json: Json = False,
) -> None:
    """Train a cross-encoder from scratch (the ml extra; hours on two cores, minutes on a GPU); it lies in HOME/reranker and is used by `reranker = builtin:FOLDER`."""
    from ui.desk import gather

    here = session(context)
    _figures(gather.train(here.desk, "reranker", here.reader, data=data, without=without, progress=_progress()), json)


def train_world(
    context: typer.Context,
    data: Annotated[Path, typer.Option(exists=True, help="Folder with far/*.jsonl (texts of other worlds) and near/*.jsonl.")],
    json: Json = False,
) -> None:
    """Train what tells questions of law and policy from others, for this home; share right on texts held out."""
    from ui.desk import gather

    here = session(context)
    _figures(gather.train(here.desk, "world", here.reader, data=data, progress=_progress()), json)


def train_signals(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(exists=True, help="Labelled sentences.")] = None,
    json: Json = False,
) -> None:
    """Train the signal classifier; figures against the lexicon."""
    from ui.desk import gather

    here = session(context)
    _figures(gather.train(here.desk, "signals", here.reader, data=data, progress=_progress()), json)


def _figures(result: Any, json: bool) -> None:
    _progress_done()
    if json:
        return put_json(result)
    put_table(["", ""], list(result.items()))
