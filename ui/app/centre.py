"""数据中心: sources and runs, schedule, quality, catalogue, doubts, applications, retirement, users, audit, models, backup."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

from corpus.access import ANONYMOUS, Reader
from corpus.errors import JianweiError
from ui.api.base import Hall
from ui.app.reader import error_state, html, reader_of, shown
from ui.desk import centre
from ui.messages import known, say
from ui.pages.html import badge, clock, e, empty, table

Draw = Callable[[Hall, Reader, str], str]


def build(hall: Hall, language: str, blocks: Any, tab: Any) -> None:
    """One panel a subject; each is drawn when it is opened."""
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    numbers = html("")
    with gr.Tabs():
        for name, draw, actions in PANELS:
            with gr.Tab(say(f"centre.{name}", language)) as part, gr.Column(elem_classes="jw-surface"):
                view = html(empty(say("loading", language), "", "…"))
                redraw = _redraw(hall, language, draw)
                part.select(redraw, None, view, **quiet)
                if name == "sources":
                    tab.select(redraw, None, view, **quiet)
                if actions:
                    actions(hall, language, view, redraw)

    def count(request: gr.Request) -> str:
        return shown(lambda: _numbers(hall, reader_of(hall, request), language), language)

    tab.select(count, None, numbers, **quiet)


def _redraw(hall: Hall, language: str, draw: Draw) -> Any:
    def go(request: gr.Request) -> str:
        return shown(lambda: draw(hall, reader_of(hall, request), language), language)

    return go


def _numbers(hall: Hall, reader: Reader, language: str) -> str:
    counts = hall.desk.store.documents.tally("kind", reader)
    cards = [(say(f"kind.{k}", language), f"{n:,}") for k, n in sorted(counts.items(), key=lambda x: -x[1])]
    return f'<div class="jw-cards">{"".join(f"<div class=jw-stat><b>{e(v)}</b><span>{e(n)}</span></div>" for n, v in cards)}</div>'


def _rows(names: Sequence[str], section: str, rows: Sequence[Mapping[str, Any]], language: str, cell: Callable[[str, Any], str] | None = None) -> str:
    if not rows:
        return empty(say("centre.empty", language), say("centre.empty_hint", language), "∅")
    show = cell or (lambda name, value: _value(name, value, language))
    heads = [say(f"{section}.{n}", language) if known(f"{section}.{n}") else n for n in names]
    return table(heads, ([show(n, r.get(n)) for n in names] for r in rows))


def _value(name: str, value: Any, language: str) -> str:
    """A value of a closed vocabulary in words."""
    if name in ("kind", "level", "access", "verified") and known(f"{name}.{value}"):
        return e(say(f"{name}.{value}", language))
    return e(clock(value)) if name.endswith("_at") else e(value)


def _share(value: float) -> str:
    return f'<span class="jw-fill"><i style="width:{round(100 * value)}%"></i></span><span class="jw-num">{value:.0%}</span>'


def sources(hall: Hall, reader: Reader, language: str) -> str:
    """Every source with its health, its last run and its next turn; those that were gathered first."""
    last: dict[str, Mapping[str, Any]] = {}
    for run in centre.runs(hall.desk, reader, limit=500):
        last.setdefault(run["source_id"], run)
    rows = [s | {"last": last.get(s["id"]), "next_at": s["turn"], "alarms": (s["health"] or {}).get("alarms", ())} for s in centre.stations(hall.desk, reader)]
    rows.sort(key=lambda r: (r["last"] is None and not r["documents"], r["id"]))
    drawn: dict[str, Callable[[Any, str], str]] = {"last": _run, "health": _health, "next_at": _turn, "alarms": _alarms}

    def cell(name: str, value: Any) -> str:
        return drawn[name](value, language) if name in drawn else _value(name, value, language)

    return _rows(("id", "publisher", "level", "kind", "access", "cycle", "security", "verified", "documents", "health", "last", "next_at", "alarms"), "source", rows, language, cell)


def _health(health: Mapping[str, Any] | None, language: str) -> str:
    state = health["state"] if health else "never"
    return badge(say(f"health.{state}", language), {"ok": "good", "late": "calm", "failing": "bad"}.get(state, "dim"))


def _turn(turn: Mapping[str, Any] | None, language: str) -> str:
    if turn is None:
        return ""
    return e(clock(turn["next_at"])) if turn["next_at"] else badge(say("source.paused", language), "dim")


def _alarms(alarms: Sequence[Sequence[str]], language: str) -> str:
    return "".join(badge(words, "bad") for _, words in alarms)


def _run(run: Mapping[str, Any] | None, language: str) -> str:
    if not run:
        return f'<span class="jw-dim">{e(say("source.never", language))}</span>'
    counts = run["counts"]
    bad = counts.get("failed", 0) or run["errors"]
    words = say("source.run", language, new=counts.get("new", 0), changed=counts.get("changed", 0), failed=counts.get("failed", 0))
    return f"{badge(clock(run['ended_at']), 'bad' if bad else 'good')} <small>{e(words)}</small>"


def schedule(hall: Hall, reader: Reader, language: str) -> str:
    """The schedule and the latest runs of jobs."""
    reader.require("operator", "admin", "auditor")
    planned = hall.runner.jobs() if hall.runner else []
    head = _rows(("name", "next", "trigger"), "job", planned, language, lambda n, v: e(say(f"job_name.{v}", language)) if n == "name" and known(f"job_name.{v}") else e(v))
    tone = {"done": "good", "failed": "bad", "running": "calm"}

    def cell(name: str, value: Any) -> str:
        if name == "state":
            return badge(say(f"job_state.{value}", language), tone.get(value, "dim"))
        return e(say(f"job_name.{value}", language)) if name == "name" else _value(name, value, language)

    return head + f"<h3>{e(say('centre.runs', language))}</h3>" + _rows(("name", "by", "started_at", "seconds", "state", "message"), "job", hall.desk.store.jobs.runs(limit=30), language, cell)


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


def doubts(hall: Hall, reader: Reader, language: str) -> str:
    """疑义校核."""
    return _rows(("n", "raised_at", "raised_by", "document_id", "answer_id", "field", "old", "said"), "doubt", centre.queue(hall.desk, "doubts", reader), language)


def applications(hall: Hall, reader: Reader, language: str) -> str:
    """Applications for 三级 data."""
    return _rows(("n", "applied_at", "user", "document_id", "purpose"), "application", centre.queue(hall.desk, "applications", reader), language)


def retirement(hall: Hall, reader: Reader, language: str) -> str:
    """数据退役."""
    rows = [r | {"title": r["record"].get("title", "")} for r in centre.retirements(hall.desk, reader)]
    return _rows(("n", "title", "document_id", "rule", "listed_at"), "retirement", rows, language)


def users(hall: Hall, reader: Reader, language: str) -> str:
    """Everyone."""
    reader.require("admin", "auditor")
    rows = [u.record() for u in hall.desk.store.people.all()]
    return _rows(("name", "display", "role", "ceiling", "state", "locked_until", "created_at"), "user", rows, language, lambda n, v: e(say(f"role.{v}", language)) if n == "role" else e(v))


def audit(hall: Hall, reader: Reader, language: str) -> str:
    """The latest entries of the chain, and whether it holds."""
    verdict = centre.verify_audit(hall.desk, reader)
    holds = badge(say("audit.holds", language, n=verdict["entries"]), "good") if verdict["broken"] is None else badge(say("audit.broken", language, n=verdict["broken"]), "bad")
    return f"<p>{holds}</p>" + _rows(("seq", "at", "actor", "action", "subject"), "audit", centre.audit_entries(hall.desk, reader, limit=100), language)


def models(hall: Hall, reader: Reader, language: str) -> str:
    """What answers, what embeds, and the versions of the constants."""
    reader.require("operator", "admin", "auditor", "official")
    s = hall.desk.settings
    rows = [{"name": say(f"model.{n}", language), "value": v or say("model.none", language)} for n, v in (("llm", s.llm), ("embedding", s.embedding), ("reranker", s.reranker))]
    rows += [{"name": say("model.sequence", language), "value": f"{hall.desk.retriever.sequence} / {hall.desk.store.documents.sequence()}"}]
    return _rows(("name", "value"), "model", rows, language)


def _run_jobs(hall: Hall, language: str, view: Any, redraw: Any) -> None:
    from ui.jobs import names

    with gr.Row(elem_classes="jw-filters"):
        chosen = gr.Dropdown([(say(f"job_name.{n}", language), n) for n in names()], value="crawl", label=say("job.name", language))
        now = gr.Button(say("job.run", language), size="sm")

    def run(name: str, request: gr.Request) -> str:
        reader = reader_of(hall, request)
        try:
            reader.require("operator", "admin")
            hall.need_runner().run_now(name, {}, reader.user)
        except JianweiError as error:
            return error_state(error, language)
        gr.Info(say("job.started", language))
        return str(redraw(request))

    now.click(run, chosen, view, show_progress="hidden", api_visibility="private")


def _tend(hall: Hall, language: str, view: Any, redraw: Any) -> None:
    """Gather one source now, pause it, put it back."""
    with gr.Row(elem_classes="jw-filters"):
        chosen = gr.Dropdown([(f"{s['publisher']}（{s['id']}）", s["id"]) for s in hall.desk.sources(ANONYMOUS)], label=say("source.chosen", language), filterable=True, allow_custom_value=True)
        buttons = {name: gr.Button(say(f"source.{name}", language), size="sm") for name in ("now", "pause", "resume")}

    def act(name: str) -> Any:
        def go(source_id: str | None, request: gr.Request) -> str:
            reader = reader_of(hall, request)
            try:
                if name == "now":
                    reader.require("operator", "admin")
                    hall.need_runner().run_now("crawl", {"sources": [source_id or ""]}, reader.user)
                    gr.Info(say("job.started", language))
                else:
                    centre.pause_source(hall.desk, source_id or "", reader, paused=name == "pause")
            except JianweiError as error:
                return error_state(error, language)
            return str(redraw(request))

        return go

    for name, button in buttons.items():
        button.click(act(name), chosen, view, show_progress="hidden", api_visibility="private")


def _settle(what: str) -> Any:
    def add(hall: Hall, language: str, view: Any, redraw: Any) -> None:
        with gr.Row(elem_classes="jw-filters"):
            number = gr.Number(label=say("doubt.n", language), precision=0, minimum=1)
            new = gr.Textbox(label=say("doubt.new" if what == "settle" else "application.until", language))
            reason = gr.Textbox(label=say("doubt.reason", language))
            yes, no = gr.Button(say("doubt.accept", language), size="sm", variant="primary"), gr.Button(say("doubt.refuse", language), size="sm")

        def decide(accept: bool) -> Any:
            def go(n: float | None, words: str, why: str, request: gr.Request) -> str:
                try:
                    extra = {"new": words or ""} if what == "settle" else {"until": words or ""}
                    centre.settle(hall.desk, what, int(n or 0), reader_of(hall, request), accept=accept, reason=why or "", **extra)
                except JianweiError as error:
                    return error_state(error, language)
                return str(redraw(request))

            return go

        for button, accept in ((yes, True), (no, False)):
            button.click(decide(accept), [number, new, reason], view, show_progress="hidden", api_visibility="private")

    return add


PANELS: tuple[tuple[str, Draw, Any], ...] = (
    ("sources", sources, _tend),
    ("schedule", schedule, _run_jobs),
    ("quality", quality, None),
    ("catalogue", catalogue, None),
    ("doubts", doubts, _settle("settle")),
    ("applications", applications, _settle("decide")),
    ("retirement", retirement, None),
    ("users", users, None),
    ("audit", audit, None),
    ("models", models, None),
)
