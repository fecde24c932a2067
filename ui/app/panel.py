"""专家验证: one's panels, the rating form beside the evidence, feedback of the last round, nominations, conflicts, pairs.

The organiser's desk is in `ui.app.organise`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from corpus.access import Reader
from corpus.errors import JianweiError
from risk.panel_form import STATEMENT, constants
from ui.api.base import Hall
from ui.app import organise
from ui.app.parts import QUIET, Opening, only_for, part, roles
from ui.app.reader import html, reader_of, refusal, waiting
from ui.desk import judge
from ui.messages import known, say
from ui.pages import risk as risk_page
from ui.pages.html import badge, e, empty, table
from ui.pages.panels import signing

SCORES = ("importance", "urgency", "likelihood", "province_impact", "controllability", "confidence")
TEXTS = ("interest", "reason", "counter_measures", "detail", "missed")


def build(hall: Hall, language: str, opening: Opening, tab: Any) -> None:
    """Lay out the tab and wire its events."""
    with gr.Tabs():
        with gr.Tab(say("panel_part.rate", language)):
            with gr.Column(elem_classes="jw-surface jw-panel jw-mine"):
                again = gr.Button(say("centre.refresh", language), size="sm", elem_classes="jw-refresh")
                mine = html(waiting(language))
            with gr.Row(elem_classes="jw-surface jw-filters jw-wide", visible=False) as choosing:
                chosen = gr.Dropdown([], label=say("panel.panel", language), scale=2)
                item = gr.Dropdown([], label=say("panel.item", language), scale=3)
            with gr.Accordion(say("panel.nominate_title", language), open=False, visible=False) as naming:
                with gr.Row(elem_classes="jw-filters jw-wide"):
                    nomination = gr.Textbox(label=say("panel.nomination", language), max_lines=3, max_length=STATEMENT, scale=4)
                    because = gr.Textbox(label=say("panel.nomination_reason", language), max_lines=3, scale=3)
                    nominate = gr.Button(say("panel.nominate", language), scale=0, min_width=96)
                named = html("")
            with gr.Accordion(say("panel.declare", language), open=False, visible=False) as declaring:
                conflicts = gr.CheckboxGroup([], label=say("panel.conflicts", language))
                declare = gr.Button(say("panel.declare", language), scale=0)
                declared = html("")
            with gr.Row(elem_classes="jw-grid jw-rating", visible=False) as rating:
                with gr.Column(elem_classes="jw-surface"):
                    beside = html(empty(say("panel.pick", language), say("panel.pick_hint", language), "✎"))
                    html('<div class="jw-evidence-slot"></div>')
                with gr.Column(elem_classes="jw-surface jw-form") as forming:
                    form, target = _form(language)
                    with gr.Row():
                        save = gr.Button(say("panel.save", language), variant="primary")
                    said = html("")
            with gr.Accordion(say("panel.pairs", language), open=False, visible=False) as pairing:
                hint = html("")
                pair = gr.State([])
                with gr.Row():
                    sides = [gr.Button("", elem_classes="jw-pair") for _ in range(2)]
        parts = [part(hall, language, "panel_part", name, draw) for name, draw in organise.PARTS]

    def load(request: gr.Request) -> Any:
        found = _mine(hall, reader_of(hall, request))
        choices = [(p["title"], p["panel_id"]) for p in sorted(found, key=lambda p: p["state"] != "open")]
        return _overview(found, language), gr.update(choices=choices, value=choices[0][1] if choices else None), gr.update(visible=bool(choices))

    def count(request: gr.Request) -> str:
        return _overview(_mine(hall, reader_of(hall, request)), language)

    def pick(panel_id: str | None, request: gr.Request) -> Any:
        return _pick(hall, panel_id, reader_of(hall, request), language)

    def open_item(panel_id: str | None, risk_id: str | None, request: gr.Request) -> Any:
        return _open_item(hall, panel_id, risk_id, reader_of(hall, request), language)

    def store(request: gr.Request, panel_id: str | None, risk_id: str | None, into: str | None, *values: Any) -> Any:
        return _store(hall, panel_id, risk_id, into, values, reader_of(hall, request), language)

    def name(panel_id: str | None, words: str, why: str, request: gr.Request) -> Any:
        done = _said(lambda: judge.nominate(hall.desk, panel_id or "", words or "", reader_of(hall, request), why or ""), language)
        return (done, gr.skip(), gr.skip()) if done else (badge(say("panel.nominated_n", language, n=len(hall.desk.store.panels.nominations(panel_id or ""))), "good"), "", "")

    def own(panel_id: str | None, ids: list[str], request: gr.Request) -> str:
        return _said(lambda: judge.declare(hall.desk, panel_id or "", ids or [], reader_of(hall, request)), language) or badge(say("panel.declared", language, n=len(ids or [])), "good")

    def next_pair(panel_id: str | None, request: gr.Request) -> Any:
        return _next_pair(hall, panel_id, reader_of(hall, request), language)

    def choose(side: int) -> Any:
        def go(panel_id: str | None, ids: list[str], request: gr.Request) -> Any:
            failed = _said(lambda: judge.compare(hall.desk, panel_id or "", ids[side], ids[1 - side], reader_of(hall, request)), language) if len(ids) == 2 else ""
            return _next_pair(hall, panel_id, reader_of(hall, request), language) if not failed else (failed, *[gr.skip()] * 4)

        return go

    picked = [item, naming, declaring, conflicts, target, rating, forming]
    paired = [hint, pair, *sides, pairing]
    tab.select(load, None, [mine, chosen, choosing], **QUIET).then(pick, chosen, picked, **QUIET).then(next_pair, chosen, paired, **QUIET)
    chosen.change(pick, chosen, picked, **QUIET).then(next_pair, chosen, paired, **QUIET)
    again.click(count, None, mine, **QUIET)
    item.change(open_item, [chosen, item], [beside, *form.values()], **QUIET)
    form["verdict"].change(lambda v: gr.update(visible=v == "merge"), form["verdict"], target, **QUIET)
    save.click(store, [chosen, item, target, *form.values()], [said, item], **QUIET).then(count, None, mine, js="() => document.dispatchEvent(new Event('jw-saved'))", **QUIET)
    nominate.click(name, [chosen, nomination, because], [named, nomination, because], **QUIET)
    declare.click(own, [chosen, conflicts], declared, **QUIET)
    for side, button in enumerate(sides):
        button.click(choose(side), [chosen, pair], paired, **QUIET)
    only_for(hall, opening, [(tab, lambda r: r.role not in ("anonymous", "enterprise")), *((p, roles(*judge.SEERS)) for p in parts)])


def _said(work: Any, language: str) -> str:
    """Do something; the error as words, or nothing."""
    try:
        work()
    except JianweiError as error:
        return refusal(_in_words(error, language), language)
    return ""


def _in_words(error: JianweiError, language: str) -> JianweiError:
    """An error of the form with the field by its label in place of its name, and without the name of a verdict."""
    name, value = error.what.partition(" ")[0], "" if error.value in constants()["scales"]["verdict"] else error.value
    return type(error)(error.what.replace(name, say(f"form.{name}", language), 1) if known(f"form.{name}") else error.what, value, error.mend)


# ---- the form --------------------------------------------------------------------------------------------------------


def _form(language: str) -> tuple[dict[str, Any], Any]:
    """The fields of the rating form, in the order of the method; and the target of a merge."""
    scales = constants()["scales"]

    def options(name: str) -> list[tuple[str, str]]:
        return [(words if language == "zh" else key.replace("_", " "), key) for key, words in scales[name].items()]

    html(f'<p class="jw-dim">{e(say("form.scale", language))}</p>')
    form: dict[str, Any] = {"include": gr.Radio(options("include"), label=say("form.include", language), elem_classes="jw-pills")}
    for first in (0, 2, 4):
        with gr.Row():
            for name in SCORES[first : first + 2]:
                form[name] = gr.Radio([1, 2, 3, 4, 5], label=say(f"form.{name}", language), elem_classes="jw-pills")
    form["expected"] = gr.Radio(options("expected"), label=say("form.expected", language), elem_classes="jw-pills")
    form["familiarity"] = gr.Radio([(words if language == "zh" else key, int(key)) for key, words in scales["familiarity"].items()], label=say("form.familiarity", language), elem_classes="jw-pills")
    with gr.Row():
        for name, words in scales["basis"].items():
            form[f"basis.{name}"] = gr.Dropdown([("—", ""), *options("degree")], value="", label=say("form.basis_of", language, name=words if language == "zh" else name), min_width=110)
    form["verdict"] = gr.Radio(options("verdict"), value="accept", label=say("form.verdict", language), elem_classes="jw-pills")
    target = gr.Dropdown([], label=say("panel.merge_with", language), visible=False)
    for name in TEXTS:
        form[name] = gr.Textbox(label=say(f"form.{name}", language), lines=1, max_lines=4)
    return form, target


def _field_names() -> list[str]:
    return ["include", *SCORES, "expected", "familiarity", *(f"basis.{n}" for n in constants()["scales"]["basis"]), "verdict", *TEXTS]


def values_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """The form as the method takes it: unanswered fields left out, bases gathered."""
    basis = {n.removeprefix("basis."): v for n, v in form.items() if n.startswith("basis.") and v}
    plain = {n: v for n, v in form.items() if not n.startswith("basis.") and v not in (None, "")}
    return plain | ({"basis": basis} if basis else {})


def _flat(form: Mapping[str, Any]) -> dict[str, Any]:
    return {**form, **{f"basis.{n}": v for n, v in (form.get("basis") or {}).items()}}


# ---- panels and items ------------------------------------------------------------------------------------------------


def _mine(hall: Hall, reader: Reader) -> list[dict[str, Any]]:
    """The panels that the reader is a member of."""
    return [] if reader.role == "anonymous" else [p for p in judge.panels(hall.desk, reader) if p["member"]]


def _overview(found: Sequence[Mapping[str, Any]], language: str) -> str:
    if not found:
        return empty(say("panel.none", language), say("panel.none_hint", language), "✎")
    rows = [
        [
            f"<b>{e(p['title'])}</b>",
            badge(say(f"panel_state.{p['state']}", language), "good" if p["state"] == "open" else "dim"),
            e(say("panel.round_n", language, n=p["round"]) if p["round"] else say("panel.round_zero", language)) + e(say("panel.going" if p["round_open"] else "panel.over", language)),
            f"{p['responded']}/{p['members']}",
            str(p["items"]),
            badge(say("panel.chair" if p["chair"] else "panel.member", language), "calm"),
            signing(p["to_sign"], language) if p["to_sign"] else "—",
        ]
        for p in found
    ]
    names = ("panel", "state", "round", "responded", "items", "mine", "sign")
    return table([say(f"panel.{n}", language) for n in names], rows, classes="jw-cards-on-phone")


def _pick(hall: Hall, panel_id: str | None, reader: Reader, language: str) -> Any:
    """The items of a panel, and what its round allows: nominations in round 0, declarations by members."""
    try:
        sheet = judge.sheet(hall.desk, panel_id or "", reader)
    except JianweiError:
        return gr.update(choices=[], value=None, visible=False), *(gr.update(visible=False) for _ in range(2)), *(gr.update(choices=[]) for _ in range(2)), *(gr.update(visible=False) for _ in range(2))  # not a member, or none chosen
    items = _items(sheet)
    others = [(i["statement"][:50], i["risk_id"]) for i in sheet["items"]]
    live = not (sheet["closed"] or sheet["over"])
    opening = live and sheet["round"] == 0
    return (
        gr.update(choices=items, value=next((i for words, i in items if words.startswith("○")), items[0][1] if items else None), visible=True),
        gr.update(visible=opening, open=opening),
        gr.update(visible=live),
        gr.update(choices=others, value=sheet["conflicts"]),
        gr.update(choices=others),
        gr.update(visible=True),
        gr.update(visible=live and not opening),
    )


def _items(sheet: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(f"{'✓' if i['mine'] else '○'} {n}. {i['statement'][:40]}", i["risk_id"]) for n, i in enumerate(sheet["items"], 1)]


def _open_item(hall: Hall, panel_id: str | None, risk_id: str | None, reader: Reader, language: str) -> list[Any]:
    """The evidence of one item and what one has said of it already; basis and familiarity are carried over from the item before."""
    names = _field_names()
    blank: dict[str, Any] = {n: "" if n in TEXTS or n.startswith("basis.") else None for n in names} | {"verdict": "accept"}
    pick = empty(say("panel.pick", language), say("panel.pick_hint", language), "✎")
    try:
        sheet = judge.sheet(hall.desk, panel_id or "", reader)
        shown = next(i for i in sheet["items"] if i["risk_id"] == risk_id)
        beside = _evidence(hall, sheet, shown, reader, language)
    except (JianweiError, StopIteration):
        return [pick, *blank.values()]
    carried = {n: v for i in sheet["items"] if i["mine"] for n, v in _flat(i["mine"]).items() if n in ("familiarity", "confidence") or n.startswith("basis.")}
    held = {**carried, **({"verdict": "abstain"} if risk_id in sheet["conflicts"] else {}), **_flat(shown["mine"] or shown["before"] or {})}
    return [beside, *(held.get(n) or b for n, b in blank.items())]


def _evidence(hall: Hall, sheet: Mapping[str, Any], shown: Mapping[str, Any], reader: Reader, language: str) -> str:
    """What the expert sees: blind in round 1; from round 2 on the anonymous distribution, the reasons and the machine's score."""
    record = judge.evidence(hall.desk, sheet["panel_id"], shown["risk_id"], reader)
    step = {0: say("panel.round_zero", language), 1: say("panel.blind", language)}.get(sheet["round"]) or say("panel.round_n", language, n=sheet["round"])
    words = badge(step, "calm") + (badge(say("panel.concluded" if sheet["over"] else "panel.waiting", language), "dim") if sheet["closed"] or sheet["over"] else "")
    parts = [f'<p class="jw-marks">{words}</p>', _feedback(shown, language) if "distribution" in shown else ""]
    parts.append(risk_page.blind(record, hall.desk.signal_titles(record, reader), language))
    return "".join(parts)


