"""Validity events that a text states, of itself and of others, each with the words that state it.

Of itself: 公布 印发 施行 追溯适用 到期 失效. Of others: 废止 失效 停止执行 部分废止 延期 继续有效 修改, by 《》, by 文号, in lists
(下列文件同时废止：) and in the tables of a 清理目录 (one event a row).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from corpus.cleanup import table_events
from corpus.endings import END_WORDS, PASSIVE, cued, of_others, sentences
from corpus.models import Document, Event, EventKind
from corpus.periods import (
    EFFECTIVE,
    ENDED_ITSELF,
    FROM_ISSUE,
    PERIOD,
    PERIOD_SINCE,
    RANGE,
    SINCE_ISSUE,
    UNTIL,
    begins,
    ended_on,
    integer,
    last_day,
    last_of,
)
from corpus.text import DATE, NUMERAL, parse_date

_SELF = "本(?:办法|规定|条例|细则|规则|通知|意见|措施|公告|方案|指南|政策|决定|解释|法|通告|规范|制度|规程|文件|实施细则)"
_OTHER_SUBJECT = re.compile(r"证书|资格|资质|称号|合同|协议|专利|知识产权|许可|券面|入库|登记编号|备案|营业执照|保险|名单|证明|身份|任期|建设期|(?:项目|课题|任务|工程|试点|合作|服务)(?:的)?(?:实施|执行|建设|起止|研究)?(?:期限|时间|期|周期|年限)|(?<!政)策期|聘期|服务期|保修|授权|创新券(?!管理|政策)|牌照|公示期|公示时间|(?:申报|受理|报名|截止)(?:时间|期限|日期)|承诺|报价|投标")


def events_of(document: Document) -> tuple[Event, ...]:
    """The validity events that a document states, of itself and of others (document_id None: to be resolved)."""
    if document.kind not in ("policy", "notice") or is_draft(document.title):
        return ()
    own = list(_own(document))
    if not any(e.kind == EventKind.expires for e in own):
        own += _tax_period(document)
    began = next((e.on for e in own if e.kind == EventKind.effective), "") or issue_of(document)[0]
    others = (*of_others(document, began), *table_events(document, issue_of(document)[0] or began))
    return tuple(_once([*own, *others]))


def is_draft(title: str) -> bool:
    """Whether a title is of a 征求意见稿 (its call for comments included)."""
    return bool(re.search(r"征求意见稿|征求[^》]{0,60}意见|[（(]草案|送审稿|[（(]公开征求", title)) and not re.search(r"征求意见情况|采纳情况|反馈", title)


def _once(found: list[Event]) -> Iterator[Event]:
    seen = set()
    for e in found:
        key = (e.kind, e.on, e.target_title, e.target_number, e.document_id)
        if key not in seen:
            seen.add(key)
            yield e


# ---- of itself -------------------------------------------------------------------------------------------------------


def issue_of(d: Document) -> tuple[str, str]:
    """The day from which 自印发之日 counts, and what it is: 版记, else 成文日期, else 发布日期 (empty when not known to the day)."""
    if printed := re.search(rf"(?m)办公[厅室]\s+{DATE}印发\s*$", d.text):
        return parse_date(printed[1]), "版记印发日期"
    if len(d.written_on) == 10:
        return d.written_on, "成文日期"
    return (d.published_on, "发布日期") if len(d.published_on) == 10 else ("", "")


def _own(d: Document) -> Iterator[Event]:
    issue, said = issue_of(d)
    if issue:
        promulgates = d.legal_rank in ("法律", "行政法规", "地方性法规", "部门规章", "地方政府规章", "司法解释", "宪法")
        yield Event(EventKind.promulgated if promulgates else EventKind.issued, issue, d.id, d.id, basis=said)
    began, last = "", 0
    for a, b, whole in cued(d.text):
        label = _LABEL.match(whole)
        a, s = (a + label.end(), whole[label.end() :]) if label else (a, whole)
        if not _of_itself(d, a, s, near=a - last < 40 and bool(began)):
            continue
        for e in _own_in(d, a, s, issue, said, began):
            began = e.on if e.kind == EventKind.effective else began
            last = b
            yield e


_LABEL = re.compile(rf"(?:第[{NUMERAL}\d]+条(?:之[{NUMERAL}]+)?[ \u3000]*|[（(][{NUMERAL}\d]+[）)][ \u3000]*|[{NUMERAL}]+、[ \u3000]*|\d{{1,2}}[.．、][ \u3000]*)")
_OPENS = re.compile(rf"^{EFFECTIVE.pattern}|^{SINCE_ISSUE}")


_TAX_PERIOD = re.compile(rf"(?:在|自|对)?{DATE}起?至{DATE}(?:期间|止|，|,|内)?")
_TAX_MEASURE = re.compile(r"扣除|免征|减征|减按|减半|优惠|退还|抵减|加计|摊销")


def _tax_period(d: Document) -> Iterator[Event]:
    """A measure of a tax notice or announcement that holds in a period (在2018年1月1日至2020年12月31日期间 … 加计扣除) ends with it."""
    if not re.match(r"财税|.*公告", d.doc_number) or not re.search(r"税", d.title + "".join(d.issuers)):
        return
    own = d.text[: m.start()] if (m := re.search(r"(?m)^.{0,40}(?:摘编者注|编者按)", d.text)) else d.text
    for a, b in sentences(own):
        s = d.text[a:b]
        match = _TAX_PERIOD.search(s)
        if match and _TAX_MEASURE.search(s) and "《" not in s[: match.start()] and parse_date(match[1]) < parse_date(match[2]):
            yield Event(EventKind.effective, parse_date(match[1]), d.id, d.id, a, b, s, basis="政策执行期间")
            yield Event(EventKind.expires, parse_date(match[2]), d.id, d.id, a, b, s, basis="政策执行期间")
            return


def _of_itself(d: Document, at: int, s: str, *, near: bool) -> bool:
    """Whether a sentence speaks of the validity of its own document: it names itself, or closes the text, or follows such a one."""
    if _OTHER_SUBJECT.search(s) and not re.search(_SELF, s):
        return False
    first = re.search(r"《([^《》]{2,80})》", s)
    if first and not _same_title(first[1], d.title) and not re.search(rf"{_SELF}[^《]*$", s[: first.start()]):
        dated = re.search(rf"{DATE}|有效期|自(?:印发|发布|公布)", s)
        return dated is not None and dated.start() < first.start() and at > len(d.text) * 0.3
    closing = at > len(d.text) * 0.5 or bool(_OPENS.match(s))
    return bool(re.search(rf"{_SELF}|现(?:予|将).{{0,40}}(?:公布|印发|发布)", s)) or near or closing or bool(first)


def _same_title(inner: str, title: str) -> bool:
    squeezed, whole = re.sub(r"[\s〈〉《》]", "", inner), re.sub(r"[\s〈〉《》]", "", title)
    return squeezed in whole and not re.search(rf"(?:废止|修改|延长|修订|解读)[〈《]?{re.escape(inner[:6])}", title)


def _own_in(d: Document, at: int, s: str, issue: str, said: str, began: str) -> Iterator[Event]:
    def event(kind: EventKind, on: str, match: re.Match[str] | None, basis: str = "") -> Event:
        return Event(kind, on, d.id, d.id, at, at + len(s), s, basis=basis or (match[0] if match else ""))

    if passive := PASSIVE.search(s):
        if (ended := re.search(rf"{DATE}起?{END_WORDS}", s[passive.start() :])) and parse_date(ended[1]):
            yield event(EventKind.repealed, parse_date(ended[1]), ended, "文中载明已被废止")
        return
    if re.search(rf"第[^，。；]{{1,24}}(?:条|款|项)[^，。；]{{0,24}}自{DATE}", s):
        return  # a part of it begins at another time
    start = ""
    ranged = RANGE.search(s)
    if ranged and (re.search(r"施行|实施|执行|有效|适用", s) or ("税" in d.title and s[ranged.end() :].startswith("期间"))) and parse_date(ranged[1]) < last_of(ranged[2]):
        start = parse_date(ranged[1])
        yield event(EventKind.effective, start, ranged)
        yield event(EventKind.expires, last_of(ranged[2]), ranged, "有效期至")
    elif match := EFFECTIVE.search(s):
        start = parse_date(match[1])
        if start and not re.search(rf"(?:至|到|截止)\s*{re.escape(match[1])}", s):
            yield event(EventKind.effective, start, match)
    elif issue and (match := FROM_ISSUE.search(s)):
        start = begins(issue, match)
        yield event(EventKind.effective, start, match, f"{match[0]}（自{said}{issue}起算{'' if start else '；途经年份的工作日安排未收录，日期待核'}）")
    elif match := PERIOD_SINCE.search(s):
        start = parse_date(match[1]) if match[1] else issue
        yield event(EventKind.effective, start, match, "" if match[1] else f"{match[0]}（自{said}{issue}起算）")
    if len(start) == 10 and issue and not _versioned(d) and 0 < (date.fromisoformat(issue) - date.fromisoformat(start)).days < 1100:
        yield event(EventKind.retroactive, start, None, f"施行日期早于{said}{issue}")
    if not ranged:
        yield from _ends(d, at, s, start or began or issue)


def _versioned(d: Document) -> bool:
    return bool(d.extra.get("versioned"))


def _ends(d: Document, at: int, s: str, began: str) -> Iterator[Event]:
    def expires(on: str, basis: str) -> Event:
        return Event(EventKind.expires, on, d.id, d.id, at, at + len(s), s, basis=basis)

    if match := UNTIL.search(s):
        yield expires(last_of(match[1]), "有效期至")
    elif len(began) == 10 and (match := PERIOD_SINCE.search(s)):
        count, unit = (match[2], match[3]) if match[2] else (match[4], match[5])
        yield expires(last_day(began, integer(count), unit), f"自{began}起{match[0]}")
    elif (match := PERIOD.search(s)) and len(began) == 10 and _about_itself(d, s[: match.start()]):
        if end := last_day(began, integer(match[1]), match[2]):
            yield expires(end, f"自{began}起{match[0]}")
    elif (match := ENDED_ITSELF.search(s)) and re.search(r"本|有效期|到期|施行|实施|执行", s) and "《" not in s:
        yield expires(ended_on(match), match[0])


def _about_itself(d: Document, before: str) -> bool:
    """Whether a period is the document's own: nothing, itself or its coming into force stands before it in its clause."""
    segment = re.split(r"[，,；;：:]", before)[-1].strip()
    if not segment and not re.search(r"本|施行|实施|执行|印发|发布|公布|试行", before) and before:
        return False
    if _versioned(d) and not re.search(r"本(?:法|条例|规定|办法|决定)", before):
        return False
    return not segment or bool(re.search(rf"{_SELF}(?:的)?|(?:施行|实施|执行|试行|之日起|起)$|^(?:文件|政策)(?:的)?$", segment))
