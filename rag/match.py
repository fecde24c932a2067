"""惠企匹配: which policies fit an enterprise, by three-valued conditions each with its clause; ranked, with amount, delivery and deadline.

A policy that does not cover the place is left out, one that excludes it is shown with the words that do. Only facts that
decide are asked for. Nothing is kept: a profile belongs to its owner.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from corpus.access import Reader
from corpus.models import CURRENT, Document, Validity
from corpus.store import Store
from corpus.validity import validity
from rag.amended import amended, settled
from rag.calls import Call, calls, newest_of
from rag.conditions import BY_DEEDS, Condition, Measure, conditions, measures
from rag.places import covers, inside
from rag.predicates import Applicant, State, Verdict, every, question, some
from rag.quoting import Quoting
from rag.scope import here, region_of, scope_of
from rag.since import Since, since
from rag.slots import Slot, slots
from rag.statements import condense, sayable

_SUPPORT = re.compile(r"研发机构|中试|概念验证|孵化器|英才|补助|奖励|扶持|补贴|创新券|措施|资助|加计扣除|培育|支持|税收|奖补|后补助|兑现")
_NO_SUPPORT = re.compile(r"公民|举报|残疾人|居民|携带进境|学生|教师|见义勇为|烈士|抚恤|军人|废止|清理|延长|延期|修改|条例$|实施条例|计划单列")
FOOTER = "系统按条款逐条比对生成，供参考；能否享受以主管部门审核为准。"


@dataclass(frozen=True, slots=True)
class Checked:
    """One condition with its state, why, and the citation `n` of its clause."""

    state: State
    text: str
    place: str
    reason: str
    missing: tuple[str, ...]
    n: int


@dataclass(frozen=True, slots=True)
class Match:
    """One policy held against a profile. `benefit` keeps 最高, 不超过, 总额控制; `confirm` are bars that people must check."""

    state: State
    document_id: str
    title: str
    doc_number: str
    level: str | None
    region_code: str
    notice: str
    validity: Validity
    benefit: str
    conditions: tuple[Checked, ...]
    measures: tuple[Checked, ...]
    why_not: tuple[str, ...]
    missing: tuple[str, ...]
    confirm: tuple[str, ...]
    stacking: tuple[tuple[str, int], ...]
    delivery: tuple[str, ...]
    deadline: str
    deadline_notice: str
    call: Call | None
    amount: float
    open_facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Policies in order (满足, 缺信息, 不满足), the questions that decide (most policies first), citations by number."""

    as_of: str
    profile: str
    matches: tuple[Match, ...]
    ask: tuple[dict[str, Any], ...]
    citations: tuple[dict[str, Any], ...]
    footer: str = FOOTER


def match(profile: Mapping[str, Any], store: Store, reader: Reader, on: str) -> MatchResult:
    """Policies for the profile at a date; raises BadInput when the place is unknown."""
    facts = _facts(profile)
    region = region_of(facts)
    heads = [h for h in store.documents.heads(reader, kind="policy") if _SUPPORT.search(h.title) and not _NO_SUPPORT.search(h.title) and _reaches(h, region)]
    happened = store.documents.events_of(reader, [h.id for h in heads])
    standing = {h.id: validity(h, happened.get(h.id, ()), on) for h in heads}
    kept = [h.id for h in heads if standing[h.id].status in CURRENT]
    changed = {i: [x for x in since(d, store, reader, on) if x.kind == "changed"] for i, d in {h.id: h for h in heads if h.id in kept}.items() if any(e.stated_by not in (None, i) for e in happened.get(i, ()))}
    known, out = calls(store, reader, on, region=region), Quoting()
    found = [m for d in store.documents.texts(kept, reader) if (m := _match(d, facts, region, on, standing[d.id], known, out, changed.get(d.id, ())))]
    order = {State.met: 0, State.unknown: 1, State.unmet: 2}
    ranked = sorted(found, key=lambda m: (order[m.state], len(m.missing) if m.state == State.unknown else 0, -m.amount, m.document_id))
    return MatchResult(on, str(facts.get("name", "")), tuple(ranked), _ask(ranked, facts), out.records())


