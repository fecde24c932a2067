"""Conditions of a policy as three-valued predicates (满足 / 不满足 / 缺信息) over the facts of an enterprise.

A condition is split into phrases; a phrase that no rule fits is 缺信息 with nothing asked: people must check it. Rules are data
(data/predicates.toml).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from corpus.text import parse_date
from rag.facts import Quantity, quantities


class State(StrEnum):
    """Three values, as they are shown."""

    met = "满足"
    unmet = "不满足"
    unknown = "缺信息"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state, the facts that would decide it (empty when only people can), and why."""

    state: State
    facts: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Applicant:
    """The facts of an enterprise; `here` tells whether the place that a condition means covers it; `on` is the date."""

    facts: Mapping[str, Any]
    here: Verdict
    on: str


@cache
def rules() -> dict[str, Any]:
    """data/predicates.toml."""
    return tomllib.loads(files("rag").joinpath("data/predicates.toml").read_text("utf-8"))


def fact_name(fact: str) -> str:
    """How a fact is called."""
    return str(rules()["facts"].get(fact, {}).get("name", fact))


def question(fact: str) -> str:
    """What is asked for a fact."""
    return str(rules()["facts"].get(fact, {}).get("ask", f"{fact}？"))


def every(found: Iterable[Verdict]) -> Verdict:
    """All must hold: one 不满足 decides; else the facts of all that is open."""
    verdicts = list(found)
    for state in (State.unmet, State.unknown):
        if some := [v for v in verdicts if v.state == state]:
            return _joined(state, some)
    return _joined(State.met, verdicts)


def some(found: Iterable[Verdict]) -> Verdict:
    """One must hold: one 满足 decides."""
    verdicts = list(found)
    for state in (State.met, State.unknown):
        if part := [v for v in verdicts if v.state == state]:
            return _joined(state, part)
    return _joined(State.unmet, verdicts)


def _joined(state: State, found: Sequence[Verdict]) -> Verdict:
    facts = tuple(dict.fromkeys(f for v in found for f in v.facts))
    return Verdict(state, facts, "；".join(dict.fromkeys(v.reason for v in found if v.reason)))


# ---- one condition -------------------------------------------------------------------------------------------------------


def judge(condition: str, who: Applicant) -> Verdict:
    """The verdict on one condition as printed."""
    text = re.sub(r"（[^（）]*）|\([^()]*\)", "", condition)
    if (growth := _growth(text, who)) is not None:
        rest = [p for p in _phrases(text) if not re.search(r"前一年度|下降|增长", p)]
        return every([growth, *(v for p in rest if (v := _phrase(p, who)) is not None)])
    found = [(p, _phrase(p, who)) for p in _phrases(text)]
    known = [v for _, v in found if v is not None]
    left = [p for p, v in found if v is None and len(p) >= 4]
    if not known or any(_binding(p) for p in left):
        return every([*known, Verdict(State.unknown, (), f"需人工核对：{'，'.join(left) or condition}")])
    return every(known)


def recognised(condition: str, who: Applicant) -> Verdict | None:
    """The verdict on those phrases of a sentence that rules fit; None when none does."""
    text = re.sub(r"（[^（）]*）|\([^()]*\)", "", condition)
    growth = _growth(text, who)
    known = [v for p in _phrases(text) if (v := _phrase(p, who)) is not None]
    known += [growth] if growth is not None else []
    return every(known) if known else None


def _phrases(text: str) -> list[str]:
    parts = [p.strip() for p in re.split(r"[，；。：\n]", text)]
    return [re.sub(r"^(?:且|并且?|以及|或者?)", "", p) for p in parts if p]


def _binding(phrase: str) -> bool:
    """Whether a phrase that no rule fits asks for something."""
    return bool(re.search(r"不低于|不少于|以上|具有|具备|应当|须|不得|取得|拥有|不存在|已|满|未|属于|没有|不", phrase))


def _phrase(phrase: str, who: Applicant) -> Verdict | None:
    """The verdict on a phrase: alternatives (或者, 、) one of which must hold, else all atoms."""
    if re.search(r"或", phrase) and not re.search(r"事故|失信|破产|加计扣除", phrase):
        parts = [v for p in re.split(r"或者|或|、", phrase) if (v := _atoms(p, who)) is not None]
        return some(parts) if parts else None
    return _atoms(phrase, who)


