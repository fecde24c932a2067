"""专家验证: one's panels, the rating form beside the evidence, progress, feedback of the last round; the organiser's desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import gradio as gr

from corpus.access import Reader
from corpus.errors import JianweiError, NotFound
from risk.panel_form import constants
from ui.api.base import Hall
from ui.app.reader import error_state, html, reader_of, warn
from ui.desk import judge
from ui.messages import say
from ui.pages import risk as risk_page
from ui.pages.html import badge, e, empty, table

SCORES = ("importance", "urgency", "likelihood", "province_impact", "controllability", "confidence")
TEXTS = ("interest", "reason", "counter_measures", "detail", "missed")


def build(hall: Hall, language: str, blocks: Any, tab: Any) -> None:
    """Lay out the tab and wire its events."""
    mine = html(empty(say("loading", language), "", "…"))
    with gr.Row(elem_classes="jw-surface jw-filters jw-wide"):
        chosen = gr.Dropdown([], label=say("panel.panel", language), scale=2)
        item = gr.Dropdown([], label=say("panel.item", language), scale=3)
    with gr.Row(elem_classes="jw-grid jw-rating"):
        with gr.Column(elem_classes="jw-surface"):
            beside = html(empty(say("panel.pick", language), say("panel.pick_hint", language), "✎"))
            html('<div class="jw-evidence-slot"></div>')
        with gr.Column(elem_classes="jw-surface jw-form"):
            form = _form(language)
            with gr.Row():
                save = gr.Button(say("panel.save", language), variant="primary")
            said = html("")
    with gr.Accordion(say("panel.organise", language), open=False):
        wires = _organiser(hall, language)

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def load(request: gr.Request) -> Any:
        found = _panels(hall, reader_of(hall, request))
        choices = [(p["title"], p["panel_id"]) for p in found]
        return _overview(found, language), gr.update(choices=choices, value=choices[0][1] if choices else None)

    def pick(panel_id: str | None, request: gr.Request) -> Any:
        return gr.update(choices=(items := _items(hall, panel_id, reader_of(hall, request), language)), value=items[0][1] if items else None)

    def open_item(panel_id: str | None, risk_id: str | None, request: gr.Request) -> Any:
        return _open_item(hall, panel_id, risk_id, reader_of(hall, request), language)

    def store(request: gr.Request, panel_id: str | None, risk_id: str | None, *values: Any) -> Any:
        return _store(hall, panel_id, risk_id, values, reader_of(hall, request), language)

    tab.select(load, None, [mine, chosen], **quiet).then(pick, chosen, item, **quiet)
    chosen.change(pick, chosen, item, **quiet)
    item.change(open_item, [chosen, item], [beside, *form.values()], **quiet)
    save.click(store, [chosen, item, *form.values()], [said, item], **quiet)
    for button in wires:
        button.then(load, None, [mine, chosen], **quiet)


def _form(language: str) -> dict[str, Any]:
    """The fields of the rating form, in the order of the method."""
    scales = constants()["scales"]

    def options(name: str) -> list[tuple[str, str]]:
        return [(words if language == "zh" else key, key) for key, words in scales[name].items()]

    form: dict[str, Any] = {"include": gr.Radio(options("include"), label=say("form.include", language), elem_classes="jw-pills")}
    with gr.Row():
        for name in SCORES[:2]:
            form[name] = gr.Radio([1, 2, 3, 4, 5], label=say(f"form.{name}", language), elem_classes="jw-pills")
    with gr.Row():
        for name in SCORES[2:4]:
            form[name] = gr.Radio([1, 2, 3, 4, 5], label=say(f"form.{name}", language), elem_classes="jw-pills")
    with gr.Row():
        for name in SCORES[4:]:
            form[name] = gr.Radio([1, 2, 3, 4, 5], label=say(f"form.{name}", language), elem_classes="jw-pills")
    form["expected"] = gr.Radio(options("expected"), label=say("form.expected", language), elem_classes="jw-pills")
    form["familiarity"] = gr.Radio([(words if language == "zh" else key, int(key)) for key, words in scales["familiarity"].items()], label=say("form.familiarity", language), elem_classes="jw-pills")
    with gr.Row():
        for name, words in scales["basis"].items():
            form[f"basis.{name}"] = gr.Dropdown([("—", ""), *options("degree")], value="", label=words if language == "zh" else name, min_width=110)
    form["verdict"] = gr.Radio(options("verdict"), value="accept", label=say("form.verdict", language), elem_classes="jw-pills")
    for name in TEXTS:
        form[name] = gr.Textbox(label=say(f"form.{name}", language), lines=1, max_lines=4)
    return form


def _field_names() -> list[str]:
    return ["include", *SCORES, "expected", "familiarity", *(f"basis.{n}" for n in constants()["scales"]["basis"]), "verdict", *TEXTS]


def values_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """The form as the method takes it: unanswered fields left out, bases gathered."""
    basis = {n.removeprefix("basis."): v for n, v in form.items() if n.startswith("basis.") and v}
    plain = {n: v for n, v in form.items() if not n.startswith("basis.") and v not in (None, "")}
    return plain | ({"basis": basis} if basis else {})


def _panels(hall: Hall, reader: Reader) -> list[dict[str, Any]]:
    return [] if reader.role == "anonymous" else judge.panels(hall.desk, reader)


def _overview(found: list[dict[str, Any]], language: str) -> str:
    if not found:
        return empty(say("panel.none", language), say("panel.none_hint", language), "✎")
    rows = [
        [
            e(p["title"]),
            badge(say(f"panel_state.{p['state']}", language), "good" if p["state"] == "open" else "dim"),
            e(say("panel.round_n", language, n=p["round"])),
            f"{p['responded']}/{p['members']}",
            str(p["items"]),
            badge(say("panel.member", language), "calm") if p["member"] else "",
            _reports(p, language),
        ]
        for p in found
    ]
    names = ("panel", "state", "round", "responded", "items", "mine", "report")
    return f'<div class="jw-surface-in">{table([say(f"panel.{n}", language) for n in names], rows)}</div>'


def _reports(p: Mapping[str, Any], language: str) -> str:
    return " ".join(f'<a class="jw-link" href="/api/v1/panels/{quote(p["panel_id"])}/report.{f}" download>{f}</a>' for f in ("docx", "pdf"))


def _items(hall: Hall, panel_id: str | None, reader: Reader, language: str) -> list[tuple[str, str]]:
    try:
        sheet = judge.sheet(hall.desk, panel_id or "", reader)
    except JianweiError:
        return []  # not a member, or no panel chosen: the overview says so
    return [(f"{'✓' if i['mine'] else '○'} {n}. {i['statement'][:40]}", i["risk_id"]) for n, i in enumerate(sheet["items"], 1)]


def _open_item(hall: Hall, panel_id: str | None, risk_id: str | None, reader: Reader, language: str) -> list[Any]:
    """The evidence of one item and what one has said of it already."""
    names = _field_names()
    blank = [None if n not in (*TEXTS, *(f"basis.{b}" for b in constants()["scales"]["basis"])) else "" for n in names]
    blank[names.index("verdict")] = "accept"
    if not panel_id or not risk_id:
        return [empty(say("panel.pick", language), say("panel.pick_hint", language), "✎"), *blank]
    try:
        sheet = judge.sheet(hall.desk, panel_id, reader)
        shown = next(i for i in sheet["items"] if i["risk_id"] == risk_id)
    except (JianweiError, StopIteration) as error:
        return [error_state(error if isinstance(error, JianweiError) else NotFound("no such item", risk_id), language), *blank]
    own = shown["mine"] or {}
    flat = {**own, **{f"basis.{k}": v for k, v in (own.get("basis") or {}).items()}}
    return [_evidence(hall, sheet, shown, reader, language), *(flat.get(n) or b for n, b in zip(names, blank, strict=True))]


def _evidence(hall: Hall, sheet: Mapping[str, Any], shown: Mapping[str, Any], reader: Reader, language: str) -> str:
    """What the expert sees: blind in round 1; from round 2 on the anonymous distribution, the reasons and the machine's score."""
    try:
        record = hall.desk.risk(shown["risk_id"], reader)
    except JianweiError:
        record = None  # an item that an expert nominated has no evidence of the machine
    words = badge(say("panel.blind", language) if sheet["round"] < 2 else say("panel.round_n", language, n=sheet["round"]), "calm")
    parts = [f'<p class="jw-marks">{words}</p>', risk_page.blind({**(record or {}), "statement": shown["statement"], "field": shown["field"]}, _titles(hall, record, reader), language)]
    parts.append(_feedback(shown, language) if "distribution" in shown else "")
    return "".join(parts)


