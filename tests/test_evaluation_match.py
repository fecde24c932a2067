"""Matching over the demo portal does not fall below the pinned floors, and claims nothing that a person would not."""

from __future__ import annotations

from pathlib import Path

from evaluation.gate import below, floors
from evaluation.match import measure
from evaluation.portal import portal


def test_the_floors_of_matching_hold(tmp_path: Path) -> None:
    with portal(tmp_path / "home") as answerer:
        found = measure(answerer.tools.store)
    assert len(found.rows) >= 90
    assert below(found.flat(), floors()["match"]) == []
    assert found.flat()["accuracy"] > found.flat()["baseline_accuracy"]
