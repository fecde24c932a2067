"""假设推演 of the risk tab: a risk or the whole list under assumed indicators, thresholds or mix of weights."""

from __future__ import annotations

from typing import Any

import gradio as gr

from risk.constants import constants
from ui.api.base import Hall
from ui.app.parts import QUIET
from ui.app.reader import html, reader_of, shown
from ui.desk import risks as desk
from ui.messages import say
from ui.pages import what_if as pages
from ui.pages.html import e, empty

ASSUMPTIONS = 2
"""So many may be made at once here; the command line and the API take any number."""


def build(hall: Hall, language: str) -> Any:
    """Lay out the part as a tab, hidden until it is shown to those who may see it; returns the tab."""
    with gr.Tab(say("risk_part.what_if", language), visible=False) as tab, gr.Column(elem_classes="jw-surface jw-panel"):
        html(f'<header class="jw-panel-head"><h2>{e(say("risk_part.what_if", language))}</h2><p class="jw-dim">{e(say("risk_part_hint.what_if", language))}</p></header>')
        with gr.Row(elem_classes="jw-filters jw-wide"):
            of = gr.Dropdown([(say("what_if.all", language), "")], value="", label=say("what_if.of", language))
        pairs: list[Any] = []
        for n in range(1, ASSUMPTIONS + 1):
            with gr.Row(elem_classes="jw-filters"):
                pairs.append(gr.Dropdown(names(language), value="", label=say("what_if.assume", language, n=n), scale=2))
                pairs.append(gr.Number(0.8, minimum=0, maximum=1, step=0.05, label=say("what_if.value", language), scale=1))
        go = gr.Button(say("what_if.go", language), variant="primary", elem_classes="jw-what-if-go")
        out = html(empty(say("what_if.start", language), say("what_if.start_hint", language), "≟"))

    def choose(request: gr.Request) -> Any:
        risks = hall.desk.risks(reader_of(hall, request))["risks"]
        return gr.update(choices=[(say("what_if.all", language), ""), *((f"{n}. {r['title']}", r["id"]) for n, r in enumerate(risks, 1) if r["stage"] != "identified")])

    def work_out(risk: str, first: str, a: float, second: str, b: float, request: gr.Request) -> str:
        assumed = {name: float(value or 0) for name, value in ((first, a), (second, b)) if name}
        return shown(lambda: _drawn(hall, risk or "", assumed, request, language), language)

    tab.select(choose, None, of, **QUIET)
    go.click(work_out, [of, *pairs], out, api_visibility="private")
    return tab


def names(language: str) -> list[tuple[str, str]]:
    """What may be assumed, in words and as the name that `risks what-if` takes."""
    rules = constants()
    found = [(say("what_if.none", language), "")]
    found += [(say("what_if.threshold", language, level=say(f"risk_level.{level}", language), axis=say(f"risk.axis_{axis}", language)), f"{level}.{axis}") for level in ("red", "orange", "yellow") for axis in ("importance", "urgency")]
    found += [(say(f"what_if.{name}", language), name) for name in ("probability", "lambda")]
    indicators = (n for axis in ("importance", "urgency") for n in rules[axis]["indicators"])
    return found + [(say("what_if.indicator", language, name=say(f"indicator.{n}", language)), n) for n in indicators]


def _drawn(hall: Hall, risk: str, assumed: dict[str, float], request: gr.Request, language: str) -> str:
    reader = reader_of(hall, request)
    if not assumed:
        return empty(say("what_if.start", language), say("what_if.start_hint", language), "≟")
    found = desk.what_if(hall.desk, risk, assumed, reader)
    return pages.one(found, desk.risk(hall.desk, risk, reader), language) if risk else pages.whole(found, language)
