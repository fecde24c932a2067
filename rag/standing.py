"""还有效吗? What became of a document: answered from validity events, each with the words of the text that states it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from corpus.models import CURRENT, Document, Event, EventKind, Status, Validity
from rag.asked import pattern
from rag.cite import cite, clause_at
from rag.facts import title_key, titles, years
from rag.fit import bag, need_of
from rag.places import covers
from rag.records import ANSWERED, Citation, Context, Sentence
from rag.source import named, short_title
from rag.tools import Tools

_ENDING = (EventKind.repealed, EventKind.declared_expired, EventKind.ended, EventKind.suspended, EventKind.amended)
_MOST = 2
LEAST = 0.55
"""Least share of the words that name a document which its title must hold."""


class Standing:
    """Answers questions for the validity of a document; leaves others to the next composer."""

    name = "standing"

    def compose(self, tools: Tools, c: Context) -> Context | None:
        """The standing of the documents that are meant, and of what replaced them."""
        if c.named.gone is not None:
            return _gone(tools, c)
        if not c.asked.validity:
            return None
        made: list[tuple[str, Citation, str]] = []
        for document in targets(tools, c):
            made += self._one(tools, c, document, len(made))
        if not made:
            return None
        sentences = tuple(Sentence(text, (citation.n,), "lead" if i == 0 else "more", derived=derived) for i, (text, citation, derived) in enumerate(made))
        return replace(c, sentences=sentences, citations=tuple(x for _, x, _ in made), status=ANSWERED, composer=self.name, said="")

    def _one(self, tools: Tools, c: Context, document: Document, before: int) -> list[tuple[str, Citation, str]]:
        judged = tools.validity(document.id, c.as_of)
        ended = judged.status not in CURRENT
        found = [because(tools, c, document, judged, before + 1)] if ended else [holds(tools, c, document, judged, before + 1)]
        if ended and found[0] is not None and (newer := successor(tools, document, c)) is not None:
            said = found[0][1]
            if said.document_id == newer.id and tools.validity(newer.id, c.as_of).status in CURRENT:
                return [found[0]]
            found.append(holds(tools, c, newer, tools.validity(newer.id, c.as_of), before + 2, opening="现行的是"))
        return [f for f in found if f is not None]


def _gone(tools: Tools, c: Context) -> Context | None:
    """That a document which is not held was repealed, by the words of the one that repeals it."""
    gone = c.named.gone
    assert gone is not None
    book = tools.books.get([gone.document_id], c.reader).get(gone.document_id)
    if book is None:
        return None
    statement = next((s for s in book.statements if s.start <= gone.start < s.end), None)
    start, end = (statement.start, statement.end) if statement else (gone.start, gone.end)
    citation = cite(1, book.document, start, end, tools.validity(gone.document_id, c.as_of))
    text = f"《{gone.name}》不能再作为依据：{_where(citation, book.document)}写明：“{_short(citation.quote)}”本库未收录《{gone.name}》原文。"
    sentence = Sentence(text, (1,), "lead", derived=f"《{gone.name}》 不能再作为依据 本库未收录原文 {named(book.document)}")
    return replace(c, sentences=(sentence,), citations=(citation,), status=ANSWERED, composer=Standing.name, said="")


def targets(tools: Tools, c: Context) -> list[Document]:
    """The documents that a question for validity means: named ones (the asked version), else those whose titles hold most of the words that name it."""
    if re.search(r"征求意见|草案", c.rewritten) and (drafts := _drafts(tools, c)):
        return drafts
    if c.named.documents:
        heads = _called(c.rewritten, [h for i in c.named.documents if (h := tools.head(i, c.reader))])
        return _of_years(heads, c.rewritten)[:_MOST] or heads[:1]
    if bearing := _bearing(tools, c):
        return bearing
    need = need_of(_topic(c.rewritten), tools.retriever, c.reader)
    held = {d.id: need.held(bag(short_title(d.title))) for d in tools.retriever.shelf.heads.values() if d.kind == "policy" and c.reader.may_read(d.security, d.id)}
    best = max(held.values(), default=0.0)
    near = [tools.retriever.shelf.heads[i] for i, h in held.items() if h >= max(LEAST, 0.95 * best)]
    found = _of_years(near, c.rewritten) if best >= LEAST else []
    if not found and years(c.rewritten):
        dated = _of_years([tools.retriever.shelf.heads[i] for i, h in held.items() if h >= LEAST], c.rewritten)
        top = max((held[d.id] for d in dated), default=0.0)
        found = [d for d in dated if held[d.id] >= 0.95 * top]
    if not years(c.rewritten):
        found = [d for d in found if tools.validity(d.id, c.as_of).status in CURRENT] or found
    return sorted(found, key=lambda d: (len(d.title), d.id))[:_MOST]


def _drafts(tools: Tools, c: Context) -> list[Document]:
    """The drafts whose titles hold most of the words of a question for one."""
    need = need_of(_topic(c.rewritten), tools.retriever, c.reader)
    found = [d for d in tools.retriever.shelf.heads.values() if re.search(r"征求意见|草案", d.title) and c.reader.may_read(d.security, d.id) and tools.validity(d.id, c.as_of).status == Status.draft]
    held = {d.id: need.held(bag(d.title)) for d in found}
    return sorted((d for d in found if held[d.id] >= LEAST), key=lambda d: (-held[d.id], d.id))[:1]


_CHANGES = re.compile(r"延长|延期|废止|失效|清理|修改|解读|征求意见")


def _bearing(tools: Tools, c: Context) -> list[Document]:
    """Policies in force whose titles hold the very name that is asked about (创新券), the higher level first; none when the name is short or no title
    holds it."""
    runs = re.findall(r"[\u4e00-\u9fff]{3,}", pattern("filler.words").sub(" ", _topic(c.rewritten)).replace(c.place_words or "\0", " "))
    name = max(runs, key=len, default="")
    if not name or years(c.rewritten):
        return []
    named = [d for d in tools.retriever.shelf.heads.values() if name in d.title and d.kind == "policy" and not _CHANGES.search(d.title) and c.reader.may_read(d.security, d.id)]
    found = [d for d in named if tools.validity(d.id, c.as_of).status in CURRENT and (not c.region or not d.region_code or covers(d.region_code, c.region))]
    order = ["national", "province", "city", "county"]
    return sorted(found, key=lambda d: (order.index(str(d.level)) if d.level in order else 4, len(d.title), d.id))[:_MOST]


def _called(text: str, heads: Sequence[Document]) -> list[Document]:
    """Of documents that a question names those that bear just that name (not what extends, forwards or explains them), if there are any."""
    names = titles(text)
    exact = [h for h in heads if title_key(short_title(h.title)) in names]
    return exact or [h for h in heads if h.kind == "policy"] or list(heads)


def _topic(text: str) -> str:
    """The words that name the document: without years and the words that ask for validity."""
    plain = pattern("validity.words").sub(" ", re.sub(r"(?:19|20)\d{2}年?(?:的|版|度)?", " ", text))
    return plain if re.search(r"[\u4e00-\u9fff]{2}", plain) else text


def _of_years(found: Sequence[Document], text: str) -> list[Document]:
    """Those of the years that the text says (by number or date); all when it says none."""
    said = years(text)
    return [d for d in found if not said or any(y in (d.doc_number + d.written_on[:4] + d.published_on[:4] + d.effective_on[:4]) for y in said)]


def successor(tools: Tools, document: Document, c: Context) -> Document | None:
    """The document in force that repealed, amended or replaced this one."""
    for event in tools.events(document.id):
        if event.kind in _ENDING and event.stated_by and event.stated_by != document.id:
            other = tools.head(event.stated_by, c.reader)
            if other and other.kind == "policy" and tools.validity(other.id, c.as_of).status in CURRENT and _akin(document, other):
                return other
    return None


def _akin(old: Document, new: Document) -> bool:
    """Whether the newer document is about the same thing (titles share most words)."""
    a, b = bag(old.title), bag(new.title)
    return len(a & b) >= 0.5 * min(len(a), len(b))


def because(tools: Tools, c: Context, document: Document, judged: Validity, n: int) -> tuple[str, Citation, str] | None:
    """Why a document no longer holds, with the words that say so."""
    event = _ending(tools, c, document)
    words = {Status.repealed: "已经废止", Status.expired: "已经失效", Status.amended: "已有新版本，旧文不再适用", Status.draft: "是征求意见稿，没有生效", Status.not_yet: "还没有施行"}
    said = words.get(Status(judged.status), "不能确认有效")
    if event is not None and (book := tools.books.get([event.stated_by or ""], c.reader).get(event.stated_by or "")):
        citation = _cite(tools, c, book.document, event, n)
        return f"不能再作为依据：{named(document)}{said}（自{event.on}起）。{_where(citation, book.document)}写明：“{_short(citation.quote)}”", citation, f"{named(document)} {event.on} 不能再"
    if judged.status == Status.draft:
        return _draft(tools, c, document, judged, n)
    own = next((e for e in tools.events(document.id) if e.kind == EventKind.expires and e.stated_by == document.id and e.quote), None)
    book = tools.books.get([document.id], c.reader).get(document.id)
    if book is None:
        return None
    if own is not None:
        citation = _cite(tools, c, book.document, own, n)
        return f"不能再作为依据：{named(document)}有效期已于{own.on}届满。该文件{citation.clause.get('article') or ''}写明：“{_short(citation.quote)}”", citation, f"{named(document)} {own.on} 不能再 有效期已届满"
    newer = successor(tools, document, c) or _amender(tools, document, c)
    if newer is not None and (fresh := tools.books.get([newer.id], c.reader).get(newer.id)):
        start = fresh.statements[0] if fresh.statements else None
        if start is not None:
            citation = cite(n, fresh.document, start.start, min(start.end, start.start + 200), tools.validity(newer.id, c.as_of))
            return f"{named(document)}{_dated(document)}{said}，新版本为{_dated(newer)}{named(newer)}。", citation, f"{named(document)} {document.written_on} {newer.written_on} {judged.basis} {said} 新版本为"
    return None


def _draft(tools: Tools, c: Context, document: Document, judged: Validity, n: int) -> tuple[str, Citation, str] | None:
    """That a text asks for opinions only, with the words in which it does."""
    book = tools.books.get([document.id], c.reader).get(document.id)
    asking = next((s for s in book.statements if "征求意见" in s.text(book.document) and len(s.text(book.document)) > 12), None) if book else None
    if book is None or asking is None:
        return None
    citation = cite(n, book.document, asking.start, asking.end, judged)
    return f"{named(document)}是征求意见稿，没有生效，不能作为依据，施行日期没有确定。该文写明：“{_short(citation.quote)}”", citation, f"{named(document)} 征求意见稿 没有生效 不能作为依据"


def _ending(tools: Tools, c: Context, document: Document) -> Event | None:
    """The event that ended a document; a policy that says so before a list of a clean-up."""
    found = [e for e in tools.events(document.id) if e.kind in _ENDING and e.on and e.on <= c.as_of and e.stated_by and e.quote]
    return min(found, key=lambda e: (e.quote.lstrip().startswith("|"), e.on), default=None)


def _amender(tools: Tools, document: Document, c: Context) -> Document | None:
    found = [tools.head(e.stated_by, c.reader) for e in tools.events(document.id) if e.kind == EventKind.amended and e.stated_by]
    return next((d for d in found if d), None)


def _dated(document: Document) -> str:
    on = document.written_on or document.published_on
    return f"（{on}版）" if on else ""


def holds(tools: Tools, c: Context, document: Document, judged: Validity, n: int, opening: str = "") -> tuple[str, Citation, str] | None:
    """That a document holds, officially marked or without a record of its end, with its own words on when it applies."""
    book = tools.books.get([document.id], c.reader).get(document.id)
    if book is None:
        return None
    if (prolonged := _prolonged(tools, c, document)) is not None and c.as_of >= prolonged[0].published_on:
        return _stays(tools, c, document, judged, prolonged, n, opening)
    event = next((e for e in tools.events(document.id) if e.kind in (EventKind.extended, EventKind.effective) and e.quote and e.stated_by == document.id), None)
    marked = judged.status == Status.in_force
    said = "现行有效（有官方标注）" if marked else f"未见失效记录（截至{c.as_of}，待核）"
    if event is not None:
        citation = _cite(tools, c, book.document, event, n)
        until = expiry(tools, document, c.as_of)
        end = f"，到期日{until}" if until else ""
        held = "，" if opening else ""
        return f"{opening}{named(document)}{held}{said}{end}。该文件{citation.clause.get('article') or ''}写明：“{_short(citation.quote)}”", citation, f"{named(document)} {until} {c.as_of} {said} 到期日"
    statement = book.statements[-1] if book.statements else None
    if statement is None:
        return None
    citation = cite(n, book.document, statement.start, min(statement.end, statement.start + 200), judged)
    return f"{opening}{named(document)}{'，' if opening else ''}{said}。", citation, f"{named(document)} {c.as_of} {said}"


def _stays(tools: Tools, c: Context, document: Document, judged: Validity, prolonged: tuple[Document, Event], n: int, opening: str) -> tuple[str, Citation, str]:
    """That a document still holds because another text prolonged it, with that text's words."""
    stating, event = prolonged
    until = expiry(tools, document, c.as_of)
    said = "现行有效（有官方标注）" if judged.status == Status.in_force else f"未见失效记录（截至{c.as_of}，待核）"
    end = f"，有效期延至{until}" if until else "，已被宣布继续有效"
    citation = _cite(tools, c, stating, event, n)
    text = f"{opening}{named(document)}{'，' if opening else ''}{said}{end}。{_where(citation, stating)}写明：“{_short(citation.quote)}”"
    return text, citation, f"{named(document)} {until} {c.as_of} {said}{end}"


