"""The end of a panel: the validated 技术风险清单, frozen, signed (专家组长 → 审核 → 签发) and, when issued, done in the register."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import NotFound, NotPermitted, StoreError
from corpus.store import Store
from corpus.store.base import now
from risk.belief import Belief
from risk.cited import documents_of, signal_documents
from risk.consensus import cvr_minimum
from risk.constants import seen_day
from risk.decisions import apply, decide
from risk.list_rows import PENDING, grade, name_words, row
from risk.pairs import standing
from risk.panel import AXES, ORGANISERS, beliefs
from risk.panel_form import constants
from risk.products import products

STEPS = ("chair", "review", "issue")
STEP_NAMES = {"chair": "专家组长", "review": "审核", "issue": "签发"}


def conclude(store: Store, panel_id: str, reader: Reader) -> str:
    """Freeze the panel's result as a list that only signatures can be added to; returns the list's id. A panel concludes once."""
    reader.require(*ORGANISERS)
    last = store.panels.rounds(panel_id)[-1]
    if last["number"] == 0 or not last["closed_at"]:
        raise StoreError("close the last round first", panel_id, "jianwei panel close")
    if store.panels.lists(panel_id):
        raise StoreError("this panel has its list", panel_id, "sign it, or open another panel")
    list_id = "l" + secrets.token_hex(6)
    digest = store.panels.draft_list(list_id, panel_id, content(store, panel_id))
    store.panels.set_state(panel_id, "closed")
    store.audit.add(reader.user, "list.draft", list_id, {"panel": panel_id, "sha256": digest})
    return list_id


def content(store: Store, panel_id: str) -> dict[str, Any]:
    """What is frozen: entries with their beliefs, statistics, decision, the record as it was shown, and the row of the list in words."""
    panel, belief = store.panels.get(panel_id), beliefs(store, panel_id)
    rounds = [r for r in store.panels.rounds(panel_id) if r["number"] and r["closed_at"]]
    last = rounds[-1]
    statistics = {i["risk_id"]: i for i in last["result"]["items"]}
    forms = {i["risk_id"]: [r["form"] for r in store.panels.ratings(panel_id, last["number"]) if r["risk_id"] == i["risk_id"]] for i in panel["items"]}
    before = previous(store)
    made = [_entry(store, panel, i, belief[i["risk_id"]], statistics.get(i["risk_id"], {}), forms[i["risk_id"]], last["result"]) for i in panel["items"]]
    merged = {e["risk_id"] for e in made if e["decision"]["verdict"] == "merge"}
    kept = [e for e in made if e["decision"]["verdict"] != "reject" and e["risk_id"] not in merged]
    listed = sorted(kept, key=lambda e: (-e["importance"]["mean"] * e["urgency"]["mean"], e["risk_id"]))
    for place, entry in enumerate(listed, 1):
        entry["row"]["moved"] = _moved(entry["risk_id"], place, before)
    gone = [e for e in made if e["decision"]["verdict"] == "reject" or e["risk_id"] in merged]
    held = {"title": panel["title"], "field": panel["field"], "as_of": panel["as_of"], "version": panel["stop_rule"].get("version"), "rounds": len(rounds)}
    voted = {r["user"] for r in store.panels.ratings(panel_id) if r["round"]}
    return {**held, "experts": len(voted), "entries": listed, "rejected": gone, "pairwise": standing(store, panel_id), "previous": before.get("id", "")}


def previous(store: Store) -> dict[str, Any]:
    """The newest issued list, or an empty record."""
    return next((found for found in store.panels.lists() if issued(found)), {})


def _moved(risk_id: str, place: int, before: Mapping[str, Any]) -> str:
    places = {e["risk_id"]: n for n, e in enumerate(before["content"]["entries"], 1)} if before else {}
    if risk_id not in places:
        return "新增"
    step = places[risk_id] - place
    return f"↑{step}" if step > 0 else f"↓{-step}" if step < 0 else "-"


def _entry(
    store: Store, panel: Mapping[str, Any], item: Mapping[str, Any], belief: Mapping[str, Any], statistics: Mapping[str, Any], forms: Sequence[Mapping[str, Any]], result: Mapping[str, Any]
) -> dict[str, Any]:
    decision = decide(forms)
    kept = {k: statistics.get(k) for k in ("n", "mean", "sd", "cv", "iqr", "full_score", "cvr", "reached", "disagreement")}
    kept["cvr_minimum"] = cvr_minimum(int(statistics.get("n") or 0))
    statement = decision["detail"] if decision["verdict"] == "edit" else item["statement"]
    level = grade(*(Belief(*belief[a]["beta"]) for a in AXES))
    record = {**(item["record"] or _bare(item)), "statement": statement}
    impacts = [float(f["province_impact"]) for f in forms if f["verdict"] != "abstain"]
    expert = {
        "level": level, "agreement": agreement_words(kept, statistics), "advice": _advice(forms), "province_impact": sum(impacts) / len(impacts) if impacts else 0.0,
        **{a: dict(belief[a]) for a in AXES},
    }  # fmt: skip
    rule = products(store.home)
    titles = {i: d.title for i, d in documents_of(store, signal_documents([record]), Reader("panel", "official", int(rule["security"]))).items()}
    words = row(record, as_of=panel["as_of"], check_days=rule["list"]["check_days"], titles=titles, expert=expert)
    return {
        "risk_id": item["risk_id"], "statement": statement, "field": item["field"], "level": level, "verdict": decision["verdict"], "decision": decision,
        **{a: dict(belief[a]) for a in AXES}, "statistics": kept, "advice": expert["advice"], "record": record, "row": words,
    }  # fmt: skip


def _bare(item: Mapping[str, Any]) -> dict[str, Any]:
    """A record for a risk that experts named: no machine evidence, and it says so."""
    nothing = {"mean": 0.0, "low": 0.0, "high": 0.0, "contributions": {}, "percentiles": {}}
    held = {"id": item["risk_id"], "key": "", "title": name_words(item), "statement": item["statement"], "field": item["field"], "level": "blue", "nominated": item.get("reason", "")}
    return {**held, "signals": [], "importance": nothing, "urgency": nothing, "lead": PENDING, "gaps": [{"indicator": "机器证据", "reason": "专家补充提名"}], "single_source": True}


def _advice(forms: Sequence[Mapping[str, Any]]) -> list[str]:
    """What experts advised, the most confident first, the same words once."""
    said = sorted((f for f in forms if f.get("counter_measures", "").strip()), key=lambda f: (-int(f.get("confidence") or 0), f["counter_measures"]))
    return list(dict.fromkeys(f["counter_measures"].strip() for f in said))[:5]


def agreement_words(kept: Mapping[str, Any], statistics: Mapping[str, Any]) -> str:
    """专家一致性 in words: n, CV, IQR, CVR against Lawshe's minimum, and whether it is a lasting disagreement."""
    if not kept.get("n"):
        return "无人评议"
    verdict = "分歧项" if kept["disagreement"] else "已收敛" if kept["reached"] else "未收敛"
    enough = kept["cvr"] >= kept["cvr_minimum"]
    return f"{verdict}；{kept['n']}人，CV {kept['cv']:.2f}，IQR {kept['iqr']:.1f}；CVR {kept['cvr']:.2f}（{'达到' if enough else '低于'}下限{kept['cvr_minimum']:.2f}）"


