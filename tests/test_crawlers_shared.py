"""Three workers on one Redis queue: the same documents, nothing fetched twice, a killed worker's requests taken over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

import pytest

from corpus.access import LOCAL
from corpus.settings import Settings
from corpus.store import open_store
from crawlers.guard import Rules
from crawlers.run import crawl, report_of, start
from evaluation.crawl import job_of, prepare
from evaluation.web import Reply, Site, listing, page, web

pytestmark = pytest.mark.redis
NAMES = ("s1", "s2", "s3", "s4")
EACH = 40


def site(pause: float = 0.0) -> Site:
    """A list of EACH pages on one host."""

    def answer(path: str, method: str, headers: Mapping[str, str]) -> Reply:
        time.sleep(pause)
        if path == "/index.html":
            return Reply(listing([(f"/p{i}.html", f"第{i}号文件") for i in range(EACH)]))
        return Reply(page(f"第{path[2:-5]}号文件", 3)) if path.startswith("/p") else Reply(status=404)

    return answer


def mapped(port: int) -> dict[str, str]:
    return {f"{n}.example:80": f"127.0.0.1:{port}" for n in NAMES}


def test_three_workers_share_one_crawl(settings: Settings, redis_url: str) -> None:
    settings = settings.model_copy(update={"redis_url": redis_url, "contact": "test@example.org"})
    prepare(settings.home, {n: f"{n}.example" for n in NAMES}, 0.1, 1)
    with web({f"{n}.example": site() for n in NAMES}) as (kept, port):
        rows = crawl(settings, list(NAMES), rules=Rules(mapped=mapped(port)), workers=3)
        asked = Counter((a.host, a.path) for a in kept.asked)
        times = {n: sorted(a.at for a in kept.asked if a.host == f"{n}.example") for n in NAMES}
    assert [(r.new, r.errors, r.complete) for r in rows] == [(EACH, {}, True)] * 4
    assert set(asked.values()) == {1}, [k for k, n in asked.items() if n > 1]
    assert min(b - a for t in times.values() for a, b in pairwise(t)) >= 0.09, "the pause of a host is kept over all workers"


def test_a_killed_worker_is_taken_over(settings: Settings, redis_url: str) -> None:
    runs = prepare(settings.home, {n: f"{n}.example" for n in NAMES}, 0, 2)
    with web({f"{n}.example": site(0.02) for n in NAMES}) as (kept, port):
        job = job_of(settings.home, runs, {"mapped": mapped(port)}, room="killed", lease=2.0, worker="w")
        job.settings["redis_url"] = redis_url
        children = [start(job) for _ in range(3)]
        until = time.monotonic() + 60
        while len(kept.asked) < 60 and time.monotonic() < until:
            time.sleep(0.02)
        children[0].kill()
        report_of(children[0])
        reports = [report_of(c) for c in children[1:]]
        asked = Counter((a.host, a.path) for a in kept.asked)
    assert all(r and not r["failure"] for r in reports)
    store = open_store(settings)
    done = [store.frontier.tally(n)[("page", "done")] for n in NAMES]
    assert store.documents.count(LOCAL) == 0  # fetched and kept; the parent takes in
    store.close()
    twice = sum(n - 1 for (_, path), n in asked.items() if path.startswith("/p"))
    assert done == [EACH] * 4 and twice <= 16, "only what the killed worker held or had not written is asked again"
