"""风险清单: the ranked list with levels, pictures, filters, time machine, evidence, alerts to answer, bulletins, export."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from corpus.access import Reader
from corpus.errors import JianweiError
from risk import bulletin as kept
from risk.constants import constants
from risk.taxonomy import home_taxonomy
from ui.api.base import Hall
from ui.app import plots, what_if
from ui.app.parts import QUIET, Draw, Opening, only_for, part, roles
from ui.app.reader import error_state, html, reader_of, shown, waiting
from ui.desk import alerts, today
from ui.desk import risks as desk
from ui.messages import say
from ui.pages import risk as pages
from ui.pages import watch
from ui.pages import what_if as assumed
from ui.pages.html import badge, e, empty, risk_badge

LISTED = tuple(constants()["list_roles"])
SEERS = roles("official", "operator", "admin", "auditor")


def build(hall: Hall, language: str, opening: Opening, tab: Any) -> None:
    """Lay out the tab and wire its events."""
    with gr.Tabs():
        with gr.Tab(say("risk_part.list", language)):
            with gr.Row(elem_classes="jw-surface jw-filters"):
                field = gr.Dropdown([(say("risk.any_field", language), "")], value="", label=say("risk.field", language), scale=1)
                kind_of = gr.Dropdown([(say("risk.any_type", language), ""), *((s, s) for s in home_taxonomy(hall.desk.settings.home).steps())], value="", label=say("risk.type_path", language), scale=1)
                stage = gr.Dropdown([(say("risk.any_stage", language), ""), *((say(f"risk_stage.{s}", language), s) for s in ("identified", "scored", "validated"))], value="", label=say("risk.stage", language), scale=1)
                as_of = gr.Textbox(label=say("risk.as_of", language), placeholder=say("ask.as_of_hint", language), max_lines=1, scale=1)
                files = html(_files("", "", "", language), elem_classes="jw-files")
            with gr.Row(elem_classes="jw-grid jw-risks"):
                with gr.Column(elem_classes="jw-surface jw-sticky jw-panel"):
                    last = gr.Button("", size="sm", visible=False, elem_classes="jw-last-day")
                    again = gr.Button(say("centre.refresh", language), size="sm", elem_classes="jw-refresh")
                    rows = html(waiting(language))
                with gr.Column(elem_classes="jw-evidence-col jw-surface jw-sticky"):
                    html(f'<div class="jw-risk-slot">{empty(say("risk.pick", language), say("risk.pick_hint", language), "△")}</div><div class="jw-evidence-slot"></div>')
        with gr.Tab(say("risk_part.pictures", language)) as drawn, gr.Column(elem_classes="jw-surface"):
            html(f'<p class="jw-dim">{e(say("risk_part.pictures_hint", language))}</p>')
            kind = gr.Radio([(say(f"picture.{k}", language), k) for k in plots.KINDS], value="plane", label=say("picture.kind", language), show_label=False, container=False, elem_classes="jw-pills")
            of = gr.Dropdown([], label=say("picture.of", language), visible=False)
            picture = gr.Plot(show_label=False)
            nothing = html(empty(say("risk.none", language), say("risk.none_hint", language), "△"), visible=False)
        parts = [part(hall, language, "risk_part", name, draw) for name, draw in PARTS]
        parts.insert(2, _moves(hall, language))
        parts.append(what_if.build(hall, language))
    only_for(hall, opening, [(tab, roles(*LISTED)), *((p, SEERS) for p in parts)])

    def show(chosen: str, type_: str, at: str, day: str, which: str, one: str | None, request: gr.Request) -> Any:
        return _show(hall, language, reader_of(hall, request), chosen or "", type_ or "", at or "", day or "", which, one)

    def draw(chosen: str, type_: str, at: str, day: str, which: str, one: str | None, request: gr.Request) -> Any:
        try:
            found = hall.desk.risks(reader_of(hall, request), as_of=day or "", field=chosen or "", stage=at or "", type_=type_ or "")
        except JianweiError:
            return _NO_PICTURE
        return _draw(hall, reader_of(hall, request), found, which, one, chosen or "", language)

    inputs = [field, kind_of, stage, as_of, kind, of]
    def last_day(day: str, request: gr.Request) -> str:
        found = hall.desk.risks(reader_of(hall, request), as_of=day or "")
        return str(found["last_list"] or found["first_list"] or day)

    whole = [rows, picture, of, nothing, field, files, last]
    gr.on([tab.select, field.change, kind_of.change, stage.change, as_of.submit, again.click], show, inputs, whole, trigger_mode="always_last", **QUIET)
    last.click(last_day, as_of, as_of, **QUIET).then(show, inputs, whole, **QUIET)
    gr.on([kind.change, of.input, drawn.select], draw, inputs, [picture, of, nothing], trigger_mode="always_last", **QUIET)


# ---- the list --------------------------------------------------------------------------------------------------------


def _show(hall: Hall, language: str, reader: Reader, field: str, type_: str, stage: str, as_of: str, which: str, one: str | None) -> Any:
    try:
        found = hall.desk.risks(reader, as_of=as_of, field=field, stage=stage, type_=type_)
        everything = found if not (field or stage or type_) else hall.desk.risks(reader, as_of=as_of)
    except JianweiError as error:
        return error_state(error, language), *_NO_PICTURE, gr.skip(), _files(field, type_, as_of, language), _HIDDEN
    fields = sorted({r["field"] for r in everything["risks"] if r["field"]})
    choices = [(say("risk.any_field", language), ""), *((f, f) for f in fields)]
    picture = _draw(hall, reader, found, which, one, field, language)
    until = found["last_list"] or found["first_list"]
    offer = gr.update(value=say("risk.see_day", language, until=until), visible=True) if until else _HIDDEN
    return table(found, language, filtered=bool(everything["risks"])), *picture, gr.update(choices=choices), _files(field, type_, as_of, language), offer


_HIDDEN = gr.update(visible=False)
_NO_PICTURE = (_HIDDEN, _HIDDEN, gr.update(visible=True))


def _shown(figure: Any) -> Any:
    return gr.update(value=figure, visible=True)


def _draw(hall: Hall, reader: Reader, found: Mapping[str, Any], which: str, one: str | None, field: str, language: str) -> tuple[Any, Any, Any]:
    """The chosen picture, the chooser of a risk for those that show one, and the words in place of a picture of nothing."""
    risks = [r for r in found["risks"] if r["stage"] != "identified"]
    choices = [(f"{n}. {r['title']}", r["id"]) for n, r in enumerate(risks, 1)]
    if not risks:
        return _NO_PICTURE
    if which in ("trend", "timeline"):
        r = next((x for x in risks if x["id"] == one), risks[0])
        return _shown(getattr(plots, which)(r, language)), gr.update(choices=choices, value=r["id"], visible=True), _HIDDEN
    hidden = gr.update(choices=choices, visible=False)
    if which == "network":
        from risk.pictures import causes

        fields = {name: t.field for name, t in home_taxonomy(hall.desk.store.home).things.items()}
        return _shown(plots.network(causes(hall.desk.store.risks.signals(), found["as_of"], reader.ceiling, field_of=fields, within=field))), hidden, _HIDDEN
    return _shown(plots.heat(risks, language) if which == "heat" else plots.plane(risks, language)), hidden, _HIDDEN


def _files(field: str, type_: str, as_of: str, language: str) -> str:
    query = urlencode({n: v for n, v in (("field", field), ("type", type_), ("as_of", as_of)) if v})
    links = "".join(f'<a class="jw-button" href="/api/v1/risks/export.{f}?{query}" download>{f.upper()}</a>' for f in ("docx", "xlsx", "pdf"))
    feed = f'<a class="jw-button" href="/feeds/risks.xml?{urlencode({"field": field} if field else {})}">RSS</a>'
    return f'<div class="jw-actions" title="{e(say("risk.draft_hint", language))}">{links}{feed}</div>'


def table(found: Mapping[str, Any], language: str, *, filtered: bool = False) -> str:
    """The list: number, level, name and statement, the two axes with intervals, evidence."""
    if not found["risks"]:
        return _nothing(found, filtered, language)
    names = [say(f"risk.{n}", language) for n in ("number", "level", "statement", "axis_importance", "axis_urgency", "evidence")]
    head = "".join(f'<th scope="col">{e(n)}</th>' for n in names)
    body = "".join(_row(i, r, found["as_of"], language) for i, r in enumerate(found["risks"], 1))
    words = f'<p class="jw-counts">{e(say("risk.counts", language, n=len(found["risks"]), date=found["as_of"]))}</p>'
    foot = f'<p class="jw-foot">{e(say("risk.foot", language))}</p>'
    words += _ended(found, language)
    return f'{words}<div class="jw-scroll" tabindex="0"><table class="jw-table jw-risk-list"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{foot}'


def _nothing(found: Mapping[str, Any], filtered: bool, language: str) -> str:
    """Why no risk is shown: the filters, a day before the first list, or no list at all."""
    if filtered:
        return empty(say("risk.none_filtered", language), say("library.none_hint", language), "△")
    if first := found["first_list"]:
        return empty(say("risk.none_yet", language, date=found["as_of"]), say("risk.none_yet_hint", language, first=first), "△")
    return empty(say("risk.none", language), say("risk.none_hint", language), "△")


def _ended(found: Mapping[str, Any], language: str) -> str:
    """That the dated evidence ends long before the list's date."""
    if not found["stale"]:
        return ""
    until = found["evidence_until"]
    return f'<p class="jw-notice" role="note">{e(say("risk.ended", language, until=until) if until else say("risk.all_undated", language))}</p>'


