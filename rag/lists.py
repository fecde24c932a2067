"""Conditions, bars, materials and steps of a procedure: lists by their lead or heading, and single sentences that ask, bar or order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.models import Document
from rag.amounts import FORMS
from rag.slot import Slot, cue, make, own_heading, sentences
from rag.statements import Statement, condense

_AFTERMATH = re.compile(r"弄虚作假|骗取|虚假|虚报|虚列|滥用职权|工作人员|追回|退回|退还|责令|依法追究")
"""What is said of breaches is no condition."""
_NOT_FOR = re.compile(r"^不适用的?(?:行业|情形|企业)|^不(?:予|享受)(?:支持|补助|奖励)的?(?:行业|情形|范围)")
"""A heading under which stands what is left out."""
_PUNISHES = re.compile(r"警告|罚款|处分|责令|吊销|没收|刑事责任|批评教育|行政处罚")
"""A list of what is punished bars nobody from support."""
_DUTIES = re.compile(r"监督|管理职责|职责分工|组织保障|保障措施|法律责任|纪律|绩效|罚则|工作要求|注意事项")
LEAST, LONGEST = 6, 400
"""Characters of a single sentence that is taken."""


def _lead(document: Document, s: Statement) -> str:
    return condense(s.lead(document)) if s.items else ""


def _group(kind: str, document: Document, s: Statement, label: str) -> Iterator[Slot]:
    """Each item of a list (or the statement itself) as a slot with the words that lead it."""
    for a, b in s.items or ((s.start, s.end),):
        yield make(kind, document, a, b, s, label=label[:80])


def _kind_of(document: Document, s: Statement) -> str:
    """The kind of a list by its own lead; empty when the lead says none."""
    lead = _lead(document, s)
    for kind, name in (("negative", "negative_lead"), ("material", "material_lead"), ("condition", "condition_lead"), ("object", "object_list")):
        if lead and cue(name).search(lead) and not (kind == "negative" and _PUNISHES.search(lead)):
            return kind
    return "procedure" if lead and cue("procedure_lead").search(lead) else ""


def _kind_of_heading(s: Statement) -> str:
    """The kind of what stands under a heading that speaks of one thing only."""
    heading = own_heading(s)
    if heading and _NOT_FOR.search(heading):
        return "negative"
    for kind, name in (("condition", "condition_heading"), ("material", "material_heading"), ("procedure", "procedure_heading")):
        if heading and cue(name).search(heading):
            return kind
    return ""


def lists(document: Document, s: Statement) -> Iterator[Slot]:
    """Lists and what stands under a heading of conditions, materials or procedure."""
    own = _kind_of(document, s)
    if own and own != "object":
        yield from _group(own, document, s, _lead(document, s))
        return
    if s.kind == "table" or own:
        return
    kind = _kind_of_heading(s)
    text = s.text(document)
    if kind == "condition" and not _AFTERMATH.search(text):
        yield from _group("negative" if _bars(condense(text)) and not s.items else kind, document, s, _lead(document, s))
    elif kind in ("material", "negative"):
        yield from _group(kind, document, s, _lead(document, s))
    elif kind == "procedure" and not s.items and not cue("condition_lead").search(text) and not _single_condition(condense(text)) and not _bars(condense(text)):
        yield make(kind, document, s.start, s.end, s)
    elif kind == "procedure" and s.items:
        yield from _group(kind, document, s, _lead(document, s))


def single(document: Document, s: Statement) -> Iterator[Slot]:
    """Sentences that ask, bar or order by themselves, where no list or heading says it."""
    if s.kind == "table" or FORMS.search(s.heading) or _kind_of_heading(s) in ("condition", "material"):
        return
    if not _kind_of(document, s) and _kind_of_heading(s) != "procedure":
        yield from _procedure(document, s)
    listed = bool(_kind_of(document, s))
    for a, b in sentences(document, s):
        text = condense(document.text[a:b])
        if not LEAST <= len(text) <= LONGEST or text.endswith("：") or (listed and a < s.lead_end) or _AFTERMATH.search(text):
            continue
        if not listed and (_single_condition(text) or (cue("condition_lead").search(text) and "：" in text)) and not _DUTIES.search(own_heading(s)):
            yield make("condition", document, a, b, s)
        elif _bars(text) and not (listed and _kind_of(document, s) == "negative"):
            yield make("negative", document, a, b, s)
        elif not listed and cue("material_sentence").search(text) and not re.search(r"不再要求|不得要求|不需", text):
            yield make("material", document, a, b, s)


def _procedure(document: Document, s: Statement) -> Iterator[Slot]:
    """The paragraph that says how it is done, or those of its sentences that do where it also asks, bars or orders."""

    def tells(a: int, b: int) -> bool:
        text = condense(document.text[a:b])
        mixed = cue("material_sentence").search(text) or _single_condition(text) or _bars(text) or _AFTERMATH.search(text)
        return bool(cue("procedure_sentence").search(text)) and not mixed and len(text) <= LONGEST

    whole = (s.start, s.end)
    for a, b in [whole] if tells(*whole) else [x for x in sentences(document, s) if tells(*x)]:
        yield make("procedure", document, a, b, s)


def _single_condition(text: str) -> bool:
    return bool(cue("condition_sentence").search(text))


def _bars(text: str) -> bool:
    """Whether a sentence shuts somebody out of the support (not: out of it twice)."""
    return bool(cue("negative_sentence").search(text)) and not re.search(r"叠加|重复(?:享受|补助|奖励|支持|申报)|就高|同类(?:补助|奖励)|同一[^，。；]{1,12}(?:已|获得|享受|符合)|任何单位|收取|奖励\d|给予\d|不服的|复审|复议", text)