def _feedback(shown: Mapping[str, Any], language: str) -> str:
    """The last round without names: how many gave each score, the reasons, and the machine's score."""
    machine = shown.get("machine") or {}
    rows = "".join(_distribution(say(f"risk.axis_{axis}", language), counts, machine.get(axis), language) for axis, counts in shown["distribution"].items())
    reasons = f"<ul>{''.join(f'<li>{e(r)}</li>' for r in shown['reasons'])}</ul>" if shown["reasons"] else ""
    return f'<section class="jw-feedback"><h3>{e(say("panel.feedback", language))}</h3>{rows}{reasons}</section>'


def _distribution(name: str, counts: Sequence[int], machine: Mapping[str, float] | None, language: str) -> str:
    most = max(counts) or 1
    bars = "".join(f'<span><i style="height:{round(36 * n / most)}px"></i><b>{n}</b><small>{score}</small></span>' for score, n in enumerate(counts, 1))
    words = "；".join(say("panel.scored", language, score=score, n=n) for score, n in enumerate(counts, 1) if n)
    beside = f'<small class="jw-dim">{e(say("panel.machine", language))} {machine["mean"]:.2f}</small>' if machine else ""
    return f'<div class="jw-dist"><span class="jw-dist-name">{e(name)}<br>{beside}</span><span class="jw-dist-bars" role="img" aria-label="{e(name)} {e(words)}">{bars}</span></div>'


