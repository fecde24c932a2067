"""政策要点梳理（系统生成，非官方解读）: what a policy says, by slots that code extracts, every sentence cited.

What the text does not say is left out and listed as 未规定. An official interpretation in the corpus is linked and quoted as such.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from corpus.access import Reader
from corpus.models import Document, Validity
from corpus.report import Report
from corpus.store import Store
from corpus.validity import today, validity
from rag import sections
from rag.beside import official
from rag.content import content
from rag.guard import clean, is_order, is_title
from rag.quoting import Quoting
from rag.since import since
from rag.slots import slots
from rag.source import notice_of, short_title
from rag.statements import sayable, statements
from rag.work import Polish, Work

TITLE = "政策要点梳理（系统生成，非官方解读）"
MARK = "系统生成"
FOOTER = "本梳理由系统按条款自动生成，供参考，不是官方解读；以文件原文和起草机关的解读为准。"
NEVER_MISSED = ("时效与后续修改", "常见问题", "与上级和旧版相比的变化")
"""Sections that no text owes."""
_STANDING = {"in_force": "现行有效", "draft": "征求意见稿，未生效", "not_yet": "尚未施行", "amended": "已有新版本", "partly_ended": "部分条款已失效", "repealed": "已废止", "expired": "已失效"}
SECTIONS: tuple[tuple[str, Callable[[Work], int]], ...] = (
    ("时效与后续修改", sections.later), ("背景与依据", sections.background), ("适用对象", sections.who), ("主要内容", content), ("支持标准与金额", sections.support),
    ("申报条件", sections.conditions), ("材料与流程", sections.materials), ("时间节点", sections.dates), ("责任单位", sections.bodies),
    ("解读机关与咨询电话", sections.contact), ("与上级和旧版相比的变化", sections.changes), ("名词解释", sections.terms), ("常见问题", sections.questions),
)  # fmt: skip


def interpret(document: Document, store: Store, reader: Reader, *, as_of: str = "", polish: Polish | None = None) -> Report:
    """The report of one policy as of a date (today by default)."""
    on = as_of or today()
    parts = sayable(document)
    happened = store.documents.events_of(reader, [document.id]).get(document.id, [])
    work = Work(document, parts, slots(document, parts), validity(document, happened, on), Quoting(), store, reader, polish, since(document, store, reader, on))
    missing = [title for title, section in SECTIONS if not _section(work, title, section)]
    _missing(work, missing)
    if (left := len(statements(document)) - len(parts)) > 0:
        work.out.note(f"原文有{left}处文字是对机器的指令或不合公文体例，未作梳理，请看原文。")
    official(work)
    marks = (MARK, *([m] if (m := notice_of(document)) else []))
    return Report(f"{TITLE}：{_name(document)}", tuple(work.out.blocks), work.out.records(), subtitle=_subtitle(work, on), marks=marks, footer=FOOTER, as_of=on)


def _name(document: Document) -> str:
    """The short title, or the number of a document whose title is none."""
    name = clean(short_title(document.title))
    return name if is_title(document.title) and not is_order(document.title) else document.doc_number or "（标题不合体例）"


def _subtitle(work: Work, on: str) -> str:
    d = work.document
    parts = [d.doc_number, "、".join(d.issuers), f"{d.published_on or d.written_on}发布" if d.published_on or d.written_on else "", f"时效（{on}）：{standing(work.judged)}"]
    return "　".join(p for p in parts if p)


def standing(judged: Validity) -> str:
    """The status as people write it; never 现行有效 unless officially marked."""
    return _STANDING.get(str(judged.status), f"未见失效记录（截至{judged.as_of}，待核）")


def _section(work: Work, title: str, section: Callable[[Work], int]) -> bool:
    """Run a section; its heading stays only if it said something."""
    before = len(work.out.blocks)
    work.out.heading(title)
    count = section(work)
    if not count:
        del work.out.blocks[before:]
    return bool(count)


def _missing(work: Work, missing: Sequence[str]) -> None:
    named = [m for m in missing if m not in NEVER_MISSED]
    if named:
        work.out.heading("未规定")
        work.out.note(f"以下事项本文件未规定或系统未能识别：{'、'.join(named)}。")
