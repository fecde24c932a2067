"""Pictures of the risks in the interface (plotly): the same data as the static ones of exports (`risk.pictures`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from risk import pictures
from ui.messages import say
from ui.pages.html import e

FACE = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
GRID, INK = "rgba(128, 142, 155, 0.22)", "#4c5b69"
KINDS = ("plane", "heat", "network", "trend", "timeline")
"""The first three show the list, the others one risk."""
Records = Sequence[Mapping[str, Any]]


def _sheet(height: int, **layout: Any) -> Any:
    import plotly.graph_objects as go

    picture = go.Figure()
    base = {"template": "none", "height": height, "margin": {"l": 54, "r": 14, "t": 34, "b": 58}, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
    picture.update_layout(**base, font={"family": FACE, "size": 12.5, "color": INK}, hoverlabel={"align": "left"}, **layout)
    return picture


def plane(risks: Records, language: str, most: int = 30) -> Any:
    """Importance over urgency, an ellipse of the published intervals around each risk. A picture, not a score."""
    import plotly.graph_objects as go

    axis = {"range": [0, 1.02], "zeroline": False, "gridcolor": GRID, "dtick": 0.2, "tickformat": ".1f"}
    names = {a: {"title": say(f"risk.axis_{a}", language)} for a in ("urgency", "importance")}
    picture = _sheet(440, xaxis=axis | names["urgency"], yaxis=axis | names["importance"], legend={"orientation": "h", "y": 1.1, "x": 0})
    found = pictures.plane(risks[:most])
    shapes = [_ellipse(p) for p in found]
    picture.update_layout(shapes=shapes)
    for level in pictures.LEVELS:
        held = [p for p in found if p["level"] == level]
        if held:
            picture.add_trace(
                go.Scatter(
                    x=[p["x"] for p in held],
                    y=[p["y"] for p in held],
                    mode="markers+text",
                    text=[str(p["place"]) for p in held],
                    textposition="middle center",
                    textfont={"color": "#ffffff", "size": 11},
                    marker={"size": 21, "color": pictures.COLOURS[level], "line": {"width": 1, "color": "#ffffff"}},
                    name=say(f"risk_level.{level}", language),
                    hovertext=[e(p["title"]) for p in held],
                    hoverinfo="text",
                )
            )
    return picture


def _ellipse(p: Mapping[str, Any]) -> dict[str, Any]:
    colour = pictures.COLOURS[p["level"]]
    ends = {"x0": p["x"] - p["rx"], "x1": p["x"] + p["rx"], "y0": p["y"] - p["ry"], "y1": p["y"] + p["ry"]}
    return {"type": "circle", "xref": "x", "yref": "y", **ends, "fillcolor": colour, "opacity": 0.09, "line": {"color": colour, "width": 1}, "layer": "below"}


def heat(risks: Records, language: str) -> Any:
    """Field × type: how many risks, the colour of the highest level."""
    import plotly.graph_objects as go

    table = pictures.heat(risks)
    order = ("", *reversed(pictures.LEVELS))
    picture = _sheet(90 + 30 * max(4, len(table["fields"])), xaxis={"side": "top", "tickangle": -30}, yaxis={"autorange": "reversed"})
    picture.update_layout(margin={"l": 130, "r": 64, "t": 110, "b": 20})
    scale = [[i / 4, c] for i, c in enumerate(("rgba(127,140,150,.10)", *(pictures.COLOURS[x] for x in reversed(pictures.LEVELS))))]
    z = [[order.index(level) for level in row] for row in table["levels"]]
    text = [[str(n) if n else "" for n in row] for row in table["counts"]]
    told = [[f"{f} · {t}：{n}" for t, n in zip(table["types"], row, strict=True)] for f, row in zip(table["fields"], table["counts"], strict=True)]
    picture.add_trace(
        go.Heatmap(
            x=table["types"],
            y=table["fields"],
            z=z,
            text=text,
            texttemplate="%{text}",
            textfont={"color": "#ffffff"},
            hovertext=told,
            hoverinfo="text",
            zmin=0,
            zmax=4,
            colorscale=scale,
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    return picture


def network(found: Mapping[str, Any]) -> Any:
    """Objects joined by the causes that texts name; an arrow leads from cause to effect."""
    import plotly.graph_objects as go

    blank = {"visible": False, "range": [-1.35, 1.35]}
    picture = _sheet(440, xaxis=blank, yaxis=blank, showlegend=False)
    if not found["edges"]:
        return picture
    at, most = pictures.layout(found), max(n["weight"] for n in found["nodes"])
    fields = list(dict.fromkeys(n["field"] for n in found["nodes"]))
    arrows = [
        {"x": at[x["target"]][0], "y": at[x["target"]][1], "ax": at[x["source"]][0], "ay": at[x["source"]][1], "xref": "x", "yref": "y", "axref": "x", "ayref": "y"}
        | {"showarrow": True, "arrowhead": 2, "arrowwidth": 1 + min(2.5, 0.5 * x["n"]), "arrowcolor": "#9aa6b2", "standoff": 10, "startstandoff": 8, "text": ""}
        for x in found["edges"]
    ]
    picture.update_layout(annotations=arrows)
    from risk.draw import PALETTE

    picture.add_trace(
        go.Scatter(
            x=[at[n["name"]][0] for n in found["nodes"]],
            y=[at[n["name"]][1] for n in found["nodes"]],
            mode="markers+text",
            text=[n["name"] for n in found["nodes"]],
            textposition="top center",
            hovertext=[f"{n['name']} · {n['field']}" for n in found["nodes"]],
            hoverinfo="text",
            marker={"size": [12 + 16 * n["weight"] / most for n in found["nodes"]], "color": [PALETTE[fields.index(n["field"]) % len(PALETTE)] for n in found["nodes"]]},
        )
    )
    return picture


def trend(r: Mapping[str, Any], language: str) -> Any:
    """Documents a week; weeks of a burst stand out."""
    import plotly.graph_objects as go

    weeks = pictures.trend(r)
    picture = _sheet(300, xaxis={"type": "category", "tickangle": -30}, yaxis={"gridcolor": GRID, "rangemode": "tozero", "tickformat": "d"}, showlegend=False)
    tints = ["#c62828" if w["burst"] else "#7d9cc0" for w in weeks]
    told = [f"{w['week_end']}：{w['documents']}{'　' + say('risk.burst', language) if w['burst'] else ''}" for w in weeks]
    picture.add_trace(go.Bar(x=[w["week_end"] for w in weeks], y=[w["documents"] for w in weeks], marker={"color": tints}, hovertext=told, hoverinfo="text"))
    return picture


def timeline(r: Mapping[str, Any], language: str) -> Any:
    """Evidence by date and kind: filled dots speak for the risk, hollow ones against."""
    import plotly.graph_objects as go

    found = [s for s in pictures.timeline(r) if len(s["date"]) == 10]
    kinds = list(dict.fromkeys(s["kind_name"] for s in found))
    picture = _sheet(160 + 44 * len(kinds), xaxis={"type": "date", "gridcolor": GRID}, yaxis={"categoryorder": "array", "categoryarray": kinds[::-1]}, legend={"orientation": "h", "y": 1.25})
    picture.update_layout(margin={"l": 84, "r": 14, "t": 34, "b": 48})
    for supports, name in ((True, "risk.for"), (False, "risk.against")):
        held = [s for s in found if s["supports"] is supports]
        marker = {"size": 11, "color": "#c62828" if supports else "#2f6fb3", "symbol": "circle" if supports else "circle-open", "line": {"width": 2}}
        told = [e(s["quote"][:60]) for s in held]
        picture.add_trace(
            go.Scatter(
                x=[s["date"] for s in held], y=[s["kind_name"] for s in held], mode="markers", name=say(name, language), marker=marker, hovertext=told, hoverinfo="text"
            )
        )
    return picture
