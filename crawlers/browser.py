"""Pages that exist only after their scripts have run: a download handler with Chromium, for sources that say `browser = true`.

The browser stands behind the checking proxy, says who it is like every other request, loads no pictures, fonts and
media, keeps no state from page to page, and is asked at the pace of the source. Needs the package playwright and a Chromium.
"""

from __future__ import annotations

import shutil
from contextlib import AsyncExitStack
from typing import Any

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import HtmlResponse, Request, Response

from corpus.errors import NotBuilt
from crawlers.guard import Rules
from crawlers.proxy import CheckingProxy

ARGUMENTS = [
    "--proxy-bypass-list=<-loopback>", "--disable-quic", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-pings", "--dns-prefetch-disable", "--disable-gpu",
]  # fmt: skip
UNLOADED = ("image", "media", "font", "websocket", "eventsource")


class BrowserHandler(HTTP11DownloadHandler):
    """Plain requests as ever; requests with `meta["browser"]` (a selector to wait for, or "") are rendered."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self.agent = str(crawler.settings["USER_AGENT"])
        self.rules = Rules.of(crawler.settings.getdict("JIANWEI_RULES"))
        self.stack = AsyncExitStack()
        self.running: Any = None

    async def download_request(self, request: Request) -> Response:
        if "browser" not in request.meta:
            return await super().download_request(request)
        browser = await self._browser()
        context = await browser.new_context(user_agent=self.agent, service_workers="block", accept_downloads=False, locale="zh-CN")
        try:
            return await self._render(context, request)
        finally:
            await context.close()

    async def _browser(self) -> Any:
        """Chromium behind the proxy, started at the first need."""
        if self.running is None:
            try:
                from playwright.async_api import async_playwright
            except ImportError as error:
                raise NotBuilt("a source needs a browser", "playwright", "pip install playwright, and a Chromium") from error
            proxy = await self.stack.enter_async_context(CheckingProxy(self.rules))
            tools = await self.stack.enter_async_context(async_playwright())
            program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
            self.running = await tools.chromium.launch(executable_path=program, args=ARGUMENTS, proxy={"server": proxy.address}, chromium_sandbox=False)
            self.stack.push_async_callback(self.running.close)
        return self.running

    async def _render(self, context: Any, request: Request) -> Response:
        from playwright.async_api import Error
        from playwright.async_api import TimeoutError as Late

        await context.route("**/*", lambda route: route.abort() if route.request.resource_type in UNLOADED else route.continue_())
        page, most = await context.new_page(), 1000 * float(request.meta.get("download_timeout", 60)) / 2
        try:
            answer = await page.goto(request.url, wait_until="domcontentloaded", timeout=most)
            if request.meta["browser"]:
                await page.wait_for_selector(request.meta["browser"], state="attached", timeout=most)
            text = await page.content()
        except Late as error:
            raise DownloadTimeoutError(f"the browser waited in vain for {request.meta['browser'] or request.url}") from error
        except Error as error:
            raise OSError(str(error).splitlines()[0]) from error
        status = answer.status if answer is not None else 200
        return HtmlResponse(page.url, status=status, headers={"Content-Type": "text/html; charset=utf-8"}, body=text.encode(), encoding="utf-8", request=request)

    async def close(self) -> None:
        await self.stack.aclose()
        await super().close()
