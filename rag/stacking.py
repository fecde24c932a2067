"""May one have both (研发补助和加计扣除能不能同时享受)? 可以叠加, 不可以叠加 or 未规定 first, then the clauses that say so.

A clause is held against both things that the question names, each by its words, by the title of its text and by the article that it refers to
(第四条规定的奖励与省级研发投入分段补助可以叠加). Nothing is presumed: where no clause speaks of both, it is 未规定.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from corpus.models import CURRENT, Document
from corpus.text import normalise
from rag.asked import pattern
from rag.cite import cite
from rag.facts import years
from rag.fit import Need, bag, need_of
from rag.levels import PLACE, elsewhere, stack_word
from rag.offers import clauses, excluding
from rag.places import covers, inside
from rag.reading import run
from rag.records import ANSWERED, PARTIAL, Citation, Context, Sentence
from rag.slot import Slot, cue
from rag.source import named, short_title, source_of
from rag.statements import Statement, condense
from rag.tools import Book, Tools

SPEAKS, NEAR, MOST = 0.5, 0.8, 4
"""A clause speaks of both when it holds so much of each; others are given whose score is so near the best one's, so many in all."""
TITLED = 0.5
"""Share of one of the two things that the title of a text holds whose clauses are read though no search found it."""


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause on stacking: how much it holds of both things, its score beside others, and what it says of them (yes, no)."""

    book: Book
    slot: Slot
    held: float
    score: float
    says: str


class Stacking:
    """Answers whether two supports stack; leaves other questions to the next composer."""

    name = "stacking"

    def compose(self, tools: Tools, c: Context) -> Context | None:
        """The verdict with its clause first, then the other clauses on it; 未规定 with the nearest ones where none speaks of both."""
        if not asks(c):
            return None
        found = sorted(_clauses(tools, c), key=lambda x: -x.score)
        speaking = [x for x in found if x.held >= SPEAKS]
        speaking = [x for i, x in enumerate(speaking) if x.score >= NEAR * speaking[0].score or (not c.region and _first_of_city(x, speaking[:i]))]
        if not speaking and not found:
            return None
        kept = _each_once(speaking or found[:2])[:MOST]
        places = {x.book.document.region_code: x.says for x in kept if x.book.document.level != "national"}
        apart = not c.region and len(set(places.values())) > 1 and kept[0].book.document.level != "province"  # what the province says holds for all
        said = UNSAID if not speaking else APART_SAID if apart else ""
        return _told(tools, c, kept, verdict="" if not speaking or apart else _WORDS[kept[0].says], said=said, partial=apart or not speaking)


def _first_of_city(x: _Clause, before: Sequence[_Clause]) -> bool:
    """Whether it is the first clause of its city: where no place is given, every city may rule otherwise."""
    return x.book.document.level == "city" and x.book.document.region_code not in {k.book.document.region_code for k in before}


UNSAID = "未规定：已收录的文件没有写明这两项能否同时享受（未规定不等于可以，请向受理部门核实）。相近的规定："
APART_SAID = "各地规定不同。您没有说明所在地区，以下分别列出，请对照所在地查看。"
_WORDS = {"yes": "可以同时享受（可叠加）。", "no": "不可以同时享受（不可叠加）。", "": ""}
_SUPPORT = re.compile(r"补助|补贴|奖|资助|创新券|扣除|优惠|政策|减免|扶持|贴息|配套|经费|资金|税")
_LISTING = re.compile(r"哪些|什么(?:补助|补贴|政策|优惠|奖励|支持)|多少|一共|合计|总共")


def asks(c: Context) -> bool:
    """Whether a question asks if two supports go together, and not which there are."""
    if not c.asked.stacking or c.named.articles or _LISTING.search(c.rewritten) or not _SUPPORT.search(c.rewritten):
        return False
    first, second = sides(c.rewritten)
    return first != second or bool(_TOGETHER.search(c.rewritten))


_TOGETHER = re.compile(r"叠加|重复(?:享受|领|拿|补助)|同时享受|一起|双份|兼得")


# ---- the two things ------------------------------------------------------------------------------------------------------

_ENDS = r"(?:还|再|又|也|是不是|是否|能不能|能否|可不可以|可以|可否|能够|能|会不会|会|要|得|一起|同时|都|重复|叠加|兼得|冲突|两个|两样|吗|么|[，,？?])"
_PAIR = re.compile(rf"(?P<a>[^，,？?]{{2,30}}?)(?:和|与|跟|(?<!合)同|以及|还有|、)(?!级|里)(?P<b>[^，,？?]{{2,30}}?)(?={_ENDS}|$)")
_HAD = re.compile(r"(?:拿|领|享受|获得|申请|得|用|有)(?:了|过|到了?|的)(?P<a>[^，,？?]{2,30}?)[，,]?(?:的(?:企业|公司|人|单位))?(?:之后|后|以后)?[，,]?(?:还|再|又|也|是否|能否|能不能|可不可以|可以|能)+(?:再|继续)?(?:拿|领|享受|申请|申报|报|用|获得|得)(?:到|得)?(?P<b>[^，,？?吗么]{2,30})")
_AFFECTS = re.compile(r"(?P<a>[^，,？?]{2,30}?)(?:会不会|是否|会|还)?影响(?P<b>[^，,？?吗么]{2,30})")
_LEVELS = re.compile(r"^(?:国家|中央|省|市|县|区)(?:里|级|财政)?(?:的)?$")


_LAST_LEVEL = re.compile(r"(?:国家|中央|[省市县区]级?)的?$")
_LEVEL_WORDS = re.compile(r"([省市县区])(?:里|财政|科技[厅局])(?:的)?")
_OBJECT = re.compile(r"(?:与|和|跟)[^，。；]*?(?=不可|不得|不能|可以|可)")
OWN = 0.3
"""Of one of the two things a clause must hold so much beside what it sets its own support against."""
_JOINED = re.compile(r"(?:与|和|同|跟)([^，。；]*、[^，。；]*?)(?:不可|不得|不能|可以|可)")
"""What a text sets beside its own support together: 与省科技创新券、技术交易补助不可叠加 says nothing of these two."""


def sides(question: str) -> tuple[str, str]:
    """The two things that a question sets together; twice the whole question where it does not name two."""
    plain = _LEVEL_WORDS.sub(lambda m: f"{m[1]}级", normalise(question))
    plain = plain if _HAD.search(plain) else pattern("filler.words").sub("", plain)
    for build in (_HAD, _AFFECTS, _PAIR):
        if (match := build.search(plain)) is not None:
            a, b = match["a"], match["b"]
            if _LEVELS.match(b) and (last := _LAST_LEVEL.search(a)):  # 高企奖励省级和市级
                return last[0] + a[: last.start()], b + a[: last.start()]
            return (a + b if _LEVELS.match(a) else a), (b + a if _LEVELS.match(b) else b)
    return question, question


# ---- the clauses ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two things: what a text must hold of it, the same without its level (for a text of that level), the level that gives it (empty: unknown), whether its words name nothing but a
    level (市里的补助), and the title of the policy that it names (海峡英才)."""

    need: Need
    plain: Need
    level: str
    bare: bool
    title: str

    def held(self, clause: str, body: frozenset[str], around: frozenset[str], d: Document) -> float:
        """How much of it a clause holds, 0..1; LEVELLED where the clause names its level only, and that is enough."""
        found = (self.plain if self.level == d.level else self.need).held(body, around)
        if self.told(clause, d) and (self.bare or (self.title and self.title in d.text)):
            return max(found, LEVELLED)
        return found

    def told(self, clause: str, d: Document) -> bool:
        """Whether a clause names the level that gives it, which is not that of its own text."""
        return bool(self.level) and self.level != d.level and bool(re.search(_LEVEL_NAMES[self.level], clause))


