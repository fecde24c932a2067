"""Signals of project histories: overdue, low final rating, no closing record (weak), concentration on one team, calls issued again.

Outcome fields (rating, closing date) count only from their own date: a signal's `known_from` is that date. The quote is a
line of the project's stored text, so that it resolves like any other.
"""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from risk.constants import day, iso
from risk.signals import Record, Signal
from risk.taxonomy import Taxonomy

BUCKET = "项目履约风险"
THING = "科研项目"
LOW = re.compile("差|不合格|未通过|较差|撤销|终止|中止")
MIDDLING = re.compile("^中$|一般|合格$")
GRACE_DAYS = 365
USUAL_YEARS = 6
CROWDED = 0.25
ENOUGH = 20
USUAL_RECORD = 0.5
"""A missing record says something only where at least this share of the projects of the same source, due in the same year, has one."""


def project_signals(rows: Iterable[tuple[Record, Mapping[str, Any]]], taxonomy: Taxonomy) -> Iterator[Signal]:
    """Signals of single projects and of teams that hold too many; each counts from its `known_from` on."""
    held: list[tuple[Record, str, str]] = []
    rows = list(rows)
    cohorts = Cohorts(rows)
    for record, extra in rows:
        thing = _thing(record, taxonomy)
        if thing is None:
            continue
        yield from single(record, extra, thing, taxonomy, cohorts)
        if team := str(extra.get("team") or ""):
            held.append((record, thing, team))
    yield from _concentration(held, taxonomy)


def _thing(record: Record, taxonomy: Taxonomy) -> str | None:
    found = taxonomy.things_in(record.title or record.text.split("\n", 1)[0])
    return found[0].name if found else None


def _due(extra: Mapping[str, Any]) -> str:
    """The day after which a record of the outcome is overdue; empty when no date is known."""
    ends, started = str(extra.get("ends_on") or ""), str(extra.get("started_on") or "")
    return _later(ends, GRACE_DAYS) if ends else _later(started, USUAL_YEARS * 365) if started else ""


def _rated(extra: Mapping[str, Any]) -> bool:
    rating = str(extra.get("rating") or "")
    return bool(rating) and "评估" not in rating and rating != "0"


def _recorded_on(extra: Mapping[str, Any]) -> str:
    """Since when an outcome is on record; empty without one. A rating without a closing date counts from the planned end."""
    if closed := str(extra.get("closed_on") or ""):
        return closed
    return _later(str(extra.get("ends_on") or extra.get("started_on")), 1) if _rated(extra) and (extra.get("ends_on") or extra.get("started_on")) else ""


class Cohorts:
    """Of each source and year of falling due: how many projects were known, and how many of them had an outcome on record, by a date."""

    def __init__(self, rows: Iterable[tuple[Record, Mapping[str, Any]]]) -> None:
        self._known: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._recorded: dict[tuple[str, str], list[str]] = defaultdict(list)
        for record, extra in rows:
            if due := _due(extra):
                insort(self._known[record.source, due[:4]], record.seen)
                if on := _recorded_on(extra):
                    insort(self._recorded[record.source, due[:4]], max(record.seen, on))

    def share(self, source: str, due: str, by: str) -> float:
        """Share with a record among the projects of the cohort first seen by a date; 1 when there is none."""
        known = bisect_right(self._known[source, due[:4]], by)
        return bisect_right(self._recorded[source, due[:4]], by) / known if known else 1.0


