"""What the documents of each level offer on what is asked: amounts, stacking, totals and delivery, or that they exclude the place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.models import Document
from corpus.text import normalise
from rag.asked import pattern
from rag.bearing import OLD
from rag.fit import Need, bag, need_of
from rag.places import covers, places_in
from rag.rates import CURRENT_RATE, STALE_RATE, Figure, touched
from rag.records import Context, Evidence
from rag.slots import Slot, cue
from rag.statements import Statement
from rag.tools import Book, Tools
from rag.weigh import ASIDE
from rag.where import codes_of

LEVELS = {"national": "国家层面", "province": "省级", "city": "市级", "county": "县（区）级"}
MOST_DOCUMENTS, MOST_LEVEL = 7, 3
NEAR, FLOOR = 0.65, 0.35
"""A document is given when its worth reaches these shares of the best document's of its level, and of all."""
ABOUT = 0.4
"""An offer of less worth is about something else: over our own questions on the demo portal offers on the subject have 0.55 and more,
on other subjects 0.31 and less."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one document offers on what is asked: its statements with amounts, on totals and delivery, on stacking; or that it excludes the place."""

    book: Book
    evidence: Evidence
    worth: float
    amounts: tuple[Statement, ...]
    stacking: tuple[Slot, ...]
    total: tuple[Slot, ...]
    delivery: tuple[Slot, ...]
    excluded: Slot | None = None


def offers(tools: Tools, c: Context) -> list[Offer]:
    """What the documents offer, national first; per level the best MOST_LEVEL whose worth is near the best."""
    need = need_of(topic(_without_place(c)), tools.retriever, c.reader)
    best: dict[str, Evidence] = {}
    for e in c.evidence:
        held = best.get(e.document.id)
        if e.document.kind == "policy" and e.document.genre != "报告" and e.document.legal_rank != "司法解释" and not _outdated(e.document) and not _CLEANUP.search(e.document.title) and (held is None or (e.role == CURRENT_RATE, e.worth) > (held.role == CURRENT_RATE, held.worth)):
            best[e.document.id] = e
    books = tools.books.get(best, c.reader)
    old = touched(tools, c)
    made = [offer for i, e in best.items() if (offer := _offer(books[i], e, c, need, old)) is not None]
    top = max((min(o.worth, 1.0) for o in made), default=0.0)
    tops = {level: max((o.worth for o in made if str(o.book.document.level) == level), default=0.0) for level in LEVELS}
    near = sorted((o for o in made if o.worth >= NEAR * tops.get(str(o.book.document.level), top) and o.worth >= FLOOR * top), key=lambda o: -o.worth)
    kept: list[Offer] = []
    for o in near:
        same = [k for k in kept if (k.book.document.level, k.book.document.region_code) == (o.book.document.level, o.book.document.region_code)]
        if len(same) < MOST_LEVEL and len(kept) < MOST_DOCUMENTS:
            kept.append(o)
    if not any(o.amounts or o.excluded for o in kept):
        return []
    order = list(LEVELS)
    return sorted(kept, key=lambda o: (order.index(str(o.book.document.level)) if o.book.document.level in order else 9, o.book.document.region_code, -o.worth))


_CLEANUP = re.compile(r"清理结果|(?:废止|宣布失效|继续有效)[^《》]{0,20}(?:文件|目录|的(?:通知|决定|公告))")
"""Lists of what was repealed or kept offer nothing themselves."""


def _outdated(d: Document) -> bool:
    """A national text of before 2000: its sums are of another time (七五期间), though nobody repealed it."""
    made = d.published_on or d.written_on
    return d.level == "national" and d.legal_rank != "法律" and bool(made) and made < OLD


def _without_place(c: Context) -> str:
    """The question without the name of its place, which the levels stand for (of a zone also that it is one)."""
    return ZONE.sub(" ", c.rewritten.replace(c.place_words, " ")) if c.place_words else c.rewritten