def expiry(tools: Tools, document: Document, as_of: str) -> str:
    """When a document ends by what is known: the newest end that an extension states (延期至 is dated by its new end); nothing
    when it was declared to stay in force (继续有效) after its first end."""
    events = tools.events(document.id)
    if ends := [e.on for e in events if e.kind == EventKind.extended and e.on]:
        return max(ends)
    kept = any(e.kind == EventKind.continued and (e.on or as_of) <= as_of for e in events)
    return "" if kept else document.expires_on


def _prolonged(tools: Tools, c: Context, document: Document) -> tuple[Document, Event] | None:
    """The text of another document that extends this one or says that it stays in force, with the event."""
    for event in sorted(tools.events(document.id), key=lambda e: e.on, reverse=True):
        elsewhere = event.kind in (EventKind.extended, EventKind.continued) and event.quote and event.stated_by not in (None, "", document.id)
        if elsewhere and (book := tools.books.get([event.stated_by or ""], c.reader).get(event.stated_by or "")):
            return book.document, event
    return None


def _cite(tools: Tools, c: Context, stating: Document, event: Event, n: int) -> Citation:
    """The clause that states an event (the whole clause when it is short, else the sentence)."""
    clause = clause_at(stating, event.start)
    start, end = event.start, event.end
    if clause is not None and clause.end - clause.start <= 320 and not stating.text[clause.start : clause.end].lstrip().startswith("|"):
        start, end = clause.start, clause.end
    while start < end and stating.text[end - 1].isspace():
        end -= 1
    while start < end and stating.text[start].isspace():
        start += 1
    return cite(n, stating, start, end, tools.validity(stating.id, c.as_of))


def _where(citation: Citation, stating: Document) -> str:
    return f"{named(stating)}{citation.clause.get('article') or ''}"


def _short(quote: str) -> str:
    from rag.statements import condense

    text = condense(quote)
    if text.startswith("|"):
        text = "，".join(cell for cell in (x.strip() for x in text.strip("|").split("|")) if cell)
    return text if len(text) <= 260 else re.sub(r"[，；。、][^，；。、]*$", "", text[:250]) + "……"
