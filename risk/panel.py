"""Delphi in the box: panels, a blind first round, anonymous feedback, a frozen stop rule, verdicts, signatures.

panel = open_panel(store, "新型储能", risks, reader)     round 0: experts may name risks
invite(store, panel, "expert1", reader)
start_round(store, panel, reader)                         round 1 is blind
rate(store, panel, risk_id, {...}, expert_reader)
close_round(store, panel, reader)                         → the round record of the interface
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput, NotFound, NotPermitted, StoreError
from corpus.store import Store
from risk.belief import Vote, prior, update
from risk.consensus import StopRule, cvr, cvr_minimum, describe, item_reached, kendall_w, two_peaked
from risk.panel_form import STATEMENT, Form, constants, form_authority, parse, split_parts

ORGANISERS = ("official", "operator", "admin")
AXES = ("importance", "urgency")
SHOWN = 16
"""Signals of an item that are frozen with it."""


def open_panel(
    store: Store,
    title: str,
    risks: Sequence[Mapping[str, Any]],
    reader: Reader,
    *,
    field: str = "",
    as_of: str = "",
    stop_rule: StopRule | None = None,
) -> str:
    """Open a panel on risk records (as `risk.register` gives them); the stop rule is frozen here. Returns its id."""
    reader.require(*ORGANISERS)
    if not risks:
        raise BadInput("a panel needs at least one risk", title, "run `jianwei risks mine` first or choose another field")
    rule = stop_rule or StopRule(**constants()["stop_rule"])
    panel_id = "p" + secrets.token_hex(6)
    items = [_item(r) for r in risks]
    store.panels.add(panel_id, title, field, as_of, {**asdict(rule), "version": constants()["version"]}, items, reader.user)
    store.panels.open_round(panel_id, 0)
    store.audit.add(reader.user, "panel.open", panel_id, {"title": title, "items": [i["risk_id"] for i in items]})
    return panel_id


def _item(risk: Mapping[str, Any]) -> dict[str, Any]:
    stories = {s.get("story_id") for s in risk.get("signals", [])}
    return {
        "risk_id": risk["id"],
        "statement": risk["statement"],
        "field": risk["field"],
        "clusters": len(stories),
        "machine": {axis: dict(risk[axis]) for axis in AXES},
        "level": risk.get("level"),
        "record": {n: v for n, v in risk.items() if n not in ("history", "run")} | {"signals": list(risk.get("signals", ()))[:SHOWN]},
    }


def invite(store: Store, panel_id: str, user: str, reader: Reader, *, conflicts: Sequence[str] = (), group: str = "", chair: bool = False) -> None:
    """Put an expert on the panel with declared conflicts (risk ids); `group` names a shared view (one institution); a chair signs first."""
    reader.require(*ORGANISERS)
    store.panels.get(panel_id)
    store.panels.put_member(panel_id, user, {"group": group}, list(conflicts), chair=chair)
    store.audit.add(reader.user, "panel.invite", panel_id, {"user": user, "conflicts": list(conflicts)})
    title = store.panels.get(panel_id)["title"]
    store.outbox.tell("panel.invited", panel_id, f"请您参加专家组：{title}", "请在“专家验证”中查看条目、声明利益关系并评议。首轮为盲评。", link="/?tab=panel", user=user)


def declare(store: Store, panel_id: str, conflicts: Sequence[str], reader: Reader) -> None:
    """An expert declares one's own conflicts (risk ids); what the organiser declared stays. From then on these items can only be abstained from."""
    member, known = _member(store, panel_id, reader), {i["risk_id"] for i in store.panels.get(panel_id)["items"]}
    if unknown := set(conflicts) - known:
        raise NotFound("no such item on this panel", ", ".join(sorted(unknown)), "see the rating sheet")
    held = sorted({*member["conflicts"], *conflicts})
    store.panels.put_member(panel_id, reader.user, member["authority"], held, chair=bool(member["chair"]))
    store.audit.add(reader.user, "panel.declare", panel_id, {"conflicts": held})


def nominate(store: Store, panel_id: str, statement: str, reader: Reader, reason: str = "") -> None:
    """Name a risk that the machine missed, in the open round 0."""
    _member(store, panel_id, reader)
    if _current(store, panel_id)["number"] != 0:
        raise NotPermitted("risks are named in round 0 only", panel_id, "put it under `missed` of a form")
    if not statement.strip():
        raise BadInput("a nomination needs a statement", statement, "say cause, event and consequence")
    if len(statement.strip()) > STATEMENT:
        raise BadInput("the statement is too long", f"{len(statement.strip())} characters", f"at most {STATEMENT}: cause, event, consequence")
    store.panels.nominate(panel_id, reader.user, statement.strip(), reason.strip())


