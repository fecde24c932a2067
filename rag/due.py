"""Deadlines by stage: 网上填报, 推荐审核, 纸质材料 are never mixed. Each date keeps its batch and its hour; starts of periods, dates of texts
and ends of validity are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpus.events import issue_of
from corpus.models import Document
from corpus.periods import COUNT, SINCE_ISSUE, later
from rag.facts import dates, month_days
from rag.slot import Slot, cells, cues, make, rows_of, spans, without_mark
from rag.statements import Statement, condense

_MAY_DATE = re.compile(r"[年月/.．-]")
"""Every date has one of these (see rag.facts)."""
_HOUR = re.compile(r"^\s*(?:[（(][^（）()]{1,8}[）)])?\s*((?:上午|下午)?\d{1,2}(?:时(?:\d{1,2}分)?|[:：∶]\d{2}|点(?:\d{1,2}分)?))")
_BEFORE = re.compile(r"^\s*(?:[（(][^（）()]{0,12}[）)])?\s*(?:之?前|以前|前|止|截止|截至|关闭|为止)")
_TOLD = re.compile(r"截止|截至|期限|关闭|受理时间|时间(?:安排)?(?:为|：)|填报：|申报：|时间$|最晚|最迟|延期至|延长至|底前$")
_NOT_DUE = re.compile(r"^\s*(?:\d{1,2}时)?\s*(?:起|以来|以后|之后|之日|施行|实施|公布|印发|修订|修正|届满|生效|发布|期间|以前(?:发生|已|认定|引进|作出|开工)|前(?:发生|已经|认定|引进|取得|注册))")
_VALIDITY = re.compile(r"有效期(?:限)?[^，。；]{0,8}$|自\s*$|以来\s*$|《[^》]*$|〔[^〕]*$|(?:发生|引进|开工|注册|成立|认定)于?\s*$")
_PERIOD = re.compile(r"[至到—–\-~～]\s*$")


_WITHIN = re.compile(rf"{SINCE_ISSUE}起?\s*{COUNT}\s*个?(工作日|日|天|个月|月)(?:之)?内")
"""自本通知印发之日起10个工作日内: a deadline that counts from the day of issue."""


@dataclass(frozen=True, slots=True)
class Day:
    """A date in a text: ISO (or MM-DD without a year), its span, and whether the year is said."""

    iso: str
    start: int
    end: int
    full: bool


def days(text: str) -> list[Day]:
    """Dates in order; one without a year takes the year of a date that opens the same period (2026年9月1日至9月25日)."""
    found = [Day(iso, a, b, True) for iso, a, b in dates(text)] + [Day(iso, a, b, False) for iso, a, b in month_days(text)]
    placed: list[Day] = []
    for d in sorted(found, key=lambda d: d.start):
        last = placed[-1] if placed else None
        if not d.full and last and last.full and re.fullmatch(r"[^。；]{0,16}?(?:[至到—–\-~～、]|和|及)\s*", text[last.end : d.start]):
            d = Day(f"{last.iso[:4]}-{d.iso}", d.start, d.end, True)
        placed.append(d)
    return placed


def stage_of(text: str) -> str:
    """The stage of a deadline that a text speaks of; empty when none."""
    return next((stage for stage, words in cues()["stages"].items() if re.search(words, text)), "")


def deadlines(document: Document, s: Statement) -> Iterator[Slot]:
    """Dates on which something ends, with the stage that their own phrase, item or heading names."""
    if s.kind == "table":
        yield from _of_table(document, s)
        return
    if not _MAY_DATE.search(document.text[s.start : s.end]) and "之日起" not in document.text[s.start : s.end]:
        return
    for item in s.items or ((s.start, s.end),):
        for a, b in spans(re.compile(r"[^。；\n]+[。；\n]?"), document.text[item[0] : item[1]], item[0]):
            yield from _since_issue(document, s, item, a, b)
            yield from _of_part(document, s, item, a, b)


def _since_issue(document: Document, s: Statement, item: tuple[int, int], a: int, b: int) -> Iterator[Slot]:
    """A deadline of a notice that counts from its issue; none where the working days on the way are not known."""
    match = _WITHIN.search(document.text[a:b]) if document.kind == "notice" else None
    issue = issue_of(document)[0]
    if match is None or len(issue) != 10 or not (on := later(issue, match[1], match[2])):
        return
    text = document.text[a:b]
    if stage := _stage(document, s, item, text, a, Day(on, match.start(), match.end(), True)):
        start, end = _phrase(text, Day(on, match.start(), match.end(), True))
        yield make("deadline", document, a + start, without_mark(document.text, a + end), s, label=stage, value=f"date:{on}")


def _of_part(document: Document, s: Statement, item: tuple[int, int], a: int, b: int) -> Iterator[Slot]:
    text = document.text[a:b]
    found = days(text)
    for n, day in enumerate(found):
        nxt = found[n + 1] if n + 1 < len(found) else None
        if nxt and re.fullmatch(r"\s*(?:\d{1,2}时)?\s*[至到—–\-~～]\s*", text[day.end : nxt.start]):
            continue  # the start of a period
        if not _is_due(text, found, n, s, document.text[item[0] : a]):
            continue
        start, end = _phrase(text, day)
        stage = _stage(document, s, item, text, a, day)
        if stage:
            hour = _HOUR.match(text[day.end :])
            value = f"date:{day.iso}" if day.full else f"monthday:{day.iso}"
            yield make("deadline", document, a + start, without_mark(document.text, a + end), s, label=stage, value=value, limits=_batch(text[:day.start]), time=hour[1] if hour else "")


def _is_due(text: str, found: list[Day], n: int, s: Statement, before_part: str) -> bool:
    """Whether something ends on the day: 前, 截止 …, the end of a period that a stage names, or a date after a stage and a colon."""
    day = found[n]
    after, before = text[day.end :], text[: day.start]
    if _NOT_DUE.match(after) or _VALIDITY.search(before[-24:]):
        return False
    if re.search(r"(?:19|20)\d\d年(?:度)?$", before) or (day.full and len(day.iso) < 7):
        return False
    rest = re.split(r"[，。；]", after)[0]
    if re.search(r"培训|宣讲|动员会|辅导会|摸底", rest):
        return False  # what is held before the day is no stage of applying
    hourless = _HOUR.sub("", after, count=1)
    if _BEFORE.match(hourless) or re.match(r"\s*底前", hourless):
        return True
    if _PERIOD.search(before):  # the end of a period
        return bool(stage_of(text) or stage_of(s.heading) or _TOLD.search(before_part + before))
    listed = n > 0 and re.fullmatch(r"[、和及]?\s*(?:第[一二三四五六\d]+批[^，。；]{0,8})?", text[found[n - 1].end : day.start])
    if listed and _is_due(text, found, n - 1, s, before_part):
        return True
    if listed and n + 1 < len(found) and re.fullmatch(r"[、和及]\s*", text[day.end : found[n + 1].start]):
        return bool(_TOLD.search(before_part + before))
    return bool(_TOLD.search(before.split("。")[-1])) or bool(re.match(r"\s*(?:截止|（含）截止)", rest)) or (bool(re.search(r"[：:]\s*(?:第.{1,3}批[^，。；：]{0,6})?$", before)) and bool(stage_of(before)))


def _phrase(text: str, day: Day) -> tuple[int, int]:
    """The comma-bounded phrase that a date stands in."""
    start = max(text.rfind(mark, 0, day.start) for mark in "，。；") + 1
    ends = [i for i in (text.find(mark, day.end) for mark in "，。；") if i >= 0]
    return start, min(ends) + 1 if ends else len(text)


def _stage(document: Document, s: Statement, item: tuple[int, int], text: str, a: int, day: Day) -> str:
    """The stage by the nearest words: the rest of the phrase, the phrase before, the opening of the item, the heading; else the item's own opening words."""
    start, end = _phrase(text, day)
    inside = re.sub(r"(?:第[一二三四五六\d]+批|\d{4}年(?:度)?|\d{1,2}月|\d{1,2}日)", "", text[day.end : end])
    opening = re.split(r"[。：，]", condense(document.text[item[0] : item[1]]))[0]
    for words in (text[start:end] if not re.search(r"[、和]\s*$", text[start : day.start]) else inside, text[:start][-40:], opening, s.heading.split(" ")[-1], text):
        if stage := stage_of(words):
            return stage
    colon = re.match(r"[^，。；：\d]{2,12}(?=[：:])", condense(document.text[item[0] : item[1]]))
    return colon.group() if colon else ""


