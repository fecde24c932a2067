"""The best statements read again, question and statement together, by the built-in reranker: what words in common cannot tell.

A part of a question reads DEPTH statements, some 3 ms each. On 1,620 questions that people would ask (written one by one over 83 policies of the demo portal
and 245 laws and rules; five folds, apart by document) the statement to quote stands first for 0.667, 0.558 without it, and among the first three for 0.88, 0.79.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.records import Context, Evidence
from rag.rerank import shown
from rag.source import short_title
from rag.tools import Tools
from rag.weigh import constants

DEPTH = 16
"""Statements that are read for a question of one part; 12, 20 and 24: first for 0.663, 0.667, 0.667 (8: 0.656)."""
DEPTH_PART = 8
"""The same for each part of several."""


def reread(tools: Tools, c: Context) -> Context:
    """The evidence with what the reranker says of its best statements (`judged`) in their worths; as it was without the built-in reranker."""
    several = len(c.asked.parts) > 1
    found = list(c.evidence)
    for i, part in enumerate(c.asked.parts):
        order = sorted(range(len(found)), key=lambda n: -found[n].worths[i])
        best = order[: DEPTH_PART if several else DEPTH]
        logits = tools.retriever.judged(part.about if several else c.rewritten, [read_as(found[n]) for n in best])
        if not logits:
            return c
        told = dict(zip(best, logits, strict=True))
        for n, e in enumerate(found):
            found[n] = _with(e, i, told.get(n), logits)
    return replace(c, evidence=tuple(sorted(found, key=lambda e: -e.worth)))


PLAINLY = 5.0
"""What the reranker says (a logit) of a statement that plainly answers the question, though other signs are missing."""


def plainly(c: Context) -> bool:
    """Whether some statement that was read plainly answers."""
    return any(e.judged is not None and e.judged >= PLAINLY for e in c.evidence)


def read_as(e: Evidence) -> str:
    """A statement as the reranker reads it: title and headings, then its text."""
    return shown(f"{short_title(e.document.title)} {e.statement.heading if e.statement else ''}".strip(), e.text)


def _with(e: Evidence, part: int, logit: float | None, logits: Sequence[float]) -> Evidence:
    """A statement with the logit over the mean of those read in its worth for a part; one that was not read counts as the least of them."""
    above = (min(logits) if logit is None else logit) - sum(logits) / len(logits)
    worths = tuple(w + constants()["worth"]["reranker"] * above if i == part else w for i, w in enumerate(e.worths))
    known = [j for j in (e.judged, logit) if j is not None]
    return replace(e, worths=worths, judged=max(known, default=None))
