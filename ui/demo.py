"""`jianwei demo`: gather the demo portal with the real crawler, index, mine, open a panel, serve. A second run only serves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from corpus.access import LOCAL
from corpus.errors import JianweiError
from corpus.settings import Settings
from ui.messages import say

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (("crawl", ("crawl", "demo")), ("index", ("index",)), ("mine", ("risks", "mine")))
QUESTIONS = ("ask.try_1", "ask.try_2", "ask.try_3")


def demo(settings: Settings, *, serve: bool = True, schedule: bool = True) -> None:
    """Build what is missing, then serve with three questions to try. Raises JianweiError when a step fails."""
    mark = settings.home / "demo.json"
    done = _done(mark)
    for name, command in STEPS:
        if name not in done:
            _step(settings, name, command)
            _note(mark, done, name)
    if "panel" not in done:
        _panel(settings)
        _note(mark, done, "panel")
    if serve:
        from ui.serve import serve as run

        words = [say("demo.try", settings.language), *(f"  · {say(q, settings.language)}" for q in QUESTIONS)]
        run(settings, schedule=schedule, lines=tuple(words))


def _done(mark: Path) -> list[str]:
    try:
        found: list[str] = json.loads(mark.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return []  # the first run, or one that was cut while writing: build again, every step is idempotent
    return found


def _note(mark: Path, done: list[str], name: str) -> None:
    done.append(name)
    part = mark.with_suffix(".part")
    part.write_text(json.dumps(done), "utf-8")
    part.replace(mark)


def _step(settings: Settings, name: str, command: tuple[str, ...]) -> None:
    """One command as a child, so that its memory goes back before the service starts."""
    start = time.perf_counter()
    print(say(f"demo.{name}", settings.language), flush=True)
    program = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(settings.home.absolute()), *command]
    if subprocess.run(program, check=False).returncode:
        raise JianweiError("a step of the demo failed", " ".join(command), "see the line above; run it again to go on")
    print(say("demo.took", settings.language, seconds=f"{time.perf_counter() - start:.1f}"), flush=True)


def _panel(settings: Settings) -> None:
    """A first panel on the mined list, with the local operator as its only expert, in its blind first round."""
    from ui.desk import Desk, judge

    desk = Desk(settings)
    try:
        if desk.store.panels.all() or not desk.risks(LOCAL)["risks"]:
            return
        top = [r["id"] for r in desk.risks(LOCAL)["risks"][:8]]
        panel = judge.open_panel(desk, say("demo.panel", settings.language), LOCAL, risk_ids=top)
        judge.invite(desk, panel, "local", LOCAL, chair=True)
        judge.start_round(desk, panel, LOCAL)
    finally:
        desk.close()


