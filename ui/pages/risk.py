"""A risk as HTML: levels, intervals, evidence for and against, contributions, history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.messages import say
from ui.pages.document import link
from ui.pages.html import badge, e, risk_badge, table

SHOWN = 5
"""Signals shown before "more"."""


def interval_bar(axis: Mapping[str, Any], label: str, language: str = "zh") -> str:
    """An interval in 0..1 as a bar with its mean; words where nothing can be said of it."""
    if axis.get("unknown"):
        return badge(say("risk.unknown_axis", language), "dim")
    low, mean, high = (round(100 * axis[n], 1) for n in ("low", "mean", "high"))
    words = f"{label} {axis['mean']:.2f} ({axis['low']:.2f}–{axis['high']:.2f})"
    return (
        f'<span class="jw-interval" role="img" aria-label="{e(words)}" title="{e(words)}"><span class="jw-interval-band" style="left:{low}%;width:{max(1.0, high - low)}%"></span>'
        f'<span class="jw-interval-mean" style="left:{mean}%"></span></span><span class="jw-num">{axis["mean"]:.2f}</span>'
    )


def detail(r: Mapping[str, Any], titles: Mapping[str, str], language: str, acts: str = "") -> str:
    """The whole page of a risk, with what may be done to it."""
    axes = "".join(f"<dt>{e(say(f'risk.axis_{n}', language))}</dt><dd>{interval_bar(r[n], say(f'risk.axis_{n}', language), language)}</dd>" for n in ("importance", "urgency"))
    place = r.get("rank") or {}
    ranked = f"<dt>{e(say('risk.rank', language))}</dt><dd>{_rank(place, r, language)}</dd>" if place else ""
    facts = [("field", r["field"]), ("type_path", " › ".join(r.get("type_path", ()))), ("technologies", "、".join(r.get("technologies", ())))]
    facts += [("state", _state(r, language)), ("evidence_strength", word("strength", r.get("evidence_strength"), language)), ("first_signal", (r.get("first_signal_at") or "")[:10])]
    facts += [("owner", r.get("owner")), ("due_on", r.get("due_on")), ("residual", "" if r.get("residual") is None else f"{r['residual']:.2f}")]
    rows = "".join(f"<dt>{e(say('risk.' + n, language))}</dt><dd>{e(v)}</dd>" for n, v in facts if v)
    parts = [f'<h2 class="jw-title">{e(r.get("title") or r["statement"])}</h2><p class="jw-marks">{risk_badge(r.get("level"), language)}{_story_badge(r, language)}</p><p>{e(r["statement"])}</p>{acts}']
    parts += [f'<dl class="jw-facts">{axes}{ranked}{rows}</dl>', _signals(r, titles, language), _contributions(r, language)]
    parts += [_measures(r, language), _linked("policies", r, language), _linked("projects", r, language), _list("gaps", r, language), _changes(r, language), _history(r, language)]
    parts += [f'<p class="jw-foot">{e(say("risk.foot", language))} · {e(r.get("constants_version", ""))}</p>']
    return f'<article class="jw-risk">{"".join(p for p in parts if p)}</article>'


def _rank(place: Mapping[str, float], r: Mapping[str, Any], language: str) -> str:
    top = f" · {say('risk.top10', language, p=format(r['p_top10'], '.0%'))}" if r.get("p_top10") is not None else ""
    return e(f"{place.get('mean', 0):.1f} ({place.get('low', 0):.0f}–{place.get('high', 0):.0f}){top}")


def word(section: str, value: object, language: str) -> str:
    from ui.messages import known

    key = f"{section}.{value}"
    return say(key, language) if known(key) else str(value or "")


def _state(r: Mapping[str, Any], language: str) -> str:
    stage = r.get("stage")
    return " · ".join(p for p in (word("risk_state", r.get("state"), language), word("risk_stage", stage, language) if stage else "") if p)


def stories(r: Mapping[str, Any]) -> int:
    """Independent stories that speak for a risk; what speaks against it is no witness of it."""
    return int(r["stories"]) if "stories" in r else len({s.get("story_id") for s in r["signals"] if s.get("supports", True)})


def _story_badge(r: Mapping[str, Any], language: str) -> str:
    n = stories(r)
    return badge(say("risk.sources", language, n=n) if n > 1 else say("risk.single_source", language), "plain" if n > 1 else "warn")


def _signals(r: Mapping[str, Any], titles: Mapping[str, str], language: str) -> str:
    parts = []
    for supports in (True, False):
        found = [s for s in r["signals"] if bool(s.get("supports", True)) is supports]
        name = say("risk.for" if supports else "risk.against", language)
        items = "".join(_signal(s, titles, language) for s in found[:SHOWN]) or f'<li class="jw-dim">{e(say("risk.none_against", language))}</li>'
        tone = "for" if supports else "against"
        rest = "".join(_signal(s, titles, language) for s in found[SHOWN:])
        more = f'<details><summary>{e(say("risk.more", language, n=len(found) - SHOWN))}</summary><ul class="jw-signals jw-{tone}">{rest}</ul></details>' if rest else ""
        parts.append(f'<h3>{e(name)} <small>{len(found)}</small></h3><ul class="jw-signals jw-{tone}">{items}</ul>{more}')
    return "".join(parts)


def _signal(s: Mapping[str, Any], titles: Mapping[str, str], language: str) -> str:
    title = titles.get(s["document_id"], "")
    href = link(s["document_id"], None, (s["start"], s["end"]))
    source = f'<a class="jw-mark-text" data-doc="{e(s["document_id"])}" data-h="{s["start"]}-{s["end"]}" href="{e(href)}">{e(title)}</a>'
    return f"<li><q>{e(s['quote'])}</q><small><time>{e((s.get('date') or '')[:10] or say('risk.no_date', language))}</time> {source}</small></li>"


def _contributions(r: Mapping[str, Any], language: str) -> str:
    parts = []
    for axis in ("importance", "urgency"):
        given = r[axis].get("contributions") or {}
        if not given:
            continue
        widest = max(abs(v) for v in given.values()) or 1.0
        rows = [
            (e(word("indicator", n, language)), f'<span class="jw-bar-h" style="width:{round(90 * abs(v) / widest)}%"></span>', f"{v:+.3f}")
            for n, v in sorted(given.items(), key=lambda x: -abs(x[1]))
        ]
        parts.append(table((say(f"risk.axis_{axis}", language), "", ""), rows, classes="jw-contributions"))
    return f"<details open><summary>{e(say('risk.contributions', language))}</summary>{''.join(parts)}</details>" if parts else ""


def _measures(r: Mapping[str, Any], language: str) -> str:
    """Counter-measures, each with the clause that it rests on as a link, or the words that none was found."""
    items = "".join(f"<li>{_measure(m)}</li>" for m in r.get("counter_measures") or ())
    note = f"<small>{e(say('risk.basis', language))}</small>"
    return f"<h3>{e(say('risk.counter_measures', language))} {note}</h3><ul>{items}</ul>" if items else ""


def _measure(m: Any) -> str:
    if not isinstance(m, Mapping):
        return e(m)
    c = m.get("citation")
    basis = f'<a class="jw-mark-text" href="{e(link(c["document_id"], None, (c["start"], c["end"])))}">{e(m["basis"])}</a>' if c else e(m.get("basis", ""))
    return f'{e(m["measure"])} <small class="jw-dim">{basis}</small>'


def _linked(name: str, r: Mapping[str, Any], language: str) -> str:
    """Policies or projects that name the object of the risk."""
    items = "".join(f'<li><a href="{e(link(d["document_id"]))}">{e(d["title"])}</a></li>' for d in r.get(name) or ())
    count = say("risk.of_all", language, n=r.get({"policies": "policy_count"}.get(name, "project_count"), 0))
    return f"<details><summary>{e(say('risk.' + name, language))} <small>{e(count)}</small></summary><ul>{items}</ul></details>" if items else ""


def _list(name: str, r: Mapping[str, Any], language: str) -> str:
    items = r.get(name) or []
    words = "".join(f"<li>{e(_gap(i, language))}</li>" for i in items)
    return f"<h3>{e(say('risk.' + name, language))}</h3><ul>{words}</ul>" if items else ""


def _gap(item: Any, language: str) -> str:
    if isinstance(item, Mapping):
        return "；".join(str(v) for v in item.values() if v)
    return word("indicator", item, language)


def _changes(r: Mapping[str, Any], language: str) -> str:
    change = r.get("would_change") or r.get("grade_change") or []
    items = change if isinstance(change, list) else [change]
    return f"<h3>{e(say('risk.would_change', language))}</h3><ul>{''.join(f'<li>{e(_gap(i, language))}</li>' for i in items)}</ul>" if change else ""


def _history(r: Mapping[str, Any], language: str) -> str:
    history = r.get("history") or []
    rows = [[e(v) for v in (h.get("at") or h.get("on") or h.get("as_of") or "", h.get("what") or h.get("level") or h.get("state") or "", h.get("by") or "")] for h in history if isinstance(h, Mapping)]
    return f"<details><summary>{e(say('risk.history', language))}</summary>{table((say('date', language), say('what', language), say('who', language)), rows)}</details>" if rows else ""


def blind(r: Mapping[str, Any], titles: Mapping[str, str], language: str) -> str:
    """What an expert sees before scoring: statement, type and evidence; no score, no level, no contribution."""
    facts = [("field", r.get("field", "")), ("type_path", " › ".join(r.get("type_path", ()))), ("technologies", "、".join(r.get("technologies", ())))]
    rows = "".join(f"<dt>{e(say('risk.' + n, language))}</dt><dd>{e(v)}</dd>" for n, v in facts if v)
    why = f'<p>{e(say("panel.nomination_reason", language))}：{e(r["nominated"])}</p>' if r.get("nominated") else ""
    signals = _signals(r, titles, language) if r.get("signals") else f'<p class="jw-dim">{e(say("panel.nominated", language))}</p>{why}'
    return f'<article class="jw-risk"><h2 class="jw-title">{e(r["statement"])}</h2><dl class="jw-facts">{rows}</dl>{signals}</article>'
