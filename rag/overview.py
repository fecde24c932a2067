"""Questions for no one policy: which calls are open (最近有什么可以申报, 这个月截止的通知), and which policies there are (列出临洲市的人才政策).

What is told: the open calls of the place and of those above it, the next deadline first; the policies of the place in force, the newest first, each with the first
support that it states. A subject (人才, 高企) that the question names narrows either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from corpus.models import CURRENT, Document
from corpus.regions import name_of
from rag.calls import due, is_call
from rag.cite import cite
from rag.deadlines import call_year
from rag.fit import bag, need_of
from rag.grants import grants
from rag.places import covers
from rag.records import ANSWERED, NO_SUPPORT, PARTIAL, Citation, Context, Sentence
from rag.source import named
from rag.statements import condense
from rag.tools import Book, Tools
from rag.where import left_out

MOST = 10
_READ, _AGE = 200, 400
"""So many of the newest notices are read, and none that is older in days."""
_TOGETHER = 400
"""Deadlines within so many characters are cited as one span."""
_APPLY = re.compile(r"申报|申请|申领|报名|受理|征集")
_WHICH = re.compile(r"哪些|什么|哪个|哪几|有没有|有啥|列")
_OPEN = re.compile(r"最近|近期|目前|现在|当前|眼下|今年|本年|年内|年底|这个月|本月|下个?月|月底|本周|这周|还有|还能|还可以|正在|即将|快要?截止|截止的|开放")
_STILL = re.compile(r"(?:今年|本年|现在|目前|当前|本月|这个月|最近|来得及|赶得上)[^，。？?]*(?:申报|申请|申领|报名)[^，。？?]{0,6}[吗么]|(?:申报|申请|申领|报名)[^，。？?]{0,6}(?:截止|结束|开始)了[吗没么]")
"""Whether a call is still open."""
_PART = re.compile(r"条件|材料|资料|要求|流程|手续|程序|网站|系统|平台|部门|时候|几号|时间是|标准|比例|金额|多少|怎么|如何|区别|不同|意思")
_LISTED = re.compile(r"列出|列举|罗列|列一下|列个|汇总|整理|清单|目录|一览|盘点|所有的?|全部的?|都有哪些|一共有|总共有")
_TEXTS = re.compile(r"政策|文件|办法|措施|规定|细则|补助|奖励")
_PLAIN = re.compile(
    r"(?:19|20)\d{2}年?度?|今年|本年度?|最近|近期|目前|现在|当前|眼下|年内|年底前?|这个月|本月|下个?月|月底前?|本周|这周|即将|快要?|正在|还有|还能|还可以|可以|能够?|有没有|有啥|有|哪些|哪个|哪几[个项]|什么|都|一共|总共|所有的?|全部的?|请问|请|帮我?|麻烦"
    r"|我们?|咱们?|公司|企业|单位|想|要|知道|了解|看看|列出|列举|罗列|列一下|列个?|汇总|整理|清单|目录|一览|盘点|一下|申报|申请|申领|报名|受理|征集|开放|开始|截止|到期|项目|补助|补贴|奖励|资助|资金|扶持|支持|政策|文件|办法|措施|规定|细则|通知|公告|事项|计划|科技|惠企"
    r"|关于|方面|相关|有关|现行|有效|给|的|了|吗|呢|么|和|在|是|让|可|报|前|之前|以内|省里|市里|县里|区里|国家|全国|呀|啊|[，。？?、！!\s“”]"
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is said of one document: its words with the spans that hold them, and what it is sorted by."""

    document: Document
    text: str
    spans: tuple[tuple[int, int], ...]
    order: str


def tell(tools: Tools, c: Context) -> Context | None:
    """The context with what is open or what there is; None for other questions, and where nothing is held of the subject."""
    if c.named.documents or c.named.articles or c.asked.stacking:
        return None
    text = c.rewritten
    if _APPLY.search(text) and (_STILL.search(text) or (_WHICH.search(text) and _OPEN.search(text))) and not _PART.search(text):
        return _calls(tools, c)
    if c.region and _LISTED.search(text) and _TEXTS.search(text) and not _PART.search(text):
        return _policies(tools, c)
    return None


# ---- calls ---------------------------------------------------------------------------------------------------------------


