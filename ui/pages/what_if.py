"""What would be under assumptions, and the technology terms by field, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ui.messages import say
from ui.pages.html import badge, e, empty, risk_badge, table
from ui.pages.risk import interval_bar
from ui.pages.watch import risk_link

SHOWN = 12
"""Terms of a field that are shown at once."""


def one(found: Mapping[str, Any], listed: Mapping[str, Any], language: str) -> str:
    """One risk as it is listed and as it would be."""
    was = found["was"]
    rows = [[e(say(f"risk.axis_{a}", language)), *(interval_bar(of[a], say(f"risk.axis_{a}", language), language) for of in (listed, found))] for a in ("importance", "urgency")]
    rows += [[e(say("what_if.place", language)), str(was["position"]), str(found["rank"]["position"])]]
    rows += [[e(say("what_if.level", language)), risk_badge(was["level"], language), risk_badge(found["level"], language)]]
    heads = [say(f"what_if.{n}", language) for n in ("what", "listed", "assumed")]
    return f"<h3>{risk_link(found['id'], listed['title'])}</h3>{table(heads, rows)}{_method(found, language)}"


def whole(found: Mapping[str, Any], language: str) -> str:
    """The whole list: how many of each level before and after, and which risks change."""
    rows = [[risk_badge(level, language), str(found["was"].get(level, 0)), str(n)] for level, n in found["levels"].items()]
    counts = table([say(f"what_if.{n}", language) for n in ("level", "listed", "assumed")], rows)
    changed = [[_from(str(c["was_position"]), str(c["position"])), risk_link(c["id"], c["title"]), _from(risk_badge(c["was"], language), risk_badge(c["level"], language))] for c in found["changed"]]
    if not changed:
        return f'{counts}<p class="jw-dim">{e(say("what_if.unchanged", language))}</p>{_method(found, language)}'
    heads = [say("what_if.place", language), say("moves.risk", language), say("what_if.level", language)]
    return f"{counts}<h3>{e(say('what_if.changed', language, n=len(changed)))}</h3>{table(heads, changed, classes='jw-cards-on-phone')}{_method(found, language)}"


def _from(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _method(found: Mapping[str, Any], language: str) -> str:
    return f'<p class="jw-foot">{e(say("what_if.method", language, how=found["method"]))}</p>'


def technologies(fields: Sequence[Mapping[str, Any]], language: str) -> str:
    """Terms of each field with the number of documents that name them, the rest folded; a field that the documents do not speak of says so."""
    if not any(f["of"] for f in fields):
        return empty(say("technology.none", language), say("technology.none_hint", language), "⌬")
    rows = [[f"<b>{e(f['field'])}</b>", str(f["of"]), _terms(f["terms"], language) if f["of"] else f'<span class="jw-dim">{e(say("technology.silent", language))}</span>'] for f in fields]
    return table([say(f"technology.{n}", language) for n in ("field", "count", "terms")], rows, classes="jw-cards-on-phone")


def _terms(terms: Sequence[Mapping[str, Any]], language: str) -> str:
    shown = [badge(f"{t['term']} {t['documents']}", "plain", str(t["object"])) for t in terms]
    rest = f"<details><summary>{e(say('risk.more', language, n=len(shown) - SHOWN))}</summary>{' '.join(shown[SHOWN:])}</details>" if len(shown) > SHOWN else ""
    return " ".join(shown[:SHOWN]) + rest
