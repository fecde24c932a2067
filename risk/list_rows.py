"""A row of the 技术风险清单 in the exact columns of the method (section 6), from a record of the register or of a signed list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from risk.constants import constants, day, iso
from risk.risks import LEVEL_NAMES, bucket_of, phrase

COLUMNS = (
    ("n", "序号", 1.3), ("name", "风险名称", 4.0), ("field", "领域/环节", 2.8), ("statement", "风险描述（因—事—果）", 7.6), ("type", "类型", 4.0),
    ("importance", "重要度（区间）", 3.3), ("urgency", "紧急度（区间）", 3.3), ("level", "等级", 2.0), ("moved", "较上期", 1.9), ("province", "我省影响面", 4.0),
    ("grounds", "主要依据", 7.4), ("agreement", "专家一致性", 4.4), ("measures", "建议措施及依据", 7.4), ("lead", "建议牵头单位", 2.9), ("check_by", "核查时限", 4.0),
)  # fmt: skip
"""Key, heading and relative width of each column, in order."""
LEVEL_TINTS = {"red": "#f4b6b2", "orange": "#f9d3ab", "yellow": "#f6e8a6", "blue": "#c3d9f1"}
NOT_VALIDATED = "未经专家验证"
PENDING = "待定"
NO_MEASURE = "待专家组补充"
NAME, STATEMENT = 20, 80
"""Longest 风险名称 and 风险描述, in characters."""


def row(r: Mapping[str, Any], *, as_of: str, check_days: Mapping[str, int], titles: Mapping[str, str], expert: Mapping[str, Any] | None = None) -> dict[str, str]:
    """All columns but 序号 as words. `titles` names the documents that may be shown; `expert` carries what a panel found (see `risk.decisions`)."""
    level = str((expert or {}).get("level") or r["level"])
    axes = {a: (expert or r)[a] for a in ("importance", "urgency")}
    return {
        "name": name_words(r),
        "field": "/".join(p for p in (r["field"], str(r.get("technology_stage") or "")) if p) or PENDING,
        "statement": clip(str(r["statement"]), STATEMENT),
        "type": ("—".join(p for p in (*list(r.get("type_path") or ())[:2],) if p) or PENDING) + _also(r),
        "importance": span(axes["importance"]),
        "urgency": span(axes["urgency"]),
        "level": level_words(level),
        "moved": str((expert or {}).get("moved") or moved_words(r.get("moved") or {})),
        "province": province_words(r, expert),
        "grounds": grounds_words(r, titles),
        "agreement": str((expert or {}).get("agreement") or NOT_VALIDATED),
        "measures": measure_words(r, expert),
        "lead": str(r.get("lead") or PENDING),
        "check_by": str(r.get("due_on") or iso(day(as_of) + int(check_days[level]))),
    }


def clip(words: str, most: int) -> str:
    """At most `most` characters, an ellipsis included."""
    return words if len(words) <= most else words[: most - 1] + "…"


_EVENT = re.compile(r"因[^，,]+[，,](.+?)[，,](?:可能|将|会|或).+", re.DOTALL)


def name_words(r: Mapping[str, Any]) -> str:
    """风险名称: the title of a record; without one the event of its statement (因…，事，可能…); at most NAME characters."""
    statement = str(r["statement"])
    event = _EVENT.fullmatch(statement)
    return clip(str(r.get("title") or (event[1] if event else statement)), NAME)


UNKNOWN = "无从判断（依据无日期）"
UNDATED = "日期不明"


def span(axis: Mapping[str, Any]) -> str:
    """0.81（0.61—0.92）, or that nothing can be said of it."""
    if axis.get("unknown"):
        return UNKNOWN
    return f"{axis['mean']:.2f}（{axis['low']:.2f}—{axis['high']:.2f}）"


def date_words(s: Mapping[str, Any]) -> str:
    """The date of a signal in a record, or 日期不明."""
    return str(s.get("date") or "")[:10] or UNDATED


def until_words(fresh: Mapping[str, Any], as_of: str) -> str:
    """That the dated evidence of a list ends long before its date (see `register.freshness`); empty where it does not."""
    if not fresh["stale"]:
        return ""
    if not (until := fresh["evidence_until"]):
        return "现有依据均无日期，紧急度无从判断。"
    return f"有日期的依据止于{until}，其后至{as_of}无新证据{f'；当时的态势见截至{until}的清单' if fresh['last_list'] else ''}。"


def level_words(level: str) -> str:
    """重大(红) …, always our internal grade."""
    return LEVEL_NAMES.get(level, level)


def _also(r: Mapping[str, Any]) -> str:
    also = "、".join(r.get("associated_types") or ())
    return f"（关联：{also}）" if also else ""


def moved_words(moved: Mapping[str, Any]) -> str:
    """新增 | ↑n | ↓n | -"""
    change, places = moved.get("change", ""), int(moved.get("places") or 0)
    if change == "new":
        return "新增"
    return f"↑{places}" if change == "up" else f"↓{places}" if change == "down" else "-"


def province_words(r: Mapping[str, Any], expert: Mapping[str, Any] | None) -> str:
    """How far the province is concerned: its relevance as a percentile, the experts' mean, the places named."""
    share = (r["importance"].get("percentiles") or {}).get("province")
    parts = [f"省域关联度{'高' if share >= 0.67 else '中' if share >= 0.34 else '低'}（分位{share:.2f}）" if share is not None else "省域关联度未评（数据缺口）"]
    if expert and expert.get("province_impact"):
        parts.append(f"专家评{expert['province_impact']:.1f}/5")
    if places := "、".join((r.get("regions") or ())[:4]):
        parts.append(f"涉及{places}")
    return "；".join(parts)