LISTED = 0.7
"""Share of each of two things that a list must hold in which both stand beside each other."""
POLICY, LEVELLED = 0.08, 0.6
"""What counts for a policy, and for a text of a level that the question names; how much of a thing a clause holds that names its level only (省级安家补助 for 海峡英才)."""
_LEVEL_NAMES = {"national": "国家|中央", "province": "省级|省里|省财政|省、|省科技|市级以上|上级|省[市县]", "city": "市级|市财政|设区市|省、市|市、县|市县", "county": "县级|区级|县（市、区）|开发区|市、县|市县"}
_SAID = (("national", "国家|中央"), ("province", "省级|全省|本省"), ("city", "市级|市县|本市"), ("county", "县级|区级|本县"))
_NOTHING = re.compile(r"(?:国家|中央|[省市县区]级?)+(?:的|[其他各类]|人才|企业)*(?:补助|补贴|奖励|奖补|资助|配套|政策|扶持|支持|资金)*的?$")
_OWN_LEVEL = re.compile(r"[省市县区]级的?(?=[\u4e00-\u9fff]{2})")
_EMPTY = re.compile(r"[省市县区]|给|的|里|那边|这边|那份")
TITLE_RUN = 4
"""Characters in a row that a thing shares with the title of its policy."""


def _side(tools: Tools, c: Context, words: str) -> _Side:
    plain = words.replace(c.place_words or "\0", "")
    heads = [d for d in tools.retriever.shelf.heads.values() if d.kind == "policy" and c.reader.may_read(d.security, d.id) and run(plain, short_title(d.title)) >= TITLE_RUN]
    heads = [d for d in heads if tools.validity(d.id, c.as_of).status in CURRENT]
    levels = {str(d.level) for d in heads}
    said = next((level for level, pattern_ in _SAID if re.search(pattern_, plain)), "")
    placed = "" if not (c.place_words and c.place_words in words) else "county" if not c.region.endswith("00") else "city" if not c.region.endswith("0000") else "province"
    level = said or placed or (levels.pop() if len(levels) == 1 else "")
    return _Side(need_of(plain, tools.retriever, c.reader), need_of(_OWN_LEVEL.sub("", plain) or plain, tools.retriever, c.reader), level if level in _LEVEL_NAMES else "", bool(_NOTHING.match(plain)), short_title(heads[0].title) if len(heads) == 1 else "")


