"""Alerts: rules on level, jump, burst, deadline and newcomers; hysteresis, quiet periods and a weekly budget keep them few.

Life of an alert: notified 提示 → acknowledged 签收 → reported 反馈 → closed 销号; unanswered past its due date it is escalated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput, NotFound
from corpus.store import Store
from corpus.store.base import now
from risk.constants import constants, day, iso, seen_day

STEPS = ("notified", "acknowledged", "reported", "closed")
STEP_NAMES = {"notified": "提示", "acknowledged": "签收", "reported": "反馈", "closed": "销号"}
GRADE = {"blue": 0, "yellow": 1, "orange": 2, "red": 3}
RULES = {"level": "等级上升", "new": "新增风险", "jump": "排名跃升", "burst": "信号突发", "deadline": "期限临近"}
EVENTS = {"level": "risk.level", "jump": "risk.level", "burst": "risk.level", "new": "risk.new", "deadline": "deadline"}
ANSWERERS = ("official", "operator", "admin")


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert to be raised: which rule, on which risk, with what words; `weight` orders alerts within the budget."""

    risk_id: str
    rule: str
    level: str
    weight: float
    reason: str


def judge(records: Sequence[Mapping[str, Any]], previous: Sequence[Mapping[str, Any]], past: Sequence[Mapping[str, Any]], on: str) -> list[Alert]:
    """Alerts of a list made on `on`, given the list before and the alerts already raised ({risk_id, as_of, level}); pure."""
    before = {r["id"]: r for r in previous}
    found = []
    for r in records[: constants()["alerts"]["watched"]]:
        fired = [(rule, words) for rule, words in _rules(r, before.get(r["id"]), bool(previous), on) if words]
        if fired and _allowed(r, [p for p in past if p["risk_id"] == r["id"]], on, {f[0] for f in fired}):
            weight = r["importance"]["mean"] * r["urgency"]["mean"] + GRADE[r["level"]]
            found.append(Alert(r["id"], fired[0][0], r["level"], weight, "；".join(w for _, w in fired)))
    week = sum(day(on) - 7 < day(p["as_of"]) <= day(on) for p in past)
    return sorted(found, key=lambda a: (-a.weight, a.risk_id))[: max(0, constants()["alerts"]["per_week"] - week)]


def _rules(r: Mapping[str, Any], old: Mapping[str, Any] | None, had_list: bool, on: str) -> list[tuple[str, str]]:
    """What fires on one risk. Evidence without a date is no news: a risk that has no other never fires."""
    rule = constants()["alerts"]
    found: list[tuple[str, str]] = []
    if r["urgency"].get("unknown"):
        return found
    if old and GRADE[r["level"]] > GRADE[old["level"]] and r["level"] in ("red", "orange"):
        found.append(("level", f"由{old['level_name']}升为{r['level_name']}"))
    if not old and had_list and r["level"] in ("red", "orange"):
        found.append(("new", f"新增，等级{r['level_name']}"))
    if old:
        places = old["rank"]["position"] - r["rank"]["position"]
        rise = r["urgency"]["mean"] - old["urgency"]["mean"]
        if r["rank"]["position"] <= rule["jump_into"] and (places >= rule["jump_places"] or rise >= rule["jump_urgency"]):
            found.append(("jump", f"较上期上升{max(0, places)}位，紧急度变动{rise:+.2f}"))
    fresh = len({s["story_id"] for s in r["signals"] if s["supports"] and s.get("date", s["seen"]) and s["seen"] > iso(day(on) - rule["fresh_days"])})
    if r["urgency"]["percentiles"].get("burst", 0) >= rule["burst_percentile"] and fresh >= rule["burst_stories"]:
        found.append(("burst", f"近{rule['fresh_days']}日新增独立线索{fresh}条"))
    if "deadline" in r["urgency"]["percentiles"] and r.get("deadline") and 0 <= day(r["deadline"]) - day(on) <= rule["deadline_days"]:
        found.append(("deadline", f"期限{r['deadline']}"))
    return found


def _allowed(r: Mapping[str, Any], past: Sequence[Mapping[str, Any]], on: str, rules: set[str]) -> bool:
    """Quiet period and hysteresis: within them only a level above the last alerted one speaks again."""
    if not past:
        return True
    rule = constants()["alerts"]
    last = max(past, key=lambda p: str(p["as_of"]))
    silent = day(on) - day(last["as_of"])
    higher = GRADE[r["level"]] > GRADE[last["level"]]
    if silent <= rule["quiet_days"]:
        return higher and silent > 0
    return higher or bool(rules - {"level", "new"}) or silent > rule["rearm_days"]


# ---- stored alerts ---------------------------------------------------------------------------------------------------


