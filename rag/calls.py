"""申报通知 of policies: the newest call of each policy and place, with its deadlines by stage, channels and telephones; and the 申报日历.

Without a call of the year: 本年度通知未收录；上年为…，仅供参考.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus.access import Reader
from corpus.models import Document, Relation, RelationKind
from corpus.regions import name_of
from corpus.report import Paragraph, Report, TableBlock
from corpus.store import Store
from rag.deadlines import STAGES, call_year, series
from rag.places import covers
from rag.slots import Slot, slots
from rag.source import short_title
from rag.where import left_out

_CALL = re.compile(r"申报|申请|认定|征集|揭榜|指南|评价|兑现|核定|受理|报名|推荐|免申即享")
_NOT_A_CALL = re.compile(r"征求.{0,40}意见|公示|废止|清理结果|下达")
_LINKS = (RelationKind.based_on, RelationKind.implements, RelationKind.forwards)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one year. `deadlines` are (stage, batch, date, start, end) sorted by date; dates ISO."""

    document_id: str
    title: str
    doc_number: str
    year: str
    region_code: str
    level: str | None
    deadlines: tuple[tuple[str, str, str, int, int], ...]
    channels: tuple[str, ...]
    phones: tuple[str, ...]
    policies: tuple[str, ...]

    def words(self, on: str) -> str:
        """网上填报 2026-09-25（已过）；推荐审核 2026-10-23."""
        return "；".join(f"{batch}{stage} {day}前{'（已过）' if day < on else ''}" for stage, batch, day, _, _ in self.deadlines)

    def notice(self, on: str) -> str:
        """What must be said of a call that is not of the year of `on`; empty for a current one."""
        if self.year >= on[:4]:
            return ""
        before = "上年为" if self.year == str(int(on[:4]) - 1) else "最近收录的是"
        return f"本年度通知未收录；{before}《{short_title(self.title)}》（{self.year}年度），仅供参考"


def is_call(head: Document) -> bool:
    """Whether a notice calls for applications, by its title."""
    return bool(_CALL.search(head.title)) and not _NOT_A_CALL.search(head.title)


def calls(store: Store, reader: Reader, on: str, *, region: str = "", ids: Iterable[str] | None = None) -> list[Call]:
    """Calls published up to `on` that cover a place (all places without one), newest year first; `ids` narrows to notices."""
    wanted = None if ids is None else set(ids)
    heads = [h for h in store.documents.heads(reader, kind="notice") if is_call(h) and (h.published_on or h.written_on) <= on]
    heads = [h for h in heads if (wanted is None or h.id in wanted) and (not region or (covers(h.region_code, region) and not left_out(h.excludes, region)))]
    texts = list(store.documents.texts([h.id for h in heads], reader))
    linked = policies_of(store, texts)
    found = [_call(d, tuple(linked.get(d.id, ()))) for d in texts]
    return sorted(found, key=lambda c: (c.year, c.document_id), reverse=True)


_BODY = re.compile(r"\n\s*(?:一、|第一[条章]|（一）|1[.．、])")


def policies_of(store: Store, notices: Sequence[Document]) -> dict[str, list[str]]:
    """Notice id → ids of the text that it carries out: the first that it names as its basis before its first heading (what it mentions on the way, a
    reward for the recognised or a sister measure, has calls of its own), and what it forwards."""
    by_id = {d.id: d for d in notices}
    found: dict[str, list[Relation]] = defaultdict(list)
    for i in range(0, len(notices), 500):
        for r in store.documents.relations_of([d.id for d in notices[i : i + 500]]):
            if r.document_id in by_id and r.kind in _LINKS and r.start < _opening(by_id[r.document_id].text):
                found[r.document_id].append(r)
    return {i: [r.target_id for r in _carried_out(rows) if r.target_id] for i, rows in found.items()}


def _opening(text: str) -> int:
    """Where the body of a notice begins."""
    match = _BODY.search(text)
    return match.start() if match else min(len(text), 1500)


def _carried_out(rows: Sequence[Relation]) -> list[Relation]:
    forwarded = [r for r in rows if r.kind == RelationKind.forwards]
    return [*sorted((r for r in rows if r.kind != RelationKind.forwards), key=lambda r: r.start)[:1], *forwarded]


