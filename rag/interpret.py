"""政策要点梳理（系统生成，非官方解读）: what a policy says, by slots that code extracts, every sentence cited.

What the text does not say is left out and listed as 未规定. An official interpretation in the corpus is linked and quoted as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from corpus.access import Reader
from corpus.models import Document, RelationKind, Validity
from corpus.report import Report
from corpus.store import Store
from corpus.validity import today, validity
from rag.beside import call_dates, call_phones, official
from rag.changes import changed_values, predecessor
from rag.quoting import Quoting
from rag.slots import Slot, slots
from rag.source import named, short_title
from rag.statements import condense, statements
from rag.work import KEPT, Polish, Work, said, sentence

TITLE = "政策要点梳理（系统生成，非官方解读）"
MARK = "系统生成"
FOOTER = "本梳理由系统按条款自动生成，供参考，不是官方解读；以文件原文和起草机关的解读为准。"
def interpret(document: Document, store: Store, reader: Reader, *, as_of: str = "", polish: Polish | None = None) -> Report:
    """The report of one policy as of a date (today by default)."""
    on = as_of or today()
    parts = statements(document)
    happened = store.documents.events_of([document.id]).get(document.id, [])
    work = Work(document, parts, slots(document, parts), validity(document, happened, on), Quoting(), store, reader, polish)
    missing = [title for title, section in SECTIONS if not _section(work, title, section)]
    _missing(work, missing)
    official(work)
    return Report(
        f"{TITLE}：{short_title(document.title)}", tuple(work.out.blocks), work.out.records(), subtitle=_subtitle(work, on), marks=_marks(document), footer=FOOTER, as_of=on,
    )  # fmt: skip


def _subtitle(work: Work, on: str) -> str:
    d = work.document
    parts = [d.doc_number, "、".join(d.issuers), f"{d.published_on or d.written_on}发布" if d.published_on or d.written_on else "", f"时效（{on}）：{_standing(work.judged)}"]
    return "　".join(p for p in parts if p)


def _standing(judged: Validity) -> str:
    words = {"in_force": "现行有效", "draft": "征求意见稿，未生效", "not_yet": "尚未施行", "amended": "已有新版本", "partly_ended": "部分条款已失效", "repealed": "已废止", "expired": "已失效"}
    return words.get(str(judged.status), f"未见失效记录（截至{judged.as_of}，待核）")


def _marks(document: Document) -> tuple[str, ...]:
    notices = {"fictional": "演示数据，非真实文件", "digest": "摘编，以原文为准"}
    return (MARK, *([notices[document.notice]] if document.notice in notices else []))


def _section(work: Work, title: str, section: Callable[[Work], int]) -> bool:
    """Run a section; its heading stays only if it said something."""
    before = len(work.out.blocks)
    work.out.heading(title)
    count = section(work)
    if not count:
        del work.out.blocks[before:]
    return bool(count)


# ---- sections ------------------------------------------------------------------------------------------------------------


def background(work: Work) -> int:
    """背景与依据."""
    return said(work, work.of("basis"), 2)


def who(work: Work) -> int:
    """适用对象: what the text says it applies to, and whom it leaves out."""
    about = [s for s in work.of("object") if not re.search(r"所称.{2,20}(?:补助|奖励|补贴|资金|券|数据|仪器).{0,14}是指", s.text)]
    about = [s for s in about or work.of("object") if not s.text.endswith(("：", ":"))]
    return said(work, about, 4) + said(work, [s for s in work.of("exclusion") if not s.text.lstrip().startswith("|") and not s.text.endswith(("：", ":")) and "就高不就低" not in s.text], 3)


def content(work: Work) -> int:
    """主要内容: of each chapter or numbered part its heading and its first statement."""
    done = 0
    seen: set[str] = set()
    for s in work.parts:
        top = s.heading.split(" ")[-1]
        if s.kind == "table" or not top or top in seen or re.search(r"附则|总则|^附件|联系方式|纪律", top):
            continue
        seen.add(top)
        mark = work.out.mark(work.document, s.start, s.end, work.judged)
        first = re.split(r"(?<=[。；])", condense(s.lead(work.document) if s.items else s.text(work.document)))[0]
        items = [re.split(r"[，。；：]", condense(work.document.text[a:b]))[0] for a, b in s.items[:6]]
        name = "".join(top.split())
        done += work.out.say(f"{name}：{first}{'；'.join(items)}", (mark,), derived=f"{s.heading} {name}")
        if done >= KEPT:
            break
    return done


def support(work: Work) -> int:
    """支持标准与金额: a table; limits (最高, 不超过, 总额控制) are never dropped."""
    rows: list[tuple[str, str, str, str]] = []
    seen: set[tuple[int, int]] = set()
    total = "；".join(dict.fromkeys(s.label for s in work.of("total")))
    for slot in work.of("amount", "ratio"):
        if (slot.start, slot.end) in seen or len(rows) >= 30 or re.search(r"抽查|退回|追回|核查", slot.text):
            continue
        seen.add((slot.start, slot.end))
        mark = work.out.mark(work.document, slot.start, slot.end, work.judged)
        text = _row(slot.text) if slot.text.lstrip().startswith("|") else condense(slot.text)
        rows.append((slot.label[:40], text, "、".join([*slot.limits, *([total] if total else [])]), f"{slot.place}[{mark}]"))
    work.out.table(("事项", "标准", "限制", "条款"), rows, "支持标准与金额")
    return len(rows) + said(work, [s for s in work.of("stacking") if not s.text.lstrip().startswith("|")], 5)


def _row(row: str) -> str:
    return "，".join(c for c in (x.strip() for x in row.strip().strip("|").split("|")) if c)


def conditions(work: Work) -> int:
    """申报条件, and what bars."""
    done = said(work, work.of("condition"), 20)
    return done + sum(work.say(s, f"不予支持的情形：{condense(s.text)}", "不予支持的情形") for s in work.of("negative")[:10])


def materials(work: Work) -> int:
    """材料与流程."""
    listed = [s for s in work.of("material") if re.search(r"[；。]$", s.text) or not s.place.startswith("附件")]
    done = said(work, listed, 16) + said(work, work.of("procedure"), 10)
    return done + said(work, [s for s in work.of("delivery") if "是指" not in s.text], 2)


def dates(work: Work) -> int:
    """时间节点: deadlines by stage as a table; when the text applies and how long."""
    rows = []
    for slot in work.of("deadline"):
        mark = work.out.mark(work.document, slot.start, slot.end, work.judged)
        rows.append((slot.label, "".join(slot.limits), slot.value.partition(":")[2], f"{slot.place}[{mark}]"))
    unique = list(dict.fromkeys((r[0], r[1], r[2]) for r in rows))
    work.out.table(("环节", "批次", "时间", "条款"), [next(r for r in rows if r[:3] == u) for u in unique], "时间节点")
    return len(unique) + said(work, work.of("period"), 3) + (call_dates(work) if work.document.kind == "policy" else 0)


def bodies(work: Work) -> int:
    """责任单位, as the text names them."""
    return said(work, work.of("body"), 6)


def contact(work: Work) -> int:
    """解读机关与咨询电话."""
    done = said(work, work.of("explain"), 1)
    if not work.of("phone"):
        done += call_phones(work)
    for slot in work.of("phone")[:6]:
        line = next((s for s in work.parts if s.start <= slot.start < s.end), None)
        start, end = (line.start, line.end) if line is not None and line.end - line.start <= 200 else (slot.start, slot.end)
        mark = work.out.mark(work.document, start, end, work.judged)
        done += work.out.say(f"{slot.label + '：' if slot.label and len(slot.label) < 30 else '咨询电话：'}{slot.value}", (mark,), derived="咨询电话：" + slot.label)
    return done


def changes(work: Work) -> int:
    """与上级和旧版相比的变化: amounts, ratios and deadlines that differ from the text that it replaced, and the texts it rests on."""
    done = 0
    old = predecessor(work.document, work.store, work.reader)
    if old is not None:
        mine, theirs = work.out, old
        for line, ours, other in changed_values(old, work.document)[:KEPT]:
            marks = [mine.mark(work.document, ours.start, ours.end, work.judged)] if ours else []
            if other:
                marks.append(mine.mark(theirs, other.start, other.end, validity(theirs, (), work.judged.as_of)))
            done += mine.say(line, marks, derived=f"{named(old)} 原 现 原规定为 现规定为 新增 不再规定")
    for relation in work.document.relations:
        if relation.kind == RelationKind.based_on and relation.document_id == work.document.id and len(relation.target_title) > 5 and relation.start < 1500 and done < KEPT:
            start, end = sentence(work.document.text, relation.start)
            done += work.out.say(f"依据《{relation.target_title}》{'制定' if '制定' in work.document.text[start:end] else ''}。", (work.out.mark(work.document, start, end, work.judged),), derived="依据 制定")
    return done


def terms(work: Work) -> int:
    """名词解释."""
    return said(work, work.of("term"), 8)


def questions(work: Work) -> int:
    """常见问题: asked from the slots, answered in the text's own words."""
    done = 0
    for question, kinds in _QUESTIONS:
        found = [s for s in work.of(*kinds) if not s.text.lstrip().startswith("|") and "是指" not in s.text]
        if kinds == ("amount",):
            found = _highest(found)
        if found and done < 6:
            mark = work.out.mark(work.document, found[0].start, found[0].end, work.judged)
            done += work.out.say(f"问：{question}答：{condense(found[0].text)}", (mark,), derived=question + "问答")
    return done


