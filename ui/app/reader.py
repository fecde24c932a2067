"""The Reader of a Gradio event, and errors as designed states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from corpus.access import Reader
from corpus.errors import JianweiError, NotBuilt, NotFound, NotPermitted
from ui.api.base import Hall
from ui.auth.identity import Identity
from ui.messages import say, spoken
from ui.pages.html import e, empty


def identity_of(hall: Hall, request: Any) -> Identity:
    """Who is behind a Gradio event (`gr.Request`)."""
    return hall.identities.of(request.request)


def reader_of(hall: Hall, request: Any) -> Reader:
    """The Reader of a Gradio event; a one-time password must be changed first and reads as anonymous."""
    return hall.identities.reader(request.request)


def error_state(error: JianweiError, language: str) -> str:
    """An error as a designed state: no permission, unknown, not built, failed."""
    if isinstance(error, NotPermitted):
        return empty(say("state.denied", language), say("state.denied_hint", language), "⊘")
    if isinstance(error, NotFound):
        return empty(say("state.unknown", language), error.value, "∅")
    if isinstance(error, NotBuilt):
        return empty(say("state.not_built", language), error.value, "◌")
    return empty(say("state.failed", language), trouble(error, language), "!")


def shown(make: Callable[[], str], language: str) -> str:
    """What `make` gives, or the designed state of its error."""
    try:
        return make()
    except JianweiError as error:
        return error_state(error, language)


def trouble(error: JianweiError, language: str) -> str:
    """What went wrong, the value, and the mend, in the reader's language where the catalogue knows it."""
    return "；".join(p for p in (spoken(error.what, language), error.value, spoken(error.mend, language)) if p)


def refusal(error: JianweiError, language: str) -> str:
    """What went wrong as a line beside what was tried."""
    return f'<p class="jw-error" role="alert">{e(trouble(error, language))}</p>'


def warn(error: JianweiError, language: str = "zh") -> None:
    """An error as a short message over the page."""
    gr.Warning(trouble(error, language))


def waiting(language: str) -> str:
    """The state of a part that is being fetched: its lines to come."""
    lines = "".join(f'<span style="width:{width}%"></span>' for width in (62, 88, 74, 91, 55))
    return f'<div class="jw-skeleton" role="status" aria-label="{e(say("loading", language))}">{lines}</div>'


def html(value: str, **options: Any) -> Any:
    """An HTML component without Gradio's own styles and without its click handler."""
    return gr.HTML(value, apply_default_css=False, js_on_load=None, **options)
