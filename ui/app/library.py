"""政策库: faceted search, results, and the document with text, facts, timeline and relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import gradio as gr

from corpus.errors import JianweiError, NotPermitted
from corpus.models import Kind, Level, Status
from ui.api.base import Hall
from ui.app.parts import QUIET, Opening
from ui.app.reader import error_state, html, reader_of, waiting, warn
from ui.desk import library
from ui.messages import say
from ui.notify import subscribe as make_subscription
from ui.pages.html import badge, chips, e, empty, level_badge, validity_badge

FILTERS = ("text", "kind", "level", "status", "in_force", "region", "year", "without")
"""The last one holds what was recognised in the words and taken away again (`region:350200`)."""
EMPTY: dict[str, Any] = {"text": "", "kind": [], "level": [], "status": [], "in_force": False, "region": "", "year": "", "without": []}


def build(hall: Hall, language: str, opening: Opening, tab: Any) -> None:
    """Lay out the tab and wire its events."""
    page = gr.State(0)
    dropped = gr.Textbox(visible="hidden", elem_id="jw-unfilter", label="filter")
    with gr.Row(elem_classes="jw-grid jw-library"):
        with gr.Column(elem_classes="jw-facets jw-surface"):
            facets = _facets(language)
            subscribe = gr.Button(say("library.subscribe", language), size="sm")
        with gr.Column(elem_classes="jw-surface jw-sticky jw-results-col"):
            results = html(waiting(language))
            with gr.Row(elem_classes="jw-turning"):
                back = gr.Button(say("library.back", language), size="sm", interactive=False)
                more = gr.Button(say("library.more", language), size="sm", interactive=False)
        with gr.Column(elem_classes="jw-evidence-col jw-surface jw-sticky"):
            html(f'<div class="jw-doc-slot">{empty(say("library.pick", language), say("library.pick_hint", language), "☰")}</div>')
    _wire(hall, language, tab, facets, [results, page, back, more], dropped)

    def follow(place: str, request: gr.Request) -> None:
        reader = reader_of(hall, request)
        try:
            if reader.role == "anonymous":
                raise NotPermitted("this needs an account", reader.user, "sign in")
            make_subscription(hall.desk, reader.user, "policy.new", "inbox", "", {"region": place} if place else {})
        except JianweiError as error:
            return warn(error, language)
        gr.Info(say("library.subscribed", language))

    subscribe.click(follow, facets["region"], None, **QUIET)


def _facets(language: str) -> dict[str, Any]:
    """The filters, by name."""
    found: dict[str, Any] = {
        "text": gr.Textbox(label=say("library.search", language), placeholder=say("library.search_hint", language), max_lines=1, elem_id="jw-library-search"),
    }
    html(f'<button type="button" class="jw-button jw-fold" aria-expanded="false">{e(say("library.filters", language))}</button>')
    for name, label in (("kind", "field.kind"), ("level", "field.level"), ("status", "field.validity")):
        found[name] = gr.CheckboxGroup(_options(name, {}, (), language), label=say(label, language), elem_classes="jw-pills")
    found["in_force"] = gr.Checkbox(label=say("library.in_force", language), info=say("library.in_force_hint", language), elem_id="jw-in-force")
    found["without"] = gr.State([], time_to_live=7200)
    found["region"] = gr.Dropdown([(say("ask.any_region", language), "")], value="", label=say("field.region_code", language))
    found["year"] = gr.Dropdown([(say("library.any_year", language), "")], value="", label=say("library.year", language))
    return found


def _wire(hall: Hall, language: str, tab: Any, facets: dict[str, Any], outputs: list[Any], dropped: Any) -> None:
    filters = [facets[n] for n in FILTERS]

    def draw(request: gr.Request, page: int, values: Any) -> Any:
        return _drawn(hall, language, dict(zip(FILTERS, values, strict=True)), page, request)

    def show(request: gr.Request, *values: Any) -> Any:
        return draw(request, 0, values)

    def turn(step: int) -> Any:
        def go(request: gr.Request, now: int, *values: Any) -> Any:
            return draw(request, max(0, now + step), values)

        return go

    def drop(request: gr.Request, what: str, *values: Any) -> Any:
        return draw(request, 0, tuple(without(dict(zip(FILTERS, values, strict=True)), what).values()))

    def anew(request: gr.Request, *values: Any) -> Any:
        return draw(request, 0, (*values[:-1], []))  # other words are read afresh

    gr.on([tab.select, *(facets[n].input for n in FILTERS[1:-1])], show, filters, [*outputs, *filters], trigger_mode="always_last", **QUIET)
    facets["text"].submit(anew, filters, [*outputs, *filters], trigger_mode="always_last", **QUIET)
    dropped.change(drop, [dropped, *filters], [*outputs, *filters], **QUIET)
    outputs[3].click(turn(1), [outputs[1], *filters], [*outputs, *filters], **QUIET)
    outputs[2].click(turn(-1), [outputs[1], *filters], [*outputs, *filters], **QUIET)


def without(values: dict[str, Any], what: str) -> dict[str, Any]:
    """The filters after a chip was removed: `level=city`, or `all`; what follows `#` only makes the request new."""
    name, _, value = what.partition("#")[0].partition("=")
    if name not in values:
        return dict(EMPTY)
    if name == "without":
        return values | {name: [*values[name], value]}
    kept = [v for v in values[name] if v != value] if isinstance(values[name], list) else EMPTY[name]
    return values | {name: kept}


def _options(name: str, counts: Mapping[str, int], chosen: Any, language: str) -> list[tuple[str, str]]:
    """The values of a facet with their numbers; those that nothing has are left out unless chosen."""
    section = {"status": "validity"}.get(name, name)
    values = {"kind": (Kind.policy, Kind.notice, Kind.interpretation), "level": tuple(Level), "status": tuple(Status)}[name]
    shown = [v for v in values if not counts or counts.get(str(v)) or str(v) in (chosen or ())]
    return [(f"{say(f'{section}.{v}', language)} {counts.get(str(v), 0)}" if counts else say(f"{section}.{v}", language), str(v)) for v in shown]


def _drawn(hall: Hall, language: str, values: dict[str, Any], page: int, request: Any) -> Any:
    """Results, page, the two buttons, and the filters with their numbers."""
    reader = reader_of(hall, request)
    wanted = library.Wanted(values["text"] or "", tuple(values["kind"] or ()), tuple(values["level"] or ()), tuple(values["status"] or ()), values["region"] or "", values["year"] or "", "", page, tuple(values["without"] or ()), bool(values["in_force"]))
    try:
        found = library.browse(hall.desk, wanted, reader)
    except JianweiError as error:
        return error_state(error, language), page, *(gr.skip() for _ in range(2 + len(FILTERS)))
    places = {code: name for name, code in library.regions(hall.desk, reader)}
    last = (page + 1) * library.PAGE >= found["total"]
    turns = gr.update(interactive=page > 0), gr.update(interactive=not last)
    return _chips(values, places, language) + _understood(found["understood"], language) + _list(found, page, language), page, *turns, *_refreshed(values, found["counts"], places, language)


def _refreshed(values: Mapping[str, Any], counts: Mapping[str, Mapping[str, int]], places: Mapping[str, str], language: str) -> list[Any]:
    groups = [gr.update(choices=_options(n, counts[n], values[n], language), value=values[n] or []) for n in ("kind", "level", "status")]
    regions = [(say("ask.any_region", language), ""), *((_counted(name, sum(k for c, k in counts["region_code"].items() if library.within(c, code))), code) for code, name in places.items())]
    years = [(say("library.any_year", language), ""), *((_counted(y, counts["year"].get(y, 0)), y) for y in sorted({*counts["year"], *filter(None, [values["year"]])}, reverse=True))]
    return [gr.update(value=values["text"] or ""), *groups, bool(values["in_force"]), gr.update(choices=regions, value=values["region"] or ""), gr.update(choices=years, value=values["year"] or ""), values["without"] or []]


def _counted(name: str, n: int) -> str:
    return f"{name}（{n}）"


def _chips(values: Mapping[str, Any], places: Mapping[str, str], language: str) -> str:
    """The filters that are on, each removable."""
    on = [("text", "", f"“{values['text']}”")] if values["text"] else []
    for name in ("kind", "level", "status"):
        on += [(name, v, say(f"{'validity' if name == 'status' else name}.{v}", language)) for v in values[name] or ()]
    on += [("in_force", "1", say("library.in_force", language))] if values["in_force"] else []
    on += [("region", values["region"], places.get(values["region"], values["region"]))] if values["region"] else []
    on += [("year", values["year"], values["year"])] if values["year"] else []
    return chips([(f"{name}={value}", words) for name, value, words in on], language)


def _understood(read: Mapping[str, Any], language: str) -> str:
    """What was recognised in the words, each removable, and the official words that were searched beside them."""
    chips_ = "".join(_recognised(c, language) for c in read["chips"])
    also = "、".join(dict.fromkeys(w for words in read["added"].values() for w in words))
    beside = f'<small class="jw-dim">{e(say("library.also", language, words=also))}</small>' if also else ""
    return f'<div class="jw-on-row jw-understood" role="group" aria-label="{e(say("library.understood", language))}"><small class="jw-dim">{e(say("library.understood", language))}</small>{chips_}{beside}</div>' if chips_ or also else ""


def _recognised(c: Mapping[str, str], language: str) -> str:
    words = say("library.read_as", language, name=say(f"chip.{c['name']}", language), words=c["words"])
    drop = say("drop_filter", language, name=words)
    return f'<button type="button" class="jw-on jw-on-read" data-unfilter="without={e(c["name"])}:{e(c["value"])}" aria-label="{e(drop)}">{e(words)}<span aria-hidden="true">✕</span></button>'


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
    place = " ".join(p for p in r["path"][-2:] if not text.startswith(p))  # an article says its number itself
    snippet = f"<p>{e(place)} {e(text[:110])}{'…' if len(text) > 110 else ''}</p>" if text else ""
    mark = badge(r["notice"], "warn") if r["notice"] else ""
    where = " · ".join(p for p in (r["doc_number"], "、".join(r["issuers"][:2]), r["published_on"]) if p)
    kind = badge(say(f"kind.{r['kind']}", language), "plain")
    return (
        f'<li><a class="jw-result" href="/d/{quote(r["id"])}{span}" data-doc="{e(r["id"])}"><b>{e(r["title"])}</b><small>{e(where)}</small>{snippet}'
        f"{kind} {level_badge(r['level'], language)} {validity_badge(r['validity'], language)} {mark}</a></li>"
    )