def start_round(store: Store, panel_id: str, reader: Reader) -> int:
    """Start the next round; leaving round 0 adds the nominations as items. Raises StoreError while one is open."""
    reader.require(*ORGANISERS)
    panel, done = store.panels.get(panel_id), store.panels.rounds(panel_id)
    last = done[-1]
    if last["number"] == 0 and not last["closed_at"]:
        store.panels.close_round(panel_id, 0, {"nominations": len(store.panels.nominations(panel_id))})
    elif not last["closed_at"]:
        raise StoreError("the round is still open", f"{panel_id} round {last['number']}", "close it first")
    if last["number"] >= panel["stop_rule"]["rounds"] or last["result"].get("reached"):
        raise StoreError("the stop rule ends the panel here", f"{panel_id} after round {last['number']}", "conclude the panel")
    number = int(last["number"]) + 1
    store.panels.set_state(panel_id, "open", panel["items"] + _nominated(store, panel))
    store.panels.open_round(panel_id, number)
    store.audit.add(reader.user, "panel.round", panel_id, {"number": number})
    return number


def _nominated(store: Store, panel: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Nominations that are no items yet, the same words once."""
    known, said = {i["risk_id"] for i in panel["items"]}, {i["statement"] for i in panel["items"]}
    found = []
    for n in store.panels.nominations(panel["id"]):
        risk_id = f"{panel['id']}-n{n['n']}"
        if risk_id not in known and n["statement"] not in said:
            said.add(n["statement"])
            about = {"risk_id": risk_id, "statement": n["statement"], "field": panel["field"], "reason": n["reason"]}
            found.append({**about, "clusters": 0, "machine": None, "level": None, "record": None})
    return found


def _current(store: Store, panel_id: str) -> dict[str, Any]:
    store.panels.get(panel_id)
    return store.panels.rounds(panel_id)[-1]


def _member(store: Store, panel_id: str, reader: Reader) -> dict[str, Any]:
    for member in store.panels.members(panel_id):
        if member["user"] == reader.user:
            return member
    raise NotPermitted("only members of the panel may do this", reader.user, "ask the organiser for an invitation")


def rate(store: Store, panel_id: str, risk_id: str, values: Mapping[str, Any], reader: Reader) -> None:
    """Store one judgement. From round 2 on, a score more than one from the last median needs a reason."""
    member, current, form = _member(store, panel_id, reader), _current(store, panel_id), parse(values)
    if current["number"] == 0 or current["closed_at"]:
        raise NotPermitted("no round is open for rating", panel_id, "wait for the next round")
    if risk_id not in {i["risk_id"] for i in store.panels.get(panel_id)["items"]}:
        raise NotFound("no such item on this panel", risk_id, "see `jianwei panel report`")
    if risk_id in member["conflicts"] and not form.abstains:
        raise NotPermitted("a declared conflict allows only an abstention", risk_id, "set verdict to abstain with a reason")
    _check_detail(store, panel_id, risk_id, form)
    _explain_distance(store, panel_id, current["number"], risk_id, form)
    if form.missed.strip() and form.missed.strip() not in {n["statement"] for n in store.panels.nominations(panel_id)}:
        store.panels.nominate(panel_id, reader.user, form.missed.strip(), "")
    store.panels.rate(panel_id, current["number"], reader.user, risk_id, form.record(), saw_machine=current["number"] > 1)


def _check_detail(store: Store, panel_id: str, risk_id: str, form: Form) -> None:
    """A merge names another item; a split names parts and known risk types, and needs an item that has them."""
    if form.verdict not in ("merge", "split"):
        return
    items = {i["risk_id"]: i for i in store.panels.get(panel_id)["items"]}
    if form.verdict == "merge" and (form.detail.strip() not in items or form.detail.strip() == risk_id):
        raise BadInput("a merge names another item of the panel", form.detail, f"one of: {', '.join(i for i in items if i != risk_id)}")
    if form.verdict == "split":
        if not items[risk_id]["record"]:
            raise BadInput("a nominated risk has no types to split by", risk_id, "edit its wording, or reject it and name its parts")
        from risk.taxonomy import home_taxonomy

        known = home_taxonomy(store.home).type_aliases
        for kinds in split_parts(form.detail).values():
            if unknown := [k for k in kinds if k not in known]:
                raise BadInput("no such risk type", ", ".join(unknown), f"one of: {', '.join(sorted(known))}")


def _explain_distance(store: Store, panel_id: str, number: int, risk_id: str, form: Form) -> None:
    if number < 2 or form.abstains or form.reason.strip():
        return
    for axis in AXES:
        scores = _scores(store, panel_id, number - 1).get(risk_id, {}).get(axis, [])
        if scores and abs(getattr(form, axis) - describe(scores).median) > 1:
            raise BadInput(f"{axis} is more than one from the panel's median", getattr(form, axis), "give a reason")


def _scores(store: Store, panel_id: str, number: int) -> dict[str, dict[str, list[float]]]:
    """risk id → axis → scores of the round, in order of the users; abstentions are left out."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(store.panels.ratings(panel_id, number), key=lambda r: r["user"]):
        if row["form"]["verdict"] != "abstain":
            for axis in AXES:
                found[row["risk_id"]][axis].append(float(row["form"][axis]))
    return found


def sheet(store: Store, panel_id: str, reader: Reader) -> dict[str, Any]:
    """What one expert sees: round 1 shows no machine score and nobody's opinion; later rounds show the anonymous distribution and reasons."""
    member = _member(store, panel_id, reader)
    panel, current = store.panels.get(panel_id), _current(store, panel_id)
    number = current["number"]
    mine, before = ({r["risk_id"]: r["form"] for r in store.panels.ratings(panel_id, n) if r["user"] == reader.user} for n in (number, number - 1))
    items = [_shown(store, panel_id, number, i) | {"mine": mine.get(i["risk_id"]), "before": before.get(i["risk_id"])} for i in panel["items"]]
    return {
        "panel_id": panel_id,
        "title": panel["title"],
        "round": number,
        "closed": bool(current["closed_at"]),
        "over": panel["state"] != "open",
        "stop_rule": panel["stop_rule"],
        "conflicts": member["conflicts"],
        "items": items,
    }


def blinded(store: Store, user: str) -> frozenset[str]:
    """Risks whose machine scores a user must not see now: items of a panel that the user is still to rate, or rates, for the first time."""
    found: set[str] = set()
    for panel in store.panels.all():
        if panel["state"] == "open" and any(m["user"] == user for m in store.panels.members(panel["id"])):
            last = store.panels.rounds(panel["id"])[-1]
            if last["number"] == 0 or (last["number"] == 1 and not last["closed_at"]):
                found |= {i["risk_id"] for i in panel["items"]}
    return frozenset(found)


UNSCORED = ("document_id", "start", "end", "quote", "date", "story_id", "supports", "kind")


def evidence(store: Store, panel_id: str, risk_id: str, reader: Reader) -> dict[str, Any]:
    """An item with its evidence for one expert: statement, types, quoted sentences within the ceiling; no score, level, rank or trend."""
    _member(store, panel_id, reader)
    item = next((i for i in store.panels.get(panel_id)["items"] if i["risk_id"] == risk_id), None)
    if item is None:
        raise NotFound("no such item on this panel", risk_id, "see the rating sheet")
    record = item.get("record") or {}
    signals = record.get("signals", [])
    readable = store.risks.readable(sorted({s["document_id"] for s in signals if "document_id" in s}), reader)
    shown = [{n: s.get(n) for n in UNSCORED} for s in signals if s.get("document_id") in readable]
    named = {"nominated": item["reason"]} if item.get("reason") else {}
    about = named | {n: record.get(n) for n in ("type_path", "technologies", "associated_types", "counter_measures", "title") if record.get(n)}
    return {"id": risk_id, "statement": item["statement"], "field": item["field"], **about, "signals": shown}


def _shown(store: Store, panel_id: str, number: int, item: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"risk_id": item["risk_id"], "statement": item["statement"], "field": item["field"]}
    if number < 2:
        return shown
    last = [r for r in store.panels.ratings(panel_id, number - 1) if r["risk_id"] == item["risk_id"] and r["form"]["verdict"] != "abstain"]
    shown["machine"] = item["machine"]
    shown["distribution"] = {axis: [sum(r["form"][axis] == s for r in last) for s in range(1, 6)] for axis in AXES}
    shown["reasons"] = sorted(r["form"]["reason"] for r in last if r["form"]["reason"].strip())
    return shown


def close_round(store: Store, panel_id: str, reader: Reader) -> dict[str, Any]:
    """Close the open round; returns the round record of the interface (statistics on importance; urgency under `urgency`)."""
    reader.require(*ORGANISERS)
    current = _current(store, panel_id)
    if current["number"] == 0:
        raise StoreError("round 0 closes when round 1 starts", panel_id, "start the first round")
    result = round_record(store, panel_id, int(current["number"]))
    store.panels.close_round(panel_id, current["number"], result)
    store.audit.add(reader.user, "panel.close_round", panel_id, {"number": current["number"], "reached": result["reached"]})
    return result


def round_record(store: Store, panel_id: str, number: int) -> dict[str, Any]:
    """Statistics of one round from its ratings (pure over the store)."""
    panel, rows = store.panels.get(panel_id), store.panels.ratings(panel_id, number)
    rule = StopRule(**{k: v for k, v in panel["stop_rule"].items() if k != "version"})
    now, before = _scores(store, panel_id, number), _scores(store, panel_id, number - 1)
    experts = len(store.panels.members(panel_id))
    items = [_item_record(i["risk_id"], now, before, rows, rule) for i in panel["items"]]
    agreement, urgent = (kendall_w(_complete(rows, [i["risk_id"] for i in panel["items"]], axis)) for axis in AXES)
    responded = len({r["user"] for r in rows})
    return {
        "panel_id": panel_id,
        "number": number,
        "stop_rule": panel["stop_rule"],
        "items": items,
        "kendall_w": agreement.w,
        "chi2": agreement.chi2,
        "p": agreement.p,
        "urgency": {"kendall_w": urgent.w, "chi2": urgent.chi2, "p": urgent.p},
        "response_rate": responded / experts if experts else 0.0,
        "cvr_minimum": cvr_minimum(responded),
        "reached": bool(items) and all(i["reached"] for i in items),
    }


def _item_record(
    risk_id: str, now: Mapping[str, Any], before: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], rule: StopRule
) -> dict[str, Any]:
    mine = [r["form"] for r in rows if r["risk_id"] == risk_id]
    voted = [f for f in mine if f["verdict"] != "abstain"]
    axes: dict[str, dict[str, Any]] = {}
    for axis in AXES:
        scores, last = now.get(risk_id, {}).get(axis, []), before.get(risk_id, {}).get(axis)
        axes[axis] = asdict(describe(scores)) | {"reached": item_reached(scores, last, rule), "two_peaked": two_peaked(scores)}
    essential = sum(f["include"] == "should" for f in voted)
    verdicts: dict[str, int] = defaultdict(int)
    for form in mine:
        verdicts[form["verdict"]] += 1
    return {
        "risk_id": risk_id,
        **axes["importance"],
        "urgency": axes["urgency"],
        "cvr": cvr(essential, len(voted)),
        "verdicts": dict(verdicts),
        "disagreement": axes["importance"]["two_peaked"] or axes["urgency"]["two_peaked"],
        "reached": axes["importance"]["reached"] and axes["urgency"]["reached"],
    }


