"""The head of the page: name, state of the data, language, and who is signed in."""

from __future__ import annotations

import gradio as gr

from corpus.access import Reader
from ui.api.base import Hall
from ui.app.parts import Opening
from ui.app.reader import html, identity_of
from ui.auth.identity import Identity
from ui.messages import say
from ui.pages.html import badge, clock, e


def build(hall: Hall, language: str, opening: Opening) -> None:
    """Add the head; it is filled at each load."""
    head = html(_head(language, "", ""), elem_classes="jw-head")

    def load(request: gr.Request) -> list[str]:
        identity = identity_of(hall, request)
        newest = _newest(hall, identity.reader)
        as_of = say("top.as_of", language, date=clock(newest)) if newest else say("top.no_data", language)
        return [_head(language, as_of, _who(hall, identity, language))]

    opening.append((load, [head]))


def _newest(hall: Hall, reader: Reader) -> str:
    """When something of what the reader may see last came into the store, or a source was last looked at; empty for an empty home."""
    stored = [stored for *_, stored in hall.desk.store.documents.by_source(reader).values()]
    return max([*stored, *(run["ended_at"] for run in hall.desk.store.sources.runs(None, 1))]) if stored else ""


def _head(language: str, as_of: str, who: str) -> str:
    other, path, name = ("en", "/en/", "English") if language == "zh" else ("zh", "/", "中文")
    return (
        f'<header class="jw-top"><a class="jw-brand" href="{"/" if language == "zh" else "/en/"}"><img src="/jw/icon.svg" width="30" height="30" alt="">'
        f'<strong>{e(say("app.name", language))}</strong></a><span class="jw-sub">{e(say("app.sub", language))}</span>'
        f'<nav aria-label="{e(say("top.nav", language))}"><span class="jw-asof">{e(as_of)}</span><a href="{path}" data-lang="{other}" lang="{other}">{name}</a>{who}</nav></header>'
    )


def _who(hall: Hall, identity: Identity, language: str) -> str:
    reader = identity.reader
    role = badge(say(f"role.{reader.role}", language), "calm" if reader.role != "anonymous" else "dim", say("top.ceiling", language, n=reader.ceiling))
    if identity.means == "session":
        bell = _bell(hall, reader, language)
        out = f'<form method="post" action="/logout"><button class="jw-link">{e(say("account.logout", language))}</button></form>'
        return f'<span class="jw-who">{bell}{e(reader.user)} {role} <a href="/password">{e(say("account.password", language))}</a> {out}</span>'
    if identity.means == "local":
        return f'<span class="jw-who">{_bell(hall, reader, language)}{role}</span>'
    return f'<span class="jw-who">{role} <a href="/login">{e(say("account.login", language))}</a></span>'


def _bell(hall: Hall, reader: Reader, language: str) -> str:
    """Unread messages, opened in place."""
    unread = [m for m in hall.desk.store.outbox.inbox(reader.user, 30) if m["state"] != "read"]
    if not unread:
        return ""
    items = "".join(f'<li><a href="{e(m["link"] or "/")}" data-message="{m["n"]}" target="_blank">{e(m["title"])}</a><small>{e(clock(m["at"]))} {e(m["text"])}</small></li>' for m in unread)
    return f'<details class="jw-bell"><summary aria-label="{e(say("top.messages", language))}">{badge(say("top.unread", language, n=len(unread)), "warn")}</summary><ul>{items}</ul></details>'
