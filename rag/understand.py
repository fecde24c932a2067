"""What a question asks for, without a model: the place, level, dates, issuer, kind, documents and articles that it names.

    seen = understand("那厦门呢？", shelf.lookup(reader), history=("高企有什么补贴？",))
    seen.text, seen.chips, seen.weights

Each thing is a chip that the asker can take away (`without`): then it is neither shown nor used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from corpus.segment import article_number
from corpus.text import NUMERAL, chinese_number, normalise
from corpus.validity import today
from rag import slips
from rag.places import Place, place_in
from rag.rewrite import rewrite
from rag.titles import Titles
from rag.words import words

_VERBS = ["新", "的", "该", "本", "各", "等", "项", "出台", "制定", "修改", "修订", "起草", "完善", "废止", "发布", "颁布", "公布", "通过", "实施", "执行", "落实", "印发", "这个", "那个", "哪个", "各个", "一部", "这部", "几个", "有关", "相关", "地方", "两个", "三个", "多个"]
_ARTICLE = re.compile(rf"(?:第|(?<=[典》])|{''.join(f'(?<!{verb}条例)' for verb in _VERBS)}(?<=条例)|(?<=[^办方做想说看立执司守违合非依无语算书用疗设用作]法))\s*[{NUMERAL}\d](?:\s*[{NUMERAL}\d])*\s*条(?!例)(?:之[{NUMERAL}\d]+)?")
"""第四十二条, and 民法典1079条 right after the name of a law (出台条例三条 names none: those are three)."""
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年(?:度)?(?!以[前后来]|之[前后])")
_LEVELS = {"national": ("国家级", "全国性", "中央层面", "国家层面", "国家有什么", "国家对"), "province": ("省级", "省里", "全省"), "city": ("市级", "市里", "全市"), "county": ("县级", "区级", "县里", "区里")}
_SINCE = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年(?:度)?(?:以来|以后|之后|起|后)")
_UNTIL = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年(?:度)?(?:以前|之前|前)")
_TEXTS = r"(?=[^，,。？?]{0,12}(?:政策|文件|通知|办法|规定|措施|法规|条例|意见|指南|公告|规划|方案))"
_LATELY = re.compile(rf"(?:(今年|本年度|去年|前年)|(最近|近期|近来|新近|新(?=出台|发布|颁布|印发|出的))|近([一二两三四五六七八九十\d]{{1,2}})年来?){_TEXTS}")
"""Texts of a time named from today: 今年出的低空经济政策, 最近有什么新政策, 近三年的文件."""
_OF_TIME = re.compile(rf"(?:{_YEAR.pattern}|{_SINCE.pattern}|{_UNTIL.pattern}){_TEXTS}")
_BACK = {"今年": 0, "本年度": 0, "去年": 1, "前年": 2}
_KINDS = {
    "notice": re.compile(r"(?:申报|征集|受理|认定|遴选)(?:通知|指南|公告)|公示|征求意见稿?"),
    "interpretation": re.compile(r"政策解读|官方解读|(?<!法律)(?<!司法)解读"),
}
_NUMBERED = re.compile(r"\d$|号(?:令|公告)?$")


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing recognised: what it is (slip document number article region level issuer kind year date_from date_to), its value for a filter, the words as written."""

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
    issuers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    dated: bool = False
    """Whether texts of that year or span are asked for (2024年以后的文件), not what happened then."""


def article_keys(text: str) -> tuple[str, ...]:
    """Article numbers named in a text as keys: 第四十二条, 第42条 and 劳动法42条 → "42", 第十条之一 → "10.1"."""
    found = []
    for match in _ARTICLE.finditer(normalise(text)):
        main, sub = article_number("第" + re.sub(r"[第\s]", "", match.group()))
        found.append(f"{main}.{sub}" if sub else str(main))
    return tuple(dict.fromkeys(found))