def _store(hall: Hall, panel_id: str | None, risk_id: str | None, into: str | None, values: tuple[Any, ...], reader: Reader, language: str) -> Any:
    """Keep one judgement and go to the next item that is not rated."""
    if not panel_id or not risk_id:
        return f'<p class="jw-error" role="alert">{e(say("panel.pick", language))}</p>', gr.skip()
    form = values_of(dict(zip(_field_names(), values, strict=True)))
    missing = [say(f"form.{n}", language) for n in ("include", *SCORES, "expected") if n not in form] if form.get("verdict") != "abstain" else []
    if missing:
        return f'<p class="jw-error" role="alert">{e(say("panel.missing", language, fields="、".join(missing)))}</p>', gr.skip()
    if form.get("verdict") == "merge":
        form["detail"] = into or ""
    if failed := _said(lambda: judge.rate(hall.desk, panel_id, risk_id, form, reader), language):
        return failed, gr.skip()
    items = _items(judge.sheet(hall.desk, panel_id, reader))
    left = [i for words, i in items if words.startswith("○")]
    kept = badge(say("panel.saved", language, n=len(items) - len(left), total=len(items)), "good")
    return kept, gr.update(choices=items, value=left[0] if left else risk_id)


def _next_pair(hall: Hall, panel_id: str | None, reader: Reader, language: str) -> Any:
    """The next pair to compare: hint, ids, two buttons, whether the section is shown."""
    try:
        left = judge.to_compare(hall.desk, panel_id or "", reader)["pairs"]
    except JianweiError:
        return "", [], "", "", gr.update(visible=False)
    if not left:
        return badge(say("panel.pairs_none", language), "dim"), [], gr.update(value="—", interactive=False), gr.update(value="—", interactive=False), gr.update(visible=True)
    sides = [left[0][n] for n in ("first", "second")]
    shown = [gr.update(value=s["statement"], interactive=True) for s in sides]
    return f'<p class="jw-dim">{e(say("panel.pairs_hint", language, n=len(left)))}</p>', [s["risk_id"] for s in sides], *shown, gr.update(visible=True)
