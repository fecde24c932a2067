"""The policy that a question is about has ended: said first, in the words of the text that ended it, with what holds in its place.

What an ended policy provided is not given as today's; whoever asks for its conditions or amounts is told that they are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from corpus.models import CURRENT, Document, Status
from corpus.text import normalise
from rag.asked import pattern, without_slots
from rag.facts import years
from rag.fit import bag, need_of, one_name
from rag.focus import names_in
from rag.reading import run
from rag.records import PARTIAL, Context, Sentence
from rag.reread import plainly
from rag.source import named, short_title
from rag.standing import because, holds, successor
from rag.tools import Tools
from rag.words import words

RUN, LEAST = 4, 0.6
"""The title shares so many characters in a row with the question, and holds this much of what the question is about."""
_OVER = {Status.repealed: "已经废止", Status.expired: "已经失效"}


class Ended:
    """Answers questions about a policy that no longer holds; leaves others to the next composer."""

    name = "ended"

    def compose(self, tools: Tools, c: Context) -> Context | None:
        """That it ended and by what, then the policy in force that took its place, if one is held."""
        document = subject(tools, c)
        said = because(tools, c, document, tools.validity(document.id, c.as_of), 1) if document else None
        if document is None or said is None or said[1].document_id == document.id:
            return None
        text, citation, derived = said
        made = [(f"{text}其中的规定不能再作为依据。", citation, f"{derived} 其中的规定不能再作为依据")]
        newer = successor(tools, document, c)
        held = holds(tools, c, newer, tools.validity(newer.id, c.as_of), 2, opening="现行的是") if newer and newer.id != citation.document_id else None
        made += [held] if held else []
        sentences = tuple(Sentence(t, (x.n,), "lead" if i == 0 else "more", derived=d) for i, (t, x, d) in enumerate(made))
        note = () if newer else (f"本库未收录接续{named(document)}的文件（不等于没有规定）。",)
        return replace(c, sentences=sentences, citations=tuple(x for _, x, _ in made), notices=(*c.notices, *note), status=PARTIAL, composer=self.name, said="")


def unsaid(tools: Tools, c: Context, document: Document) -> str:
    """The words of a refusal where only the ended policy itself says when it ends: nothing that holds can be cited. Empty where another text says it."""
    said = because(tools, c, document, tools.validity(document.id, c.as_of), 1)
    if said is not None and said[1].document_id != document.id:
        return ""
    return f"{named(document)}{_OVER[Status(tools.validity(document.id, c.as_of).status)]}{_since(document)}，本库未收录接续的文件，不能据以回答。"


def _since(document: Document) -> str:
    return f"（有效期至{document.expires_on}）" if document.expires_on else ""


def subject(tools: Tools, c: Context) -> Document | None:
    """The ended policy whose title says what the question is about, when no title in force says it as well; none for questions of a past year."""
    if years(c.rewritten) or c.as_of_said or c.named.articles:
        return None
    if c.named.documents:
        first = tools.head(c.named.documents[0], c.reader)
        return first if first and first.kind == "policy" and tools.validity(first.id, c.as_of).status in _OVER else None
    if plainly(c):
        return None  # a text in force answers; that another ended stands in a notice
    about = pattern("filler.words").sub(" ", without_slots(normalise(c.rewritten))).replace(c.place_words or "\0", " ")
    need, plain = need_of(about, tools.retriever, c.reader), one_name(normalise(c.rewritten))

    def said(d: Document) -> float:
        return need.held(bag(short_title(d.title)))

    gone = [e.document for e in c.ended[:12] if e.validity.status in _OVER and e.document.kind == "policy"]
    best = max(gone, key=lambda d: (said(d), d.id), default=None)
    if not c.asked.support and (only := _instrument(c, gone)) is not None:
        return only
    names = [one_name(w) for w in names_in(about)]
    if best is None or not (said(best) >= LEAST or (names and all(w in one_name(best.title) for w in names))) or run(plain, one_name(normalise(short_title(best.title)))) < RUN:
        return None
    rivals = (e.document for e in c.evidence if e.document.kind != "interpretation" and e.validity.status in CURRENT)
    return None if any(said(d) >= said(best) - 0.05 for d in rivals) else best


def _instrument(c: Context, gone: Sequence[Document]) -> Document | None:
    """The one ended policy on the very thing that the question speaks of (孵化器), where no text in force that was found has it in its title or speaks much of the rest."""
    things = words().things(c.rewritten)
    ours = {d.id: d for d in gone if any(t in d.title for t in things)}
    if any(p.units or p.form == "amount" for p in c.asked.parts):
        return None  # what is given for it may stand in another policy
    held = [e for e in c.evidence if any(t in f"{e.document.title}{e.text}" for t in things)]
    if len(ours) != 1 or any(any(t in e.document.title for t in things) for e in held) or any(e.fit >= LEAST for e in held):
        return None
    return next(iter(ours.values()))
