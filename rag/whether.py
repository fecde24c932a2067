"""May somebody in a certain case apply (成立不满一年能不能申报高企, 亏损企业可以申请吗)? 不能, 这一项符合, or that no condition speaks of it; then the condition.

The case is held against the conditions and bars of the policies that are meant: by its number (300平方米 against 不少于500平方米), or by its words
and whether both say yes or no of them (被列入失信名单 against 未被列入严重失信主体名单). What no item speaks of is not decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from corpus.models import Document
from corpus.text import normalise
from rag import stacking
from rag.asked import pattern, table
from rag.cite import cite
from rag.conditions import applicant_of
from rag.facts import Quantity, quantities
from rag.fit import Need, bag, need_of
from rag.offers import LEVELS
from rag.places import level_said
from rag.predicates import comparison
from rag.records import ANSWERED, PARTIAL, Citation, Context, Sentence
from rag.slot import Slot
from rag.source import place_of, short_title, source_of
from rag.statements import Statement, condense
from rag.tools import Book, Tools

MEANT, SPOKEN, MOST = 0.6, 0.6, 3
"""Share of what is applied for that a title holds which is meant; share of the case that an item holds which speaks of it; so many items are told."""
_WORDS = {False: "不能。", True: "这一项符合，还要同时符合其他条件。", None: "要看具体情况，以下面的规定为准。"}
_LAWS = ("法律", "行政法规", "地方性法规", "司法解释", "部门规章")


@dataclass(frozen=True, slots=True)
class Case:
    """What somebody is or has, and what is applied for."""

    words: str
    aim: str


@dataclass(frozen=True, slots=True)
class _Item:
    """An item that speaks of the case: where it stands, and whether the case meets it (None: it depends on what the case does not say)."""

    book: Book
    slot: Slot
    met: bool | None
    held: float


class Whether:
    """Answers whether a case meets the conditions; leaves other questions to the next composer."""

    name = "whether"

    def compose(self, tools: Tools, c: Context) -> Context | None:
        """The verdict with the item that gives it; where no item speaks of the case, that, with the conditions."""
        asked = case(c)
        if asked is None:
            return None
        if found := speaking(tools, c, asked):
            return _told(tools, c, found)
        return _unsaid(tools, c, asked)


_COUNTED = re.compile(r"多少|几(?!乎)|多大|多高|多长")
"""A number is asked for: no case to be judged."""


def case(c: Context) -> Case | None:
    """The case that a question puts; None for other questions."""
    match = pattern("whether.words").search(re.sub(r"[\s？?。]", "", normalise(c.rewritten)))
    if match is None or c.named.articles or stacking.asks(c) or _COUNTED.search(match["case"]):
        return None
    words = re.sub(pattern("whether.self"), "", match["case"].replace(c.place_words or "\0", "")).strip("的，,")
    return Case(words, match["aim"]) if len(words) >= 2 and not pattern("whether.nobody").fullmatch(words) else None


def speaking(tools: Tools, c: Context, asked: Case) -> list[_Item]:
    """Items of the policies that are meant which speak of the case; what it does not meet first, of one policy only the surest."""
    need = need_of(_core(asked.words), tools.retriever, c.reader)
    found = [x for book in _meant(tools, c, asked) if (x := _surest(book, asked, need)) is not None]
    return sorted(found, key=lambda x: (x.met is not False, -round(x.held, 1), _rank(x.book.document)))[:MOST]


def _surest(book: Book, asked: Case, need: Need) -> _Item | None:
    """The item of a policy that speaks of the case most surely; of alternatives (A类：…; B类：…) one that the case meets, of conditions one
    that it does not. That one of several conditions 之一 is not met decides nothing."""
    labels = set(pattern("persons.classes").findall(f"{asked.words}{asked.aim}"))
    slots = [s for s in book.slots if s.kind in ("condition", "negative") and not s.tabular and not pattern("whether.others").search(condense(s.label or s.text))]
    found = [x for s in slots if (x := _judged(book, s, asked, need)) is not None and (x.met is not False or s.kind == "negative" or not _ALTERNATIVES.search(s.label)) and (not labels or labels & set(pattern("persons.classes").findall(s.text)))]
    if not found:
        return None
    top = [x for x in found if x.held >= 0.9 * max(y.held for y in found)]
    classed = all(pattern("persons.classes").search(x.slot.text) for x in top)
    return max(top, key=lambda x: (x.met is classed, x.held))


_ALTERNATIVES = re.compile(r"之一|(?:下列|以下)(?:企业|单位|机构|人员|主体|人才)(?:均)?可")
"""Leads of lists of which one item is enough."""


def _rank(d: Document) -> int:
    """The higher level first: where no place is given, what holds for all."""
    return list(LEVELS).index(str(d.level)) if d.level in LEVELS else len(LEVELS)


def _meant(tools: Tools, c: Context, asked: Case) -> list[Book]:
    """The policies found whose title holds what is applied for, the best first; all that were found where it is only called support."""
    aim = pattern("whether.vague").sub("", asked.aim)
    found = list(dict.fromkeys(e.document.id for e in c.evidence if e.document.kind == "policy" and e.document.legal_rank not in _LAWS))
    level = level_said(c.rewritten)
    books = [b for b in tools.books.get(found[:12], c.reader).values() if not level or b.document.level == level]
    if not re.search(r"[\u4e00-\u9fff]{2}", aim):
        return books
    need = need_of(asked.aim, tools.retriever, c.reader)
    held = {b.document.id: need.held(bag(short_title(b.document.title))) for b in books}
    top = max(held.values(), default=0.0)
    return sorted((b for b in books if held[b.document.id] >= max(MEANT, 0.9 * top)), key=lambda b: (_rank(b.document) if not c.region else 0, -held[b.document.id]))


# ---- one item ------------------------------------------------------------------------------------------------------------


def _judged(book: Book, slot: Slot, asked: Case, need: Need) -> _Item | None:
    """The item as it speaks of the case; None when it does not."""
    text = condense(slot.text)
    if (met := by_number(asked.words, text)) is not None:
        return _Item(book, slot, met if slot.kind == "condition" else not met, 1.0)
    if any(True for _ in quantities(asked.words)):
        return None  # a number that no item sets
    for said, wants, *depends in table()["whether"]["implied"] if slot.kind == "condition" else ():
        if re.search(said, asked.words) and re.search(wants, text):
            return _Item(book, slot, None if depends or "或者资格" in text else False, 1.0)
    phrases = re.split(r"[，；。]", text)
    found = [(held, i, _denied(asked.words, need) == _denied(phrase, need)) for i, phrase in enumerate(phrases) if (held := need.held(bag(phrase))) >= SPOKEN]
    if not found:
        return None
    said = {agree for _, _, agree in found}
    softened = any(phrases[i + 1].startswith(("或", "但")) for _, i, _ in found if i + 1 < len(phrases))
    met = None if len(said) > 1 or softened else said.pop() == (slot.kind == "condition")
    return _Item(book, slot, met, max(held for held, _, _ in found))


_SINCE = re.compile(r"注册(?:成立)?|设立|登记|开办|成立")
"""An enterprise is founded where it is registered."""
_SUM = re.compile(r"[万亿]$")
"""A sum without its unit (营业收入5亿)."""
_LESS, _MORE = re.compile(r"(?:不满|不到|不足|少于|低于|未满|没到|没满|小于)$"), re.compile(r"(?:超过|多于|高于|大于|超)$")


def by_number(words: str, text: str) -> bool | None:
    """Whether the number of a case meets the number that a text sets for the same thing; None when they set none for one thing."""
    for said in quantities(words):
        for phrase in re.split(r"[，；。]", text):
            for q in quantities(phrase):
                sign = comparison(phrase, q) or _sign(phrase, q)
                if sign and (q.unit == said.unit or (said.unit == "count" and q.unit == "people") or (not said.unit and q.unit == "money" and _SUM.search(said.raw))) and _same_unit(said, q) and (_thing(words, said) & bag(_SINCE.sub("成立", phrase[: q.start])) or "岁" in q.raw):
                    return _meets(said.value, bool(_LESS.search(words[: said.start])), bool(_MORE.search(words[: said.start]) or words[said.end :].startswith("以上")), q.value, sign)
    return None


def _sign(phrase: str, q: Quantity) -> str:
    return ">=" if re.search(r"(?:满|已满|超过)$", phrase[: q.start]) else ""


def _same_unit(a: Quantity, b: Quantity) -> bool:
    if a.unit == "count" and b.unit == "people":
        return a.raw[-1] in "个名位"
    return ("岁" in a.raw) == ("岁" in b.raw) and (a.unit != "count" or a.raw[-1] == b.raw[-1])


def _thing(words: str, said: Quantity) -> frozenset[str]:
    """What the number of a case is of: the words around it (研发人员 in 研发人员只有10人 and in 只有8个研发人员)."""
    return bag(_SINCE.sub("成立", words[: said.start])) | bag(words[said.end :])


def _meets(value: Decimal, less: bool, more: bool, bound: Decimal, sign: str) -> bool:
    """Whether a value (or anything below or above it) meets a bound."""
    if sign in (">=", ">"):
        return value > bound if less else (value >= bound if sign == ">=" or more else value > bound)
    return value < bound if more else (value <= bound if sign == "<=" or less else value < bound)


_NOT = re.compile(r"(?:未|不|没有?|无|非|免)[^，。；、]{0,10}$")


def _denied(text: str, need: Need) -> bool:
    """Whether a phrase says no of the case (未处于停产状态, 没有知识产权)."""
    plain = normalise(text)
    return any(_NOT.search(plain[:i]) for t in need.weights if (i := plain.find(t)) >= 0)


def _core(words: str) -> str:
    """The words of a case that say something: without who it is and what opens it."""
    return pattern("whether.fill").sub(" ", words)


# ---- saying --------------------------------------------------------------------------------------------------------------


def _told(tools: Tools, c: Context, found: Sequence[_Item]) -> Context:
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    word = _WORDS[found[0].met]
    for x in [f for f in found if f.met is found[0].met]:
        text, spans = _words(c, x)
        made = [cite(len(citations) + n, x.book.document, a, b, tools.validity(x.book.document.id, c.as_of)) for n, (a, b) in enumerate(spans, 1)]
        citations += made
        opening = word if not sentences else ""
        sentences.append(Sentence(opening + text, tuple(m.n for m in made), "lead" if not sentences else "more", derived=f"{word} 不能 可以 应当"))
    return replace(c, sentences=tuple(sentences), citations=tuple(citations), status=ANSWERED, composer=Whether.name)


def _words(c: Context, x: _Item) -> tuple[str, tuple[tuple[int, int], ...]]:
    """An item with the lead of its list; of a condition that is met the whole list, for the others must be met too."""
    d, slot = x.book.document, x.slot
    s = next((s for s in x.book.statements if s.start <= slot.start < s.end), None)
    if s is None:
        return condense(slot.text), ((slot.start, slot.end),)
    source = source_of(d, place_of(d, s), c)
    if not s.items:
        return f"{source}{condense(s.text(d) if s.end - s.start <= LONG else slot.text)}", ((s.start, s.end) if s.end - s.start <= LONG else (slot.start, slot.end),)
    lead = condense(s.lead(d)).rstrip("：:")
    if x.met is True:
        return "\n".join([f"{source}{lead}：", *(_item(d, a, b) for a, b in s.items)]), ((s.start, s.end),)
    return f"{source}{lead}（摘录与所问有关的项）：\n{_item(d, slot.start, slot.end, s)}", ((s.start, s.lead_end), (slot.start, slot.end))


LONG = 260
ONE_OF = "要看是否符合以下条件之一，请对照："


def _item(d: Document, a: int, b: int, s: Statement | None = None) -> str:
    start = next((x for x, y in s.items if x <= a < y), a) if s else a
    mark = re.match(r"\s*([（(][一二三四五六七八九十\d]+[）)])", d.text[start:b])
    return f"{mark[1] if mark else ''}{condense(d.text[a:b])}"


def _unsaid(tools: Tools, c: Context, asked: Case) -> Context | None:
    """That no condition of the policy that is meant speaks of the case, with its conditions; None where no one policy is meant."""
    found = list(_lists(_meant(tools, c, asked)[:1])) if re.search(r"[\u4e00-\u9fff]{2}", pattern("whether.vague").sub("", asked.aim)) else []
    if not found:
        return None
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    for book, s in found[:2]:
        d = book.document
        citations.append(cite(len(citations) + 1, d, s.start, s.end, tools.validity(d.id, c.as_of)))
        text = "\n".join([condense(s.lead(d)), *(_item(d, a, b) for a, b in s.items)])
        sentences.append(Sentence(f"{source_of(d, place_of(d, s), c) if not sentences else ''}{text}", (len(citations),), "lead" if not sentences else "more"))
    one = any(_ALTERNATIVES.search(s.lead(book.document)) for book, s in found[:2])
    said = ONE_OF if one else f"未规定：列出的条件没有写到“{asked.words}”，请对照以下条件，并以受理部门的答复为准。"
    return replace(c, sentences=tuple(sentences), citations=tuple(citations), status=PARTIAL, composer=Whether.name, said=said)


def _lists(books: Sequence[Book]) -> Iterator[tuple[Book, Statement]]:
    """The lists of conditions of some policies."""
    for book in books:
        starts = [x.start for x in book.slots if x.kind == "condition" and not x.tabular]
        found = [s for s in book.statements if s.items and any(s.start <= x < s.end for x in starts)]
        kinds = [applicant_of(s.lead(book.document), book.document.title) for s in found]
        yield from ((book, s) for s, kind in zip(found, kinds, strict=True) if kind == kinds[0])
