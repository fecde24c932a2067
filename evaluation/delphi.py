"""Simulated panels: does the update move the ranking towards the truth, and how far can collusion move it?

Synthetic experts prove the arithmetic of the update, never the quality of a real panel; the table says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import typer

from evaluation.commands import app
from evaluation.gate import below, floors
from risk.belief import Vote, prior, update
from risk.panel_form import constants

CROWD = {"careful": 12, "noisy": 8, "biased": 4, "lazy": 3, "colluding": 3}
"""Thirty experts by habit."""
ITEMS = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """Kendall's τ of machine, plain mean of the votes and updated ranking against the truth; ranks gained by the item that colluders push."""

    machine_tau: float
    votes_tau: float
    updated_tau: float
    pushed: int
    pushed_by_votes: int


def crowd(colluders: int, size: int = 30) -> list[str]:
    """`size` experts of whom `colluders` collude; the others keep the proportions of the crowd."""
    honest = {k: n for k, n in CROWD.items() if k != "colluding"}
    total, left = sum(honest.values()), size - colluders
    names = [k for k, n in honest.items() for _ in range(round(left * n / total))]
    return (names + ["careful"] * left)[:left] + ["colluding"] * colluders


def score(kind: str, truth: float, item: int, target: int, rng: np.random.Generator) -> float:
    """One expert's score 1..5 of an item of true value 0..1."""
    noise = {"careful": 0.08, "noisy": 0.25, "biased": 0.10, "lazy": 0.02, "colluding": 0.08}[kind]
    value = {"biased": truth * 0.6 + 0.4, "lazy": 0.5, "colluding": 1.0 if item == target else truth}.get(kind, truth)
    return float(np.clip(np.rint(1 + 4 * (value + rng.normal(0, noise))), 1, 5))


def trial(seed: int, *, colluders: int = 3, rho: float = 0.3, declared: bool = True, machine_noise: float = 0.25) -> Trial:
    """One panel of thirty over twenty items with a noisy machine; colluders push the lowest item. `declared`: their shared view is known."""
    from scipy.stats import kendalltau

    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.05, 0.95, ITEMS)
    machine = np.clip(truth + rng.normal(0, machine_noise, ITEMS), 0.01, 0.99)
    target, people = int(np.argmin(truth)), crowd(colluders)
    scores = np.array([[score(k, float(truth[i]), i, target, rng) for k in people] for i in range(ITEMS)])
    groups = ["合谋" if k == "colluding" and declared else "" for k in people]
    updated = np.array([update(prior(float(machine[i]), 5), [Vote(s, 0.8, 0.8, g) for s, g in zip(scores[i], groups, strict=True)], rho=rho).mean for i in range(ITEMS)])
    votes = scores.mean(axis=1)
    tau = [float(kendalltau(x, truth).statistic) for x in (machine, votes, updated)]
    right = _rank(truth, target)
    return Trial(tau[0], tau[1], tau[2], right - _rank(updated, target), right - _rank(votes, target))


def _rank(values: np.ndarray, item: int) -> int:
    """Rank 1..n, 1 the highest."""
    return int((values > values[item]).sum()) + 1


def table(panels: int, seed: int = 0) -> list[dict[str, Any]]:
    """Means over `panels`, with the 5th and 95th percentile of the gain in τ, for growing numbers of colluders and discounts."""
    return [row(colluders, rho, declared, panels, seed) for colluders in (0, 3, 6, 10, 15) for rho, declared in ((0.0, True), (0.3, True), (1.0, True), (0.3, False))]


def row(colluders: int, rho: float, declared: bool, panels: int, seed: int) -> dict[str, Any]:
    """One line of the table."""
    trials = [trial(seed + s, colluders=colluders, rho=rho, declared=declared) for s in range(panels)]
    gains = [t.updated_tau - t.machine_tau for t in trials]
    means = {n: float(np.mean([getattr(t, n) for t in trials])) for n in ("machine_tau", "votes_tau", "updated_tau")}
    moved = {"ranks_gained": float(np.mean([t.pushed for t in trials])), "ranks_gained_by_votes": float(np.mean([t.pushed_by_votes for t in trials]))}
    return {"colluders": colluders, "rho": rho, "declared": declared, **means, **moved, "gain_low": float(np.percentile(gains, 5)), "gain_high": float(np.percentile(gains, 95))}


def pinned(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The figures that have floors, from a table: three colluders of thirty, and a third of the panel, at the discount in force."""
    held = {(r["colluders"], r["declared"]): r for r in rows if r["rho"] == constants()["rho"]}
    three, ten = held[3, True], held[10, True]
    return {"updated_tau": three["updated_tau"], "tau_gain": three["updated_tau"] - three["machine_tau"], "ranks_gained_3": three["ranks_gained"], "ranks_gained_10": ten["ranks_gained"]}


HEAD = "| colluders of 30 | ρ | shared view | machine τ | mean of votes τ | updated τ | gain in τ (5–95 %) | ranks gained by the pushed item of 20 | by the mean of votes |"


def lines(rows: list[dict[str, Any]]) -> list[str]:
    """The table in Markdown."""
    found = [HEAD, "|---|---|---|---|---|---|---|---|---|"]
    for r in rows:
        numbers = f"{r['machine_tau']:.3f} | {r['votes_tau']:.3f} | {r['updated_tau']:.3f} | {r['gain_low']:+.2f} to {r['gain_high']:+.2f} | {r['ranks_gained']:+.2f} | {r['ranks_gained_by_votes']:+.2f}"
        found.append(f"| {r['colluders']} | {r['rho']} | {'declared' if r['declared'] else 'hidden'} | {numbers} |")
    return found


@app.command("delphi")
def delphi(panels: int = typer.Option(200, min=1), seed: int = 0, out: Path | None = None) -> None:
    """Simulate panels of careful, noisy, biased, lazy and colluding experts (arithmetic only, not quality)."""
    rows = table(panels, seed)
    typer.echo("\n".join(lines(rows)))
    if out:
        head = f"{panels} panels a row, seed {seed}, {date.today().isoformat()}. Synthetic experts prove the arithmetic of the update, never the quality of a panel."
        out.write_text("\n".join(["# Simulated panels", "", head, "", *lines(rows), ""]), "utf-8")
    if wrong := below(pinned(rows), floors().get("delphi", {})):
        typer.echo("\n".join(wrong), err=True)
        raise typer.Exit(1)
