"""Manners of the crawler: robots.txt with its Crawl-delay, an honest name, pauses when a host asks for them.

robots.txt is fetched once a host and crawl, through the same guard and pace. 2xx is read; 404 and other 4xx mean that
nothing is forbidden; 5xx, no answer or a challenge mean that everything is (RFC 9309, 2.3.1).
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any
from urllib.parse import urlsplit

from corpus.errors import SettingsError
from crawlers.challenge import challenge

PRODUCT = "Jianwei"
VERSION = "0.1"
LONGEST_DELAY = 120.0
"""A Crawl-delay above this many seconds is kept as it is asked for; pauses after 429 stop here."""


def user_agent(contact: str) -> str:
    """The name that the crawler gives: product, what it does, whom to write to."""
    return f"{PRODUCT}/{VERSION} (policy document archive; contact: {contact})"


def require_contact(contact: str) -> None:
    """Raise SettingsError when nobody is named who runs the crawler."""
    if not re.search(r"@|https?://|\+?\d[\d -]{6,}", contact):
        raise SettingsError("the crawler must say who runs it", contact, "set contact in jianwei.toml or JIANWEI_CONTACT to an e-mail address or a page")


class Robots:
    """What one host allows. `reason` is set when nothing is allowed at all."""

    def __init__(self, text: str, agent: str, reason: str = "") -> None:
        from protego import Protego

        self.agent, self.reason = agent, reason
        self.rules = Protego.parse(text)

    def allowed(self, url: str) -> bool:
        return not self.reason and bool(self.rules.can_fetch(url, self.agent))

    @property
    def delay(self) -> float:
        """Seconds that the host asks for between requests (Crawl-delay, Request-rate), 0 when it asks for nothing."""
        asked = float(self.rules.crawl_delay(self.agent) or 0.0)
        rate = self.rules.request_rate(self.agent)
        return max(asked, rate.seconds / rate.requests if rate and rate.requests else 0.0)


def read_robots(status: int, data: bytes, content_type: str, agent: str) -> Robots:
    """The rules of an answer to /robots.txt."""
    if sign := challenge(status, data, content_type or "text/plain"):
        return Robots("", agent, f"challenge: {sign}, on robots.txt")
    if status >= 500:
        return Robots("", agent, f"robots: robots.txt answers {status}")
    if status >= 300:
        return Robots("", agent)
    return Robots(data[:500_000].decode("utf-8", "replace"), agent)


class MannersMiddleware:
    """Scrapy downloader middleware: asks robots.txt before the first request of a host, raises its pace as asked."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self.agent = str(crawler.settings["USER_AGENT"])
        self.known: dict[str, asyncio.Future[Robots]] = {}
        self.rests: dict[str, float] = crawler.settings.getdict("JIANWEI_RESTS")

    @classmethod
    def from_crawler(cls, crawler: Any) -> MannersMiddleware:
        from scrapy import signals

        made = cls(crawler)
        crawler.signals.connect(made.answered, signal=signals.request_left_downloader)
        return made

    def answered(self, request: Any, spider: Any) -> None:
        """The pause of a host begins when its answer has come (Scrapy counts from when it was asked, which a busy
        machine or a slow server makes shorter at the other end)."""
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot"))
        if slot is not None:
            slot.lastseen = time.monotonic()

    async def process_request(self, request: Any) -> None:
        from scrapy.exceptions import IgnoreRequest

        if request.meta.get("robots"):
            return
        robots = await self.robots(request.url)
        if not robots.allowed(request.url):
            raise IgnoreRequest(robots.reason or "robots: disallowed")

    async def robots(self, url: str) -> Robots:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self.known:
            self.known[origin] = asyncio.get_running_loop().create_future()
            self.known[origin].set_result(await self._fetch(origin))
        return await self.known[origin]

    async def _fetch(self, origin: str) -> Robots:
        from scrapy import Request

        if rest := self.rests.get(urlsplit(origin).hostname or "", 0.0):
            await asyncio.sleep(rest)  # the crawl before this one asked the same host a moment ago
        if (known := self.crawler.spider.queue.robots(origin)) is not None:
            return self._read(origin, *known)
        try:
            request = Request(f"{origin}/robots.txt", meta={"robots": True, "download_maxsize": 1 << 20}, dont_filter=True, priority=1000)
            response = await self.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, an unread robots.txt forbids everything
            return Robots("", self.agent, _unfetched(origin, error))
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        self.crawler.spider.queue.keep_robots(origin, response.status, response.body, content_type)
        return self._read(origin, response.status, response.body, content_type)

    def _read(self, origin: str, status: int, body: bytes, content_type: str) -> Robots:
        robots, host = read_robots(status, body, content_type, PRODUCT), urlsplit(origin).hostname or ""
        if robots.delay:
            slow_down(self.crawler.engine.downloader, host, robots.delay)
            self.crawler.spider.queue.slow_down(host, robots.delay)
        return robots


def _unfetched(origin: str, error: Exception) -> str:
    """Why a robots.txt could not be had: an address that the guard refused, or a host that does not answer."""
    from crawlers.net import GuardedResolver

    host = urlsplit(origin).hostname or ""
    if host in GuardedResolver.refused:
        return f"address: {host} is {GuardedResolver.refused[host]}, not public"
    return f"unreachable: {type(error).__name__} on robots.txt"


def slow_down(downloader: Any, host: str, delay: float) -> None:
    """Raise the delay of a host to at least `delay` seconds, one request at a time; never lower it."""
    known = downloader.per_slot_settings.setdefault(host, {})
    known["delay"] = max(delay, float(known.get("delay", downloader._delay)))
    known["concurrency"], known["jitter"] = 1, 0.0
    slot = downloader.slots.get(host)
    if slot is not None:
        slot.delay, slot.concurrency = max(slot.delay, known["delay"]), 1