def _clauses(tools: Tools, c: Context) -> Iterator[_Clause]:
    """Every clause on stacking of the texts that matter, with its score; those that only point elsewhere (能否叠加，按照各自的文件) left out."""
    a, b = sides(c.rewritten)
    pair = (_side(tools, c, a), _side(tools, c, b + a if c.place_words and not re.search(r"[\u4e00-\u9fff]{2}", _EMPTY.sub("", b.replace(c.place_words, ""))) else b))  # …和鹭屿给的
    whole = need_of(_LEVEL_WORDS.sub(lambda m: f"{m[1]}级", c.rewritten), tools.retriever, c.reader)
    levels = {side.level for side in pair}
    for book in _books(tools, c, *(side.need for side in pair)):
        d = book.document
        own = sorted(pair, key=lambda side: side.need.held(bag(short_title(d.title))))
        other = own[0].need if own[1].need.held(bag(d.title)) - own[0].need.held(bag(d.title)) >= APART else whole
        bonus = POLICY * (d.kind == "policy") + POLICY * (str(d.level) in levels) - POLICY * (d.level == "county" and "county" not in levels and (not c.region or c.region.endswith("00")))
        for slot in clauses("stacking", book.slots):
            around = bag(_around(book, slot))
            for part in re.findall(r"[^；]+；?", slot.text):  # what stands behind a semicolon is of other things
                if verdict := says(part, other):
                    body = bag(part)
                    held = _held(part, body, around, pair, d, levels)
                    yield _Clause(book, slot, held, held + 0.1 * whole.held(body) + bonus, verdict)


def _held(text: str, body: frozenset[str], around: frozenset[str], pair: Sequence[_Side], d: Document, levels: set[str]) -> float:
    """How much of both things a clause holds, 0..1: half where it speaks of neither itself, sets both against a third, or leaves out a level that is asked for."""
    both = [side.held(text, body, around, d) for side in pair]
    weak = max(side.need.held(body) for side in pair) < SPEAKS and not any(side.told(text, d) for side in pair)
    joined = any(min(side.need.held(bag(m[1])) for side in pair) >= LISTED for m in _JOINED.finditer(text)) or max(side.need.held(bag(_OBJECT.sub("", text)), around - body) for side in pair) < OWN
    across = len(levels) == 2 and "" not in levels and not any(re.search(_LEVEL_NAMES[level], text) for level in levels if level != d.level)
    return float(min(both) * 0.5 ** (weak + joined + across))


APART = 0.15
"""A title that holds so much more of one thing is its own; the clause is then read for what it says of the other."""


