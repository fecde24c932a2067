"""Whom a text is for, whom it leaves out, who does what, who explains it, where and by which telephone; its basis, terms and period."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus.models import Document
from rag.slot import Slot, cue, cues, make, own_heading, sentences
from rag.statements import Statement, condense


def objects(document: Document, s: Statement) -> Iterator[Slot]:
    """Whom the text is for: sentences, lists and headings that say so."""
    if s.kind == "table":
        return
    lead = condense(s.lead(document)) if s.items else ""
    if lead and cue("object_list").search(lead):
        for a, b in s.items:
            yield make("object", document, a, b, s, label=lead[:80])
        return
    headed = bool(cue("object_heading").search(own_heading(s)))
    for a, b in ((s.start, s.end),) if headed and s.items else sentences(document, s):
        text = condense(document.text[a:b])
        if headed or cue("object_sentence").search(text):
            yield make("object", document, a, b, s)


def exclusions(document: Document, s: Statement) -> Iterator[Slot]:
    """Places and parties that the text does not reach."""
    for a, b in sentences(document, s):
        if cue("exclusion").search(document.text[a:b]):
            yield make("exclusion", document, a, b, s)


def basis(document: Document, s: Statement) -> Iterator[Slot]:
    """Why and on what the text rests: the first article, or a paragraph before the first heading."""
    if s.kind == "table" or s.start > 1500 or not (s.article == "第一条" or (s.article is None and not s.heading)):
        return
    if cue("basis").search(condense(s.text(document))):
        yield make("basis", document, s.start, s.end, s)
    elif (match := _BASIS.search(document.text, s.start, s.end)) is not None:
        yield make("basis", document, match.start(), match.end(), s)


_BASIS = re.compile(r"(?:为(?:了|深入|进一步|有效|贯彻|落实|加强|规范|全面|切实|促进|支持|推动)|根据|依据|按照)[^。]{6,500}?(?:制定本[^。]{2,8}|特?制定[^。]{0,8}(?:如下|以下)[^。]{0,12}|提出(?:如下|以下)[^。：]{0,12}|(?:通知|公告|明确|意见)如下)[。：]?")

_SUFFIX = r"(?:厅|局|部|部门|委|办|办公室|院|署|府|行|会|中心|机构|单位|海关|集团)(?:（[^（）]{1,12}）)?"
_DUTY = re.compile(rf"(?:[\u4e00-\u9fff（）、]{{0,30}}?{_SUFFIX})(?:按照职责(?:分工)?|具体|依法|共同|统一|按职责(?:分工)?)?(?:负责(?!人)|牵头(?!单位|申报|承担)|应当?(?:依照|按照|依据|根据)(?:各自|法定)?的?(?:工作)?职责|主管(?:全国|全省|全市|本(?:省|市|县|区|行政区域))[^，。；]{{2,30}}工作)|是[\u4e00-\u9fff]{{0,12}}(?:责任主体|第一责任人)")
_NO_DUTY = re.compile(r"解释|揭榜|项目负责人|申报单位|用人单位对|企业对|申请人|由[^，。；]{0,6}负责(?:提供|承担)")
_TAGGED = re.compile(r"[（(]\s*((?:(?:牵头|责任|配合|参与|牵头负责|责任落实)(?:单位|部门)?\s*[:：]|[^（）()]{2,80}?(?:分别负责|按职责分工(?:分别)?负责|负责)(?:，[^（）()]{0,24})?[）)])[^（）()]*(?:[（(][^（）()]*[）)][^（）()]*)*)[）)]?")
_LINE = re.compile(r"^\s*(?:牵头|责任|配合|参与)(?:单位|部门)\s*[:：][^\n]+", re.M)


def bodies(document: Document, s: Statement) -> Iterator[Slot]:
    """负责 and 牵头 with the body before it, （责任单位：…） behind a measure, and who explains."""
    text = document.text[s.start : s.end]
    for match in cue("explain").finditer(text):
        body = "、".join(g for g in match.groups() if g)
        yield make("explain", document, s.start + match.start(), s.start + match.end(), s, label=re.sub(r"^.*由", "", body))
    tagged = [m for pattern in (_TAGGED, _LINE) for m in pattern.finditer(text)]
    for m in tagged:
        yield make("body", document, s.start + m.start(), s.start + m.end(), s, label=_measure(text, m.start(), s), value="tagged")
    for a, b in [] if tagged else sentences(document, s):
        sentence = condense(document.text[a:b])
        if _DUTY.search(sentence) and not _NO_DUTY.search(sentence):
            yield make("body", document, a, b, s)


def _measure(text: str, end: int, s: Statement) -> str:
    """The short name of the measure that a tag closes: the title that opens its paragraph, else its heading."""
    start = max(text.rfind("\n", 0, max(0, end - 1)), 0)
    opening = re.split(r"[。：，]", condense(text[start:end]))[0]
    return opening if 2 <= len(opening) <= 24 else own_heading(s)[:30]


def channels(document: Document, s: Statement) -> Iterator[Slot]:
    """Systems and platforms through which things are done."""
    text = document.text[s.start : s.end]
    for match in cue("channel").finditer(text):
        around = text[text.rfind("。", 0, match.start()) + 1 :][: match.end() - match.start() + 200].split("。")[0]
        if _APPLIED.search(around) and not re.search(r"发布|公布|公示|公开", re.split(r"[，。；\n]", text[match.end() :])[0][:12]):
            yield make("channel", document, s.start + match.start(1), s.start + match.end(1), s, label=match[1])


_APPLIED = re.compile(r"申[报请领]|填报|提交|办理|报名|登[录陆]|上传|注册|兑[付现]|受理|报送|查询|缴[纳费]|备案|领取|进入|访问|对接|揭榜|结算")
"""What people do where they are told to go; a platform that is built or that makes known is no place to apply."""


def phones(document: Document, s: Statement) -> Iterator[Slot]:
    """Telephones with their holder."""
    text = document.text[s.start : s.end]
    if not re.search(r"电话|咨询|联系|热线|技术支持", text + s.heading):
        return
    for match in cue("phone").finditer(text):
        before = re.split(r"[，,；;。\n]", text[: match.start()])[-1]
        yield make("phone", document, s.start + match.start(), s.start + match.end(), s, label=condense(before).rstrip("：: "), value=match.group())


def delivery(document: Document, s: Statement) -> Iterator[Slot]:
    """How the support is delivered, in sentences that say more than a title does."""
    for a, b in sentences(document, s):
        sentence = document.text[a:b]
        for word in cues()["delivery"]["words"]:
            if word in sentence and len(condense(sentence)) > len(word) + 2 and ((word[-2:] != "补助" and word[-2:] != "挂帅") or re.search(rf"(?:实行|采取|采用|通过|以)[^，。]{{0,8}}{word}", sentence)):
                yield make("delivery", document, a, b, s, label=word)


def terms(document: Document, s: Statement) -> Iterator[Slot]:
    """What words mean here."""
    if s.kind == "table":
        return
    for a, b in sentences(document, s):
        if (match := cue("term").search(condense(document.text[a:b]))) is not None:
            yield make("term", document, a, b, s, label=next(g for g in match.groups() if g).strip("“”"))


_LASTS = re.compile(
    r"自.{2,24}起(?:[^，。；内未]{0,8})(?:施行|实施|执行|生效|试行)|有效期(?:限)?(?:为|至|自|延长至|延续至|[一二三四五两\d]+\s*年)|试行期?(?:为)?[一二三四五两\d]+\s*(?:个)?[年月]|自(?:印发|发布|公布)之日"
    r"|执行期(?:限)?(?:暂定为|为|自|至)?|适用截止时间|(?:在)?疫情期间有效"
)
_ANOTHERS = re.compile(r"《[^》]{2,60}》(?:（[^）]{0,40}）)?[^。《]{0,8}有效期[^。]{0,24}(?:届满|已过|期满)|《[^》]{2,60}》(?:（[^）]{0,40}）)?[^。《]{0,4}(?:已于|已经|已)[^。]{0,16}(?:届满|到期|失效|废止)")
"""The period of a text that is over and that this one names: none of its own."""
_OWN = re.compile(r"本(?:办法|细则|规定|条例|措施|通知|意见|法|公告|方案|指南|政策|规则|暂行办法|实施意见)|上述|以上政策")


def period(document: Document, s: Statement) -> Iterator[Slot]:
    """When the text itself applies and how long (not the period of a certificate, a voucher or a contract)."""
    if s.kind == "table":
        return
    for a, b in sentences(document, s):
        text = document.text[a:b]
        if _ANOTHERS.search(text):
            continue
        if _LASTS.search(text) and (_OWN.search(text) or not re.search(r"证书|资格|券|合同|登记编号|有效期内|认定有效期|备案有效期|承租|培育期|报告|数据|发生的|兑付", text)):
            yield make("period", document, a, b, s)


def stacking(document: Document, s: Statement) -> Iterator[Slot]:
    """Whether support stacks with other support."""
    for a, b in sentences(document, s):
        if cue("stacking").search(document.text[a:b]) and not _NO_STACK.search(document.text[a:b]):
            yield make("stacking", document, a, b, s)


_NO_STACK = re.compile(r"重点核实|核实重点|重点是|重点包括|叠加(?:辐射|放大|增强|效应|优势|集成)|(?:避免|减少|防止|杜绝)(?:交叉)?重复(?:性|检查|评估|评审|审计|建设|投资|购置|执法|提交|填报|收集)")
"""What is checked for it, and other things that are stacked or repeated than support."""
