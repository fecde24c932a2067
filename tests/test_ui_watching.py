"""Subscriptions to a policy, an answered question, a profile and deadlines: told once, in the service and by mail, within the owner's ceiling."""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from corpus.access import LOCAL
from corpus.errors import BadInput, NotFound
from corpus.ingest import Draft, ingest
from corpus.linking import resolve
from corpus.settings import load_settings
from ui.auth import accounts
from ui.desk import Desk, enterprise
from ui.notify import announce, deliver, subscribe
from ui.notify.watching import watch
from ui.pages.match import subscriptions

spec = spec_from_file_location("test_ui_jobs", Path(__file__).with_name("test_ui_jobs.py"))
assert spec and spec.loader
jobs = module_from_spec(spec)
spec.loader.exec_module(jobs)

POLICY = """某市企业研发补助办法

第一条 享受补助的企业应当符合下列条件：
（一）在本市注册，具有独立法人资格；
（二）上一年度研发费用不低于100万元。

第二条 按照上一年度研发费用的5%给予补助，单个企业年度最高不超过60万元。

第三条 本办法自2024年1月1日起施行，有效期五年。
"""
CALL = """各有关企业：

根据《某市企业研发补助办法》（厦科〔2023〕9号），现就2026年度补助申报通知如下：

一、时间安排
（一）网上填报：2026年9月1日至2026年9月25日18时；
（二）推荐单位审核：2026年10月23日前。
"""
REPEAL = """某市科学技术局决定：

《某市企业研发补助办法》（厦科〔2023〕9号）自2026年9月10日起废止。
"""
FACTS = {"name": "甲公司", "region": "350200", "r_and_d_expense": 2_000_000, "legal_person": True}


def draft(key: str, title: str, text: str, kind: str = "policy", **fields: Any) -> Draft:
    return Draft(key=key, source_id="t", url="", kind=kind, title=title, text=text, fields={"region_code": "350200", "level": "city", **fields}, external_id=key)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(load_settings(tmp_path / "home"))
    ingest(
        opened.store,
        [
            draft("p", "某市企业研发补助办法", POLICY, doc_number="厦科〔2023〕9号", published_on="2023-12-01"),
            draft("c", "某市科学技术局关于2026年度企业研发补助申报的通知", CALL, "notice", published_on="2026-08-20"),
        ],
    )
    resolve(opened.store)
    accounts.create(opened.store, "ent", "enterprise", by="test")
    yield opened
    opened.close()


def ids(desk: Desk) -> dict[str, str]:
    return {h.external_id: h.id for h in desk.store.documents.heads(LOCAL)}


def repeal(desk: Desk) -> None:
    ingest(desk.store, [draft("r", "某市科学技术局关于废止《某市企业研发补助办法》的决定", REPEAL, published_on="2026-09-08")])
    resolve(desk.store)


def told(desk: Desk, user: str = "ent") -> list[str]:
    deliver(desk)
    return [m["text"] for m in desk.store.outbox.inbox(user)]


def test_a_watched_policy_answer_and_profile_are_told_once(desk: Desk) -> None:
    p = ids(desk)["p"]
    reader = desk.reader("ent")
    desk.store.profiles.put("ent", "甲公司", FACTS)
    citation = {"document_id": p, "title": "某市企业研发补助办法", "validity": {"status": "presumed_in_force"}}
    desk.store.conversations.save("ent", {"id": "a1", "question": "研发补助多少？", "status": "answered", "citations": [citation]}, {}, security=1)
    subscribe(desk, "ent", "policy.changed", "inbox", "", {"document": p})
    subscribe(desk, "ent", "answer.changed", "inbox", "", {"answer": "a1"})
    subscribe(desk, "ent", "match.changed", "inbox", "", {"profile": "甲公司"})
    watch(desk, "2026-08-25")
    assert told(desk) == []  # a first look only notes
    repeal(desk)
    assert watch(desk, "2026-09-12") >= 3
    words = told(desk)
    assert any("关注的" in w and "已废止" in w and "研发补助多少" not in w for w in words)
    assert any("研发补助多少" in w and "已废止" in w for w in words)
    assert any("画像“甲公司”" in w and "满足 → （无）" in w for w in words)
    assert watch(desk, "2026-09-13") == 0 and told(desk) == words and reader.user == "ent"


