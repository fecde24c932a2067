"""The steps of an answer, in order. Each takes the tools and a context and returns a changed context; any may stop the pipeline.

check → rewrite → route → slips → filters → places → things → named → overview → retrieve → rerank → rates → support → compose → verify → notices → guard → follow-ups
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from corpus.text import normalise
from rag import apart, contrast, follow, gist, guard, meaning, named, notices, overview, rates, support
from rag.asked import asked, without_total
from rag.asker import aside
from rag.cite import renumber, verify
from rag.focus import matters
from rag.frame import BENEFIT
from rag.gather import gather
from rag.leaning import own_place
from rag.query import Query
from rag.records import CLARIFY, NO_SUPPORT, PARTIAL, REFUSED, Context
from rag.reread import reread
from rag.rewrite import rewrite
from rag.route import canned, route
from rag.tools import Tools
from rag.weigh import weigh
from rag.where import place_named

MOST_READ = 8
"""Versions of a document that a bare question is held against."""
_GIVES = re.compile(BENEFIT)
Step = Callable[[Tools, Context], Context]


def stop(context: Context, label: str, **changes: Any) -> Context:
    """The pipeline ends with the canned words of a label."""
    known = canned(label)
    return replace(context, **{"status": known.status, "route": label, "reason": label, "said": known.text, "done": True, **changes})


def check_question(tools: Tools, c: Context) -> Context:
    """Limits, orders to the machine, personal data."""
    text = c.question.text.strip()
    if len(text) > guard.rules().limits["question"]:
        return stop(c, "too_long", text=text[:200])
    checked = guard.check(text)
    c = replace(c, text=checked.text, rewritten=checked.text, attacked=bool(checked.orders))
    return stop(c, checked.refusal) if checked.refusal else c


def rewrite_with_history(tools: Tools, c: Context) -> Context:
    """The question as it would have been asked alone, at the place that the asker gave as theirs."""
    turns = guard.history(c.question.history)
    if not turns:
        return c
    at = next((place for t in reversed(turns) if own_place(normalise(t)) and (place := place_named(t, tools.retriever.shelf.counties(c.reader))[0])), "")
    alone = rewrite(c.text, turns)
    told: tuple[str, ...] = ()
    if not at and not c.question.region and alone == c.text and _GIVES.search(c.text) and not place_named(c.text, tools.retriever.shelf.counties(c.reader))[0]:
        at, said = place_named(rewrite(turns[-1], turns[:-1]), tools.retriever.shelf.counties(c.reader))
        told = (f"您没有说明地区，按上一问的“{said}”回答；问其他地区请说明。",) if at else ()
    question = c.question if c.question.region or not at else replace(c.question, region=at)

    def speaks(name: str, asks: str) -> bool:
        ids = [i for n in tools.retriever.shelf.lookup(c.reader).named(name) for i in n.ids]
        return any(all(w in b.document.text for w in matters(asks)) for b in tools.books.get(ids[:MOST_READ], c.reader).values())

    return replace(c, rewritten=rewrite(c.text, turns, speaks), question=question, notices=(*c.notices, *told))


def route_question(tools: Tools, c: Context) -> Context:
    """What is no question to the corpus gets its canned answer."""
    found = canned("own_place") if own_place(normalise(c.rewritten)) else route(c.rewritten)
    c = replace(c, route=found.label)
    return stop(c, found.label) if found.status else c


def mend_slips(tools: Tools, c: Context) -> Context:
    """The question without slips of spelling (创新劵), as a search reads it; a notice says how."""
    if not c.rewritten.strip():
        return c
    query = Query(c.rewritten, as_of=c.question.as_of or notices.today())
    found = [chip for chip in tools.retriever.understood(query, c.reader).chips if chip.name == "slip" and not (meaning.thing(c.rewritten) and chip.words.startswith("是"))]  # 什么是创新券 is no slip of 市创新券
    text = _plainly(c.rewritten)
    for slip in found:
        text = text.replace(slip.words, slip.value)
    return replace(c, rewritten=text, notices=(*c.notices, *(f"您问的“{s.words}”按“{s.value}”理解。" for s in found)))


def _plainly(text: str) -> str:
    """啥 and 咋 as 什么 and 怎么, so that one table of ways to ask is enough."""
    return text.replace("为啥", "为什么").replace("啥", "什么").replace("咋", "怎么")


def understand_filters(tools: Tools, c: Context) -> Context:
    """The date, the place and the form that the question means."""
    c = replace(c, rewritten=aside(c.rewritten))
    seen = asked(c.rewritten)
    if seen.total:  # how much each level gives is looked for, and then added up where it may be
        c = replace(c, rewritten=without_total(c.rewritten))
        seen = replace(asked(c.rewritten), total=True, support=True)
    code, place_words = place_named(c.rewritten, tools.retriever.shelf.counties(c.reader))
    region = code or c.question.region or tools.settings.region  # the question's own place goes before the asker's
    as_of = c.question.as_of or seen.as_of or notices.today()
    said = seen.as_of_words if seen.as_of and not c.question.as_of else ""
    return replace(c, region=region, as_of=as_of, as_of_said=said, asked=seen, place_words=place_words, filters={"region": region, "as_of": as_of})


def each_place(tools: Tools, c: Context) -> Context:
    """A question of several places is answered for each of them by the steps from here to the notices."""
    return apart.each(c, _walk(tools), tools)


def each_thing(tools: Tools, c: Context) -> Context:
    """A question that compares two things is answered for each of them by the same steps."""
    return contrast.each(c, _walk(tools), tools)


def _walk(tools: Tools) -> Callable[[Context], Context]:
    """The steps that answer one question of its own, from the names that it holds to the notices."""

    def walk(one: Context) -> Context:
        for step in (find_named, tell_overview, retrieve, rerank, settle_rates, decide_support, compose, verify_citations):
            one = one if one.done else step(tools, one)
        return add_notices(tools, one)

    return walk


def find_named(tools: Tools, c: Context) -> Context:
    """Documents and articles that the question names: one that does not exist ends the matter."""
    found = named.find(tools, c.rewritten, c.reader, c.as_of)
    if found.missing_article:
        return stop(c, "no_such_article", said=found.words, status=NO_SUPPORT, nearest=found.nearest)
    if found.missing_document:
        return stop(c, "no_such_document", said=found.words, status=NO_SUPPORT, nearest=found.nearest)
    return replace(c, named=found)


def tell_overview(tools: Tools, c: Context) -> Context:
    """Which calls are open, which policies there are, what one says in short and what it changed: told from the documents themselves, no passage is looked for."""
    found = overview.tell(tools, c) or gist.tell(tools, c)
    if found is None:
        return c
    if found.status == NO_SUPPORT:
        return replace(found, done=True)
    if (kept := verify_citations(tools, found)).done:
        return c
    return replace(kept, status=found.status, done=True)


def retrieve(tools: Tools, c: Context) -> Context:
    """Candidates of the whole question, of its parts, and, for support, of every level that covers the place."""
    return gather(tools, c)


def rerank(tools: Tools, c: Context) -> Context:
    """Candidates as statements, by how well they fit what is asked, the best of them read by the reranker."""
    return reread(tools, weigh(tools, c))


def settle_rates(tools: Tools, c: Context) -> Context:
    """Of figures that later announcements replaced only the newest in force is evidence."""
    return rates.settle(tools, c)


def decide_support(tools: Tools, c: Context) -> Context:
    """Refuse when nothing supports an answer; ask when it depends on a place that was not given."""
    verdict = support.decide(tools, c)
    if verdict.status == NO_SUPPORT:
        return stop(c, "no_support", said=verdict.words, nearest=verdict.nearest, reason=verdict.reason, status=NO_SUPPORT)
    if verdict.status == CLARIFY:
        return stop(c, "needs_clarification", said=verdict.words, nearest=verdict.nearest, reason=verdict.reason, status=CLARIFY)
    return replace(c, status=verdict.status, reason=verdict.reason)


def compose(tools: Tools, c: Context) -> Context:
    """The first composer that gives sentences; the extractive one always does."""
    for composer in tools.composers:
        made: Context | None = composer.compose(tools, c)
        if made is not None:
            return made
    return c


def verify_citations(tools: Tools, c: Context) -> Context:
    """Drop what its citations do not hold; when that leaves nothing, there is no support."""
    issuers = {e.document.id: e.document.issuers for e in c.evidence}
    texts = {i: b.document.text for i, b in tools.books.get((x.document_id for x in c.citations), c.reader).items()}
    kept, dropped = verify(c.sentences, c.citations, texts, issuers)
    sentences, citations = renumber(kept, c.citations)
    if not sentences:
        return stop(c, "no_support", status=NO_SUPPORT, reason="unverified", sentences=(), citations=(), nearest=support.nearest(c.evidence))
    status = PARTIAL if dropped and c.composer != "extractive" else c.status
    return replace(c, sentences=sentences, citations=citations, status=status, dropped=tuple((s.text, tuple(f)) for s, f in dropped))


def add_notices(tools: Tools, c: Context) -> Context:
    """Validity, superseded texts, level and place, and what the corpus lacks."""
    return notices.add(tools, c)


def guard_output(tools: Tools, c: Context) -> Context:
    """No links, no pictures, no personal data, no orders in what leaves; the answer is cut at its limit."""
    sentences = tuple(replace(s, text=guard.clean(s.text), heading=guard.clean(s.heading)) for s in c.sentences if not guard.is_tainted(f"{s.heading}\n{s.text}"))
    nearest = tuple({**d, "title": guard.clean(str(d["title"]))} for d in c.nearest if guard.is_title(str(d["title"])) and not guard.is_order(f"{d['title']}\n{d['doc_number']}"))
    notices = tuple(guard.clean(n) for n in c.notices if not guard.is_tainted(n))
    if c.sentences and not sentences:
        return stop(c, "no_support", status=NO_SUPPORT, reason="guarded", sentences=(), citations=())
    sentences, citations = renumber(sentences, c.citations)
    return replace(c, sentences=sentences, citations=citations, said=guard.clean(c.said), notices=notices, nearest=nearest)


def suggest_follow_ups(tools: Tools, c: Context) -> Context:
    """Questions that the corpus can answer next; the last step, so that the answer can be read meanwhile."""
    found = follow.add(tools, c)
    return replace(found, follow_ups=tuple(q for q in found.follow_ups if not guard.is_tainted(q)))


STEPS: tuple[Step, ...] = (
    check_question, rewrite_with_history, route_question, mend_slips, understand_filters, each_place, each_thing, find_named, tell_overview, retrieve, rerank, settle_rates, decide_support, compose, verify_citations, add_notices, guard_output, suggest_follow_ups,
)  # fmt: skip
"""The pipeline, in order."""

AFTER = (add_notices, guard_output)
"""Steps that also run when an earlier one stopped the pipeline."""

__all__ = ["AFTER", "REFUSED", "STEPS", "Step", "stop"]
