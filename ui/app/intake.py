"""导入: files of a person's own machine brought in by operators, indexed at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from corpus.access import Reader
from corpus.models import Kind
from ui.api.base import Hall
from ui.app.parts import QUIET
from ui.app.reader import html, reader_of, shown
from ui.desk import gather
from ui.messages import known, say
from ui.pages.html import badge, e, empty, table


def build(hall: Hall, language: str) -> Any:
    """Lay out the part, hidden until it is shown to those who may import. Returns its tab."""
    with gr.Tab(say("centre.intake", language), visible=False) as tab, gr.Column(elem_classes="jw-surface"):
        html(f'<p class="jw-dim">{e(say("intake.hint", language))}</p>')
        files = gr.UploadButton(say("intake.files", language), file_count="multiple", size="sm")
        names = html("")
        with gr.Row(elem_classes="jw-filters"):
            kinds = [(say("intake.any_kind", language), ""), *((say(f"kind.{k}", language), str(k)) for k in Kind)]
            kind = gr.Dropdown(kinds, value="", label=say("intake.kind", language))
            levels = [(say("intake.any_security", language), 0), *((str(n), n) for n in (1, 2, 3, 4))]
            security = gr.Dropdown(levels, value=0, label=say("intake.security", language))
            dry = gr.Checkbox(label=say("intake.dry", language))
            go = gr.Button(say("intake.go", language), variant="primary", scale=0, min_width=110)
        out = html("")

    def run(paths: list[str] | None, of: str, level: int, trial: bool, request: gr.Request) -> str:
        reader = reader_of(hall, request)
        return shown(lambda: _brought(hall, [Path(p) for p in paths or ()], of or "", int(level or 0), trial, reader, language), language)

    def chosen(paths: list[str] | None) -> str:
        return "".join(f"{badge(Path(p).name, 'plain')} " for p in paths or ())

    files.upload(chosen, files, names, **QUIET)
    go.click(run, [files, kind, security, dry], out, show_progress="minimal", api_visibility="private")
    return tab


def _brought(hall: Hall, paths: Sequence[Path], kind: str, security: int, trial: bool, reader: Reader, language: str) -> str:
    if not paths:
        return empty(say("intake.none", language), "", "⇪")
    report = gather.import_paths(hall.desk, paths, reader, kind=kind, security=security, dry_run=trial)
    indexed = "" if trial else badge(_indexed(gather.index(hall.desk, reader), language), "good")
    return f"<p>{indexed}</p>{_report(report, language)}"


def _indexed(result: Mapping[str, Any], language: str) -> str:
    return say("intake.indexed", language, n=result["changed"]) if "changed" in result else say("index.ready", language, **result)


def _report(report: Mapping[str, Any], language: str) -> str:
    counts = [[e(say(f"import.{n}", language) if known(f"import.{n}") else n), f"{v:,}"] for n, v in report["counts"].items()]
    failures = [[e(Path(f["path"]).name), e(f["what"]), e(f["mend"])] for f in report["failures"]]
    lost = table([say(f"intake.{n}", language) for n in ("path", "what", "mend")], failures, classes="jw-cards-on-phone") if failures else ""
    return table([say("intake.count", language), say("intake.n", language)], counts) + lost