def test_deadlines_near_for_topic_policy_and_profile(desk: Desk) -> None:
    desk.store.profiles.put("ent", "甲公司", FACTS)
    desk.store.profiles.put("ent", "乙公司", FACTS | {"r_and_d_expense": 1})
    for criteria in ({"topic": "研发补助"}, {"document": ids(desk)["p"]}, {"profile": "甲公司"}, {"profile": "乙公司"}, {"topic": "人才"}, {"region": "350100"}):
        subscribe(desk, "ent", "deadline", "inbox", "", criteria)
    assert watch(desk, "2026-09-10") == 0
    assert watch(desk, "2026-09-19") == 1  # the service slept over the 18th, when 7 days were left
    words = told(desk)
    assert len(words) == 3 and all("网上填报截止2026-09-25，还有6天" in w for w in words)  # not the review's, not for 乙公司, 人才 or 福州
    assert watch(desk, "2026-09-20") == 0 and watch(desk, "2026-09-24") == 1


@pytest.mark.parametrize(("public", "link"), [("https://kj.example.cn/", "https://kj.example.cn/d/"), ("", "")])
def test_a_deadline_goes_by_mail_with_a_link_that_leads_there_or_none(tmp_path: Path, public: str, link: str) -> None:
    received: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=jobs._smtp, args=(listener, received), daemon=True).start()
        desk = Desk(load_settings(tmp_path / "mail", smtp_url=f"smtp://127.0.0.1:{listener.getsockname()[1]}", public_url=public))
        ingest(desk.store, [draft("c", "某市科学技术局关于2026年度企业研发补助申报的通知", CALL, "notice", published_on="2026-08-20")])
        subscribe(desk, "local", "deadline", "email", "one@example.org", {"topic": "研发"})
        watch(desk, "2026-09-18")
        assert deliver(desk)["sent"] == 1
        desk.close()
    assert "one@example.org" in "\n".join(received)
    wire = "".join(received).replace("\r", "")
    words = base64.b64decode(wire[wire.index("MIME-Version: 1.0\n\n") + 18 :].split("\n.\n")[0].replace("\n", "")).decode()
    assert "网上填报" in words and ((link in words) if link else "/d/" not in words)


def test_what_is_watched_again_is_watched_once_and_is_called_by_its_title(desk: Desk) -> None:
    d = next(d for d in desk.store.documents.scan(LOCAL) if d.kind == "policy")
    first, again = (subscribe(desk, "local", "policy.changed", "inbox", "", {"document": d.id}) for _ in range(2))
    rows = desk.store.outbox.subscriptions("local")
    assert first["n"] == again["n"] and sum(r["criteria"].get("document") == d.id for r in rows) == 1
    shown = subscriptions(rows, (), enterprise.watched(desk, rows, LOCAL), "zh")
    assert d.title in shown and f"<td>{d.id}</td>" not in shown
    other = subscribe(desk, "local", "policy.changed", "email", "a@b.example", {"document": d.id})
    assert other["n"] != first["n"]


def test_only_ones_own_can_be_watched(desk: Desk) -> None:
    accounts.create(desk.store, "other", "enterprise", by="test")
    desk.store.profiles.put("other", "丙公司", FACTS)
    for kind, criteria in (("match.changed", {"profile": "丙公司"}), ("answer.changed", {"answer": "nothing"}), ("policy.changed", {"document": "dnothing"})):
        with pytest.raises(NotFound):
            subscribe(desk, "ent", kind, "inbox", "", criteria)
    with pytest.raises(BadInput):
        subscribe(desk, "ent", "match.changed", "inbox", "", {})
    with pytest.raises(NotFound):
        desk.store.profiles.get("ent", "丙公司")


