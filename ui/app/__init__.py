"""The interface: Gradio Blocks mounted last on the API, Chinese at `/`, English at `/en`; one file a tab.

Every handler takes its Reader from the request. Nothing is fetched from outside: own theme, local fonts, own sheet and script.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ui.api.base import Hall
    from ui.app.parts import Opening

AT_ONCE = 8
"""Pages that are filled at the same time; further ones wait their turn."""
PATHS = {"en": "/en", "zh": "/"}
HEAD = """<link rel="stylesheet" href="/jw/jianwei.css"><link rel="icon" href="/jw/icon.svg" type="image/svg+xml">
<script src="/jw/jianwei.js" defer></script>"""


def mount(app: FastAPI, hall: Hall) -> None:
    """Mount the interface in both languages."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("MPLBACKEND", "agg")  # Gradio asks for it in every event; without one the first is held up by the import of pyplot
    import gradio as gr

    from ui.app.theme import theme

    look = theme()
    for language, path in PATHS.items():
        tongue = f"<script>document.documentElement.lang='{'zh-CN' if language == 'zh' else 'en'}'</script>"
        gr.mount_gradio_app(
            app,
            build(hall, language),
            path=path,
            theme=look,
            head=HEAD + tongue,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            show_error=True,
            max_file_size="50mb",
            favicon_path=str(files("ui").joinpath("assets/icon.svg")) if path == "/" else None,
            enable_monitoring=False,
        )


def build(hall: Hall, language: str) -> Any:
    """The Blocks of one language."""
    import gradio as gr

    from ui.app import ask, centre, library, match, panel, risks, top
    from ui.app.parts import QUIET
    from ui.messages import say

    with gr.Blocks(title=f"{say('app.name', language)} · {say('app.sub', language)}", analytics_enabled=False, fill_width=True) as blocks:
        opening: Opening = []
        top.build(hall, language, opening)
        with gr.Tabs(elem_classes="jw-main"):
            for part in (ask, library, match, risks, panel, centre):
                name = part.__name__.rsplit(".", 1)[-1]
                with gr.Tab(say(f"tab.{name}", language), id=name, visible=part not in (risks, panel)) as tab:  # those two show themselves to who has use of them
                    part.build(hall, language, opening, tab)
        blocks.load(_filling(opening), None, [c for _, shown in opening for c in shown], concurrency_limit=AT_ONCE, **QUIET)
    return blocks


def _filling(opening: Opening) -> Callable[..., list[Any]]:
    import gradio as gr

    def fill(request: gr.Request) -> list[Any]:
        return [value for make, _ in opening for value in make(request)]

    fill.__annotations__["request"] = gr.Request  # read by Gradio, which cannot see a name that is imported in here
    return fill
