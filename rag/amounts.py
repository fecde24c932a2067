"""Sums and ratios of support as phrases, each with its limits; thresholds, shares, checks and forms are told apart from what is granted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.models import Document
from rag.facts import Quantity, quantities
from rag.slot import Slot, cue, limits_of, make, phrases, sentences, without_mark
from rag.statements import Statement, condense

FORMS = re.compile(r"示例|样表|填报说明|申请表|核定表|汇总表|指标表|名单|分配表|一览表（空）")
_BASE_AFTER = re.compile(
    r"^(?:（含[^（）]*）|\(含[^()]*\)|（含）)?(?:(?:以上|以下|以内)(?:（含[^（）]*）)?(?:至|到|的|股份|，|$)|至|到|的(?:部分|企业|单位|机构|项目|高新|，|$)|股份)|^[^，。]{0,4}的部分"
)
GRANTS = re.compile(r"给予|补助|奖励|资助|补贴|最高|不超过|上限|一次性|配套|支持|抵扣|贴息|扣除|摊销|减按|税率|免征|券面|总额|额度|A类|B类|C类|D类|E类|另加|返还|补偿|下浮|降至|降低|提高到")
NOT_GRANTED = re.compile(r"抽查|退回|追回|核查|追缴|下降幅度|负债率|占比不|罚款|持有|股份(?!或者?出资比例中?提取|中?提取)")
_ELIGIBLE = re.compile(r"(?:收入|销售额|产值|负债率|研发费用|研发投入|投资额|登记额|职工|人数|下降幅度|资产总额)[^，。；]{0,10}(?:不超过|不高于|不低于|不少于|低于|达到|超过)")
_VALUES = ("money", "ratio", "times")


def amounts(document: Document, s: Statement) -> Iterator[Slot]:
    """Phrases with money or a ratio in sentences about support; `threshold` where the value only says who or what is meant."""
    if FORMS.search(s.heading):
        return
    about = f"{document.title} {s.heading}"
    lead = s.lead(document)
    for a, b in sentences(document, s):
        sentence = document.text[a:b]
        if not (cue("support").search(sentence) or cue("support").search(lead) or (s.kind == "table" and cue("support").search(about))):
            continue
        for start, end in _valued_phrases(document, a, b):
            phrase = document.text[start:end]
            for q in quantities(phrase):
                if q.unit in _VALUES:
                    kind = "threshold" if is_base(phrase, q.end) or not_grant(phrase, q) else "amount" if q.unit == "money" else "ratio"
                    yield make(kind, document, start, end, s, value=q.key, limits=limits_of(phrase), label=_subject(document, s, start))


def is_base(phrase: str, end: int) -> bool:
    """Whether a value is a threshold or a base (500万元以上, 500万元至2000万元的部分), not what is granted."""
    if re.search(r"（含[^（）]*$", phrase[:end]):
        return True
    return bool(_BASE_AFTER.match(phrase[end:])) and not GRANTS.search(phrase[max(0, end - 14) : end])


def not_grant(phrase: str, q: Quantity) -> bool:
    """Whether a value bounds whom the support is for (营业收入不超过4亿元), not the support."""
    return any(m.start() <= q.start <= m.end() + 6 for m in _ELIGIBLE.finditer(phrase)) and not re.search(r"(?:给予|补助|奖励|补贴|资助)[^，。；]{0,4}$|提取[^，。；]{0,6}$", phrase[: q.start])


def _valued_phrases(document: Document, a: int, b: int) -> Iterator[tuple[int, int]]:
    """Phrases of a sentence that hold a value; one that begins with 最高, 不超过 … is taken with the phrase before it."""
    if document.text[a:b].lstrip().startswith("|"):
        yield a, b
        return
    found = phrases(document.text[a:b], a)
    for i, (start, end) in enumerate(found):
        text = document.text[start:end]
        follows = document.text[found[i + 1][0] : found[i + 1][1]] if i + 1 < len(found) else ""
        if text.rstrip("，, ").endswith("的部分") and GRANTS.search(follows):
            continue
        if not any(q.unit in _VALUES for q in quantities(text)):
            continue
        first = i
        while first > 0 and _CONTINUES.match(document.text[found[first][0] : found[first][1]]) and end - found[first - 1][0] <= 90:
            first -= 1
        yield found[first][0], without_mark(document.text, end)


_CONTINUES = re.compile(r"\s*(?:最高|不超过|但|并|且|给予|按|累计|上限|一次性|每|补助|奖励|分别)")


def _subject(document: Document, s: Statement, start: int) -> str:
    """What an amount is for: the item's own opening words, else the heading, else the lead."""
    item = next((document.text[a:b] for a, b in s.items if a <= start < b), "")
    opening = re.split(r"[，。：；]", condense(item))[0] if item else ""
    lead = "" if s.kind == "table" else re.split(r"[。；]", condense(s.lead(document)))[0][:60]
    return opening if 2 <= len(opening) <= 40 and not re.search(r"\d", opening) else s.heading or lead


def total(document: Document, s: Statement) -> Iterator[Slot]:
    """总额控制 and what it means: the paragraph, or the sentence of a long one."""
    if s.kind == "table" or FORMS.search(s.heading):
        return
    for a, b in [(s.start, s.end)] if not s.items and s.end - s.start <= 160 else sentences(document, s):
        if cue("total").search(document.text[a:b]) and cue("support").search(document.text[a:b] + s.heading + document.title):
            yield make("total", document, a, b, s, label="总额控制")
