"""The `jianwei eval …` commands: each evaluation file registers its own on `app`; `load` imports them all."""

from __future__ import annotations

from importlib import import_module
from importlib.resources import files

import typer

app = typer.Typer(help="Measure: figures with baselines and peers in the same run.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Measure: figures with baselines and peers in the same run."""


def load() -> typer.Typer:
    """The application with every command registered (imports the evaluation files that register one)."""
    for entry in sorted(files("evaluation").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".py") and "from evaluation.commands import app" in entry.read_text("utf-8"):
            import_module(f"evaluation.{entry.name[:-3]}")
    return app
