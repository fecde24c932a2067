"""Watching: who asked to be told hears when the evidence of an answer changes, when a policy changes, and when a deadline nears.

Run once a day and after each change of the corpus; it puts events into the outbox, each once (facet `once`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from corpus.access import LOCAL, Reader
from corpus.models import CURRENT
from corpus.store import Store
from corpus.validity import validity
from rag.deadlines import calendar
from rag.source import named
from rag.tools import Tools

DAYS = (30, 7, 1)
"""A deadline is told when so many days are left."""


@dataclass(frozen=True, slots=True)
class Told:
    """How many events were put into the outbox, by kind."""

    answers: int
    deadlines: int


def watch(tools: Tools, on: str, *, already: Iterable[str] = ()) -> Told:
    """Tell what changed by the date `on`; `already` holds the `once` keys of earlier runs."""
    seen = set(already)
    return Told(_answers(tools.store, on, seen), _deadlines(tools, on, seen))


def _answers(store: Store, on: str, seen: set[str]) -> int:
    """Answers whose cited documents no longer hold as they did, or are gone."""
    told = 0
    for turn in store.conversations.watched():
        reader = Reader(turn["user"], "enterprise", int(turn["security"]))
        for changed in changes(turn["answer"], store, reader, on):
            key = f"answer:{turn['id']}:{changed['document_id']}:{changed['now']}"
            if key in seen:
                continue
            seen.add(key)
            words = f"您关注的问题“{turn['question'][:60]}”所依据的{changed['title']}状态变化：{changed['before']} → {changed['now']}。"
            store.outbox.tell("policy.changed", changed["document_id"], "关注的回答依据有变化", words, security=int(turn["security"]), user=turn["user"], answer=turn["id"], once=key)
            told += 1
    return told


def changes(answer: Mapping[str, Any], store: Store, reader: Reader, on: str) -> list[dict[str, str]]:
    """Documents that a kept answer cites whose status at `on` differs from the one it was given with."""
    cited = {c["document_id"]: c for c in answer.get("citations", ())}
    heads = {h.id: h for h in store.documents.heads(reader, id=list(cited), state=("active", "superseded"))}
    happened = store.documents.events_of(reader, list(cited))
    found = []
    for i, c in cited.items():
        before = str(c["validity"]["status"])
        now = str(validity(heads[i], happened.get(i, []), on).status) if i in heads else "removed"
        if now != before and not (before in CURRENT and now in CURRENT):
            found.append({"document_id": i, "title": f"《{c['title']}》", "before": before, "now": now})
    return found


def _deadlines(tools: Tools, on: str, seen: set[str]) -> int:
    """Deadlines of calls that end in so many days."""
    told = 0
    for row in calendar(tools, LOCAL, on):
        for due in row["deadlines"]:
            left = days_left(on, due["date"])
            if left not in DAYS or due["stage"] not in ("网上填报", "申报"):
                continue
            key = f"deadline:{row['document_id']}:{due['stage']}:{due['date']}:{left}"
            head = tools.head(row["document_id"], LOCAL)
            if key in seen or head is None:
                continue
            seen.add(key)
            words = f"{named(head)}：{due['stage']}{due['batch']}截止{due['date']}，还有{left}天。"
            tools.store.outbox.tell("deadline", row["document_id"], "申报截止提醒", words, security=head.security, region=head.region_code, topic="、".join(head.topics), once=key)
            told += 1
    return told


def days_left(on: str, due: str) -> int:
    """Days from one ISO date to another; -1 when one of them is no full date."""
    if len(on) != 10 or len(due) != 10:
        return -1
    return (date.fromisoformat(due) - date.fromisoformat(on)).days
