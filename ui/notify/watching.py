"""Who watches a policy, an answer or a profile is told what changed; and deadlines that near. Runs when the corpus or the date moved, or a new subscription must be noted, so that
its first change is told.

What was seen last is kept as the result of the last `watch` run; the first run only notes where things stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.access import LOCAL, Reader
from corpus.errors import NotFound
from rag import watch as room
from rag.source import named
from ui.desk import Desk, today
from ui.messages import say

KEPT = 5000
"""At most so many keys of what was told are kept."""
Notes = dict[str, dict[str, str]]
"""Subscription number → (document id → what was last known of it)."""


def watch(desk: Desk, on: str = "") -> int:
    """Tell what changed by the date `on` (today by default); how many events were put into the outbox."""
    day = on or today()
    last: dict[str, Any] = next((r["result"] for r in desk.store.jobs.runs("watch", 5) if r["state"] == "done"), {})
    sequence = desk.store.documents.sequence()
    subscriptions = desk.store.outbox.subscriptions()
    numbers = [int(s["n"]) for s in subscriptions]
    if (last.get("sequence"), last.get("date")) == (sequence, day) and set(numbers) <= set(last.get("seen", ())):
        return 0
    number = desk.store.jobs.begin("watch", {}, "schedule")
    told: list[str] = list(last.get("told", ()))
    before: Notes = last.get("notes", {})
    notes: Notes = {}
    count = _deadlines(desk, day, str(last.get("date", "")), told)
    for s in subscriptions:
        reader = owner_of(desk, s["user"])
        if reader is not None:
            count += _subscription(desk, s, reader, day, before.get(str(s["n"])), notes, told)
    desk.store.jobs.end(number, "done", 0.0, result={"sequence": sequence, "date": day, "told": told[-KEPT:], "notes": notes, "count": count, "seen": numbers})
    return count


def owner_of(desk: Desk, user: str) -> Reader | None:
    """The reader of a subscription's owner as they are today; None when they are gone."""
    if user == "local":
        return LOCAL
    try:
        return desk.reader(user)
    except NotFound:
        return None


def _deadlines(desk: Desk, on: str, since: str, told: list[str]) -> int:
    count = 0
    for near in room.nearing(desk.store, LOCAL, on, since=since):
        if near.key in told:
            continue
        told.append(near.key)
        text = say("notify.deadline", title=named(near.head), stage=near.stage, batch=near.batch, day=near.day, left=near.left)
        facets = {"region": near.head.region_code, "topic": list(near.head.topics), "name": near.head.title, "documents": [near.head.id, *near.call.policies]}
        desk.store.outbox.tell("deadline", near.head.id, say("notify.deadline_title"), text, link=f"/d/{near.head.id}", security=near.head.security, **facets)
        count += 1
    return count


def _subscription(desk: Desk, s: Mapping[str, Any], reader: Reader, on: str, before: Mapping[str, str] | None, notes: Notes, told: list[str]) -> int:
    """What a subscription of one's own things has to be told."""
    wanted = s["criteria"]
    if s["kind"] == "answer.changed" and wanted.get("answer"):
        return _answer(desk, s, reader, on, told)
    if s["kind"] == "policy.changed" and wanted.get("document"):
        return _known(desk, s, reader, before, notes, room.standing(desk.store, reader, [wanted["document"]], on), "notify.policy")
    if s["kind"] == "match.changed" and wanted.get("profile"):
        try:
            facts = desk.store.profiles.get(s["user"], wanted["profile"])
        except NotFound:
            return 0  # the profile was removed: nothing fits it
        return _known(desk, s, reader, before, notes, room.fitting(facts, desk.store, reader, on), "notify.match")
    return 0


def _answer(desk: Desk, s: Mapping[str, Any], reader: Reader, on: str, told: list[str]) -> int:
    try:
        kept = desk.store.conversations.get(s["criteria"]["answer"], reader)
    except NotFound:
        return 0  # the answer was removed
    count = 0
    for c in room.changes(kept["answer"], desk.store, reader, on):
        key = f"answer:{s['n']}:{c['document_id']}:{c['now']}"
        if key not in told:
            told.append(key)
            text = say("notify.answer", question=kept["answer"]["question"][:60], title=c["title"], before=_word(c["before"]), now=_word(c["now"]))
            desk.store.outbox.tell("answer.changed", c["document_id"], say("notify.answer_title"), text, link=f"/d/{c['document_id']}", security=int(kept["security"]), user=s["user"], answer=s["criteria"]["answer"])
            count += 1
    return count


def _known(desk: Desk, s: Mapping[str, Any], reader: Reader, before: Mapping[str, str] | None, notes: Notes, now: Mapping[str, str], message: str) -> int:
    """Hold what is known now against what was noted; a first look only notes."""
    notes[str(s["n"])] = dict(now)
    if before is None:
        return 0
    moved = [i for i in dict.fromkeys([*before, *now]) if before.get(i, "") != now.get(i, "")]
    heads = {h.id: h for h in desk.store.documents.heads(reader, id=moved, state=("active", "superseded"))} if moved else {}
    count = 0
    for i in moved:
        if message == "notify.match" and {before.get(i, ""), now.get(i, "")} <= {"", "不满足"}:
            continue  # what never fitted is no news
        title = named(heads[i]) if i in heads else say("notify.gone")
        text = say(message, title=title, before=_word(before.get(i, "")), now=_word(now.get(i, "")), profile=s["criteria"].get("profile", ""))
        facets = {"user": s["user"], "documents": [i], "subscription": s["n"]}
        desk.store.outbox.tell(s["kind"], i, say(f"{message}_title"), text, link=f"/d/{i}" if i in heads else "", security=heads[i].security if i in heads else 1, **facets)
        count += 1
    return count


def _word(status: str) -> str:
    from ui.messages import known

    if not status:
        return say("notify.nothing")
    return say(f"validity.{status}") if known(f"validity.{status}") else status
