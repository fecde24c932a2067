"""申报日历: each call (申报通知) with its year, its rule, and its deadlines by stage; and the answer to 什么时候申报.

Without a call of the year: 本年度通知未收录；上年为…，仅供参考.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from corpus.models import CURRENT, Document
from rag.asked import slots_of
from rag.cite import cite
from rag.facts import years
from rag.fit import bag, need_of
from rag.places import covers
from rag.records import ANSWERED, PARTIAL, Citation, Context, Sentence
from rag.slots import Slot
from rag.source import named, short_title
from rag.statements import condense
from rag.tools import Book, Tools

_CALL = re.compile(r"申报|申请|认定|征集|揭榜|榜单|指南|评价|兑现|兑付|受理|报名|推荐|核定")
STAGES = ("网上填报", "申报", "推荐审核", "纸质材料", "兑付")
LEAST = 0.5
"""Least share of the words that name a call which its title must hold."""


def call_year(document: Document) -> str:
    """The year that a call is for: the year in its title, else of its publication."""
    said = sorted(years(document.title))
    return said[-1] if said else (document.published_on or document.written_on)[:4]


def series(document: Document) -> str:
    """What the calls of all years share: the title without years and opening issuers."""
    return re.sub(r"(?:19|20)\d{2}(?:-\d{4})?年?度?|第[一二三四五六]批", "", short_title(document.title))


# ---- the answer ----------------------------------------------------------------------------------------------------------


class Deadlines:
    """Answers when something is to be applied for; leaves other questions to the next composer."""

    name = "deadlines"

    def compose(self, tools: Tools, c: Context) -> Context | None:
        """Deadlines by stage of the calls that are meant, one place after the other, the one that the question names first."""
        found = meant(tools, c)
        if not found:
            return None
        sentences: list[Sentence] = []
        citations: list[Citation] = []
        for book in sorted(found, key=lambda b: bool(c.place_words) and b.document.region_code != c.region):
            self._say(tools, c, book, sentences, citations)
        if not sentences:
            return None
        late = [b for b in found if call_year(b.document) < wanted_year(c)]
        notes = tuple(f"{_said_year(c)}通知未收录；最近一次为{named(b.document)}，仅供参考。" for b in late)
        said = f"{_said_year(c)}通知未收录，以下为最近一次（{call_year(late[0].document)}年度）的安排，仅供参考。" if late else ""
        return replace(c, sentences=tuple(sentences), citations=tuple(citations), notices=(*notes, *_passed(found, c)), status=PARTIAL if late else ANSWERED, composer=self.name, said=said)

    def _say(self, tools: Tools, c: Context, book: Book, sentences: list[Sentence], citations: list[Citation]) -> None:
        d, judged = book.document, tools.validity(book.document.id, c.as_of)
        for i, (start, end, text) in enumerate(_phones(book) if phoned(c) else _lines(book)):
            citation = cite(len(citations) + 1, d, start, end, judged)
            citations.append(citation)
            opening = f"根据{named(d)}，" if i == 0 else ""
            sentences.append(Sentence(f"{opening}{text}", (citation.n,), "lead" if i == 0 else "more"))


def wanted_year(c: Context) -> str:
    """The year that a question for a call means: the one it says, else the year of its date."""
    said = sorted(y for y in years(c.rewritten))
    return said[-1] if said else c.as_of[:4]


def _said_year(c: Context) -> str:
    """The year as it is spoken of: 本年度, or 2027年度 where the question says another."""
    return "本年度" if wanted_year(c) == c.as_of[:4] else f"{wanted_year(c)}年度"


def asks(c: Context) -> bool:
    """Whether a question asks when to apply for something."""
    timed = any(p.form == "deadline" or "date" in p.units for p in c.asked.parts)
    if phoned(c) or (c.asked.yearly and all(p.form == "general" and not p.units for p in c.asked.parts) and not slots_of(c.rewritten)):
        return True  # 2027年高企申报: nothing else is asked of it
    return timed and bool(re.search(r"申报|申请|报名|填报|截止|受理|提交|材料|认定|兑付|兑现|征集|揭榜|评价|入库|推荐", c.rewritten))


def phoned(c: Context) -> bool:
    """Whether a question asks only whom to call about an application of a year (2026年高企申报咨询电话)."""
    return bool(c.asked.yearly) and all(p.units == {"phone"} for p in c.asked.parts)


def meant(tools: Tools, c: Context) -> list[Book]:
    """The newest call not after the wanted year of each series and place whose title holds what the question names."""
    if not asks(c):
        return []
    need = need_of(_topic(c.rewritten), tools.retriever, c.reader)
    heads = [d for d in tools.retriever.shelf.heads.values() if d.kind == "notice" and _CALL.search(d.title) and c.reader.may_read(d.security, d.id)]
    heads = [d for d in heads if (not c.region or covers(d.region_code, c.region)) and tools.validity(d.id, c.as_of).status in CURRENT]
    if level := _LEVEL.match(c.rewritten):
        heads = [d for d in heads if d.level == _LEVELS[level[1]]] or heads
    held = {d.id: need.held(bag(d.title)) for d in heads}
    best = max(held.values(), default=0.0)
    near = [d for d in heads if held[d.id] >= max(LEAST, 0.85 * best)]
    newest = _newest(near, wanted_year(c))
    books = tools.books.get((d.id for d in newest), c.reader)
    with_dates = [books[d.id] for d in newest if d.id in books and (_phones(books[d.id]) if phoned(c) else _lines(books[d.id]))]
    return _nearest_place(with_dates, c)[:3]


_LEVEL = re.compile(r"(省|市|县|区)(?:里|级)?的?(?=[\u4e00-\u9fff]{2})")
_LEVELS = {"省": "province", "市": "city", "县": "county", "区": "county"}
"""A level that a question begins with (省研发补助, 市里的奖励)."""


def _topic(text: str) -> str:
    """The words that name the call: without years, times and the words that ask."""
    plain = re.sub(r"(?:19|20)\d{2}年?度?|今年|去年|明年|本年度?|开始|开放|启动|推荐审核|审核|(?:咨询|联系)?电话|截止(?:时间|日期)?|申报(?:时间)?|时间|日期|网上填报|纸质材料|报送|提交|最晚|最迟", " ", _LEVEL.sub("", text, count=1) if _LEVEL.match(text) else text)
    return plain if re.search(r"[\u4e00-\u9fff]{2}", plain) else text


def _newest(found: Iterable[Document], year: str) -> list[Document]:
    best: dict[tuple[str, str, tuple[str, ...]], Document] = {}
    for d in sorted(found, key=lambda d: (call_year(d), d.published_on)):
        if call_year(d) <= year:
            best[(series(d)[:8], d.region_code, d.issuers)] = d
    newest = max((call_year(d) for d in best.values()), default="")
    return [d for d in best.values() if call_year(d) == newest]


def _nearest_place(found: Sequence[Book], c: Context) -> list[Book]:
    """Calls of the province before those that forward them; with a place given, its own."""
    order = {"national": 0, "province": 1, "city": 2, "county": 3}
    return sorted(found, key=lambda b: ("转发" in b.document.title, order.get(str(b.document.level), 4), b.document.id))


def _lines(book: Book) -> list[tuple[int, int, str]]:
    """(start, end, text) of the items that state deadlines, 网上填报 before 推荐审核 before 纸质材料; then the channel."""
    d = book.document
    found = book.slots
    spans: dict[tuple[int, int], int] = {}
    for slot in found:
        if slot.kind != "deadline" or slot.text.lstrip().startswith("|"):
            continue
        order = STAGES.index(slot.label) if slot.label in STAGES else None
        span = _item_of(book, slot)
        if order is not None and span and not d.text[span[0] : span[1]].rstrip().endswith(("：", ":")):
            spans[span] = min(order, spans.get(span, order))
    tables = [s for s in book.statements if s.kind == "table" and any(x.kind == "deadline" and s.start <= x.start < s.end for x in found)]
    rows = {x.start for s in tables[:1] for x in found if x.kind == "deadline" and x.label in STAGES and s.start <= x.start < s.end}
    if not spans or len(rows) > len(spans):  # a table of stages says more than a date in passing
        return [(s.start, s.end, "\n" + d.text[s.start : s.end]) for s in tables[:1]]
    ordered = sorted(spans, key=lambda span: (spans[span], span))
    return [(a, b, condense(d.text[a:b])) for a, b in ordered[:6]]


def _phones(book: Book) -> list[tuple[int, int, str]]:
    """(start, end, text) of the statements that give telephones, each once."""
    d, given = book.document, {x.start for x in book.slots if x.kind == "phone"}
    found = [s for s in book.statements if s.kind != "table" and any(s.start <= x < s.end for x in given)]
    return [(s.start, s.end, condense(s.text(d))) for s in found[:3]]


def _item_of(book: Book, slot: Slot) -> tuple[int, int] | None:
    for s in book.statements:
        if s.start <= slot.start < s.end:
            return next(((a, b) for a, b in s.items if a <= slot.start < b), (s.start, s.end))
    return None


def _passed(found: Sequence[Book], c: Context) -> list[str]:
    """Whether the time to apply is over at the date."""
    if phoned(c):
        return []
    due = [x.value.partition(":")[2] for b in found for x in b.slots if x.kind == "deadline" and x.label in ("网上填报", "申报") and x.value.startswith("date:")]
    if due and max(due) < c.as_of:
        return [f"截至{c.as_of}，上述填报时间均已过。"]
    return []
