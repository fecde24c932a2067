"""Kill -9 at random points of import and indexing: nothing acknowledged is lost, reopening is quick, indexes heal.

    jianwei eval kill --times 100

Each trial starts `jianwei import` (and then `index`) on generated policies in a child process, kills it after a random
delay, reopens the home and compares: every document that was committed the moment before the kill is there,
the store opens within the limit, and after one `index` each stored document is found by its own unique word.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import typer

from corpus.access import LOCAL
from corpus.settings import load_settings
from corpus.store import open_store
from evaluation.commands import app
from evaluation.figures import OUT, keep


@dataclass(frozen=True, slots=True)
class Outcome:
    """One kill: documents acknowledged before it, documents found after it, seconds to reopen, whether the store is whole."""

    stage: str
    after_s: float
    acknowledged: int
    found: int
    reopen_s: float
    whole: bool


def policies(folder: Path, count: int, seed: int) -> Path:
    """A JSON-lines file of `count` generated policies, each with one word that no other has."""
    rng, path = random.Random(seed), folder / "policies.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for n in range(count):
            articles = "\n".join(
                f"第{'一二三四五六七八九十'[k]}条　为规范第{n}号试验事项第{k}项管理，按照{rng.randint(1, 9)}‰的比例执行。" for k in range(10)
            )
            row = {
                "title": f"试验办法第{n}号",
                "url": f"http://example.invalid/{n}",
                "text": f"试验办法第{n}号\n{articles}\n标识词TW{n:06d}。",
                "published_on": "2026-01-01",
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def command(home: Path, *args: str) -> list[str]:
    """The command line of this very installation."""
    return [sys.executable, "-m", "ui.cli", "--home", str(home), *args]


def stored(home: Path) -> tuple[int, float, bool]:
    """Documents in the home, seconds to reopen it, and SQLite's own integrity check."""
    start = time.perf_counter()
    store = open_store(load_settings(home))
    count = store.documents.count(LOCAL)
    seconds = time.perf_counter() - start
    whole = store.intact()
    store.close()
    return count, seconds, whole


def kill_once(home: Path, source: Path, stage: str, delay: float) -> Outcome:
    """Start the stage, kill it after `delay` seconds, reopen and count."""
    args = ("import", str(source), "--kind", "policy") if stage == "import" else ("index",)
    child = subprocess.Popen(command(home, *args), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(delay)
    before, _, _ = stored(home)  # what another connection sees is committed: it was acknowledged
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    found, seconds, whole = stored(home)
    return Outcome(stage, delay, before, found, seconds, whole and found >= before)


def run(times: int, count: int, seed: int) -> tuple[list[Outcome], int]:
    """`times` kills over import and index; returns the outcomes and the documents that search misses at the end."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        source, home = policies(Path(folder), count, seed), Path(folder) / "home"
        outcomes = [kill_once(home, source, "import" if k % 2 == 0 else "index", rng.uniform(0.2, 4.0)) for k in range(times)]
        for args in (("import", str(source), "--kind", "policy"), ("index",)):
            subprocess.run(command(home, *args), check=True, capture_output=True)
        return outcomes, missing(home, count, rng)


def missing(home: Path, count: int, rng: random.Random) -> int:
    """Of 50 sampled documents, how many are not found by their own word, or found twice."""
    sample = rng.sample(range(count), min(50, count))
    batch = home / "questions.jsonl"
    batch.write_text("".join(json.dumps({"id": str(n), "question": f"TW{n:06d}"}) + "\n" for n in sample), "utf-8")
    done = subprocess.run(command(home, "search", "--batch", str(batch)), check=True, capture_output=True, text=True)
    lost = 0
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        exact = [h for h in answer["hits"] if f"TW{int(answer['id']):06d}" in h["text"]]
        lost += len(exact) != 1
    return lost


@app.command("kill")
def kill(times: int = typer.Option(100, min=1), documents: int = typer.Option(2000, min=50), seed: int = 0, out: Path | None = OUT) -> None:
    """Kill -9 during import and indexing; prints counts. Exit status 1 when anything acknowledged was lost."""
    outcomes, lost = run(times, documents, seed)
    bad = [o for o in outcomes if not o.whole]
    slow = max(o.reopen_s for o in outcomes)
    typer.echo(
        f"kills {len(outcomes)}; acknowledged documents lost in {len(bad)}; slowest reopening {slow:.2f} s; sampled documents not found exactly once at the end: {lost}"
    )
    keep(out, kill_lost=len(bad) + lost, kill_reopen_s=slow)
    raise typer.Exit(1 if bad or lost or slow > 5 else 0)