def _row(i: int, r: Mapping[str, Any], as_of: str, language: str) -> str:
    axes = "".join(f'<td data-label="{e(say(f"risk.axis_{a}", language))}">{pages.interval_bar(r[a], say(f"risk.axis_{a}", language), language)}</td>' for a in ("importance", "urgency"))
    stories = pages.stories(r)
    evidence = badge(pages.word("strength", r.get("evidence_strength"), language), "plain") + (f" <small>{e(say('risk.stories', language, n=stories))}</small>" if stories else "")
    type_ = " › ".join(r.get("type_path", ())[:2])
    name = f"<b>{e(r['title'])}</b><br>" if r.get("title") else ""
    words = f"{name}{e(r['statement'])}<br><small class='jw-dim'>{e(r['field'])}{' · ' + e(type_) if type_ else ''}</small>"
    return f'<tr data-risk="{e(r["id"])}" data-as-of="{e(as_of)}" tabindex="0"><td class="jw-num">{i}</td><td>{risk_badge(r.get("level"), language)}</td><td>{words}</td>{axes}<td>{evidence}</td></tr>'


# ---- alerts, bulletins, what moved, overview --------------------------------------------------------------------------


def _alerts(hall: Hall, reader: Reader, language: str) -> str:
    return watch.alerts(alerts.listed(hall.desk, reader), reader, language)


