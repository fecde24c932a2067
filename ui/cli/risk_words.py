"""A risk, an assumption and a decision as lines and rows of the command line, in the words of the interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.cli.session import Session

SHOWN = 12
"""Pieces of evidence shown of each side; `--json` has all that the list keeps."""


def interval(axis: Mapping[str, Any], unknown: str = "") -> str:
    """0.70 (0.59–0.78), or the words for what cannot be judged."""
    return unknown if axis.get("unknown") else f"{axis['mean']:.2f} ({axis['low']:.2f}–{axis['high']:.2f})"


def told(r: Mapping[str, Any], here: Session) -> list[str]:
    """The lines of one risk: what it is, how it stands, evidence for and against, gaps, measures, what names it, history."""
    lines = [r["title"], r["statement"], *_facts(r, here)]
    for supports in (True, False):
        found = [s for s in r["signals"] if bool(s.get("supports", True)) is supports]
        lines.append(f"{here.say('risk.for' if supports else 'risk.against')} ({len(found)})")
        lines += [f"  {'+' if supports else '−'} {s['date'] or here.say('risk.no_date')} {s['quote']} ({s['document_id']})" for s in found[:SHOWN]]
        lines += [f"  {here.say('risk.more', n=len(found) - SHOWN)}"] if len(found) > SHOWN else []
    lines += [f"{here.say('risk.gaps')}: {g['indicator']}（{g['reason']}）" for g in r["gaps"]]
    lines += [f"→ {m['measure']}（{m['basis']}）" if isinstance(m, Mapping) else f"→ {m}" for m in r["counter_measures"]]
    lines += [f"{here.say(f'risk.{n}')}: {d['title']} ({d['document_id']})" for n in ("policies", "projects") for d in r.get(n) or ()]
    lines += [f"{here.say('risk.would_change')}: {c}" for c in map(_words, r.get("would_change") or ()) if c]
    return lines + [f"{here.say('risk.history')}: {h.get('as_of') or h.get('at', '')[:10]} {h.get('what', '')} {h.get('by', '')}" for h in r.get("history") or () if isinstance(h, Mapping)]


def _facts(r: Mapping[str, Any], here: Session) -> list[str]:
    axes = [f"{here.say(f'risk.axis_{a}')} {interval(r[a], here.say('risk.unknown_axis'))}" for a in ("importance", "urgency")]
    place = r.get("rank") or {}
    ranked = [f"{here.say('risk.rank')} {place['position']} ({place['low']:.0f}–{place['high']:.0f})"] if "position" in place else []
    stories = r.get("stories", 0)
    proof = here.say("risk.sources", n=stories) if stories > 1 else here.say("risk.single_source")
    known = [("state", here.word("risk_state", r.get("state"))), ("owner", r.get("owner")), ("due_on", r.get("due_on")), ("residual", r.get("residual")), ("technologies", "、".join(r.get("technologies") or ()))]
    return [
        " · ".join([r["field"], " › ".join(r.get("type_path") or ()), str(here.word("risk_level", r["level"]))]),
        " · ".join([*axes, *ranked]),
        f"{here.say('risk.evidence')} {here.word('strength', r.get('evidence_strength'))} · {proof}",
        *(f"{here.say(f'risk.{n}')}: {v}" for n, v in known if v not in (None, "")),
    ]


def _words(change: Any) -> str:
    return "；".join(str(v) for v in change.values() if v) if isinstance(change, Mapping) else str(change)


def assumed_rows(result: Mapping[str, Any], here: Session) -> list[tuple[object, object, object]]:
    """What a what-if gives, beside what is listed: levels of the list, or axes, place and level of one risk."""
    was = result["was"]
    if "levels" in result:
        return [(here.word("risk_level", n), was[n], result["levels"][n]) for n in result["levels"]]
    rows: list[tuple[object, object, object]] = [(here.say(f"risk.axis_{a}"), f"{was[a]:.2f}", interval(result[a], here.say("risk.unknown_axis"))) for a in ("importance", "urgency")]
    rows.append((here.say("risk.number"), was["position"], result["rank"]["position"]))
    return [*rows, (here.say("risk.level"), here.word("risk_level", was["level"]), here.word("risk_level", result["level"]))]


def decided_rows(found: Mapping[str, Any], here: Session) -> list[tuple[object, object]]:
    """What a decision, a merge or a split did, by the names of the register."""
    flat = {**{k: v for k, v in found.items() if k != "lineage"}, **found.get("lineage", {})}
    return [(here.word("decided", k), _decided(k, v, here)) for k, v in flat.items() if v not in (None, "", [], {})]


def _decided(name: str, value: Any, here: Session) -> object:
    if name == "state":
        return here.word("risk_state", value)
    if isinstance(value, Mapping):
        return "；".join(f"{k}：{v}" for k, v in value.items()) if not any(isinstance(v, Mapping) for v in value.values()) else "；".join(f"{a} → {b}" for v in value.values() for a, b in v.items())
    return "、".join(map(str, value)) if isinstance(value, list) else value
