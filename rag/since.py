"""What became of a text after it was issued, as other texts state it: changed article by article, extended, ended. An interpretation says so first.

Only what is in force at the date counts; articles that were changed are marked wherever they are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.access import Reader
from corpus.models import CURRENT, Document, Event, EventKind, RelationKind
from corpus.store import Store
from corpus.text import NUMERAL
from corpus.validity import validity
from rag.slot import cells
from rag.source import short_title
from rag.statements import condense, sayable
from rag.titles import title_key

_ENDS = (EventKind.repealed, EventKind.declared_expired, EventKind.ended, EventKind.suspended, EventKind.partly_repealed)
_ARTICLE = re.compile(rf"第[{NUMERAL}\d]+条(?:之[{NUMERAL}\d]+)?")
_CHANGES = re.compile(r"修改为|修改|删去|删除|增加|调整为|改为")
_QUOTED = re.compile(r"“[^”]*”")
MOST = 12


@dataclass(frozen=True, slots=True)
class Since:
    """A later text's span [start, end) that speaks of this one; `kind` changed, extended, continued or ended; `articles` of this text that it changes."""

    kind: str
    document: Document
    start: int
    end: int
    articles: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """What the span says, in quotes; of a table's row its cells."""
        text = self.document.text[self.start : self.end]
        return "，".join(c for c in cells(text) if c and not c.isdigit()) if text.lstrip().startswith("|") else f"“{condense(text)}”"


def since(document: Document, store: Store, reader: Reader, on: str) -> list[Since]:
    """What other texts in force at a date state of this one, in the order of their dates."""
    events = [e for e in store.documents.events_of(reader, [document.id]).get(document.id, []) if e.stated_by and e.stated_by != document.id]
    amending = {r.document_id for r in store.documents.relations_of([document.id]) if r.target_id == document.id and r.kind == RelationKind.amends and r.document_id != document.id}
    others = _in_force(store, reader, {str(e.stated_by) for e in events} | amending, on)
    found = [x for other in others.values() if other.id in amending for x in _changed(other, document)]
    told = {x.document.id for x in found}
    own = max((e.on for e in store.documents.events_of(reader, [document.id]).get(document.id, []) if e.kind == EventKind.expires and e.stated_by == document.id), default="")
    found += [x for e in events if e.stated_by in others and e.stated_by not in told and (x := _stated(e, others[str(e.stated_by)], own))]
    unique = {(x.document.id, x.start, x.end): x for x in sorted(found, key=lambda x: x.kind == "extended")}
    return sorted(unique.values(), key=lambda x: (x.document.written_on or x.document.published_on, x.start))[-MOST:]


def _in_force(store: Store, reader: Reader, ids: set[str], on: str) -> dict[str, Document]:
    """Of these documents those that were issued by the date and stand at it."""
    happened = store.documents.events_of(reader, sorted(ids)) if ids else {}
    issued = [d for d in store.documents.texts(sorted(ids), reader) if (d.published_on or d.written_on) <= on]
    return {d.id: d for d in issued if validity(d, happened.get(d.id, ()), on).status in CURRENT}


def _changed(other: Document, document: Document) -> Iterator[Since]:
    """Every change of an amending text, with the articles that it names outside of the new words; of a text that changes several only what names this one."""
    name = title_key(short_title(document.title))
    several = len({r.target_id or r.target_title for r in other.relations if r.document_id == other.id and r.kind == RelationKind.amends}) > 1
    for s in sayable(other):
        for a, b in (s.items or ((s.start, s.end),)) if s.kind != "table" else ():  # a row of a list is told by its event
            text = other.text[a:b]
            if several and name not in title_key(f"{s.heading}{s.lead(other)}{text}"):
                continue
            if _CHANGES.search(_QUOTED.sub("", text)) and (articles := _ARTICLE.findall(_QUOTED.sub("", text))):
                yield Since("changed", other, a, b, frozenset(articles))


def _stated(e: Event, other: Document, own: str) -> Since | None:
    """An event of another text as a change, an extension (past `own`, the end that the text itself states), a confirmation or an end; None for any other."""
    start, end = _span(e, other)
    if e.kind in (EventKind.extended, EventKind.continued):
        return Since("extended" if e.kind == EventKind.extended and e.on > own else "continued", other, start, end)
    if e.kind == EventKind.amended and _CHANGES.search(e.quote):
        return Since("changed", other, start, end, frozenset(_ARTICLE.findall(_QUOTED.sub("", e.quote))))
    return Since("ended", other, start, end) if e.kind in (*_ENDS, EventKind.amended) else None


def _span(e: Event, other: Document) -> tuple[int, int]:
    """The words of an event; of one without words (a newer version ends the older) the first line of the newer one, its name."""
    first = re.search(r"\S[^\n]*", other.text)
    return (e.start, e.end) if e.end > e.start or first is None else first.span()


def change_of(place: str, changes: Sequence[Since], words: str = "") -> Since | None:
    """The change of the article at a place (第四条第一款), or None; with `words` only a change that touches them."""
    return next((x for x in changes for a in x.articles if re.match(rf"{a}(?!之)", place) and (not words or _touches(x, a, words))), None)


_PIECES = re.compile(r"[；;|](?=\s*(?:将|把|删去|删除|在|增加|第))")
"""Several changes in one sentence (将第四条…；将第八条…)."""


def _touches(x: Since, article: str, words: str) -> bool:
    """Whether a change touches words of its article: all but one that names other words of it (删去第十条中“…”, 将“甲”一行的…修改为…)."""
    whole = x.document.text[x.start : x.end]
    said = "；".join(p for p in _PIECES.split(whole) if article in _QUOTED.sub("", p)) or whole
    named = [m.group().strip("“”，。；") for m in _QUOTED.finditer(said) if not said[: m.start()].endswith(("修改为", "改为", "调整为"))][: 1 if "一行" in said else None]
    if not named or re.search(rf"(?:{_ARTICLE.pattern})(?:第[^，。]{{1,4}}款)?修改为|增加", _QUOTED.sub("", said)):
        return True
    plain = re.sub(r"\W", "", words)
    return any(re.sub(r"\W", "", q)[:12] in plain for q in named if len(q) > 1)