def _atoms(phrase: str, who: Applicant) -> Verdict | None:
    """All rules that fit, one a form; of several classes side by side (科技型中小企业、高新技术企业) one is enough, and a class inside a longer one is not taken twice."""
    taken: dict[str, Verdict] = {}
    if verdict := _classes(phrase, who):
        taken["class"] = verdict
    for rule in rules()["rule"]:
        key = str(rule["form"]) + (str(rule["fact"]) if rule["form"] in ("flag", "number") else "")
        if key not in taken and re.search(str(rule["pattern"]), phrase):
            verdict = _FORMS[str(rule["form"])](phrase, rule, who)
            if verdict is not None:
                taken[key] = verdict
    if "numberr_and_d_ratio" in taken and "%" in phrase:
        taken.pop("numberr_and_d_expense", None)
        taken.pop("numberrevenue", None)
    return every(taken.values()) if taken else None


def _classes(phrase: str, who: Applicant) -> Verdict | None:
    """The classes of enterprises that a phrase names: one must hold, all of them where it says so (同时, 既…又); None without any."""
    spans: list[tuple[int, int]] = []
    found: list[Verdict] = []
    for rule in rules()["rule"]:
        match = re.search(str(rule["pattern"]), phrase) if rule["form"] == "class" else None
        if match and not any(a < match.end() and match.start() < b for a, b in spans) and (verdict := _flag(phrase, rule, who)):
            spans.append(match.span())
            found.append(verdict)
    if not found:
        return None
    return every(found) if re.search(r"同时|既.*又|均为|都是", phrase) or not _beside(phrase, spans) else some(found)


