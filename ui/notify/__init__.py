"""Delivering the outbox: in the service, by mail (SMTP) and by signed webhook. RSS needs no delivery: it is read.

A webhook carries `X-Jianwei-Signature: t=<unix seconds>,v1=<HMAC-SHA256 of "t.body" with the subscription's secret>`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from corpus.access import LOCAL
from corpus.errors import BadInput, JianweiError, NotFound
from corpus.models import POLICY_KINDS, Change, Document
from ui.desk import Desk, room, today
from ui.messages import say
from ui.notify.watching import owner_of


def subscribe(desk: Desk, user: str, kind: str, channel: str, target: str, criteria: Mapping[str, Any]) -> dict[str, Any]:
    """Make a subscription, or give the one that there is of the same; a new webhook gets a secret. Raises NotFound for a document, answer or profile that is not one's own to watch."""
    criteria = _own(desk, user, kind, criteria)
    if channel == "email" and ("@" not in target or any(c.isspace() for c in target)):
        raise BadInput("this is no mail address", target, "write name@host")
    known = next((s for s in desk.store.outbox.subscriptions(user) if _same(s, kind, channel, target, criteria)), None)
    if known:
        return {"n": known["n"], "kind": kind, "channel": channel}
    secret = ""
    if channel == "webhook":
        from ui.notify.webhook import check_address

        check_address(target, loopback=desk.settings.allow_loopback)
        secret = secrets.token_hex(32)
    number = desk.store.outbox.subscribe(user, kind, channel, target=target if channel != "inbox" else "", secret=secret, **criteria)
    desk.store.audit.add(user, "subscribe", str(number), {"kind": kind, "channel": channel, **criteria})
    return {"n": number, "kind": kind, "channel": channel, **({"secret": secret} if secret else {})}


def _same(s: Mapping[str, Any], kind: str, channel: str, target: str, criteria: Mapping[str, Any]) -> bool:
    aimed = s["target"] == (target if channel != "inbox" else "")
    return bool(aimed and channel != "webhook" and (s["kind"], s["channel"]) == (kind, channel) and dict(s["criteria"]) == dict(criteria))


NEEDS = {"answer.changed": "answer", "match.changed": "profile"}


def _own(desk: Desk, user: str, kind: str, criteria: Mapping[str, Any]) -> Mapping[str, Any]:
    """The criteria with the id of a document and the code of a place that they name; what is watched must be there for this user."""
    if (name := NEEDS.get(kind)) and not criteria.get(name):
        raise BadInput(f"a subscription of kind {kind} needs {name}", "", f"name the {name}")
    reader = owner_of(desk, user)
    if reader is None:
        raise NotFound("no such user", user, "see `jianwei user list`")
    if criteria.get("document"):
        criteria = {**criteria, "document": desk.document(str(criteria["document"]), reader).id}
    if criteria.get("region"):
        criteria = {**criteria, "region": room("rag.scope").region_of({"region": criteria["region"]})}
    if criteria.get("answer"):
        desk.store.conversations.get(criteria["answer"], reader)
    if criteria.get("profile"):
        desk.store.profiles.get(user, criteria["profile"])
    return criteria


def announce(desk: Desk) -> int:
    """Put policies, notices and interpretations that came or changed since the last time into the outbox; returns how many.

    How far it came is kept as the result of the last `announce` run; the first run only notes where it stands.
    """
    now, jobs = desk.store.documents.sequence(), desk.store.jobs
    before = next((r for r in jobs.runs("announce", 1) if r["state"] == "done"), None)
    last = int(before["result"]["sequence"]) if before else None
    if last == now:
        return 0
    number, told = jobs.begin("announce", {}, "schedule"), 0
    if last is not None:
        ids = {c.document_id for c in _changes(desk, last, now) if c.op == "upsert"}
        told = sum(_tell(desk, d, str(before["started_at"]) if before else "") for d in desk.store.documents.heads(LOCAL, id=sorted(ids), kind=POLICY_KINDS)) if ids else 0
    jobs.end(number, "done", 0.0, result={"sequence": now, "told": told})
    return told


def _changes(desk: Desk, last: int, now: int) -> Iterator[Change]:
    while last < now and (batch := desk.store.documents.changes_since(last)):
        yield from batch
        last = batch[-1].seq


def _tell(desk: Desk, d: Document, since: str) -> int:
    """One document that came or changed after `since`; of one that was there before and whose text did not change, others state something new (its standing)."""
    standing = bool(since) and _moment(d.stored_at) < _moment(since) and _moment(d.changed_at) < _moment(since)
    kind = "policy.new" if d.stored_at == d.changed_at and not standing else "policy.changed"
    text = "　".join(p for p in (d.doc_number, "、".join(d.issuers), d.published_on, _standing(desk, d) if kind == "policy.changed" else "") if p)
    desk.store.outbox.tell(kind, d.id, d.title, text, link=f"/d/{d.id}", security=d.security, region=d.region_code, topic=list(d.topics), standing=standing)
    return 1


def _moment(at: str) -> datetime:
    """A kept time of UTC, in either of its writings."""
    return datetime.fromisoformat(at.replace("Z", "+00:00")) if at else datetime.min.replace(tzinfo=UTC)


