"""The schedule: APScheduler over a persistent store; one runner by a lease; jobs are a name and arguments, and idempotent.

Heavy jobs run as child processes of the command line, so that their memory goes back and the service stays quick.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from corpus.errors import BadInput


@cache
def constants() -> dict[str, Any]:
    """The versioned default schedule."""
    return tomllib.loads(files("ui.jobs").joinpath("schedule.toml").read_text("utf-8"))


def names() -> tuple[str, ...]:
    """The names of the jobs."""
    return tuple(constants()["job"])


def check(name: str) -> str:
    """`name` when there is such a job; raises BadInput."""
    if name not in names():
        raise BadInput("no such job", name, f"one of: {', '.join(names())}")
    return name
