"""Matching against what a person says of enterprises over the demo portal: accuracy by state, claims too much, reasons, questions that decide.

The baseline is the filter of a portal: every policy in force whose place covers the enterprise and whose title speaks of support fits.
`jianwei eval match`.
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.access import LOCAL
from corpus.models import CURRENT
from corpus.store import Store
from corpus.validity import validity
from evaluation.commands import app
from evaluation.portal import portal
from rag.match import Match, MatchResult, match
from rag.places import covers

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Judged:
    """One enterprise and one policy: the states a person allows, ours, the baseline's."""

    profile: str
    policy: str
    allowed: tuple[str, ...]
    ours: str
    base: str

    @property
    def right(self) -> bool:
        return self.ours in self.allowed

    @property
    def claims(self) -> bool:
        """Whether 满足 is said where a person does not."""
        return self.ours == "满足" and "满足" not in self.allowed


def gold() -> dict[str, Any]:
    """match_gold.toml."""
    return tomllib.loads(files("evaluation").joinpath("match_gold.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Measured:
    """Judgements; then shares of 1: unmet policies with a reason, exact quotes, benefits and stacking lines with their words, wanted questions asked, questions about unknown facts."""

    rows: list[Judged]
    reasons: float
    exact: float
    benefits: float
    stacking: float
    asked: float
    idle: int

    def flat(self) -> dict[str, float]:
        """The figures that floors are pinned on."""
        n = len(self.rows)
        return {
            "accuracy": sum(r.right for r in self.rows) / n, "baseline_accuracy": sum(r.base in r.allowed for r in self.rows) / n, "claims": sum(r.claims for r in self.rows),
            "reasons": self.reasons, "quotes_exact": self.exact, "benefits": self.benefits, "stacking": self.stacking, "asked": self.asked, "idle_questions": self.idle,
        }  # fmt: skip


def measure(store: Store) -> Measured:
    """Match every profile of the gold."""
    data = gold()
    heads = {h.id: h for h in store.documents.heads(LOCAL)}
    names = {i: h.external_id for i, h in heads.items()}
    happened = store.documents.events_of(LOCAL, list(heads))
    rows: list[Judged] = []
    checks: dict[str, list[bool]] = {"reasons": [], "exact": [], "benefits": [], "stacking": [], "asked": []}
    idle = 0
    for profile in data["profile"]:
        result = match(profile["facts"], store, LOCAL, data["on"])
        found = {names[m.document_id]: m for m in result.matches}
        fits = {names[i] for i, h in heads.items() if h.kind == "policy" and covers(h.region_code, profile["facts"]["region"]) and validity(h, happened.get(i, ()), data["on"]).status in CURRENT}
        rows += [Judged(profile["id"], slug, tuple(allowed.split("|")), str(found[slug].state) if slug in found else ABSENT, "满足" if slug in fits else ABSENT) for slug, allowed in profile["expect"].items()]
        _check(checks, data, found, result, store)
        checks["asked"] += [any(words in q["question"] for q in result.ask) for words in profile.get("asks", ())]
        idle += sum(not _decides(profile["facts"], str(q["fact"]), q["policies"], store, data["on"]) for q in result.ask)
    mean = {name: sum(v) / len(v) if v else 1.0 for name, v in checks.items()}
    return Measured(rows, mean["reasons"], mean["exact"], mean["benefits"], mean["stacking"], mean["asked"], idle)


def _check(checks: dict[str, list[bool]], data: Mapping[str, Any], found: Mapping[str, Match], result: MatchResult, store: Store) -> None:
    checks["reasons"] += [bool(m.why_not) for m in found.values() if str(m.state) == "不满足"]
    texts = {d.id: d.text for d in store.documents.texts(list({c["document_id"] for c in result.citations}), LOCAL)}
    checks["exact"] += [texts[c["document_id"]][c["start"] : c["end"]] == c["quote"] for c in result.citations]
    checks["benefits"] += [all(w in m.benefit for w in data["benefit"][slug]) for slug, m in found.items() if slug in data["benefit"] and str(m.state) == "满足"]
    checks["stacking"] += [all(any(w in line for line, _ in m.stacking) for w in data["stacking"][slug]) for slug, m in found.items() if slug in data["stacking"]]


_TRIED: tuple[Any, ...] = (True, False, 0, 10**12, "990121", "临洲高新技术产业开发区", "无", "烟草", "制造", "2000-01-01", "2026-11-20")


def _decides(facts: Mapping[str, Any], fact: str, titles: list[str], store: Store, on: str) -> bool:
    """Whether some answer to the question changes what is known of one of the policies it is asked for."""
    before = {m.title: (m.state, m.missing) for m in match(facts, store, LOCAL, on).matches}
    for value in _TRIED:
        try:
            after = {m.title: (m.state, m.missing) for m in match({**facts, fact: value}, store, LOCAL, on).matches}
        except ValueError:
            continue
        if any(after.get(t) != before.get(t) for t in titles):
            return True
    return False


@app.command("match")
def command(out: Annotated[Path | None, typer.Option(help="Figures as JSON, for `jianwei eval gate match`.")] = None) -> None:
    """Matching of enterprises to policies: accuracy against a person's judgement, claims too much, reasons, questions; the portal filter beside it."""
    with tempfile.TemporaryDirectory() as folder, portal(Path(folder) / "home") as answerer:
        found = measure(answerer.tools.store)
    typer.echo(" ".join(f"{k}={v:.3g}" for k, v in found.flat().items()) + f" n={len(found.rows)}")
    for r in found.rows:
        if not r.right:
            typer.echo(f"   {'CLAIM ' if r.claims else ''}{r.profile} × {r.policy}: {r.ours}, a person says {'|'.join(r.allowed)}")
    if out is not None:
        out.write_text(json.dumps(found.flat()), "utf-8")