def _calls(tools: Tools, c: Context) -> Context | None:
    first, last = _window(c.rewritten, c.as_of)
    oldest = (date.fromisoformat(c.as_of) - timedelta(days=_AGE)).isoformat() if len(c.as_of) == 10 else c.as_of[:4]
    heads = [h for h in tools.retriever.shelf.heads.values() if h.kind == "notice" and is_call(h) and oldest <= (h.published_on or h.written_on) <= c.as_of]
    heads = sorted(_fitting(tools, c, heads), key=lambda h: (h.published_on or h.written_on, h.id), reverse=True)[:_READ]
    books = tools.books.get((h.id for h in heads), c.reader)
    entries = sorted((e for b in books.values() if (e := _call(b, first, last))), key=lambda e: (e.order, e.document.id))
    if entries:
        return _told(tools, c, entries, f"截至{_day(c.as_of)}，本库收录的{_related(c)}申报通知中{_span(c, first, last)}的有{len(entries)}项，按截止时间先后为：", ANSWERED)
    over = sorted((e for b in books.values() if (e := _call(b, "", "9999"))), key=lambda e: e.order, reverse=True)[:3]
    if not over:
        none = f"本库未收录{name_of(c.region)}近一年内的申报通知（不等于没有）。"
        return None if _subject(c) else replace(c, status=NO_SUPPORT, said=none, composer="overview", reason="none_listed")
    said = f"截至{_day(c.as_of)}，本库收录的{_related(c)}申报通知中没有{_span(c, first, last)}的。最近几项的安排如下，均已过期，仅供参考："
    return _told(tools, c, over, said, PARTIAL)


def _window(text: str, as_of: str) -> tuple[str, str]:
    """First and last day (ISO) that a deadline may have."""
    on = date.fromisoformat(as_of) if len(as_of) == 10 else date(int(as_of[:4]), 12, 31)
    if re.search(r"下个?月", text):
        first = (on.replace(day=1) + timedelta(days=32)).replace(day=1)
        return first.isoformat(), ((first + timedelta(days=32)).replace(day=1) - timedelta(days=1)).isoformat()
    if re.search(r"这个月|本月|月底", text):
        return on.isoformat(), ((on.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)).isoformat()
    if re.search(r"本周|这周", text):
        return on.isoformat(), (on + timedelta(days=6 - on.weekday())).isoformat()
    return on.isoformat(), "9999"


def _span(c: Context, first: str, last: str) -> str:
    return "仍在受理" if last == "9999" else f"在{_day(first)}至{_day(last)}截止"


def _related(c: Context) -> str:
    return "与所问有关的" if _subject(c) else ""


def _call(book: Book, first: str, last: str) -> _Entry | None:
    """A call with its deadlines that are still to come, if the next one lies in the window."""
    d = book.document
    ahead = [x for x in due(book.slots, d.published_on or d.written_on) if x[2] >= first]
    if not ahead or not first <= (nearest := min(x[2] for x in ahead)) <= last:
        return None
    words = "；".join(f"{batch}{stage} {_day(day)}前" for stage, batch, day, _, _ in sorted(ahead, key=lambda x: x[2]))
    spans = [(start, end) for _, _, _, start, end in ahead]
    whole = (min(a for a, _ in spans), max(b for _, b in spans))
    return _Entry(d, f"{named(d)}：{words}。", (whole,) if whole[1] - whole[0] <= _TOGETHER else tuple(spans), nearest if first else call_year(d) + nearest)


def _day(iso: str) -> str:
    parts = [int(p) for p in iso.split("-")]
    return "".join(f"{n}{unit}" for n, unit in zip(parts, "年月日", strict=False))


# ---- policies ------------------------------------------------------------------------------------------------------------