def _complete(rows: Sequence[Mapping[str, Any]], risk_ids: Sequence[str], axis: str) -> list[list[float]]:
    """Scores of the experts who rated every item (W is defined for complete rows only)."""
    by_user: dict[str, dict[str, float]] = defaultdict(dict)
    for r in rows:
        if r["form"]["verdict"] != "abstain":
            by_user[r["user"]][r["risk_id"]] = float(r["form"][axis])
    return [[scores[i] for i in risk_ids] for _, scores in sorted(by_user.items()) if all(i in scores for i in risk_ids)]


def beliefs(store: Store, panel_id: str) -> dict[str, dict[str, dict[str, Any]]]:
    """risk id → axis → {mean, low, high, beta, machine, scored}: the machine's score updated by the last closed round (or the last with ratings).

    `machine` is 0.5, with the weight of one witness, and `scored` False for a nominated risk and for an axis that could not be judged; `experts` is the mean of the votes alone in 0..1, None without votes.
    """
    panel = store.panels.get(panel_id)
    numbers = [r["number"] for r in store.panels.rounds(panel_id) if r["number"] > 0 and store.panels.ratings(panel_id, r["number"])]
    rows = store.panels.ratings(panel_id, max(numbers)) if numbers else []
    groups = {m["user"]: m["authority"].get("group", "") for m in store.panels.members(panel_id)}
    return {item["risk_id"]: {axis: _belief(item, axis, rows, groups) for axis in AXES} for item in panel["items"]}


def _belief(item: Mapping[str, Any], axis: str, rows: Sequence[Mapping[str, Any]], groups: Mapping[str, str]) -> dict[str, Any]:
    scored = bool(item["machine"]) and not item["machine"][axis].get("unknown")
    machine = float(item["machine"][axis]["mean"]) if scored else 0.5
    votes = [
        _vote(parse(r["form"]), axis, groups.get(r["user"], ""))
        for r in rows
        if r["risk_id"] == item["risk_id"] and r["form"]["verdict"] != "abstain"
    ]
    belief = update(prior(machine, int(item["clusters"]) if scored else 0), votes, rho=constants()["rho"], a0=constants()["a0"])
    low, high = belief.interval()
    said = sum((v.score - 1) / 4 for v in votes) / len(votes) if votes else None
    return {"mean": belief.mean, "low": low, "high": high, "beta": [belief.alpha, belief.beta], "machine": machine, "scored": scored, "experts": said}


def _vote(form: Form, axis: str, group: str) -> Vote:
    return Vote(getattr(form, axis), form_authority(form), form.confidence / 5, group)
