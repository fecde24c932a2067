"""数据中心: sources and runs, schedule, quality, catalogue, doubts, applications, retirement, users, audit, models, backups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from corpus.access import Reader
from ui.api.base import Hall
from ui.app import intake
from ui.app.parts import QUIET, Draw, only_for, part, roles
from ui.app.reader import html, reader_of, shown
from ui.desk import centre
from ui.messages import say
from ui.pages import centre as pages
from ui.pages.centre import rows_of as _rows
from ui.pages.html import badge, e


def build(hall: Hall, language: str, blocks: Any, tab: Any) -> None:
    """One panel a subject; each is drawn when it is opened, and again by its button or after something was done in it."""
    numbers = html("")
    with gr.Tabs():
        drawn = [(part(hall, language, "centre", name, draw, [tab.select] if name == "sources" else []), may) for name, draw, may in PANELS]
        drawn.append((intake.build(hall, language), roles("operator", "admin")))
    only_for(hall, blocks, drawn)

    def count(request: gr.Request) -> str:
        return shown(lambda: _numbers(hall, reader_of(hall, request), language), language)

    tab.select(count, None, numbers, **QUIET)


def _numbers(hall: Hall, reader: Reader, language: str) -> str:
    counts = hall.desk.store.documents.tally("kind", reader)
    cards = [(say(f"kind.{k}", language), f"{n:,}") for k, n in sorted(counts.items(), key=lambda x: -x[1])]
    return f'<div class="jw-cards">{"".join(f"<div class=jw-stat><b>{e(v)}</b><span>{e(n)}</span></div>" for n, v in cards)}</div>'


def _share(value: float) -> str:
    return f'<span class="jw-fill"><i style="width:{round(100 * value)}%"></i></span><span class="jw-num">{value:.0%}</span>'


def quality(hall: Hall, reader: Reader, language: str) -> str:
    """Measures of every source."""

    publishers = {s["id"]: s["publisher"] for s in hall.desk.sources(reader)}

    def cell(name: str, value: Any) -> str:
        if name == "source_id":
            return f"<b>{e(say('quality.all', language))}</b>" if value == "*" else pages.named((publishers.get(value, value), value))
        if name in ("completeness", "duplicate_share", "confidence"):
            return _share(value)
        return ("".join(badge(a, "bad") for a in value) or "—") if name == "alarms" else e(value)

    return _rows(("source_id", "documents", "completeness", "timeliness", "duplicate_share", "confidence", "unread_attachments", "newest", "alarms"), "quality", centre.quality(hall.desk, reader), language, cell)


def catalogue(hall: Hall, reader: Reader, language: str) -> str:
    """数据编目 with downloads."""
    links = "".join(f'<a class="jw-button" href="{h}" download>{n}</a>' for n, h in (("CSV", "/api/v1/catalogue/holdings.csv"), ("JSON", "/api/v1/catalogue/holdings"), ("DCAT", "/api/v1/catalogue/dcat")))
    names = ("source_id", "publisher", "kind", "form", "level", "region_code", "security", "share", "open", "cycle", "documents", "stored_at")
    return f'<div class="jw-actions">{links}</div>' + _rows(names, "catalogue", centre.holdings(hall.desk, reader), language)


WATCHERS = roles("operator", "auditor", "admin")
PANELS: tuple[tuple[str, Draw, Callable[[Reader], bool]], ...] = (
    ("sources", pages.sources, lambda _: True),
    ("schedule", pages.schedule, WATCHERS),
    ("quality", quality, lambda _: True),
    ("catalogue", catalogue, lambda _: True),
    ("doubts", pages.doubts, WATCHERS),
    ("applications", pages.applications, lambda r: r.role != "anonymous"),
    ("retirement", pages.retirement, WATCHERS),
    ("users", pages.users, roles("admin", "auditor")),
    ("audit", pages.audit, roles("admin", "auditor")),
    ("models", pages.models, roles("operator", "admin", "auditor", "official")),
    ("backups", pages.backups, WATCHERS),
)
"""The parts with those who have use of them; what each shows is checked where it is read."""
