"""Gathering evidence: candidates of the whole question, of its parts and of each level."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from corpus.models import CURRENT, Document, Validity
from rag import guard, meaning
from rag.cite import clause_record
from rag.facts import years
from rag.matters import says
from rag.named import key_of
from rag.places import covers, inside
from rag.records import Context, Evidence
from rag.source import short_title
from rag.titles import title_key
from rag.tools import Tools

WHOLE, PART, LEVEL, NAMED, MATTER = 40, 16, 8, 12, 4
"""How many candidates are asked for: of the whole question, of a part, of a level, of a named document, of the words of a rule."""
MATTERS = 2
"""So many rules that the question itself does not find are searched for."""
_LEVELS = ("national", "province", "city", "county")


def gather(tools: Tools, c: Context) -> Context:
    """Passages that may hold the answer, those in force (`evidence`) apart from those that ended or never began (`ended`)."""
    from rag.retrieve import Query

    fixed = c.region if not c.place_words else ""
    base = Query(c.rewritten, k=WHOLE, as_of=c.as_of, region=fixed)
    several = range(len(c.asked.parts)) if len(c.asked.parts) > 1 else ()
    found = _Found(len(c.asked.parts))
    found.add(tools.retriever.search(base, c.reader))
    for part in several:
        found.add(tools.retriever.search(replace(base, text=c.asked.parts[part].about, k=PART), c.reader), part)
    for level in _LEVELS if c.asked.support else ():
        found.add(tools.retriever.search(replace(base, k=LEVEL, level=level, kinds=("policy",)), c.reader), beside=True)
    for rule in [r for r in says(c.rewritten) if not found.holds(r)][:MATTERS]:
        found.add(tools.retriever.search(replace(base, text=rule, k=MATTER), c.reader), beside=True)
    if thing := meaning.thing(c.rewritten):
        found.add(tools.retriever.search(replace(base, text=f"{thing}，是指", k=MATTER), c.reader), beside=True)
    for i in (*c.named.documents[:3], *c.named.told[:3]):
        found.add(tools.retriever.search(replace(base, k=NAMED, doc_id=i, region=""), c.reader))
    ordered = found.ordered()
    books = tools.books.get((hit.document_id for hit, _ in ordered), c.reader)
    passages = [_passage(books[hit.document_id].document, hit, places) for hit, places in ordered if hit.document_id in books]
    passages = _articles(tools, c) + passages
    usable = [e for e in passages if (not c.named.told or e.document.id in c.named.told) and _trusted(e.document) and _reaches(c, e.document) and _tells(c, e.document)]
    void = _void(tools, c, [e.document for e in usable])
    rests = [e for e in usable if _may_rest(e, c) and e.document.id not in void]
    return replace(c, evidence=tuple(rests), ended=tuple(e for e in usable if not _may_rest(e, c)))


_EXPLAINED = re.compile(r"《([^《》]{4,60})(?:〉|》)")


def _void(tools: Tools, c: Context, found: Sequence[Document]) -> set[str]:
    """Interpretations of policies that all have ended: what they explain is no longer so."""
    void = set()
    for d in {d.id: d for d in found if d.kind == "interpretation"}.values():
        ids = [i for m in _EXPLAINED.finditer(d.title) for i in _titled(tools, title_key(m[1]), c)]
        if ids and all(tools.validity(i, c.as_of).status not in CURRENT for i in ids):
            void.add(d.id)
    return void


def _titled(tools: Tools, key: str, c: Context) -> list[str]:
    """Ids of the policies that bear just that name, in full or behind 关于印发."""
    lookup = tools.retriever.shelf.lookup(c.reader)
    heads = tools.retriever.shelf.among([*lookup.titled(key), *lookup.loose(key)[:20]], c.reader)
    return [i for i, h in heads.items() if h.kind == "policy" and title_key(short_title(h.title)) == key]


Place = tuple[int, float]
"""How a passage was found: its rank and its score over the best one's, 0..1."""


