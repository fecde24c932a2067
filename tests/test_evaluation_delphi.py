"""The simulated panels: the update helps, and the discount limits collusion."""

from __future__ import annotations

from evaluation.delphi import table


def test_the_update_moves_towards_the_truth_and_collusion_is_bounded() -> None:
    rows = {(r["colluders"], r["rho"]): r for r in table(12)}
    assert rows[0, 0.3]["updated_tau"] > rows[0, 0.3]["machine_tau"] + 0.1
    assert rows[10, 1.0]["ranks_gained"] <= rows[10, 0.3]["ranks_gained"] <= rows[10, 0.0]["ranks_gained"]