def understand(
    question: str,
    titles: Titles,
    history: Sequence[str] = (),
    *,
    issuers: Collection[str] = (),
    held: Callable[[str], int] | None = None,
    without: Collection[str] = (),
    on: str = "",
) -> Understanding:
    """Read a question; nothing is removed from it, what is recognised is added.

    `issuers`: names of issuing bodies that the corpus holds; `held`: how many passages hold two characters side by side (None: no
    slips are mended); `without`: names or `name:value` of chips that the asker took away; `on`: the ISO date that 今年 and 最近 are counted from (empty: today).
    """
    table, dropped = words(), frozenset(without)
    text = normalise(rewrite(question, history))
    mended, found = slips.mend(text, slips.terms(), held) if held and "slip" not in dropped else (text, ())
    chips = [Chip("slip", right, wrong) for wrong, right in found]
    chips += _named(titles, mended) + _said(mended) + _lately(mended, int((on or today())[:4])) + _issued(mended, issuers)
    place = place_in(mended)
    chips += [Chip("region", place.code, place.words)] if place else []
    kept = tuple(c for c in chips if c.name not in dropped and f"{c.name}:{c.value}" not in dropped)
    added = table.official(mended)
    return Understanding(
        question, mended, table.weights(mended, added), kept, place if _values(kept, "region") else None, _values(kept, "year"), _values(kept, "article"),
        _documents(titles, mended, kept), added, _values(kept, "issuer"), _values(kept, "kind"), "".join(_values(kept, "date_from")[:1]), "".join(_values(kept, "date_to")[:1]),
        bool(_LATELY.search(mended) or _OF_TIME.search(mended)),
    )  # fmt: skip


def _values(chips: Sequence[Chip], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chip.value for chip in chips if chip.name == name))


def _named(titles: Titles, text: str) -> list[Chip]:
    """Documents (by title or number) and articles."""
    named = [Chip("number" if _NUMBERED.search(n.words) else "document", n.ids[0], n.words) for n in titles.named(text) if n.ids]
    return named + [Chip("article", a, f"第{a}条") for a in article_keys(text)]


def _documents(titles: Titles, text: str, kept: Sequence[Chip]) -> tuple[str, ...]:
    """Every id of the documents whose chips were kept."""
    shown = {*_values(kept, "document"), *_values(kept, "number")}
    return tuple(dict.fromkeys(i for n in titles.named(text) if n.ids and n.ids[0] in shown for i in n.ids)) if shown else ()


def _said(text: str) -> list[Chip]:
    """Level, kind and dates."""
    found = [Chip("level", level, mark) for level, marks in _LEVELS.items() for mark in marks if mark in text][:1]
    found += [Chip("kind", kind, match.group()) for kind, pattern in _KINDS.items() if (match := pattern.search(text))]
    found += [Chip("year", year, f"{year}年") for year in dict.fromkeys(_YEAR.findall(text))]
    found += [Chip("date_from", match[1], match.group()) for match in _SINCE.finditer(text)]
    return found + [Chip("date_to", str(int(match[1]) - 1), match.group()) for match in _UNTIL.finditer(text)]


def _lately(text: str, year: int) -> list[Chip]:
    """Years and spans that the text names from today: what is new is of this year or the one before."""
    found = []
    for match in _LATELY.finditer(text):
        named, new, years = match.groups()
        found.append(Chip("year", str(year - _BACK[named]), named) if named else Chip("date_from", str(year - (1 if new else chinese_number(years))), match.group()))
    return found


def _issued(text: str, issuers: Collection[str]) -> list[Chip]:
    """Issuing bodies that the text names (财政部 but not 财政部门): the longest of those that share characters."""
    asked, found = text, []
    bodies = {**{name: name for name in issuers}, **{short: full for short, full in words().bodies.items() if full in issuers}}
    for name in sorted((n for n in bodies if len(n) > 2 and n in text), key=len, reverse=True):
        if re.search(re.escape(name) + r"(?!门)", asked):
            asked = asked.replace(name, "\n")
            found.append(Chip("issuer", bodies[name], name))
    return found