def _titles(hall: Hall, record: Mapping[str, Any] | None, reader: Reader) -> dict[str, str]:
    return hall.desk.signal_titles(record, reader) if record else {}


def _feedback(shown: Mapping[str, Any], language: str) -> str:
    parts = [f"<h3>{e(say('panel.feedback', language))}</h3>"]
    for axis, counts in shown["distribution"].items():
        most = max(counts) or 1
        bars = [[str(score), f'<span class="jw-bar-h" style="width:{round(90 * n / most)}%"></span>', str(n)] for score, n in enumerate(counts, 1)]
        parts.append(table((say(f"risk.axis_{axis}", language), "", ""), bars))
    parts += [f"<ul>{''.join(f'<li>{e(r)}</li>' for r in shown['reasons'])}</ul>"] if shown["reasons"] else []
    machine = shown.get("machine")
    if machine:
        words = "　".join(f"{say(f'risk.axis_{a}', language)} {machine[a]['mean']:.2f}" for a in ("importance", "urgency"))
        parts.append(f'<p class="jw-dim">{e(say("panel.machine", language))} {e(words)}</p>')
    return "".join(parts)


def _store(hall: Hall, panel_id: str | None, risk_id: str | None, values: tuple[Any, ...], reader: Reader, language: str) -> Any:
    """Keep one judgement and go to the next item that is not rated."""
    if not panel_id or not risk_id:
        return f'<p class="jw-error" role="alert">{e(say("panel.pick", language))}</p>', gr.skip()
    form = values_of(dict(zip(_field_names(), values, strict=True)))
    try:
        judge.rate(hall.desk, panel_id, risk_id, form, reader)
    except JianweiError as error:
        return f'<p class="jw-error" role="alert">{e("；".join(p for p in (error.what, error.value, error.mend) if p))}</p>', gr.skip()
    items = _items(hall, panel_id, reader, language)
    left = [i for words, i in items if words.startswith("○")]
    kept = badge(say("panel.saved", language, n=len(items) - len(left), total=len(items)), "good")
    return kept, gr.update(choices=items, value=left[0] if left else risk_id)


