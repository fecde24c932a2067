"""Small helpers for HTML: everything that is not markup passes through `e`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from ui.messages import say

VALIDITY_TONE = {
    "in_force": "good", "presumed_in_force": "calm", "amended": "warn", "partly_ended": "warn", "not_yet": "calm", "draft": "warn",
    "repealed": "bad", "expired": "bad", "unknown": "dim",
}  # fmt: skip


def e(value: object) -> str:
    """`value` as text that is safe in markup and in quoted attributes."""
    return escape("" if value is None else str(value), quote=True)


def clock(instant: str) -> str:
    """A UTC instant as date and time in Asia/Shanghai; anything else unchanged."""
    try:
        return datetime.fromisoformat(instant).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M")
    except (TypeError, ValueError):
        return instant


def badge(text: str, tone: str = "dim", title: str = "") -> str:
    """A small label; tone good | calm | warn | bad | dim | red | orange | yellow | blue."""
    return f'<span class="jw-badge jw-{e(tone)}"{f" title={chr(34)}{e(title)}{chr(34)}" if title else ""}>{e(text)}</span>'


def validity_badge(validity: dict[str, Any], language: str) -> str:
    """The status of validity with its date and basis."""
    status = validity.get("status", "unknown")
    words = say(f"validity.{status}", language)
    return badge(words, VALIDITY_TONE.get(status, "dim"), f"{say('as_of', language)} {validity.get('as_of', '')} {validity.get('basis', '')}".strip())


def level_badge(level: str | None, language: str) -> str:
    """The level of government."""
    return badge(say(f"level.{level}", language), "plain") if level else ""


def risk_badge(level: str | None, language: str) -> str:
    """The internal risk level with its colour; never the statutory alert."""
    return badge(say(f"risk_level.{level}", language), level) if level else badge(say("risk_level.none", language), "dim")


def empty(title: str, hint: str = "", icon: str = "∅") -> str:
    """A designed empty, error or no-permission state."""
    return f'<div class="jw-empty" role="status"><div class="jw-empty-icon" aria-hidden="true">{e(icon)}</div><p class="jw-empty-title">{e(title)}</p><p class="jw-empty-hint">{e(hint)}</p></div>'


def table(header: Iterable[str], rows: Iterable[Iterable[str]], *, caption: str = "", classes: str = "") -> str:
    """A table of ready markup cells (escape them yourself); headers are escaped."""
    head = "".join(f'<th scope="col">{e(h)}</th>' for h in header)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    words = f"<caption>{e(caption)}</caption>" if caption else ""
    return f'<div class="jw-scroll" tabindex="0"><table class="jw-table {e(classes)}">{words}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def page(title: str, body: str, language: str = "zh", *, classes: str = "") -> str:
    """A whole page with our stylesheet and script; nothing is fetched from elsewhere."""
    tongue = "zh-CN" if language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{tongue}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{e(title)} · {e(say("app.name", language))}</title><link rel="icon" href="/jw/icon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="/jw/jianwei.css"><script src="/jw/jianwei.js" defer></script></head>'
        f'<body class="jw-page {e(classes)}"><a class="jw-skip" href="#main">{e(say("skip", language))}</a>{_bar(language)}<main id="main">{body}</main></body></html>'
    )


def _bar(language: str) -> str:
    return f'<header class="jw-bar"><a class="jw-brand" href="/"><img src="/jw/icon.svg" alt="" width="28" height="28"><strong>{e(say("app.name", language))}</strong></a></header>'
