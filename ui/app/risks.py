"""风险清单: the ranked list with levels, the importance-urgency plane, filters, time machine, evidence, export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from corpus.access import Reader
from corpus.errors import JianweiError
from ui.api.base import Hall
from ui.app.reader import error_state, html, reader_of
from ui.messages import say
from ui.pages.html import badge, e, empty, risk_badge
from ui.pages.risk import interval_bar

COLOURS = {"red": "#c62828", "orange": "#d9730d", "yellow": "#c9a400", "blue": "#2f6fb3", None: "#8592a0"}


def build(hall: Hall, language: str, blocks: Any, tab: Any) -> None:
    """Lay out the tab and wire its events."""
    with gr.Row(elem_classes="jw-surface jw-filters"):
        field = gr.Dropdown([(say("risk.any_field", language), "")], value="", label=say("risk.field", language), scale=1)
        stage = gr.Dropdown([(say("risk.any_stage", language), ""), *((say(f"risk_stage.{s}", language), s) for s in ("identified", "scored", "validated"))], value="", label=say("risk.stage", language), scale=1)
        as_of = gr.Textbox(label=say("risk.as_of", language), placeholder=say("ask.as_of_hint", language), max_lines=1, scale=1)
        files = html(_files("", "", language), elem_classes="jw-files")
    with gr.Row(elem_classes="jw-grid jw-risks"):
        with gr.Column():
            with gr.Column(elem_classes="jw-surface"):
                rows = html(empty(say("loading", language), "", "…"))
            with gr.Column(elem_classes="jw-surface"):
                plane = gr.Plot(label=say("risk.plane", language), show_label=False)
        with gr.Column(elem_classes="jw-evidence-col jw-surface jw-sticky"):
            html(f'<div class="jw-risk-slot">{empty(say("risk.pick", language), say("risk.pick_hint", language), "△")}</div><div class="jw-evidence-slot"></div>')

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

    def show(chosen: str, at: str, day: str, request: gr.Request) -> Any:
        return _show(hall, language, reader_of(hall, request), chosen or "", at or "", day or "")

    gr.on([tab.select, field.change, stage.change, as_of.submit], show, [field, stage, as_of], [rows, plane, field, files], trigger_mode="always_last", **quiet)


def _show(hall: Hall, language: str, reader: Reader, field: str, stage: str, as_of: str) -> Any:
    try:
        found = hall.desk.risks(reader, as_of=as_of, field=field, stage=stage)
        everything = found if not (field or stage) else hall.desk.risks(reader, as_of=as_of)
    except JianweiError as error:
        return error_state(error, language), None, gr.skip(), _files(field, as_of, language)
    fields = sorted({r["field"] for r in everything["risks"] if r["field"]})
    choices = [(say("risk.any_field", language), ""), *((f, f) for f in fields)]
    return table(found, language), figure(found["risks"], language), gr.update(choices=choices), _files(field, as_of, language)


def _files(field: str, as_of: str, language: str) -> str:
    from urllib.parse import urlencode

    query = urlencode({n: v for n, v in (("field", field), ("as_of", as_of)) if v})
    links = "".join(f'<a class="jw-button" href="/api/v1/risks/export.{f}?{query}" download>{f.upper()}</a>' for f in ("docx", "xlsx", "pdf"))
    feed = f'<a class="jw-button" href="/feeds/risks.xml?{query}">RSS</a><a class="jw-button" href="/api/v1/bulletin.docx" download>{e(say("risk.bulletin", language))}</a>'
    return f'<div class="jw-actions">{links}{feed}</div>'


def table(found: Mapping[str, Any], language: str) -> str:
    """The list: number, level, statement, the two axes with intervals, evidence."""
    if not found["risks"]:
        return empty(say("risk.none", language), say("risk.none_hint", language), "△")
    names = [say(f"risk.{n}", language) for n in ("number", "level", "statement", "axis_importance", "axis_urgency", "evidence")]
    head = "".join(f'<th scope="col">{e(n)}</th>' for n in names)
    body = "".join(_row(i, r, language) for i, r in enumerate(found["risks"], 1))
    words = f'<p class="jw-counts">{e(say("risk.counts", language, n=len(found["risks"]), date=found["as_of"]))}</p>'
    foot = f'<p class="jw-foot">{e(say("risk.foot", language))}</p>'
    return f'{words}<div class="jw-scroll" tabindex="0"><table class="jw-table jw-risk-list"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{foot}'


def _row(i: int, r: Mapping[str, Any], language: str) -> str:
    from ui.pages.risk import _word

    axes = "".join(f'<td data-label="{e(say(f"risk.axis_{a}", language))}">{interval_bar(r[a], say(f"risk.axis_{a}", language))}</td>' for a in ("importance", "urgency"))
    stories = len({s.get("story_id") for s in r["signals"]})
    evidence = badge(_word("strength", r.get("evidence_strength"), language), "plain") + (f" <small>{e(say('risk.stories', language, n=stories))}</small>" if stories else "")
    type_ = " › ".join(r.get("type_path", ())[:2])
    words = f"<b>{e(r['statement'])}</b><br><small class='jw-dim'>{e(r['field'])}{' · ' + e(type_) if type_ else ''}</small>"
    return f'<tr data-risk="{e(r["id"])}" tabindex="0"><td class="jw-num">{i}</td><td>{risk_badge(r.get("level"), language)}</td><td>{words}</td>{axes}<td>{evidence}</td></tr>'


def figure(risks: Sequence[Mapping[str, Any]], language: str) -> Any:
    """The plane: urgency across, importance up, intervals as bars, one colour a level. A picture, not a score."""
    import plotly.graph_objects as go

    picture = go.Figure()
    for level in ("red", "orange", "yellow", "blue", None):
        found = [(i, r) for i, r in enumerate(risks, 1) if r.get("level") == level]
        if found:
            picture.add_trace(_points(found, level, language))
    axis = {"range": [0, 1], "zeroline": False, "gridcolor": "#e8ecf0", "dtick": 0.2, "tickformat": ".1f"}
    picture.update_layout(
        template="none",
        height=420,
        margin={"l": 54, "r": 14, "t": 34, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif", "size": 12.5, "color": "#4c5b69"},
        xaxis=axis | {"title": say("risk.axis_urgency", language)},
        yaxis=axis | {"title": say("risk.axis_importance", language)},
        legend={"orientation": "h", "y": 1.1, "x": 0},
        hoverlabel={"align": "left"},
    )
    return picture


def _points(found: Sequence[tuple[int, Mapping[str, Any]]], level: str | None, language: str) -> Any:
    import plotly.graph_objects as go

    def spread(axis: str) -> dict[str, Any]:
        up = [max(0.0, r[axis]["high"] - r[axis]["mean"]) for _, r in found]
        down = [max(0.0, r[axis]["mean"] - r[axis]["low"]) for _, r in found]
        return {"type": "data", "array": up, "arrayminus": down, "symmetric": False, "thickness": 1, "width": 0, "color": "rgba(120,134,148,.45)"}

    return go.Scatter(
        x=[r["urgency"]["mean"] for _, r in found],
        y=[r["importance"]["mean"] for _, r in found],
        error_x=spread("urgency"),
        error_y=spread("importance"),
        mode="markers+text",
        text=[str(i) for i, _ in found],
        textposition="middle center",
        textfont={"color": "#ffffff", "size": 11},
        marker={"size": 22, "color": COLOURS[level], "line": {"width": 1, "color": "#ffffff"}},
        name=say(f"risk_level.{level or 'none'}", language),
        hovertext=[e(r["statement"][:40]) for _, r in found],
        hoverinfo="text",
    )
