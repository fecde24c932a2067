"""Small helpers for HTML: everything that is not markup passes through `e`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from ui.messages import known, say

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


def person(name: str, language: str) -> str:
    """Who did something, in words where it is nobody's account (the local operator, a visitor, the service itself)."""
    return say(f"person.{name}", language) if known(f"person.{name}") else name


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


@cache
def _places() -> dict[str, str]:
    from corpus.regions import counties, names

    return {code: name for name, codes in counties().items() for code in codes} | {code: name for name, code in names().items()}


def place(code: str | None, *, short: bool = False) -> str:
    """A division code as a name (`350200` 厦门市); an unknown code as it is, or as nothing when `short`."""
    if code == "000000":
        return "全国"
    known = _places().get(code or "", "")
    return known if short else (f"{known}（{code}）" if known else code or "")


def empty(title: str, hint: str = "", icon: str = "∅") -> str:
    """A designed empty, error or no-permission state."""
    return f'<div class="jw-empty" role="status"><div class="jw-empty-icon" aria-hidden="true">{e(icon)}</div><p class="jw-empty-title">{e(title)}</p><p class="jw-empty-hint">{e(hint)}</p></div>'


def chips(on: Iterable[tuple[str, str]], language: str) -> str:
    """The filters that are on as (key, words), each with a cross; nothing when none is on."""
    parts = [f'<button type="button" class="jw-on" data-unfilter="{e(key)}" aria-label="{e(say("drop_filter", language, name=words))}">{e(words)}<span aria-hidden="true">✕</span></button>' for key, words in on]
    clear = f'<button type="button" class="jw-link" data-unfilter="all">{e(say("clear_filters", language))}</button>' if len(parts) > 1 else ""
    return f'<div class="jw-on-row">{"".join(parts)}{clear}</div>' if parts else ""


def act(words: str, call: str, *, body: Mapping[str, Any] | None = None, fields: Iterable[Mapping[str, Any]] = (), title: str = "", tone: str = "") -> str:
    """A button that calls our API (`POST /api/v1/…`) and then has its panel drawn again.

    `fields` ({name, label, type text | textarea | date | select | password, required, options, value}) are asked for first; `title` without
    fields asks for a confirmation. What the answer shows once (a password) stays on the page until it is closed.
    """
    asked = list(fields)
    extra = (f" data-body='{e(json.dumps(body, ensure_ascii=False))}'" if body else "") + (f" data-fields='{e(json.dumps(asked, ensure_ascii=False))}'" if asked else "")
    return f'<button type="button" class="jw-button jw-small jw-act jw-tone-{e(tone or "calm")}" data-call="{e(call)}" data-title="{e(title)}"{extra}>{e(words)}</button>'


def table(header: Iterable[str], rows: Iterable[Iterable[str]], *, caption: str = "", classes: str = "") -> str:
    """A table of ready markup cells (escape them yourself); headers are escaped."""
    heads = list(header)
    head = "".join(f'<th scope="col">{e(h)}</th>' for h in heads)
    inner = "<div>{}</div>" if "jw-cards-on-phone" in classes else "{}"  # on a phone the label stands beside the cell as a whole
    body = "".join("<tr>" + "".join(f'<td data-label="{e(h)}">{inner.format(c)}</td>' for h, c in zip(heads, row, strict=True)) + "</tr>" for row in rows)
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
