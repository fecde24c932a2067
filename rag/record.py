"""The record of an answer: what is handed out, and what is kept beside it for replay and audit."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import uuid4

from rag.records import Answer, Context
from rag.render import text_of
from rag.tools import Tools

MOST_UNUSED = 20


def answer_of(c: Context, tools: Tools) -> Answer:
    """The answer record of a finished context."""
    used = {(e.document.id, e.start) for e in c.used} | {(x.document_id, x.start) for x in c.citations}
    unused = [e for e in (*c.evidence, *c.ended) if (e.document.id, e.start) not in used][:MOST_UNUSED]
    return Answer(
        id=c.question.id or f"a{uuid4().hex[:20]}", status=c.status, question=c.question.text, rewritten=c.rewritten, text=text_of(c), sentences=c.sentences,
        citations=c.citations, notices=c.notices, follow_ups=c.follow_ups, used=tuple(e.record() for e in c.used), unused=tuple(e.record() for e in unused),
        elapsed_ms=c.elapsed_ms, conversation_id=c.question.conversation_id, as_of=c.as_of, region=c.region, route=c.route, filters=c.filters,
        composer=c.composer, model=c.model, reason=c.reason, nearest=c.nearest,
    )  # fmt: skip


def keep(tools: Tools, c: Context, answer: Answer) -> None:
    """Keep the answer with its trace; it needs the ceiling of everything that the trace names."""
    seen = [e.document.security for e in (*c.evidence, *c.ended)]
    tools.store.conversations.save(c.reader.user, plain(asdict(answer)), trace_of(c) | {"sequence": tools.retriever.sequence}, security=max(seen, default=1))


def trace_of(c: Context) -> dict[str, Any]:
    """What a replay needs and a reviewer wants to see beyond the answer itself."""
    return {
        "history": list(c.question.history), "region": c.question.region, "as_of": c.question.as_of, "cleaned": c.text, "attacked": c.attacked,
        "parts": [{"text": p.text, "form": p.form, "units": sorted(p.units)} for p in c.asked.parts],
        "named": {"documents": list(c.named.documents), "articles": list(c.named.articles), "lost": list(c.named.lost)},
        "dropped": [{"text": text, "faults": list(faults)} for text, faults in c.dropped], "ended": [e.record() for e in c.ended[:MOST_UNUSED]],
    }  # fmt: skip


def plain(value: Any) -> Any:
    """JSON types only (enums as their values, tuples as lists)."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return str(value) if isinstance(value, str) else value
