"""Manners, refusals and changes against a real server: many hosts, one crawl, each with its own way of being difficult."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from corpus.access import LOCAL
from corpus.settings import Settings, load_settings
from corpus.store import open_store
from crawlers.guard import Rules
from crawlers.run import RunRow, crawl
from evaluation.web import Reply, Site, Web, listing, page, web

BASE = """
id = "{name}"
publisher = "{name}"
access = "static"
kind = "{kind}"
[pace]
delay = 0
recheck = "0h"
[params]
item = "ul.list li"
[[columns]]
url = "http://{name}.example/index.html"
"""
WAF = "<html><head><title>访问拦截</title></head><body>您的访问被拦截，网站防火墙提示：请求存在异常。</body></html>".encode()
COOKIE = b"<html><head><script>var _0x3f1a=['cookie'];document.cookie='__jsl_clearance=1';location.reload();</script></head><body></body></html>"


def pages(n: int, robots: str = "", **special: Reply) -> Site:
    """A plain site: a list of n pages; `special` answers a path (without slash and extension) otherwise."""

    def site(path: str, method: str, headers: Mapping[str, str]) -> Reply:
        name = path.strip("/").removesuffix(".html").replace(".", "_")
        if name in special:
            return special[name]
        if path == "/robots.txt":
            return Reply(robots.encode(), content_type="text/plain") if robots else Reply(status=404)
        if path == "/index.html":
            return Reply(listing([(f"/p{i}.html", f"关于第{i}号事项的通知") for i in range(n)]))
        return Reply(page(f"关于第{name[1:]}号事项的通知")) if name[1:].isdigit() and int(name[1:]) < n else Reply(status=404)

    return site


BOMB = gzip.compress(b"<html>" + b"0" * (1 << 28))
SITES: dict[str, Site] = {
    "plain": pages(3),
    "forbidden": pages(3, robots="User-agent: *\nDisallow: /p1"),
    "closed": pages(3, robots_txt=Reply(status=503)),
    "slow": pages(4, robots="User-agent: *\nCrawl-delay: 1"),
    "cookie": pages(3, p1=Reply(COOKIE)),
    "guarded": pages(3, robots_txt=Reply(status=412)),
    "precondition": pages(3, index=Reply(status=412)),
    "firewall": pages(3, index=Reply(WAF)),
    "empty": pages(0),
    "bomb": pages(2, p1=Reply(BOMB, headers={"Content-Encoding": "gzip"})),
    "huge": pages(2, p1=Reply(b"x" * (11 << 20))),
    "endless": pages(2, p1=Reply(stream=lambda out: [out.write(b"<p>again</p>" * 9000) for _ in range(200)] and None)),
    "circle": pages(2, p1=Reply(status=302, headers={"Location": "/p1.html?x"}), **{"p1_html?x": Reply(status=302, headers={"Location": "/p1.html"})}),
    "away": pages(2, p1=Reply(status=302, headers={"Location": "http://plain.example/p0.html"})),
    "broken": pages(2, p1=Reply(status=500)),
    "busy": pages(2, p1=Reply(status=429, headers={"Retry-After": "1"})),
    "soft": pages(4, **{f"p{i}": Reply(page("页面不存在或已经删除")) for i in range(1, 4)}),
    "private": pages(2, p1=Reply(page("请尽快解决停车问题", 1, "<p>我叫王小明，电话13800001234，身份证350102199003071234。</p>"))),
}  # fmt: skip


@dataclass
class Crawled:
    """A crawl of every site, and what the server saw."""

    settings: Settings
    rules: Rules
    web: Web
    rows: dict[str, RunRow] = field(default_factory=dict)

    def again(self, *names: str) -> dict[str, RunRow]:
        self.web.asked.clear()
        return {r.source_id: r for r in crawl(self.settings, names or list(SITES), rules=self.rules)}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    home = tmp_path_factory.mktemp("manners")
    declare(home, SITES)
    with web({f"{name}.example": site for name, site in SITES.items()}) as (kept, port):
        rules = Rules(mapped={f"{name}.example:80": f"127.0.0.1:{port}" for name in SITES})
        made = Crawled(load_settings(home, contact="test@example.org"), rules, kept)
        made.rows = {r.source_id: r for r in crawl(made.settings, list(SITES), rules=rules)}
        yield made


def declare(home: Path, names: Mapping[str, Site]) -> None:
    (home / "sources").mkdir(parents=True, exist_ok=True)
    for name in names:
        (home / "sources" / f"{name}.toml").write_text(BASE.format(name=name, kind="opinion" if name == "private" else "notice"))


def asked(crawled: Crawled, name: str) -> list[str]:
    return crawled.web.paths(f"{name}.example")


@pytest.mark.parametrize(
    ("name", "new", "errors"),
    [
        ("plain", 3, {}),
        ("forbidden", 2, {"robots": 1}),
        ("closed", 0, {"robots": 1, "zero documents": 1}),
        ("slow", 4, {}),
        ("guarded", 0, {"challenge": 1, "zero documents": 1}),
        ("precondition", 0, {"challenge": 1, "zero documents": 1}),
        ("firewall", 0, {"challenge": 1, "zero documents": 1}),
        ("empty", 0, {"list": 1, "zero documents": 1}),
        ("bomb", 1, {"oversized": 1}),
        ("huge", 1, {"oversized": 1}),
        ("endless", 1, {"oversized": 1}),
        ("circle", 1, {"redirect": 1}),
        ("away", 1, {"redirect": 1}),
        ("broken", 1, {"status 500": 1}),
        ("busy", 1, {"status 429": 1}),
        ("private", 2, {}),
        ("soft", 1, {"soft 404": 3}),
    ],
)
def test_what_a_site_gives(crawled: Crawled, name: str, new: int, errors: dict[str, int]) -> None:
    row = crawled.rows[name]
    assert (row.new, row.errors) == (new, errors), row


def test_a_challenge_stops_the_host(crawled: Crawled) -> None:
    row = crawled.rows["cookie"]
    assert row.errors["challenge"] >= 1 and "/p2.html" not in asked(crawled, "cookie")[asked(crawled, "cookie").index("/p1.html") :]


def test_nothing_forbidden_was_asked(crawled: Crawled) -> None:
    assert "/p1.html" not in asked(crawled, "forbidden") and asked(crawled, "closed") == []


def test_crawl_delay_is_kept(crawled: Crawled) -> None:
    times = [a.at for a in crawled.web.asked if a.host == "slow.example"]
    gaps = [b - a for a, b in pairwise(times)]
    assert len(gaps) >= 4 and min(gaps) >= 0.97, gaps


def test_it_says_who_it_is(crawled: Crawled) -> None:
    names = {a.headers["User-Agent"] for a in crawled.web.asked}
    assert len(names) == 1 and "Jianwei/" in (name := names.pop()) and "test@example.org" in name


def test_opinion_is_masked_before_it_is_kept(crawled: Crawled) -> None:
    store = open_store(crawled.settings)
    kept = [store.snapshots.read(s.sha256).decode() for s in store.snapshots.of_source("private")]
    store.close()
    assert len(kept) == 3 and not any(word in text for text in kept for word in ("13800001234", "350102199003071234", "王小明"))
    assert any("[手机号]" in text for text in kept)


def test_every_answer_is_kept_raw(crawled: Crawled) -> None:
    store = open_store(crawled.settings)
    kept = {s.url.rsplit("/", 1)[1]: s for s in store.snapshots.of_source("plain")}
    store.close()
    assert set(kept) == {"index.html", "p0.html", "p1.html", "p2.html"} and kept["p0.html"].status == 200 and kept["p0.html"].fetched_at


def test_a_contact_is_required_for_real_sources(crawled: Crawled) -> None:
    from corpus.errors import SettingsError

    with pytest.raises(SettingsError, match="who runs it"):
        crawl(crawled.settings.model_copy(update={"contact": ""}), ["plain"], rules=crawled.rules)


class Changing:
    """A site whose pages can be changed, and which answers conditional requests."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {f"/p{i}.html": page(f"关于第{i}号事项的通知") for i in range(4)}

    def __call__(self, path: str, method: str, headers: Mapping[str, str]) -> Reply:
        if path == "/index.html":
            return self._reply(listing([(p, f"关于第{p[2]}号事项的通知") for p in sorted(self.texts)]), headers)
        return self._reply(self.texts[path], headers) if path in self.texts else Reply(status=404)

    def _reply(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        tag = f'"{hash(body)}"'
        return Reply(status=304, headers={"ETag": tag}) if headers.get("If-None-Match") == tag else Reply(body, headers={"ETag": tag})


def test_changes_cost_what_changed(settings: Settings) -> None:
    site = Changing()
    declare(settings.home, {"changing": site})
    settings = settings.model_copy(update={"contact": "test@example.org"})
    with web({"changing.example": site}) as (kept, port):
        made = Crawled(settings, Rules(mapped={"changing.example:80": f"127.0.0.1:{port}"}), kept)
        assert made.again("changing")["changing"].new == 4
        row = made.again("changing")["changing"]
        assert (row.new, row.changed, row.unchanged) == (0, 0, 4) and {a.status for a in kept.asked if a.path != "/robots.txt"} == {304}
        site.texts["/p1.html"] = page("关于第1号事项的通知", 9)
        gone = site.texts.pop("/p2.html")
        row = made.again("changing")["changing"]
        assert (row.new, row.changed) == (0, 1), row
        assert titles(settings, vanished=True) == ["关于第2号事项的通知"] and versions(settings) == {"active": 4, "superseded": 1}
        site.texts["/p2.html"] = gone
        made.again("changing")
        assert titles(settings, vanished=True) == [] and versions(settings) == {"active": 4, "superseded": 1}
        kept.asked.clear()
        again = crawl(settings, ["changing"], reparse=True, rules=made.rules)[0]
        assert (again.new, again.changed, again.unchanged, kept.asked) == (0, 0, 4, [])


def titles(settings: Settings, *, vanished: bool) -> list[str]:
    store = open_store(settings)
    found = [d.title for d in store.documents.heads(LOCAL) if ("vanished_at" in d.extra) == vanished]
    store.close()
    return found


def versions(settings: Settings) -> dict[str, int]:
    store = open_store(settings)
    found = {state: n for state in ("active", "superseded") if (n := store.documents.count(LOCAL, state=state))}
    store.close()
    return found


def test_quiet_hours_postpone(settings: Settings) -> None:
    declare(settings.home, {"plain": SITES["plain"]})
    path = settings.home / "sources" / "plain.toml"
    path.write_text(path.read_text().replace("delay = 0", 'delay = 0\nquiet = ["00:00-24:00"]'))
    settings = settings.model_copy(update={"contact": "test@example.org"})
    with web({"plain.example": SITES["plain"]}) as (kept, port):
        began = time.monotonic()
        row = crawl(settings, ["plain"], rules=Rules(mapped={"plain.example:80": f"127.0.0.1:{port}"}))[0]
        assert not row.complete and row.errors == {} and kept.asked == [] and time.monotonic() - began < 20