class _Found:
    """Passages by what they were found for: the whole question, or one part of it."""

    def __init__(self, parts: int) -> None:
        self._parts, self._top = parts, 1.0
        self._hits: dict[tuple[str, int, int], Any] = {}
        self._places: dict[tuple[str, int, int], list[Place]] = {}

    def add(self, hits: Sequence[Any], part: int | None = None, *, beside: bool = False) -> None:
        """The hits of one search, first that of the whole question; `beside`: best of their level only, so their rank says nothing."""
        top = max((h.score for h in hits), default=0.0) or 1.0
        self._top = top if not self._hits else self._top
        for hit in hits:
            key = (hit.document_id, hit.start, hit.end)
            place = (WHOLE, max(0.0, hit.score / max(top, self._top))) if beside else (hit.rank, max(0.0, hit.score / top))
            self._hits.setdefault(key, hit)
            places = self._places.setdefault(key, [(WHOLE, 0.0)] * self._parts)
            for i in range(self._parts) if part is None else (part,):
                places[i] = max(places[i], place, key=lambda p: (p[1], -p[0]))

    def holds(self, words: str) -> bool:
        """Whether a passage found so far holds some words."""
        return any(words in re.sub(r"\s", "", hit.text) for hit in self._hits.values())

    def ordered(self) -> list[tuple[Any, tuple[Place, ...]]]:
        """Every hit with its place for each part, best first."""
        found = [(hit, tuple(self._places[key])) for key, hit in self._hits.items()]
        return sorted(found, key=lambda pair: min((-score, rank) for rank, score in pair[1]))


def _passage(document: Document, hit: Any, places: tuple[Place, ...]) -> Evidence:
    judged = Validity(**hit.validity) if isinstance(hit.validity, dict) else hit.validity
    rank, score = max(places, key=lambda p: (p[1], -p[0]))
    return Evidence(document, judged, dict(hit.clause), hit.start, hit.end, rank, score, near=float(hit.explain.get("dense", 0.0)), places=places)


def _may_rest(e: Evidence, c: Context) -> bool:
    """Whether an answer may rest on the evidence: in force at the date, and known by then (a text without a day of effect begins with its publication)."""
    d = e.document
    made = d.published_on or d.written_on
    return e.validity.status in CURRENT and (bool(d.effective_on) or not made or made[: len(c.as_of)] <= c.as_of)


def _trusted(document: Document) -> bool:
    """Policies and notices are evidence; interpretations only of official origin and without orders to the machine in them.

    A document whose title, number or issuers give orders is none: they are printed as headings and sources; nor is the advice of somebody
    who is no body (劳动仲裁攻略).
    """
    if not _named_well(document.title, document.doc_number, document.issuers):
        return False
    if not document.issuers and not document.doc_number and _ADVICE.search(document.title):
        return False
    if document.kind != "interpretation":
        return document.kind in ("policy", "notice")
    return document.genre not in ("来信", "留言", "互动") and not _holds_orders(document.id, document.text)


_ADVICE = re.compile(r"攻略|心得|干货|手把手|经验(?:谈|分享|之谈)|一文(?:看|读|弄|搞)懂|避坑|教你")


@lru_cache(maxsize=4096)
def _named_well(title: str, number: str, issuers: tuple[str, ...]) -> bool:
    return guard.is_title(title) and all(map(guard.is_body, issuers)) and not guard.is_order("\n".join((title, number, *issuers)))


@lru_cache(maxsize=4096)
def _holds_orders(document_id: str, text: str) -> bool:
    return guard.is_tainted(text)


def _reaches(c: Context, document: Document) -> bool:
    """Whether a document can matter at the asked place (it covers it or lies in it; unknown places may)."""
    region = document.region_code
    return not c.region or not region or covers(region, c.region) or inside(region, c.region)


_ASKS_REPORT = re.compile(r"报告|总结|回顾|目标|成就|成绩|完成|增长|达到|提高到|规模|占比|形势|部署|工作(?:重点|安排|任务)|多少[家个项亿万]|进展")


def _tells(c: Context, document: Document) -> bool:
    """Whether a text can answer by its genre: a report tells what was done in its year and sets no rule."""
    if document.genre != "报告" or document.id in c.named.documents:
        return True
    said = years(c.rewritten)
    made = f"{document.title}{document.written_on}{document.published_on}"
    return bool(_ASKS_REPORT.search(c.rewritten)) and (not said or any(y in made for y in said))


def _articles(tools: Tools, c: Context) -> list[Evidence]:
    """The articles named by number in the named documents, first of all evidence (the version in force only)."""
    if not (c.named.documents and c.named.articles):
        return []
    found = []
    books = tools.books.get(c.named.documents[:4], c.reader)
    for book in books.values():
        judged = tools.validity(book.document.id, c.as_of)
        for article in c.named.articles:
            spans = [s for s in book.statements if key_of(s.article) == article]
            if spans:
                start, end = spans[0].start, spans[-1].end
                found.append(Evidence(book.document, judged, clause_record(book.document, start, end), start, end, 0, 1.0, role="named"))
    current = [e for e in found if e.validity.status in CURRENT]
    return current[:2] or found[:1]
