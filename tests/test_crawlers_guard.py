"""The address guard against a real server: no trick may open a connection to it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from corpus.errors import FetchError
from corpus.settings import Settings
from corpus.store import Store
from crawlers.guard import PORTS, Rules, check_url, public
from crawlers.run import crawl
from evaluation.web import Reply, Site, listing, page, web

SOURCE = """
id = "trick"
publisher = "试验"
access = "static"
hosts = ["*"]
[pace]
delay = 0
recheck = "0h"
[params]
item = "li"
[[columns]]
url = "http://www.trick.example/index.html"
"""


def tricks(port: int) -> list[str]:
    """Addresses that lead to this machine when they are believed."""
    hosts = [
        "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "0", "0.0.0.0", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0X7F.0x0.0x0.0x1", "0177.0.0.1", "017700000001", "2130706433", "127.000.000.001",
        "127.0.0.2", "127.255.255.254", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]",
        "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "a.localhost", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "[fec0::1]",
        "100.64.0.1", "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255", "[ff02::1]", "[fd00:ec2::254]", "metadata.internal", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "127%2e0%2e0%2e1",
        "own.example", "mixed.example", "v6.example", "mapped.example", "link.example", "user@127.0.0.1", "www.trick.example@127.0.0.1", "www.trick.example:80@127.0.0.1",
    ]  # fmt: skip
    return [f"http://{h}:{port}/secret" for h in hosts] + [
        f"https://127.0.0.1:{port}/secret", "file:///etc/passwd", "ftp://127.0.0.1/secret", "gopher://127.0.0.1:70/x", "data:text/html,<p>x", "javascript:alert(1)", "dict://127.0.0.1:11211/",
        f"http:/\\127.0.0.1:{port}/secret", f"http:\\\\127.0.0.1:{port}/secret", f"//127.0.0.1:{port}/secret", f"http://127.0.0.1:{port}#@www.trick.example/", f"http://www.trick.example\\@127.0.0.1:{port}/",
        f"http://127.0.0.1\t:{port}/secret", f"http://[::1]%00.example:{port}/", "http://127.0.0.1:22/", "http:///secret", f"http://\u202e127.0.0.1:{port}/",
    ]  # fmt: skip


NAMES = {
    "own.example": ["127.0.0.1"],
    "mixed.example": ["93.184.216.34", "127.0.0.1"],
    "v6.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "link.example": ["169.254.169.254"],
}


def free_web_port() -> int:
    """A free port among those that the guard lets pass, so that nothing but the address can stop a request."""
    for port in PORTS:
        if port and port > 1024:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) != 0:
                    return port
    pytest.skip("every web port of this machine is taken")


def trick_site(addresses: list[str]) -> Site:
    """A list that names every trick, and a redirect to each."""

    def site(path: str, method: str, headers: Mapping[str, str]) -> Reply:
        if path.startswith("/to/"):
            return Reply(status=302, headers={"Location": addresses[int(path[4:])].encode("utf-8").decode("latin-1")})
        if path == "/index.html":
            return Reply(listing([*((a.replace("'", ""), "直接") for a in addresses), *((f"/to/{n}", "跳转") for n in range(len(addresses))), ("/good.html", "正常页面")]))
        return Reply(page("正常页面")) if path == "/good.html" else Reply(status=404)

    return site


def test_no_trick_reaches_this_machine(settings: Settings, tmp_path: Path) -> None:
    port = free_web_port()
    addresses = tricks(port)
    assert len(addresses) >= 60
    (settings.home / "sources").mkdir(parents=True)
    (settings.home / "sources" / "trick.toml").write_text(SOURCE)
    with web({"*": lambda *_: Reply(b"secret")}, port=port, bind="0.0.0.0") as (victim, _), web({"*": lambda *_: Reply(b"secret")}, port=port, bind="::1") as (victim6, _):
        with web({"www.trick.example": trick_site(addresses)}) as (site, number):
            rules = Rules(mapped={"www.trick.example:80": f"127.0.0.1:{number}"}, names=NAMES)
            row = crawl(settings.model_copy(update={"contact": "test@example.org"}), ["trick"], rules=rules)[0]
        assert (victim.connections, victim6.connections) == (0, 0)
        assert sum(p.startswith("/to/") for p in site.paths("www.trick.example")) == len(addresses)
    assert row.new == 1 and row.refused >= len(addresses), row


def test_the_same_tricks_do_reach_it_without_the_guard(settings: Settings) -> None:
    """The control: with loopback opened, the tricks are good enough to connect."""
    port = free_web_port()
    (settings.home / "sources").mkdir(parents=True)
    (settings.home / "sources" / "trick.toml").write_text(SOURCE)
    some = [t for t in tricks(port) if any(f"//{h}:" in t for h in ("127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.0.0.2", "localhost", "own.example"))]
    with web({"*": lambda *_: Reply(b"secret")}, port=port, bind="0.0.0.0") as (victim, _), web({"www.trick.example": trick_site(some)}) as (_, number):
        rules = Rules(loopback=True, mapped={"www.trick.example:80": f"127.0.0.1:{number}"}, names=NAMES)
        crawl(settings.model_copy(update={"contact": "test@example.org"}), ["trick"], rules=rules, pace={"delay": 0})
    assert len(some) == 7 and len({a.host for a in victim.asked}) == 7


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "114.114.114.114"])
def test_public_addresses_pass(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize("url", tricks(8080))
def test_written_form_or_resolver_refuses(url: str) -> None:
    """What the written form lets pass must be a plain name that the resolver then checks."""
    try:
        check_url(url)
    except FetchError as error:
        assert error.what
    else:
        assert any(name in url for name in NAMES), url


def test_explicit_rules_open_only_what_they_name(store: Store) -> None:
    rules = Rules(mapped={"minhai.localhost:8790": "127.0.0.1:5"})
    check_url("http://minhai.localhost:8790/x", rules)
    for url in ("http://minhai.localhost:8791/x", "http://127.0.0.1:8790/", "http://other.localhost:8790/"):
        with pytest.raises(FetchError):
            check_url(url, rules)
    check_url("http://127.0.0.9:5000/", Rules(loopback=True))
    with pytest.raises(FetchError):
        check_url("http://10.0.0.1/", Rules(loopback=True))
