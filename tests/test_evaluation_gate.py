"""The gate: floors and ceilings, and what was not measured."""

from __future__ import annotations

from evaluation.gate import below, floors


def test_below() -> None:
    assert below({"a": 0.5, "b": 3}, {"a": 0.5, "b_max": 3}) == []
    assert below({"a": 0.4, "b": 4}, {"a": 0.5, "b_max": 3, "c": 1}) == ["a is 0.4, below 0.5", "b is 4, above 3", "c was not measured (pinned 1)"]


def test_every_pinned_value_is_a_number() -> None:
    assert floors() and all(isinstance(v, (int, float)) for values in floors().values() for v in values.values())
