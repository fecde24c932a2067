"""One document by what people call it: its id, its 文号, its title, 《title》, a common short name.

Of several dated versions the one in force at the date is meant, of none in force the newest; a year behind the name (（2018年修正）) says which.
A name that several different documents bear is not guessed: the error lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from corpus.access import Reader
from corpus.errors import BadInput, NotFound
from corpus.models import CURRENT, Document, Kind
from corpus.text import normalise
from rag.shelf import Shelf
from rag.source import short_title
from rag.titles import Titles, number_key, title_key
from rag.words import words

_NAME = re.compile(r"[\u4e00-\u9fff]")
_LINK = re.compile(r"/d/([A-Za-z0-9]+)(?:[/?#].*)?$")
_YEAR = re.compile(r"[（(]((?:19|20)\d{2})[^（）()]{0,12}[）)]$")
_DRAFT = re.compile(r"征求意见稿|草案")
_LEAST, _LISTED = 3, 8
"""Characters of a name that is looked for inside titles; documents that an error lists."""


def is_name(said: str) -> bool:
    """Whether something was said by which people name a document (ids have no Chinese characters)."""
    return bool(_NAME.search(said)) or "/d/" in said


def pick(shelf: Shelf, said: str, reader: Reader, on: str) -> str:
    """The id of the document that is meant at a date. Raises NotFound, and BadInput when the name fits several different ones."""
    if link := _LINK.search(said):
        return link[1]
    heads = list(shelf.among(_found(shelf, said, reader), reader).values())
    works = [list(versions) for _, versions in groupby(sorted(heads, key=_work), key=_work)]
    if not works:
        raise NotFound("no such document", said, "give its 文号, its title or its id; `jianwei search` finds them")
    if len(works) > 1:
        chosen = [_version(shelf, w, "", reader, on) for w in works]
        raise BadInput("several documents bear this name", said, f"name one by its 文号 or id: {_listed(chosen)}")
    year = _YEAR.search(normalise(said).strip())
    if year and not any(_of_year(d, year[1]) for d in works[0]):
        raise NotFound("no version of that year", said, f"held are: {_listed(works[0])}")
    return _version(shelf, works[0], year[1] if year else "", reader, on).id


def _of_year(d: Document, year: str) -> bool:
    """Whether a version was made, published or began in a year, or bears it in its title."""
    return year in d.title or any(day.startswith(year) for day in (d.written_on, d.published_on, d.effective_on))


def _work(d: Document) -> tuple[str, str]:
    """What the versions of one text share: their name and place."""
    return title_key(short_title(d.title)), d.region_code


def _found(shelf: Shelf, said: str, reader: Reader) -> tuple[str, ...]:
    """The ids of what bears the number, else the whole title or the name that a notice issues, else a title that ends with the name, or holds it: policies before what tells of them.

    A draft is meant only where the words say so.
    """
    name, titles = normalise(said).strip(), shelf.lookup(reader)
    if ids := titles.numbered(number_key(name)):
        return _first(shelf, ids, reader)
    key = title_key(words().names.get(name.strip("《》〈〉"), name))
    held = titles.loose(key) if len(key) >= _LEAST else ()
    if drafts := [i for i in held if _DRAFT.search(name) and _DRAFT.search(shelf.heads[i].title)]:
        return tuple(drafts)
    short = {i: title_key(short_title(shelf.heads[i].title)) for i in held}
    issued = [i for i in held if short[i] == key]
    return _first(shelf, [*titles.titled(key), *issued] or _spoken(titles, name) or [i for i in held if short[i].endswith(key)] or held, reader)


def _spoken(titles: Titles, said: str) -> list[str]:
    """What a name and a number written together mean (《X》（文号）): those that both fit, else either."""
    named = [set(n.ids) for n in titles.named(said) if n.ids]
    both = set.intersection(*named) if named else set()
    return sorted(both or set().union(*named))


def _first(shelf: Shelf, ids: Iterable[str], reader: Reader) -> tuple[str, ...]:
    """The policies among the ids where there are any, else the notices, else all."""
    heads = shelf.among(ids, reader)
    for kind in (Kind.policy, Kind.notice):
        if kept := tuple(i for i, d in heads.items() if d.kind == kind):
            return kept
    return tuple(heads)


def _version(shelf: Shelf, versions: Iterable[Document], year: str, reader: Reader, on: str) -> Document:
    """Of one text's versions: of the year that was said, in force at the date, the newest."""

    def order(d: Document) -> tuple[bool, bool, str, str]:
        dated = d.written_on or d.published_on or d.effective_on
        return bool(year) and _of_year(d, year), shelf.validity(d.id, on, reader.ceiling).status in CURRENT, dated, d.id

    return max(versions, key=order)


def _listed(heads: list[Document]) -> str:
    shown = [f"{d.title} {d.doc_number} {d.id}".replace("  ", " ") for d in sorted(heads, key=lambda d: (d.published_on or d.written_on, d.id), reverse=True)[:_LISTED]]
    return "; ".join([*shown, *(["…"] if len(heads) > _LISTED else [])])