def _standing(desk: Desk, d: Document) -> str:
    """时效：已废止."""
    judged = desk.standing(d)
    return say("notify.standing", status=say(f"validity.{judged}"))


def deliver(desk: Desk) -> dict[str, Any]:
    """Hold new events against the subscriptions, then try what is due: {"events", "sent", "failed"}."""
    events = desk.store.outbox.unspread()
    for event in events:
        _enrol(desk, event)
    subscriptions = desk.store.outbox.subscriptions() if events else []
    for event in events:
        desk.store.outbox.spread(event["n"], [s for s in subscriptions if concerns(desk, event, s)])
    counts = {"events": len(events), "sent": 0, "failed": 0}
    for delivery in desk.store.outbox.due():
        error = _send(desk, delivery)
        desk.store.outbox.done(delivery["n"], error)
        counts["failed" if error else "sent"] += 1
    return counts


BY_RIGHT = {"risk.level": ("official",), "risk.new": ("official",)}
"""Roles that are told in the service without asking; an escalated alert reaches operators too."""


def _enrol(desk: Desk, event: Mapping[str, Any]) -> None:
    """Subscribe, in the service, whom an event names and the roles that are told by right, unless they ended that subscription themselves."""
    kind, facets = event["kind"], event["facets"]
    roles = (*BY_RIGHT.get(kind, ()), *(("operator",) if kind in BY_RIGHT and facets.get("escalated") else ()))
    wanted = {str(facets["user"])} if facets.get("user") else {u.name for u in desk.store.people.all() if u.role in roles and u.state == "active"} if roles else set()
    held = {(s["user"], s["kind"]) for s in desk.store.outbox.subscriptions() if s["channel"] == "inbox"} if wanted else set()
    for user in sorted(wanted):
        ended = not facets.get("user") and desk.store.audit.entries(actor=user, action="unsubscribe", subject=kind, limit=1)
        if (user, kind) not in held and not ended:
            desk.store.outbox.subscribe(user, kind, "inbox")


def unsubscribe(desk: Desk, user: str, number: int) -> None:
    """End a subscription of a user, and note it: it does not come back by right. Raises NotFound."""
    kind = next((s["kind"] for s in desk.store.outbox.subscriptions(user) if s["n"] == number), "")
    desk.store.outbox.unsubscribe(user, number)
    desk.store.audit.add(user, "unsubscribe", kind, {"n": number})


def concerns(desk: Desk, event: Mapping[str, Any], subscription: Mapping[str, Any]) -> bool:
    """Whether an event is of the kind and criteria of a subscription, within its owner's ceiling today."""
    if event["kind"] != subscription["kind"]:
        return False
    facets = event["facets"]
    if facets.get("user") not in (None, "", subscription["user"]) or facets.get("subscription") not in (None, subscription["n"]):
        return False
    wanted = subscription["criteria"]
    if wanted.get("document") and wanted["document"] not in (event["subject"], *facets.get("documents", ())):
        return False
    if wanted.get("document") and facets.get("standing"):
        return False  # the watch tells it, with what it was before
    if wanted.get("answer") and facets.get("answer") != wanted["answer"]:
        return False
    if wanted.get("profile") and event["kind"] == "deadline" and not _fits(desk, subscription, facets):
        return False
    if wanted.get("region") and not str(facets.get("region", "")).startswith(wanted["region"].rstrip("0") or "0"):
        return False
    if any(wanted.get(n) and wanted[n] not in _values(facets.get(n)) for n in ("field", "source")):
        return False
    if (topic := wanted.get("topic")) and topic not in _values(facets.get("topic")) and topic not in f"{event['title']} {facets.get('name', '')}":
        return False
    reader = owner_of(desk, subscription["user"])
    return reader is not None and reader.may_read(event["security"], event["subject"])


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _fits(desk: Desk, subscription: Mapping[str, Any], facets: Mapping[str, Any]) -> bool:
    """Whether a call carries out a policy that may fit the profile of the subscription."""
    from rag.watch import fitting

    reader = owner_of(desk, subscription["user"])
    if reader is None:
        return False
    try:
        facts = desk.store.profiles.get(subscription["user"], subscription["criteria"]["profile"])
    except NotFound:
        return False
    states = fitting(facts, desk.store, reader, today())
    return any(states.get(i) in ("满足", "缺信息") for i in facets.get("documents", ()))


def _send(desk: Desk, delivery: Mapping[str, Any]) -> str:
    """Try one delivery; returns the error, or an empty string. Outside the service a link leads there only with the service's public address."""
    base, link = desk.settings.public_url.rstrip("/"), str(delivery.get("link") or "")
    if delivery["channel"] != "inbox" and (base or delivery["channel"] == "email"):
        delivery = {**delivery, "link": f"{base}{link}" if base and link.startswith("/") else "" if link.startswith("/") else link}
    try:
        if delivery["channel"] == "email":
            from ui.notify.mail import send

            send(desk.settings.smtp_url, delivery)
        elif delivery["channel"] == "webhook":
            from ui.notify.webhook import post

            post(delivery, loopback=desk.settings.allow_loopback)
    except JianweiError as error:
        return str(error)
    return ""
