"""Questions that may be asked next: about the documents that an answer cites, only such as the corpus can answer.

Each is made of a slot that the document has and the answer does not give; a search for it must find that very place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from corpus.models import CURRENT
from rag.records import ANSWERED, PARTIAL, Context
from rag.slots import Slot, slots
from rag.source import short_title
from rag.tools import Book, Tools

MOST = 3
NEAR = 5
"""The place must be among so many passages of a search for the question."""
LONGEST = 40
"""Characters of a title that a question can carry."""
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
    if len(name) > LONGEST or d.legal_rank == "法律":
        return
    given = [(x.start, x.end) for x in c.citations if x.document_id == d.id]
    seen = slots(d, book.statements)
    for kind, words in _ASKS:
        slot = next((s for s in seen if s.kind == kind and not any(a <= s.start < b for a, b in given)), None)
        if slot is not None:
            yield words.format(f"《{name}》"), slot


def _answers(tools: Tools, c: Context, book: Book, question: str, slot: Slot) -> bool:
    """Whether a search within the document finds the place."""
    from rag.retrieve import Query

    hits = tools.retriever.search(Query(question, k=NEAR, as_of=c.as_of, doc_id=book.document.id), c.reader)
    return any(h.document_id == book.document.id and h.start < slot.end and slot.start < h.end for h in hits)
