"""Jobs and messages: one runner by a lease, jobs as children, mail and signed webhooks to real local servers."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import BadInput
from corpus.settings import Settings, load_settings
from corpus.store import Store
from ui.auth import accounts
from ui.desk import Desk
from ui.jobs import names, work
from ui.jobs.runner import Runner
from ui.notify import deliver, subscribe
from ui.notify.webhook import check_address


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    opened = Desk(settings)
    work.serve_with(opened)
    yield opened
    opened.close()


def test_a_lease_has_one_holder_until_it_runs_out(store: Store) -> None:
    assert store.jobs.lease("runner", "a", 60) and store.jobs.lease("runner", "a", 60)
    assert not store.jobs.lease("runner", "b", 60)
    store.jobs.release("runner", "a")
    assert store.jobs.lease("runner", "b", -10)
    assert store.jobs.lease("runner", "a", 60)


def test_many_threads_one_lease(store: Store) -> None:
    won: list[bool] = []
    threads = [threading.Thread(target=lambda n=n: won.append(store.jobs.lease("runner", f"h{n}", 60))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(won) == 1


def test_a_job_runs_as_a_child_and_is_recorded(desk: Desk) -> None:
    assert work.run(str(desk.settings.home), "quality", by="test") == "done"
    run = desk.store.jobs.runs("quality")[0]
    assert run["state"] == "done" and run["by"] == "test" and run["result"]["quality"][0]["source_id"] == "*"
    assert desk.store.governance.quality_history("*")


def test_a_failing_job_says_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(work.constants()["job"]["quality"], "command", ["show", "dnothing"])
    assert work.run(str(desk.settings.home), "quality", by="test") == "failed"
    assert "no such document" in desk.store.jobs.runs("quality")[0]["message"]


def test_the_schedule_is_kept_and_only_one_process_fires(desk: Desk, settings: Settings) -> None:
    first = Runner(desk)
    first.start()
    for _ in range(100):
        if first.jobs():
            break
        time.sleep(0.05)
    assert {j["name"] for j in first.jobs()} == set(names())
    other = Desk(settings)
    second = Runner(other)
    second.holder = "another"
    second.start()
    time.sleep(0.3)
    assert second.jobs() == []
    first.pause("crawl", True)
    assert next(j for j in first.jobs() if j["name"] == "crawl")["next"] == ""
    first.stop()
    second.stop()
    third = Runner(desk)
    third.start()
    for _ in range(100):
        if third.jobs():
            break
        time.sleep(0.05)
    assert next(j for j in third.jobs() if j["name"] == "crawl")["next"] == ""  # paused across restarts
    third.stop()
    other.close()
    work.serve_with(desk)


def test_messages_reach_those_they_concern_within_their_ceiling(desk: Desk) -> None:
    for name, role in (("qiye", "enterprise"), ("guan", "official")):
        accounts.create(desk.store, name, role, by="test")
        subscribe(desk, name, "policy.new", "inbox", "", {"region": "990100"})
        subscribe(desk, name, "risk.new", "inbox", "", {})
    desk.store.outbox.tell("policy.new", "d1", "市级补助", "…", region="990100")
    desk.store.outbox.tell("policy.new", "d2", "别处的", "…", region="990200")
    desk.store.outbox.tell("risk.new", "r1", "内部风险", "…", security=3)
    deliver(desk)
    assert [m["title"] for m in desk.store.outbox.inbox("qiye")] == ["市级补助"]
    assert {m["title"] for m in desk.store.outbox.inbox("guan")} == {"市级补助", "内部风险"}
    assert deliver(desk)["events"] == 0


def test_a_webhook_is_signed_and_tried_again(settings: Settings, tmp_path: Path) -> None:
    got: list[tuple[dict[str, str], bytes]] = []
    answers = [500, 200]

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(answers.pop(0))
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    desk = Desk(load_settings(tmp_path / "hook", allow_loopback=True))
    try:
        accounts.create(desk.store, "guan", "official", by="test")
        secret = subscribe(desk, "guan", "bulletin", "webhook", f"http://127.0.0.1:{server.server_port}/x", {})["secret"]
        desk.store.outbox.tell("bulletin", "b1", "情报快递", "第1期")
        assert deliver(desk) == {"events": 1, "sent": 0, "failed": 1}
        assert deliver(desk) == {"events": 0, "sent": 0, "failed": 0}  # not due yet
        _hurry(desk)
        assert deliver(desk)["sent"] == 1
    finally:
        server.shutdown()
        server.server_close()
        desk.close()
    headers, body = got[-1]
    stamp, signature = (part.split("=")[1] for part in headers["X-Jianwei-Signature"].split(","))
    assert hmac.compare_digest(signature, hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest())
    assert json.loads(body)["title"] == "情报快递"


def _hurry(desk: Desk) -> None:
    from sqlalchemy import update

    from corpus.store.outbox import deliveries

    with desk.store.engine.begin() as connection:
        connection.execute(update(deliveries).values(next_at=""))


@pytest.mark.parametrize("address", ["http://127.0.0.1/x", "http://localhost/", "http://[::1]/", "http://10.0.0.8/", "http://169.254.169.254/latest", "file:///etc/passwd", "https://user@example.com/", "http://0/", "ftp://example.com"])
def test_a_webhook_never_leads_inside(address: str) -> None:
    with pytest.raises(BadInput):
        check_address(address)


def test_mail_goes_to_a_real_server(tmp_path: Path) -> None:
    received: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_smtp, args=(listener, received), daemon=True)
        thread.start()
        desk = Desk(load_settings(tmp_path / "mail", smtp_url=f"smtp://127.0.0.1:{listener.getsockname()[1]}"))
        accounts.create(desk.store, "guan", "official", by="test")
        subscribe(desk, "guan", "bulletin", "email", "guan@example.org", {})
        desk.store.outbox.tell("bulletin", "b1", "情报快递\r\nBcc: evil@example.org", "第1期")
        assert deliver(desk)["sent"] == 1
        desk.close()
        thread.join(5)
    words = "".join(received)
    assert "rcpt TO:<guan@example.org>" in words
    assert words.count("rcpt TO") == 1 and "\r\nBcc:" not in words


def _smtp(listener: socket.socket, received: list[str]) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb") as wire:

        def say(line: str) -> None:
            wire.write(line.encode() + b"\r\n")
            wire.flush()

        say("220 test")
        body = False
        for raw in wire:
            line = raw.decode()
            received.append(line)
            if body:
                body = line.strip() != "."
                if not body:
                    say("250 ok")
            elif line.upper().startswith("DATA"):
                body = True
                say("354 go on")
            else:
                say("221 bye" if line.startswith("QUIT") else "250 ok")


def test_unknown_kinds_and_channels_are_refused(desk: Desk) -> None:
    wrong: Any
    for wrong in (("nothing", "inbox", ""), ("bulletin", "pigeon", ""), ("bulletin", "email", "no address")):
        with pytest.raises(BadInput):
            subscribe(desk, "local", wrong[0], wrong[1], wrong[2], {})


def test_new_policies_are_announced_once(desk: Desk, tmp_path: Path) -> None:
    import subprocess
    import sys

    from ui.notify import announce

    assert announce(desk) == 0
    (tmp_path / "a.txt").write_text("测试市科技奖励办法\n第一条　奖励十万元。\n第二条　自公布之日起施行。\n", "utf-8")
    assert announce(desk) == 0
    program = [sys.executable, "-c", "from ui.cli import main; main()", "--home", str(desk.settings.home), "import", str(tmp_path / "a.txt"), "--kind", "policy"]
    subprocess.run(program, check=True, capture_output=True)
    subscribe(desk, "local", "policy.new", "inbox", "", {})
    assert announce(desk) == 0 or desk.store.outbox.unspread()
    deliver(desk)
    assert [m["title"] for m in desk.store.outbox.inbox("local")] == ["测试市科技奖励办法"]
    assert announce(desk) == 0
