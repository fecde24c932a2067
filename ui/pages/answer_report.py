"""An answer or a conversation as a format-free report, for export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.report import Heading, Paragraph, Report
from ui.messages import say


def report(turns: Sequence[Mapping[str, Any]], language: str) -> Report:
    """Questions as headings, sentences with their marks, notices, and all sources numbered through."""
    blocks: list[Any] = []
    sources: list[dict[str, Any]] = []
    for turn in turns:
        renumbered = {c["n"]: len(sources) + i for i, c in enumerate(turn["citations"], 1)}
        sources += [{**c, "n": renumbered[c["n"]]} for c in turn["citations"]]
        blocks.append(Heading(turn["question"]))
        blocks += [Paragraph(s["text"], tuple(renumbered[n] for n in s["citations"] if n in renumbered)) for s in turn["sentences"]] or [Paragraph(turn["text"])]
        blocks += [Paragraph(f"※ {n}") for n in turn["notices"]]
    title = turns[0]["question"] if turns else ""
    return Report(title, tuple(blocks), tuple(sources), marks=(say("ask.mark", language),), footer=say("ask.export_foot", language), as_of=turns[-1].get("as_of", "") if turns else "")
