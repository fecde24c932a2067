"""Questions that may be asked next: about the documents that an answer cites, only such as the corpus can answer.

Each is made of a slot that the document has and the answer does not give; read for the question, the document must give that very place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from corpus.models import CURRENT
from rag.fit import bag, need_of
from rag.records import ANSWERED, PARTIAL, Context
from rag.slots import Slot
from rag.source import short_title
from rag.tools import Book, Tools

MOST = 3
NEAR = 5
"""The place must be among the so many statements of the document that hold most of the question."""
LONGEST = 40
"""Characters of a title that a question can carry."""
_LAWS = ("宪法", "法律", "行政法规", "地方性法规", "司法解释")
"""What nobody applies for: who asks for a rule is not asked whether he wants to apply."""
_LISTS = re.compile(r"清理结果|废止|宣布失效|延长.{0,40}有效期|公告$")
"""What changes or lists other texts is not applied for."""
_APPLIED = re.compile(r"申报|申领|申请(?:认定|备案|补助|奖励|材料)")
_ASKS: tuple[tuple[str, str], ...] = (
    ("condition", "申报{}要满足哪些条件？"), ("amount", "{}的支持金额是多少？"), ("material", "申报{}需要哪些材料？"), ("deadline", "{}的截止时间是什么时候？"),
    ("stacking", "{}的支持能否与其他政策叠加享受？"), ("explain", "{}由哪个部门负责解释？"),
)  # fmt: skip


def add(tools: Tools, c: Context) -> Context:
    """The context with at most MOST questions; none for what was not answered."""
    if c.status not in (ANSWERED, PARTIAL) or not c.citations:
        return c
    ids = list(dict.fromkeys(x.document_id for x in c.citations if x.validity.status in CURRENT))
    found: list[str] = []
    for book in tools.books.get(ids[:2], c.reader).values():
        for question, slot in _asks(book, c):
            if len(found) < MOST and question not in found and _answers(tools, c, book, question, slot):
                found.append(question)
    return replace(c, follow_ups=tuple(found))


def _asks(book: Book, c: Context) -> Iterator[tuple[str, Slot]]:
    """(question, place of its answer) of what the document says and the answer does not."""
    d = book.document
    name = short_title(d.title)
    if len(name) > LONGEST or d.legal_rank in _LAWS or d.kind == "interpretation" or _LISTS.search(name):
        return
    gives = any(s.kind == "grant" for s in book.slots)
    given = [(x.start, x.end) for x in c.citations if x.document_id == d.id]
    for kind, words in _ASKS:
        if kind in ("amount", "stacking") and not gives:
            continue
        if kind in ("condition", "material") and not _APPLIED.search(f"{name}{d.text}"):
            continue
        slot = next((s for s in book.slots if s.kind == kind and not any(a <= s.start < b for a, b in given)), None)
        if slot is not None:
            yield words.format(f"《{name}》"), slot


def _answers(tools: Tools, c: Context, book: Book, question: str, slot: Slot) -> bool:
    """Whether the document, read for the question, gives the place."""
    need, d = need_of(question, tools.retriever, c.reader), book.document
    held = {s.start: need.held(bag(s.text(d)), bag(s.heading)) for s in book.statements}
    best = sorted((s for s in book.statements if held[s.start]), key=lambda s: (-held[s.start], s.start))[:NEAR]
    return any(s.start < slot.end and slot.start < s.end for s in best)
