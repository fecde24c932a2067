"""The spider and its scheduler: rows of the frontier become requests, responses become answers for the writer."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy.exceptions import DontCloseSpider, IgnoreRequest
from scrapy.http import Request, Response

from corpus.errors import FetchError
from corpus.store.frontier import Row, Settled
from crawlers.challenge import challenge
from crawlers.desk import Queue
from crawlers.guard import Rules, check_url
from crawlers.manners import LONGEST_DELAY, slow_down
from crawlers.net import GuardedResolver
from crawlers.source import Declaration
from crawlers.writer import Answer, Writer

PAGE_BYTES, FILE_BYTES = 10 << 20, 50 << 20
"""Bytes of one response, on the wire and inflated alike."""
PAGE_SECONDS, FILE_SECONDS = 60, 300
AGAIN = 2
"""Times that a host which says 429 or 503 is asked again, each after twice the pause."""


class FrontierScheduler:
    """Scrapy's scheduler over the queue; redirects and retries wait in memory."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self.again: deque[Request] = deque()

    @classmethod
    def from_crawler(cls, crawler: Any) -> FrontierScheduler:
        return cls(crawler)

    def open(self, spider: GatherSpider) -> None:
        self.spider = spider

    def close(self, reason: str) -> None:
        """Nothing to save: what was not settled is still queued."""

    def enqueue_request(self, request: Request) -> bool:
        """A redirect or a retry; every hop is looked at as written before it is resolved."""
        row: Row | None = request.meta.get("row")
        if row is None:
            return False
        if reason := self.spider.refusal(request.url, row):
            self.spider.answer(row, refused=reason)
            return False
        self.again.append(request)
        return True

    def next_request(self) -> Request | None:
        if self.again:
            return self.again.popleft()
        if self.spider.writer.full or self.spider.broken():
            return None
        row = self.spider.queue.next()
        return None if row is None else self.spider.request(row)

    def has_pending_requests(self) -> bool:
        return bool(self.again) or (not self.spider.broken() and (self.spider.writer.busy or self.spider.queue.pending()))


