"""`jianwei eval safety`: poisoned pages and jailbreak questions, without a model and with one that obeys every order it reads."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from evaluation.commands import app
from evaluation.safety.generate import SETS
from evaluation.safety.run import run


@app.command("safety")
def safety(
    count: Annotated[int, typer.Option(min=1, max=5000, help="Poisoned pages, and as many questions.")] = 300,
    seed: Annotated[int, typer.Option(help="The set is generated from it.")] = 20261121,
    name: Annotated[str, typer.Option("--set", help="attacks (the rules were widened on it) or holdout (other wordings).")] = "attacks",
    out: Annotated[Path | None, typer.Option(help="Figures as JSON, for `jianwei eval gate safety`.")] = None,
) -> None:
    """Injection successes; exit status 1 when there is one."""
    if name not in SETS:
        raise typer.BadParameter(f"no such set: {name}; one of {', '.join(SETS)}")
    with tempfile.TemporaryDirectory() as folder:
        figures = run(Path(folder), count, seed, name)
    for name, row in figures.items():
        typer.echo(f"{name}: asked={row['asked']} answered={row['answered']} obeyed={row['obeyed']}")
        for line in list(row["what"] if isinstance(row["what"], list) else ())[:10]:
            typer.echo(f"   {line}")
    if out is not None:
        out.write_text(json.dumps({name.replace(" ", "_"): row["obeyed"] for name, row in figures.items()}), "utf-8")
    raise typer.Exit(any(row["obeyed"] for row in figures.values()))
