"""政策库: faceted search, results, and the document with text, facts, timeline and relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import gradio as gr

from corpus.errors import JianweiError, NotPermitted
from corpus.models import Kind, Level, Status
from ui.api.base import Hall
from ui.app.reader import html, reader_of, shown, warn
from ui.desk import library
from ui.messages import say
from ui.notify import subscribe as make_subscription
from ui.pages.html import badge, e, empty, level_badge, validity_badge


def build(hall: Hall, language: str, blocks: Any, tab: Any) -> None:
    """Lay out the tab and wire its events."""
    page = gr.State(0)
    with gr.Row(elem_classes="jw-grid jw-library"):
        with gr.Column(elem_classes="jw-facets jw-surface"):
            text = gr.Textbox(label=say("library.search", language), placeholder=say("library.search_hint", language), max_lines=1, elem_id="jw-library-search")
            kind = gr.CheckboxGroup(_options("kind", (Kind.policy, Kind.notice, Kind.interpretation), language), label=say("field.kind", language), elem_classes="jw-pills")
            level = gr.CheckboxGroup(_options("level", tuple(Level), language), label=say("field.level", language), elem_classes="jw-pills")
            status = gr.CheckboxGroup(_options("validity", tuple(Status), language), label=say("field.validity", language), elem_classes="jw-pills")
            region = gr.Dropdown([(say("ask.any_region", language), "")], value="", label=say("field.region_code", language))
            year = gr.Dropdown([(say("library.any_year", language), "")], value="", label=say("library.year", language))
            subscribe = gr.Button(say("library.subscribe", language), size="sm")
        with gr.Column(elem_classes="jw-surface jw-sticky"):
            results = html(empty(say("loading", language), "", "…"))
            with gr.Row():
                back = gr.Button(say("library.back", language), size="sm")
                more = gr.Button(say("library.more", language), size="sm")
        with gr.Column(elem_classes="jw-evidence-col jw-surface jw-sticky"):
            html(f'<div class="jw-doc-slot">{empty(say("library.pick", language), say("library.pick_hint", language), "☰")}</div>')

    filters = [text, kind, level, status, region, year]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def show(request: gr.Request, *values: Any) -> Any:
        return _show(hall, language, values, 0, request), 0

    def turn(step: int) -> Any:
        def go(request: gr.Request, now: int, *values: Any) -> Any:
            to = max(0, now + step)
            return _show(hall, language, values, to, request), to

        return go

    def options(request: gr.Request) -> Any:
        reader = reader_of(hall, request)
        found = library.browse(hall.desk, library.Wanted(), reader)
        any_region, any_year = (say("ask.any_region", language), ""), (say("library.any_year", language), "")
        years = [any_year, *((y, y) for y in sorted(found["counts"]["year"], reverse=True))]
        return gr.update(choices=[any_region, *library.regions(hall.desk, reader)]), gr.update(choices=years), _list(found, 0, language)

    def follow(place: str, request: gr.Request) -> None:
        reader = reader_of(hall, request)
        try:
            if reader.role == "anonymous":
                raise NotPermitted("this needs an account", reader.user, "sign in")
            make_subscription(hall.desk, reader.user, "policy.new", "inbox", "", {"region": place} if place else {})
        except JianweiError as error:
            return warn(error)
        gr.Info(say("library.subscribed", language))

    subscribe.click(follow, region, None, **quiet)
    tab.select(options, None, [region, year, results], **quiet)
    gr.on([text.submit, kind.change, level.change, status.change, region.change, year.change], show, filters, [results, page], trigger_mode="always_last", **quiet)
    more.click(turn(1), [page, *filters], [results, page], **quiet)
    back.click(turn(-1), [page, *filters], [results, page], **quiet)


def _options(section: str, values: tuple[Any, ...], language: str) -> list[tuple[str, str]]:
    return [(say(f"{section}.{v}", language), str(v)) for v in values]


def _show(hall: Hall, language: str, values: tuple[Any, ...], page: int, request: Any) -> str:
    text, kinds, levels, statuses, region, year = values
    wanted = library.Wanted(text or "", tuple(kinds or ()), tuple(levels or ()), tuple(statuses or ()), region or "", year or "", "", page)
    return shown(lambda: _list(library.browse(hall.desk, wanted, reader_of(hall, request)), page, language), language)


def _list(found: Mapping[str, Any], page: int, language: str) -> str:
    """One page of results."""
    if not found["rows"]:
        return empty(say("library.none", language), say("library.none_hint", language), "∅")
    first = page * library.PAGE + 1
    counts = say("library.counts", language, first=first, last=first + len(found["rows"]) - 1, total=found["total"], date=found["as_of"])
    return f'<p class="jw-counts" role="status">{e(counts)}</p><ul class="jw-results">{"".join(_item(r, language) for r in found["rows"])}</ul>'


def _item(r: Mapping[str, Any], language: str) -> str:
    span = f"?h={r['span'][0]}-{r['span'][1]}" if r["span"] else ""
    text = " ".join(r["snippet"].split())
    snippet = f"<p>{e(' '.join(r['path'][-2:]))} {e(text[:110])}{'…' if len(text) > 110 else ''}</p>" if text else ""
    mark = badge(say(f"notice.{r['notice']}", language), "warn") if r["notice"] in ("fictional", "digest") else ""
    where = " · ".join(p for p in (r["doc_number"], "、".join(r["issuers"][:2]), r["published_on"]) if p)
    kind = badge(say(f"kind.{r['kind']}", language), "plain")
    return (
        f'<li><a class="jw-result" href="/d/{quote(r["id"])}{span}" data-doc="{e(r["id"])}"><b>{e(r["title"])}</b><small>{e(where)}</small>{snippet}'
        f"{kind} {level_badge(r['level'], language)} {validity_badge(r['validity'], language)} {mark}</a></li>"
    )
