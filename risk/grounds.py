"""The clause of a named law that a counter-measure rests on: of the law of the risk's object, else of its type (a general ground).

Which laws are looked at and for which words is data (`grounds.toml`); what is cited is always a clause of the corpus in force at the date.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from corpus.access import Reader
from rag.retrieve import Hit, Query
from risk.risks import bucket_of

SPECIFIC, GENERAL = "specific", "general"
_LOOKED_AT = 40
_OF_THE_STATE = "中华人民共和国"
_VERSION = re.compile(r"[（(][^（）()]*(?:修正|修订|公布|年)[^（）()]*[）)]$")


class Finder(Protocol):
    """What finds clauses: `rag.retrieve.Retriever`."""

    def search(self, query: Query, reader: Reader) -> list[Hit]: ...


@cache
def grounds() -> dict[str, Any]:
    """Laws by object and words by bucket (`grounds.toml`)."""
    return tomllib.loads(files("risk").joinpath("grounds.toml").read_text("utf-8"))


def tried(thing: str, bucket: str, place: int) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(scope, law, words) to look for, best first, for the measure at `place` (0-based) of a bucket."""
    known = grounds()["measures"].get(bucket)
    if known is None or place >= len(known["own"]):
        return
    for law in grounds()["objects"].get(thing, ()):
        for words in filter(None, known["own"][place].split("|")):
            yield SPECIFIC, law, tuple(words.split())
    for entry in known["general"][place]:
        law, _, words = entry.partition("：")
        yield GENERAL, law, tuple(words.split())


def same_law(title: str, law: str) -> bool:
    """Whether a title is this law's: with or without 中华人民共和国 and the year of its version."""
    return _VERSION.sub("", title.strip()).removeprefix(_OF_THE_STATE) == law


class Library:
    """Clauses of named laws, each law and question looked for once."""

    def __init__(self, finder: Finder, reader: Reader, on: str, fit: Callable[[Hit], bool]) -> None:
        self.finder, self.reader, self.on, self.fit = finder, reader, on, fit
        self._laws: dict[str, str] = {}
        self._clauses: dict[tuple[str, tuple[str, ...]], Hit | None] = {}

    def clause(self, law: str, words: Sequence[str]) -> Hit | None:
        """The best ranked fit clause of a law that holds all the words; None when the law is not there or has none."""
        key = (law, tuple(words))
        if key not in self._clauses:
            self._clauses[key] = self._look(law, key[1])
        return self._clauses[key]

    def _look(self, law: str, words: tuple[str, ...]) -> Hit | None:
        if not (document := self._document(law)):
            return None
        hits = self.finder.search(Query(" ".join(words), k=_LOOKED_AT, as_of=self.on, doc_id=document), self.reader)
        return next((h for h in hits if h.document_id == document and all(w in h.text for w in words) and self.fit(h)), None)

    def _document(self, law: str) -> str:
        """The id of the law's document, empty when none is found."""
        if law not in self._laws:
            hits = self.finder.search(Query(f"《{law}》", k=_LOOKED_AT, as_of=self.on), self.reader)
            self._laws[law] = next((h.document_id for h in hits if same_law(h.title, law) and self.fit(h)), "")
        return self._laws[law]


def ground(library: Library, r: Mapping[str, Any], place: int, subject: str = "") -> tuple[str, Hit] | None:
    """(scope, clause) for the measure at `place` of a risk's bucket, or None.

    The law of an object says much that is of other risks (the emergency plans of a gas law are no answer to hackers): a clause of it
    has to speak of `subject` (a regular expression).
    """
    thing, bucket = str(r["key"]).partition("|")[0], bucket_of(r)
    for scope, law, words in tried(thing, bucket, place):
        found = library.clause(law, words)
        if found and (scope == GENERAL or re.search(subject, f"{found.title}\n{found.text}")):
            return scope, found
    return None
