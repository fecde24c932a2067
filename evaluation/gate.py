"""Pinned floors: figures must not fall below what is written in floors.toml; lowering one is an explicit, explained commit."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import typer

from evaluation.commands import app


def floors() -> dict[str, dict[str, float]]:
    """Set → measure → floor (a name that ends in `_max` is a ceiling)."""
    data = tomllib.loads(files("evaluation").joinpath("floors.toml").read_text("utf-8"))
    return {name: values for name, values in data.items() if isinstance(values, dict)}


def below(figures: dict[str, Any], pinned: dict[str, float]) -> list[str]:
    """What is missing from the figures, or worse than pinned, in words."""
    found = []
    for name, limit in pinned.items():
        measure = name.removesuffix("_max")
        if measure not in figures:
            found.append(f"{measure} was not measured (pinned {limit})")
        elif name.endswith("_max") and figures[measure] > limit:
            found.append(f"{measure} is {figures[measure]}, above {limit}")
        elif not name.endswith("_max") and figures[measure] < limit:
            found.append(f"{measure} is {figures[measure]}, below {limit}")
    return found


@app.command("gate")
def gate(name: str = typer.Argument(..., help="a set of floors.toml"), figures: Path = typer.Argument(..., exists=True, help="JSON of measured figures")) -> None:
    """Hold figures against the pinned floors of a set; exit status 1 below one."""
    pinned = floors()
    if name not in pinned:
        raise typer.BadParameter(f"no such set: {name}; one of {', '.join(sorted(pinned))}")
    problems = below(json.loads(figures.read_text("utf-8")), pinned[name])
    for problem in problems:
        typer.echo(problem)
    typer.echo(f"{name}: {'below a floor' if problems else 'holds'}")
    raise typer.Exit(bool(problems))
