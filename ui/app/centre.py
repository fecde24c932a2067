"""数据中心: sources and runs, schedule, quality, catalogue, doubts, applications, retirement, users, audit, models, backups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

from corpus.access import Reader
from ui.api.base import Hall
from ui.app import intake
from ui.app.parts import QUIET, Draw, Opening, only_for, part, roles
from ui.app.reader import html, reader_of, shown
from ui.desk import centre
from ui.messages import known, say
from ui.pages import centre as pages
from ui.pages.centre import rows_of as _rows
from ui.pages.html import badge, e


def build(hall: Hall, language: str, opening: Opening, tab: Any) -> None:
    """One panel a subject; each is drawn when it is opened, and again by its button or after something was done in it."""
    numbers = html("")
    with gr.Tabs():
        drawn = [(part(hall, language, "centre", name, draw, [tab.select] if name == "sources" else []), may) for name, draw, may in PANELS]
        drawn.append((intake.build(hall, language), roles("operator", "admin")))
    only_for(hall, opening, drawn)

    def count(request: gr.Request) -> str:
        return shown(lambda: _numbers(hall, reader_of(hall, request), language), language)

    tab.select(count, None, numbers, **QUIET)


def _numbers(hall: Hall, reader: Reader, language: str) -> str:
    counts = hall.desk.store.documents.tally("kind", reader)
    cards = [(say(f"kind.{k}", language), f"{n:,}") for k, n in sorted(counts.items(), key=lambda x: -x[1])]
    return f'<div class="jw-cards">{"".join(f"<div class=jw-stat><b>{e(v)}</b><span>{e(n)}</span></div>" for n, v in cards)}</div>'


def _share(value: float) -> str:
    return f'<span class="jw-num"><span class="jw-fill"><i style="width:{round(100 * value)}%"></i></span>{value:.0%}</span>'


def _fields(fill: Mapping[str, float], whole: float, language: str) -> str:
    """The share of filled fields, and of each field when it is opened."""
    rows = "".join(f"<dt>{e(say(f'field.{name}', language) if known(f'field.{name}') else name)}</dt><dd>{_share(rate)}</dd>" for name, rate in sorted(fill.items(), key=lambda x: x[1]))
    return f'<details class="jw-fold-text"><summary>{_share(whole)}</summary><dl class="jw-facts">{rows}</dl></details>' if rows else _share(whole)


def _trend(values: Sequence[float], language: str) -> str:
    """A line of the completeness by day, oldest first, with the change in points of a hundred; nothing for a single day."""
    if len(values) < 2:
        return "—"
    step = 64 / (len(values) - 1)
    points = " ".join(f"{1 + i * step:.1f},{17 - 16 * v:.1f}" for i, v in enumerate(values))
    words = say("quality.moved", language, days=len(values), before=f"{values[0]:.0%}", now=f"{values[-1]:.0%}")
    return f'<span class="jw-num"><svg width="66" height="18" role="img" aria-label="{e(words)}"><title>{e(words)}</title><polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg> {100 * (values[-1] - values[0]):+.0f}</span>'


def quality(hall: Hall, reader: Reader, language: str) -> str:
    """Measures of every source, with the trend of its completeness and what it gives alarm for."""
    measured = centre.quality(hall.desk, reader)
    rows = [q | {"completeness": (q["fill"], q["completeness"]), "trend": [h["completeness"] for h in centre.measures(hall.desk, reader, q["source_id"])]} for q in measured]
    publishers = {s["id"]: s["publisher"] for s in hall.desk.sources(reader)}

    def cell(name: str, value: Any) -> str:
        if name == "source_id":
            return f"<b>{e(say('quality.all', language))}</b>" if value == "*" else pages.named((publishers.get(value, value), value))
        if name == "completeness":
            return _fields(value[0], value[1], language)
        if name == "trend":
            return _trend(value, language)
        if name == "confidence":
            return _share(value)
        if name in ("duplicate_share", "ocr_share", "newest"):
            return f'<span class="jw-num">{e(value) if name == "newest" else f"{value:.0%}"}</span>'
        return ("".join(badge(centre.alarm(a, language), "bad") for a in value) or "—") if name == "alarms" else e(value)

    names = ("source_id", "documents", "completeness", "trend", "timeliness", "duplicate_share", "confidence", "ocr_share", "unread_attachments", "newest", "alarms")
    return _rows(names, "quality", rows, language, cell)


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
