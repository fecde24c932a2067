"""A part of a tab that is drawn when it is opened, and again by its button or after something was done in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from corpus.access import Reader
from ui.api.base import Hall
from ui.app.reader import html, reader_of, shown, waiting
from ui.messages import say
from ui.pages.html import clock, e

Draw = Callable[[Hall, Reader, str], str]
Opening = list[tuple[Callable[[gr.Request], Sequence[Any]], Sequence[Any]]]
"""What is filled when the page opens: a maker of values, and their components. All of it is one event: a browser holds six connections to a host, and the first question needs one."""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def part(hall: Hall, language: str, section: str, name: str, draw: Draw, also: Sequence[Any] = ()) -> Any:
    """Lay out one part as a tab, hidden until `only_for` shows it; `also` are further events that draw it. Returns the tab."""
    with gr.Tab(say(f"{section}.{name}", language), visible=False) as tab, gr.Column(elem_classes="jw-surface jw-panel"):
        again = gr.Button(say("centre.refresh", language), size="sm", elem_classes="jw-refresh")
        view = html(waiting(language))
        gr.on([tab.select, again.click, *also], _redraw(hall, language, section, name, draw), None, view, **QUIET)
    return tab


def _redraw(hall: Hall, language: str, section: str, name: str, draw: Draw) -> Callable[..., str]:
    def go(request: gr.Request) -> str:
        now = clock(datetime.now(UTC).isoformat())
        hint = f"{say(f'{section}_hint.{name}', language)} · {say('as_of', language)} {now}"
        head = f'<header class="jw-panel-head"><h2>{e(say(f"{section}.{name}", language))}</h2><p class="jw-dim">{e(hint)}</p></header>'
        return head + shown(lambda: draw(hall, reader_of(hall, request), language), language)

    return go


def only_for(hall: Hall, opening: Opening, tabs: Sequence[tuple[Any, Callable[[Reader], bool]]]) -> None:
    """Show each hidden tab to those readers that have use of it (what it holds checks the role itself); Gradio can show a tab later, not hide it."""

    def look(request: gr.Request) -> list[Any]:
        reader = reader_of(hall, request)
        return [gr.update(visible=may(reader)) for _, may in tabs]

    opening.append((look, [tab for tab, _ in tabs]))


def roles(*names: str) -> Callable[[Reader], bool]:
    """Whether a reader has one of these roles (the local operator has all)."""
    return lambda reader: reader.role in (*names, "local")
