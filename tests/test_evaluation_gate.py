"""The gate: floors and ceilings, and what was not measured."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from typer.testing import CliRunner

from evaluation.commands import load
from evaluation.gate import below, floors


def test_below() -> None:
    assert below({"a": 0.5, "b": 3}, {"a": 0.5, "b_max": 3}) == []
    assert below({"a": 0.4, "b": 4}, {"a": 0.5, "b_max": 3, "c": 1}) == ["a is 0.4, below 0.5", "b is 4, above 3", "c was not measured (pinned 1)"]


def test_every_pinned_value_is_a_number() -> None:
    assert floors() and all(isinstance(v, (int, float)) for values in floors().values() for v in values.values())


def test_figures_of_several_commands_in_one_file(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    for command in (["masking", "--each", "40"], ["kill", "--times", "1", "--documents", "50"]):
        CliRunner().invoke(load(), [*command, "--out", str(out)], catch_exceptions=False)
    assert set(json.loads(out.read_text("utf-8"))) == {"masked_items", "masked_names", "kill_lost", "kill_reopen_s"}


def test_every_floor_of_the_corpus_has_a_producer() -> None:
    written = "".join(path.read_text("utf-8") for path in Path(str(files("evaluation"))).glob("*.py"))
    assert [name for name in floors()["corpus"] if f"{name.removesuffix('_max')}=" not in written] == []
