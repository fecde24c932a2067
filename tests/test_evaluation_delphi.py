"""The simulated panels: the update helps, the discount limits collusion, and the pinned floors hold."""

from __future__ import annotations

from evaluation.delphi import crowd, pinned, row
from evaluation.gate import below, floors


def test_the_update_moves_towards_the_truth_and_collusion_is_bounded() -> None:
    rows = [row(n, rho, True, 12, 0) for n, rho in ((3, 0.3), (10, 0.0), (10, 0.3), (10, 1.0))]
    three, free, some, much = rows
    assert three["updated_tau"] > three["machine_tau"] + 0.1
    assert much["ranks_gained"] <= some["ranks_gained"] <= free["ranks_gained"] and some["ranks_gained"] < some["ranks_gained_by_votes"]
    assert below(pinned(rows), floors()["delphi"]) == []


def test_the_crowd_is_always_thirty() -> None:
    assert all(len(crowd(n)) == 30 and crowd(n).count("colluding") == n for n in range(0, 31, 5))