ZONE = re.compile(r"高新(?:技术产业开发)?区|开发区|新区|园区")


def topic(text: str) -> str:
    """What support is asked for: the words without 优惠, 补助, 奖励 … and without those that ask (all words when nothing else is left)."""
    plain = pattern("support.kinds").sub(" ", pattern("filler.words").sub(" ", normalise(text)))
    return plain if re.search(r"[\u4e00-\u9fff]{2}", plain) else text


def _offer(book: Book, e: Evidence, c: Context, need: Need, old: Sequence[Figure] = ()) -> Offer | None:
    """The offer of one document: the article whose granted amounts fit best; None when it offers nothing on what is asked."""
    d = book.document
    found = book.slots
    if (excluded := excluding(d, found, c.region)) is not None:
        return Offer(book, e, need.held(bag(e.text), bag(d.title)), (), (), (), (), excluded)
    granted = [s for s in found if s.kind in ("amount", "ratio") or (s.kind == "grant" and s.tabular)]
    stacked = [(s.start, s.end) for s in found if s.kind == "stacking" and not s.tabular]
    granted = [g for g in granted if not any(a <= g.start < b for a, b in stacked)]  # a limit on what stacks is no grant; what stands beside it is
    barred = {s.start for s in found if (not s.tabular and s.kind in ("condition", "negative")) or (not s.tabular and re.search(r"抽查|核查|退回|追回|罚款", s.text))}
    valued = [s for s in book.statements if _grants(s, granted) and not ASIDE.search(s.heading) and not _EXPLAINS.search(s.text(d)) and _short(s) and not any(s.start <= x < s.end for x in barred) and not any(f.prints(d, s.text(d)) for f in old)]
    title = need.held(bag(d.title))
    if e.role in (CURRENT_RATE, STALE_RATE):
        return Offer(book, e, 1.2, tuple(x.statement for x in c.evidence if x.document.id == d.id and x.role == CURRENT_RATE and x.statement), (), (), ())
    if not valued:
        return None if d.level != "national" or e.fit < 0.5 or not cue("support").search(e.text) or cue("condition_lead").search(e.text) or ASIDE.search(e.statement.heading if e.statement else "") else Offer(book, e, max(title, e.fit), (), (), (), ())
    plain = {s.start: bag(_granting(d, s, stacked)) for s in valued}
    fits = {s.start: need.held(plain[s.start], bag(f"{d.title} {s.heading}")) for s in valued}
    counts = {s.start: sum(s.start <= g.start < s.end for g in granted) for s in valued}
    subject = title >= SUBJECT * max(fits.values())  # the whole document is about it: then its standard is the answer, and no article need say it again
    fits = {k: max(v, title) for k, v in fits.items()} if subject else fits
    bodies = {s.start: need.held(plain[s.start]) for s in valued}
    standards = {s.article for s in book.statements if s.article and _STANDARD.search(s.lead(d)[:60])}
    own = {s.start: 0.1 * min(counts[s.start], 3) + STANDARD * (s.article in standards) if subject else 0.0 for s in valued}
    best = max(valued, key=lambda s: (not _annexed(s), fits[s.start] + (0.0 if subject else bodies[s.start]) + own[s.start], -s.start))
    chosen = [s for s in valued if s is best or (s.article and s.article == best.article) or (s.kind != "table" and s.path[:-1] == best.path[:-1] and fits[s.start] >= 0.9 * fits[best.start])]
    about = {k: _of_article(k, found, chosen, need) for k in ("stacking", "total", "delivery")}
    return Offer(book, e, max(title, fits[best.start]) + 0.1 * title + 0.05 * e.worth, tuple(chosen[:4]), about["stacking"], about["total"], about["delivery"])


