"""What a question asks for, without a model: the place, level, dates, issuer, kind, documents and articles that it names.

    seen = understand("那厦门呢？", history=("高企有什么补贴？",), lookup=shelf)
    seen.text, seen.chips, seen.weights
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from corpus.segment import article_number
from corpus.text import NUMERAL, normalise
from rag.places import Place, place_in
from rag.rewrite import rewrite
from rag.titles import Titles
from rag.words import words

_ARTICLE = re.compile(rf"第[{NUMERAL}\d]+条(?:之[{NUMERAL}\d]+)?")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年(?:度)?(?!以[前后来]|之[前后])")
_LEVELS = {"national": ("国家级", "全国性", "中央层面", "国家层面", "国家有什么", "国家对"), "province": ("省级", "省里", "全省"), "city": ("市级", "市里", "全市"), "county": ("县级", "区级", "县里", "区里")}


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing recognised: what it is, its value for a filter, the words as written."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """A question as it is searched: `text` after rewriting, `weights` of its tokens, and what was recognised in it."""

    question: str
    text: str
    weights: Mapping[str, float]
    chips: tuple[Chip, ...] = ()
    place: Place | None = None
    years: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def article_keys(text: str) -> tuple[str, ...]:
    """Article numbers named in a text as keys: 第四十二条 and 第42条 → "42", 第十条之一 → "10.1"."""
    found = []
    for match in _ARTICLE.finditer(normalise(text)):
        main, sub = article_number(match.group())
        found.append(f"{main}.{sub}" if sub else str(main))
    return tuple(dict.fromkeys(found))


def understand(question: str, titles: Titles, history: Sequence[str] = ()) -> Understanding:
    """Read a question; nothing is removed from it, what is recognised is added."""
    table = words()
    text = normalise(rewrite(question, history))
    place = place_in(text)
    years = tuple(dict.fromkeys(_YEAR.findall(text)))
    named = titles.named(text)
    articles = article_keys(text)
    chips = [Chip("document", n.ids[0], n.words) for n in named if n.ids] + [Chip("article", a, f"第{a}条") for a in articles]
    chips += [Chip("region", place.code, place.words)] if place else []
    chips += [Chip("level", level, mark) for level, marks in _LEVELS.items() for mark in marks if mark in text][:1]
    chips += [Chip("year", year, f"{year}年") for year in years]
    added = table.official(text)
    documents = tuple(dict.fromkeys(i for n in named for i in n.ids))
    return Understanding(question, text, table.weights(text, added), tuple(chips), place, years, articles, documents, added)
