"""Two things side by side (高企和科技型中小企业有什么区别): what a text says of both together, then of each what it is, its conditions and its support.

Each is asked of alone, by the same steps as any question; places are compared elsewhere (rag.apart), versions of one text too (rag.gist).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from corpus.regions import places_in
from corpus.text import normalise
from rag.apart import joined
from rag.asked import asked, pattern
from rag.cite import cite
from rag.fit import bag, one_name
from rag.meaning import KIN, SAYS, SHOWS, TITLE, defines
from rag.records import ANSWERED, PARTIAL, Context, Sentence
from rag.source import place_of, source_of
from rag.statements import condense
from rag.tools import Tools

NEAR, MOST = 10, 3
"""So many passages are looked through for what is said of both together; so many sentences on its support are told of each."""
WHAT, CONDITIONS, SUPPORT = "是什么", "条件", "支持"
_ASKS = {WHAT: "什么是{}？", CONDITIONS: "{}要满足什么条件？", SUPPORT: "{}有什么补助？"}
_OF_SUPPORT = {WHAT: "什么是{}？", SUPPORT: "{}的标准是多少？"}
_GIVEN = re.compile(r"(?:补助|补贴|奖励|资助|券|扣除|配套|贴息)$")


def subjects(text: str) -> tuple[str, str] | None:
    """The two things that a question compares; None for any other question."""
    match = pattern("contrast.words").search(re.sub(r"[\s？?。]", "", normalise(text)))
    if match is None:
        return None
    a, b = (re.sub(pattern("contrast.opening"), "", match[side]) for side in ("a", "b"))
    return (a, b) if a != b and not any(pattern("contrast.unless").search(x) or places_in(x) for x in (a, b)) else None


def each(c: Context, walk: Callable[[Context], Context], tools: Tools) -> Context:
    """The context of a question that compares two things, told one after the other; the same context for other questions and where not both are held."""
    if c.named.documents or (pair := subjects(c.rewritten)) is None:
        return c
    told: list[tuple[str, Context]] = []
    silent = []
    for name in pair:
        held = [(f"{name}：{head}", part) for head, part in _parts(c, walk, name)]
        silent += [] if held else [f"本库未收录对“{name}”的规定（不等于没有规定）。"]
        told += held
    if not told or not any(head.endswith((WHAT, CONDITIONS)) or _GIVEN.search(head.partition("：")[0]) for head, _ in told):
        return c
    told = [*_both(c, tools, pair), *told]
    sure = not silent and all(part.status == ANSWERED for head, part in told if not head.endswith(SUPPORT))
    return replace(joined(c, told, tuple(silent)), region=c.region, filters=c.filters, status=ANSWERED if sure else PARTIAL, composer="contrast")


def _parts(c: Context, walk: Callable[[Context], Context], name: str) -> Iterator[tuple[str, Context]]:
    """(head, context) of what is told of one thing: what speaks of it by its name, nothing twice."""
    seen: set[tuple[str, int]] = set()
    plain = re.sub(r"(?<=类)人才$", "", one_name(name))
    asks = _OF_SUPPORT if _GIVEN.search(plain) else _ASKS if TITLE.search(one_name(name)) else {k: v for k, v in _ASKS.items() if k != CONDITIONS}
    for head, ask in asks.items():
        text = ask.format(one_name(name))
        part = walk(replace(c, rewritten=text, asked=asked(text)))
        kept = _of_thing(part, plain, head)
        spans = {(x.document_id, x.start) for x in part.citations for s in kept if x.n in s.citations}
        if kept and not spans <= seen:
            seen |= spans
            yield head, replace(part, sentences=kept, said="", notices=tuple(n for n in part.notices if "叠加" not in n and "下定义" not in n))


def _of_thing(part: Context, name: str, head: str) -> tuple[Sentence, ...]:
    """The sentences of a part that are of the thing: definitions that define it; lists and offers of texts that name it, the first of each text."""
    quoted = {x.n: one_name(normalise(x.quote)) for x in part.citations}
    titled = {x.n: one_name(normalise(x.title)) for x in part.citations}
    said = [(s, "".join(quoted[n] for n in s.citations), "".join(titled[n] for n in s.citations)) for s in part.sentences]
    if head == WHAT:
        return tuple(s for s, text, _ in said if defines(name, text) >= (SAYS if TITLE.search(name) or not _GIVEN.search(name) else KIN) or (defines(name, text) == SHOWS and not TITLE.search(name)))
    if head == SUPPORT and part.composer not in ("levels", "persons"):
        return ()
    if head == SUPPORT:
        return tuple(s for s, text, title in said if s.block == "lead" and _speaks(name, text + title) and not _LAW.search(title))[:MOST]
    named = {title for s, text, title in said if s.block != "related" and _speaks(name, text + title)}  # what stands in one text with it is of it
    return tuple(s for s, _, title in said if s.block != "related" and title in named)


def _speaks(name: str, text: str) -> bool:
    """Whether a text names a thing; what is no title also in other order or with words between (研发补助 in 研发投入分段补助)."""
    words = bag(name)
    return name in text or (not TITLE.search(name) and len(words & bag(text)) >= NAMED * len(words))


_LAW = re.compile(r"(?:法|条例|法实施细则)(?:[（(][^（）()]*[）)])?$")
"""Laws set rules and penalties; what supports a thing stands in policies."""
NAMED = 0.6
"""Share of the word pairs of a name that a text holds which names it."""


def _both(c: Context, tools: Tools, pair: tuple[str, str]) -> list[tuple[str, Context]]:
    """The sentence that sets the two against each other, if a text has one."""
    from rag.query import Query

    hits = tools.retriever.search(Query(c.rewritten, k=NEAR, as_of=c.as_of, region=c.region), c.reader)
    books = tools.books.get((h.document_id for h in hits), c.reader)
    for book in (books[h.document_id] for h in hits if h.document_id in books):
        for s in book.statements:
            text = one_name(normalise(s.text(book.document)))
            if s.kind == "plain" and all(one_name(name) in text for name in pair) and pattern("contrast.says").search(text):
                d = book.document
                made = cite(1, d, s.start, s.end, tools.validity(d.id, c.as_of))
                sentence = Sentence(f"{source_of(d, place_of(d, s), c)}{condense(s.text(d))}", (1,), "lead")
                return [("两者的关系", replace(c, sentences=(sentence,), citations=(made,), status=ANSWERED, composer="contrast"))]
    return []