def sign(store: Store, list_id: str, step: str, reader: Reader) -> None:
    """Sign one step in order: the chair of the panel, a reviewer, the issuer; three different people."""
    found = one_list(store, list_id)
    if not intact(store, found):
        raise StoreError("the list is not the one that was concluded", list_id, "restore it from a backup; see `jianwei audit verify`")
    signatures = found["signatures"]
    expected = STEPS[len(signatures)] if len(signatures) < len(STEPS) else ""
    if step != expected:
        raise StoreError("signatures come in order", f"{step}, expected {expected or 'none: the list is issued'}", " → ".join(STEP_NAMES.values()))
    chairs = {m["user"] for m in store.panels.members(found["panel_id"]) if m["chair"]}
    if step == "chair" and reader.user not in chairs:
        raise NotPermitted("only the chair of the panel signs first", reader.user, "invite a chair")
    if step != "chair":
        reader.require(*ORGANISERS)
    if reader.user in {s["user"] for s in signatures}:
        raise NotPermitted("one person signs once", reader.user, "another person must sign this step")
    store.panels.sign(list_id, {"step": step, "user": reader.user, "name": _full_name(store, reader.user), "at": now(), "sha256": found["sha256"]})
    store.audit.add(reader.user, f"list.sign.{step}", list_id, {"sha256": found["sha256"]})
    if step == STEPS[-1]:
        store.panels.set_state(found["panel_id"], "signed")
        apply(store, list_id, found["content"], reader)


def _full_name(store: Store, user: str) -> str:
    """The name that a paper is signed with: the full name of the account, else the account."""
    return next((u.display for u in store.people.all() if u.name == user and u.display), user)


def issued(found: Mapping[str, Any]) -> bool:
    """Whether a list carries all three signatures, each given to this very content."""
    signed = [(s["step"], s["sha256"] == found["sha256"]) for s in found["signatures"]]
    return bool(found["intact"]) and signed == [(s, True) for s in STEPS]


def intact(store: Store, found: Mapping[str, Any]) -> bool:
    """Whether a list still has its hash, every signature was given to it, and the audit chain holds the same hash."""
    noted = [e.payload["sha256"] for e in store.audit.entries(subject=found["id"]) if e.payload and "sha256" in e.payload]
    return bool(found["intact"]) and bool(noted) and all(h == found["sha256"] for h in (*noted, *(s["sha256"] for s in found["signatures"])))


def one_list(store: Store, list_id: str) -> dict[str, Any]:
    """A list by id; raises NotFound."""
    found = next((entry for entry in store.panels.lists() if entry["id"] == list_id), None)
    if found is None:
        raise NotFound("no such list", list_id, "see `jianwei panel report`")
    return found


def disagreements(content: Mapping[str, Any], threshold: float | None = None) -> list[dict[str, Any]]:
    """Entries that a machine scored where experts differ from it by more than `threshold` on an axis, largest first."""
    found = []
    threshold = float(constants()["decision"]["difference"]) if threshold is None else threshold
    for entry in [e for e in content["entries"] if e["importance"]["scored"]]:
        for axis in AXES:
            gap = entry[axis]["mean"] - entry[axis]["machine"]
            if abs(gap) > threshold:
                known = {n: entry[axis][n] for n in ("machine", "mean", "experts")}
                found.append({"risk_id": entry["risk_id"], "statement": entry["statement"], "axis": axis, "gap": gap, **known})
    return sorted(found, key=lambda f: -abs(f["gap"]))


def signature_words(signatures: Sequence[Mapping[str, Any]]) -> str:
    """Who signed what and when, and what is still to be signed."""
    done = "；".join(f"{STEP_NAMES[s['step']]}：{s.get('name') or s['user']}（{seen_day(s['at'])}）" for s in signatures)
    missing = "、".join(STEP_NAMES[s] for s in STEPS[len(signatures) :])
    return (done or "尚无签署") + (f"；待{missing}" if missing else "；已签发") + "。"


def form_labels() -> dict[str, dict[str, str]]:
    """The closed vocabularies of the form with their Chinese labels, for interfaces."""
    return {name: dict(values) for name, values in constants()["scales"].items()}
