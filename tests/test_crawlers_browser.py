"""A site whose list exists only in a script, through real Chromium behind the checking proxy."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import pytest

from corpus.errors import FetchError
from corpus.settings import Settings
from crawlers.guard import Rules
from crawlers.proxy import CheckingProxy
from crawlers.run import crawl
from evaluation.web import Reply, page, web

SOURCE = """
id = "script"
publisher = "脚本站点"
access = "static"
browser = true
wait_for = "ul.list li"
[pace]
delay = 0
[params]
item = "ul.list li"
[[columns]]
url = "http://script.example/index.html"
"""
SHELL = """<!doctype html><html><head><meta charset='utf-8'><title>列表</title></head><body><ul class='list'></ul>
<img src='http://127.0.0.1:PORT/img'><iframe src='http://127.0.0.1:PORT/frame'></iframe><script src='http://[::1]:PORT/x.js'></script>
<script>
fetch('http://127.0.0.1:PORT/fetch').catch(() => 0); new WebSocket('ws://127.0.0.1:PORT/ws'); navigator.sendBeacon('http://localhost:PORT/beacon');
fetch('/data.json').then(r => r.json()).then(rows => { for (const r of rows) { const li = document.createElement('li'); li.innerHTML = `<a href="${r.u}">${r.t}</a><span>2026-03-05</span>`; document.querySelector('ul.list').append(li); } });
</script></body></html>"""


@pytest.mark.browser
@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
def test_a_page_of_scripts(settings: Settings, chromium: str, guarded: bool) -> None:
    (settings.home / "sources").mkdir(parents=True)
    (settings.home / "sources" / "script.toml").write_text(SOURCE)
    with web({"*": lambda *_: Reply(b"secret")}, bind="0.0.0.0") as (victim, port):

        def site(path: str, method: str, headers: Mapping[str, str]) -> Reply:
            if path == "/index.html":
                return Reply(SHELL.replace("PORT", str(port)).encode())
            if path == "/data.json":
                return Reply('[{"u": "/p1.html", "t": "关于第1号事项的通知"}, {"u": "/p2.html", "t": "关于第2号事项的通知"}]'.encode(), content_type="application/json")
            return Reply(page(f"关于第{path[2]}号事项的通知")) if path in ("/p1.html", "/p2.html") else Reply(status=404)

        with web({"script.example": site}) as (kept, number):
            rules = Rules(loopback=not guarded, mapped={"script.example:80": f"127.0.0.1:{number}"})
            row = crawl(settings.model_copy(update={"contact": "test@example.org"}), ["script"], rules=rules)[0]
        assert (row.new, row.errors) == (2, {}), (row, kept.paths("script.example"))
        assert (victim.connections == 0) == guarded
        assert all("Jianwei/" in a.headers["User-Agent"] for a in kept.asked)


def test_the_proxy_connects_to_what_it_checked() -> None:
    async def tried(rules: Rules) -> list[str]:
        found = []
        for host in ("127.0.0.1", "0x7f.1", "own.example", "mixed.example", "::1", "10.0.0.1"):
            try:
                await CheckingProxy(rules).resolve(host, 80)
            except FetchError:
                found.append(host)
        return found

    names = {"own.example": ["127.0.0.1"], "mixed.example": ["8.8.8.8", "127.0.0.1"]}
    assert len(asyncio.run(tried(Rules(names=names)))) == 6
    assert asyncio.run(tried(Rules(names=names, loopback=True))) == ["10.0.0.1"]


def test_the_proxy_answers_nonsense() -> None:
    async def ask(data: bytes) -> bytes:
        async with CheckingProxy(Rules()) as proxy:
            port = int(proxy.address.rsplit(":", 1)[1])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            answer = await asyncio.wait_for(reader.read(100), 20)
            writer.close()
            return answer.split(b"\r\n")[0]

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{taken.getsockname()[1]}"
        assert b"403" in asyncio.run(ask(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode()))
        assert b"403" in asyncio.run(ask(f"GET http://{target}/ HTTP/1.1\r\n\r\n".encode()))
        assert b"403" in asyncio.run(ask(b"GET file:///etc/passwd HTTP/1.1\r\n\r\n")) and b"502" in asyncio.run(ask(b"nonsense\r\n\r\n"))
