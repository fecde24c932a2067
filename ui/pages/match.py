"""惠企匹配 as HTML: what is asked first, then every policy with its conditions, amounts, delivery and deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ui.messages import say
from ui.pages.document import link
from ui.pages.html import act, badge, e, empty, level_badge, place, table, validity_badge
from ui.pages.report import mark

STATES = {"满足": ("met", "good"), "缺信息": ("unknown", "warn"), "不满足": ("unmet", "dim")}
MOST = 60


def fragment(found: Mapping[str, Any], language: str) -> str:
    """The result of a matching."""
    if not found["matches"]:
        return empty(say("match.none", language), say("match.none_hint", language))
    cited = {int(c["n"]): c for c in found["citations"]}
    counts = {name: sum(m["state"] == state for m in found["matches"]) for state, (name, _) in STATES.items()}
    head = f'<p class="jw-counts" role="status">{e(say("match.counts", language, date=found["as_of"], **counts))}</p>'
    rows = "".join(_policy(m, cited, language) for m in found["matches"][:MOST])
    rest = len(found["matches"]) - MOST
    more = f'<p class="jw-dim">{e(say("match.more", language, n=rest))}</p>' if rest > 0 else ""
    return f'{head}{_asked(found["ask"], language)}{rows}{more}<p class="jw-foot">{e(found["footer"])}</p>'


def _asked(questions: Sequence[Mapping[str, Any]], language: str) -> str:
    items = "".join(f"<li>{e(q['question'])} <small>{e(say('match.decides', language, n=len(q['policies'])))}</small></li>" for q in questions[:8])
    return f'<section class="jw-notice"><h2>{e(say("match.ask", language))}</h2><ul>{items}</ul></section>' if items else ""


def _policy(m: Mapping[str, Any], cited: Mapping[int, Mapping[str, Any]], language: str) -> str:
    badges = f"{state_badge(m['state'], language)} {level_badge(m['level'], language)} {validity_badge(m['validity'], language)}"
    rows = ((say("match.benefit", language), m["benefit"]), (say("field.delivery", language), "、".join(m["delivery"])), (say("match.deadline", language), "；".join(p for p in (m["deadline"], m["deadline_notice"]) if p)))
    facts = "".join(f"<dt>{e(n)}</dt><dd>{e(v)}</dd>" for n, v in rows if v)
    parts = "".join(_list(say(f"match.{n}", language), m[n]) for n in ("why_not", "missing", "confirm"))
    checks = "".join(f"<li>{state_badge(c['state'], language)} {e(c['text'])} <small>{e(c['reason'])}</small>{mark(c['n'], cited.get(c['n']), language)}</li>" for c in (*m["conditions"], *m["measures"]))
    clauses = f'<details><summary>{e(say("match.clauses", language, n=len(m["conditions"]) + len(m["measures"])))}</summary><ul>{checks}</ul></details>' if checks else ""
    return f'<article class="jw-match"><h3><a href="{e(link(m["document_id"]))}" data-doc="{e(m["document_id"])}">{e(m["title"])}</a></h3><p class="jw-marks">{badges}</p><dl class="jw-facts">{facts}</dl>{parts}{clauses}</article>'


def state_badge(state: str, language: str) -> str:
    """满足, 不满足 or 缺信息, by words and tone."""
    name, tone = STATES.get(state, ("unknown", "warn"))
    return badge(say(f"match_state.{name}", language), tone)


def _list(title: str, lines: Sequence[str]) -> str:
    return f"<p><b>{e(title)}</b> {e('；'.join(line.rstrip('；;。 ') for line in lines))}</p>" if lines else ""


# ---- subscriptions ---------------------------------------------------------------------------------------------------

CHOICES = ("policy.new", "policy.changed", "deadline", "risk.new", "risk.level", "bulletin")
"""What a person may subscribe to by a form; the others are made where they belong (an answer, a profile)."""


def subscriptions(rows: Sequence[Mapping[str, Any]], places: Sequence[Sequence[str]], titles: Mapping[str, str], language: str) -> str:
    """One's subscriptions in words (documents by `titles`), each to be ended; a further one by a form."""
    kinds = [[say(f"subscription.{k.replace('.', '_')}", language), k] for k in CHOICES]
    channels = [[say(f"channel.{c}", language), c] for c in ("inbox", "email", "webhook")]
    fields: list[dict[str, Any]] = [
        {"name": "kind", "label": say("match.sub_kind", language), "type": "select", "options": kinds},
        {"name": "region", "label": say("field.region_code", language), "type": "select", "options": places},
        {"name": "channel", "label": say("match.sub_channel", language), "type": "select", "options": channels},
        {"name": "target", "label": say("match.sub_target", language)},
    ]
    add = f'<div class="jw-actions">{act(say("match.sub_add", language), "POST /api/v1/subscriptions", fields=fields, title=say("match.sub_add", language), tone="good")}</div>'
    if not rows:
        return add + empty(say("match.no_subscriptions", language), say("match.no_subscriptions_hint", language), "∅")
    heads = [say(f"match.sub_{n}", language) for n in ("n", "kind", "channel", "criteria")]
    cells = [[str(r["n"]), e(say(f"subscription.{r['kind'].replace('.', '_')}", language)), e(say(f"channel.{r['channel']}", language)), _criteria(r["criteria"], titles), _end(r, language)] for r in rows]
    return add + table([*heads, say("centre.acts", language)], cells, classes="jw-cards-on-phone")


def _criteria(given: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    return "；".join(_criterion(n, str(v), titles) for n, v in given.items() if v) or "—"


def _criterion(name: str, value: str, titles: Mapping[str, str]) -> str:
    if value in titles:
        return f'<a href="{e(link(value))}">{e(titles[value])}</a>' if name == "document" else e(titles[value])
    return e(place(value) if name == "region" else value)


def _end(r: Mapping[str, Any], language: str) -> str:
    return act(say("match.unsubscribe", language), f"DELETE /api/v1/subscriptions/{r['n']}", title=say("match.unsubscribe_title", language, n=r["n"]), tone="bad")