def _call(d: Document, policies: tuple[str, ...]) -> Call:
    found = slots(d)
    phones = dict.fromkeys(f"{s.label}：{s.value}" if 1 < len(s.label) < 24 else s.value for s in found if s.kind == "phone")
    channels = dict.fromkeys(s.label for s in found if s.kind == "channel")
    return Call(d.id, d.title, d.doc_number, call_year(d), d.region_code, d.level, due(found, d.published_on or d.written_on), tuple(channels), tuple(phones), policies)


def due(found: Sequence[Slot], since: str) -> tuple[tuple[str, str, str, int, int], ...]:
    """The last date a stage and batch (2026年9月1日至9月25日 ends on the 25th); a date before the call itself is no deadline of it."""
    best: dict[tuple[str, str], tuple[str, str, str, int, int]] = {}
    for s in found:
        day = s.value.partition(":")[2]
        if s.kind != "deadline" or not s.value.startswith("date:") or s.label not in STAGES:
            continue
        key = (s.label, "".join(s.limits))
        last = day if s.text.lstrip().startswith("|") else max([day, *(iso for iso in _dates(s.text) if len(iso) == 10)])
        if last < since:
            continue
        if key not in best or last > best[key][2]:
            best[key] = (s.label, key[1], last, s.start, s.end)
    return tuple(sorted(best.values(), key=lambda x: (STAGES.index(x[0]), x[2])))


def _dates(text: str) -> list[str]:
    from rag.facts import dates

    return [iso for iso, _, _ in dates(text)]


def newest_of(found: Sequence[Call], policy: Document) -> Call | None:
    """The newest call that rests on a policy; of its own region before others; one with deadlines before others."""
    fitting = [c for c in found if policy.id in c.policies]
    return max(fitting, key=lambda c: (c.region_code == policy.region_code, c.year, bool(c.deadlines), "转发" not in c.title, c.document_id), default=None)


def calendar(store: Store, reader: Reader, on: str, *, region: str = "") -> Report:
    """申报日历: each series of calls once, this year's or last year's marked 仅供参考; the next deadline first."""
    chosen: dict[tuple[str, str], Call] = {}
    heads = {h.id: h for h in store.documents.heads(reader, kind="notice")}
    for call in calls(store, reader, on, region=region):
        if call.deadlines:
            chosen.setdefault((series(heads[call.document_id]), call.region_code), call)
    open_ = [c for c in chosen.values() if not c.notice(on)]
    rows = sorted((_row(c, on) for c in open_), key=lambda r: r[0])
    late = [Paragraph(f"{c.notice(on)}。上年：{c.words(on)}") for c in chosen.values() if c.notice(on)]
    head = ("最近截止", "通知", "环节与时间", "申报渠道", "咨询电话")
    table = TableBlock(head, tuple(r[1:] for r in rows), "申报日历") if rows else Paragraph("本库未收录该地区本年度的申报通知，不等于没有申报。")
    return Report("申报日历", (table, *late, *_elsewhere(heads.values(), region, on)), subtitle="各环节（网上填报、推荐审核、纸质材料）时间分别列出，以通知原文为准", as_of=on)


def _elsewhere(heads: Iterable[Document], region: str, on: str) -> list[Paragraph]:
    """That calls of this year of a superior place leave the asked place out."""
    out = [h for h in heads if is_call(h) and on[:4] <= call_year(h) and (h.published_on or h.written_on) <= on and region and covers(h.region_code, region) and left_out(h.excludes, region)]
    names = "、".join(f"《{short_title(h.title)}》（{h.doc_number}）" if h.doc_number else f"《{short_title(h.title)}》" for h in sorted(out, key=lambda h: h.id))
    return [Paragraph(f"以下通知的适用范围不含{name_of(region)}，未列入：{names}。")] if out else []


def _row(c: Call, on: str) -> tuple[str, ...]:
    days = [day for _, _, day, _, _ in c.deadlines]
    ahead = min((d for d in days if d >= on), default="")
    number = f"（{c.doc_number}）" if c.doc_number else ""
    return ((ahead or "9999") + c.document_id, ahead or "均已过", f"《{short_title(c.title)}》{number}", c.words(on), "、".join(c.channels), "；".join(c.phones))
