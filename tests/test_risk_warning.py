"""Warning: rules, quiet periods, hysteresis and the weekly budget; the life of an alert; told by mail and webhook to real local servers."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from corpus.access import LOCAL, Reader
from corpus.errors import BadInput, NotFound, NotPermitted
from corpus.settings import load_settings
from corpus.store import Store
from risk.alerts import answer, escalate, judge, list_alerts, raise_alerts
from risk.constants import constants, day, iso
from risk.risks import LEVEL_NAMES
from ui.auth import accounts
from ui.desk import Desk
from ui.desk import alerts as alert_desk
from ui.notify import deliver, subscribe, unsubscribe

spec = spec_from_file_location("test_ui_jobs", Path(__file__).with_name("test_ui_jobs.py"))
assert spec and spec.loader
jobs = module_from_spec(spec)
spec.loader.exec_module(jobs)

ON = "2026-11-20"
OFFICIAL = Reader("guan", "official", 3)


def risk(n: int, level: str = "blue", *, position: int = 0, urgency: float = 0.5, burst: float = 0.0, fresh: int = 0, deadline: str = "") -> dict[str, Any]:
    signals = [{"story_id": f"s{k}", "supports": True, "seen": ON, "document_id": f"d{k}"} for k in range(fresh)]
    percentiles = {"burst": burst, **({"deadline": 0.9} if deadline else {})}
    axes = {"importance": {"mean": 0.6}, "urgency": {"mean": urgency, "percentiles": percentiles}}
    words = {"title": f"风险{n}", "statement": f"因甲{n}，乙，可能丙", "field": "新型储能", "level": level, "level_name": LEVEL_NAMES[level]}
    return {"id": f"r{n}", **words, **axes, "rank": {"position": position or n}, "signals": signals, **({"deadline": deadline} if deadline else {})}


def told(risk_id: str, on: str, level: str) -> dict[str, Any]:
    return {"risk_id": risk_id, "as_of": on, "level": level}


# ---- rules -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "rule"),
    [
        (risk(1, "red"), risk(1, "orange"), "level"),
        (risk(1, "orange"), None, "new"),
        (risk(1, position=2), risk(1, position=20), "jump"),
        (risk(1, position=2, urgency=0.9), risk(1, position=3, urgency=0.5), "jump"),
        (risk(1, burst=0.95, fresh=2), risk(1), "burst"),
        (risk(1, deadline=iso(day(ON) + 7)), risk(1), "deadline"),
        (risk(1, "yellow"), risk(1, "blue"), ""),
        (risk(1, burst=0.95, fresh=1), risk(1), ""),
        (risk(1, deadline=iso(day(ON) + 60)), risk(1), ""),
        (risk(1, deadline=iso(day(ON) - 1)), risk(1), ""),
        (risk(1, "orange"), risk(1, "red"), ""),
    ],
)
def test_each_rule_speaks_when_it_should_and_only_then(now: dict[str, Any], before: dict[str, Any] | None, rule: str) -> None:
    found = judge([now], [before] if before else [risk(9)], [], ON)
    assert [a.rule for a in found] == ([rule] if rule else [])


def test_quiet_period_and_hysteresis_keep_a_flickering_risk_silent() -> None:
    up, down = risk(1, "orange"), risk(1, "yellow")
    past = [told("r1", iso(day(ON) - 5), "orange")]
    assert judge([up], [down], past, ON) == []  # within the quiet period
    assert judge([risk(1, "red")], [up], past, ON)  # a higher level speaks again
    later = iso(day(ON) + constants()["alerts"]["quiet_days"])
    assert judge([up], [down], past, later) == []  # beyond it, the same level is still no news
    assert judge([up], [down], past, iso(day(ON) + constants()["alerts"]["rearm_days"]))


@rules(deadline=None)
@given(st.lists(st.sampled_from(["blue", "yellow", "orange", "red"]), min_size=1, max_size=30), st.integers(0, 12))
def test_a_week_never_holds_more_than_its_budget(levels: list[str], already: int) -> None:
    past = [told(f"x{n}", iso(day(ON) - n % 7), "red") for n in range(already)]
    found = judge([risk(n, level) for n, level in enumerate(levels, 1)], [risk(99)], past, ON)
    assert len(found) + already <= max(constants()["alerts"]["per_week"], already)
    assert [a.weight for a in found] == sorted((a.weight for a in found), reverse=True)


# ---- the life of an alert --------------------------------------------------------------------------------------------


def raised(store: Store, level: str = "red") -> int:
    (number,) = raise_alerts(store, [risk(1, level)], [risk(1, "blue")], ON, 1)
    return number


def test_an_alert_goes_one_step_at_a_time_with_words_and_a_trace(store: Store) -> None:
    store.risks.enrol([("r1", "电池|安全事故")], "monitoring")
    number = raised(store)
    for step, note, error in (("reported", "x", BadInput), ("closed", "x", BadInput)):
        with pytest.raises(error):
            answer(store, number, step, OFFICIAL, note)
    with pytest.raises(NotPermitted):
        answer(store, number, "acknowledged", Reader("e", "expert", 3))
    with pytest.raises(NotFound):
        answer(store, number, "acknowledged", Reader("low", "official", 2))
    answer(store, number, "acknowledged", OFFICIAL)
    with pytest.raises(BadInput):
        answer(store, number, "reported", OFFICIAL, "  ")
    answer(store, number, "reported", OFFICIAL, "已现场核查")
    answer(store, number, "closed", OFFICIAL, "隐患已消除")
    assert [s["step"] for s in list_alerts(store, LOCAL)[0]["steps"]] == ["notified", "acknowledged", "reported", "closed"]
    assert [h["what"] for h in store.risks.history("r1")] == ["提示", "签收", "反馈", "销号"]
    with pytest.raises(BadInput):
        answer(store, number, "closed", OFFICIAL, "再销")


def test_what_nobody_answers_is_escalated_again_and_again(store: Store) -> None:
    number = raised(store)
    wait = constants()["alerts"]["answer_days"]["red"]
    due = iso(day(ON) + wait)
    assert escalate(store, due) == [] and escalate(store, iso(day(due) + 1)) == [number]
    assert escalate(store, iso(day(due) + 1)) == []  # once a day is enough
    assert escalate(store, iso(day(due) + 2 + wait)) == [number]
    assert [e["title"].split("】")[0] for e in store.outbox.unspread()][1:] == ["【逾期未签收·升级1", "【逾期未签收·升级2"]
    answer(store, number, "acknowledged", OFFICIAL)
    assert escalate(store, "2026-11-21") == []
    assert escalate(store, "2099-01-01") == [number] and "未反馈" in store.outbox.unspread()[-1]["title"]


def test_a_list_of_an_earlier_day_is_silent(store: Store) -> None:
    raised(store)
    assert raise_alerts(store, [risk(2, "red")], [risk(2, "blue")], "2026-11-01", 1) == []


# ---- telling ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(load_settings(tmp_path / "home", allow_loopback=True))
    for name, role in (("guan", "official"), ("yun", "operator"), ("qi", "enterprise")):
        accounts.create(opened.store, name, role, by="test")
    yield opened
    opened.close()


def titles(desk: Desk, user: str) -> list[str]:
    return [m["title"] for m in desk.store.outbox.inbox(user)]


def test_officials_are_told_in_the_service_and_operators_when_nobody_answers(desk: Desk) -> None:
    raised(desk.store)
    deliver(desk)
    assert titles(desk, "guan") == ["【重大(红)】风险1"] and titles(desk, "yun") == titles(desk, "qi") == []
    escalate(desk.store, "2026-11-25")
    deliver(desk)
    assert len(titles(desk, "guan")) == 2 and titles(desk, "yun") == ["【逾期未签收·升级1】【重大(红)】风险1"] and titles(desk, "qi") == []
    held = next(s for s in desk.store.outbox.subscriptions("guan") if s["kind"] == "risk.level")
    unsubscribe(desk, "guan", held["n"])
    escalate(desk.store, "2026-12-25")
    deliver(desk)
    assert len(titles(desk, "guan")) == 2  # an ended subscription does not come back by itself


def test_an_alert_goes_out_by_mail_and_by_signed_webhook(tmp_path: Path) -> None:
    got: list[tuple[dict[str, str], bytes]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server, received = ThreadingHTTPServer(("127.0.0.1", 0), Hook), list[str]()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=jobs._smtp, args=(listener, received), daemon=True)
        thread.start()
        desk = Desk(load_settings(tmp_path / "home", allow_loopback=True, smtp_url=f"smtp://127.0.0.1:{listener.getsockname()[1]}"))
        try:
            accounts.create(desk.store, "guan", "official", by="test")
            subscribe(desk, "guan", "risk.level", "email", "guan@example.org", {"field": "新型储能"})
            subscribe(desk, "guan", "risk.level", "email", "other@example.org", {"field": "海洋"})
            secret = subscribe(desk, "guan", "risk.level", "webhook", f"http://127.0.0.1:{server.server_port}/alerts", {})["secret"]
            number = raised(desk.store)
            assert deliver(desk)["failed"] == 0
        finally:
            server.shutdown()
            server.server_close()
            desk.close()
        thread.join(5)
    headers, body = got[0]
    stamp, signature = (part.split("=")[1] for part in headers["X-Jianwei-Signature"].split(","))
    assert hmac.compare_digest(signature, hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest())
    event = json.loads(body)
    assert event["kind"] == "risk.level" and event["subject"] == "r1" and event["facets"]["alert"] == number and "不作为行政决定依据" in event["text"]
    words = "".join(received)
    assert "rcpt TO:<guan@example.org>" in words and "other@example.org" not in words


def test_the_desk_names_the_next_step_and_what_is_wrong(desk: Desk) -> None:
    number = raised(desk.store)
    (shown,) = alert_desk.listed(desk, desk.reader("guan"))
    assert shown["next"] == "acknowledged" and shown["rule_name"] == "等级上升" and shown["state_name"] == "提示"
    assert alert_desk.answer(desk, number, "acknowledged", desk.reader("guan"))["next"] == "reported"
    with pytest.raises(BadInput):
        alert_desk.listed(desk, LOCAL, states=("nonsense",))
    with pytest.raises(BadInput):
        alert_desk.answer(desk, number, "notified", LOCAL)
    with pytest.raises(NotPermitted):
        alert_desk.listed(desk, desk.reader("qi"))
