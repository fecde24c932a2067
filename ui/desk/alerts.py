"""Alerts as the doors need them: 提示 → 签收 → 反馈 → 销号, and escalation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput
from risk import alerts
from risk.panel import blinded
from ui.desk import Desk, today

SEERS = ("official", "operator", "admin", "auditor")


def listed(desk: Desk, reader: Reader, *, states: Sequence[str] = (), risk_id: str = "") -> list[dict[str, Any]]:
    """Alerts within the reader's ceiling, newest first, each with its next step and whether it is overdue."""
    reader.require(*SEERS)
    if unknown := set(states) - set(alerts.STEPS):
        raise BadInput("no such state of an alert", ", ".join(sorted(unknown)), f"one of: {', '.join(alerts.STEPS)}")
    hidden = blinded(desk.store, reader.user) if reader.role != "local" else frozenset()
    found = [a for a in alerts.list_alerts(desk.store, reader, states=states) if a["risk_id"] not in hidden and (not risk_id or a["risk_id"] == risk_id)]
    return [_shown(a) for a in found]


def _shown(a: dict[str, Any]) -> dict[str, Any]:
    at = alerts.STEPS.index(a["state"])
    due = {"next": alerts.STEPS[at + 1] if at + 1 < len(alerts.STEPS) else "", "overdue": a["state"] == alerts.STEPS[0] and a["due_on"] < today()}
    return {**a, **due, "rule_name": alerts.RULES.get(a["rule"], a["rule"]), "state_name": alerts.STEP_NAMES[a["state"]], "level": a["steps"][0].get("level", "")}


def answer(desk: Desk, number: int, step: str, reader: Reader, note: str = "") -> dict[str, Any]:
    """Take an alert one step on."""
    if step not in alerts.STEPS[1:]:
        raise BadInput("no such step", step, f"one of: {', '.join(alerts.STEPS[1:])}")
    return _shown(alerts.answer(desk.store, number, step, reader, note))


def escalate(desk: Desk, reader: Reader, on: str = "") -> list[int]:
    """Tell again of what nobody acknowledged in time; numbers of the alerts."""
    reader.require("official", "operator", "admin")
    return alerts.escalate(desk.store, on or today())
