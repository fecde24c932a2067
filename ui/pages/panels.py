"""Expert validation for its organisers as HTML: panels with members, progress and the next act; results; learned weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from corpus.access import Reader
from ui.messages import say
from ui.pages.html import act, badge, clock, e, empty, person, table
from ui.pages.report import fragment
from ui.pages.risk import word

ORGANISERS = ("official", "operator", "admin", "local")
FORMS = ("docx", "pdf", "xlsx")


def files(address: str) -> str:
    """Downloads of a report."""
    return " ".join(f'<a class="jw-link" href="{e(address)}.{f}" download>{f.upper()}</a>' for f in FORMS)


def signing(found: Mapping[str, Any], language: str) -> str:
    """The signature that is next, as a button, with the list to read before."""
    list_id, step = quote(found["list_id"]), found["step"]
    words = say(f"panel.step_{step}", language)
    sign = act(say("panel.sign_as", language, step=words), f"POST /api/v1/panels/lists/{list_id}/signatures/{step}", title=say("panel.sign_title", language, step=words), tone="good")
    return f"{sign} {files(f'/api/v1/panels/lists/{list_id}')}"


# ---- the organiser's desk --------------------------------------------------------------------------------------------


def organiser(panels: Sequence[Mapping[str, Any]], listed: Sequence[Mapping[str, Any]], experts: Sequence[str], reader: Reader, language: str) -> str:
    """Every panel as a card; a new one can be opened on listed risks."""
    may = reader.role in ORGANISERS
    head = f'<div class="jw-actions">{_open(listed, language)}</div>' if may else ""
    cards = "".join(_card(p, experts, may, language) for p in panels)
    return f'{head}{cards or empty(say("panel.nothing", language), say("panel.nothing_hint", language), "✎")}<div class="jw-fill-slot"></div>'


def _open(listed: Sequence[Mapping[str, Any]], language: str) -> str:
    fields = [[say("risk.any_field", language), ""], *([f, f] for f in sorted({r["field"] for r in listed if r["field"]}))]
    asked: list[dict[str, Any]] = [
        {"name": "title", "label": say("panel.title", language), "required": True},
        {"name": "field", "label": say("risk.field", language), "type": "select", "options": fields},
        {"name": "risk_ids", "label": say("panel.risks", language), "type": "checks", "options": [[r["title"], r["id"]] for r in listed[:40]]},
    ]
    return act(say("panel.open", language), "POST /api/v1/panels", fields=asked, title=say("panel.open", language), tone="good")


def _card(p: Mapping[str, Any], experts: Sequence[str], may: bool, language: str) -> str:
    state = badge(say(f"panel_state.{p['state']}", language), "good" if p["state"] == "open" else "dim")
    step = say("panel.round_n", language, n=p["round"]) if p["round"] else say("panel.round_zero", language)
    going = badge(step + say("panel.going" if p["round_open"] else "panel.over", language), "calm")
    done = say("panel.progress", language, rated=p["responded"], members=p["members"], items=p["items"])
    people = "".join(f"<li>{_person(m, p, language)}</li>" for m in p["people"]) or f'<li class="jw-dim">{e(say("panel.nobody", language))}</li>'
    see = f'<button type="button" class="jw-button jw-small" data-fill="/panels/{quote(p["panel_id"])}/view">{e(say("panel.results", language))}</button>'
    acts = (_acts(p, experts, language) if may else "") + see
    signed = "".join(badge(f"{say('panel.step_' + s['step'], language)} {person(s['user'], language)} {clock(s['at'])}", "good") for s in p["signed"])
    signs = f'<p class="jw-marks">{signed}</p>' if signed else ""
    signs += f"<p>{signing(p['to_sign'], language)}</p>" if p["to_sign"] else _awaited(p, language)
    return (
        f'<section class="jw-panel-card"><h3>{e(p["title"])} {state} {going if p["state"] == "open" else ""}</h3><p class="jw-dim">{e(done)} · {e(say("panel.opened_on", language, date=p["as_of"]))}</p>'
        f'<ul class="jw-people">{people}</ul><div class="jw-actions">{acts}</div>{signs}</section>'
    )


def _awaited(p: Mapping[str, Any], language: str) -> str:
    """Whose signature a concluded list waits for."""
    left = [s for s in ("chair", "review", "issue") if s not in {done["step"] for done in p["signed"]}]
    return f'<p class="jw-marks">{badge(say("panel.awaits", language, step=say(f"panel.step_{left[0]}", language)), "warn")}</p>' if p["state"] == "closed" and left else ""


def _person(m: Mapping[str, Any], p: Mapping[str, Any], language: str) -> str:
    chair = badge(say("panel.chair", language), "calm") if m["chair"] else ""
    held = f' <small class="jw-dim">{e(say("panel.conflicts_n", language, n=len(m["conflicts"])))}</small>' if m["conflicts"] else ""
    rated = badge(say("panel.rated_n", language, n=m["rated"], items=p["items"]), "good" if m["rated"] >= p["items"] else "dim") if p["round"] else ""
    group = f' <small class="jw-dim">{e(m["group"])}</small>' if m["group"] else ""
    return f"<b>{e(person(m['user'], language))}</b> {chair}{group}{held} {rated}"


def _acts(p: Mapping[str, Any], experts: Sequence[str], language: str) -> str:
    """What the panel's state allows next."""
    if p["state"] != "open":
        return ""
    key, parts = f"/api/v1/panels/{quote(p['panel_id'])}", []
    if p["round"] == 0:
        parts.append(_invite(p, key, experts, language))
    if p["round_open"] and p["round"]:
        parts.append(act(say("panel.close", language), f"POST {key}/rounds/close", title=say("panel.close_title", language, rated=p["responded"], members=p["members"]), tone="good"))
    else:
        parts.append(act(say("panel.start", language), f"POST {key}/rounds", title=say("panel.again_title" if p["round"] else "panel.start_title", language, n=p["round"] + 1), tone="good" if not p["round"] or not p["reached"] else ""))
    if p["round"] and not p["round_open"]:
        parts.append(act(say("panel.conclude", language), f"POST {key}/lists", title=say("panel.conclude_title", language), tone="good" if p["reached"] else ""))
    return "".join(parts)


