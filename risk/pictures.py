"""What the pictures show, as plain records: the plane, the trend with bursts, the heat map, the timeline, the network of causes.

Two hands draw them: `risk.draw` (static, for exports) and the interface (plotly). The plane is a picture, not a score (Cox 2008).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from risk.constants import constants, day, iso

LEVELS = ("red", "orange", "yellow", "blue")
COLOURS = {"red": "#c62828", "orange": "#d9730d", "yellow": "#c9a400", "blue": "#2f6fb3"}
NAMES = {"red": "重大", "orange": "较大", "yellow": "一般", "blue": "低"}
KIND_NAMES = {"opinion": "舆情", "news": "产业动态", "paper": "文献", "project": "科研项目", "interpretation": "解读", "notice": "通知", "policy": "政策"}
Records = Sequence[Mapping[str, Any]]


def plane(risks: Records) -> list[dict[str, Any]]:
    """One ellipse a risk: centre (urgency, importance), half axes from the published intervals, level, place from 1. Those of unknown urgency have no place on it."""
    return [
        {
            "place": n, "id": r["id"], "title": r.get("title") or r["statement"][:20], "level": r.get("level") or "blue",
            "x": r["urgency"]["mean"], "y": r["importance"]["mean"],
            "rx": max(0.004, (r["urgency"]["high"] - r["urgency"]["low"]) / 2), "ry": max(0.004, (r["importance"]["high"] - r["importance"]["low"]) / 2),
        }
        for n, r in enumerate(risks, 1)
        if not r["urgency"].get("unknown")
    ]  # fmt: skip


def trend(r: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Weeks, oldest first: {week_end, documents, burst}; a week is in a burst when the two-state model puts it there."""
    weeks = list(r.get("weekly") or ())
    states = bursting([float(w["documents"]) for w in weeks])
    return [{"week_end": w["week_end"], "documents": w["documents"], "burst": b} for w, b in zip(weeks, states, strict=True)]


def bursting(counts: Sequence[float]) -> list[bool]:
    """Which bins lie in a burst: Kleinberg's two states (2002), Poisson counts, s and γ of the constants; the best path by Viterbi.

    State 0 expects the mean, state 1 s times it; going up costs γ ln n, going down nothing. Nothing bursts in an empty series.
    """
    n, rule = len(counts), constants()["burst"]
    if n < 3 or not any(counts):
        return [False] * n
    base = sum(counts) / n
    cost = [[base * k - c * math.log(base * k) for c in counts] for k in (1.0, float(rule["s"]))]
    up = float(rule["gamma"]) * math.log(n)
    total, came = [cost[0][0], cost[1][0] + up], []
    for t in range(1, n):
        down, rise = total[1] < total[0], total[0] + up < total[1]
        came.append((int(down), int(not rise)))
        total = [min(total) + cost[0][t], min(total[1], total[0] + up) + cost[1][t]]
    state = int(total[1] < total[0])
    path = [state]
    for back in reversed(came):
        state = back[state]
        path.append(state)
    return [bool(s) for s in reversed(path)]


def heat(risks: Records) -> dict[str, Any]:
    """Field × type group: {fields, types, counts[field][type], levels[field][type]}; only rows and columns that hold a risk."""
    cells: dict[tuple[str, str], list[str]] = {}
    for r in risks:
        cells.setdefault((r["field"], _group(r)), []).append(r.get("level") or "blue")
    fields = [f for f, _ in Counter(f for f, _ in cells for _ in cells[f, _]).most_common()]
    types = [t for t, _ in Counter(t for f, t in cells for _ in cells[f, t]).most_common()]
    counts = [[len(cells.get((f, t), ())) for t in types] for f in fields]
    levels = [[min(cells[f, t], key=LEVELS.index) if (f, t) in cells else "" for t in types] for f in fields]
    return {"fields": fields, "types": types, "counts": counts, "levels": levels}


def _group(r: Mapping[str, Any]) -> str:
    path: Sequence[str] = r.get("type_path") or []
    return str(path[1]) if len(path) > 1 else "其他"


def timeline(r: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The evidence in order of date: {date, kind, kind_name, supports, quote, document_id, start, end}."""
    found = [
        {"date": s["date"][:10], "kind": s["kind"], "kind_name": KIND_NAMES.get(s["kind"], s["kind"]), "supports": bool(s["supports"]), "quote": s["quote"]}
        | {"document_id": s["document_id"], "start": s["start"], "end": s["end"]}
        for s in r.get("signals", ())
        if s.get("date")
    ]
    return sorted(found, key=lambda s: (s["date"], s["document_id"], s["start"]))


def causes(signals: Iterable[Mapping[str, Any]], as_of: str, ceiling: int, *, field_of: Mapping[str, str], within: str = "", limit: int = 24) -> dict[str, Any]:
    """The network of causes among objects as of a date: {nodes: [{name, field, weight}], edges: [{source, target, n}]}.

    `signals` are stored payloads; one document names a pair once. The `limit` strongest pairs are kept; `within` keeps those that touch a field.
    """
    back = constants()["lookback"]
    spoken: set[tuple[str, str, str]] = set()
    for s in signals:
        when = s.get("date") or s["seen"]
        if s["security"] > ceiling or max(s["seen"], s.get("known_from") or "") > as_of or when > as_of or when < iso(day(as_of) - back.get(s["kind"], 90)):
            continue
        if s.get("polarity") == "denies" or not s.get("links"):
            continue
        spoken |= {(s["document_id"], s["thing"], other) for other in s["links"] if other != s["thing"]}
    pairs = Counter((a, b) for _, a, b in spoken if not within or within in (field_of.get(a), field_of.get(b)))
    kept = sorted(pairs.items(), key=lambda p: (-p[1], p[0]))[:limit]
    weights: Counter[str] = Counter()
    for (a, b), n in kept:
        weights[a] += n
        weights[b] += n
    nodes = [{"name": name, "field": field_of.get(name, "其他"), "weight": w} for name, w in weights.most_common()]
    return {"nodes": nodes, "edges": [{"source": a, "target": b, "n": n} for (a, b), n in kept]}


def layout(network: Mapping[str, Any], *, steps: int = 200) -> dict[str, tuple[float, float]]:
    """Positions in [-1, 1]² by forces (Fruchterman & Reingold 1991), started on a circle in order of the nodes: the same every time."""
    import numpy as np

    names = [n["name"] for n in network["nodes"]]
    if not names:
        return {}
    index = {name: i for i, name in enumerate(names)}
    angles = 2 * np.pi * np.arange(len(names)) / len(names)
    at = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    links = np.zeros((len(names), len(names)))
    for e in network["edges"]:
        i, j = index[e["source"]], index[e["target"]]
        links[i, j] = links[j, i] = 1.0
    k = 1.6 / np.sqrt(len(names))
    for step in range(steps):
        gap = at[:, None] - at[None]
        far = np.maximum(np.linalg.norm(gap, axis=2), 1e-3)
        force = (gap / far[..., None] * (k * k / far - links * far * far / k)[..., None]).sum(axis=1) - 0.8 * at
        size = np.maximum(np.linalg.norm(force, axis=1, keepdims=True), 1e-9)
        at = at + force / size * np.minimum(size, 0.15 * (1 - step / steps))
    at = at - at.mean(axis=0)
    at = at / max(1e-9, float(np.abs(at).max()))
    return {name: (round(float(x), 4), round(float(y), 4)) for name, (x, y) in zip(names, at, strict=True)}
