"""What a person of some class is given (博士来临洲有什么补贴, D类人才补多少): the rows and sentences of each level for that class, and who belongs to it.

A policy says once who is of a class (D类人才，包括…具有博士学位的人员) and elsewhere what the class is given; both are told, the sum first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from corpus.models import CURRENT, Document
from corpus.text import sentences
from rag.amounts import FORMS
from rag.asked import pattern, slots_of, table
from rag.cite import cite
from rag.levels import NO_PLACE, PLACE, elsewhere, heading_of, not_held, stack_word
from rag.offers import LEVELS, SHUTS, clauses, excluding
from rag.places import covers, inside, level_said, places_in
from rag.reading import run
from rag.records import ANSWERED, PARTIAL, Citation, Context, Sentence
from rag.slot import Slot, cells, rows_of
from rag.source import named, short_title
from rag.statements import Statement, condense
from rag.tools import Book, Tools

TITLED = 4
"""Characters in a row that a question shares with the title of the policy that it means (海峡英才)."""
MOST, MOST_SAID = 6, 4
"""Policies in an answer, and statements of one."""


@dataclass(frozen=True, slots=True)
class Person:
    """How texts say the kind of person that is asked about, and the classes (A, D, 三) that the question names itself."""

    says: re.Pattern[str] | None
    classes: frozenset[str]

    def said(self, text: str) -> bool:
        return bool(self.says and self.says.search(text))


@dataclass(frozen=True, slots=True)
class _Given:
    """What one policy gives: statements with the spans that are said of them, who is of the class, how it stacks; or the clause that shuts the place out."""

    book: Book
    parts: tuple[tuple[Statement, tuple[tuple[int, int], ...]], ...]
    members: tuple[tuple[int, int], ...]
    stacking: tuple[Slot, ...]
    excluded: Slot | None = None


class Persons:
    """Answers what support a person of some class has; leaves other questions to the next composer."""

    name = "persons"

    def compose(self, tools: Tools, c: Context) -> Context | None:
        """What each level gives the class, the higher level first."""
        if not (found := given(tools, c)):
            return None
        sentences: list[Sentence] = []
        citations: list[Citation] = []
        for g in found[:MOST]:
            _say(tools, c, g, len(found) > 1, sentences, citations)
        partial = not c.region and not level_said(c.rewritten) and len({g.book.document.region_code for g in found}) > 1
        notes = (*c.notices, *(() if level_said(c.rewritten) else not_held(c, [g.book.document for g in found])), *([PLACE] if partial else []))
        return replace(c, sentences=tuple(sentences), citations=tuple(citations), notices=notes, status=PARTIAL if partial else ANSWERED, composer=self.name, said=NO_PLACE.replace("企业", "") if partial else "")


def given(tools: Tools, c: Context) -> list[_Given]:
    """What the policies of the place give the person that is asked about; nothing for other questions."""
    who = person(c.rewritten) if asks(c) else None
    return _of_thing(c, [g for b in _books(tools, c) if (g := _given(b, who, c)) is not None]) if who else []


def unheld(c: Context) -> bool:
    """Whether a kind of enterprise (专精特新, 瞪羚) is spoken of, or asked what a kind of person is given, and no evidence speaks of such."""
    if (kinds := set(pattern("enterprises.words").findall(c.rewritten))):
        return any(not any(kind in f"{e.document.title}{e.text}" for e in c.evidence) for kind in kinds)
    who = person(c.rewritten) if asks(c) else None
    return who is not None and who.says is not None and not any(who.said(e.text) for e in c.evidence)


_OF_HIM = re.compile(r"年龄|多大岁数|几岁|周岁|岁以[上下]|学历|职称|工作(?:多少|几)年|(?:多少|几)年(?:工作)?经验|到岗")
"""What is asked of a person, not given."""


def asks(c: Context) -> bool:
    """Whether a question asks what a person of some class is given."""
    if c.asked.stacking or c.named.articles or slots_of(c.rewritten) or not (c.asked.support or any(p.form == "amount" for p in c.asked.parts)):
        return False
    return person(c.rewritten) is not None and not _OF_HIM.search(c.rewritten) and not re.search(r"博士后(?:科研)?(?:工作站|流动站|创新实践)|院士(?:专家)?工作站|建站", c.rewritten)


@cache
def _kinds() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(asked), said) for asked, said in table()["persons"]["kinds"])


def person(text: str) -> Person | None:
    """The person that a question speaks of; None for a question of no kind or class of persons."""
    classes = frozenset(a or b for a, b in pattern("persons.classes").findall(text))
    said = [says for asked, says in _kinds() if asked.search(text)]
    return Person(re.compile("|".join(said)) if said else None, classes) if said or classes else None


def _books(tools: Tools, c: Context) -> list[Book]:
    """Policies in force that reach the place and speak of persons by their title, or were found; the higher level first."""
    near = [e.document.id for e in c.evidence if e.document.kind == "policy"]
    heads = tools.retriever.shelf.heads.values()
    titled = [d.id for d in heads if d.kind == "policy" and pattern("persons.given").search(d.title) and c.reader.may_read(d.security, d.id)]
    books = tools.books.get([*titled[:24], *near[:24]], c.reader).values()
    order = list(LEVELS)
    reached = [b for b in books if _reaches(c, b.document) and tools.validity(b.document.id, c.as_of).status in CURRENT]
    reached = [b for b in reached if b.document.level == level_said(c.rewritten)] or reached
    if not c.region:
        reached = [b for b in reached if run(c.rewritten, short_title(b.document.title)) >= TITLED] or reached
    return sorted(reached, key=lambda b: (order.index(str(b.document.level)) if b.document.level in order else 9, b.document.region_code, b.document.id))


def _reaches(c: Context, d: Document) -> bool:
    if elsewhere(c, d):
        return False
    return not c.region or covers(d.region_code, c.region) or inside(d.region_code, c.region)


def _given(book: Book, who: Person, c: Context) -> _Given | None:
    """What a policy gives the person; None when it gives nothing."""
    d = book.document
    members = tuple(span for s in book.statements for span in _members(d, s, who))
    labels = who.classes | {m[1] or m[2] for a, b in members if (m := pattern("persons.classes").search(d.text[a:b]))}
    amounts = [s for s in book.slots if s.kind in ("amount", "ratio", "grant")]
    parts = []
    for s in book.statements:
        if FORMS.search(s.heading) or not any(s.start <= x.start < s.end for x in amounts):
            continue
        if spans := tuple(_spans(d, s, who, labels, amounts)):
            parts.append((s, spans))
    if not parts:
        return None
    about = [x for x in clauses("stacking", book.slots) if _ABOUT.search(x.text) and not any(s.start <= x.start < s.end for s, _ in parts)]
    used = tuple((a, b) for a, b in members if any(_named(d.text[x:y], labels) for _, spans in parts for x, y in spans if not who.said(d.text[x:y])))
    return _Given(book, tuple(parts[:MOST_SAID]), used, tuple(about[:2]), excluding(d, book.slots, c.region) or _apart(d, book.slots, c.region))


_ABOUT = re.compile(r"人才|安家|租房|博士|硕士")
"""Clauses on stacking that speak of persons."""


def _apart(d: Document, found: Sequence[Slot], region: str) -> Slot | None:
    """The clause that treats the asked place apart (鹭屿市可以参照执行，所需资金自行承担)."""
    named_ = (s for s in found if s.kind == "exclusion" and any(p.code != d.region_code and covers(p.code, region) for p in places_in(s.text)))
    return next(named_, None) if region else None


def _members(d: Document, s: Statement, who: Person) -> Iterator[tuple[int, int]]:
    """Items that say who is of a class, where they speak of the person or are of the asked class: （二）D类人才，包括…具有博士学位的人员."""
    for a, b in s.items:
        opening = re.match(r"\s*(?:[（(][^）)]{1,3}[）)]|\d{1,2}[.、])?\s*(?:([A-Z])类|([一二三四五六七])类)[^，：:、]{0,6}[，：:]", d.text[a:b])
        if opening and (who.said(d.text[a:b]) or {opening[1] or opening[2]} & who.classes) and not re.search(r"\d万元", d.text[a:b]):
            yield a, b


def _named(text: str, labels: frozenset[str] | set[str]) -> bool:
    return any(a in labels or b in labels for a, b in pattern("persons.classes").findall(text))


def _spans(d: Document, s: Statement, who: Person, labels: frozenset[str], amounts: Sequence[Slot]) -> Iterator[tuple[int, int]]:
    """The rows, items or sentences of a statement that give the person something."""
    if s.kind == "table":
        rows = rows_of(d, s)
        kept = [(a, b) for a, b in rows[1:] if who.said(first := cells(d.text[a:b])[0]) or _named(first, labels)]
        yield from [rows[0], *kept] if kept else []
        return
    for a, b in s.items or ((s.start, s.end),):
        text = d.text[a:b]
        if any(a <= x.start < b for x in amounts) and (who.said(text) or _named(text, labels)) and not _ASKED_OF.search(text):
            yield a + _opening(text, who, labels), b


def _opening(text: str, who: Person, labels: frozenset[str]) -> int:
    """Where the first sentence begins that speaks of the person or its class."""
    return next((a for a, b in sentences(text) if who.said(text[a:b]) or _named(text[a:b], labels)), 0)


_ASKED_OF = re.compile(r"(?:下列|以下)条件|申请认定|申报条件|不低于\d+(?:万元|人)[^。]{0,20}(?:条件|要求)")
"""What is asked of an applicant is not given."""


def _of_thing(c: Context, found: Sequence[_Given]) -> list[_Given]:
    """Of what is given the kind that is asked for (租房, 安家), where somebody gives it; all when none is named."""
    things = [m[0] for m in pattern("persons.things").finditer(c.rewritten)]
    if not things:
        return list(found)

    def about(g: _Given) -> _Given:
        return replace(g, parts=tuple((s, spans) for s, spans in g.parts if any(t in f"{s.heading}{s.text(g.book.document)}" for t in things)))

    kept = [k for g in found if (k := about(g)).parts]
    return kept or list(found)


def _say(tools: Tools, c: Context, g: _Given, several: bool, sentences: list[Sentence], citations: list[Citation]) -> None:
    d = g.book.document
    judged = tools.validity(d.id, c.as_of)
    heading = heading_of(d)
    heading = "" if heading in [s.heading for s in sentences] else heading

    def add(text: str, spans: Sequence[tuple[int, int]], block: str) -> None:
        nonlocal heading
        made = [cite(len(citations) + n, d, a, b, judged) for n, (a, b) in enumerate(spans, 1)]
        citations.extend(made)
        sentences.append(Sentence(text, tuple(x.n for x in made), block, heading))
        heading = ""

    if g.excluded is not None:
        add(f"{named(d)}{'不能享受' if SHUTS.search(g.excluded.text) else ''}：{condense(g.excluded.text)}", ((g.excluded.start, g.excluded.end),), "lead")
        return
    for i, (s, spans) in enumerate(g.parts):
        opening = f"{named(d) if i == 0 else ''}{s.article or ''}{'：' if i == 0 or s.article else ''}"
        words = "\n" + "\n".join(d.text[a:b].strip() for a, b in spans) if s.kind == "table" else "\n".join(condense(d.text[a:b]) for a, b in spans)
        add(opening + words, spans, "lead" if i == 0 else "more")
    for a, b in g.members:
        add(f"适用的人员：{condense(d.text[a:b]).rstrip('；。')}。", ((a, b),), "more")
    for slot in g.stacking if several else ():
        add(f"{stack_word(slot.text)}：{condense(slot.text)}", ((slot.start, slot.end),), "more")
