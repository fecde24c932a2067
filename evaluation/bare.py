"""Bare Scrapy over the measurement server: the yardstick of `jianwei eval crawl speed`. `python -m evaluation.bare PORT LISTS [JOBDIR]`"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess


class Bare(scrapy.Spider):
    """Follows every list and every page, and does nothing with them."""

    name = "bare"
    seen = 0
    lists = 0

    def parse(self, response: Any, **kwargs: Any) -> Iterator[Any]:
        for href in response.css("ul.list li a::attr(href)").getall():
            yield response.follow(href, self.page)
        n = int(response.url.rsplit("/", 1)[1].strip("index_.html") or 0)
        if n + 1 < Bare.lists:
            yield response.follow(f"/index_{n + 1}.html", self.parse)

    def page(self, response: Any) -> None:
        Bare.seen += 1


def main() -> None:
    """Crawl, then print pages and seconds."""
    port, Bare.lists = int(sys.argv[1]), int(sys.argv[2])
    Bare.start_urls = [f"http://127.0.0.1:{port}/index.html"]
    settings = {"LOG_LEVEL": "ERROR", "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "TELNETCONSOLE_ENABLED": False}
    process = CrawlerProcess(settings | ({"JOBDIR": sys.argv[3]} if len(sys.argv) > 3 else {}))
    process.crawl(Bare)
    began = time.monotonic()
    process.start()
    print(Bare.seen, time.monotonic() - began)


if __name__ == "__main__":
    main()
