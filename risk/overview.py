"""Views over the register: the identification list (field × type), blind spots, what moved between two lists, technologies by field."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from corpus.access import Reader
from corpus.settings import Settings
from corpus.store import Store
from corpus.validity import today
from risk.constants import constants, day, iso
from risk.mine import moved, terms_at, user_words
from risk.register import Risk, list_risks
from risk.taxonomy import home_taxonomy
from risk.technologies import by_field


def identification(store: Store, reader: Reader, *, as_of: str = "", hidden: Collection[str] = ()) -> dict[str, Any]:
    """技术风险识别清单: fields × types with the risks (scored ones first), their stories, how many are candidates, and the highest level (`none` of candidates alone)."""
    cells: dict[tuple[str, str], list[Risk]] = defaultdict(list)
    for r in list_risks(store, reader, as_of=as_of, stage="identified"):
        if r["id"] in hidden:
            continue
        cells[r["field"], r["type_path"][1] if len(r["type_path"]) > 1 else "其他"].append(r)
    taxonomy = home_taxonomy(store.home)
    groups = list(dict.fromkeys(t.path[1] for t in taxonomy.types.values()))
    place = {n: i for i, n in enumerate((*taxonomy.fields, *groups))}
    order = sorted(cells, key=lambda c: (place.get(c[0], len(place)), place.get(c[1], len(place)), c))  # as the taxonomy has them, what it does not know last
    rows = [_cell(*c, cells[c]) for c in order]
    return {"as_of": as_of or today(), "fields": list(taxonomy.fields), "types": groups, "cells": rows}


def _cell(field: str, group: str, held: Sequence[Risk]) -> dict[str, Any]:
    order = ("none", "blue", "yellow", "orange", "red")
    held = sorted(held, key=lambda r: r["state"] == "candidate")
    scored = [r for r in held if r["state"] != "candidate"]
    level = max((r["level"] for r in scored), key=order.index, default="none")
    return {
        "field": field, "type": group, "risks": [r["id"] for r in held], "titles": [r["title"] for r in held], "candidates": len(held) - len(scored),
        "stories": sum(r.get("stories", 0) for r in held), "level": level,
    }  # fmt: skip


def blind_spots(store: Store, reader: Reader, *, as_of: str = "") -> dict[str, Any]:
    """Fields and kinds without recent evidence, and sources that fell silent (nothing new for a year, or ten times their usual gap)."""
    reader.require(*constants()["list_roles"])
    on = iso(day(as_of)) if as_of else today()
    risks = list_risks(store, reader, as_of=on)
    seen = Counter(r["field"] for r in risks)
    kinds = Counter(s["kind"] for r in risks for s in r["signals"])
    silent = []
    for source, (n, first, last, _) in sorted(store.documents.by_source(reader).items()):
        gap = day(on) - day(last[:10]) if last else 0
        usual = max(1.0, (day(last[:10]) - day(first[:10])) / max(1, n)) if first and last else 1.0
        if gap > max(30.0, min(365.0, 10 * usual)):
            silent.append({"source": source, "last_seen": last[:10], "silent_days": gap, "documents": n})
    taxonomy = home_taxonomy(store.home)
    return {
        "as_of": on, "fields": [f for f in taxonomy.fields if not seen[f]], "thin_fields": [f for f in taxonomy.fields if seen[f] == 1],
        "kinds": [k for k in ("opinion", "news", "paper", "project", "interpretation") if not kinds[k]], "sources": silent,
    }  # fmt: skip


def compare_lists(store: Store, reader: Reader, before: str, after: str) -> list[dict[str, Any]]:
    """What moved between the lists of two dates, and why: each risk's places, levels and changed indicators; closed ones at the end."""
    old, new = (list_risks(store, reader, as_of=on) for on in (before, after))
    found = [{"id": r["id"], "title": r["title"], "place": i, "level": r["level"], **moved(r, old)} for i, r in enumerate(new, 1)]
    gone = {r["id"] for r in old} - {r["id"] for r in new}
    return found + [{"id": r["id"], "title": r["title"], "place": 0, "level": r["level"], "change": "gone", "places": 0, "because": []} for r in old if r["id"] in gone]


def technologies(store: Store, settings: Settings, reader: Reader, *, as_of: str = "", field: str = "", limit: int = 50) -> dict[str, Any]:
    """Technology terms mined from papers, projects, calls, policies and news, by field of the taxonomy: {term, score (C-value), documents, object}."""
    on, taxonomy = iso(day(as_of)) if as_of else today(), home_taxonomy(settings.home)
    wanted = taxonomy.field_name(field) if field else ""
    found = by_field(terms_at(store, taxonomy, on, ceiling=reader.ceiling, words=user_words(settings)), taxonomy)
    rows = [
        {"field": f, "terms": [{"term": t.text, "score": t.score, "documents": t.frequency, "object": t.thing} for t in terms[:limit]], "of": len(terms)}
        for f, terms in found.items()
        if not wanted or f == wanted
    ]
    return {"as_of": on, "fields": rows}
