"""What a policy asks of an enterprise and what it grants: conditions and measures with their verdicts and spans."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from corpus.models import Document
from corpus.text import parse_date
from rag.facts import quantities
from rag.grants import Grant, grants
from rag.predicates import Applicant, State, Verdict, comparison, every, judge, recognised, rules, some
from rag.slot import Slot
from rag.statements import Statement, condense


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as printed with its slot; `bar` when it excludes (有下列情形之一的，不予…)."""

    text: str
    slot: Slot
    verdict: Verdict
    bar: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """A grant: its words with limits, its largest sum in yuan, and the verdict on whom it is for (None when its sentence says nothing)."""

    heading: str
    words: str
    money: Decimal
    verdict: Verdict | None
    slot: Slot
    source: Document | None = None
    """The document that its words stand in, where that is another one (which changed the article)."""


def conditions(d: Document, found: Sequence[Slot], who: Applicant, kind: str) -> list[Condition]:
    """Conditions that speak of the applicant's kind, and bars; a list of alternatives (条件之一) is one condition."""
    groups: dict[str, list[Slot]] = {}
    for s in found:
        if s.kind in ("condition", "negative") and not s.text.lstrip().startswith("|") and not re.search(r"：$", s.text):
            groups.setdefault(f"{s.kind} {s.label or s.place}", []).append(s)
    made: list[Condition] = []
    for group in groups.values():
        lead = group[0].label
        if applicant_of(lead or group[0].text, d.title) != kind:
            continue
        if group[0].kind == "negative":
            made += [Condition(s.text, s, _bar(s.text, who), True) for s in group]
        elif re.search(r"之一|(?:下列|以下)(?:企业|单位|机构|人员|主体)", lead):
            made.append(Condition("；".join([condense(lead).rstrip("：:"), *(condense(s.text).rstrip("；;。") for s in group)]), group[0], some(judge(s.text, who) for s in group), False))
        else:
            made += [Condition(s.text, s, judge(s.text, who), False) for s in group]
    return made + _objects(d, found, who, made, kind)


def _objects(d: Document, found: Sequence[Slot], who: Applicant, made: Sequence[Condition], kind: str) -> list[Condition]:
    """Without a list of conditions: the sentence that says whom the text is for (奖励对象为…的企业)."""
    if any(not c.bar for c in made):
        return []
    for s in found:
        if s.kind in ("object", "exclusion") and "不再区分" not in s.text and re.search(r"(?:对象[为是]|适用于|所称企业，是指)[^。]*(?:企业)", s.text) and applicant_of(s.text, d.title) == kind:
            verdict = recognised(s.text, who)
            return [Condition(s.text, s, verdict, False)] if verdict else []
    return []


def applicant_of(lead: str, title: str) -> str:
    """Whom a group of conditions speaks of: 企业, 机构, 孵化器, 平台, 人才."""
    for text in (lead, title):
        for kind, words in rules()["applicant"].items():
            if re.search(str(words), text) and not (kind != "企业" and re.search(r"的企业|企业(?:应当|须|，)", text)):
                return str(kind)
    return "企业"


def _bar(text: str, who: Applicant) -> Verdict:
    """A bar holds off when the fact that speaks against it does: not stopped, not moved, not of an excluded industry."""
    verdict = recognised(text, who)
    usable = verdict is not None and set(verdict.facts) <= {"good_standing", "stays", "industry"}
    return verdict if usable and verdict is not None else Verdict(State.unknown, (), "需人工核对")


def measures(d: Document, parts: Sequence[Statement], who: Applicant, on: str) -> list[Measure]:
    """What is granted at a date, by grants with their limits; what is for others than the applicant's kind, and what was for a time that is over, left out."""
    made = []
    for g in grants(d, parts):
        sentence = d.text[_sentence_start(d.text, parts, g.slot) : _sentence_end(d.text, g.slot)]
        said = f"{g.subject} {g.slot.text}"
        if _over(sentence, on) or (who.facts.get("kind", "企业") == "企业" and "企业" not in f"{said} {sentence}" and _OTHERS.search(said)):
            continue
        words = "，".join(p for p in (g.standard, g.cap) if p)
        money = max((q.value for q in quantities(words) if q.unit == "money" and comparison(words, q) != ">="), default=Decimal(0))
        made.append(Measure(g.subject, words, money, _trigger(d, g, who), g.slot))
    return made


_OTHERS = re.compile(r"管理单位|单个单位|机构|特派员|博士|人才|每人|个人|项目|平台|高校|院校|孵化器|中心|基地")
_RANGE = re.compile(r"(\d{4}年\d{1,2}月\d{1,2}日)期间")
_WHO = re.compile(r"高新技术企业|科技型中小企业|规模以上|研发费用|营业收入|产值|首次(?:通过)?认定|重新认定|迁入|入库")
_DOES = re.compile(
    r"租用|购买|委托|使用[^，。]{0,12}券|投保|贷款|引进|选派|设立|取得[^，。]{0,24}证书|审定|新认定|入选|突破|承担|牵头|建设|购置|参与|吸纳|促成|收购|监测|保种|聘用|签订|迁入|技术合同|仪器|示范|挂牌|上市|备案|中心|实验室|孵化器|基地|平台|技术交易|仪器共享"
)
BY_DEEDS = "是否发生所列事项需核对"


def _over(sentence: str, on: str) -> bool:
    """Whether a grant was for a time that is over (在2018年1月1日至2020年12月31日期间)."""
    match = _RANGE.search(sentence)
    return bool(match) and parse_date(match[1] if match else "") < on


def _sentence_end(text: str, s: Slot) -> int:
    ends = [i for i in (text.find(mark, s.start) for mark in "。\n") if i >= 0]
    return max(s.end, min(ends, default=s.end))


def _trigger(d: Document, g: Grant, who: Applicant) -> Verdict | None:
    """Whom the grant is for, by its subject: by rules where they fit, and open where it rewards a deed that no profile tells; None when it is for all."""
    text = g.subject.replace("|", "，") if g.slot.tabular else f"{g.subject}，{condense(g.slot.text)}"
    subject = re.sub(r"（[^（）]*）", "", g.subject)
    if "高新技术企业" in d.title and "高新技术企业" not in text:
        text = re.sub(r"首次(?:通过)?认定", "首次通过认定高新技术企业", text)
    verdict = recognised(text, who) if _WHO.search(text) else None
    if _DOES.search(subject) and (verdict is None or verdict.state != State.unmet):
        return every([*([verdict] if verdict else []), Verdict(State.unknown, (), BY_DEEDS)])
    return verdict


def _sentence_start(text: str, parts: Sequence[Statement], s: Slot) -> int:
    if s.tabular:
        return s.start
    inside = next((p for p in parts if p.start <= s.start < p.end), None)
    floor = next((a for a, b in inside.items if a <= s.start < b), inside.start) if inside else 0
    return max(floor, max(text.rfind(mark, 0, s.start) for mark in "。；\n") + 1)
