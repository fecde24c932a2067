"""Static pictures for exports: PNG bytes by matplotlib, in an installed Chinese face. Without one no picture is drawn: `missing()` says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any

from corpus.report import Block, Figure, Paragraph
from risk import pictures
from risk.constants import day

FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Noto Serif CJK SC", "SimSun", "AR PL UMing CN")  # fmt: skip
INK, PALE, DOTS = "#3b4650", "#d9dfe5", 160


@cache
def family() -> str:
    """The first Chinese face that is installed; empty without one."""
    from matplotlib import font_manager

    known = {f.name for f in font_manager.fontManager.ttflist}
    return next((name for name in FAMILIES if name in known), "")


def missing(name: str = "") -> str:
    """The notice that stands in place of pictures on a machine without a Chinese face; empty where there is one."""
    return "" if name or family() else "本机未安装中文字体，图件从略（安装 fonts-noto-cjk 后重新导出即可生成）。"


def figure(caption: str, draw: Callable[[], bytes | None]) -> list[Block]:
    """A picture with its caption, the notice when it cannot be drawn, nothing when there is nothing to show."""
    if said := missing():
        return [Paragraph(f"（{caption}：{said}）")]
    png = draw()
    return [Figure(png, caption)] if png else []


def _canvas(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(figsize=(width, height), dpi=DOTS, layout="constrained")
    FigureCanvasAgg(sheet)
    axes = sheet.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(PALE)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    return sheet, axes


def _png(sheet: Any) -> bytes:
    from matplotlib import rc_context

    out = BytesIO()
    with rc_context({"font.family": [family(), "DejaVu Sans"], "axes.unicode_minus": False}):
        sheet.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _words(size: float = 10, **more: Any) -> dict[str, Any]:
    return {"fontfamily": [family(), "DejaVu Sans"], "fontsize": size, "color": INK, **more}


def _ticks(axes: Any) -> None:
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontfamily([family(), "DejaVu Sans"])


def plane(risks: pictures.Records) -> bytes | None:
    """The importance-urgency plane: an ellipse a risk, numbered by place, coloured by level."""
    from matplotlib.patches import Ellipse

    found = pictures.plane(risks)
    if not found:
        return None
    sheet, axes = _canvas(6.4, 4.0)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02))
    axes.grid(color="#edf0f3", linewidth=0.7)
    axes.set_axisbelow(True)
    for p in reversed(found):
        colour = pictures.COLOURS[p["level"]]
        axes.add_patch(Ellipse((p["x"], p["y"]), 2 * p["rx"], 2 * p["ry"], facecolor=colour, alpha=0.10, edgecolor=colour, linewidth=0.8))
    for p in reversed(found):
        axes.scatter([p["x"]], [p["y"]], s=130, color=pictures.COLOURS[p["level"]], edgecolors="white", linewidths=0.8, zorder=3)
        axes.text(p["x"], p["y"], str(p["place"]), ha="center", va="center_baseline", zorder=4, **{**_words(7.5), "color": "white"})
    axes.set_xlabel("紧急度", **_words())
    axes.set_ylabel("重要度", **_words())
    seen = [level for level in pictures.LEVELS if any(p["level"] == level for p in found)]
    marks = [axes.scatter([], [], s=50, color=pictures.COLOURS[level], label=pictures.NAMES[level]) for level in seen]
    axes.legend(handles=marks, loc="lower right", frameon=False, prop={"family": [family()], "size": 9}, ncols=len(marks))
    _ticks(axes)
    return _png(sheet)


def trend(r: Mapping[str, Any]) -> bytes | None:
    """Documents a week as bars; weeks of a burst stand out."""
    weeks = pictures.trend(r)
    if not any(w["documents"] for w in weeks):
        return None
    sheet, axes = _canvas(6.4, 1.5)
    axes.bar(range(len(weeks)), [w["documents"] for w in weeks], color=["#c62828" if w["burst"] else "#7d9cc0" for w in weeks], width=0.72)
    step = max(1, len(weeks) // 6)
    axes.set_xticks(range(0, len(weeks), step), [weeks[i]["week_end"][5:] for i in range(0, len(weeks), step)])
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel("篇/周", **_words(9))
    if any(w["burst"] for w in weeks):
        axes.set_title("红色：突发周", loc="right", **_words(9))
    _ticks(axes)
    return _png(sheet)


def heat(risks: pictures.Records) -> bytes | None:
    """Field × type: the number of risks, the tint of the highest level."""
    table = pictures.heat(risks)
    if not table["fields"]:
        return None
    fields, types = table["fields"][:14], table["types"][:10]
    sheet, axes = _canvas(6.8, 1.3 + 0.34 * len(fields))
    for y, _ in enumerate(fields):
        for x, _ in enumerate(types):
            n, level = table["counts"][y][x], table["levels"][y][x]
            axes.add_patch(_cell(x, y, pictures.COLOURS.get(level, "#f4f6f8"), 0.75 if n else 1.0))
            if n:
                axes.text(x, y, str(n), ha="center", va="center_baseline", **{**_words(9.5), "color": "white"})
    axes.set(xlim=(-0.5, len(types) - 0.5), ylim=(len(fields) - 0.5, -0.5))
    axes.set_xticks(range(len(types)), [_folded(t) for t in types])
    axes.set_yticks(range(len(fields)), fields)
    axes.xaxis.tick_top()
    for spine in axes.spines.values():
        spine.set_visible(False)
    _ticks(axes)
    return _png(sheet)


def _cell(x: int, y: int, colour: str, alpha: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.45), 0.94, 0.9, facecolor=colour, alpha=alpha, edgecolor="none")


def _folded(words: str) -> str:
    return words if len(words) <= 5 else f"{words[: (len(words) + 1) // 2]}\n{words[(len(words) + 1) // 2 :]}"


def timeline(r: Mapping[str, Any]) -> bytes | None:
    """Evidence by date and kind: filled dots speak for the risk, hollow ones against."""
    found = [s for s in pictures.timeline(r) if len(s["date"]) == 10]
    if len(found) < 2:
        return None
    kinds = list(dict.fromkeys(s["kind_name"] for s in found))
    sheet, axes = _canvas(6.4, 0.9 + 0.36 * len(kinds))
    for supports in (True, False):
        marks = [s for s in found if s["supports"] is supports]
        tint = {"color": "#c62828"} if supports else {"facecolors": "white", "edgecolors": "#2f6fb3"}
        axes.scatter([day(s["date"]) for s in marks], [kinds.index(s["kind_name"]) for s in marks], s=42, alpha=0.75, label="支持" if supports else "相反", zorder=3, **tint)
    axes.set_yticks(range(len(kinds)), kinds)
    axes.set_ylim(len(kinds) - 0.4, -0.6)
    first, last = day(found[0]["date"]), day(found[-1]["date"])
    places = sorted({first + round((last - first) * i / 4) for i in range(5)})
    axes.set_xticks(places, [_short(d) for d in places])
    axes.grid(axis="y", color="#edf0f3")
    if any(not s["supports"] for s in found):
        axes.legend(loc="upper right", frameon=False, ncols=2, prop={"family": [family()], "size": 8.5})
    _ticks(axes)
    return _png(sheet)


def _short(days: int) -> str:
    from risk.constants import iso

    return iso(days)[2:]


def network(found: Mapping[str, Any]) -> bytes | None:
    """Objects joined by the causes that texts name: an arrow from what fails to what it brings about."""
    from matplotlib.patheffects import withStroke

    if not found["edges"]:
        return None
    at = pictures.layout(found)
    sheet, axes = _canvas(6.4, 4.6)
    most = max(n["weight"] for n in found["nodes"])
    for e in found["edges"]:
        arrow = {"arrowstyle": "-|>", "color": "#9aa6b2", "lw": 0.7 + min(2.0, 0.5 * e["n"]), "shrinkA": 10, "shrinkB": 10, "connectionstyle": "arc3,rad=0.08"}
        axes.annotate("", at[e["target"]], at[e["source"]], arrowprops=arrow)
    tints = _tints([n["field"] for n in found["nodes"]])
    halo = [withStroke(linewidth=2.5, foreground="white")]
    for i, n in enumerate(found["nodes"]):
        x, y = at[n["name"]]
        axes.scatter([x], [y], s=60 + 240 * n["weight"] / most, color=tints[n["field"]], edgecolors="white", zorder=3)
        above = any(abs(at[m["name"]][1] - y) < 0.14 and abs(at[m["name"]][0] - x) < 0.45 for m in found["nodes"][:i])
        axes.text(x, y + (0.08 if above else -0.08), n["name"], ha="center", va="bottom" if above else "top", zorder=4, path_effects=halo, **_words(8.5))
    axes.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.2))
    axes.axis("off")
    return _png(sheet)


PALETTE = ("#2f6fb3", "#c2410c", "#3f7d4e", "#7c4fa0", "#a16207", "#0f766e", "#9d3a62", "#56616c")


def _tints(fields: Sequence[str]) -> dict[str, str]:
    return {f: PALETTE[i % len(PALETTE)] for i, f in enumerate(dict.fromkeys(fields))}