def _policies(tools: Tools, c: Context) -> Context | None:
    heads = [h for h in tools.retriever.shelf.heads.values() if h.kind == "policy" and not _ABOUT_OTHERS.search(h.title) and (h.published_on or h.written_on) <= c.as_of]
    heads = sorted(_fitting(tools, c, heads), key=lambda h: (h.published_on or h.written_on, h.id), reverse=True)
    place, own = name_of(c.region), [h for h in heads if h.region_code == c.region]
    above = [h for h in heads if h.region_code not in ("", "000000", c.region)]
    own = [h for h in own if _SCIENCE.search(h.title)] or own if "科技" in c.rewritten else own
    if own:
        return _told(tools, c, _texts(tools, c, own), f"本库收录的{place}现行政策文件中与所问有关的有{len(own)}件，按公布时间由近到远为：", ANSWERED, len(own))
    if above:
        return _told(tools, c, _texts(tools, c, above), f"本库未收录{place}与所问有关的政策文件（不等于没有规定）；上级文件中有{len(above)}件：", PARTIAL, len(above))
    return replace(c, status=NO_SUPPORT, said=f"本库未收录{place}与所问有关的现行政策文件（不等于没有规定）。", composer="overview", reason="none_listed")


_SCIENCE = re.compile(r"科技|科学|技术|创新|研发|研究|成果|知识产权|专利|人才|高新|孵化|中试|仪器")
_ABOUT_OTHERS = re.compile(r"关于(?:修改|废止|清理|公布)[^，。]{0,60}(?:的通知|的决定|结果|文件)")


def _texts(tools: Tools, c: Context, heads: Sequence[Document]) -> list[_Entry]:
    books = tools.books.get((h.id for h in heads[:MOST]), c.reader)
    return [_policy(books[h.id]) for h in heads[:MOST] if h.id in books]


def _policy(book: Book) -> _Entry:
    """A policy with the first support that it states, else with its first clause."""
    d = book.document
    found = next((g for g in grants(d, book.statements) if not g.slot.place.startswith("附件")), None)
    if found is not None:
        words = f"{found.subject}：{'，'.join(p for p in (found.standard, found.cap) if p)}" if found.slot.tabular else condense(found.slot.text)
        return _Entry(d, f"{named(d)}：{words.strip('，；。：')}。", ((found.slot.start, found.slot.end),), "")
    plain = [s for s in book.statements if s.kind != "table" and len(condense(s.text(d))) > 12]
    first = next((s for s in plain if s.article == "第一条" or re.match(r"为|根据", condense(s.text(d)))), plain[0] if plain else None)
    start, end = (first.start, first.lead_end if first.items else first.end) if first else (0, min(len(d.text), 80))
    return _Entry(d, f"{named(d)}：{condense(d.text[start:end]).strip('，；。：')}。", ((start, end),), "")


# ---- both ----------------------------------------------------------------------------------------------------------------


def _fitting(tools: Tools, c: Context, heads: Sequence[Document]) -> Iterator[Document]:
    """The documents in force that reach the place and whose titles hold the subject, if the question names one."""
    need = need_of(subject, tools.retriever, c.reader) if (subject := _subject(c)) else None
    for head in heads:
        reached = c.reader.may_read(head.security, head.id) and (not c.region or (covers(head.region_code, c.region) and not left_out(head.excludes, c.region)))
        if reached and tools.validity(head.id, c.as_of).status in CURRENT and (need is None or need.held(bag(head.title)) >= 0.6):
            yield head


def _subject(c: Context) -> str:
    """What the question names beside its place, its time and the words that ask; empty for nothing."""
    bare = c.rewritten
    for words in (c.place_words, name_of(c.region) if c.region else ""):
        bare = bare.replace(words, " ") if words else bare
    subject = re.sub(r"[省市县区]{1,2}级?", " ", " ".join(_PLAIN.split(bare))).strip()
    return subject if re.search(r"[\u4e00-\u9fff]{2}", subject) else ""


def _told(tools: Tools, c: Context, entries: Sequence[_Entry], said: str, status: str, held: int = 0) -> Context:
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    for entry in entries[:MOST]:
        judged, marks = tools.validity(entry.document.id, c.as_of), []
        for start, end in entry.spans:
            citations.append(cite(len(citations) + 1, entry.document, start, end, judged))
            marks.append(citations[-1].n)
        sentences.append(Sentence(entry.text, tuple(marks), "lead"))
    left = max(held, len(entries)) - MOST
    more = (f"另有{left}件未列出，可在政策库按地区筛选查看。",) if left > 0 else ()
    return replace(c, sentences=tuple(sentences), citations=tuple(citations), status=status, composer="overview", said=said, notices=(*c.notices, *more))