def _highest(found: Sequence[Slot]) -> list[Slot]:
    """The slot that states the ceiling; none when several amounts stand for several things."""
    bounded = [s for s in found if re.search(r"最高|不超过|上限", s.text)]
    return bounded if len({s.value for s in bounded}) == 1 else []


_QUESTIONS = (
    ("补助（奖励）最高多少？", ("amount",)), ("按什么比例计算？", ("ratio",)), ("能和其他补助一起享受吗？", ("stacking",)), ("什么时候截止？", ("deadline",)),
    ("需要提交申请吗？", ("delivery",)), ("在哪里办理？", ("channel",)), ("执行到什么时候？", ("period",)),
)  # fmt: skip

SECTIONS: tuple[tuple[str, Callable[[Work], int]], ...] = (
    ("背景与依据", background), ("适用对象", who), ("主要内容", content), ("支持标准与金额", support), ("申报条件", conditions), ("材料与流程", materials),
    ("时间节点", dates), ("责任单位", bodies), ("解读机关与咨询电话", contact), ("与上级和旧版相比的变化", changes), ("名词解释", terms), ("常见问题", questions),
)  # fmt: skip


def _missing(work: Work, missing: Sequence[str]) -> None:
    named_ = [m for m in missing if m not in ("常见问题", "与上级和旧版相比的变化")]
    if named_:
        work.out.heading("未规定")
        work.out.note(f"以下事项本文件未规定或未能识别：{'、'.join(named_)}。")
