"""Speed, memory and endurance of an installation: figures, never a verdict (noisy machines: compare ratios).

`--fraction 0.01` runs one per cent of the long parts (kills, fuzzing, load), as CI does.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from corpus.access import LOCAL
from corpus.settings import load_settings
from corpus.store import open_store
from evaluation.commands import app
from evaluation.fuzz import fuzz, tokens
from evaluation.kill import command, policies, run

KILLS, CASES, LOAD_S = 100, 10_000, 300
QUESTIONS = ("企业研究开发费用可以享受什么税收优惠？", "科技成果转化收益怎么分配？", "数据安全负责人", "第三十条", "专利侵权受理后几个月内要有结果")


def timed(*arguments: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Seconds of one command, and its result."""
    start = time.perf_counter()
    done = subprocess.run(arguments, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start, done


def resident_mb(pid: int) -> float:
    """Resident memory of a process, MB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the sorted values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int, float]]:
    """A service over a home: address, process id, seconds until it answers."""
    import httpx

    start = time.perf_counter()
    child = subprocess.Popen(
        command(home, "serve", "--port", "0", "--no-schedule"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        env={**os.environ, "JIANWEI_RATE": "100000"},
    )
    assert child.stdout is not None
    base = next(
        word.rstrip("（，,")
        for line in child.stdout
        for word in line.replace("：", " ").replace("（", " ").split()
        if word.startswith("http://127.0.0.1")
    )
    try:
        while httpx.get(base + "/healthz", trust_env=False).status_code != 200:
            time.sleep(0.1)
        yield base, child.pid, time.perf_counter() - start
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(30)


def search_ms(home: Path, rounds: int = 20) -> list[float]:
    """Milliseconds of searches in one process, after the first."""
    from rag.retrieve import Query, open_retriever

    settings = load_settings(home)
    store = open_store(settings)
    retriever = open_retriever(settings, store)
    retriever.search(Query("试"), LOCAL)
    found = []
    for _ in range(rounds):
        for question in QUESTIONS:
            start = time.perf_counter()
            retriever.search(Query(question), LOCAL)
            found.append((time.perf_counter() - start) * 1000)
    retriever.close()
    store.close()
    return found


def import_figures(home: Path, source: Path, *options: str) -> dict[str, Any]:
    """Import and index: documents a second, seconds, and again with nothing changed."""
    first, done = timed(*command(home, "import", str(source), *options))
    again, _ = timed(*command(home, "import", str(source), *options))
    index, indexed = timed(*command(home, "index"))
    for result in (done, indexed):
        if result.returncode:
            typer.echo(result.stderr, err=True)
            raise typer.Exit(1)
    store = open_store(load_settings(home))
    count = store.documents.count(LOCAL)
    store.close()
    return {
        "documents": count,
        "import_s": round(first, 1),
        "documents_per_s": round(count / first, 1),
        "again_s": round(again, 2),
        "index_s": round(index, 1),
    }


def load(base: str, pid: int, seconds: int) -> dict[str, Any]:
    """Fifty readers by locust: requests, failures, percentiles in ms by act, CPU of the generator and of the service, resident memory at five moments."""
    with tempfile.TemporaryDirectory() as folder:
        program, script = str(Path(sys.executable).with_name("locust")), str(Path(__file__).with_name("load.py"))
        options = ["-f", script, "--headless", "-u", "50", "-r", "10", "-t", f"{seconds}s", "--host", base, "--csv", f"{folder}/load", "--only-summary"]
        before, start, generator = cpu_s(pid), time.perf_counter(), os.times()
        child = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        resident = []
        while child.poll() is None:
            time.sleep(min(1.0, seconds / 20))
            resident.append(round(resident_mb(pid)))
        took, after = time.perf_counter() - start, os.times()
        spent = after.children_user + after.children_system - generator.children_user - generator.children_system
        with (Path(folder) / "load_stats.csv").open(encoding="utf-8", newline="") as file:
            rows = {row["Name"]: row for row in csv.DictReader(file)}
    found = {name: {"requests": int(r["Request Count"]), "failures": int(r["Failure Count"]), "p50_ms": int(r["50%"]), "p95_ms": int(r["95%"]), "p99_ms": int(r["99%"])} for name, r in rows.items()}
    return {
        **found.pop("Aggregated"), "acts": found, "seconds": round(took), "generator_cpu": round(spent / took, 2), "service_cpu": round((cpu_s(pid) - before) / took, 2),
        "resident_mb": [resident[min(len(resident) - 1, len(resident) * k // 4)] for k in range(5)] if resident else [],
    }  # fmt: skip


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def service(found: dict[str, Any]) -> dict[str, float]:
    """The figures that floors.toml pins under [service]; `load_growth` is the resident memory at the end over that at half time."""
    load_, resident = found["load"], found["load"]["resident_mb"]
    return {
        "load_failures": load_["failures"], "load_p95_ms": load_["p95_ms"], "load_growth": round(resident[4] / resident[2], 3), "generator_cpu": load_["generator_cpu"],
        "fuzz_cases": found["fuzz"]["cases"], "fuzz_server_errors": found["fuzz"]["server_errors"], "fuzz_undocumented": found["fuzz"]["unique_failures"] - found["fuzz"]["not_built"],
        "kill_lost": found["kill"]["lost"],
    }  # fmt: skip


FAULTS = ("load_failures", "fuzz_server_errors", "fuzz_undocumented", "kill_lost")
"""What ends the command with 1, at any fraction."""


@app.command("bench")
def bench(
    data: Path | None = typer.Option(None, help="folder of the real data; its policy/ is imported too"),
    fraction: float = typer.Option(0.1, min=0.001, max=1.0),
    out: Path | None = None,
) -> None:
    """Speed, memory, kills, fuzzing and load; prints one JSON document; exit status 1 when something failed or was lost."""
    found: dict[str, Any] = {"help_s": round(statistics.median(timed(*command(Path("x"), "--help"))[0] for _ in range(5)), 3)}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        found["import"] = import_figures(home, data / "policy") if data else import_figures(home, policies(Path(folder), 2000, 0), "--kind", "policy")
        times = search_ms(home)
        found["search_ms"] = {
            "p50": round(percentile(times, 0.5), 2),
            "p95": round(percentile(times, 0.95), 2),
            "p99": round(percentile(times, 0.99), 2),
        }
        with served(home) as (base, pid, seconds):
            found["serve"] = {"up_s": round(seconds, 1), "resident_mb": round(resident_mb(pid))}
            found["load"] = load(base, pid, max(10, round(LOAD_S * fraction)))
            found["fuzz"] = fuzz(base, tokens(home), round(CASES * fraction))
            found["serve"]["resident_mb_after"] = round(resident_mb(pid))
    outcomes, lost = run(max(1, round(KILLS * fraction)), 2000, 0)
    found["kill"] = {
        "kills": len(outcomes),
        "lost": sum(not o.whole for o in outcomes),
        "slowest_reopen_s": round(max(o.reopen_s for o in outcomes), 2),
        "not_found_once": lost,
    }
    text = json.dumps(found | service(found), ensure_ascii=False, indent=2)
    typer.echo(text)
    if out:
        out.write_text(text + "\n", "utf-8")
    if any(service(found)[name] for name in FAULTS):
        raise typer.Exit(1)
