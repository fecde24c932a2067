"""Expert validation as the doors need it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import NotFound
from corpus.report import Report
from risk import learn, pairs, panel, panel_list
from risk.constants import constants
from risk.list_report import signed_report
from risk.panel_report import consultation_report
from ui.desk import Desk

ORGANISERS = ("official", "operator", "admin")
SEERS = ("official", "operator", "admin", "auditor")


def panels(desk: Desk, reader: Reader) -> list[dict[str, Any]]:
    """All panels for organisers and auditors, one's own for everybody else; none for strangers."""
    everything = reader.role in (*SEERS, "local")
    found = []
    for p in desk.store.panels.all():
        members = desk.store.panels.members(p["id"])
        mine = next((m for m in members if m["user"] == reader.user), None)
        if everything or mine:
            found.append(_summary(desk, p, members, mine, reader))
    return found


def _summary(desk: Desk, p: Mapping[str, Any], members: Sequence[Mapping[str, Any]], mine: Mapping[str, Any] | None, reader: Reader) -> dict[str, Any]:
    last = desk.store.panels.rounds(p["id"])[-1]
    rated = {r["user"] for r in desk.store.panels.ratings(p["id"], last["number"])}
    return {
        "panel_id": p["id"],
        "title": p["title"],
        "field": p["field"],
        "state": p["state"],
        "as_of": p["as_of"],
        "items": len(p["items"]),
        "members": len(members),
        "round": last["number"],
        "round_open": not last["closed_at"],
        "responded": len(rated),
        "member": mine is not None,
        "chair": bool(mine and mine["chair"]),
        "reports": reader.role in (*SEERS, "local"),
        "opened_at": p["opened_at"],
        "to_sign": _to_sign(desk, p["id"], mine, reader),
    }


def _to_sign(desk: Desk, panel_id: str, mine: Mapping[str, Any] | None, reader: Reader) -> dict[str, str] | None:
    """{list_id, step} of the signature that this reader could give next; None when it is another's turn."""
    for held in desk.store.panels.lists(panel_id):
        signed = held["signatures"]
        step = panel_list.STEPS[len(signed)] if len(signed) < len(panel_list.STEPS) else ""
        may = bool(mine and mine["chair"]) if step == "chair" else reader.role in (*ORGANISERS, "local")
        if step and may and reader.user not in {s["user"] for s in signed}:
            return {"list_id": held["id"], "step": step}
    return None


def organised(desk: Desk, reader: Reader) -> list[dict[str, Any]]:
    """Every panel as its summary with `people` {user, chair, group, conflicts, rated}, `risks` {risk_id, title}, the `signed` steps of the newest list and whether it `reached` its stop rule."""
    reader.require(*SEERS)
    return [p | _progress(desk, p) for p in panels(desk, reader)]


def _progress(desk: Desk, p: Mapping[str, Any]) -> dict[str, Any]:
    store = desk.store.panels
    rated = Counter(r["user"] for r in store.ratings(p["panel_id"], p["round"]))
    people = [
        {"user": m["user"], "chair": bool(m["chair"]), "group": m["authority"].get("group", ""), "conflicts": m["conflicts"], "rated": rated[m["user"]]}
        for m in store.members(p["panel_id"])
    ]
    risks = [{"risk_id": i["risk_id"], "title": (i.get("record") or {}).get("title") or i["statement"][:40]} for i in store.get(p["panel_id"])["items"]]
    signed = [{"step": s["step"], "user": s["user"], "at": s["at"]} for held in store.lists(p["panel_id"])[:1] for s in held["signatures"]]
    return {"people": people, "risks": risks, "signed": signed, "reached": bool((store.rounds(p["panel_id"])[-1]["result"] or {}).get("reached"))}


def experts(desk: Desk, reader: Reader) -> list[str]:
    """Accounts that can be invited: active ones that may read the list, experts first."""
    reader.require(*ORGANISERS)
    able = [u for u in desk.store.people.all() if u.state == "active" and u.role in constants()["list_roles"]]
    return [u.name for u in sorted(able, key=lambda u: (u.role != "expert", u.name))]


def proposed_weights(desk: Desk, reader: Reader) -> dict[str, Any]:
    """What the issued lists would teach about the weights, beside those in force; nothing changes."""
    reader.require(*SEERS)
    return learn.propose(desk.store)


def apply_weights(desk: Desk, note: str, reader: Reader) -> dict[str, Any]:
    """Put the proposed weights into force from the next list on."""
    return learn.apply(desk.store, reader, note)


def withdraw_weights(desk: Desk, reader: Reader) -> None:
    """Go back to the weights of the constants."""
    learn.withdraw(desk.store, reader)


def open_panel(desk: Desk, title: str, reader: Reader, *, field: str = "", risk_ids: Sequence[str] = (), as_of: str = "") -> str:
    """Open a panel on listed risks; raises NotFound for a risk that is not listed."""
    reader.require(*ORGANISERS)
    listed = desk.risks(reader, as_of=as_of, field=field)
    known = {r["id"]: r for r in listed["risks"]}
    for wanted in risk_ids:
        if wanted not in known:
            raise NotFound("no such listed risk", wanted, "see `jianwei risks list`")
    chosen = [known[i] for i in risk_ids] or list(known.values())
    return panel.open_panel(desk.store, title, chosen, reader, field=field, as_of=listed["as_of"])


