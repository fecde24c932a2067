"""惠企匹配: the enterprise's profile and what fits it, the 申报日历, one's subscriptions, and the coherence list of officials."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from corpus.access import Reader
from corpus.errors import BadInput, JianweiError
from corpus.report import Report, TableBlock
from ui.api.base import Hall
from ui.app.parts import QUIET, Opening, only_for, part, roles
from ui.app.reader import html, reader_of, shown, waiting, warn
from ui.desk import enterprise, library, reports
from ui.desk.enterprise import NUMBERS, SWITCHES, TEXTS
from ui.export import report_record
from ui.messages import known, say
from ui.notify import subscribe
from ui.pages import match as pages
from ui.pages.html import e, empty
from ui.pages.report import fragment

NAMES = (*TEXTS, *NUMBERS, *SWITCHES)


def build(hall: Hall, language: str, opening: Opening, tab: Any) -> None:
    """Lay out the tab and wire its events."""
    with gr.Tabs():
        with gr.Tab(say("match.tab_match", language)):
            _matching(hall, language, tab)
        with gr.Tab(say("match.tab_calendar", language)) as calendar:
            _listing(hall, language, calendar, enterprise.calendar, "/api/v1/calendar", ics=True)
        with gr.Tab(say("match.tab_chain", language)):
            _chain(hall, language)
        mine = part(hall, language, "match_part", "subscriptions", _subscriptions)
        with gr.Tab(say("match.tab_coherence", language), visible=False) as coherence:
            _listing(hall, language, coherence, enterprise.coherence, "/api/v1/coherence")
    only_for(hall, opening, [(mine, lambda r: r.role != "anonymous"), (coherence, roles("official", "operator", "auditor"))])


def _matching(hall: Hall, language: str, tab: Any) -> None:
    with gr.Row(elem_classes="jw-grid jw-matching"):
        with gr.Column(elem_classes="jw-surface jw-profile"):
            html(f'<p class="jw-dim">{e(say("match.private", language))}</p>')
            saved = gr.Dropdown([], value=None, label=say("match.saved", language), visible=False)
            upload = gr.UploadButton(say("match.upload", language), file_types=[".toml"], type="filepath", size="sm")
            fields = _form(language)
            with gr.Row():
                go = gr.Button(say("match.go", language), variant="primary")
                keep = gr.Button(say("match.keep", language), visible=False)
                drop = gr.Button(say("match.drop", language), visible=False)
                follow = gr.Button(say("match.follow", language), visible=False)
        with gr.Column(elem_classes="jw-surface"):
            out = html(empty(say("match.start", language), say("match.start_hint", language), "◇"))

    def run(request: gr.Request, *values: Any) -> str:
        return shown(lambda: pages.fragment(reports.match(hall.desk, _facts(values), reader_of(hall, request)), language), language)

    def store(request: gr.Request, *values: Any) -> Any:
        reader = reader_of(hall, request)
        name = _tried(lambda: enterprise.keep(hall.desk, _facts(values), reader))
        return _kept(hall, reader, name)

    def remove(name: str | None, request: gr.Request) -> Any:
        reader = reader_of(hall, request)
        if name:
            _tried(lambda: hall.desk.store.profiles.remove(enterprise.owner(reader), name))
        return _kept(hall, reader, None)

    def watch(name: str | None, request: gr.Request) -> None:
        reader = reader_of(hall, request)
        for kind in ("match.changed", "deadline") if name else ():
            _tried(partial(_follow, hall, reader, kind, str(name)))
        gr.Info(say("match.followed" if name else "match.follow_first", language))

    def load(name: str | None, request: gr.Request) -> Any:
        facts = _tried(lambda: hall.desk.store.profiles.get(enterprise.owner(reader_of(hall, request)), name)) if name else None
        return _filled(facts)

    def read(path: str | None) -> Any:
        return _filled(_tried(lambda: enterprise.read_toml(Path(path).read_bytes())) if path else None)

    go.click(run, fields, out, **QUIET)
    keep.click(store, fields, [saved, drop, follow], **QUIET)
    drop.click(remove, saved, [saved, drop, follow], **QUIET)
    follow.click(watch, saved, None, **QUIET)
    saved.input(load, saved, fields, **QUIET)
    upload.upload(read, upload, fields, **QUIET)
    _on_open(hall, tab, saved, [keep, drop, follow])


def _kept(hall: Hall, reader: Reader, chosen: str | None) -> Any:
    """The chooser of kept profiles, and whether one can be removed or followed."""
    names = enterprise.names(hall.desk, reader)
    return gr.update(choices=names, value=chosen, visible=bool(names)), *(gr.update(visible=bool(names)) for _ in range(2))


def _follow(hall: Hall, reader: Any, kind: str, profile: str) -> Any:
    return subscribe(hall.desk, enterprise.owner(reader), kind, "inbox", "", {"profile": profile})


def _on_open(hall: Hall, tab: Any, saved: Any, acts: list[Any]) -> None:
    """Kept profiles and what may be done to one; a visitor, who can keep none, is shown neither."""

    def opened(request: gr.Request) -> Any:
        reader = reader_of(hall, request)
        known, names = reader.role != "anonymous", enterprise.names(hall.desk, reader)
        return gr.update(choices=names, visible=bool(names)), gr.update(visible=known), *(gr.update(visible=bool(names)) for _ in acts[1:])

    tab.select(opened, None, [saved, *acts], **QUIET)


def _form(language: str) -> list[Any]:
    """Components in the order of NAMES; a fact left open is not said, never taken as no."""
    answers = [(say("match.open", language), ""), (say("match.yes", language), "yes"), (say("match.no", language), "no")]
    texts = [gr.Textbox(label=say(f"fact.{n}", language), placeholder=_example(n, language), max_lines=1) for n in (*TEXTS, *NUMBERS)]  # a Number shows a blank as 0, which would be a fact
    return [*texts, *(gr.Radio(answers, value="", label=say(f"fact.{n}", language), elem_classes="jw-pills") for n in SWITCHES)]


def _example(name: str, language: str) -> str:
    return say(f"fact_example.{name}", language) if known(f"fact_example.{name}") else ""


def _facts(values: tuple[Any, ...]) -> dict[str, Any]:
    said = dict(zip(NAMES, values, strict=True))
    if not any(v not in (None, "") for n, v in said.items() if n != "name"):
        raise BadInput("the profile is empty", "", "fill in the place and what is known")
    return enterprise.checked({n: {"yes": True, "no": False}.get(v) if n in SWITCHES else _number(n, v) if n in NUMBERS else v for n, v in said.items()})


def _number(name: str, text: str | None) -> float | None:
    """A number as people write it (12,000,000); None for a blank, which is not 0."""
    plain = (text or "").replace(",", "").replace("，", "").strip()
    try:
        return float(plain) if plain else None
    except ValueError as error:
        raise BadInput(f"{name} is a number of at least 0", text, "write it without units, money in yuan") from error


def _filled(facts: dict[str, Any] | None) -> list[Any]:
    if facts is None:
        return [gr.skip() for _ in NAMES]
    said = {True: "yes", False: "no", None: ""}
    return [said[facts.get(n)] if n in SWITCHES else _written(facts.get(n, "")) for n in NAMES]


def _written(value: Any) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _tried(make: Callable[[], Any]) -> Any:
    """What `make` gives; None, with a message over the page, for an error of ours."""
    try:
        return make()
    except JianweiError as error:
        return warn(error)


def _chain(hall: Hall, language: str) -> None:
    """承接链 of a topic at a place."""
    with gr.Row(elem_classes="jw-surface jw-filters jw-wide"):
        topic = gr.Textbox(label=say("match.topic", language), placeholder=say("match.topic_hint", language), max_lines=1)
        place = gr.Textbox(label=say("field.region_code", language), placeholder=say("match.any_place", language), max_lines=1)
        go = gr.Button(say("match.chain_go", language), variant="primary", scale=0, min_width=110)
    with gr.Column(elem_classes="jw-surface"):
        out = html(empty(say("match.chain_start", language), say("match.chain_start_hint", language), "◇"))

    def show(words: str, where: str, request: gr.Request) -> str:
        reader, region = reader_of(hall, request), (where or "").strip()
        query = "?" + urlencode({"topic": words or "", "region": region})
        return shown(lambda: _report(enterprise.chain(hall.desk, words or "", reader, region), language, "/api/v1/chain", query), language)

    gr.on([go.click, topic.submit, place.submit], show, [topic, place], out, trigger_mode="always_last", **QUIET)


def _listing(hall: Hall, language: str, tab: Any, make: Callable[..., Any], address: str, *, ics: bool = False) -> None:
    """A report of a place: filled when its tab opens, and again for another place; with links to its files."""
    with gr.Row(elem_classes="jw-surface jw-filters jw-wide"):
        place = gr.Textbox(label=say("field.region_code", language), placeholder=say("match.any_place", language), max_lines=1)
    with gr.Column(elem_classes="jw-surface"):
        out = html(waiting(language))

    def show(where: str, request: gr.Request) -> str:
        reader, region = reader_of(hall, request), (where or "").strip()
        query = "?" + urlencode({"region": region})
        file = f'<p class="jw-actions jw-above"><a download href="{e(address)}.ics{e(query)}">{e(say("doc.calendar", language))}</a></p>' if ics else ""
        return shown(lambda: file + _report(make(hall.desk, reader, region), language, address, query), language)

    gr.on([tab.select, place.submit], show, place, out, trigger_mode="always_last", **QUIET)


def _report(report: Report, language: str, address: str, query: str) -> str:
    """A report, or the empty state when nothing stands in it."""
    if all(isinstance(b, TableBlock) and not b.rows for b in report.blocks):
        return empty(say("match.no_rows", language), f"{say('as_of', language)} {report.as_of}", "∅")
    return fragment(report_record(report), language, address, query)


def _subscriptions(hall: Hall, reader: Reader, language: str) -> str:
    """One's subscriptions, each to be ended, and a form for a further one."""
    rows = hall.desk.store.outbox.subscriptions(enterprise.owner(reader))
    places = [[say("ask.any_region", language), ""], *([name, code] for name, code in library.regions(hall.desk, reader))]
    return pages.subscriptions(rows, places, enterprise.watched(hall.desk, rows, reader), language)