def _organiser(hall: Hall, language: str) -> list[Any]:
    """Open, invite, start, close, conclude, sign. Returns the finished events, after which the overview is drawn anew."""
    with gr.Row():
        title = gr.Textbox(label=say("panel.title", language))
        field = gr.Textbox(label=say("risk.field", language))
        make = gr.Button(say("panel.open", language))
    with gr.Row():
        panel_id = gr.Textbox(label=say("panel.id", language))
        user = gr.Textbox(label=say("panel.user", language))
        chair = gr.Checkbox(label=say("panel.chair", language))
        invite = gr.Button(say("panel.invite", language))
    with gr.Row():
        start, close, conclude = (gr.Button(say(f"panel.{n}", language)) for n in ("start", "close", "conclude"))
        step = gr.Dropdown([(say(f"panel.step_{s}", language), s) for s in ("chair", "review", "issue")], value="chair", label=say("panel.step", language))
        sign = gr.Button(say("panel.sign", language))
    said = html("")
    desk = hall.desk

    def act(work: Any) -> Any:
        def go(request: gr.Request, *values: Any) -> str:
            try:
                done = work(*values, reader_of(hall, request))
            except JianweiError as error:
                warn(error)
                return error_state(error, language)
            return badge(say("panel.done", language, what=done if isinstance(done, (str, int)) else ""), "good")

        return go

    def sign_list(panel: str, which: str, reader: Reader) -> str:
        found = next(iter(desk.store.panels.lists(panel)), None)
        if found is None:
            raise NotFound("this panel has no list yet", panel, "conclude it first")
        judge.sign(desk, found["id"], which, reader)
        return str(found["id"])

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    return [
        make.click(act(lambda t, f, reader: judge.open_panel(desk, t, reader, field=f or "")), [title, field], said, **quiet),
        invite.click(act(lambda p, u, c, reader: judge.invite(desk, p, u, reader, chair=bool(c))), [panel_id, user, chair], said, **quiet),
        start.click(act(lambda p, reader: judge.start_round(desk, p, reader)), panel_id, said, **quiet),
        close.click(act(lambda p, reader: judge.close_round(desk, p, reader)["number"]), panel_id, said, **quiet),
        conclude.click(act(lambda p, reader: judge.conclude(desk, p, reader)), panel_id, said, **quiet),
        sign.click(act(sign_list), [panel_id, step], said, **quiet),
    ]
