"""Schemathesis over the service's own OpenAPI document, as each of several roles: no server error, every answer as documented.

    jianwei eval fuzz http://127.0.0.1:7860 --home DIR --cases 10000      # DIR is the home that the service serves: a copy, it is written to

Each role gets an account and a token of its own; a visitor asks without one. Below FULL cases only the fuzzing phase runs (the phases that walk every edge of
every parameter have a fixed size of some 2,000 cases a role). Semantic refusals of well-formed requests (a day that does not exist,
a webhook without an address) are documented 422s, so the check `positive_data_acceptance` is left out; all others hold.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from corpus.settings import load_settings
from corpus.store import open_store
from evaluation.commands import app
from ui.auth import accounts

ROLES = ("operator", "enterprise", "admin", "expert", "official", "auditor")
VISITOR = {"visitor": ""}
"""Who asks without a token."""
OPERATIONS = 114
"""About so many operations are documented: what turns cases into examples an operation."""
FULL = 2_000
NOT_BUILT = 501
"""A documented status that tells of a part that is not installed; it is reported apart from server errors."""


def tokens(home: Path, roles: Iterable[str] = ROLES) -> dict[str, str]:
    """A bearer token a role, of accounts made for this; the home then has accounts (an admin among them ends its local operator)."""
    store = open_store(load_settings(home))
    try:
        found = {}
        for role in roles:
            name = f"fuzz-{role}-{time.time_ns():x}"[:64]
            accounts.create(store, name, role, by="evaluation")
            found[role] = accounts.make_token(store, name, "fuzz", by="evaluation")
        return found
    finally:
        store.close()


def once(base: str, token: str, cases: int, seed: int) -> dict[str, Any]:
    """One run as one reader: {"cases", "failures": [{"code", "title", "operations"}], "errors", "seconds"}."""
    examples = max(1, round(cases / (100 if cases >= FULL else OPERATIONS)))
    with tempfile.TemporaryDirectory() as folder:
        program = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{base}/openapi.json", "-n", str(examples)]
        program += ["-H", f"Authorization: Bearer {token}"] if token else []
        program += ["--phases", "examples,coverage,fuzzing,stateful" if cases >= FULL else "fuzzing", "--continue-on-failure", "--no-shrink", "--warnings", "off"]
        program += ["-c", "all", "--exclude-checks", "positive_data_acceptance", "--seed", str(seed), "--report", "json", "--report-json-path", f"{folder}/report.json"]
        done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=folder)
        path = Path(folder) / "report.json"
        if not path.exists():
            raise RuntimeError(f"schemathesis said: {(done.stdout + done.stderr)[-500:]}")
        report = json.loads(path.read_text("utf-8"))
    return _figures(report, done.stdout)


def _figures(report: dict[str, Any], said: str) -> dict[str, Any]:
    cases = report["test_cases"]
    missing = said.count(f"[{NOT_BUILT}]")
    failures = [{"code": f["code"], "title": f["title"], "operations": f["operations"]} for f in report["failures"]]
    server = sum(f["count"] for f in report["failures"] if f["code"] == "ST101")
    return {
        "cases": cases["generated"], "operations": report["operations"]["tested"], "unique_failures": cases["unique_failures"], "server_errors": max(0, server - missing),
        "not_built": missing, "errored": cases["errored"], "failures": failures, "seconds": round(report["running_time"], 1), "seed": report["seed"],
    }  # fmt: skip


def fuzz(base: str, readers: dict[str, str], cases: int, seed: int = 1) -> dict[str, Any]:
    """All readers (role → token), `cases` in sum at least when cases ≥ FULL: sums and the figures of each."""
    each = max(1, round(cases / len(readers)))
    found = {role: once(base, token, each, seed + n) for n, (role, token) in enumerate(readers.items())}
    sums = {name: sum(f[name] for f in found.values()) for name in ("cases", "unique_failures", "server_errors", "not_built", "errored")}
    return {**sums, "seconds": round(sum(f["seconds"] for f in found.values()), 1), "readers": found}


@app.command("fuzz")
def command(base: str, home: Path = typer.Option(..., help="the home that is served there; accounts are added to it"), cases: int = typer.Option(10_000, min=10), seed: int = 1) -> None:
    """Fuzz a running service; prints one JSON document. Exit status 1 on a server error or an undocumented answer."""
    found = fuzz(base.rstrip("/"), tokens(home) | VISITOR, cases, seed)
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    raise typer.Exit(1 if found["server_errors"] or found["errored"] or found["unique_failures"] > found["not_built"] else 0)
