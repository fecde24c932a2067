"""The sections of an interpretation: each says what it finds and returns how much that was."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.models import RelationKind, Status
from corpus.validity import validity
from rag.beside import call_dates, call_phones
from rag.changes import changed_values, predecessor
from rag.grants import Grant, grants
from rag.slot import Slot
from rag.source import named
from rag.statements import condense
from rag.work import KEPT, Work, said, sentence


def later(work: Work) -> int:
    """时效与后续修改: what became of the text since, in the words of the texts that say so; a draft and what has not begun are said plainly."""
    done = 0
    if work.judged.status == Status.draft:
        work.out.note("本文件是征求意见稿，尚未生效，不能作为依据；以下按征求意见稿原文梳理。")
        done += 1
    before = ("", "")
    for x in work.since:
        mark = work.out.mark(x.document, x.start, x.end, validity(x.document, (), work.judged.as_of))
        name, before = ("同一文件" if (x.kind, x.document.id) == before else named(x.document)), (x.kind, x.document.id)
        head = {"changed": "修改", "extended": "延长有效期", "continued": "继续有效", "ended": "终止"}[x.kind]
        done += work.out.say(f"{head}：{name}：{x.words}", (mark,), derived=f"{head} {name}")
    return done


def background(work: Work) -> int:
    """背景与依据."""
    return said(work, work.of("basis"), 1)


def who(work: Work) -> int:
    """适用对象: what the text says it applies to, and whom it leaves out; else the conditions that say so."""
    done = said(work, [s for s in work.of("object") if not s.text.endswith(("：", ":")) and "叠加" not in s.text], 5)
    listed = [s for s in work.of("condition") if not s.tabular]
    if not done and listed and re.search(r"企业|单位|机构|人才|人员|对象", listed[0].label or listed[0].heading + listed[0].text):
        first = [s for s in listed if s.label == listed[0].label][: 6 if _ANY.search(listed[0].label) else 2]
        lead = f"{listed[0].label.rstrip('：:')}：" if listed[0].label else ""
        words = "；".join(condense(s.text).rstrip("；;。") for s in first)
        done += work.out.say(f"{lead}{words}。", tuple(work.out.mark(work.document, s.start, s.end, work.judged) for s in first), derived=lead)
    return done + said(work, [s for s in work.of("exclusion") if not s.tabular and not s.text.endswith(("：", ":")) and "就高不就低" not in s.text and "叠加" not in s.text and not any(c.start <= s.start < c.end for c in listed)], 3)


_ANY = re.compile(r"之一|任一|任何一|其中一项|至少一项")
"""A list of which one is enough."""


def support(work: Work) -> int:
    """支持标准与金额: a table of whom for, what, and its limits (最高, 不超过, 总额控制 are never dropped); then what controls and stacks."""
    whole = work.of("total")
    control = "总额控制" if any(re.search(r"总额控制|折算", s.text) for s in whole) else ""
    found = grants(work.document, work.parts)[:40]
    rows = [_row(work, g, control) for g in found]
    work.out.table(("事项", "标准", "限制", "条款"), rows, "支持标准与金额")
    held = [(g.slot.start, g.slot.end) for g in found]
    stacking = [s for s in work.of("stacking") if not s.tabular]
    done = said(work, [s for s in whole if not s.tabular and not any(a <= s.start and s.end <= b + 2 for a, b in held)], 3)
    return len(rows) + done + said(work, stacking, 8)


def _row(work: Work, g: Grant, control: str) -> tuple[str, str, str, str]:
    mark = work.out.mark(work.document, g.slot.start, g.slot.end, work.judged)
    return g.subject[:120], g.standard, "；".join(p for p in (g.cap, control) if p), f"{g.slot.place}[{mark}]{work.altered(g.slot.place, g.slot.text)}"


def conditions(work: Work) -> int:
    """申报条件 by groups (each under the words that lead it, when there are several), and what bars."""
    asked = [s for s in work.of("condition") if not s.text.endswith(("：", ":")) and not (s.tabular and not s.label)]
    leads = list(dict.fromkeys(s.label for s in asked if s.label))
    done, last = 0, ""
    for slot in asked[:40]:
        if slot.label and slot.label != last and (len(leads) > 1 or _ANY.search(slot.label)):
            work.out.note(f"〔{slot.label.rstrip('：:')}〕")
        last = slot.label
        done += work.say(slot)
    return done + _barred(work, [s for s in work.of("negative")[:14] if not s.tabular])


def _barred(work: Work, found: Sequence[Slot]) -> int:
    """What bars; the items of a list under the words that lead it (…有下列情形之一的，不予受理)."""
    done, last = 0, ""
    for s in found:
        if s.label and s.label != last:
            work.out.note(f"〔{s.label.rstrip('：:')}〕")
        last = s.label
        done += work.say(s) if s.label else work.say(s, f"不予支持的情形：{condense(s.text)}", "不予支持的情形")
    return done


def materials(work: Work) -> int:
    """材料与流程."""
    listed = [s for s in work.of("material") if re.search(r"[；。]$", s.text) or not s.place.startswith("附件")]
    done, last = 0, ""
    for slot in listed[:20]:
        if slot.label != last and len(slot.label) > 14:
            done += _led(work, slot)
        last = slot.label
        done += work.say(slot)
    steps = [s for s in work.of("procedure") if not s.tabular]
    done += said(work, steps, 14)
    held = [(s.start, s.end) for s in (*listed, *steps)]
    for slot in [s for s in work.of("delivery") if "是指" not in s.text and not s.tabular and not any(a <= s.start and s.end <= b for a, b in held)][:2]:
        done += work.say(slot, re.sub(r"，?按(?:照)?(?:下列|以下)(?:程序|方式)[^，。]*[：:]$", "。", condense(slot.text)))
    return done


def _led(work: Work, slot: Slot) -> int:
    """The words that lead a list of materials: by whom, when and where they are handed in."""
    line = next((s for s in work.parts if s.start <= slot.start < s.end), None)
    if line is None or not line.items:
        return 0
    mark = work.out.mark(work.document, line.start, line.lead_end, work.judged)
    return int(work.out.say(condense(line.lead(work.document)), (mark,)))


def dates(work: Work) -> int:
    """时间节点: deadlines by stage as a table; when the text applies and how long; the deadlines of the newest call."""
    rows = []
    for slot in _apart(work, work.of("deadline")):
        start, end = _act(work, slot)
        mark = work.out.mark(work.document, start, end, work.judged)
        rows.append((slot.label, "".join(slot.limits), when(slot, work.document.text[start:end]), f"{slot.place}[{mark}]{work.altered(slot.place, slot.text)}"))
    unique = list({r[:3]: r for r in reversed(rows)}.values())[::-1]
    work.out.table(("环节", "批次", "时间", "条款"), unique, "时间节点")
    return len(unique) + sum(_period(work, s) for s in work.of("period")[:4]) + _extended(work) + (call_dates(work) if work.document.kind == "policy" else 0)


def when(slot: Slot, act: str = "") -> str:
    """A deadline as it is shown: its date and hour; without a year in the text's own words with what is to be done."""
    kind, _, day = slot.value.partition(":")
    return f"{day}{' ' + slot.time if slot.time else ''}" if kind == "date" else condense(act or slot.text).rstrip("，；。")


