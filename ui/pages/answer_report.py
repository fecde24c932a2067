"""An answer or a conversation as a format-free report, for export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from corpus.report import Heading, Paragraph, Report, TableBlock
from ui.messages import say
from ui.pages.answer import headings, opening, parted


def report(turns: Sequence[Mapping[str, Any]], language: str) -> Report:
    """Questions as headings with how they were read, sentences with their marks, notices, and all sources numbered through."""
    blocks: list[Any] = []
    sources: list[dict[str, Any]] = []
    for turn in turns:
        renumbered = {c["n"]: len(sources) + i for i, c in enumerate(turn["citations"], 1)}
        sources += [{**c, "n": renumbered[c["n"]]} for c in turn["citations"]]
        blocks.append(Heading(turn["question"]))
        if (read := str(turn.get("rewritten") or turn["question"])) != turn["question"]:
            blocks.append(Paragraph(f"（{say('ask.rewritten', language, text=read)}）" if language == "zh" else f"({say('ask.rewritten', language, text=read)})"))
        blocks += list(_told(turn, renumbered)) if turn["sentences"] else [Paragraph(line) for line in turn["text"].split("\n") if line.strip()]
        blocks += [Paragraph(f"※ {n}") for n in turn["notices"]]
    title = turns[0]["question"] if turns else ""
    return Report(title, tuple(blocks), tuple(sources), marks=(say("ask.mark", language),), footer=say("ask.export_foot", language), as_of=turns[-1].get("as_of", "") if turns else "")


def _told(turn: Mapping[str, Any], renumbered: Mapping[int, int]) -> Iterator[Any]:
    """What an answer says, as it stands in the conversation: places and levels above their sentences, lists in lines, tables as tables."""
    yield from (Paragraph(line) for line in opening(turn))
    for sentence in turn["sentences"]:
        lines = headings(sentence)
        yield from (Heading(line, 2 if i == 0 and len(lines) > 1 else 3) for i, line in enumerate(lines))
        words, rows = parted(sentence["text"].strip())
        said = [line for line in words.split("\n") if line.strip()] or [""]
        yield from (Paragraph(line) for line in said[:-1])
        yield Paragraph(said[-1], tuple(renumbered[n] for n in sentence["citations"] if n in renumbered))
        if rows:
            yield TableBlock(tuple(rows[0]), tuple(map(tuple, rows[1:])))
