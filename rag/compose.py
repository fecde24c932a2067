"""The extractive composer: chooses and orders the spans that answer, condenses by rule, and names the source in the sentence.

The direct answer comes first; conditions and exceptions of the same article stay with it; lists stay whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from corpus.models import Document
from corpus.text import sentences as sentence_spans
from rag import meaning, stacking
from rag.asked import Part, slots_of
from rag.bearing import leans_back
from rag.cite import cite
from rag.fit import Need, bag, need_of
from rag.lead import lead_word
from rag.rates import STALE_RATE, cut, stale
from rag.records import PARTIAL, Citation, Context, Evidence, Sentence
from rag.slot import cue, own_heading
from rag.source import place_of, source_of
from rag.statements import Statement, condense, items_of, siblings
from rag.tools import Tools
from rag.weigh import constants, values_of

_LIMITS = re.compile(r"除外|但是|但[^书]|不适用|不予|不得超过|最高|不超过|上限|总额|有下列情形之一|不享受|不再|另有规定|仅限|不含|前款|前两款|不重复|就高")
_LIMIT_START = re.compile(r"^(?:但|除|不过|前款|前两款|有前款|违反前款|情节|法律、行政法规)")


@dataclass(frozen=True, slots=True)
class Group:
    """What an answer takes of one article (or one heading): the statement that answers, then what limits it. `first`: it leads its part; `head`: where the
    heading stands that leads them as a list (二、须同时满足的条件), -1 for none."""

    document: Document
    evidence: Evidence
    statements: tuple[Statement, ...]
    part: int
    first: bool = True
    head: int = -1


class Extractive:
    """Always available; needs no model."""

    name = "extractive"

    def compose(self, tools: Tools, c: Context) -> Context:
        """Sentences and citations from the evidence, in the order of what is asked."""
        needs = [need_of(p.about, tools.retriever, c.reader) for p in c.asked.parts]
        groups = group(tools, c, choose(c, needs), needs)
        sentences: list[Sentence] = []
        citations: list[Citation] = []
        headed = False
        for g in sorted(groups, key=lambda g: not g.first):
            for i, (text, spans, block) in enumerate(say(g, c, needs)):
                cited = [cite(len(citations) + n, g.document, start, end, g.evidence.validity) for n, (start, end) in enumerate(spans, 1)]
                citations += cited
                heading = RELATED if not g.first and not headed and i == 0 else ""
                headed = headed or bool(heading)
                sentences.append(Sentence(text, tuple(x.n for x in cited), block if g.first else "related", heading))
        used = tuple(g.evidence for g in groups)
        if stacking.asks(c):
            c = replace(c, said=stacking.UNSAID, status=PARTIAL)
        return replace(c, sentences=tuple(sentences), citations=tuple(citations), used=used, composer=self.name)


RELATED = "相关规定："
EXCERPT = "（摘录与所问有关的项）"
"""Stands behind the lead of a list of which not every item is given (no count of ours: a number must stand in the quotation)."""


# ---- choosing ------------------------------------------------------------------------------------------------------------


def choose(c: Context, needs: Sequence[Need]) -> list[tuple[int, Evidence]]:
    """(part, evidence) of the articles to give: the best of each part, then those close to it or with what it lacks."""
    k = constants()["pick"]
    named = [e for e in c.evidence if e.role == "named"]
    if named:
        return [(0, e) for e in _one_an_article(named)][:2]
    picked: list[tuple[int, Evidence]] = []
    several = len(c.asked.parts) > 1
    for part, need in enumerate(needs):
        ranked = sorted(c.evidence, key=lambda e: -e.worths[part])
        picked += [(part, e) for e in _of_part(ranked, part, need, k["most_part"] if several else k["most"], _whole(c, part))]
    return picked


def _one_an_article(found: Sequence[Evidence]) -> list[Evidence]:
    first: dict[tuple[str, str], Evidence] = {}
    for e in found:
        first.setdefault((e.document.id, str(e.clause.get("article"))), e)
    return list(first.values())


def _of_part(ranked: Sequence[Evidence], part: int, need: Need, most: int, wholly: bool) -> list[Evidence]:
    k = constants()["pick"]
    chosen: list[Evidence] = []
    held: frozenset[str] = frozenset()
    for e in ranked[:20]:
        if any(_same_article(e, other) for other in chosen) or any(_same_words(e, other) for other in chosen):
            continue
        body = bag(e.text)
        if not chosen:
            chosen, held = [e], body
            continue
        gain, behind = need.held(held | body) - need.held(held), chosen[0].worths[part] - e.worths[part]
        if chosen[0].slot >= k["slot"] and e.slot < k["slots"] * chosen[0].slot:
            continue
        whole = wholly and chosen[0].slot >= k["slot"] and e.document.id == chosen[0].document.id  # the asked part of one document, which may stand in several places of it
        if whole and any(_of_other(e, x, need) for x in chosen):
            continue
        if _same_section(e, chosen[0]) and behind > k["beside"] and not whole:
            continue
        if whole or behind <= k["close"] or (gain >= k["gain"] and behind <= k["lacking"]):
            chosen.append(e)
            held |= body
        if len(chosen) >= most:
            break
    return _in_order(chosen, part)


def _whole(c: Context, part: int) -> bool:
    """Whether all that one document says of the asked part belongs to the answer (its conditions, when it pays, what a thing is)."""
    return any(w.whole for w in slots_of(c.asked.parts[part].text)) or bool(meaning.thing(c.rewritten))


def _of_other(e: Evidence, chosen: Evidence, need: Need) -> bool:
    """Whether a list of the same document is of another thing: its own lead (申请认定中试基地，应当具备下列条件) holds much less of what is asked."""
    if e.statement is None or chosen.statement is None or not (e.statement.items and chosen.statement.items) or leans_back(e.text) or leans_back(chosen.text):
        return False
    return need.held(bag(e.statement.lead(e.document))) < OTHER * need.held(bag(chosen.statement.lead(chosen.document)))


OTHER = 0.7
"""Share of what the lead of the chosen list holds of the question."""


def _in_order(chosen: list[Evidence], part: int) -> list[Evidence]:
    """The picks of a part; where the first only makes sense behind another one of its document (符合前述第（一）至（四）项条件), that one leads."""
    if not chosen or not leans_back(chosen[0].text):
        return chosen
    ahead = [e for e in chosen[1:] if e.document.id == chosen[0].document.id and e.slot >= constants()["pick"]["slot"] and e.start < chosen[0].start]
    return [*sorted(ahead, key=lambda e: e.start), *(e for e in chosen if e not in ahead)]


def _same_article(a: Evidence, b: Evidence) -> bool:
    return a.document.id == b.document.id and (a.clause.get("article") or a.start) == (b.clause.get("article") or b.start)


def _same_section(a: Evidence, b: Evidence) -> bool:
    """Of one document without articles: what is near there is near because the whole document is about the question."""
    return a.document.id == b.document.id and not a.clause.get("article")


def _same_words(a: Evidence, b: Evidence) -> bool:
    """Near-repeats (the same rule in another text) are said once."""
    x, y = bag(a.text), bag(b.text)
    return len(x & y) >= 0.9 * min(len(x), len(y)) if x and y else False


def group(tools: Tools, c: Context, picked: Sequence[tuple[int, Evidence]], needs: Sequence[Need]) -> list[Group]:
    """Picks of one article together: the first of each part with what limits it, the others as they are."""
    made: dict[tuple[str, str], Group] = {}
    led: dict[int, str] = {}
    given: set[tuple[str, int]] = set()
    books, old = tools.books.get((e.document.id for _, e in picked), c.reader), stale(tools, c)
    weighed = frozenset((e.document.id, e.start) for e in c.evidence)
    for part, e in picked:
        if e.statement is None:
            continue
        key = (e.document.id, str(e.clause.get("article") or e.statement.path[:-1] or e.statement.heading))
        first = part not in led or e.role == "named" or (e.slot >= constants()["pick"]["slot"] and e.document.id == led[part])
        led.setdefault(part, e.document.id)
        if key in made:
            fresh = () if (e.document.id, e.statement.start) in given else (e.statement,)
            made[key] = replace(made[key], first=made[key].first or first, statements=(*made[key].statements, *fresh))
            given.update((e.document.id, s.start) for s in fresh)
            continue
        kin = siblings(books[e.document.id].statements, e.statement)
        e = _nearest_kin(e, [s for s in kin if (e.document.id, s.start) not in weighed], needs[part])
        section = () if e.role == "named" else _section(e, kin, c.asked.parts[part], needs[part])
        kept = tuple(kin) if e.role == "named" else section or _with_limits(e, kin, c, part, first)
        kept = tuple(s for s in _with_table(_standing(kept, kin, e.document), kin, e.document) if (e.document.id, s.start) not in given and not old(e.document, s.text(e.document)))
        if not kept:
            continue
        given.update((e.document.id, s.start) for s in kept)
        made[key] = Group(e.document, e, kept, part, first, _head(e.document, kept) if section else -1)
    return list(made.values())


def _standing(kept: Sequence[Statement], kin: Sequence[Statement], document: Document) -> Sequence[Statement]:
    """What is given of an article, the paragraph before it first where the one that would lead only makes sense behind it (前款…, 本条所称…)."""
    lead = next(iter(kept), None)
    if lead is None or not lead.article or lead not in kin or kin.index(lead) == 0 or not leans_back(lead.text(document)):
        return kept
    whole = {s.start: s for s in (kin[kin.index(lead) - 1], *kept)}
    return tuple(whole[start] for start in sorted(whole))


def _section(e: Evidence, kin: Sequence[Statement], part: Part, need: Need) -> tuple[Statement, ...]:
    """All numbered paragraphs under a heading that says what is asked (申报条件, 资助方式): in notices a list has its heading for a lead."""
    assert e.statement is not None
    if e.statement.article or part.form not in _LISTED or len(kin) < 2 or sum(s.end - s.start for s in kin) > 3 * constants()["pick"]["long"]:
        return ()
    asks, head = _LISTED[part.form], e.statement.heading
    asked = e.slot >= constants()["pick"]["slot"] and cue("condition_heading").search(own_heading(e.statement))
    if not asked and not (re.search(asks, head) and re.search(asks, part.text)) and need.held(bag(head)) < 0.35:
        return ()
    return tuple(s for s in kin if s.kind == "table" or not s.text(e.document).rstrip().endswith(("：", ":")) or s is e.statement)


_LISTED = {
    "conditions": "条件|材料|程序|流程|要求|对象|范围|资格", "which": "方式|范围|对象|内容|类型|方向|任务|措施|条件|材料", "support": "标准|方式|措施|内容|支持|对象",
    "general": "条件|材料|程序|流程|标准|方式|要求",
}  # fmt: skip
"""What a heading says when the paragraphs under it answer a form of question together."""


def _with_table(kept: Sequence[Statement], kin: Sequence[Statement], document: Document) -> tuple[Statement, ...]:
    """A lead (标准如下：) with the table that follows it, and a table with its lead."""
    found: dict[int, Statement] = {}
    for s in kept:
        at = kin.index(s) if s in kin else -1
        before, after = (kin[at - 1] if at > 0 else None), (kin[at + 1] if 0 <= at < len(kin) - 1 else None)
        if s.kind == "table" and before is not None and before.text(document).rstrip().endswith(("：", ":")):
            found.setdefault(before.start, before)
        found.setdefault(s.start, s)
        if s.kind != "table" and after is not None and after.kind == "table" and s.text(document).rstrip().endswith(("：", ":")):
            found.setdefault(after.start, after)
    return tuple(found.values())


BETTER = 1.25
"""A paragraph of the same article that holds so many times more of what is asked takes the place of the one that was found."""


def _nearest_kin(e: Evidence, kin: Sequence[Statement], need: Need) -> Evidence:
    """The evidence moved to the paragraph of its article that answers, of those that were not weighed beside it."""
    if e.role or e.statement is None or not e.statement.article or e.statement.kind == "table" or e.slot >= constants()["pick"]["slot"]:
        return e
    held = {s: need.held(bag(s.text(e.document))) for s in kin if s.kind != "table"}
    best = max(held, key=lambda s: held[s], default=e.statement)
    if held.get(best, 0.0) < BETTER * need.held(bag(e.text)):
        return e
    return replace(e, statement=best, start=best.start, end=best.end)


def _with_limits(e: Evidence, kin: Sequence[Statement], c: Context, part: int, first: bool = True) -> tuple[Statement, ...]:
    """The statement that answers, then what limits it in its article and other statements of the article that fit as well
    (of a long article that does not lead only the statement)."""
    assert e.statement is not None
    if not first and sum(s.end - s.start for s in kin) > constants()["pick"]["long"]:
        return (e.statement,)
    units = c.asked.parts[part].units
    answers = bool(units and units & values_of(e.text))  # it holds the very value that is asked for
    if not answers and e.statement.article and sum(s.end - s.start for s in kin) <= constants()["pick"]["short"]:
        return tuple(kin)
    worth = {o.start: o.worths[part] for o in c.evidence if o.document.id == e.document.id}
    near = constants()["pick"]["near"] if e.slot < constants()["pick"]["slot"] else math.inf  # the asked part itself: nothing of its article is as near
    also = len(c.asked.parts) > 1  # another case of the same rule may be what the next part asks
    rest = tuple(s for s in kin if s != e.statement and (_limits(s, e, kin) or worth.get(s.start, 0.0) >= near * e.worths[part] or (also and units & values_of(s.text(e.document)))))
    return (e.statement, *rest)


def _limits(s: Statement, e: Evidence, kin: Sequence[Statement]) -> bool:
    """A statement right after that limits the chosen one (前款…, 但…, 最高…)."""
    assert e.statement is not None
    text = condense(s.text(e.document))
    return kin.index(s) - kin.index(e.statement) == 1 and e.statement.article is not None and bool(_LIMIT_START.match(text) or (len(text) <= 160 and _LIMITS.search(text)))


# ---- saying --------------------------------------------------------------------------------------------------------------


Spans = tuple[tuple[int, int], ...]


def say(g: Group, c: Context, needs: Sequence[Need]) -> Iterator[tuple[str, Spans, str]]:
    """(text, spans, block) of the sentences of a group; the first names its source."""
    headed = g.head >= 0
    opening = replace(g.statements[0], path=g.statements[0].path[:-1]) if headed else g.statements[0]
    source = source_of(g.document, place_of(g.document, opening), c) + (f"{own_heading(opening)}：\n" if headed else "")
    first = True
    for statement in g.statements:
        mark = _number(statement.text(g.document)) if headed else ""
        for text, spans in _pieces(g, statement, needs[g.part], c.asked.parts[g.part]):
            word = lead_word(c.asked.parts[g.part].text, text) if first and g.first else ""
            spans = ((g.head, spans[0][1]), *spans[1:]) if first and headed else spans
            yield (f"{word}{source}{mark}{text}" if first else f"{mark}{text}"), spans, "lead" if first else "more"
            first = False


def _head(document: Document, found: Sequence[Statement]) -> int:
    """Where the heading begins that numbered paragraphs stand right under, all of them and in order; -1 where they have a lead of their own or are none."""
    plain = all(not s.article and not s.items and s.kind != "table" and _number(s.text(document)) for s in found)
    if not plain or len(found) < 2 or not (head := found[0].heading.split(" ")[-1]):
        return -1
    start = document.text.rfind(head, 0, found[0].start)
    return start if start >= 0 and not document.text[start + len(head) : found[0].start].strip() else -1


def _pieces(g: Group, s: Statement, need: Need, part: Part) -> Iterator[tuple[str, Spans]]:
    whole = g.first and (part.form in ("which", "conditions", "support", "general") or g.evidence.role == "named")
    document, long = g.document, constants()["pick"]["long" if g.first else "aside"]
    if g.evidence.role == STALE_RATE:
        end = cut(document.text, s.start, s.end)
        if end > s.start:
            yield condense(document.text[s.start : end]).rstrip("，；") + "……", ((s.start, end),)
    elif s.kind == "table":
        yield _table(document, s, need, entire=g.evidence.slot > 0 or (g.first and part.form in ("which", "conditions"))), ((s.start, s.end),)
    elif s.items:
        yield _list(document, s, need, whole or part.form == "conditions", entire=g.evidence.slot > 0 or _valued(document, s, part))
    elif s.end - s.start <= long:
        yield condense(s.text(document)), ((s.start, s.end),)
    else:
        yield from _cut(document, s, need, part)


def _valued(document: Document, s: Statement, part: Part) -> bool:
    """Whether most items of a list hold a value of the wanted kind: then the list is a schedule (每年检验1次 for each kind of vehicle), and each of its items may be the one."""
    held = sum(bool(part.units & values_of(document.text[a:b])) for a, b in s.items) if part.units else 0
    return held > len(s.items) / 2


def _list(document: Document, s: Statement, need: Need, whole: bool, entire: bool) -> tuple[str, Spans]:
    """A lead with its items on lines of their own; of a long list, when not the whole is asked for, the lead and the items that matter, each with its
    own span. `entire`: it is itself what is asked for (the conditions, the materials), and no item is left out, however long it is."""
    lead, items = condense(s.lead(document)), list(items_of(document, s))
    lines = [f"{_number(document.text[a:b])}{item}" for (a, b), item in zip(s.items, items, strict=True)]
    k = constants()["pick"]
    if not entire and len(lines) > k["items"] and (not whole or sum(map(len, lines)) > 3 * k["long"]):
        worth = [need.held(bag(line)) for line in lines]
        kept = [i for i, w in enumerate(worth) if w >= 0.7 * max(worth) and w >= k["item"]]
        if kept and len(kept) < len(lines):
            return "\n".join([f"{lead.rstrip('：:')}{EXCERPT}：", *(lines[i] for i in kept)]), ((s.start, s.lead_end), *(s.items[i] for i in kept))
    return "\n".join([lead, *lines]), ((s.start, s.end),)


def _number(item: str) -> str:
    match = re.match(r"\s*([（(][一二三四五六七八九十\d]+[）)]|\d{1,2}[.．、]|[一二三四五六七八九十]+、)", item)
    return match[1] if match else ""


_ROWS = 30


def _table(document: Document, s: Statement, need: Need, *, entire: bool) -> str:
    """A table with its header and the rows that matter (all rows of a short one, and of one of up to thirty that is itself what is asked for)."""
    rows = [line.strip() for line in s.text(document).splitlines() if line.strip()]
    head, body = rows[:2], rows[2:]
    if len(body) > 8 and not (entire and len(body) <= _ROWS):
        worth = [need.held(bag(r)) for r in body]
        body = [r for r, w in zip(body, worth, strict=True) if w >= 0.5 * max(worth) and w > 0] or body[:8]
    return "\n" + "\n".join(head + body)


def _cut(document: Document, s: Statement, need: Need, part: Part) -> Iterator[tuple[str, Spans]]:
    """Runs of the sentences that matter in a long paragraph, each run with its own span."""
    text = s.text(document)
    spans = sentence_spans(text)
    worth = [need.held(bag(text[a:b])) for a, b in spans]
    best = max(worth, default=0.0)
    keep = [(w >= 0.6 * best and w > 0) or bool(part.units and part.units & values_of(text[a:b])) for w, (a, b) in zip(worth, spans, strict=True)]
    for i, (a, b) in enumerate(spans):
        if i and keep[i - 1] and _LIMIT_START.match(text[a:b].strip()):
            keep[i] = True
    run: list[int] = []
    for i, kept in enumerate([*keep, False]):
        if kept:
            run.append(i)
        elif run:
            a, b = spans[run[0]][0], spans[run[-1]][1]
            yield condense(text[a:b]), ((s.start + a, s.start + b),)
            run = []
