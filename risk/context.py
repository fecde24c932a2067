"""What policies, projects and the province say about risks: mentions of objects, read once a document, summed at a date."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from corpus.store import Store
from risk.constants import constants, day
from risk.evidence import Evidence, View
from risk.indicators import Context
from risk.projects import LOW
from risk.province import Province
from risk.taxonomy import Taxonomy

POLICY_KINDS = ("policy", "notice")
LOOKED_AT = 2000


def mentions_of(row: Mapping[str, Any], seen: str, taxonomy: Taxonomy) -> Iterator[dict[str, Any]]:
    """Objects that a policy (title and beginning) or a project (title) speaks of, with the weight of the document."""
    policy = row["kind"] in POLICY_KINDS
    text = f"{row['title']}\n{row['text'][:LOOKED_AT]}" if policy else row["title"]
    if not taxonomy.any_thing.search(text):
        return
    extra = row["extra"] or {}
    value = _weight(row, text) if policy else float(bool(LOW.search(str(extra.get("rating") or ""))))
    known = str(extra.get("ends_on") or "") if not policy else ""
    for thing in sorted({m.name for m in taxonomy.things_in(text)}):
        yield {"document_id": row["id"], "thing": thing, "kind": row["kind"], "seen": seen, "security": row["security"], "value": value, "known_from": known}


def _weight(row: Mapping[str, Any], text: str) -> float:
    """Authority of the issuer × strength of the words, 0..1."""
    rule = constants()["policy"]
    strength = 1.0 if re.search(rule["strong"], text) else 0.6 if re.search(rule["middle"], text) else 0.3
    return float(rule["authority"].get(row.get("level") or "", 0.4)) * strength


Standing = Mapping[str, str]
"""Document id → validity status at a date."""


def standing_at(store: Store, on: str) -> Standing:
    """The status at a date of every policy and notice that names an object: read once for all lists of that date."""
    from corpus.access import LOCAL
    from corpus.validity import validity

    wanted = {r["document_id"] for r in store.risks.mentions(POLICY_KINDS, until=on)}
    happened = store.documents.events_of(LOCAL, sorted(wanted)) if wanted else {}
    heads = (d for d in store.documents.heads(LOCAL, kind=POLICY_KINDS) if d.id in wanted) if wanted else ()
    return {d.id: str(validity(d, happened.get(d.id, []), on).status) for d in heads}


def context_at(store: Store, evidence: Evidence, view: View, taxonomy: Taxonomy, province: Province | None, as_of: str, standing: Standing, *, ceiling: int = 4) -> Context:
    """The context of the risks of a view, from what had been seen by `as_of`."""
    policies = store.risks.mentions(POLICY_KINDS, until=as_of, ceiling=ceiling)
    projects = store.risks.mentions(("project",), until=as_of, ceiling=ceiling)
    policy, exposure = _salience(policies, standing), _exposure(projects, as_of)
    return Context(
        policy={k: policy.get(_thing(k), 0.0) for k in view.keys} if policies else {},
        exposure={k: exposure.get(_thing(k), 0.0) for k in view.keys} if projects else {},
        dependence={k: province.dependence[_thing(k)] for k in view.keys if _thing(k) in province.dependence} if province else {},
        province=_relevance(evidence, view, taxonomy, province) if province else {},
    )


def links_at(store: Store, on: str, standing: Standing, *, ceiling: int = 4) -> dict[str, dict[str, Any]]:
    """Object → {policies, policy_count, projects, project_count}: what names it, weightiest first (policies by authority and force, projects with a poor outcome), newer before older.

    Each is {document_id, title, seen}. Only what had been seen by the date counts.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, kinds in (("policies", POLICY_KINDS), ("projects", ("project",))):
        rows = store.risks.mentions(kinds, until=on, ceiling=ceiling)
        best = _weightiest(rows, standing if name == "policies" else {})
        titles = store.risks.titles(sorted({r["document_id"] for shown in best.values() for r in shown}))
        counts = Counter(r["thing"] for r in rows)
        for thing, shown in best.items():
            made = found.setdefault(thing, {"policies": [], "policy_count": 0, "projects": [], "project_count": 0})
            made[name] = [{"document_id": r["document_id"], "title": titles.get(r["document_id"], ""), "seen": r["seen"]} for r in shown]
            made["policy_count" if name == "policies" else "project_count"] = counts[thing]
    return found


def _weightiest(rows: Sequence[Mapping[str, Any]], status: Mapping[str, str]) -> dict[str, list[Mapping[str, Any]]]:
    rule = constants()["policy"]["in_force"]
    held: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for r in rows:
        held[r["thing"]].append(r)

    def order(r: Mapping[str, Any]) -> tuple[float, int, str]:
        weight = r["value"] * float(rule.get(status[r["document_id"]], 0.5)) if r["document_id"] in status else r["value"]
        return -weight, -day(r["seen"]), r["document_id"]

    return {thing: sorted(of, key=order)[: constants()["linked_shown"]] for thing, of in held.items()}


def _thing(key: str) -> str:
    return key.partition("|")[0]


def _relevance(evidence: Evidence, view: View, taxonomy: Taxonomy, province: Province) -> dict[str, float]:
    return {k: province.relevance(_thing(k), taxonomy, [evidence.signals[i] for p in view.of(r) for i in p.members]) for r, k in enumerate(view.keys)}


def _salience(rows: Sequence[Mapping[str, Any]], standing: Standing) -> dict[str, float]:
    """Object → Σ authority × strength × in force over its policies."""
    rule = constants()["policy"]["in_force"]
    found: dict[str, float] = defaultdict(float)
    for r in rows:
        found[r["thing"]] += r["value"] * float(rule.get(standing.get(r["document_id"], "unknown"), 0.5))
    return found


def _exposure(rows: Sequence[Mapping[str, Any]], as_of: str) -> dict[str, float]:
    """Object → geometric mean of the share of projects that depend on it and the smoothed share (a+1)/(n+2) that failed."""
    total = len({r["document_id"] for r in rows})
    count: dict[str, int] = defaultdict(int)
    failed: dict[str, float] = defaultdict(float)
    for r in rows:
        count[r["thing"]] += 1
        failed[r["thing"]] += r["value"] if not r["known_from"] or r["known_from"] <= as_of else 0.0
    return {t: (n / max(1, total) * (failed[t] + 1) / (n + 2)) ** 0.5 for t, n in count.items()}