def grounds_words(r: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """At least two independent sources by title, or 单一来源. Reposts are one witness, and so are sentences of one text."""
    told: set[str] = set()
    shown: list[str] = []
    for s in r.get("signals", ()):
        names = {s["story_id"], s["document_id"]}
        if s["supports"] and s["document_id"] in titles and not names & told:
            told |= names
            shown.append(f"《{clip(titles[s['document_id']], 22)}》{date_words(s)}")
    if not shown:
        return "专家补充提名" if not r.get("signals") else "依据不在阅读权限内"
    n = len(shown) if len(r["signals"]) >= int(r.get("signal_count") or 0) else max(len(shown), int(r.get("stories") or 0))
    return f"{'；'.join(shown[:2])}{f'等{n}个独立来源' if n > 2 else ''}" if n >= 2 else f"单一来源：{shown[0]}"


def measure_words(r: Mapping[str, Any], expert: Mapping[str, Any] | None, *, most: int = 2) -> str:
    """Measures with the clause that each rests on, or 未找到依据; what experts advised comes first."""
    advised = [f"专家建议：{clip(m, 60)}" for m in (expert or {}).get("advice", ())[:1]]
    return "；".join([*advised, *(f"{m}（{basis or '未找到依据'}）" for m, basis in measures(r)[: most - len(advised)])]) or NO_MEASURE


def measures(r: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(measure, basis in words) of a record; the phrases of its type where the register has none yet."""
    found = [_measure(m) for m in r.get("counter_measures") or ()]
    if not found and "|" in str(r.get("key", "")):
        found = [(str(m), "") for m in phrase(bucket_of(r))["measures"]]
    return [m for m in found if m[0]]


def _measure(m: Any) -> tuple[str, str]:
    if not isinstance(m, Mapping):
        return str(m), ""
    words = str(m.get("text") or m.get("measure") or m.get("words") or "")
    basis = m.get("basis") or m.get("clause") or m.get("citation")
    return words, basis_words(basis)


def basis_words(basis: Any) -> str:
    """《…》文号第…条 of a basis record, words as they are."""
    if not isinstance(basis, Mapping):
        return "" if not basis or basis == "未找到依据" else str(basis)
    clause = basis.get("clause")
    place = str(clause.get("label") or "".join(clause.get("path", ())[-1:])) if isinstance(clause, Mapping) else str(clause or basis.get("label") or "")
    number = f"（{basis['doc_number']}）" if basis.get("doc_number") else ""
    return f"《{clip(str(basis['title']), 30)}》{number}{place}" if basis.get("title") else ""


def grade(importance: Any, urgency: Any) -> str:
    """The level of two beliefs (independent Betas): the highest whose P(I > θI and U > θU) reaches the probability of the constants."""
    from scipy.stats import beta

    rules = constants()["levels"]
    for level in ("red", "orange", "yellow"):
        above = [float(beta.sf(rules[level][n], b.alpha, b.beta)) for n, b in (("importance", importance), ("urgency", urgency))]
        if above[0] * above[1] >= rules["probability"]:
            return level
    return "blue"


def table_rows(rows: Sequence[Mapping[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Rows of words in order of the columns, numbered from 1."""
    return tuple(tuple(str(n) if key == "n" else r[key] for key, _, _ in COLUMNS) for n, r in enumerate(rows, 1))