class GatherSpider(scrapy.Spider):
    """One spider for every source of a crawl, so that a host is asked by one only."""

    name = "gather"

    def __init__(self, queue: Queue, writer: Writer, declared: dict[str, Declaration], runs: dict[str, int], rules: Rules, tick: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tick = tick
        self.queue, self.writer, self.declared, self.runs, self.rules = queue, writer, declared, runs, rules
        writer.after = self._written_in_thread

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> GatherSpider:
        spider: GatherSpider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider._idle, signal=scrapy.signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        if self.tick:
            self._tick()
        nothing: tuple[Any, ...] = ()
        for item in nothing:  # the scheduler serves what the frontier holds
            yield item

    def _idle(self) -> None:
        if self.writer.busy and not self.broken():
            raise DontCloseSpider

    def broken(self) -> bool:
        """Whether the writer failed: then nothing more is asked for."""
        return self.writer.failure is not None

    # ---- out -----------------------------------------------------------------------------------------------------

    def request(self, row: Row) -> Request | None:
        """The request of a row, conditional where the last answer can be compared."""
        if reason := self.refusal(row.url, row):
            self.answer(row, refused=reason)
            return None
        given = row.request
        headers = dict(given.get("headers", {}))
        if row.sha256 and given.get("method", "GET") == "GET":
            headers |= {k: v for k, v in (("If-None-Match", row.etag), ("If-Modified-Since", row.last_modified)) if v}
        size, seconds = (FILE_BYTES, FILE_SECONDS) if row.role == "file" else (PAGE_BYTES, PAGE_SECONDS)
        meta: dict[str, Any] = {"row": row, "download_maxsize": size, "download_timeout": seconds}
        declared = self.declared[row.source_id]
        if declared.browser and row.role != "file":
            meta["browser"] = declared.wait_for if row.role == "list" else ""
        return Request(
            row.url, method=given.get("method", "GET"), body=given.get("body", ""), headers=headers, callback=self.parse, errback=self.lost, meta=meta, dont_filter=True,
        )  # fmt: skip

    def refusal(self, url: str, row: Row) -> str:
        """Why an address may not be asked, empty when it may."""
        try:
            check_url(url, self.rules)
        except FetchError as error:
            return f"address: {error.what}"
        declared = self.declared[row.source_id]
        return "" if declared.covers(url) or urlsplit(url).hostname == urlsplit(row.url).hostname else "redirect: leaves the source"

    # ---- in ------------------------------------------------------------------------------------------------------

    def parse(self, response: Response, **kwargs: Any) -> None:
        row: Row = response.meta["row"]
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        if sign := challenge(response.status, response.body, content_type):
            self.queue.hold(row.host, f"challenge: {sign}")
            self.answer(row, status=response.status, refused=f"challenge: {sign}")
        elif response.status in (429, 503) and self._wait(response, row):
            return
        else:
            headers = {k: (response.headers.get(k) or b"").decode("latin-1") for k in ("ETag", "Last-Modified", "Date", "Content-Disposition")}
            self.answer(row, status=response.status, body=response.body, url=response.url, content_type=content_type, headers={k.lower(): v for k, v in headers.items() if v})

    def _wait(self, response: Response, row: Row) -> bool:
        """Slow down for a host that says so and ask once more; False when it was asked often enough."""
        times = int(response.meta.get("waited", 0)) + 1
        asked = re.fullmatch(rb"\d{1,5}", response.headers.get("Retry-After") or b"")
        engine = self.crawler.engine
        assert engine is not None and response.request is not None
        pace = max(self.declared[row.source_id].pace.delay, 1.0) * 2**times
        if times > AGAIN or (asked and int(asked[0]) > LONGEST_DELAY):
            self.queue.hold(row.host, f"status {response.status}")
            return False
        pace = max(pace, float(asked[0]) if asked else 0.0)
        slow_down(engine.downloader, row.host, pace)
        self.queue.slow_down(row.host, pace)
        engine.crawl(response.request.replace(meta={**response.request.meta, "waited": times}))
        return True

    def lost(self, failure: Any) -> None:
        """A request that brought no response."""
        row: Row = failure.request.meta["row"]
        error, host = failure.value, urlsplit(failure.request.url).hostname or ""
        text = f"{type(error).__name__}: {error}"[:300]
        if isinstance(error, IgnoreRequest):
            reason = str(error)
            if reason.startswith("unreachable"):
                return self.answer(row, error=reason)
            too_large = "DOWNLOAD_MAXSIZE" in reason
            reason = "redirect: too many" if reason.startswith("max redirections") else reason
            self.answer(row, refused="oversized: inflates beyond the limit" if too_large else reason)
        elif host in GuardedResolver.refused and type(error).__name__ == "DNSLookupError":
            self.answer(row, refused=f"address: {host} is {GuardedResolver.refused[host]}, not public")
        elif "Cancelled" in type(error).__name__:
            self.answer(row, refused="oversized: more bytes than the limit")
        else:
            self.answer(row, error=text)

    def answer(self, row: Row, **given: Any) -> None:
        """Hand an answer to the writer and free the host."""
        self.queue.done(row)
        self.writer.put(Answer(row, self.runs[row.source_id], **given))

    # ---- back from the writer --------------------------------------------------------------------------------------

    def _written_in_thread(self, queued: list[Row], answers: list[Answer], settled: list[Settled]) -> None:
        from twisted.internet import reactor

        reactor.callFromThread(self._written, queued, [a.row for a in answers])

    def _written(self, queued: list[Row], rows: list[Row]) -> None:
        self.writer.open -= len(rows)
        self.queue.add(queued)
        self.queue.settled(rows)
        self.ask()

    def ask(self) -> None:
        """Let the engine ask the scheduler now, not at its next heartbeat (five seconds)."""
        engine = self.crawler.engine
        if engine is not None and engine._slot is not None:
            engine._slot.nextcall.schedule()

    def _tick(self) -> None:
        from twisted.internet import reactor

        self.ask()
        if self.crawler.engine is not None and self.crawler.engine.running:
            reactor.callLater(self.tick, self._tick)  # type: ignore[arg-type]  # Twisted's stub swaps the two