_EXPLAINS = re.compile(r"口径[^。；]{0,24}(?:不同|不可混用|区别)|例如")
"""What explains a figure gives nothing."""
SUBJECT = 0.8
"""A document is all about what is asked when its title holds this share of what its best statement holds of it."""
STANDARD = 0.4
"""What an article that sets the standard (奖励标准如下) is worth more in a document that is all about what is asked."""
_STANDARD = re.compile(r"(?:奖励|补助|补贴|资助|支持|抵扣)(?:金额|资金|的)?(?:标准|额度)[^。；]{0,8}(?:如下|为|是)?[：:]?")


def _granting(d: Document, s: Statement, stacked: Sequence[tuple[int, int]]) -> str:
    """A statement without what it says of other support: clauses on stacking, and what an applicant must not have had (未享受安家补助)."""
    cuts = sorted((max(a, s.start), min(b, s.end)) for a, b in stacked if a < s.end and s.start < b)
    kept, at = [], s.start
    for a, b in cuts:
        kept.append(d.text[at:a])
        at = max(at, b)
    return _NOT_HAD.sub("", "".join((*kept, d.text[at : s.end])))


_NOT_HAD = re.compile(r"未(?:曾)?(?:享受|领取|获得)(?:过)?[^，。；的]{2,14}")


def _annexed(s: Statement) -> bool:
    """A table of an annex repeats what the articles say."""
    return s.kind == "table" and not s.article


LONGEST = 800
"""Characters of a plain paragraph that can be an offer: a chapter of a plan is none."""


def _short(s: Statement) -> bool:
    return bool(s.items) or s.kind == "table" or s.end - s.start <= LONGEST


def _grants(s: Statement, granted: Sequence[Slot]) -> bool:
    return any(s.start <= g.start < s.end for g in granted)


_CLAUSES = {
    "stacking": re.compile(r"叠加|重复(?:享受|补助|支持|奖励|发放)|不影响|就高|同时享受|不再享受"), "total": re.compile(r"总额控制"),
    "delivery": re.compile(r"(?:实行|采取|采用)?(?:免申即享|即申即享|自行判别)"),
}  # fmt: skip


def clauses(kind: str, found: Sequence[Slot]) -> list[Slot]:
    """Whole sentences that say something of a kind; rows of tables, examples and definitions say nothing."""
    return [
        s for s in found
        if s.kind == kind and _CLAUSES[kind].search(s.text) and not s.tabular and s.text.endswith(("。", "；", "：", "，"))
        and not re.search(r"示例|是指|本表|申请表|原则，|核实|核查", s.text)
    ]  # fmt: skip


def _of_article(kind: str, found: Sequence[Slot], chosen: Sequence[Statement], need: Need) -> tuple[Slot, ...]:
    """Clauses of a kind that speak of the chosen article: in it, naming it, or of the whole document when it has one subject."""
    numbers = {s.article for s in chosen if s.article}
    single = len({g.place for g in found if g.kind in ("amount", "ratio")}) <= 4
    kept = []
    for slot in clauses(kind, found):
        inside_ = any(s.start <= slot.start < s.end for s in chosen)
        if inside_ or any(n and n in slot.text for n in numbers) or (single and not re.search(r"^第[一二三四五六七八九十]+条.{0,4}第[一二三四五六七八九十]+条", slot.text)) or need.held(bag(slot.text)) >= 0.5:
            kept.append(slot)
    return tuple(kept[:3])


def excluding(d: Document, found: Sequence[Slot], region: str) -> Slot | None:
    """The slot of a document that excludes a place (不含鹭屿市, …不适用本办法)."""
    if not region:
        return None
    out = [p for p in d.excludes if any(covers(code, region) for code in codes_of(p))]
    for slot in sorted((s for s in found if s.kind == "exclusion"), key=lambda s: "不适用" not in s.text):
        if any(p in slot.text for p in out) or (SHUTS.search(slot.text) and any(p.code != d.region_code and covers(p.code, region) for p in places_in(slot.text))):
            return slot
    return None


SHUTS = re.compile(r"不申领|不适用|不享受|不得(?:申领|申请|享受)")
"""What is said of a named place whose enterprises get nothing here (鹭屿市注册的企业…不申领省级创新券)."""