def raise_alerts(store: Store, records: Sequence[Mapping[str, Any]], previous: Sequence[Mapping[str, Any]], on: str, ceiling: int) -> list[int]:
    """Judge a fresh list and store and tell its alerts; a list older than one that alerted already is silent. Numbers of the alerts."""
    past = [{**a, "level": a["steps"][0]["level"]} for a in store.risks.alerts()]
    newest = max((r["as_of"] for r in store.risks.runs()), default=on)
    if on < newest or any(p["as_of"] >= on for p in past):
        return []
    by_id = {r["id"]: r for r in records}
    return [_store(store, alert, by_id[alert.risk_id], on, ceiling) for alert in judge(records, previous, past, on)]


def _store(store: Store, alert: Alert, r: Mapping[str, Any], on: str, ceiling: int) -> int:
    rule = constants()["alerts"]
    security = max(int(rule["security"]), ceiling)
    title = f"【{r['level_name']}】{r['title']}"
    text = f"{RULES[alert.rule]}：{alert.reason}。{r['statement']}。内部研判，供参考，不作为行政决定依据。"
    due = iso(day(on) + rule["answer_days"][alert.level])
    values = {"risk_id": alert.risk_id, "rule": alert.rule, "as_of": on, "state": STEPS[0], "title": title, "text": text, "security": security, "due_on": due, "escalated": 0}
    number = store.risks.add_alert({**values, "steps": [{"step": STEPS[0], "at": now(), "by": "system", "level": alert.level, "note": alert.reason}]})
    store.outbox.tell(EVENTS[alert.rule], alert.risk_id, title, text, link=f"/risks/{alert.risk_id}", security=security, field=r["field"], level=alert.level, alert=number)
    store.risks.note([{"risk_id": alert.risk_id, "as_of": on, "by": "system", "what": "提示", "detail": {"alert": number, "rule": alert.rule, "level": alert.level}}])
    return number


def list_alerts(store: Store, reader: Reader, *, states: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Alerts within the reader's ceiling, newest first."""
    return store.risks.alerts(states=states, ceiling=reader.ceiling)


def answer(store: Store, number: int, step: str, reader: Reader, note: str = "") -> dict[str, Any]:
    """Take an alert one step on (acknowledged → reported → closed); 反馈 and 销号 need words. Returns the alert."""
    reader.require(*ANSWERERS)
    found = next((a for a in store.risks.alerts(ceiling=reader.ceiling) if a["n"] == number), None)
    if found is None:
        raise NotFound("no such alert", number, "see the list of alerts")
    at = STEPS.index(found["state"])
    expected = STEPS[at + 1] if at + 1 < len(STEPS) else ""
    if step != expected:
        raise BadInput("an alert goes one step at a time", step, f"the next step is {expected or 'none: it is closed'}")
    if step in ("reported", "closed") and not note.strip():
        raise BadInput("this step needs words", STEP_NAMES[step], "say what was done")
    steps = [*found["steps"], {"step": step, "at": now(), "by": reader.user, "note": note.strip()}]
    store.risks.set_alert(number, state=step, steps=steps)
    store.risks.note([{"risk_id": found["risk_id"], "as_of": found["as_of"], "by": reader.user, "what": STEP_NAMES[step], "detail": {"alert": number, "note": note}}])
    store.audit.add(reader.user, f"alert.{step}", str(number), {"risk": found["risk_id"]})
    return {**found, "state": step, "steps": steps}


def escalate(store: Store, on: str) -> list[int]:
    """Tell again, one step higher, of alerts that nobody acknowledged by their due date, or acknowledged and left without 反馈; each further delay tells again."""
    raised = []
    for alert in store.risks.alerts(states=("notified", "acknowledged")):
        level, (missing, due) = alert["steps"][0]["level"], _awaited(alert)
        if on <= due:
            continue
        times = alert["escalated"] + 1
        steps = [*alert["steps"], {"step": "escalated", "at": now(), "on": on, "by": "system", "note": f"逾期未{missing}，第{times}次升级", "level": level}]
        store.risks.set_alert(alert["n"], escalated=times, steps=steps)
        title = f"【逾期未{missing}·升级{times}】{alert['title']}"
        store.outbox.tell("risk.level", alert["risk_id"], title, alert["text"], link=f"/risks/{alert['risk_id']}", security=alert["security"], level=level, escalated=times, alert=alert["n"])
        raised.append(int(alert["n"]))
    return raised


REPORT_TIMES = 3
"""反馈 is awaited for so many times the days of 签收."""


def _awaited(alert: Mapping[str, Any]) -> tuple[str, str]:
    """(what is missing, the last day for it): 签收 by the due date, 反馈 within its days after 签收; each escalation gives the days of 签收 more."""
    wait = int(constants()["alerts"]["answer_days"][alert["steps"][0]["level"]])
    told = [s["on"] for s in alert["steps"] if s["step"] == "escalated" and s.get("on")]
    taken = next((seen_day(s["at"]) for s in alert["steps"] if s["step"] == "acknowledged"), "")
    first = iso(day(taken) + REPORT_TIMES * wait) if taken else str(alert["due_on"])
    later = [iso(day(t) + wait) for t in told if not taken or t > taken]
    return ("反馈" if taken else "签收"), max([first, *later])