_KINDS = {"enterprise": "企业", "company": "企业", "institution": "机构", "incubator": "孵化器", "platform": "平台", "person": "人才"}


def _facts(profile: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a profile (a [profile] or [enterprise] table is opened) with what follows from them."""
    inner = next((profile[k] for k in ("profile", "enterprise", "facts") if isinstance(profile.get(k), Mapping)), profile)
    facts = {str(k): v for k, v in inner.items()}
    facts["kind"] = _KINDS.get(str(facts.get("kind", "")), str(facts.get("kind") or "企业"))
    if facts.get("high_tech_first"):
        for name, value in (("high_tech", True), ("high_tech_recent", True), ("high_tech_renewed", False)):
            facts.setdefault(name, value)
    if facts.get("high_tech") is False:
        for name in ("high_tech_first", "high_tech_recent", "high_tech_renewed"):
            facts.setdefault(name, False)
    return facts


def _reaches(d: Document, region: str) -> bool:
    return not region or covers(d.region_code, region) or inside(d.region_code, region)


def _match(d: Document, facts: Mapping[str, Any], region: str, on: str, judged: Validity, known: Sequence[Call], out: Quoting, changes: Sequence[Since]) -> Match | None:
    """One policy; None when it grants an enterprise nothing that code can read."""
    parts = sayable(d)
    found = slots(d, parts)
    who = Applicant(facts, here(d, facts, region), on)
    asked, grants = settled(conditions(d, found, who, str(facts["kind"])), changes), amended(measures(d, parts, who, on), changes, who, on)
    if not grants or (not asked and _for_others(found)):
        return None
    place = [scope_of(d, found, who, facts, region)]
    checked = [c for c in (*place, *asked) if c is not None]
    total = _judged(checked, grants)
    if total.state == State.met and _framework(d) and not any(not c.bar for c in asked):
        total = Verdict(State.unknown, (), _BY_HAND)
    open_grants = sorted([g for g in grants if g.verdict is None or g.verdict.state != State.unmet] or grants, key=lambda g: g.verdict is not None and g.verdict.state != State.met)
    opened = any(not c.bar for c in asked) or (all(g.verdict is not None for g in open_grants) and not _framework(d))
    call = newest_of(known, d)
    missing = tuple(f for f in total.facts if _open(f, facts)) if total.state == State.unknown else ()
    return Match(
        total.state, d.id, d.title, d.doc_number, d.level, d.region_code, d.notice, judged, _benefit(open_grants) + _total(found),
        tuple(_checked(c, d, judged, out, facts) for c in checked), _measures(grants, total, d, judged, out, facts), _why_not(total, checked), tuple(question(f) for f in missing) + _by_hand(total, checked) + ((_BY_HAND,) if total.state == State.unknown and not opened else ()) + _deeds(total, missing, checked, opened),
        tuple(condense(c.text) for c in checked if c.bar and not c.verdict.facts), _stacking(d, found, judged, out), d.delivery,
        call.words(on) if call else "", call.notice(on) if call else "本年度通知未收录", call, float(max((g.money for g in open_grants), default=Decimal(0))), missing,
    )  # fmt: skip


def _for_others(found: Sequence[Slot]) -> bool:
    """Whether all that a text asks is asked of others than the applicant."""
    return any(s.kind == "condition" for s in found)


_BY_HAND = "条文未逐项列出申报条件，请按原文及其配套细则核对适用对象"


def _framework(d: Document) -> bool:
    """Whether a text sets out measures whose conditions stand in detailed rules (若干措施, 意见 above the county)."""
    return d.level in ("national", "province") and bool(re.search(r"若干(?:政策)?(?:措施|意见)|的?意见$|行动方案|规划", d.title))


def _judged(checked: Sequence[Condition], grants: Sequence[Measure]) -> Verdict:
    """All conditions hold and one grant at least is for the enterprise; bars that only people can check do not decide."""
    binding = [c.verdict for c in checked if not (c.bar and not c.verdict.facts)]
    listed = any(not c.bar and c.slot.kind != "exclusion" for c in checked)
    if not (listed and any(g.verdict is None for g in grants)):
        binding.append(some(g.verdict or Verdict(State.unknown, (), _BY_HAND) for g in grants))
    return every(binding)


def _benefit(grants: Sequence[Measure]) -> str:
    """The grants in order, each heading once."""
    said: list[str] = []
    last = ""
    for g in grants:
        words = f"{g.heading}：{g.words}" if g.heading and g.heading != last else g.words
        last = g.heading
        if g.words not in said and words not in said:
            said.append(words)
    return "；".join(said)


def _total(found: Sequence[Slot]) -> str:
    return "（总额控制）" if any(s.kind == "total" and re.search(r"总额控制|折算|停止", s.text) for s in found) else ""


def _checked(c: Condition, d: Document, judged: Validity, out: Quoting, facts: Mapping[str, Any]) -> Checked:
    missing = tuple(question(f) for f in c.verdict.facts if c.verdict.state == State.unknown and _open(f, facts))
    words = f"不予支持的情形：{condense(c.text)}" if c.bar else condense(c.text)
    return Checked(c.verdict.state, words, c.slot.place, c.verdict.reason, missing, out.mark(d, c.slot.start, c.slot.end, judged))


def _measures(grants: Sequence[Measure], total: Verdict, d: Document, judged: Validity, out: Quoting, facts: Mapping[str, Any]) -> tuple[Checked, ...]:
    """Each grant with its clause and whether it is for the enterprise."""
    made = []
    for g in grants:
        verdict = g.verdict or Verdict(State.unknown if total.state != State.met else State.met)
        missing = tuple(question(f) for f in verdict.facts if verdict.state == State.unknown and _open(f, facts))
        place = f"{g.source.doc_number}{g.slot.place}" if g.source else g.slot.place
        made.append(Checked(verdict.state, g.words, place, verdict.reason, missing, out.mark(g.source or d, g.slot.start, g.slot.end, judged)))
    return tuple(made)


def _open(fact: str, facts: Mapping[str, Any]) -> bool:
    return facts.get(fact) is None


def _why_not(total: Verdict, checked: Sequence[Condition]) -> tuple[str, ...]:
    if total.state != State.unmet:
        return ()
    told = [f"{c.slot.place}：{c.verdict.reason}（原文：{condense(c.text)}）" for c in checked if c.verdict.state == State.unmet]
    return tuple(dict.fromkeys(told)) or (total.reason,)


def _by_hand(total: Verdict, checked: Sequence[Condition]) -> tuple[str, ...]:
    """Conditions that no rule reads: to be checked by people."""
    if total.state != State.unknown:
        return ()
    return tuple(f"请核对{c.slot.place}：{condense(c.text)}" for c in checked if not c.bar and c.verdict.state == State.unknown and "需人工核对" in c.verdict.reason)


def _deeds(total: Verdict, missing: Sequence[str], checked: Sequence[Condition], opened: bool) -> tuple[str, ...]:
    """What is open where nothing else is asked: whether the enterprise did what the text rewards."""
    asked = missing or not opened or _by_hand(total, checked)
    return (BY_DEEDS,) if total.state == State.unknown and not asked and BY_DEEDS in total.reason else ()


def _stacking(d: Document, found: Sequence[Slot], judged: Validity, out: Quoting) -> tuple[tuple[str, int], ...]:
    """Whether it stacks, in the text's own words."""
    said = [s for s in found if s.kind == "stacking" and not s.text.lstrip().startswith("|")]
    return tuple((condense(s.text), out.mark(d, s.start, s.end, judged)) for s in said[:3])


def _ask(found: Sequence[Match], facts: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Facts that decide an open policy, those that decide most first."""
    counted: dict[str, list[str]] = {}
    for m in found:
        for fact in m.open_facts if m.state == State.unknown else ():
            counted.setdefault(fact, []).append(m.title)
    return tuple({"fact": fact, "question": question(fact), "policies": titles} for fact, titles in sorted(counted.items(), key=lambda x: -len(x[1])))