def _books(tools: Tools, c: Context, first: Need, second: Need) -> list[Book]:
    """Policies and notices in force that reach the place and do not shut it out: those found, and those whose title is one of the two things."""
    heads = [d for d in tools.retriever.shelf.heads.values() if d.kind == "policy" and c.reader.may_read(d.security, d.id) and _reaches(c, d)]
    titled = {d.id: max(n.held(bag(short_title(d.title))) for n in (first, second)) for d in heads}
    near = [e.document.id for e in c.evidence if e.document.kind in ("policy", "notice") and _reaches(c, e.document) and not _PAST.search(e.document.title) and max(years(e.document.title), default=c.as_of[:4]) >= c.as_of[:4]]
    chosen = [*near[:30], *sorted((i for i, held in titled.items() if held >= TITLED), key=lambda i: -titled[i])[:12]]
    books = tools.books.get(chosen, c.reader).values()
    return [b for b in books if tools.validity(b.document.id, c.as_of).status in CURRENT and excluding(b.document, b.slots, c.region) is None]


_PAST = re.compile(r"公示|名单|下达")
"""Results are no rules."""


def _reaches(c: Context, d: Document) -> bool:
    return not elsewhere(c, d) and (not c.region or not d.region_code or covers(d.region_code, c.region) or inside(d.region_code, c.region))


_ARTICLE = re.compile(r"第[一二三四五六七八九十百]+条")


def _around(book: Book, slot: Slot) -> str:
    """What a clause speaks of besides its words: the title, the heading, its paragraph, the articles that it refers to."""
    d = book.document
    own = next((s for s in book.statements if s.start <= slot.start < s.end), None)
    named_ = set(_ARTICLE.findall(slot.text[4:])) - {own.article if own else None}
    told = [_opening(d, s) for s in book.statements if s.article in named_]
    return " ".join((short_title(d.title), slot.heading, d.text[own.start : slot.end] if own else "", *told))


def _opening(d: Document, s: Statement) -> str:
    return s.lead(d)[:80] if s.items else s.text(d)[:80]


def says(text: str, need: Need) -> str:
    """What a clause says of what is asked, by the phrase of it that holds most: 与市级租房补贴可叠加，与市级安家补助不可叠加."""
    parts: list[tuple[str, str]] = []
    waiting = ""
    for phrase in re.findall(r"[^，；。]+[，；。]?", text):
        waiting += phrase
        if _OPEN.search(phrase):
            waiting = ""
            continue
        word = "no" if cue("stack_no").search(phrase) else "yes" if cue("stack_yes").search(phrase) else ""
        if word:
            parts.append((waiting, word))
            waiting = ""
    return max(parts, key=lambda p: need.held(bag(p[0])), default=("", ""))[1]


_OPEN = re.compile(r"能否|是否|可否")


def _each_once(found: Sequence[_Clause]) -> list[_Clause]:
    """Clauses without those that repeat another one's words, a policy before the notice that repeats it."""
    kept: list[_Clause] = []
    for x in found:
        words = bag(x.slot.text)
        if not any(len(words & (other := bag(k.slot.text))) >= 0.8 * min(len(words), len(other)) and x.book.document.region_code == k.book.document.region_code for k in kept):
            kept.append(x)
    return kept


# ---- saying --------------------------------------------------------------------------------------------------------------


def _told(tools: Tools, c: Context, found: Sequence[_Clause], verdict: str, said: str, partial: bool) -> Context:
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    for i, x in enumerate(found):
        d = x.book.document
        citations.append(cite(i + 1, d, x.slot.start, x.slot.end, tools.validity(d.id, c.as_of)))
        article = str(citations[-1].clause.get("article") or "")
        words = f"{verdict}{source_of(d, article, c)}" if i == 0 and verdict else f"{stack_word(x.slot.text)}：{named(d)}{article}："
        sentences.append(Sentence(f"{words}{condense(x.slot.text)}", (i + 1,), "lead" if i == 0 else "more", derived=f"{verdict} 可以 不可"))
    notes = (*c.notices, *([PLACE] if said == APART_SAID else []))
    return replace(c, sentences=tuple(sentences), citations=tuple(citations), notices=notes, status=PARTIAL if partial else ANSWERED, composer=Stacking.name, said=said)
