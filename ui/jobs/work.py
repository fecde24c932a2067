"""What a job does. The scheduler stores `ui.jobs.work:run` with the home and the job's name: nothing else is pickled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus.access import LOCAL
from corpus.errors import JianweiError
from ui.desk import Desk, gather, today
from ui.jobs import check, constants

_desks: dict[str, Desk] = {}
_busy: dict[str, threading.Lock] = {}
LONGEST = 6 * 3600
"""Seconds after which a child is stopped."""


def serve_with(desk: Desk) -> None:
    """Let jobs of this home use the desk of the running service."""
    _desks[str(desk.settings.home)] = desk


def run(home: str, name: str, arguments: Mapping[str, Any] | None = None, by: str = "schedule") -> str:
    """Run one job now and record it; a job that is still running is skipped. Returns done | failed | skipped."""
    desk = _desks[home]
    lock = _busy.setdefault(f"{home}\0{name}", threading.Lock())
    if not lock.acquire(blocking=False):
        return "skipped"
    try:
        return _recorded(desk, check(name), dict(arguments or {}), by)
    finally:
        lock.release()


def _recorded(desk: Desk, name: str, arguments: dict[str, Any], by: str) -> str:
    start = time.perf_counter()
    if name == "crawl" and by == "schedule" and not gather.due(desk):
        return "done"  # nobody's turn: nothing to record
    number = None if name in ("notify", "index") and by == "schedule" else desk.store.jobs.begin(name, arguments, by)
    try:
        result, state, message = _do(desk, name, arguments), "done", ""
    except JianweiError as error:
        result, state, message = {}, "failed", str(error)
    seconds = round(time.perf_counter() - start, 3)
    if number is None and (state == "failed" or result.get("changed") or result.get("sent")):
        number = desk.store.jobs.begin(name, arguments, by)
    if number is not None:
        desk.store.jobs.end(number, state, seconds, message=message, result=result)
    return state


def _do(desk: Desk, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    if name == "notify":
        from ui.notify import announce, deliver
        from ui.notify.watching import watch

        announce(desk)
        watch(desk)
        return deliver(desk)
    if name == "index":
        return gather.index(desk, LOCAL)
    command = [*constants()["job"][name]["command"], *_extra(desk, name)]
    if name == "crawl" and arguments.get("sources"):
        command = ["crawl", *(str(s) for s in arguments["sources"]), "--json"]
    result = _child(desk, command)
    if name == "crawl":
        gather.index(desk, LOCAL)
    return result


def _extra(desk: Desk, name: str) -> list[str]:
    folder = desk.settings.home / "exports"
    if name in ("bulletin", "backup"):
        folder.mkdir(parents=True, exist_ok=True)
        return [str(folder / (f"bulletin-{today()}.docx" if name == "bulletin" else f"backup-{today()}.zip"))]
    return []


def _child(desk: Desk, command: Sequence[str]) -> dict[str, Any]:
    """Run `jianwei …` on this home as a child of low priority; raises JianweiError with its last line when it fails."""
    home = str(Path(desk.settings.home).absolute())
    program = [sys.executable, "-c", "from ui.cli import main; main()", "--home", home, *command]
    try:
        done = subprocess.run(program, capture_output=True, text=True, timeout=LONGEST, check=False, preexec_fn=lambda: os.nice(10))
    except subprocess.TimeoutExpired as error:
        raise JianweiError("the job took too long and was stopped", " ".join(command), f"longer than {LONGEST} s") from error
    lines = done.stderr.strip().splitlines()
    if done.returncode:
        raise JianweiError("the job failed", " ".join(command), lines[-1] if lines else f"exit {done.returncode}")
    return _result(done.stdout)


def _result(printed: str) -> dict[str, Any]:
    try:
        found = json.loads(printed)
    except ValueError:
        return {"printed": printed.strip()[-500:]}
    return found if isinstance(found, dict) else {"result": found}