def _beside(phrase: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether classes stand side by side, joined by 、和或."""
    placed = sorted(spans)
    return all(re.fullmatch(r"(?:的)?(?:企业)?\s*(?:[、，和及或与]|或者|以及).{0,10}", phrase[a[1] : b[0]]) for a, b in pairwise(placed))


def _flag(phrase: str, rule: Mapping[str, Any], who: Applicant) -> Verdict | None:
    """A fact that is yes or no; 公司 in the name tells a legal person."""
    fact = str(rule["fact"])
    value = who.facts.get(fact)
    if fact == "legal_person" and value is None and "公司" in str(who.facts.get("name", "")):
        return Verdict(State.met, (), "企业名称含“公司”")
    if fact == "r_and_d_reported" and re.search(r"行业|不适用", phrase):
        return None
    if value is None:
        return Verdict(State.unknown, (fact,), f"缺{fact_name(fact)}")
    return Verdict(State.met if value else State.unmet, (fact,), f"{fact_name(fact)}：{'是' if value else '否'}")


def _number(phrase: str, rule: Mapping[str, Any], who: Applicant) -> Verdict | None:
    """The quantity of the phrase compared with the fact."""
    unit, fact = str(rule["unit"]), str(rule["fact"])
    found = [q for q in quantities(phrase) if q.unit == unit]
    bound = next(((q, sign) for q in found if (sign := comparison(phrase, q))), None)
    if bound is None:
        return None
    value = _value(fact, who)
    if value is None:
        missing = tuple(f for f in ("r_and_d_expense", "revenue") if who.facts.get(f) is None) if fact == "r_and_d_ratio" else (fact,)
        return Verdict(State.unknown, missing, f"缺{fact_name(fact)}")
    q, sign = bound
    held = {">=": value >= q.value, ">": value > q.value, "<=": value <= q.value, "<": value < q.value}[sign]
    return Verdict(State.met if held else State.unmet, (fact,), f"{fact_name(fact)}为{_shown(value, unit)}，要求{_SIGNS[sign]}{_shown(q.value, unit)}")


_SIGNS = {">=": "不低于", ">": "高于", "<=": "不高于", "<": "低于"}


def comparison(phrase: str, q: Quantity) -> str:
    """The comparison that stands with a quantity: >=, >, <=, < or empty."""
    before, after = phrase[max(0, q.start - 6) : q.start], phrase[q.end : q.end + 4]
    words = rules()["compare"]
    if re.match(r"(?:及|或)?(?:以上|\+)", after):
        return ">="
    if re.match(r"(?:及|或)?(?:以下|以内)", after):
        return "<="
    for name, sign in (("at_most", "<="), ("at_least", ">="), ("less", "<"), ("more", ">")):
        if re.search(f"(?:{words[name]})[^\\d]{{0,2}}$", before):
            return sign
    return ""


def _value(fact: str, who: Applicant) -> Decimal | None:
    """The number of a fact: money in yuan, ratio in per cent."""
    if fact == "r_and_d_ratio":
        spent, earned = number(who.facts.get("r_and_d_expense")), number(who.facts.get("revenue"))
        return None if spent is None or not earned else spent * 100 / earned
    return number(who.facts.get(fact))


def number(value: Any) -> Decimal | None:
    """A number of a profile: 12000000, "1200万元", "1.2亿元"; None when it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return Decimal(str(value))
    found = next(iter(quantities(str(value))), None)
    return found.value if found else None


def _shown(value: Decimal, unit: str) -> str:
    if unit == "money":
        return f"{(value / 10_000).normalize():f}万元" if value < 100_000_000 else f"{(value / 100_000_000).normalize():f}亿元"
    return f"{round(value, 2).normalize():f}" + {"ratio": "%", "people": "人", "count": "件"}.get(unit, "")


def _growth(text: str, who: Applicant) -> Verdict | None:
    """比前一年度有增长; 较前一年度未下降，或者下降幅度不超过20%."""
    rise = re.search(r"(?:比|较)?前一年度增长\s*(\d+(?:\.\d+)?)%以上", text)
    if not (rise or re.search(r"前一年度(?:有(?:所)?增长|未下降)|前一年度[^。；]{0,12}下降幅度", text)) or "研发" not in text:
        return None
    before, now = number(who.facts.get("r_and_d_expense_before")), number(who.facts.get("r_and_d_expense"))
    if before is None or now is None:
        missing = tuple(f for f, v in (("r_and_d_expense", now), ("r_and_d_expense_before", before)) if v is None)
        return Verdict(State.unknown, missing, "缺" + "、".join(map(fact_name, missing)))
    drop = next((q.value for q in quantities(text) if q.unit == "ratio" and "下降" in text), None)
    held = now >= before * (100 + Decimal(rise[1])) / 100 if rise else now > before if drop is None else now >= before * (100 - drop) / 100
    return Verdict(State.met if held else State.unmet, ("r_and_d_expense", "r_and_d_expense_before"), f"研发费用由{_shown(before, 'money')}变为{_shown(now, 'money')}")


def _age(phrase: str, rule: Mapping[str, Any], who: Applicant) -> Verdict | None:
    span = next((q for q in quantities(phrase) if q.unit in ("month", "year", "day")), None)
    if span is None:
        return None
    founded = parse_date(str(who.facts.get("founded_on") or ""))
    if len(founded) < 10:
        return Verdict(State.unknown, ("founded_on",), f"缺{fact_name('founded_on')}")
    days = (date.fromisoformat(who.on) - date.fromisoformat(founded)).days
    needed = float(span.value) * {"month": 30.44, "year": 365.25, "day": 1}[span.unit]
    return Verdict(State.met if days >= needed else State.unmet, ("founded_on",), f"成立于{founded}")


def _industry(phrase: str, rule: Mapping[str, Any], who: Applicant) -> Verdict | None:
    """As a bar: the industry must not be among those that are excluded."""
    said, known = str(who.facts.get("industry") or ""), rules()["industry"]
    if any(word in said for word in known["excluded"]):
        return Verdict(State.unmet, ("industry",), f"所属行业为{said}")
    if said and any(word in said for word in known["clear"]):
        return Verdict(State.met, ("industry",), f"所属行业为{said}")
    return Verdict(State.unknown, ("industry",), f"缺{fact_name('industry')}" if not said else f"所属行业“{said}”需核对")


def _place(phrase: str, rule: Mapping[str, Any], who: Applicant) -> Verdict | None:
    return who.here if re.search(r"注册|登记|行政区域|规划范围", phrase) else None


_FORMS: dict[str, Callable[[str, Mapping[str, Any], Applicant], Verdict | None]] = {
    "class": _flag, "flag": _flag, "number": _number, "age": _age, "industry": _industry, "place": _place,
}  # fmt: skip