def _apart(work: Work, found: Sequence[Slot]) -> list[Slot]:
    """Deadlines, one a span: of several stages the one that its sentence itself names."""
    kept: dict[tuple[int, int, str], Slot] = {}
    for s in found:
        key = (s.start, s.end, s.value if s.value.startswith("date:") else "")
        start, end = sentence(work.document.text, s.start)
        if key not in kept or s.label in work.document.text[start:end]:
            kept[key] = s
    return list(kept.values())


def _act(work: Work, slot: Slot) -> tuple[int, int]:
    """The span of a deadline without a year, up to the end of what is to be done by then."""
    if slot.tabular or not re.search(r"(?:前|止|内)[，,]?$", slot.text.rstrip()):
        return slot.start, slot.end
    match = re.compile(r"[^。；;\n]{0,80}").match(work.document.text, slot.end)
    return slot.start, max(slot.end, match.end() if match else slot.end)


_BLANK = re.compile(r"年\s*月\s*日")


def _period(work: Work, slot: Slot) -> bool:
    """When the text applies; a day that the draft leaves open is said to be open."""
    if not _BLANK.search(slot.text):
        return work.say(slot)
    return work.say(slot, f"{_BLANK.sub('年×月×日', condense(slot.text))}（施行日期待定）", "施行日期待定")


