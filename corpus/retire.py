"""数据退役: what is long inactive, past retention or superseded goes to a list, then is archived or destroyed, with a record.

A policy, notice or interpretation is history: it can be archived, never destroyed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from corpus.access import Reader
from corpus.errors import NotPermitted
from corpus.models import POLICY_KINDS
from corpus.store import Store

INACTIVE_YEARS = {"opinion": 1, "news": 3}
"""Years after which a document that neither changed nor was cited in an answer is inactive."""
RETENTION_YEARS = {"opinion": 3, "news": 5, "paper": 20, "project": 20}
"""Years after which a document of a kind is past retention, counted from its publication (else from first sight)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that a rule proposes: rule is past_retention | inactive | superseded."""

    document_id: str
    title: str
    kind: str
    rule: str
    since: str


def candidates(store: Store, reader: Reader, on: str) -> list[Candidate]:
    """What the rules propose on the date `on` (ISO day), within the reader's ceiling."""
    found = []
    today = date.fromisoformat(on)
    for kind, years in RETENTION_YEARS.items():
        limit = (today - timedelta(days=round(365.25 * years))).isoformat()
        for d in store.documents.heads(reader, kind=kind):
            since = d.published_on or d.first_seen_at[:10]
            if since and since < limit:
                found.append(Candidate(d.id, d.title, d.kind, "past_retention", since))
    listed = {c.document_id for c in found}
    for kind, years in INACTIVE_YEARS.items():
        limit = (today - timedelta(days=round(365.25 * years))).isoformat()
        cited = store.conversations.cited(limit)
        idle = ((d, max(d.published_on, d.first_seen_at[:10], d.changed_at[:10])) for d in store.documents.heads(reader, kind=kind) if d.id not in listed and d.id not in cited)
        found += [Candidate(d.id, d.title, d.kind, "inactive", since) for d, since in idle if since and since < limit]
    for d in store.documents.heads(reader, state="superseded"):
        found.append(Candidate(d.id, d.title, d.kind, "superseded", d.changed_at[:10]))
    return found


def propose(store: Store, reader: Reader, on: str) -> int:
    """Put every candidate on the retirement list; returns how many the rules found."""
    found = candidates(store, reader, on)
    for c in found:
        store.governance.list_for_retirement(c.document_id, c.rule, {"title": c.title, "kind": c.kind, "since": c.since})
    return len(found)


def retire(store: Store, number: int, action: str, reader: Reader) -> None:
    """Carry out one entry of the list: archive (stays readable as history), destroy (never a policy), or keep."""
    reader.require("operator", "admin")
    row = next((r for r in store.governance.retirements() if r["n"] == number), None)
    record = dict(row["record"]) if row else {}
    if action == "destroy" and record.get("kind") in POLICY_KINDS:
        raise NotPermitted("a policy is history and is never destroyed", record.get("title", number), "archive it")
    store.governance.retire(number, action, reader.user, record)
    assert row is not None
    if action == "destroy":
        store.documents.erase(row["document_id"])
    elif action == "archive":
        store.documents.amend(row["document_id"], state="archived")
    store.audit.add(reader.user, f"retire.{action}", row["document_id"], record)
