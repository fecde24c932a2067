"""What a panel decided on each item, and its doing in the register when the list is issued.

A change (merge, split, edit, reject) needs a majority of the votes weighted by authority and confidence; else the item stands.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import JianweiError
from corpus.store import Store
from risk import lineage, register
from risk.panel_form import constants, form_authority, parse, split_parts

CHANGES = ("merge", "split", "edit", "reject")
WORDS = {"accept": "专家采纳", "merge": "专家合并", "split": "专家拆分", "edit": "专家修改表述", "reject": "专家剔除", "nominated": "专家补充提名采纳"}


def decide(forms: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """{verdict, detail, share, votes, reasons} of the forms on one item; pure. Without votes the item is accepted with share 0."""
    voted = [parse(f) for f in forms if f.get("verdict") != "abstain"]
    weights: dict[str, float] = defaultdict(float)
    details: dict[tuple[str, str], float] = defaultdict(float)
    votes: dict[str, int] = defaultdict(int)
    for form in voted:
        verdict, weight = "accept" if form.verdict == "propose" else form.verdict, form_authority(form) * form.confidence / 5
        weights[verdict] += weight
        details[verdict, _same(form.detail)] += weight
        votes[form.verdict] += 1
    total = sum(weights.values())
    best = max(CHANGES, key=lambda v: round(weights[v], 9))
    change = total > 0 and round(weights[best] / total, 9) > constants()["decision"]["majority"]  # half is no majority, whatever the order of the sum
    verdict = best if change else "accept"
    words = max(sorted(d for v, d in details if v == verdict), key=lambda d: round(details[verdict, d], 9), default="") if change else ""
    detail = next((f.detail.strip() for f in voted if f.verdict == verdict and _same(f.detail) == words), "")
    reasons = [f.reason.strip() for f in voted if f.verdict == verdict and f.reason.strip()]
    return {"verdict": verdict, "detail": detail, "share": round(weights[verdict] / total, 4) if total else 0.0, "votes": dict(votes), "reasons": sorted(set(reasons))}


def _same(detail: str) -> str:
    return re.sub(r"[\s，,。；;：:]", "", detail)


# ---- doing it --------------------------------------------------------------------------------------------------------


def apply(store: Store, list_id: str, content: Mapping[str, Any], reader: Reader) -> list[dict[str, str]]:
    """Do in the register what an issued list decided; doing it again changes nothing. One row a decision: {risk_id, verdict, result}."""
    done = []
    for entry in sorted([*content["entries"], *content["rejected"]], key=lambda e: (e["decision"]["verdict"] == "merge", e["risk_id"])):
        if any(h["detail"].get("list") == list_id for h in store.risks.history(entry["risk_id"])):
            continue
        done.append({"risk_id": entry["risk_id"], "verdict": entry["decision"]["verdict"], "result": _do(store, list_id, content, entry, reader)})
    store.audit.add(reader.user, "list.apply", list_id, {"decisions": done})
    return done


def _do(store: Store, list_id: str, content: Mapping[str, Any], entry: Mapping[str, Any], reader: Reader) -> str:
    risk_id, decision, on = entry["risk_id"], entry["decision"], str(content["as_of"])
    nominated = entry.get("record") is None or not entry["record"].get("key")
    if nominated and decision["verdict"] != "reject":
        store.risks.enrol([(risk_id, f"专家提名|{entry['statement']}")], "listed")
    if risk_id not in {r["risk_id"] for r in store.risks.registered()}:
        return "not in the register"
    note = {"list": list_id, "share": decision["share"], "votes": decision["votes"], **({"reasons": decision["reasons"]} if decision["reasons"] else {})}
    why = "；".join(decision["reasons"]) or f"专家组决定（{list_id}）"
    try:
        _change(store, entry, decision, reader, why, on)
    except JianweiError as error:
        store.risks.amend(risk_id, reader.user, "未能执行专家决定", {**note, "error": str(error)}, as_of=on)
        return str(error)
    state = {"reject": "closed", "merge": "closed"}.get(decision["verdict"], "listed")
    what = WORDS["nominated" if nominated and decision["verdict"] == "accept" else decision["verdict"]]
    store.risks.amend(risk_id, reader.user, what, note, as_of=on, state=state)
    return "done"


def _change(store: Store, entry: Mapping[str, Any], decision: Mapping[str, Any], reader: Reader, why: str, on: str) -> None:
    risk_id, detail = entry["risk_id"], decision["detail"]
    if decision["verdict"] == "edit":
        register.edit(store, risk_id, reader, note=why, statement=detail)
    elif decision["verdict"] == "merge":
        lineage.merge(store, [risk_id], _end(store, detail), reader, why, as_of=on)
    elif decision["verdict"] == "split":
        lineage.split(store, risk_id, split_parts(detail), reader, why, as_of=on)


def _end(store: Store, risk_id: str) -> str:
    """Where a merge ends: the target, or what it was itself merged into."""
    for _ in range(10):
        into = store.risks.registered(risk_id)[0]["merged_into"]
        if not into:
            break
        risk_id = into
    return risk_id
