"""Our own questions over the demo portal: the figures do not fall below the pinned floors."""

from __future__ import annotations

from pathlib import Path

from evaluation.gate import below, floors
from evaluation.portal import portal
from evaluation.portal_answers import figures, measure


def test_the_floors_of_our_own_questions_hold(tmp_path: Path) -> None:
    with portal(tmp_path / "home") as answerer:
        found = figures(measure(answerer))["*"]
    assert found["n"] >= 30
    assert below(found, floors()["portal"]) == []
    assert found["points"] > found["first_points"]
