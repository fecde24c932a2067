"""The organiser's desk of expert validation: open, invite, rounds, conclude, sign, results, learned weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import gradio as gr

from corpus.errors import JianweiError, NotFound
from risk import learn
from ui.api.base import Hall
from ui.app.parts import QUIET
from ui.app.reader import error_state, html, reader_of, refusal, warn
from ui.desk import judge
from ui.export import report_record
from ui.messages import say
from ui.pages.html import badge, e, table
from ui.pages.report import fragment
from ui.pages.risk import word


def build(hall: Hall, language: str, chosen: Any) -> list[Any]:
    """Lay out the desk for the panel in `chosen`; returns the finished events, after which the overview is drawn anew."""
    desk = hall.desk
    with gr.Row(elem_classes="jw-filters jw-wide"):
        title = gr.Textbox(label=say("panel.title", language), scale=2)
        field = gr.Textbox(label=say("risk.field", language))
        make = gr.Button(say("panel.open", language), scale=0, min_width=96)
    with gr.Row(elem_classes="jw-filters jw-wide"):
        user, group = gr.Textbox(label=say("panel.user", language)), gr.Textbox(label=say("panel.group", language))
        conflict, chair = gr.Textbox(label=say("panel.conflict", language)), gr.Checkbox(label=say("panel.chair", language))
        invite = gr.Button(say("panel.invite", language), scale=0, min_width=96)
    with gr.Row(elem_classes="jw-filters jw-wide"):
        start, close, conclude = (gr.Button(say(f"panel.{n}", language)) for n in ("start", "close", "conclude"))
        step = gr.Dropdown([(say(f"panel.step_{s}", language), s) for s in ("chair", "review", "issue")], value="chair", label=say("panel.step", language))
        sign = gr.Button(say("panel.sign", language))
    said = html("")
    with gr.Accordion(say("panel.results", language), open=False) as results:
        shown = html("")
    weigh = _weights(hall, language)

    def act(work: Any) -> Any:
        def go(request: gr.Request, *values: Any) -> str:
            try:
                done = work(*values, reader_of(hall, request))
            except JianweiError as error:
                warn(error, language)
                return refusal(error, language)
            return badge(say("panel.done", language, what=done if isinstance(done, (str, int)) else ""), "good")

        return go

    def sign_list(panel: str | None, which: str, reader: Any) -> str:
        found = next(iter(desk.store.panels.lists(panel or "")), None) if panel else None
        if found is None:
            raise NotFound("this panel has no list yet", panel or "", "conclude it first")
        judge.sign(desk, found["id"], which, reader)
        return str(found["id"])

    def enrol(panel: str | None, name: str, shared: str, ids: str, leads: bool, reader: Any) -> str:
        held = [i.strip() for i in (ids or "").replace("，", ",").split(",") if i.strip()]
        judge.invite(desk, panel or "", (name or "").strip(), reader, conflicts=held, chair=bool(leads), group=(shared or "").strip())
        return str(name)

    def show(panel: str | None, request: gr.Request) -> str:
        try:
            return _results(hall, panel or "", reader_of(hall, request), language)
        except JianweiError as error:
            return error_state(error, language)

    wires = [
        make.click(act(lambda t, f, reader: judge.open_panel(desk, t, reader, field=f or "")), [title, field], said, **QUIET),
        invite.click(act(enrol), [chosen, user, group, conflict, chair], said, **QUIET),
        start.click(act(lambda p, reader: judge.start_round(desk, p or "", reader)), chosen, said, **QUIET),
        close.click(act(lambda p, reader: judge.close_round(desk, p or "", reader)["number"]), chosen, said, **QUIET),
        conclude.click(act(lambda p, reader: judge.conclude(desk, p or "", reader)), chosen, said, **QUIET),
        sign.click(act(sign_list), [chosen, step], said, **QUIET),
    ]
    results.expand(show, chosen, shown, **QUIET)
    for wire in (*wires, weigh):
        wire.then(show, chosen, shown, **QUIET)
    chosen.change(show, chosen, shown, **QUIET)
    return wires


def _results(hall: Hall, panel: str, reader: Any, language: str) -> str:
    """The list's files and check, and the consultation report as it stands."""
    found = judge.rounds(hall.desk, panel, reader)
    parts = []
    for held in found["lists"]:
        files = " ".join(f'<a class="jw-link" href="/api/v1/panels/lists/{quote(held["id"])}.{f}" download>{f}</a>' for f in ("docx", "pdf", "xlsx"))
        check = badge(say("panel.verify" if held["intact"] else "panel.broken", language), "good" if held["intact"] else "bad", held["sha256"])
        parts.append(f'<p>{e(say("panel.list_files", language))} {files} {check} <code>{e(held["sha256"][:16])}…</code></p>')
    return "".join(parts) + fragment(report_record(judge.report(hall.desk, panel, reader)), language)


def _weights(hall: Hall, language: str) -> Any:
    with gr.Accordion(say("panel.weights", language), open=False):
        shown = html("")
        with gr.Row(elem_classes="jw-filters jw-wide"):
            ask = gr.Button(say("panel.weights_show", language))
            note = gr.Textbox(label=say("panel.weights_note", language))
            use = gr.Button(say("panel.weights_apply", language))

    def propose(request: gr.Request) -> str:
        try:
            reader_of(hall, request).require(*judge.SEERS)
            return proposal(learn.propose(hall.desk.store), language)
        except JianweiError as error:
            return error_state(error, language)

    def apply(words: str, request: gr.Request) -> str:
        try:
            learn.apply(hall.desk.store, reader_of(hall, request), words or "")
        except JianweiError as error:
            return refusal(error, language)
        return badge(say("done", language), "good")

    ask.click(propose, None, shown, **QUIET)
    return use.click(apply, note, shown, **QUIET)


def proposal(found: Mapping[str, Any], language: str) -> str:
    """Weights in force beside those proposed, with what they would gain."""
    if not found["enough"]:
        return f'<p class="jw-dim">{e(say("panel.weights_few", language))}</p>'
    parts = []
    for axis, held in found["axes"].items():
        rows = [[e(word("indicator", n, language)), f"{a:.3f}", f"{b:.3f}"] for n, a, b in zip(held["names"], held["now"], held["learned"], strict=True)]
        name = say(f"risk.axis_{axis}", language)
        words = say("panel.weights_words", language, axis=name, risks=held["risks"], pairs=held["pairs"], before=held["held_out_now"], after=held["held_out_learned"])
        parts.append(f"<p>{e(words)}</p>{table([say(f'panel.weights_{n}', language) for n in ('indicator', 'now', 'learned')], rows)}")
    return "".join(parts)
