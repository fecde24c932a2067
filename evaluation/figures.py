"""Figures of several commands in one JSON file, which `jianwei eval gate SET FILE` holds against the floors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

OUT: Any = typer.Option(None, "--out", help="JSON file for the figures; those of other commands in it stay.")


def keep(out: Path | None, **figures: float) -> None:
    """Write figures by name into a JSON file beside those that it holds already; nothing without a file."""
    if out is None:
        return
    known: dict[str, float] = json.loads(out.read_text("utf-8")) if out.exists() else {}
    out.write_text(json.dumps(known | figures, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")