def _batch(before: str) -> tuple[str, ...]:
    """The batch that a date stands behind (第一批截止时间为…)."""
    named = re.findall(r"第[一二三四五六\d]+(?:批次?|轮|次|季度)", before.split("。")[-1])
    return tuple(named[-1:])


_GENERIC = re.compile(r"^(?:时间|截止时间|时间安排|日期|截止日期|时限|完成时间|要求|时间节点|.*时间要求|备注|说明|序号|责任主体|责任单位)$")
_NO_CALENDAR = re.compile(r"有效期|文号|公布|废止|失效|计算|示例|名单|资金|金额|榜单|进度和里程碑")


def _of_table(document: Document, s: Statement) -> Iterator[Slot]:
    """Rows with a date: the stage is the row's (or, where the columns are stages, the column's), the batch is the other."""
    rows = rows_of(document, s)
    if len(rows) < 2:
        return
    head = cells(document.text[rows[0][0] : rows[0][1]])
    if not any(re.search(r"时间|日期|截止|批|时限|进度|要求|规定", h) for h in head) or _NO_CALENDAR.search("".join(head) + s.heading):
        return
    for a, b in rows[1:]:
        row = cells(document.text[a:b])
        name = next((c for c in row if c and not c.isdigit()), "")
        for column, cell in enumerate(row):
            label = head[column] if column < len(head) else ""
            if cell is name or not (last := _last(cell)):
                continue
            stage = stage_of(name) or stage_of(label) or re.sub(r"（[^）]*）", "", name)[:20]
            other = label if stage_of(name) or not stage_of(label) else name
            batch = () if _GENERIC.match(other) or other == stage else (re.sub(r"截止.*$", "", other),)
            yield make("deadline", document, a, b, s, label=stage, value=f"date:{last[0]}", limits=batch, time=last[1])


def _last(cell: str) -> tuple[str, str] | None:
    """(ISO date, hour) on which a cell's period ends; None without a date of month precision at least."""
    found = [d for d in days(cell) if d.full and len(d.iso) >= 7]
    if not found:
        return None
    joined = [d for i, d in enumerate(found) if i == 0 or re.search(r"[至到—–\-~～]\s*$", cell[: d.start])]
    day = joined[-1]
    hour = _HOUR.match(cell[day.end :])
    return day.iso, hour[1] if hour else ""
