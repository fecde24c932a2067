"""Statements of a document: the units that an answer is made of. A lead-in (应当符合下列条件：) stays with its list.

A statement is a span of clauses: a paragraph, a lead with its items, or a table. It carries the headings above it and its
siblings' article, so that conditions and exceptions of the same article can be kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from corpus.models import Clause, Document
from corpus.text import trim

_LEAD_END = re.compile(r"[：:]\s*$")
_LABEL = re.compile(
    r"^\s*(?:第[零〇○一二三四五六七八九十百千万两\d]+(?:编|章|节|条)(?:之[一二三四五六七八九十]+)?(?!规定|所列|所称|第|的|、|和|至|或|以及|中|款|项)|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d{1,2}[.．、](?!\d))[\s\u3000]*"
)
_BOILERPLATE = re.compile(r"(?:现(?:就|将|予以?)[^。：]{0,60}(?:如下|印发给你们|公布|公告)(?:(?!施行|实施|生效)[^。：])*[。：]|特此(?:通知|公告|批复|函告)。?|请(?:认真)?(?:遵照|贯彻)执行。?|（此件公开发布）)")


@dataclass(frozen=True, slots=True)
class Statement:
    """[start, end) of one document with its lead [start, lead_end) and the spans of its items (none for plain text)."""

    start: int
    end: int
    lead_end: int
    items: tuple[tuple[int, int], ...]
    path: tuple[str, ...]
    article: str | None
    heading: str
    kind: str

    def text(self, document: Document) -> str:
        return document.text[self.start : self.end]

    def lead(self, document: Document) -> str:
        return document.text[self.start : self.lead_end]


def statements(document: Document) -> tuple[Statement, ...]:
    """The statements of a document in order (headings and titles are none; signatures and attachments' names neither)."""
    return tuple(_statement(document.text, found) for found in _walk(document) if document.text[found.start : found.end].strip())


def sayable(document: Document) -> tuple[Statement, ...]:
    """The statements that a report may say: none that holds an order to the machine or is not in the register of an official text."""
    from rag.guard import is_tainted

    return tuple(s for s in statements(document) if not is_tainted(s.text(document)))


@dataclass(slots=True)
class _Open:
    """A statement that is still growing: its clause, the heading above, and the spans of its items so far."""

    clause: Clause
    heading: str
    end: int
    items: list[tuple[int, int]] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.clause.start


def _walk(document: Document) -> Iterator[_Open]:
    headings: dict[tuple[str, ...], str] = {}
    open_: _Open | None = None
    for clause in document.clauses:
        if clause.kind in ("title", "heading", "attachment", "signature"):
            if open_:
                yield open_
            open_ = None
            if clause.kind in ("heading", "attachment"):
                headings[clause.path] = strip_label(document.text[clause.start : clause.end]).strip()
            continue
        if open_ and _belongs(document.text, open_, clause):
            open_.end = clause.end
            open_.items.append((clause.start, clause.end))
            continue
        if open_:
            yield open_
        above = " ".join(headings[clause.path[:n]] for n in range(1, len(clause.path) + 1) if clause.path[:n] in headings)
        open_ = _Open(clause, above, clause.end)
    if open_:
        yield open_


def _belongs(text: str, open_: _Open, clause: Clause) -> bool:
    """Whether a clause is an item of the open statement's list."""
    if clause.kind != "item" or clause.article != open_.clause.article or open_.clause.kind == "table":
        return False
    path = open_.clause.path
    if open_.items:
        return len(clause.path) > len(path) or clause.path[:-1] == path
    return bool(_LEAD_END.search(text[open_.start : open_.end])) and len(clause.path) >= len(path)


def _statement(text: str, found: _Open) -> Statement:
    clause = found.clause
    start, end = trim(text, found.start, found.end)
    lead = trim(text, found.start, clause.end)[1]
    kind = "list" if found.items else "table" if clause.kind == "table" else "plain"
    return Statement(start, end, max(lead, start), tuple(trim(text, a, b) for a, b in found.items), clause.path, clause.article, found.heading, kind)


def strip_label(text: str) -> str:
    """Text without the number that opens it (第七条, （一）, 1.)."""
    return _LABEL.sub("", text, count=1)


_REPLY = re.compile(r"^\s*答[：:]\s*(?:(?:没有|有|是的?|不是|可以|不可以|不能|能|会|不会|不需要|需要|无需|不用)。\s*(?=\S))?")
"""How the answer of a list of questions begins; its 没有 or 可以 answers another question than the asker's."""


def condense(text: str) -> str:
    """A statement as it is said in an answer: no opening number, no 答：, no 现就…通知如下, no line breaks inside sentences."""
    plain = _REPLY.sub("", _BOILERPLATE.sub("", strip_label(text)))
    plain = re.sub(r"[ \t\u3000]+", " ", plain)
    plain = re.sub(r"\s*\n\s*", "", plain)
    return re.sub(r"(?<=[\u4e00-\u9fff，。；：、（）]) (?=[\u4e00-\u9fff（）《])", "", plain).strip()


def items_of(document: Document, statement: Statement) -> Sequence[str]:
    """The items of a list, condensed."""
    return [condense(document.text[a:b]) for a, b in statement.items]


def siblings(found: Sequence[Statement], statement: Statement) -> Sequence[Statement]:
    """Statements of the same article (or, without articles, of the same heading), in order."""
    if statement.article:
        return [s for s in found if s.article == statement.article]
    return [s for s in found if s.article is None and s.path[:-1] == statement.path[:-1] and s.heading == statement.heading]