def _extended(work: Work) -> int:
    """The last extension of the period, in the words of the text that extends it."""
    last = next((x for x in reversed(work.since) if x.kind == "extended"), None)
    if last is None:
        return 0
    mark = work.out.mark(last.document, last.start, last.end, validity(last.document, (), work.judged.as_of))
    return int(work.out.say(f"有效期已延长：{named(last.document)}：{last.words}", (mark,), derived=f"有效期已延长 {named(last.document)}"))


def bodies(work: Work) -> int:
    """责任单位, as the text names them; where a text names them measure by measure, as a table."""
    tagged = [s for s in work.of("body") if s.value == "tagged"]
    rows = []
    for slot in tagged[:40]:
        mark = work.out.mark(work.document, slot.start, slot.end, work.judged)
        rows.append((slot.label, condense(slot.text).strip("（）()"), f"{slot.place}[{mark}]"))
    work.out.table(("事项", "责任单位", "条款"), rows, "责任单位")
    return len(rows) + said(work, [s for s in work.of("body") if s.value != "tagged"], 6)


def contact(work: Work) -> int:
    """解读机关与咨询电话."""
    done = said(work, work.of("explain"), 2)
    if not work.of("phone"):
        done += call_phones(work)
    for slot in list({s.value: s for s in reversed(work.of("phone"))}.values())[::-1][:8]:
        line = next((s for s in work.parts if s.start <= slot.start < s.end), None)
        start, end = (line.start, line.end) if line is not None and line.end - line.start <= 200 else (slot.start, slot.end)
        mark = work.out.mark(work.document, start, end, work.judged)
        holder = slot.label if 0 < len(slot.label) < 30 and not _DIALS.search(slot.label) else "咨询电话"
        done += work.out.say(f"{holder}：{slot.value}", (mark,), derived="咨询电话：" + slot.label)
    return done


_DIALS = re.compile(r"(?:拨打|致电|优化|确保|畅通|开通|利用|依托|用好|发挥|推广|宣传|通过|运用)$")
"""What is done with a telephone is not who holds it."""


def changes(work: Work) -> int:
    """与上级和旧版相比的变化: amounts, ratios and deadlines that differ from the text that it replaced, and the texts it rests on."""
    done = 0
    old = predecessor(work.document, work.store, work.reader)
    if old is not None:
        for line, ours, other in changed_values(old, work.document, draft=work.judged.status == Status.draft)[:KEPT]:
            marks = [work.out.mark(work.document, ours.start, ours.end, work.judged)] if ours else []
            if other:
                marks.append(work.out.mark(old, other.start, other.end, validity(old, (), work.judged.as_of)))
            done += work.out.say(line, marks, derived=f"{named(old)} 原 现 原规定为 现规定为 新增 不再规定 现行规定为 拟规定为 拟新增 拟不再规定")
    seen: set[str] = set()
    for relation in work.document.relations:
        title = relation.target_title
        if relation.kind == RelationKind.based_on and relation.document_id == work.document.id and len(title) > 5 and relation.start < 1500 and done < KEPT and title not in seen and not _FORM.search(title):
            seen.add(title)
            start, end = sentence(work.document.text, relation.start)
            done += work.out.say(f"依据《{title}》{'制定' if '制定' in work.document.text[start:end] else ''}。", (work.out.mark(work.document, start, end, work.judged),), derived="依据 制定")
    return done


_FORM = re.compile(r"(?:表|单|单说明|样式|证书|证明|承诺书|申请书|目录说明)$")
"""Papers to be filled in or shown, which nothing rests on."""


def terms(work: Work) -> int:
    """名词解释."""
    return said(work, work.of("term"), 8)


# ---- questions -----------------------------------------------------------------------------------------------------------


