"""The rating form: its vocabulary (risk/panel.toml), its validation, and the authority that follows from it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from corpus.errors import BadInput
from risk.consensus import authority

SCORES = ("importance", "urgency", "likelihood", "province_impact", "controllability", "confidence")
"""Fields scored 1..5 (whole numbers)."""


TEXTS = ("verdict", "include", "expected", "interest", "reason", "counter_measures", "missed", "detail")
STATEMENT, LONGEST = 80, 2000
"""Longest statement of a risk and longest text of a field, in characters."""


@cache
def constants() -> dict[str, Any]:
    """The versioned constants and the form's vocabulary."""
    return tomllib.loads(files("risk").joinpath("panel.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Form:
    """One expert's judgement of one item. An abstention needs a reason and no scores."""

    verdict: str = "accept"
    include: str = ""
    importance: int = 0
    urgency: int = 0
    likelihood: int = 0
    province_impact: int = 0
    controllability: int = 0
    confidence: int = 0
    expected: str = ""
    familiarity: int = 3
    basis: Mapping[str, str] = field(default_factory=dict)
    interest: str = ""
    reason: str = ""
    counter_measures: str = ""
    missed: str = ""
    detail: str = ""

    def record(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**asdict(self), "basis": dict(self.basis)}

    @property
    def abstains(self) -> bool:
        return self.verdict == "abstain"


def parse(values: Mapping[str, Any]) -> Form:
    """A validated form; raises BadInput naming the field, the value and what is allowed."""
    unknown = set(values) - set(Form.__dataclass_fields__)
    if unknown:
        raise BadInput("unknown field of the form", ", ".join(sorted(unknown)), f"the fields are: {', '.join(Form.__dataclass_fields__)}")
    wrong = [n for n in TEXTS if not isinstance(values.get(n, ""), str) or len(values.get(n, "")) > LONGEST]
    if wrong or not isinstance(values.get("basis", {}), Mapping):
        raise BadInput("this field is not of its kind", ", ".join(wrong) or "basis", f"texts of at most {LONGEST} characters; basis is a table")
    form = Form(**values)
    scales = constants()["scales"]
    _one_of("verdict", form.verdict, scales["verdict"])
    if form.abstains:
        if not form.reason.strip():
            raise BadInput("an abstention needs a reason", form.verdict, "fill in reason")
        return form
    _one_of("include", form.include, scales["include"])
    _one_of("expected", form.expected, scales["expected"])
    for name in (*SCORES, "familiarity"):
        _score(name, getattr(form, name))
    for name, degree in form.basis.items():
        _one_of("basis", name, scales["basis"])
        _one_of(f"basis.{name}", degree, scales["degree"])
    if form.verdict in ("merge", "split", "edit") and not form.detail.strip():
        raise BadInput(f"the verdict {form.verdict} needs its detail", form.detail, "say with which item, into what, or the new wording")
    if form.verdict == "edit" and len(form.detail.strip()) > STATEMENT:
        raise BadInput("the new wording is too long", f"{len(form.detail.strip())} characters", f"at most {STATEMENT}: cause, event, consequence")
    if form.verdict == "propose" and not form.missed.strip():
        raise BadInput("a proposal needs the risk that is missing", form.missed, "fill in missed")
    if form.verdict == "reject" and not form.reason.strip():
        raise BadInput("a rejection needs a reason", form.verdict, "fill in reason")
    return form


def split_parts(detail: str) -> dict[str, list[str]]:
    """名称：类型、类型；名称：类型 as {name: [types]}; raises BadInput when it is not of this form or has fewer than one part."""
    found: dict[str, list[str]] = {}
    for part in filter(None, (p.strip() for p in re.split(r"[；;\n]", detail))):
        name, _, kinds = part.replace(":", "：").partition("：")
        listed = [k.strip() for k in re.split(r"[、,，]", kinds) if k.strip()]
        if not name.strip() or not listed:
            raise BadInput("this is no division", part, "write 名称：类型、类型；名称：类型")
        found[name.strip()] = listed
    if not found:
        raise BadInput("a split needs its parts", detail, "write 名称：类型、类型；名称：类型")
    return found


def _one_of(name: str, value: str, allowed: Mapping[str, str]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise BadInput(f"{name} has no such value", value, f"one of: {', '.join(f'{k} ({v})' for k, v in allowed.items())}")


def _score(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 5:
        raise BadInput(f"{name} is scored 1 to 5", value, "give a whole number from 1 to 5")


def form_authority(form: Form) -> float:
    """Cr of one judgement: Ca from the bases of judgement (0.1 each when nothing is said), Cs from familiarity."""
    table = constants()
    ca = sum(table["basis"][name][form.basis.get(name, "small")] for name in table["basis"])
    return authority(min(1.0, ca), table["familiarity"][str(form.familiarity)])
