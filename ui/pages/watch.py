"""Alerts, bulletins, what moved, and the overview of the risk list as HTML; each row with what may be done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.access import Reader
from risk.constants import constants
from ui.messages import known, say
from ui.pages.html import act, badge, clock, e, empty, person, risk_badge, table
from ui.pages.risk import word

HANDLERS = ("official", "operator", "admin", "local")


def risk_link(key: str, words: str) -> str:
    """The permanent page of a risk."""
    return f'<a class="jw-link" href="/risks/{e(key)}" target="_blank" rel="noopener">{e(words)}</a>'


# ---- alerts: 提示 → 签收 → 反馈 → 销号 ---------------------------------------------------------------------------------


def alerts(found: Sequence[Mapping[str, Any]], reader: Reader, language: str) -> str:
    """Alerts with their steps and the next one as a button; the overdue stand out."""
    if not found:
        return empty(say("alert.none", language), say("alert.none_hint", language), "◷")
    names = [say(f"alert.{n}", language) for n in ("n", "level", "what", "rule", "as_of", "due", "state")]
    may = reader.role in HANDLERS
    rows = [[*_alert(a, language), *([_answer(a, language)] if may else [])] for a in found]
    return table([*names, *([say("centre.acts", language)] if may else [])], rows, classes="jw-cards-on-phone")


def _alert(a: Mapping[str, Any], language: str) -> list[str]:
    state = badge(say(f"alert_state.{a['state']}", language), "bad" if a["overdue"] else "good" if a["state"] == "closed" else "calm")
    late = badge(say("alert.escalated", language, n=a["escalated"]), "bad") if a["escalated"] else ""
    steps = "".join(f"<li><time>{e(clock(s['at']))}</time> {e(word('alert_state', s['step'], language))} {e(say('alert.system', language) if s['by'] == 'system' else s['by'])} {e(s.get('note', ''))}</li>" for s in a["steps"])
    words = f'{risk_link(a["risk_id"], a["title"])}<details><summary>{e(say("alert.steps", language))}</summary><ul>{steps}</ul></details>'
    return [str(a["n"]), risk_badge(a["level"], language), words, e(a["rule_name"]), e(a["as_of"]), e(a["due_on"]), f"{state} {late}"]


def _answer(a: Mapping[str, Any], language: str) -> str:
    if not a["next"]:
        return "—"
    note = {"name": "note", "label": say("alert.note", language), "type": "textarea", "required": a["next"] != "acknowledged"}
    title = say("alert.title_of", language, step=say(f"alert.{a['next']}", language), title=a["title"])
    return act(say(f"alert.{a['next']}", language), f"POST /api/v1/alerts/{a['n']}/{a['next']}", fields=[note], title=title, tone="good")


# ---- bulletins -------------------------------------------------------------------------------------------------------


def bulletins(found: Sequence[Mapping[str, Any]], fields: Sequence[str], reader: Reader, language: str) -> str:
    """Kept issues with their state, signatures, files and next signature; a new one can be composed."""
    may = reader.role in HANDLERS
    head = f'<div class="jw-actions">{_compose(fields, language)}</div>' if may else ""
    if not found:
        return head + empty(say("bulletin.none", language), say("bulletin.none_hint", language), "▤")
    names = [say(f"bulletin.{n}", language) for n in ("issue_no", "period", "scope", "state", "signed", "files")]
    rows = [[*_issue(b, language), *([_sign(b, reader, language)] if may else [])] for b in found]
    return head + table([*names, *([say("centre.acts", language)] if may else [])], rows, classes="jw-cards-on-phone")


def _compose(fields: Sequence[str], language: str) -> str:
    choices = [[say("risk.any_field", language), ""], *([f, f] for f in fields)]
    asked: list[dict[str, Any]] = [
        {"name": "from", "label": say("bulletin.from", language), "type": "date", "required": True},
        {"name": "to", "label": say("bulletin.to", language), "type": "date", "required": True},
        {"name": "field", "label": say("bulletin.field", language), "type": "select", "options": choices},
        {"name": "region", "label": say("bulletin.region", language)},
    ]
    return act(say("bulletin.make", language), "POST /api/v1/bulletins", fields=asked, title=say("bulletin.make", language), tone="good")


def _issue(b: Mapping[str, Any], language: str) -> list[str]:
    files = " ".join(f'<a class="jw-link" href="/api/v1/bulletins/{b["n"]}.{f}" download>{f.upper()}</a>' for f in ("docx", "pdf", "md"))
    changed = "" if b["intact"] else badge(say("bulletin.changed", language), "bad")
    state = badge(say(f"bulletin_state.{b['state']}", language), "good" if b["state"] == "issued" else "calm") + changed
    signed = "；".join(f"{say('bulletin.' + s['step'], language)} {person(s['user'], language)}" for s in b["signatures"])
    scope = "、".join(p for p in (b["field"], b["region"]) if p) or say("bulletin.all", language)
    title = f'<a class="jw-link" href="/bulletins/{b["n"]}" target="_blank" rel="noopener">{e(b["title"])}</a>'
    return [title, f"{e(b['start'])}—{e(b['end'])}", e(scope), state, e(signed), files]


def _sign(b: Mapping[str, Any], reader: Reader, language: str) -> str:
    """The next signature as a button; who signed already waits for somebody else."""
    if not b["next"]:
        return "—"
    step = say(f"bulletin.{b['next']}", language)
    if reader.user in {s["user"] for s in b["signatures"]}:
        return f'<span class="jw-dim jw-whole">{e(say("bulletin.others", language, step=step))}</span>'
    return act(step, f"POST /api/v1/bulletins/{b['n']}/signatures/{b['next']}", title=say("bulletin.sign_title", language, step=step, title=b["title"]), tone="good")


# ---- what moved, and the overview --------------------------------------------------------------------------------------


def moves(found: Mapping[str, Any], language: str) -> str:
    """What moved between the lists of two dates, with the indicators behind it."""
    told = [m for m in found["moves"] if m["change"] != "same"]
    if found.get("without_list"):
        return empty(say("moves.no_list", language, days="、".join(found["without_list"])), say("moves.no_list_hint", language), "＝")
    if not told:
        return empty(say("moves.none", language), say("moves.none_hint", language), "＝")
    rows = [[str(m["place"] or "—"), risk_badge(m["level"], language), risk_link(m["id"], m["title"]), _moved(m, language), e(_because(m["because"], language)) or "—"] for m in told]
    words = say("moves.counts", language, before=found["before"], after=found["after"], n=len(told), all=len(found["moves"]))
    heads = [say(f"moves.{n}", language) for n in ("place", "level", "risk", "change", "because")]
    return f'<p class="jw-counts">{e(words)}</p>{table(heads, rows, classes="jw-cards-on-phone")}'


def _because(reasons: Sequence[str], language: str) -> str:
    """The indicators that moved it; the register writes them in Chinese (严重程度上升)."""
    if language == "zh":
        return "、".join(reasons)
    keys = {name: key for key, name in constants()["names"].items()}
    told = [say("because.rose" if r.endswith("上升") else "because.fell", language, name=say(f"indicator.{keys[r[:-2]]}", language)) for r in reasons if r[:-2] in keys and known(f"indicator.{keys[r[:-2]]}")]
    return ", ".join(told)


def _moved(m: Mapping[str, Any], language: str) -> str:
    tone = {"new": "calm", "up": "bad", "down": "good"}.get(m["change"], "dim")
    return badge(say(f"moves.{m['change']}", language, n=m["places"]), tone)


def overview(listed: Mapping[str, Any], blind: Mapping[str, Any], language: str) -> str:
    """技术风险识别清单 by field and type, then where nobody looks: fields, kinds and sources without fresh evidence."""
    return f"{_identified(listed, language)}<h3 class='jw-sub-title'>{e(say('overview.blind', language))}</h3>{_blind(blind, language)}"


def _identified(listed: Mapping[str, Any], language: str) -> str:
    if not listed["cells"]:
        return empty(say("risk.none", language), say("risk.none_hint", language), "▦")
    rows = [
        [f"<b>{e(c['field'] or '—')}</b>", e(c["type"]), _held(c, language), str(c["stories"]), risk_badge(c["level"], language)]
        for c in listed["cells"]
    ]
    return table([say(f"overview.{n}", language) for n in ("field", "type", "risks", "stories", "highest")], rows, classes="jw-cards-on-phone")


def _held(cell: Mapping[str, Any], language: str) -> str:
    """The risks of a cell; candidates, which nothing recent speaks of, stand behind a fold."""
    links = [risk_link(i, t) for i, t in zip(cell["risks"], cell["titles"], strict=True)]
    scored = len(links) - cell["candidates"]
    fold = f"<details><summary>{e(say('overview.candidates', language, n=cell['candidates']))}</summary>{'<br>'.join(links[scored:])}</details>" if cell["candidates"] else ""
    return "<br>".join(links[:scored]) + fold


def _blind(blind: Mapping[str, Any], language: str) -> str:
    silent = [say("overview.silent", language, source=s["source"], days=s["silent_days"]) for s in blind["sources"]]
    kinds = [word("kind", k, language) for k in blind["kinds"]]
    rows = [[e(say(f"overview.{n}", language)), "".join(f"{badge(w, 'plain')} " for w in words) or "—"] for n, words in (("no_evidence", blind["fields"]), ("thin", blind["thin_fields"]), ("no_kind", kinds), ("sources", silent))]
    return table([say("overview.where", language), say("overview.what", language)], rows)