def invite(desk: Desk, panel_id: str, user: str, reader: Reader, *, conflicts: Sequence[str] = (), chair: bool = False, group: str = "") -> None:
    """Invite an existing account (the local operator may invite itself)."""
    if user != "local":
        desk.store.people.reader(user)
    panel.invite(desk.store, panel_id, user, reader, conflicts=conflicts, chair=chair, group=group)


def nominate(desk: Desk, panel_id: str, statement: str, reader: Reader, reason: str = "") -> None:
    """专家补充提名."""
    panel.nominate(desk.store, panel_id, statement, reader, reason)


def start_round(desk: Desk, panel_id: str, reader: Reader) -> int:
    """Start the next round; raises NotFound."""
    desk.store.panels.get(panel_id)
    return panel.start_round(desk.store, panel_id, reader)


def sheet(desk: Desk, panel_id: str, reader: Reader) -> dict[str, Any]:
    """One's rating sheet."""
    return panel.sheet(desk.store, panel_id, reader)


def rate(desk: Desk, panel_id: str, risk_id: str, form: Mapping[str, Any], reader: Reader) -> None:
    """Rate one item."""
    panel.rate(desk.store, panel_id, risk_id, form, reader)


def close_round(desk: Desk, panel_id: str, reader: Reader) -> dict[str, Any]:
    """Close the open round; raises NotFound."""
    desk.store.panels.get(panel_id)
    return panel.close_round(desk.store, panel_id, reader)


def declare(desk: Desk, panel_id: str, conflicts: Sequence[str], reader: Reader) -> None:
    """Declare one's own conflicts."""
    panel.declare(desk.store, panel_id, conflicts, reader)


def evidence(desk: Desk, panel_id: str, risk_id: str, reader: Reader) -> dict[str, Any]:
    """The evidence of one item, without any score."""
    return panel.evidence(desk.store, panel_id, risk_id, reader)


def to_compare(desk: Desk, panel_id: str, reader: Reader) -> dict[str, Any]:
    """Pairs that one is asked to compare next."""
    desk.store.panels.get(panel_id)
    return {"panel_id": panel_id, "pairs": pairs.to_ask(desk.store, panel_id, reader)}


def compare(desk: Desk, panel_id: str, winner: str, loser: str, reader: Reader) -> None:
    """Say which of two items matters more."""
    desk.store.panels.get(panel_id)
    pairs.compare(desk.store, panel_id, winner, loser, reader)


def rounds(desk: Desk, panel_id: str, reader: Reader) -> dict[str, Any]:
    """Members, rounds and lists of a panel. An organiser who rates too sees no machine score before the blind round is closed."""
    reader.require(*SEERS)
    store = desk.store.panels
    found = store.get(panel_id)
    hidden = panel.blinded(desk.store, reader.user) if reader.role != "local" else frozenset()
    items = [{n: v for n, v in i.items() if n != "record" and not (i["risk_id"] in hidden and n in ("machine", "level"))} for i in found["items"]]
    members = [{"user": m["user"], "chair": bool(m["chair"]), "conflicts": m["conflicts"], "group": m["authority"].get("group", "")} for m in store.members(panel_id)]
    done = [{**r["result"], "number": r["number"], "opened_at": r["opened_at"], "closed_at": r["closed_at"]} for r in store.rounds(panel_id)]
    named = [{"statement": n["statement"], "reason": n["reason"]} for n in store.nominations(panel_id)]
    head = {"panel_id": panel_id, "title": found["title"], "field": found["field"], "state": found["state"], "as_of": found["as_of"], "stop_rule": found["stop_rule"]}
    return {**head, "items": items, "members": members, "rounds": done, "nominations": named, "pairwise": pairs.standing(desk.store, panel_id), "lists": [_list(desk, x) for x in store.lists(panel_id)]}


def _list(desk: Desk, found: Mapping[str, Any]) -> dict[str, Any]:
    checked = {"intact": panel_list.intact(desk.store, found), "issued": panel_list.issued(found), "disagreements": panel_list.disagreements(found["content"])}
    return {**{n: found[n] for n in ("id", "panel_id", "sha256", "signatures", "created_at", "content")}, **checked}


def list_report(desk: Desk, list_id: str, reader: Reader) -> Report:
    """The concluded 技术风险清单: 草稿 until it is issued; the chair reads what is to be signed."""
    led = {x["panel_id"] for x in desk.store.panels.lists() if x["id"] == list_id}
    if not any(m["user"] == reader.user and m["chair"] for p in led for m in desk.store.panels.members(p)):
        reader.require(*SEERS)
    found = panel_list.one_list(desk.store, list_id)
    return signed_report(desk.store, found, reader)


def conclude(desk: Desk, panel_id: str, reader: Reader) -> str:
    """Freeze the validated list; raises NotFound."""
    desk.store.panels.get(panel_id)
    return panel_list.conclude(desk.store, panel_id, reader)


def sign(desk: Desk, list_id: str, step: str, reader: Reader) -> None:
    """Sign one step."""
    panel_list.sign(desk.store, list_id, step, reader)


def report(desk: Desk, panel_id: str, reader: Reader) -> Report:
    """专家咨询报告."""
    reader.require(*SEERS)
    return consultation_report(desk.store, panel_id)