def _invite(p: Mapping[str, Any], key: str, experts: Sequence[str], language: str) -> str:
    held = {m["user"] for m in p["people"]}
    asked: list[dict[str, Any]] = [
        {"name": "user", "label": say("panel.user", language), "type": "select", "options": [[person(n, language), n] for n in experts if n not in held], "required": True},
        {"name": "chair", "label": say("panel.chair", language), "type": "flag"},
        {"name": "group", "label": say("panel.group", language)},
        {"name": "conflicts", "label": say("panel.conflict", language), "type": "checks", "options": [[i["title"], i["risk_id"]] for i in p["risks"]]},
    ]
    return act(say("panel.invite", language), f"POST {key}/members", fields=asked, title=say("panel.invite_title", language, title=p["title"]), tone="good")


# ---- results and weights ---------------------------------------------------------------------------------------------


def results(found: Mapping[str, Any], report: Mapping[str, Any], language: str) -> str:
    """The lists of a panel with their check, where machine and experts differ, and the consultation report as it stands."""
    parts = [f'<p>{e(say("panel.report", language))} {files("/api/v1/panels/" + quote(found["panel_id"]) + "/report")}</p>']
    for held in found["lists"]:
        check = badge(say("panel.verify" if held["intact"] else "panel.broken", language), "good" if held["intact"] else "bad", held["sha256"])
        parts.append(f'<p>{e(say("panel.list_files", language))} {files("/api/v1/panels/lists/" + quote(held["id"]))} {check} <code>{e(held["sha256"][:16])}…</code></p>')
        parts.append(_disagreements(held["disagreements"], language))
    return f'<section class="jw-results-of"><h3>{e(found["title"])}</h3>{"".join(parts)}{fragment(report, language)}</section>'


def _disagreements(found: Sequence[Mapping[str, Any]], language: str) -> str:
    """机器与专家分歧清单."""
    if not found:
        return f'<p class="jw-dim">{e(say("panel.agreed", language))}</p>'
    rows = [[e(d["statement"]), e(say(f"risk.axis_{d['axis']}", language)), f"{d['machine']:.2f}", f"{d['mean']:.2f}", f"{d['gap']:+.2f}"] for d in found]
    heads = [say(f"panel.{n}", language) for n in ("item", "axis", "by_machine", "after", "difference")]
    return f"<h3>{e(say('panel.disagreements', language))}</h3>{table(heads, rows, classes='jw-cards-on-phone')}"


def weights(found: Mapping[str, Any], reader: Reader, language: str) -> str:
    """Weights in force beside those learned from issued lists, with what they would gain; applied by a person's word only."""
    may = reader.role in ORGANISERS
    back = act(say("panel.weights_withdraw", language), "DELETE /api/v1/panels/weights", title=say("panel.weights_withdraw", language), tone="bad") if may and found["applied"] else ""
    state = badge(say("panel.weights_applied" if found["applied"] else "panel.weights_shipped", language), "calm")
    if not found["enough"]:
        return f'<div class="jw-actions">{state}{back}</div>{empty(say("panel.weights_few", language), "", "⚖")}'
    parts = []
    for axis, held in found["axes"].items():
        rows = [[e(word("indicator", n, language)), f"{a:.3f}", f"{b:.3f}", f"{b - a:+.3f}"] for n, a, b in zip(held["names"], held["now"], held["learned"], strict=True)]
        words = say("panel.weights_words", language, axis=say(f"risk.axis_{axis}", language), risks=held["risks"], pairs=held["pairs"], before=held["held_out_now"], after=held["held_out_learned"])
        parts.append(f"<p>{e(words)}</p>{table([say(f'panel.weights_{n}', language) for n in ('indicator', 'now', 'learned', 'step')], rows)}")
    gains = all(held["gains"] for held in found["axes"].values())
    note = {"name": "note", "label": say("panel.weights_note", language), "type": "textarea", "required": True}
    use = act(say("panel.weights_apply", language), "POST /api/v1/panels/weights", fields=[note], title=say("panel.weights_apply", language), tone="good") if may and gains else ""
    parts += [] if gains else [f'<p class="jw-dim">{e(say("panel.weights_no_gain", language))}</p>']
    return f'<div class="jw-actions">{state}{use}{back}</div>{"".join(parts)}'
