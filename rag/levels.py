"""Support of several levels: every level that covers the place, with amount, delivery, and whether it stacks; excludes honoured.

Nothing is presumed: a place without a document is 本库未收录, a document silent on stacking is 未规定.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from corpus.models import CURRENT, Document, RelationKind
from corpus.regions import name_of
from rag import meaning
from rag.asked import pattern, slots_of, table
from rag.cite import cite
from rag.facts import quantities
from rag.offers import ABOUT, LEVELS, ZONE, Offer, offers
from rag.places import inside, level_said
from rag.rates import STALE_RATE, cut
from rag.records import ANSWERED, PARTIAL, Citation, Context, Evidence, Sentence
from rag.slots import Slot, cue
from rag.source import named, short_title
from rag.statements import Statement, condense
from rag.tools import Book, Tools
from rag.totals import total
from rag.words import words


class Levels:
    """Answers what support there is; leaves other questions to the next composer."""

    name = "levels"

    def compose(self, tools: Tools, c: Context) -> Context | None:
        """Offers by level, then how they stack, then what is not held."""
        if not c.asked.support or c.named.articles or _other_form(c):
            return None
        offered = _without_amendments(tools, [o for o in offers(tools, c) if not elsewhere(c, o.book.document)])
        if not offered or (_part_asked(c) and not all(o.excluded for o in offered)):
            return None
        held = _without_shut(_of_kind(c, _without_repeats(c, _of_thing(c, [o for o in offered if o.worth >= (ABOUT if asked_case(c) is None else ABOUT_CASE) or o.excluded]))))
        found = _of_case(c, _of_level(c, held))
        if not found or _other_clause(c, found):
            return None  # support for other things is no answer: the clauses that fit best are given instead
        sentences: list[Sentence] = []
        citations: list[Citation] = []
        whole = total(c, found) if c.asked.total else None
        if whole is not None:
            citations += [cite(n, b.document, start, end, tools.validity(b.document.id, c.as_of)) for n, (b, start, end) in enumerate(whole.spans, 1)]
            sentences.append(Sentence(whole.text, tuple(x.n for x in citations), "lead", derived=whole.derived))
        kinds = len({_is_tax(o) for o in found}) > 1
        for offer in sorted(found, key=lambda o: (not _of_asked(c, o), o.excluded is not None and bool(c.place_words), not _is_tax(o))):
            _say(tools, c, offer, _heading(offer, kinds), sentences, citations)
        places = {o.book.document.region_code for o in found if o.book.document.level != "national"}
        partial = not c.region and not level_said(c.rewritten) and len(places) > 1
        notes = (*c.notices, *(_silent(found) if _wants_stacking(c) else ()), *(() if level_said(c.rewritten) else not_held(c, [o.book.document for o in held])), *([PLACE] if partial else [ONLY.format(name_of(code)) for code in places if code and not c.region and len(places) == 1]))
        used = tuple(o.evidence for o in found)
        return replace(c, sentences=tuple(sentences), citations=tuple(citations), notices=notes, used=used, status=PARTIAL if partial else ANSWERED, composer=self.name, said=NO_PLACE if partial else NO_TOTAL if c.asked.total and whole is None and len({o.book.document.level for o in found if not o.excluded}) > 1 else "")


AHEAD = 2.0
"""So much more the reranker must say (a logit) of a clause that is no offer, for it to be what is asked."""


_OPEN = re.compile(r"(?:什么|哪些|哪几[种项类]|啥)(?:样的)?(?:[^，。？?]{0,4}的)?[^，。？?的]{0,6}(?:优惠|补助|补贴|奖励|奖补|资助|政策|支持|扶持|好处)|(?:优惠|补助|补贴|奖励|政策|支持|扶持)有(?:什么|哪些|啥)|(?:怎么|如何)(?:补|奖|支持|扶持)")
"""Asks what support there is at all."""


def _other_clause(c: Context, found: Sequence[Offer]) -> bool:
    """Whether the best statement is none of what is offered, and the reranker finds it much nearer to the question: then a clause of one policy
    answers (who is shut out, until when it holds, by which website), not what each level gives."""
    best = next((e for e in c.evidence if e.judged is not None and e.document.kind != "interpretation"), None)
    if best is None or c.asked.stacking or c.asked.total or _OPEN.search(c.rewritten):
        return False
    given = [(o.book.document.id, x.start, x.end) for o in found for x in o.amounts] + [(o.book.document.id, x.start, x.end) for o in found for x in (*o.stacking, *o.total, *o.delivery, *([o.excluded] if o.excluded else []))]

    def offered(e: Evidence) -> bool:
        return any(i == e.document.id and start < e.end and e.start < end for i, start, end in given)

    told = [e.judged for e in c.evidence if e.judged is not None and offered(e)]
    return not offered(best) and (best.judged or 0.0) - max(told, default=0.0) > AHEAD


NO_TOTAL = "已收录的文件没有规定各级一共给多少，也不能都相加，以下按级列出各自的标准："
PLACE = "您没有说明所在地区，以上按各地分别列出；请补充省、市、县（区）名称以便核对。"
ABOUT_CASE = 0.3
"""Least worth of an offer where the question names a case, whose words few offers hold."""
ONLY = "所引{}的规定只适用于当地，请对照所在地查看。"
NO_PLACE = "您没有说明企业所在地区：国家政策普遍适用，地方政策只适用于该地，以下按各地分别列出，请对照所在地查看。"


def elsewhere(c: Context, d: Document) -> bool:
    """Whether a document is of a county that is not the zone that is asked for, or of a zone when a county is (a zone has the code of its city)."""
    if d.level != "county" or not c.region or c.region.endswith("0000"):
        return False
    if d.region_code.endswith("00"):
        return not c.region.endswith("00")
    return c.region.endswith("00") and bool(ZONE.search(c.rewritten))


def _without_amendments(tools: Tools, found: Sequence[Offer]) -> list[Offer]:
    """Offers without those of documents that only change another offered one: their words stand behind what they change."""
    given = {o.book.document.id for o in found}
    changing = {r.document_id for r in tools.store.documents.relations_of(list(given)) if r.kind == RelationKind.amends and r.target_id in given and r.document_id != r.target_id}
    return [o for o in found if o.book.document.id not in changing]


_TAX = re.compile(r"加计扣除|税前扣除|减按|免征|所得税|增值税|摊销")
_GRANT_WORDS, _TAX_WORDS = re.compile(r"补助|补贴|奖|资助|配套|创新券|能补|补多少"), re.compile(r"税|优惠|政策|扣除")


def _is_tax(o: Offer) -> bool:
    """Whether an offer is a relief of tax (national texts alone give such)."""
    d = o.book.document
    return d.level == "national" and bool(_TAX.search(" ".join([d.title, *(s.text(d) for s in o.amounts), o.evidence.text])))


def _of_kind(c: Context, found: Sequence[Offer]) -> list[Offer]:
    """Offers of the kind that is asked for: who asks for 补助 alone is not told of taxes, unless there is nothing else."""
    if (c.asked.total or _GRANT_WORDS.search(c.rewritten)) and not _TAX_WORDS.search(c.rewritten):
        return [o for o in found if not _is_tax(o)] or list(found)
    return list(found)


def _of_thing(c: Context, found: Sequence[Offer]) -> list[Offer]:
    """Offers for the very thing that is asked for (创新券), where there are such: those whose title or granting words name it, and what shuts the place out."""
    if c.asked.stacking:
        return list(found)  # two things stack: neither is the one
    things = words().things(_GRANTED.sub("", c.rewritten))
    kept = [o for o in found if o.excluded or any(t in re.sub(_INVESTED + re.escape(t), "", f"{o.book.document.title}{''.join(s.text(o.book.document) for s in o.amounts)}") for t in things)]
    return kept if any(not o.excluded for o in kept) else list(found)


_INVESTED = r"(?:投资(?:于)?|投向|受让)[^，。；]{0,16}"
"""What is given to those who invest in a thing is not given to the thing."""
_GRANTED = re.compile(r"(?:研发|科研)(?:费用|投入)?|税收优惠|优惠|税收|减免税|政策|补助|补贴|奖励|资助")
"""What any support is called is no thing."""


def _without_shut(found: Sequence[Offer]) -> list[Offer]:
    """Offers without those of a body that shuts the place out by another of them: what it announces in general is not for that place either."""
    shut = {o.book.document.region_code for o in found if o.excluded}
    return [o for o in found if o.excluded or o.book.document.region_code not in shut]


def asked_case(c: Context) -> re.Pattern[str] | None:
    """The case of a support that a question names (迁入, 重新认定); None where it names none."""
    return next((pattern(f"cases.{name}") for name in table()["cases"] if pattern(f"cases.{name}").search(c.rewritten)), None)


def _of_case(c: Context, found: Sequence[Offer]) -> list[Offer]:
    """Offers with what their documents say of the case that the question names; all as they are where no document speaks of it."""
    if (case := asked_case(c)) is None:
        return list(found)
    word = next(case.finditer(c.rewritten))[0][-2:]

    def about(o: Offer) -> Offer:
        d = o.book.document
        own = {s.article for s in o.amounts if s.article}
        told = [s for s in o.book.statements if case.search(s.text(d)) and (s in o.amounts or ((s.article in own or _SETTLES.search(s.text(d))) and not s.items))]
        told = [s for s in told if word in s.text(d)] or told
        return replace(o, amounts=tuple(told[:3]))

    kept = [k for k in (o if o.excluded else about(o) for o in found) if k.excluded or k.amounts]
    return kept if any(not o.excluded for o in kept) else list(found)


_SETTLES = re.compile(r"视同|不属于|不予|不享受|给予|奖励|补助")
"""What says whether a case gets something."""
def _of_level(c: Context, found: Sequence[Offer]) -> list[Offer]:
    """Offers of the one level that the question names (省里给多少), unless it is how levels stack; all when it names none or several, or nothing is left."""
    said = level_said(c.rewritten)
    if not said or c.asked.stacking:
        return list(found)
    kept = [o for o in found if o.book.document.level == said]
    return list(found) if not kept or any(o.excluded for o in kept) else kept  # who is shut out there is told what there is instead


def _without_repeats(c: Context, found: Sequence[Offer]) -> list[Offer]:
    """Offers without those that only repeat the figures of a better one of the same place (a plan that announces the measure), or that give no
    figure, or are for bearers of a title that nobody asked about (新型研发机构), beside one of the same level that is not."""
    kept: list[Offer] = []
    for o in sorted(found, key=lambda o: (_of_bearers(c, o), -o.worth)):
        others = [k for k in kept if (k.book.document.level, k.book.document.region_code) == (o.book.document.level, o.book.document.region_code)]
        if o.excluded is None and others and (_of_bearers(c, o) or not o.amounts or any(_figures(o) <= _figures(k) for k in others)):
            continue
        kept.append(o)
    return [o for o in found if o in kept]


_BEARERS = re.compile(r"机构|孵化器|众创空间|中心|基地|实验室|人才|特派员")


def _of_bearers(c: Context, o: Offer) -> bool:
    """Whether a document is for bearers of a title that the question does not speak of."""
    titled = _BEARERS.findall(short_title(o.book.document.title))
    return bool(titled) and not any(word in c.rewritten for word in titled)


def _figures(o: Offer) -> frozenset[str]:
    text = " ".join(s.text(o.book.document) for s in o.amounts)
    found = {unit: frozenset(q.key for q in quantities(text) if q.unit == unit) for unit in ("money", "ratio")}
    return found["money"] or found["ratio"]


def _other_form(c: Context) -> bool:
    """Questions for one thing of one policy (who, how, when, conditions) are better answered from its clauses."""
    if meaning.thing(c.rewritten):
        return True  # what it is, not what it gives
    if re.search(r"税收|税前|加计扣除|所得税|增值税", c.rewritten) and not re.search(r"补助|补贴|奖励|资助|奖补|创新券|配套", c.rewritten):
        return True  # taxes are national: the clauses themselves answer
    if _HOW.search(c.rewritten) and not any(p.form == "amount" or p.units for p in c.asked.parts):
        return True
    if _KINDS.search(c.rewritten) and not c.asked.stacking and not any(p.form == "amount" for p in c.asked.parts):
        return True  # which services, costs, industries: a list of one policy
    if asked_case(c) is not None and any(p.form in ("may", "support", "amount", "general") for p in c.asked.parts):
        return False
    apart = ("who", "deadline", "period", "conditions", "validity", *(() if c.asked.stacking else ("may",)))
    return all(p.form in apart for p in c.asked.parts)


_HOW = re.compile(r"(?:怎么|如何|怎样)(?:使用|用)|(?:怎么|如何|怎样|分几[次年期])(?:拨付|发放|兑付|兑现|拨款|支付|到账)|要自己(?:申请|申报)|(?:需要|要不要|用不用|是否)(?:申请|申报)|谁(?:来)?(?:核定|审核|发|拨)|分(?:几|哪几)(?:档|类|级|等)|哪些(?:合同|项目|设备)")
"""How it is paid, whether one must apply, how it is graded: a clause of one policy."""
_KINDS = re.compile(r"(?:什么|哪些|哪几[种类个]|哪类)(?:样的|的)?(?:服务|费用|支出|行业|机构|范围|领域|活动|用途|部门|情形|情况|单位|企业|人员?|环节|指标)")
"""Kinds of things that are asked for, which are no support."""


def _part_asked(c: Context) -> bool:
    """Whether a part of one policy is asked for (conditions, materials, who does it, what is shut out): its clauses answer, unless the place is excluded."""
    return bool(slots_of(c.rewritten)) and not c.asked.stacking and not any(p.form == "amount" for p in c.asked.parts)


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
    changed = amendments(tools, c, offer)
    rewritten = {s.article for s in offer.amounts if s.article and any(re.search(rf"将{s.article}修改为", text) for text, *_ in changed)}
    for i, s in enumerate(s for s in offer.amounts if s.article not in rewritten):
        opening = f"{named(d)}{s.article or ''}：" if i == 0 else ""
        add(opening + _said(d, s, asked_case(c)), s.start, s.end, "lead" if i == 0 else "more")
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
    return c.asked.stacking or c.asked.total or any(p.form != "amount" for p in c.asked.parts)


def _apart(found: Sequence[Slot], said: Sequence[Statement]) -> list[Slot]:
    """Slots that what was said does not hold already, each place once."""
    seen: set[int] = set()
    kept = []
    for slot in found:
        if slot.start not in seen and not any(s.start <= slot.start < s.end for s in said):
            seen.add(slot.start)
            kept.append(slot)
    return kept


def _said(d: Document, s: Statement, case: re.Pattern[str] | None = None) -> str:
    """The words of a statement; of a table only the rows of a case that is asked about."""
    if s.kind == "table":
        lines = s.text(d).splitlines()
        ruled = 2 if len(lines) > 1 and re.fullmatch(r"[|\-:\s]+", lines[1]) else 1
        rows = [line for line in lines[ruled:] if case and case.search(line)]
        return "\n" + "\n".join([*lines[:ruled], *rows] if rows else lines)
    if not s.items:
        return condense(s.text(d))
    items = [re.sub(r"^\s*", "", d.text[a:b]) for a, b in s.items]
    return "\n".join([condense(s.lead(d)), *(re.sub(r"\s+", "", i) for i in items)])


def _of_asked(c: Context, o: Offer) -> bool:
    """Whether an offer is that of the place whose own support is asked for (鹭屿市对高企有什么扶持): it is told first."""
    own = bool(c.place_words) and re.search(rf"{re.escape(c.place_words)}(?:[省市县区]|高新区)?(?:政府)?(?:对|给|有(?:什么|哪些)|的[^，。？?]{{2,12}}(?:有什么|有哪些))", c.rewritten)
    return bool(own) and o.book.document.region_code == c.region


def _heading(o: Offer, kinds: bool) -> str:
    """The heading of an offer, with its kind where an answer gives both: 【税收优惠·国家层面】."""
    return heading_of(o.book.document, ("税收优惠·" if _is_tax(o) else "补助奖励·") if kinds else "")


def heading_of(d: Document, kind: str = "") -> str:
    """【市级·临洲市科学技术局】: the level of a document, and who gives in a city or county."""
    place = d.issuers[0] if d.issuers and d.level in ("city", "county") else ""
    return f"【{kind}{LEVELS.get(str(d.level), '其他')}{'·' + place if place else ''}】"


def stack_word(text: str) -> str:
    """可叠加, 不可叠加 or 衔接 by the words of a clause (both when it says both)."""
    yes, no = bool(cue("stack_yes").search(text)), bool(cue("stack_no").search(text))
    return "可叠加" if yes and not no else "不可叠加" if no and not yes else "政策衔接"


def _silent(found: Sequence[Offer]) -> list[str]:
    """Documents that do not say whether they stack."""
    return [f"能否与其他补助叠加，{named(o.book.document)}未规定。" for o in found if not o.stacking and o.excluded is None and o.book.document.level != "national"]


def not_held(c: Context, found: Sequence[Document]) -> list[str]:
    """Levels of the asked place of which none of the documents is."""
    if not c.region:
        return []
    held = {d.region_code for d in found}
    chain = (c.region[:2] + "0000", c.region[:4] + "00", c.region)
    wanted = [code for code in dict.fromkeys(chain) if code not in held and not any(inside(h, code) and h == code for h in held)]
    said = [name for code in wanted if not code.startswith("00") and (name := _own_name(code))]
    return [f"本库未收录{name}的相关规定（不等于没有规定）。" for name in said]


def _own_name(code: str) -> str:
    """The name of a place without its superior's."""
    return name_of(code).removeprefix(name_of(code[:4] + "00")) or name_of(code) if code else ""
