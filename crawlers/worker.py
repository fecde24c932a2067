"""The child process of a crawl: `python -m crawlers.worker` reads a job as JSON on standard input.

It fetches what is queued for the job's sources, keeps it, and ends; it prints one JSON line a second on how far it is,
and a last one with what was held and why. The reactor lives and dies here.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.settings import load_settings
from corpus.store import Store, open_store
from crawlers.desk import Desk, Limits, Queue
from crawlers.guard import Rules
from crawlers.manners import user_agent
from crawlers.source import Declaration, load_sources, paced
from crawlers.writer import Settler, Writer

LOWEST_DELAY = 3.0


@dataclass(frozen=True)
class Job:
    """What the parent hands over. `settings` are those of the home; `runs` the run of each source."""

    settings: dict[str, Any]
    runs: dict[str, int]
    rules: dict[str, Any] = field(default_factory=dict)
    contact: str = ""
    documents: int = 0
    seconds: float = 0.0
    folder: str = ""
    pace: dict[str, Any] = field(default_factory=dict)
    worker: str = ""
    resumed: bool = False
    room: str = ""
    lease: float = 30.0


def rests_of(store: Store, declared: dict[str, Declaration], job: Job) -> dict[str, float]:
    """Seconds to wait before the first request to a host that was asked a moment ago, by a crawl that ended or was cut."""
    delays = {host: _delay(d, host, job) for d in declared.values() for host in d.own_hosts()}
    last = store.frontier.last_visit(list(declared))
    past = {host: (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds() for host, at in last.items() if at}
    found = {host: min(delay, delay - past[host] + 1.0) for host, delay in delays.items() if host in past and past[host] < delay}
    return {h: delays[h] for h in delays} if job.resumed else {h: s for h, s in found.items() if delays[h]}


def scrapy_settings(declared: dict[str, Declaration], job: Job, rests: dict[str, float]) -> dict[str, Any]:
    """Scrapy's settings: http and https only, no proxy, no meta refresh, caps, a slot with its pace for every host."""
    slots = {host: {"delay": _delay(d, host, job), "concurrency": d.pace.concurrency, "jitter": 0.0} for d in declared.values() for host in d.own_hosts()}
    return {
        "USER_AGENT": user_agent(job.contact), "ROBOTSTXT_OBEY": False, "SCHEDULER": "crawlers.spider.FrontierScheduler",
        "DOWNLOAD_HANDLERS": {"file": None, "data": None, "ftp": None, "s3": None} | (dict.fromkeys(("http", "https"), "crawlers.browser.BrowserHandler") if any(d.browser for d in declared.values()) else {}), "TWISTED_DNS_RESOLVER": "crawlers.net.GuardedResolver", "JIANWEI_RULES": job.rules, "JIANWEI_RESTS": rests,
        "DOWNLOAD_SLOTS": slots, "DOWNLOAD_DELAY": LOWEST_DELAY, "DOWNLOAD_DELAY_JITTER": 0.0, "CONCURRENT_REQUESTS": max(16, 2 * sum(s["concurrency"] for s in slots.values())),
        "CONCURRENT_REQUESTS_PER_DOMAIN": max(d.pace.concurrency for d in declared.values()), "CONCURRENT_ITEMS": 1, "DOWNLOAD_MAXSIZE": 10 << 20, "DOWNLOAD_WARNSIZE": 0, "DOWNLOAD_TIMEOUT": 60, "DNS_TIMEOUT": 20,
        "RETRY_TIMES": 2, "RETRY_HTTP_CODES": [500, 502, 504, 522, 524, 408], "REDIRECT_MAX_TIMES": 5, "HTTPERROR_ALLOW_ALL": True,
        "METAREFRESH_ENABLED": False, "HTTPPROXY_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "AJAXCRAWL_ENABLED": False, "HTTPCACHE_ENABLED": False,
        "DEFAULT_REQUEST_HEADERS": {"Accept": "text/html,application/json,application/xml;q=0.9,*/*;q=0.8", "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.3", "Accept-Encoding": "gzip, deflate"},
        "DOWNLOADER_MIDDLEWARES": {
            "crawlers.manners.MannersMiddleware": 100, "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None, "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        },
        "SPIDER_MIDDLEWARES": dict.fromkeys(("scrapy.spidermiddlewares.start.StartSpiderMiddleware", "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware", "scrapy.spidermiddlewares.depth.DepthMiddleware")),
        "LOG_LEVEL": "WARNING", "LOG_FILE": str(Path(job.settings["home"]) / "crawl.log"), "EXTENSIONS": {"scrapy.extensions.logstats.LogStats": None, "scrapy.extensions.memusage.MemoryUsage": None},
    }  # fmt: skip


def _delay(declared: Declaration, host: str, job: Job) -> float:
    """The declared pace, at least 3 s: less only for hosts that the rules map or open."""
    asked = declared.pace.delay
    local = job.rules.get("loopback") or any(m.startswith(host + ":") for m in job.rules.get("mapped", {}))
    return asked if local else max(asked, LOWEST_DELAY)


def declared_of(job: Job) -> dict[str, Declaration]:
    """The declarations that the job names."""
    known = load_sources(Path(job.folder) if job.folder else None)
    return {i: paced(known[i], job.pace) for i in job.runs}


def open_queue(store: Store, declared: dict[str, Declaration], job: Job) -> Queue:
    """The local desk, or the shared queue when the settings name a Redis server."""
    limits, url = Limits(job.documents, job.seconds), str(job.settings.get("redis_url") or "")
    if not url:
        return Desk(store.frontier, declared, limits)
    from crawlers.shared import Shared

    shared = Shared(url, job.room, store.frontier, declared, limits, lease=job.lease)
    shared.open({host: (_delay(d, host, job), d.pace.concurrency) for d in declared.values() for host in d.own_hosts()})
    return shared


def work(job: Job) -> dict[str, Any]:
    """Fetch what is queued; returns the hosts that were held, and the writer's failure if any."""
    from scrapy.crawler import CrawlerProcess

    from crawlers.spider import GatherSpider

    settings = load_settings(job.settings["home"], **{k: v for k, v in job.settings.items() if k != "home"})
    store, declared = open_store(settings), declared_of(job)
    queue = open_queue(store, declared, job)
    writer = Writer(Settler(store, declared, frozenset(i for i in declared if store.frontier.complete(i))), lambda *_: None)
    process = CrawlerProcess(scrapy_settings(declared, job, rests_of(store, declared, job)))
    writer.start()
    process.crawl(GatherSpider, queue=queue, writer=writer, declared=declared, runs=job.runs, rules=Rules.of(job.rules), tick=0.1 if job.room else 0.0)
    began = time.monotonic()
    process.start()
    writer.close()
    fetching = round(time.monotonic() - began, 3)
    held = dict(getattr(queue, "held", {}))
    queue.close()
    store.close()
    return {"held": held, "fetching": fetching, "failure": repr(writer.failure) if writer.failure else ""}


def _end_with(parent: int) -> None:
    """End at once when the parent is gone: what was settled is kept, the rest is still queued."""
    while os.getppid() == parent:
        time.sleep(0.25)
    os._exit(3)


def main() -> None:
    """Read the job, work, report."""
    job = Job(**json.load(sys.stdin))
    began = time.monotonic()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with (Path(job.settings["home"]) / "worker.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH if job.worker else fcntl.LOCK_EX)  # a worker of a killed crawl is waited for
        report = work(job)
    print(json.dumps({**report, "seconds": round(time.monotonic() - began, 3)}), flush=True)
    sys.exit(1 if report["failure"] else 0)


if __name__ == "__main__":
    main()

