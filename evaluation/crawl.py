"""Figures of the crawler: speed beside bare Scrapy, manners over many hosts, address tricks, kill and resume, shared workers.

    jianwei eval crawl speed [--pages 3000]
    jianwei eval crawl manners [--hosts 20 --pages 2000 --delay 3]
    jianwei eval crawl kill [--pages 3000 --kills 10]
    jianwei eval crawl shared --redis redis://… [--workers 3]
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus.settings import load_settings
from corpus.store import open_store
from crawlers import targets
from crawlers.run import report_of, start
from crawlers.source import load_sources
from crawlers.worker import Job
from evaluation.commands import app
from evaluation.web import listing, page

PER_LIST = 50
SOURCE = """
id = "{name}"
publisher = "measurement"
access = "trs"
[pace]
delay = {delay}
concurrency = {concurrency}
pages = 10000
documents = 1000000
recheck = "1d"
[params]
item = "ul.list li"
[[columns]]
url = "http://{host}/index.html"
"""
crawl_app = typer.Typer(help="The crawler: speed, manners, kill, shared workers.", no_args_is_help=True)
app.add_typer(crawl_app, name="crawl")


# ---- a fast server in a process of its own ---------------------------------------------------------------------------


class Fast(asyncio.Protocol):
    """HTTP/1.1 with keep-alive for `count` pages a host; records (time, host, path) of every request."""

    count = 0
    robots = b""
    log: list[tuple[float, str, str]] = []  # noqa: RUF012 - one record for all connections, on purpose
    known: dict[str, bytes] = {}  # noqa: RUF012 - pages are made once

    def connection_made(self, transport: Any) -> None:
        self.transport, self.rest = transport, b""

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            head, self.rest = self.rest.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            host = next((line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("host:")), "")
            Fast.log.append((time.monotonic(), host.split(":")[0], path))
            self.transport.write(self.reply(path))

    def reply(self, path: str) -> bytes:
        if path not in Fast.known:
            body = self.body(path)
            status, kind = ("200 OK", "text/plain" if path == "/robots.txt" else "text/html; charset=utf-8") if body else ("404 Not Found", "text/html")
            Fast.known[path] = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        return Fast.known[path]

    def body(self, path: str) -> bytes:
        if path == "/robots.txt":
            return Fast.robots
        if path.startswith("/index"):
            n, lists = int(path.strip("/index_.html") or 0), -(-Fast.count // PER_LIST)
            entries = [(f"/p{i}.html", f"第{i}号文件") for i in range(n * PER_LIST, min(Fast.count, (n + 1) * PER_LIST))]
            return listing(entries, f'<script>createPageHTML({lists}, {n}, "index", "html");</script>')
        return page(f"第{path[2:-5]}号文件", 60) if path.startswith("/p") else b""


async def _serve(count: int, robots: str) -> None:
    Fast.count, Fast.robots = count, robots.encode()
    server = await asyncio.get_running_loop().create_server(Fast, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "log":
            print(json.dumps(Fast.log), flush=True)
            Fast.log.clear()


class Server:
    """The fast server from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port = int(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def log(self) -> list[tuple[float, str, str]]:
        """What was asked since the last look."""
        assert self.process.stdin is not None
        self.process.stdin.write("log\n")
        self.process.stdin.flush()
        return [(float(t), str(h), str(p)) for t, h, p in json.loads(self._line())]


@contextmanager
def serving(count: int, robots: str = "") -> Iterator[Server]:
    """A server of `count` pages a host."""
    command = [sys.executable, "-c", f"import asyncio; from evaluation.crawl import _serve; asyncio.run(_serve({count}, {robots!r}))"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process)
        assert process.stdin is not None
        process.stdin.close()
        process.kill()


# ---- speed -----------------------------------------------------------------------------------------------------------

def bare(port: int, count: int, *jobdir: str) -> float:
    """Pages a second of bare Scrapy (with a job directory where one is given)."""
    command = [sys.executable, "-m", "evaluation.bare", str(port), str(-(-count // PER_LIST)), *jobdir]
    done = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert int(done[0]) == count, done
    return count / float(done[1])


def prepare(home: Path, hosts: dict[str, str], delay: float, concurrency: int) -> dict[str, int]:
    """Declare one source a host and open its runs with the seeds; source id → run."""
    folder = home / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    for name, host in hosts.items():
        (folder / f"{name}.toml").write_text(SOURCE.format(name=name, host=host, delay=delay, concurrency=concurrency))
    declared, store, runs = load_sources(folder), open_store(load_settings(home)), {}
    for name in hosts:
        runs[name], _ = store.frontier.open_run(name)
        store.frontier.push(runs[name], targets.seeds(declared[name]))
    store.close()
    return runs


def job_of(home: Path, runs: dict[str, int], rules: dict[str, Any], **options: Any) -> Job:
    """The worker's job for a home."""
    return Job(settings={"home": str(home)}, runs=runs, rules=rules, contact="measurement@example.org", folder=str(home / "sources"), **options)


def finished(child: subprocess.Popen[str]) -> dict[str, Any]:
    """The report of a worker that must not fail."""
    report = report_of(child)
    if not report or report["failure"]:
        raise RuntimeError(str(report))
    return report


def ours(port: int, count: int) -> float:
    """Pages a second of the crawler: guard, robots, durable queue and snapshots on."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        runs = prepare(home, {"speed": f"127.0.0.1:{port}"}, 0, 16)
        seconds = finished(start(job_of(home, runs, {"loopback": True})))["fetching"]
        store = open_store(load_settings(home))
        done = store.frontier.tally("speed")
        store.close()
    assert done[("page", "done")] == count, done
    return count / float(seconds)


@crawl_app.command()
def speed(pages: Annotated[int, typer.Option()] = 3000, rounds: Annotated[int, typer.Option()] = 3) -> None:
    """Pages a second at delay 0 beside bare Scrapy and Scrapy with a job directory, the same server and concurrency."""
    with serving(pages) as server:
        ours(server.port, pages)  # warm
        found: dict[str, list[float]] = {"bare": [], "jobdir": [], "ours": []}
        for _ in range(rounds):
            found["bare"].append(bare(server.port, pages))
            with tempfile.TemporaryDirectory() as folder:
                found["jobdir"].append(bare(server.port, pages, folder))
            found["ours"].append(ours(server.port, pages))
    best = {name: sorted(values)[len(values) // 2] for name, values in found.items()}
    print(json.dumps({"pages": pages, "median_pages_per_s": best, "share_of_bare": best["ours"] / best["bare"], "all": found}, indent=1))


# ---- manners ---------------------------------------------------------------------------------------------------------


def violations(log: list[tuple[float, str, str]], delay: float) -> dict[str, Any]:
    """Requests that came too early or were forbidden."""
    by_host: dict[str, list[float]] = {}
    for at, host, _ in log:
        by_host.setdefault(host, []).append(at)
    gaps = [b - a for times in by_host.values() for a, b in pairwise(sorted(times))]
    return {
        "requests": len(log), "hosts": len(by_host), "smallest_gap_s": round(min(gaps), 3), "too_early": sum(g < delay - 0.02 for g in gaps),
        "forbidden": sum(path.startswith("/p1") and path[2:-5].startswith("13") for _, _, path in log),
    }  # fmt: skip


@crawl_app.command()
def manners(hosts: Annotated[int, typer.Option()] = 20, pages: Annotated[int, typer.Option()] = 2000, delay: Annotated[float, typer.Option()] = 3.0) -> None:
    """Violations of robots.txt and of the delay as the server saw them, over many host names on loopback."""
    names = {f"h{n:02d}": f"h{n:02d}.measure.example" for n in range(hosts)}
    with serving(pages // hosts, "User-agent: *\nDisallow: /p13\n") as server, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        runs = prepare(home, {n: f"{h}:{server.port}" for n, h in names.items()}, delay, 1)
        rules = {"loopback": True, "names": {h: ["127.0.0.1"] for h in names.values()}}
        report = finished(start(job_of(home, runs, rules)))
        log = server.log()
        store = open_store(load_settings(home))
        tally: Counter[str] = Counter()
        for name in names:
            tally.update({state: n for (role, state), n in store.frontier.tally(name).items() if role == "page"})
        store.close()
    print(json.dumps({**violations(log, delay), "pages": dict(tally), "seconds": report["seconds"]}, indent=1))


# ---- kill ------------------------------------------------------------------------------------------------------------


@crawl_app.command()
def kill(pages: Annotated[int, typer.Option()] = 3000, kills: Annotated[int, typer.Option()] = 10, concurrency: Annotated[int, typer.Option()] = 8) -> None:
    """kill -9 the worker again and again; how many pages were asked twice, a kill and in all."""
    with serving(pages) as server, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        runs = prepare(home, {"kill": f"127.0.0.1:{server.port}"}, 0, concurrency)
        job = job_of(home, runs, {"loopback": True})
        asked: Counter[str] = Counter()
        for n in range(kills):
            child = start(job)
            while sum(p.startswith("/p") for p in asked) < pages * (n + 1) / (kills + 2) and child.poll() is None:
                asked.update(path for _, _, path in server.log())
                time.sleep(0.02)
            child.kill()
            child.wait()
            asked.update(path for _, _, path in server.log())
        finished(start(job))
        asked.update(path for _, _, path in server.log())
        store = open_store(load_settings(home))
        done = store.frontier.tally("kill")
        store.close()
    twice = sum(n - 1 for path, n in asked.items() if path.startswith("/p"))
    print(json.dumps({"pages": pages, "done": done.get(("page", "done"), 0), "kills": kills, "asked_twice": twice, "share_a_kill": twice / pages / kills}, indent=1))


# ---- several workers -------------------------------------------------------------------------------------------------


@crawl_app.command()
def shared(
    redis: Annotated[str, typer.Option(help="redis://… of a server that may be used")],
    workers: Annotated[int, typer.Option()] = 3,
    hosts: Annotated[int, typer.Option()] = 8,
    pages: Annotated[int, typer.Option()] = 1600,
    killed: Annotated[bool, typer.Option(help="kill one worker half way")] = True,
) -> None:
    """Workers on one Redis queue: pages done, pages asked twice, seconds; one worker is killed half way."""
    names = {f"w{n:02d}": f"w{n:02d}.measure.example" for n in range(hosts)}
    with serving(pages // hosts) as server, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        runs = prepare(home, {n: f"{h}:{server.port}" for n, h in names.items()}, 0, 2)
        job = job_of(home, runs, {"loopback": True, "names": {h: ["127.0.0.1"] for h in names.values()}}, room=f"measure{time.time_ns()}", worker="w", lease=5.0)
        job.settings["redis_url"] = redis
        began, asked = time.monotonic(), Counter[tuple[str, str]]()
        children = [start(job) for _ in range(workers)]
        while killed and sum(asked.values()) < pages // 2 and any(c.poll() is None for c in children):
            asked.update((host, path) for _, host, path in server.log())
            time.sleep(0.05)
        if killed:
            children[0].kill()
            report_of(children[0])
        for child in children[1 if killed else 0 :]:
            finished(child)
        asked.update((host, path) for _, host, path in server.log())
        store = open_store(load_settings(home))
        done = sum(store.frontier.tally(n).get(("page", "done"), 0) for n in names)
        store.close()
    twice = sum(n - 1 for (_, path), n in asked.items() if path.startswith("/p"))
    print(json.dumps({"workers": workers, "killed": int(killed), "pages": pages, "done": done, "asked_twice": twice, "seconds": round(time.monotonic() - began, 1)}, indent=1))
