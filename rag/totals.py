"""What several levels give together (省市一共能拿多少): a sum only of fixed amounts of one case, and only where clauses say that they stack.

What depends on figures of the asker is not added; then the clause that caps the whole is told, if there is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag.facts import quantities
from rag.grants import Grant, grants
from rag.offers import LEVELS, ZONE, Offer, clauses
from rag.places import covers
from rag.records import Context
from rag.slot import Slot, cue
from rag.source import named
from rag.statements import condense
from rag.tools import Book

_CASES = (re.compile(r"重新认定|期满|复审|复核"), re.compile(r"迁入|搬"), re.compile(r"首次|(?<!重)新认定|第一次"))
"""Cases that a policy tells apart; who names none means the first recognition."""
_VARIES = re.compile(r"最高|不超过|上限|以内|每[人年月项家台]|\d\s*[%％]|百分之|比例|倍|[A-Z]类")


@dataclass(frozen=True, slots=True)
class Total:
    """The words of a total, what they rest on, and what our own sum adds to it."""

    text: str
    spans: tuple[tuple[Book, int, int], ...]
    derived: str


def total(c: Context, found: Sequence[Offer]) -> Total | None:
    """The total of the levels that cover the asked place; None where nothing can be said of it."""
    own = [o for o in found if o.excluded is None and c.region and o.book.document.level != "national" and covers(o.book.document.region_code, c.region) and not _zone_of(c, o)]
    if len({o.book.document.level for o in own}) < 2:
        return None
    return _sum(c, own) or _cap(own)


def _zone_of(c: Context, o: Offer) -> bool:
    """Whether a document is of a zone of the asked city (a zone has the city's code), and not the zone is asked for."""
    return o.book.document.level == "county" and c.region.endswith("00") and not ZONE.search(c.rewritten)


def _sum(c: Context, own: Sequence[Offer]) -> Total | None:
    case = next((p for p in _CASES if p.search(c.rewritten)), _CASES[-1])
    rows: list[tuple[Offer, Grant, Decimal]] = []
    for level in LEVELS:
        of_level = [(o, g, m) for o in own if o.book.document.level == level and (x := _fixed(o, case)) is not None for g, m in [x]]
        if len(of_level) != 1:
            if any(o.book.document.level == level for o in own):
                return None
            continue
        rows += of_level
    stacked = [(o, s) for o, _, _ in rows if (s := _stacks(o)) is not None]
    needed = {"province", "city"} | ({"county"} if ZONE.search(c.rewritten) else set())  # a sum that leaves out the level that is asked for would mislead
    if not needed <= {str(o.book.document.level) for o, _, _ in rows} or len(stacked) < len(rows) - 1:
        return None
    whole = sum((m for _, _, m in rows), Decimal(0))
    parts = "＋".join(f"{LEVELS[str(o.book.document.level)]}{_wan(m)}" for o, _, m in rows)
    articles = "、".join(f"{named(o.book.document)}{_article(o.book, s)}" for o, s in stacked)
    text = f"合计{_wan(whole)}：{parts}（均按{_case(case)}计）。可以相加的依据：{articles}写明可叠加。"
    spans = (*((o.book, g.slot.start, g.slot.end) for o, g, _ in rows), *((o.book, s.start, s.end) for o, s in stacked))
    return Total(text, spans, f"合计{_wan(whole)} 均按{_case(case)}计 可以相加的依据 {parts} {articles} 写明可叠加")


def _case(case: re.Pattern[str]) -> str:
    return case.pattern.split("|")[0]


def _fixed(o: Offer, case: re.Pattern[str]) -> tuple[Grant, Decimal] | None:
    """The one fixed amount of a document for a case; None when it gives none or several, or one that depends on figures."""
    d = o.book.document
    found = [(g, m) for g in grants(d, o.amounts) if case.search(f"{g.subject}{g.slot.text if g.slot.tabular else ''}") and (m := _money(g)) is not None]
    values = {m for _, m in found}
    return found[0] if len(values) == 1 else None


def _money(g: Grant) -> Decimal | None:
    values = [q.value for q in quantities(g.standard) if q.unit == "money"]
    return values[0] if len(values) == 1 and not _VARIES.search(f"{g.standard}，{g.cap}") and "另加" not in g.standard else None


def _stacks(o: Offer) -> Slot | None:
    """The clause of a document that says that its support stacks with another level's."""
    said = (s for s in (*o.stacking, *clauses("stacking", o.book.slots)) if cue("stack_yes").search(s.text) and re.search(r"省|市|县|区|各级|上级", s.text))
    return next(said, None)


def _cap(own: Sequence[Offer]) -> Total | None:
    """The clause that says what all levels together may give at most."""
    for o in reversed(own):
        slot = next((s for s in o.stacking if _CAPPED.search(s.text)), None)
        if slot is not None:
            text = f"各级标准按企业自己的数据计算，不能给出一个合计数；合计受限：{named(o.book.document)}{_article(o.book, slot)}：{condense(slot.text)}"
            return Total(text, ((o.book, slot.start, slot.end),), f"各级标准按企业自己的数据计算 不能给出一个合计数 合计受限 {named(o.book.document)}")
    return None


_CAPPED = re.compile(r"(?:各级|省、市)[^。；]{0,16}(?:总额|合计|总和)?[^。；]{0,6}不得?超过")


def _article(book: Book, slot: Slot) -> str:
    return next((s.article or "" for s in book.statements if s.start <= slot.start < s.end), "")


def _wan(money: Decimal) -> str:
    return f"{(money / 10000).normalize():f}万元"
