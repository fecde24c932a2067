"""A crawl that is killed goes on where it was: what was settled is not asked again, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from corpus.access import LOCAL
from corpus.settings import Settings
from corpus.store import open_store
from crawlers.guard import Rules
from crawlers.run import crawl
from evaluation.web import Reply, Site, Web, listing, page, web

SOURCE = """
id = "long"
publisher = "长列表"
access = "trs"
[pace]
delay = 0
concurrency = 4
recheck = "1d"
pages = 100
[params]
item = "ul.list li"
[[columns]]
url = "http://long.example/index.html"
"""
DRIVER = """
import json, sys
from corpus.settings import load_settings
from crawlers.guard import Rules
from crawlers.run import crawl
home, mapped = json.loads(sys.argv[1])
crawl(load_settings(home, contact="test@example.org"), ["long"], rules=Rules(mapped=mapped))
"""
PER_LIST = 20


def long_site(count: int, pause: float = 0.0) -> Site:
    """A TRS list of `count` pages."""
    lists = -(-count // PER_LIST)

    def site(path: str, method: str, headers: Mapping[str, str]) -> Reply:
        time.sleep(pause)
        if path.startswith("/index"):
            n = int(path.strip("/index_.html") or 0)
            entries = [(f"/p{i}.html", f"第{i}号文件") for i in range(n * PER_LIST, min(count, (n + 1) * PER_LIST))]
            return Reply(listing(entries, f'<script>createPageHTML({lists}, {n}, "index", "html");</script>'))
        return Reply(page(f"第{path[2:-5]}号文件", 3)) if path.startswith("/p") else Reply(status=404)

    return site


def start(home: Path, mapped: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", DRIVER, json.dumps([str(home), mapped])], start_new_session=True)


def wait_for(kept: Web, count: int) -> None:
    until = time.monotonic() + 60
    while sum(a.path.startswith("/p") for a in kept.asked) < count and time.monotonic() < until:
        time.sleep(0.01)


def test_kill_and_go_on(settings: Settings) -> None:
    count = 400
    (settings.home / "sources").mkdir(parents=True)
    (settings.home / "sources" / "long.toml").write_text(SOURCE)
    with web({"long.example": long_site(count, 0.005)}) as (kept, port):
        mapped = {"long.example:80": f"127.0.0.1:{port}"}
        for reached in (60, 150, 260):
            child = start(settings.home, mapped)
            wait_for(kept, reached)
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        row = crawl(settings.model_copy(update={"contact": "test@example.org"}), ["long"], rules=Rules(mapped=mapped))[0]
        asked = Counter(p for p in kept.paths("long.example") if p.startswith("/p"))
    store = open_store(settings)
    documents = store.documents.count(LOCAL)
    store.close()
    assert row.resumed and row.complete and documents == count == len(asked)
    assert sum(asked.values()) - count <= 3 * (0.01 * count + 4), "asked again after three kills: at most 1 % and what was in flight"


def test_a_worker_ends_with_its_parent(settings: Settings) -> None:
    (settings.home / "sources").mkdir(parents=True)
    (settings.home / "sources" / "long.toml").write_text(SOURCE)
    with web({"long.example": long_site(2000, 0.02)}) as (kept, port):
        child = start(settings.home, {"long.example:80": f"127.0.0.1:{port}"})
        wait_for(kept, 20)
        os.kill(child.pid, signal.SIGKILL)  # the parent only
        child.wait()
        time.sleep(1.5)
        seen = len(kept.asked)
        time.sleep(0.7)
        assert len(kept.asked) == seen