def test_a_new_policy_of_a_topic_by_its_title(desk: Desk) -> None:
    subscribe(desk, "ent", "policy.new", "inbox", "", {"topic": "创新券"})
    announce(desk)
    ingest(desk.store, [draft("v", "某市科技创新券管理办法", "第一条 为规范创新券管理，制定本办法。\n", published_on="2026-09-01"), draft("x", "某市绿化办法", "第一条 为绿化，制定本办法。\n")])
    announce(desk)
    deliver(desk)
    assert [m["title"] for m in desk.store.outbox.inbox("ent")] == ["某市科技创新券管理办法"]


def test_the_calendar_file_holds_every_stage(desk: Desk) -> None:
    from ui.pages import feeds

    words = feeds.calendar(enterprise.deadlines(desk, LOCAL, "350200", as_of="2026-09-01"))
    assert words.count("BEGIN:VEVENT") == 2 and "DTSTART;VALUE=DATE:20260925" in words and "DTSTART;VALUE=DATE:20261023" in words
    assert all(len(line.encode()) <= 75 for line in words.split("\r\n"))


def test_a_text_whose_standing_others_changed_is_no_new_policy_and_is_told_once(desk: Desk) -> None:
    subscribe(desk, "ent", "policy.new", "inbox", "", {"region": "350200"})
    subscribe(desk, "ent", "policy.changed", "inbox", "", {"document": "某市企业研发补助办法"})
    time.sleep(1.1)  # kept times have seconds
    announce(desk)
    watch(desk, "2026-08-25")
    repeal(desk)
    announce(desk)
    watch(desk, "2026-09-12")
    deliver(desk)
    said = [(m["kind"], m["title"]) for m in desk.store.outbox.inbox("ent")]
    assert sorted(said) == [("policy.changed", "关注的政策有变化"), ("policy.new", "某市科学技术局关于废止《某市企业研发补助办法》的决定")]


def test_a_subscription_made_between_two_changes_is_told_the_next_one(desk: Desk) -> None:
    watch(desk, "2026-08-25")
    subscribe(desk, "ent", "policy.changed", "inbox", "", {"document": ids(desk)["p"]})
    watch(desk, "2026-08-25")  # nothing moved, but the new subscription is noted
    repeal(desk)
    watch(desk, "2026-09-12")
    assert any("已废止" in words for words in told(desk))


def test_the_place_and_the_document_of_a_subscription_may_be_named(desk: Desk) -> None:
    subscribe(desk, "ent", "deadline", "inbox", "", {"region": "厦门市"})
    subscribe(desk, "ent", "policy.changed", "inbox", "", {"document": "厦科〔2023〕9号"})
    assert [dict(s["criteria"]) for s in desk.store.outbox.subscriptions("ent")] == [{"region": "350200"}, {"document": ids(desk)["p"]}]
    with pytest.raises(BadInput):
        subscribe(desk, "ent", "deadline", "inbox", "", {"region": "乌有市"})


def test_what_was_told_is_a_feed_and_a_changed_standing_is_news_to_readers_of_feeds(desk: Desk) -> None:
    from ui.pages import feeds

    subscribe(desk, "ent", "policy.changed", "inbox", "", {"document": ids(desk)["p"]})
    before = {i["id"] for i in feeds.policy_items(desk.newest(LOCAL), "https://kj.example.cn")}
    watch(desk, "2026-08-25")
    repeal(desk)
    watch(desk, "2026-09-12")
    deliver(desk)
    item = next(iter(feeds.told_items(desk.store.outbox.inbox("ent"), "https://kj.example.cn/")))
    assert "已废止" in item["text"] and item["link"] == f"https://kj.example.cn/d/{ids(desk)['p']}" and "已废止" in feeds.rss("t", "https://kj.example.cn", [item])
    after = {i["id"] for i in feeds.policy_items(desk.newest(LOCAL), "https://kj.example.cn")}
    assert any(i.startswith(ids(desk)["p"]) for i in after - before)
