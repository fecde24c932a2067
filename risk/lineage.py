"""Merges and splits of register entries: which risk a signal counts for, and where a risk came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from corpus.access import Reader
from corpus.errors import BadInput
from corpus.store import Store
from risk.risks import risk_id
from risk.signals import Signal
from risk.taxonomy import Taxonomy, home_taxonomy

KEEPERS = ("expert", "official", "operator", "admin")
NAME = 40
"""Characters of the name of a part."""


def lineage_of(store: Store, taxonomy: Taxonomy) -> Callable[[Signal], str]:
    """The key that a signal counts for, by the register as it stands: splits by risk type first, then merges (followed to their end)."""
    rows = store.risks.registered()
    by_id = {r["risk_id"]: r["key"] for r in rows}
    merged = {r["key"]: by_id[r["merged_into"]] for r in rows if r["merged_into"] in by_id}
    splits: dict[str, Mapping[str, str]] = {r["key"]: r["edits"]["split"] for r in rows if (r["edits"] or {}).get("split")}

    def key(signal: Signal) -> str:
        found = signal.risk_key
        found = splits.get(found, {}).get(signal.type, found)
        for _ in range(10):
            if found not in merged:
                return found
            found = merged[found]
        return found

    return key


def merge(store: Store, risk_ids: Sequence[str], into: str, reader: Reader, reason: str, *, as_of: str = "") -> None:
    """Merge risks into one: their signals count for it from the next mining on; both histories say so."""
    reader.require(*KEEPERS)
    target = store.risks.registered(into)[0]
    if target["merged_into"]:
        raise BadInput("the target is itself merged into another", into, f"merge into {target['merged_into']}")
    for one in risk_ids:
        if one == into:
            raise BadInput("a risk cannot be merged into itself", one, "name another target")
        store.risks.registered(one)
        store.risks.amend(one, reader.user, "合并", {"into": into, "reason": reason, "values": {"merged_into": into, "state": "closed"}}, as_of=as_of, merged_into=into, state="closed")
        store.risks.amend(into, reader.user, "并入", {"from": one, "reason": reason}, as_of=as_of)
    store.audit.add(reader.user, "risk.merge", into, {"from": list(risk_ids), "reason": reason})


def split(store: Store, one: str, parts: Mapping[str, Sequence[str]], reader: Reader, reason: str, *, as_of: str = "") -> list[str]:
    """Split a risk by its types: {name of the part: [risk types]}; the rest stays. Returns the new ids; raises BadInput for an unknown type or a name that is none."""
    reader.require(*KEEPERS)
    row: dict[str, Any] = store.risks.registered(one)[0]
    thing = row["key"].partition("|")[0]
    if wrong := [n for n in parts if "|" in n or not n.strip() or not n.isprintable() or len(n) > NAME]:
        raise BadInput("a part needs a name without a bar", ", ".join(wrong)[:200], f"name it like a type of risk, in at most {NAME} characters")
    taxonomy = home_taxonomy(store.home)
    known = taxonomy.type_aliases
    if unknown := sorted({k for kinds in parts.values() for k in kinds if k not in known}):
        raise BadInput("no such risk type", ", ".join(unknown)[:200], f"one of: {', '.join(sorted(known))}")
    moved = {taxonomy.type_name(kind): f"{thing}|{name.strip()}" for name, kinds in parts.items() for kind in kinds}
    if not moved:
        raise BadInput("a split needs parts", one, "name each part and its risk types")
    keys = sorted(set(moved.values()))
    store.risks.enrol([(risk_id(k), k) for k in keys], "monitoring")
    edits = {**(row["edits"] or {}), "split": moved}
    store.risks.amend(one, reader.user, "拆分", {"into": [risk_id(k) for k in keys], "reason": reason, "values": {"edits": edits}}, as_of=as_of, edits=edits)
    for key in keys:
        store.risks.amend(risk_id(key), reader.user, "拆出", {"from": one, "reason": reason}, as_of=as_of)
    store.audit.add(reader.user, "risk.split", one, {"parts": {n: list(k) for n, k in parts.items()}, "reason": reason})
    return [risk_id(k) for k in keys]
