"""Support of several levels: every level that covers the place, with amount, delivery, and whether it stacks; excludes honoured.

Nothing is presumed: a place without a document is 本库未收录, a document silent on stacking is 未规定.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus.models import CURRENT, Document, RelationKind
from corpus.regions import name_of
from corpus.text import normalise
from rag.asked import pattern, slots_of
from rag.cite import cite
from rag.facts import quantities
from rag.fit import Need, bag, need_of
from rag.places import covers, inside, places_in
from rag.rates import CURRENT_RATE, STALE_RATE, Figure, cut, touched
from rag.records import ANSWERED, PARTIAL, Citation, Context, Evidence, Sentence
from rag.slots import Slot, cue
from rag.source import named
from rag.statements import Statement, condense
from rag.tools import Book, Tools
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


class Levels:
    """Answers what support there is; leaves other questions to the next composer."""

    name = "levels"

    def compose(self, tools: Tools, c: Context) -> Context | None:
        """Offers by level, then how they stack, then what is not held."""
        if not c.asked.support or c.named.articles or _other_form(c):
            return None
        offered = _without_amendments(tools, offers(tools, c))
        if not offered or (_part_asked(c) and not any(o.excluded for o in offered)):
            return None
        held = _without_shut(_of_kind(c, _without_repeats([o for o in offered if o.worth >= ABOUT or o.excluded])))
        found = _of_level(c, held)
        if not found:
            return None  # support for other things is no answer: the clauses that fit best are given instead
        sentences: list[Sentence] = []
        citations: list[Citation] = []
        kinds = len({_is_tax(o) for o in found}) > 1
        for offer in sorted(found, key=lambda o: not _is_tax(o)):
            _say(tools, c, offer, _heading(offer, kinds), sentences, citations)
        partial = not c.region and len({o.book.document.region_code for o in found if o.book.document.level != "national"}) > 0
        notes = (*c.notices, *(_silent(found) if _wants_stacking(c) else ()), *_not_held(tools, c, held), *([PLACE] if partial else []))
        used = tuple(o.evidence for o in found)
        return replace(c, sentences=tuple(sentences), citations=tuple(citations), notices=notes, used=used, status=PARTIAL if partial else ANSWERED, composer=self.name, said=NO_PLACE if partial else "")


PLACE = "您没有说明所在地区，以上按各地分别列出；请补充省、市、县（区）名称以便核对。"
NO_PLACE = "您没有说明企业所在地区：国家政策普遍适用，地方政策只适用于该地，以下按各地分别列出，请对照所在地查看。"


def _without_amendments(tools: Tools, found: Sequence[Offer]) -> list[Offer]:
    """Offers without those of documents that only change another offered one: their words stand behind what they change."""
    given = {o.book.document.id for o in found}
    changing = {r.document_id for r in tools.store.documents.relations_of(list(given)) if r.kind == RelationKind.amends and r.target_id in given and r.document_id != r.target_id}
    return [o for o in found if o.book.document.id not in changing]


_TAX = re.compile(r"加计扣除|税前扣除|减按|免征|所得税|增值税|摊销")
_GRANT_WORDS, _TAX_WORDS = re.compile(r"补助|补贴|奖励|资助|奖补|配套|创新券"), re.compile(r"税|优惠|政策|扣除")


def _is_tax(o: Offer) -> bool:
    """Whether an offer is a relief of tax (national texts alone give such)."""
    d = o.book.document
    return d.level == "national" and bool(_TAX.search(" ".join([d.title, *(s.text(d) for s in o.amounts), o.evidence.text])))


def _of_kind(c: Context, found: Sequence[Offer]) -> list[Offer]:
    """Offers of the kind that is asked for: who asks for 补助 alone is not told of taxes, unless there is nothing else."""
    if _GRANT_WORDS.search(c.rewritten) and not _TAX_WORDS.search(c.rewritten):
        return [o for o in found if not _is_tax(o)] or list(found)
    return list(found)


def _without_shut(found: Sequence[Offer]) -> list[Offer]:
    """Offers without those of a body that shuts the place out by another of them: what it announces in general is not for that place either."""
    shut = {o.book.document.region_code for o in found if o.excluded}
    return [o for o in found if o.excluded or o.book.document.region_code not in shut]


_SAID = (("province", re.compile(r"省里|省级|省财政|省科技厅")), ("city", re.compile(r"市里|市级|市财政|市科技局")), ("county", re.compile(r"县里|县级|区里|区级|县财政|区财政")))


def _of_level(c: Context, found: Sequence[Offer]) -> list[Offer]:
    """Offers of the one level that the question names (省里给多少), unless it is how levels stack; all when it names none or several, or nothing is left."""
    said = [level for level, words in _SAID if words.search(c.rewritten)]
    if len(said) != 1 or c.asked.stacking:
        return list(found)
    kept = [o for o in found if o.book.document.level == said[0]]
    return list(found) if not kept or any(o.excluded for o in kept) else kept  # who is shut out there is told what there is instead


def _without_repeats(found: Sequence[Offer]) -> list[Offer]:
    """Offers without those that only repeat the figures of a better one of the same place (a plan that announces the measure), or that give no
    figure beside one of the same level that does."""
    kept: list[Offer] = []
    for o in sorted(found, key=lambda o: -o.worth):
        others = [k for k in kept if (k.book.document.level, k.book.document.region_code) == (o.book.document.level, o.book.document.region_code)]
        if o.excluded is None and others and (not o.amounts or any(_figures(o) <= _figures(k) for k in others)):
            continue
        kept.append(o)
    return [o for o in found if o in kept]


def _figures(o: Offer) -> frozenset[str]:
    text = " ".join(s.text(o.book.document) for s in o.amounts)
    found = {unit: frozenset(q.key for q in quantities(text) if q.unit == unit) for unit in ("money", "ratio")}
    return found["money"] or found["ratio"]


def _other_form(c: Context) -> bool:
    """Questions for one thing of one policy (who, how, when, conditions) are better answered from its clauses."""
    if re.search(r"税收|税前|加计扣除|所得税|增值税", c.rewritten) and not re.search(r"补助|补贴|奖励|资助|奖补|创新券|配套", c.rewritten):
        return True  # taxes are national: the clauses themselves answer
    apart = ("who", "deadline", "period", "conditions", "validity", *(() if c.asked.stacking else ("may",)))
    return all(p.form in apart for p in c.asked.parts)


def _part_asked(c: Context) -> bool:
    """Whether a part of one policy is asked for (conditions, materials, who does it, what is shut out): its clauses answer, unless the place is excluded."""
    return bool(slots_of(c.rewritten)) and not c.asked.stacking and not any(p.form == "amount" for p in c.asked.parts)


def offers(tools: Tools, c: Context) -> list[Offer]:
    """What the documents offer, national first; per level the best MOST_LEVEL whose worth is near the best."""
    need = need_of(topic(_without_place(c)), tools.retriever, c.reader)
    whole = need_of(c.rewritten, tools.retriever, c.reader)
    best: dict[str, Evidence] = {}
    for e in c.evidence:
        held = best.get(e.document.id)
        if e.document.kind == "policy" and e.document.genre != "报告" and not _CLEANUP.search(e.document.title) and (held is None or (e.role == CURRENT_RATE, e.worth) > (held.role == CURRENT_RATE, held.worth)):
            best[e.document.id] = e
    books = tools.books.get(best, c.reader)
    old = touched(tools, c)
    made = [offer for i, e in best.items() if (offer := _offer(books[i], e, c, need, whole, old)) is not None]
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


def _without_place(c: Context) -> str:
    """The question without the name of its place, which the levels stand for."""
    return c.rewritten.replace(c.place_words, " ") if c.place_words else c.rewritten


def topic(text: str) -> str:
    """What support is asked for: the words without 优惠, 补助, 奖励 … and without those that ask (all words when nothing else is left)."""
    plain = pattern("support.kinds").sub(" ", pattern("filler.words").sub(" ", normalise(text)))
    return plain if re.search(r"[\u4e00-\u9fff]{2}", plain) else text


def _offer(book: Book, e: Evidence, c: Context, need: Need, whole: Need, old: Sequence[Figure] = ()) -> Offer | None:
    """The offer of one document: the article whose granted amounts fit best; None when it offers nothing on what is asked."""
    d = book.document
    found = book.slots
    if (excluded := excluding(d, found, c.region)) is not None:
        return Offer(book, e, need.held(bag(e.text), bag(d.title)), (), (), (), (), excluded)
    granted = [s for s in found if s.kind in ("amount", "ratio") or (s.kind == "grant" and s.tabular)]
    barred = {s.start for s in found if (not s.tabular and s.kind in ("condition", "negative", "stacking")) or (not s.tabular and re.search(r"抽查|核查|退回|追回|罚款", s.text))}
    valued = [s for s in book.statements if _grants(s, granted) and _short(s) and not any(s.start <= x < s.end for x in barred) and not any(f.prints(d, s.text(d)) for f in old)]
    title = need.held(bag(d.title))
    if e.role in (CURRENT_RATE, STALE_RATE):
        return Offer(book, e, 1.2, tuple(x.statement for x in c.evidence if x.document.id == d.id and x.role == CURRENT_RATE and x.statement), (), (), ())
    if not valued:
        return None if d.level != "national" or e.fit < 0.5 or re.search("提示|注：|示例", e.statement.heading if e.statement else "") else Offer(book, e, max(title, e.fit), (), (), (), ())
    fits = {s.start: need.held(bag(s.text(d)), bag(f"{d.title} {s.heading}")) for s in valued}
    counts = {s.start: sum(s.start <= g.start < s.end for g in granted) for s in valued}
    subject = title >= max(fits.values())  # the whole document is about it: then its standard is the answer
    bodies = {s.start: need.held(bag(s.text(d))) for s in valued}
    standards = {s.article for s in book.statements if s.article and _STANDARD.search(s.lead(d)[:60])}
    own = {s.start: 0.1 * min(counts[s.start], 3) + STANDARD * (s.article in standards) if subject else 0.0 for s in valued}
    best = max(valued, key=lambda s: (not _annexed(s), fits[s.start] + (0.0 if subject else bodies[s.start]) + own[s.start], -s.start))
    chosen = [s for s in valued if s is best or (s.article and s.article == best.article) or (s.kind != "table" and s.path[:-1] == best.path[:-1] and fits[s.start] >= 0.9 * fits[best.start])]
    about = {k: _of_article(k, found, chosen, need) for k in ("stacking", "total", "delivery")}
    if c.asked.stacking:
        about["stacking"] = _nearest(found, whole) or about["stacking"]
    return Offer(book, e, max(title, fits[best.start]) + 0.1 * title + 0.05 * e.worth, tuple(chosen[:4]), about["stacking"], about["total"], about["delivery"])


STANDARD = 0.4
"""What an article that sets the standard (奖励标准如下) is worth more in a document that is all about what is asked."""
_STANDARD = re.compile(r"(?:奖励|补助|补贴|资助|支持|抵扣)(?:金额|资金|的)?(?:标准|额度)[^。；]{0,8}(?:如下|为|是)?[：:]?")


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


def _clauses(kind: str, found: Sequence[Slot]) -> list[Slot]:
    """Whole sentences that say something of a kind; rows of tables, examples and definitions say nothing."""
    return [
        s for s in found
        if s.kind == kind and _CLAUSES[kind].search(s.text) and not s.tabular and s.text.endswith(("。", "；", "：", "，"))
        and not re.search(r"示例|是指|本表|申请表|原则，|核实|核查", s.text)
    ]  # fmt: skip


def _nearest(found: Sequence[Slot], whole: Need) -> tuple[Slot, ...]:
    """The clauses on stacking that hold most of a question for it."""
    held = {s: whole.held(bag(s.text)) for s in _clauses("stacking", found)}
    best = max(held.values(), default=0.0)
    return tuple(sorted((s for s in held if held[s] >= 0.7 * best), key=lambda s: -held[s])[:3])


def _of_article(kind: str, found: Sequence[Slot], chosen: Sequence[Statement], need: Need) -> tuple[Slot, ...]:
    """Clauses of a kind that speak of the chosen article: in it, naming it, or of the whole document when it has one subject."""
    numbers = {s.article for s in chosen if s.article}
    single = len({g.place for g in found if g.kind in ("amount", "ratio")}) <= 4
    kept = []
    for slot in _clauses(kind, found):
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
        if any(p in slot.text for p in out) or (_SHUTS.search(slot.text) and any(p.code != d.region_code and covers(p.code, region) for p in places_in(slot.text))):
            return slot
    return None


_SHUTS = re.compile(r"不申领|不适用|不享受|不得(?:申领|申请|享受)")
"""What is said of a named place whose enterprises get nothing here (鹭屿市注册的企业…不申领省级创新券)."""


def _say(tools: Tools, c: Context, offer: Offer, heading: str, sentences: list[Sentence], citations: list[Citation]) -> None:
    d = offer.book.document
    judged = tools.validity(d.id, c.as_of)
    heading = heading if heading not in [s.heading for s in sentences] else ""

    def add(text: str, start: int, end: int, block: str) -> None:
        nonlocal heading
        citation = cite(len(citations) + 1, d, start, end, judged)
        citations.append(citation)
        sentences.append(Sentence(text, (citation.n,), block, heading))
        heading = ""

    if offer.excluded is not None:
        add(f"{named(d)}不能享受：{condense(offer.excluded.text)}", offer.excluded.start, offer.excluded.end, "lead")
        return
    if c.asked.stacking and offer.stacking:
        for i, slot in enumerate(offer.stacking):
            add(f"{named(d) + '：' if i == 0 else ''}{stack_word(slot.text)}：{condense(slot.text)}", slot.start, slot.end, "lead" if i == 0 else "more")
        return
    changed = amendments(tools, c, offer)
    rewritten = {s.article for s in offer.amounts if s.article and any(re.search(rf"将{s.article}修改为", text) for text, *_ in changed)}
    for i, s in enumerate(s for s in offer.amounts if s.article not in rewritten):
        opening = f"{named(d)}{s.article or ''}：" if i == 0 else ""
        add(opening + _said(d, s), s.start, s.end, "lead" if i == 0 else "more")
    if not offer.amounts:
        e = offer.evidence
        end = cut(d.text, e.start, e.end) if e.role == STALE_RATE else e.end
        if end <= e.start:
            return
        if end < e.end:
            add(f"{named(d)}{e.clause.get('article') or ''}：{condense(d.text[e.start : end]).rstrip('，；')}……", e.start, end, "lead")
            return
        add(f"{named(d)}{e.clause.get('article') or ''}：{condense(e.text)}", e.start, e.end, "lead")
    for text, book, start, end in changed:
        citation = cite(len(citations) + 1, book.document, start, end, tools.validity(book.document.id, c.as_of))
        citations.append(citation)
        sentences.append(Sentence(f"{named(d)}已作修改（{named(book.document)}）：{text}", (citation.n,), "more", heading, derived=f"{named(d)} 已作修改"))
        heading = ""
    for slot in _apart(offer.total[:1] + (offer.delivery[:1] if _wants_stacking(c) else ()), offer.amounts):
        add(condense(slot.text), slot.start, slot.end, "more")
    for slot in _rule(offer.stacking) if _wants_stacking(c) else ():
        add(f"{stack_word(slot.text)}：{condense(slot.text)}", slot.start, slot.end, "more")


def amendments(tools: Tools, c: Context, offer: Offer) -> list[tuple[str, Book, int, int]]:
    """(words, book, start, end) of later changes to the articles that were given, by documents in force that amend this one."""
    d, numbers = offer.book.document, {s.article for s in offer.amounts if s.article}
    ids = [r.document_id for r in tools.store.documents.relations_of([d.id]) if r.target_id == d.id and r.kind == RelationKind.amends]
    books = tools.books.get((i for i in ids if tools.validity(i, c.as_of).status in CURRENT), c.reader)
    found = []
    for book in books.values():
        for s in book.statements:
            for a, b in s.items or ((s.start, s.end),):
                text = condense(book.document.text[a:b])
                if any(re.search(rf"(?:将|把|删去|对|在){n}(?!之)", text) for n in numbers):
                    found.append((text, book, a, b))
    return found[:3]


def _rule(found: Sequence[Slot]) -> Sequence[Slot]:
    """The one clause on stacking that is worth saying unasked: that levels stack, up to what."""
    return sorted(found, key=lambda s: (stack_word(s.text) != "可叠加", not re.search(r"总额|合计|[省市县]", s.text), s.start))[:1]


def _wants_stacking(c: Context) -> bool:
    """Whether delivery and stacking belong to the answer (not when only an amount is asked for)."""
    return c.asked.stacking or any(p.form != "amount" for p in c.asked.parts)


def _apart(found: Sequence[Slot], said: Sequence[Statement]) -> list[Slot]:
    """Slots that what was said does not hold already, each place once."""
    seen: set[int] = set()
    kept = []
    for slot in found:
        if slot.start not in seen and not any(s.start <= slot.start < s.end for s in said):
            seen.add(slot.start)
            kept.append(slot)
    return kept


def _said(d: Document, s: Statement) -> str:
    if s.kind == "table":
        return "\n" + s.text(d)
    if not s.items:
        return condense(s.text(d))
    items = [re.sub(r"^\s*", "", d.text[a:b]) for a, b in s.items]
    return "\n".join([condense(s.lead(d)), *(re.sub(r"\s+", "", i) for i in items)])


def _heading(o: Offer, kinds: bool) -> str:
    """【市级·临洲市科学技术局】, with the kind before it where an answer gives both: 【税收优惠·国家层面】."""
    d = o.book.document
    place = d.issuers[0] if d.issuers and d.level in ("city", "county") else ""
    kind = ("税收优惠·" if _is_tax(o) else "补助奖励·") if kinds else ""
    return f"【{kind}{LEVELS.get(str(d.level), '其他')}{'·' + place if place else ''}】"


def stack_word(text: str) -> str:
    """可叠加, 不可叠加 or 衔接 by the words of a clause (both when it says both)."""
    yes, no = bool(cue("stack_yes").search(text)), bool(cue("stack_no").search(text))
    return "可叠加" if yes and not no else "不可叠加" if no and not yes else "政策衔接"


def _silent(found: Sequence[Offer]) -> list[str]:
    """Documents that do not say whether they stack."""
    return [f"能否与其他补助叠加，{named(o.book.document)}未规定。" for o in found if not o.stacking and o.excluded is None and o.book.document.level != "national"]


def _not_held(tools: Tools, c: Context, found: Sequence[Offer]) -> list[str]:
    """Levels of the asked place of which the corpus holds no document on this."""
    if not c.region:
        return []
    held = {o.book.document.region_code for o in found}
    chain = (c.region[:2] + "0000", c.region[:4] + "00", c.region)
    wanted = [code for code in dict.fromkeys(chain) if code not in held and not any(inside(h, code) and h == code for h in held)]
    said = [name for code in wanted if not code.startswith("00") and (name := _own_name(code))]
    return [f"本库未收录{name}的相关规定（不等于没有规定）。" for name in said]


def _own_name(code: str) -> str:
    """The name of a place without its superior's."""
    return name_of(code).removeprefix(name_of(code[:4] + "00")) or name_of(code) if code else ""