def single(record: Record, extra: Mapping[str, Any], thing: str, taxonomy: Taxonomy, cohorts: Cohorts | None = None) -> Iterator[Signal]:
    """What one project's fields say, from when on. Where a source keeps few outcomes (see `USUAL_RECORD`), a missing one says nothing."""
    ends, rating, closed = (str(extra.get(n) or "") for n in ("ends_on", "rating", "closed_on"))
    rated = _rated(extra)
    if rated and ends and LOW.search(rating):
        yield _signal(record, thing, taxonomy, "结题评价较低", 3, _later(ends, 1), f"结构化字段：总评为“{rating}”")
    elif rated and ends and MIDDLING.search(rating):
        yield _signal(record, thing, taxonomy, "结题评价一般", 2, _later(ends, 1), f"弱信号：结构化字段总评为“{rating}”")
    due = _due(extra)
    if due and not closed and not rated and "无需" not in rating and (cohorts is None or cohorts.share(record.source, due, max(record.seen, due)) >= USUAL_RECORD):
        weak = "弱信号：计划结束一年后库内仍无结题或评价记录" if ends else f"弱信号：立项超过{USUAL_YEARS}年库内无结项记录"
        yield _signal(record, thing, taxonomy, "逾期无结题记录", 2, due, weak)


def _later(date: str, days: int) -> str:
    return iso(day(date) + days)


def _signal(record: Record, thing: str, taxonomy: Taxonomy, cue: str, severity: int, known_from: str, weak: str) -> Signal:
    start, end = _line(record.text, "计划结束时间") or _line(record.text, "开始时间") or (0, len(record.text.split("\n", 1)[0]))
    return Signal(
        document_id=record.id, start=start, end=end, quote=record.text[start:end], kind="project", source=record.source, date=known_from, seen=max(record.seen, known_from),
        security=record.security, polarity="asserts", confidence=0.5, cue=cue, thing=thing, field=taxonomy.field_of(thing), type="技术成熟度", bucket=BUCKET,
        severity={"hazard": severity}, stage="研发", weak=weak, known_from=known_from,
    )  # fmt: skip


def _line(text: str, label: str) -> tuple[int, int] | None:
    at = text.find(label + "：")
    if at < 0:
        return None
    end = text.find("\n", at)
    return at, len(text) if end < 0 else end


def _concentration(held: Sequence[tuple[Record, str, str]], taxonomy: Taxonomy) -> Iterator[Signal]:
    """One signal when a team first holds a quarter or more of an object's projects (of at least 20), in order of first sight."""
    total: dict[str, int] = defaultdict(int)
    mine: dict[tuple[str, str], int] = defaultdict(int)
    told: set[tuple[str, str]] = set()
    for record, thing, team in sorted(held, key=lambda h: (h[0].seen, h[0].id)):
        total[thing] += 1
        mine[thing, team] += 1
        if total[thing] >= ENOUGH and mine[thing, team] / total[thing] >= CROWDED and (thing, team) not in told:
            told.add((thing, team))
            at = record.text.find(team)
            start, end = (at, at + len(team)) if at >= 0 else (0, len(record.text.split("\n", 1)[0]))
            share = f"弱信号：{thing}相关项目{total[thing]}项中{mine[thing, team]}项由同一单位承担"
            yield replace(_signal(record, thing, taxonomy, "承担单位集中", 2, record.seen, share), start=start, end=end, quote=record.text[start:end])


_YEAR = re.compile(r"(?:19|20)\d{2}\s*年?度?|第[一二三四五六七八九十\d]+(?:批|次|轮|期)|[（(][^（）()]{0,8}[）)]")


def reissued(rows: Iterable[tuple[Record, Mapping[str, Any]]], taxonomy: Taxonomy) -> Iterator[Signal]:
    """Calls that were issued again within a year under the same name: the earlier one found no taker, perhaps (weak)."""
    known: dict[str, Record] = {}
    for record, _ in sorted(rows, key=lambda r: (r[0].seen, r[0].id)):
        name = _YEAR.sub("", record.title)
        before = known.get(name)
        thing = _thing(record, taxonomy)
        if before and thing and re.search("重新|再次|补充|二次|延期|延长", record.title) and 0 < day(record.seen) - day(before.seen) <= 365:
            end = len(record.text.split("\n", 1)[0])
            yield replace(_signal(record, thing, taxonomy, "再次征集", 2, record.seen, "弱信号：一年内同名指南再次发布"), start=0, end=end, quote=record.text[:end], kind="notice")
        known[name] = record
