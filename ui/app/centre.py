"""数据中心: sources and runs, schedule, quality, catalogue, doubts, applications, retirement, users, audit, models, backups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from corpus.access import Reader
from ui.api.base import Hall
from ui.app.reader import html, reader_of, shown, waiting
from ui.desk import centre
from ui.messages import say
from ui.pages import centre as pages
from ui.pages.centre import rows_of as _rows
from ui.pages.centre import value_of as _value
from ui.pages.html import badge, clock, e

Draw = Callable[[Hall, Reader, str], str]
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build(hall: Hall, language: str, blocks: Any, tab: Any) -> None:
    """One panel a subject; each is drawn when it is opened, and again by its button or after something was done in it."""
    numbers = html("")
    with gr.Tabs():
        for name, draw in PANELS:
            with gr.Tab(say(f"centre.{name}", language)) as part, gr.Column(elem_classes="jw-surface jw-panel"):
                again = gr.Button(say("centre.refresh", language), size="sm", elem_classes="jw-refresh")
                view = html(waiting(language))
                gr.on([part.select, again.click, *([tab.select] if name == "sources" else [])], _redraw(hall, language, name, draw), None, view, **QUIET)

    def count(request: gr.Request) -> str:
        return shown(lambda: _numbers(hall, reader_of(hall, request), language), language)

    tab.select(count, None, numbers, **QUIET)


def _redraw(hall: Hall, language: str, name: str, draw: Draw) -> Any:
    def go(request: gr.Request) -> str:
        head = f'<header class="jw-panel-head"><h2>{e(say(f"centre.{name}", language))}</h2><p class="jw-dim">{e(say(f"centre_hint.{name}", language))} · {e(say("as_of", language))} {e(_now())}</p></header>'
        return head + shown(lambda: draw(hall, reader_of(hall, request), language), language)

    return go


def _now() -> str:
    from datetime import UTC, datetime

    return clock(datetime.now(UTC).isoformat())


def _numbers(hall: Hall, reader: Reader, language: str) -> str:
    counts = hall.desk.store.documents.tally("kind", reader)
    cards = [(say(f"kind.{k}", language), f"{n:,}") for k, n in sorted(counts.items(), key=lambda x: -x[1])]
    return f'<div class="jw-cards">{"".join(f"<div class=jw-stat><b>{e(v)}</b><span>{e(n)}</span></div>" for n, v in cards)}</div>'


def _share(value: float) -> str:
    return f'<span class="jw-fill"><i style="width:{round(100 * value)}%"></i></span><span class="jw-num">{value:.0%}</span>'


def quality(hall: Hall, reader: Reader, language: str) -> str:
    """Measures of every source."""

    def cell(name: str, value: Any) -> str:
        if name in ("completeness", "duplicate_share", "confidence"):
            return _share(value)
        return "".join(badge(a, "bad") for a in value) if name == "alarms" else e(value)

    return _rows(("source_id", "documents", "completeness", "timeliness", "duplicate_share", "confidence", "unread_attachments", "newest", "alarms"), "quality", centre.quality(hall.desk, reader), language, cell)


def catalogue(hall: Hall, reader: Reader, language: str) -> str:
    """数据编目 with downloads."""
    links = "".join(f'<a class="jw-button" href="{h}" download>{n}</a>' for n, h in (("CSV", "/api/v1/catalogue/holdings.csv"), ("JSON", "/api/v1/catalogue/holdings"), ("DCAT", "/api/v1/catalogue/dcat")))
    names = ("source_id", "publisher", "kind", "form", "level", "region_code", "security", "share", "open", "cycle", "documents", "last_seen_at")
    return f'<div class="jw-actions">{links}</div>' + _rows(names, "catalogue", centre.holdings(hall.desk, reader), language, lambda n, v: _value(n, v, language))


PANELS: tuple[tuple[str, Draw], ...] = (
    ("sources", pages.sources),
    ("schedule", pages.schedule),
    ("quality", quality),
    ("catalogue", catalogue),
    ("doubts", pages.doubts),
    ("applications", pages.applications),
    ("retirement", pages.retirement),
    ("users", pages.users),
    ("audit", pages.audit),
    ("models", pages.models),
    ("backups", pages.backups),
)