def questions(work: Work) -> int:
    """常见问题: asked from the slots, answered in the text's own words."""
    if work.document.kind == "interpretation":
        return 0  # it answers the questions itself
    found = grants(work.document, work.parts)
    done = sum(_granted(work, question, chosen, len(found) > 1) for question, chosen in (("最高多少？", _ceiling(found)), ("按什么比例计算？", _rate(found))))
    for question, kinds in _QUESTIONS:
        slot = next((s for s in _fitting(work, kinds) if not s.tabular and "是指" not in s.text and not s.text.endswith(("：", ":")) and not _BLANK.search(s.text)), None)
        if kinds == ("period",) and done < 6 and _continued(work, question):
            done += 1
        elif slot is not None and done < 6:
            start, end = _whole(work, slot)
            mark = work.out.mark(work.document, start, end, work.judged)
            altered = work.altered(slot.place, slot.text)
            done += work.out.say(f"问：{question}答：{condense(work.document.text[start:end])}{altered}", (mark,), derived=question + "问答" + altered)
    return done


_WHERE = re.compile(r"填报|申报|申请|申领|提交|办理|确认")
_HOW = re.compile(r"免申|即申|无需|不需要|无须|申请|申报|自行判别")


def _fitting(work: Work, kinds: Sequence[str]) -> list[Slot]:
    """The slots that may answer a question: where something is handed in, whether it must be applied for."""
    found = work.of(*kinds)
    wanted = {"channel": _WHERE, "delivery": _HOW}.get(kinds[0])
    return found if wanted is None else [s for s in found if wanted.search(work.document.text[slice(*_whole(work, s))])]


def _continued(work: Work, question: str) -> bool:
    """How long a text holds whose period another text extended."""
    last = next((x for x in reversed(work.since) if x.kind == "extended"), None)
    if last is None:
        return False
    mark = work.out.mark(last.document, last.start, last.end, validity(last.document, (), work.judged.as_of))
    return work.out.say(f"问：{question}答：{named(last.document)}：{last.words}", (mark,), derived=f"{question}问答 {named(last.document)}")


def _granted(work: Work, question: str, chosen: Sequence[Grant], among: bool) -> int:
    """One grant asked for; `among` others of the text its question says what it is for, and without a short name for that it is not asked."""
    if not chosen or (among and not _NAMED.search(chosen[0].subject)):
        return 0
    g = chosen[0]
    question = f"{g.subject}，{question}" if among else f"补助（奖励）{question}" if question.startswith("最高") else question
    mark = work.out.mark(work.document, g.slot.start, g.slot.end, work.judged)
    altered = work.altered(g.slot.place, g.slot.text)
    return int(work.out.say(f"问：{question}答：{condense(g.slot.text).rstrip('，；')}。{altered}", (mark,), derived=question + "问答" + altered))


_NAMED = re.compile(r"^(?!.*(?:什么|哪些|如何|怎))(?=.{2,40}$).*(?:企业|单位|机构|平台|中心|人才|人员|项目|产品|设备|贷款|的)")
"""A subject that names who or what something is for."""


def _ceiling(found: Sequence[Grant]) -> list[Grant]:
    """The grant that states the ceiling; none when several ceilings stand for several things."""
    bounded = [g for g in found if not g.slot.tabular and re.search(r"最高|不超过|上限", g.slot.text) and "元" in g.slot.text]
    return bounded if len(bounded) == 1 else []


def _rate(found: Sequence[Grant]) -> list[Grant]:
    """The grant that states the ratio; none when there are several."""
    rates = [g for g in found if not g.slot.tabular and re.search(r"\d+(?:\.\d+)?%|百分之", g.standard)]
    return rates if len(rates) == 1 else []


def _whole(work: Work, slot: Slot) -> tuple[int, int]:
    """The sentence that a slot stands in, within its statement."""
    line = next((s for s in work.parts if s.start <= slot.start < s.end), None)
    start, end = sentence(work.document.text, slot.start)
    if line is None or slot.end > end:
        return slot.start, slot.end
    floor = next((a for a, b in line.items if a <= slot.start < b), line.start)
    roof = next((b for a, b in line.items if a <= slot.start < b), line.end)
    return max(start, floor), max(slot.end, min(end, roof))


_QUESTIONS = (
    ("能和其他补助一起享受吗？", ("stacking",)), ("什么时候截止？", ("deadline",)), ("需要提交申请吗？", ("delivery",)), ("在哪里办理？", ("channel",)), ("执行到什么时候？", ("period",)),
)  # fmt: skip
