"""What changed for those who asked to be told: the standing of texts, the evidence of an answer, what fits a profile, deadlines that near.

Pure comparisons of a before with a now; `ui/notify` keeps the before and puts what is told into the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from corpus.access import Reader
from corpus.models import CURRENT, Document
from corpus.store import Store
from corpus.validity import validity
from rag.calls import Call, calls
from rag.match import match

DAYS = (30, 7, 1)
"""A deadline is told when so many days are left."""
TOLD_STAGES = ("网上填报", "申报", "纸质材料", "报名")
"""Stages that are the applicant's own; those of bodies that review are not told."""
GONE = "removed"


@dataclass(frozen=True, slots=True)
class Near:
    """A deadline that nears: its call and notice, stage, batch, ISO day and days left."""

    call: Call
    head: Document
    stage: str
    batch: str
    day: str
    left: int

    @property
    def key(self) -> str:
        return f"deadline:{self.call.document_id}:{self.stage}:{self.batch}:{self.day}:{self.left}"


def nearing(store: Store, reader: Reader, on: str, *, since: str = "") -> list[Near]:
    """Deadlines with 30, 7 or 1 days left at `on`; with `since` also those that passed such a mark between the two dates."""
    heads = {h.id: h for h in store.documents.heads(reader, kind="notice")}
    found = []
    for call in calls(store, reader, on):
        for stage, batch, day, _, _ in call.deadlines:
            left, before = days_left(on, day), days_left(since, day)
            mark = next((n for n in DAYS if left == n or (0 <= left < n < before)), None)
            if stage in TOLD_STAGES and mark is not None:
                found.append(Near(call, heads[call.document_id], stage, batch, day, left))
    return found


def standing(store: Store, reader: Reader, ids: Iterable[str], on: str) -> dict[str, str]:
    """Document id → its status at a date (removed when it is not to be seen)."""
    wanted = list(dict.fromkeys(ids))
    heads = {h.id: h for h in store.documents.heads(reader, id=wanted, state=("active", "superseded"))} if wanted else {}
    happened = store.documents.events_of(reader, wanted) if wanted else {}
    return {i: str(validity(heads[i], happened.get(i, []), on).status) if i in heads else GONE for i in wanted}


def changes(answer: Mapping[str, Any], store: Store, reader: Reader, on: str) -> list[dict[str, str]]:
    """Documents that a kept answer cites whose status at `on` differs from the one it was given with."""
    cited = {c["document_id"]: c for c in answer.get("citations", ())}
    now = standing(store, reader, cited, on)
    found = []
    for i, c in cited.items():
        before = str(c["validity"]["status"])
        if now[i] != before and not (before in CURRENT and now[i] in CURRENT):
            found.append({"document_id": i, "title": f"《{c['title']}》", "before": before, "now": now[i]})
    return found


def fitting(facts: Mapping[str, Any], store: Store, reader: Reader, on: str) -> dict[str, str]:
    """Document id → 满足, 缺信息 or 不满足 of a profile at a date."""
    return {m.document_id: str(m.state) for m in match(facts, store, reader, on).matches}


def days_left(on: str, due: str) -> int:
    """Days from one ISO date to another; -1 when one of them is no full date."""
    if len(on) != 10 or len(due) != 10:
        return -1
    return (date.fromisoformat(due) - date.fromisoformat(on)).days