def _bulletins(hall: Hall, reader: Reader, language: str) -> str:
    return watch.bulletins(kept.bulletins(hall.desk.store, reader), list(home_taxonomy(hall.desk.store.home).fields), reader, language)


def _overview(hall: Hall, reader: Reader, language: str) -> str:
    blind, names = desk.blind_spots(hall.desk, reader), {s["id"]: s["publisher"] for s in hall.desk.sources(reader)}
    blind = blind | {"sources": [s | {"source": names.get(s["source"], s["source"])} for s in blind["sources"]]}
    return watch.overview(desk.identification(hall.desk, reader), blind, language)


def _technologies(hall: Hall, reader: Reader, language: str) -> str:
    return assumed.technologies(desk.technologies(hall.desk, reader)["fields"], language)


def _moves(hall: Hall, language: str) -> Any:
    """What moved between two dates, thirty days back when none is given."""
    with gr.Tab(say("risk_part.moves", language), visible=False) as tab, gr.Column(elem_classes="jw-surface"):
        with gr.Row(elem_classes="jw-filters"):
            before, after = (gr.Textbox(label=say(f"moves.{n}", language), placeholder="2026-11-01", max_lines=1) for n in ("from", "to"))
            go = gr.Button(say("moves.go", language), scale=0, min_width=96, variant="primary")
        out = html(waiting(language))

    def show(a: str, b: str, request: gr.Request) -> Any:
        a, b = (a or "").strip() or (date.fromisoformat(today()) - timedelta(days=30)).isoformat(), (b or "").strip() or today()
        return a, b, shown(lambda: watch.moves(desk.compare(hall.desk, a, b, reader_of(hall, request)), language), language)

    gr.on([tab.select, go.click, before.submit, after.submit], show, [before, after], [before, after, out], **QUIET)
    return tab


PARTS: tuple[tuple[str, Draw], ...] = (("alerts", _alerts), ("bulletins", _bulletins), ("overview", _overview), ("technologies", _technologies))
