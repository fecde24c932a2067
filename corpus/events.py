"""Validity events that a text states, of itself and of others, each with the words that state it.

Of itself: 公布 印发 施行 追溯适用 到期 失效. Of others: 废止 失效 停止执行 部分废止 延期 继续有效 修改, by 《》, by 文号, in lists
(下列文件同时废止：) and in the tables of a 清理目录 (one event a row).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from corpus.cleanup import table_events
from corpus.models import Document, Event, EventKind
from corpus.numbers import official_number
from corpus.targets import Target, targets_in
from corpus.text import DATE, NUMERAL, chinese_number, parse_date, trim

_COUNT = rf"([{NUMERAL}\d]{{1,4}})"
_SELF = "本?(?:办法|规定|条例|细则|规则|通知|意见|措施|公告|方案|指南|政策|决定|解释|法|通告|规范|制度|办法)"
_IN_FORCE = "(?:正式|起)?(?:施行|实施|执行|生效|试行|有效)"
_EFFECTIVE = re.compile(rf"(?:自|从|于)?{DATE}(?:零时|0时)?(?:起|开始|之日起)?{_IN_FORCE}")
_FROM_ISSUE = re.compile(rf"自(?:印发|发布|公布|发文|颁布|通过|下发|签发|批准)(?:之日)?(?:起)?(?:{_COUNT}\s*(?:个)?(工作日|日|天|个月|月)后)?(?:起)?(?:即)?{_IN_FORCE}")
_AFTER_ISSUE = re.compile(rf"自(?:印发|发布|公布)(?:之日)?(?:起)?后?{_COUNT}\s*(?:个)?(日|天|个月|月)(?:后)?(?:起)?{_IN_FORCE}")
_RANGE = re.compile(rf"(?:自|从)?{DATE}(?:起)?(?:施行|实施|执行|生效)?[，,]?(?:有效期)?(?:至|到|-|—|－){DATE}(?:止|失效|废止)?")
_UNTIL = re.compile(rf"(?:有效期(?:限)?(?:为)?(?:截止)?|实施期限|执行期限|政策期限|执行期|试行期|施行|实施|执行)(?:截止|延续|暂定)?(?:至|到|为){DATE}")
_PERIOD = re.compile(rf"(?:有效期(?:限)?(?:暂定)?(?:为)?|试行(?:期)?(?:限)?(?:为)?|暂行期(?:限)?(?:为)?|(?:施行|实施|执行)(?:期)?(?:限)?为){_COUNT}\s*(?:个)?(周年|年|月)(?!度|内|前|以)")
_ENDED_ITSELF = re.compile(rf"(?:自|于)?{DATE}(?:起)?(?:自动|自行)?(?:失效|废止)")
_END_WORDS = r"(?:废止|失效|停止执行|不再执行|停止施行|停止使用|作废)"
_GAP = rf"(?:等(?:\d+|[{NUMERAL}]+)?(?:个|件)?(?:文件)?|及其[^，。；]{{0,12}}|[的原于从也亦现均全]|自{DATE}起?|自(?:本\w{{1,4}})?(?:施行|实施|执行|印发|发布|公布|生效)之日起|同时|予以|即行|即|相应|自行|一并|立即|全部|全文|决定|宣布|规定|文件|[，,、\s）)”和及与])*"
_AFTER_TARGET = re.compile(rf"^{_GAP}{_END_WORDS}(?![前后的]|或者|、|和)")
_BEFORE_TARGET = re.compile(r"(?:同时|现予|决定|宣布|予以|一并|并)(?:予以)?(?:废止|停止执行)(?:了)?[：:]?\s*$|(?:^|[，,；：])废止\s*$")
_PASSIVE = re.compile(r"本(?:公告|通知|办法|规定|意见|细则|措施|文件|条例)(?:已|现已)?(?:由|被)")
_PARTLY = re.compile(rf"^[^《》。；\n]{{0,16}}?第[^，。；《》\n]{{1,24}}(?:条|款|项|章)[^，。；《》\n]{{0,60}}?(?:同时|予以|自{DATE}起|相应)?{_END_WORDS}")
_LIST_HEAD = re.compile(rf"(?:下列|以下|附件所列|如下)[^。；\n]{{0,40}}(?:同时|予以|全文|决定|宣布)?{_END_WORDS}[：:]?\s*$|{_END_WORDS}(?:下列|以下)[^。；\n]{{0,30}}[：:]\s*$")
_NOT_MEANT = re.compile(r"修改[、或](?:者)?废止|废止[、或](?:者)?修改|修订[、]废止|清理|建议|提出.{0,12}废止|可以废止|评估|继续有效、|应当.{0,6}废止")
_EXTEND = re.compile(rf"(?:有效期(?:限)?|执行期限?|实施期限?|政策期限?|施行期限?|试行期)?(?:统一)?(?:继续)?(?:延长|延续|延期|顺延|执行|有效|施行|实施)(?:执行)?(?:至|到){DATE}")
_EXTEND_BY = re.compile(rf"有效期(?:限)?(?:延长|延续|顺延){_COUNT}\s*(?:个)?(年|月)")
_CONTINUE = re.compile(r"继续(?:有效|执行|施行)")
_OTHER_SUBJECT = re.compile(r"证书|资格|资质|称号|合同|协议|专利|知识产权|许可|券面|入库|登记编号|备案|营业执照|保险|名单|证明|身份|任期|建设期|项目执行期|(?<!政)策期|聘期|服务期|保修|授权|创新券(?!管理|政策)|牌照|公示期|承诺")
_TITLE_REPEALS = re.compile(r"关于(?:公布)?(?:废止|停止执行|宣布失效|取消)")
_TITLE_AMENDS = re.compile(r"关于修[改订正]《")


NAMED, REACH = 200, 3000
"""In one sentence at most so many documents are looked at, and so many characters behind each: a bound on hostile texts."""


def events_of(document: Document) -> tuple[Event, ...]:
    """The validity events that a document states, of itself and of others (document_id None: to be resolved)."""
    if document.kind not in ("policy", "notice") or is_draft(document.title):
        return ()
    own = list(_own(document))
    if not any(e.kind == EventKind.expires for e in own):
        own += _tax_period(document)
    return tuple(_once([*own, *_of_others(document, own)]))


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


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of sentences that end at 。；or a line break."""
    start = 0
    for match in re.finditer(r"[。；;]+[”）)]*|\n+", text):
        a, b = trim(text, start, match.end())
        if a < b:
            yield a, b
        start = match.end()
    a, b = trim(text, start, len(text))
    if a < b:
        yield a, b


_CUE = re.compile(r"施行|实施|执行|生效|有效|试行|失效|废止|延长|延续|延期|作废|修改")


def _cued(text: str) -> list[tuple[int, int, str]]:
    return [(a, b, text[a:b]) for a, b in _sentences(text) if _CUE.search(text, a, b)]


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
    for a, b, whole in _cued(d.text):
        label = _LABEL.match(whole)
        a, s = (a + label.end(), whole[label.end() :]) if label else (a, whole)
        if not _of_itself(d, a, s, near=a - last < 40 and bool(began)):
            continue
        for e in _own_in(d, a, s, issue, said, began):
            began = e.on if e.kind == EventKind.effective else began
            last = b
            yield e


_LABEL = re.compile(rf"(?:第[{NUMERAL}\\d]+条(?:之[{NUMERAL}]+)?[ \u3000]*|[（(][{NUMERAL}\\d]+[）)][ \u3000]*|[{NUMERAL}]+、[ \u3000]*|\\d{{1,2}}[.．、][ \u3000]*)")
_OPENS = re.compile(rf"^(?:自|从){DATE}起?{_IN_FORCE}|^(?:自|从)(?:印发|发布|公布)之日")


_TAX_PERIOD = re.compile(rf"(?:在|自|对)?{DATE}起?至{DATE}(?:期间|止|，|,|内)?")
_TAX_MEASURE = re.compile(r"扣除|免征|减征|减按|减半|优惠|退还|抵减|加计|摊销")


def _tax_period(d: Document) -> Iterator[Event]:
    """A measure of a tax notice or announcement that holds in a period (在2018年1月1日至2020年12月31日期间 … 加计扣除) ends with it."""
    if not re.match(r"财税|.*公告", d.doc_number) or not re.search(r"税", d.title + "".join(d.issuers)):
        return
    own = d.text[: m.start()] if (m := re.search(r"(?m)^.{0,40}(?:摘编者注|编者按)", d.text)) else d.text
    for a, b in _sentences(own):
        s = d.text[a:b]
        match = _TAX_PERIOD.search(s)
        if match and _TAX_MEASURE.search(s) and "《" not in s[: match.start()] and parse_date(match[1]) < parse_date(match[2]):
            yield Event(EventKind.effective, parse_date(match[1]), d.id, d.id, a, b, s, basis="政策执行期间")
            yield Event(EventKind.expires, parse_date(match[2]), d.id, d.id, a, b, s, basis="政策执行期间")
            return


def _of_itself(d: Document, at: int, s: str, *, near: bool) -> bool:
    """Whether a sentence speaks of the validity of its own document: it names itself, or closes the text, or follows such a one."""
    if _OTHER_SUBJECT.search(s) and not re.search(_SELF.replace("本?", "本"), s):
        return False
    first = re.search(r"《([^《》]{2,80})》", s)
    if first and not _same_title(first[1], d.title) and not re.search(r"本(?:办法|规定|条例|细则|规则|通知|意见|措施|公告|方案|决定|法)[^《]*$", s[: first.start()]):
        dated = re.search(rf"{DATE}|有效期|自(?:印发|发布|公布)", s)
        return dated is not None and dated.start() < first.start() and at > len(d.text) * 0.3
    closing = at > len(d.text) * 0.5 or bool(_OPENS.match(s))
    return bool(re.search(r"本(?:办法|规定|条例|细则|规则|通知|意见|措施|公告|方案|指南|政策|决定|解释|法|通告|规范|制度)|现(?:予|将).{0,40}(?:公布|印发|发布)", s)) or near or closing or bool(first)


def _same_title(inner: str, title: str) -> bool:
    squeezed, whole = re.sub(r"[\s〈〉《》]", "", inner), re.sub(r"[\s〈〉《》]", "", title)
    return squeezed in whole and not re.search(rf"(?:废止|修改|延长|修订|解读)[〈《]?{re.escape(inner[:6])}", title)


def _own_in(d: Document, at: int, s: str, issue: str, said: str, began: str) -> Iterator[Event]:
    def event(kind: EventKind, on: str, match: re.Match[str] | None, basis: str = "") -> Event:
        return Event(kind, on, d.id, d.id, at, at + len(s), s, basis=basis or (match[0] if match else ""))

    if passive := _PASSIVE.search(s):
        if (ended := re.search(rf"{DATE}起?{_END_WORDS}", s[passive.start() :])) and parse_date(ended[1]):
            yield event(EventKind.repealed, parse_date(ended[1]), ended, "文中载明已被废止")
        return
    if re.search(rf"第[^，。；]{{1,24}}(?:条|款|项)[^，。；]{{0,24}}自{DATE}", s):
        return  # a part of it begins at another time
    start = ""
    ranged = _RANGE.search(s)
    if ranged and (re.search(r"施行|实施|执行|有效|适用", s) or ("税" in d.title and s[ranged.end() :].startswith("期间"))) and parse_date(ranged[1]) < parse_date(ranged[2]):
        start = parse_date(ranged[1])
        yield event(EventKind.effective, start, ranged)
        yield event(EventKind.expires, parse_date(ranged[2]), ranged, "有效期至")
    elif match := _EFFECTIVE.search(s):
        start = parse_date(match[1])
        if start and not re.search(rf"(?:至|到|截止)\s*{re.escape(match[1])}", s):
            yield event(EventKind.effective, start, match)
    elif issue and (match := _FROM_ISSUE.search(s) or _AFTER_ISSUE.search(s)):
        start = later(issue, match[1], match[2])
        yield event(EventKind.effective, start, match, f"{match[0]}（自{said}{issue}起算）")
    if len(start) == 10 and issue and not _versioned(d) and 0 < (date.fromisoformat(issue) - date.fromisoformat(start)).days < 1100:
        yield event(EventKind.retroactive, start, None, f"施行日期早于{said}{issue}")
    if not ranged:
        yield from _ends(d, at, s, start or began or issue)


def _versioned(d: Document) -> bool:
    return bool(d.extra.get("versioned"))


def _ends(d: Document, at: int, s: str, began: str) -> Iterator[Event]:
    if match := _UNTIL.search(s):
        yield Event(EventKind.expires, parse_date(match[1]), d.id, d.id, at, at + len(s), s, basis="有效期至")
    elif (match := _PERIOD.search(s)) and len(began) == 10 and _about_itself(d, s[: match.start()]):
        end = last_day(began, _integer(match[1]), match[2])
        if end:
            yield Event(EventKind.expires, end, d.id, d.id, at, at + len(s), s, basis=f"自{began}起{match[0]}")
    elif (match := _ENDED_ITSELF.search(s)) and re.search(r"本|有效期|到期", s) and "《" not in s:
        yield Event(EventKind.expires, _day_before(parse_date(match[1])), d.id, d.id, at, at + len(s), s, basis=match[0])


def _about_itself(d: Document, before: str) -> bool:
    """Whether a period is the document's own: nothing, itself or its coming into force stands before it in its clause."""
    segment = re.split(r"[，,；;：:]", before)[-1].strip()
    if not segment and not re.search(r"本|施行|实施|执行|印发|发布|公布|试行", before) and before:
        return False
    if _versioned(d) and not re.search(r"本(?:法|条例|规定|办法|决定)", before):
        return False
    return not segment or bool(re.search(r"本(?:办法|规定|条例|细则|规则|通知|意见|措施|公告|方案|指南|政策|决定|法|通告|规范|制度|文件)|(?:施行|实施|执行|试行|之日起|起)$|^(?:文件|政策)(?:的)?$", segment))


def _integer(s: str) -> int:
    try:
        return chinese_number(s)
    except ValueError:
        return 0


def later(issue: str, count: str | None, unit: str | None) -> str:
    """The day `count` days or months after `issue` (工作日 counted as days: the exact calendar is not known)."""
    n = _integer(count) if count else 0
    if not n:
        return issue
    if unit in ("日", "天", "工作日"):
        return (date.fromisoformat(issue) + timedelta(days=n)).isoformat()
    return months_after(date.fromisoformat(issue), n).isoformat()


def last_day(began: str, count: int, unit: str) -> str:
    """The last day of a period of years or months that begins on `began` (2020-01-01 and 五年 → 2024-12-31); empty for 0."""
    months = count * 12 if unit in ("年", "周年") else count
    return (months_after(date.fromisoformat(began), months) - timedelta(days=1)).isoformat() if 0 < months < 1200 else ""


def months_after(day: date, count: int) -> date:
    """The same day `count` months on, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat() if len(day) == 10 else day


# ---- of others -------------------------------------------------------------------------------------------------------


def _of_others(d: Document, own: list[Event]) -> Iterator[Event]:
    began = next((e.on for e in own if e.kind == EventKind.effective), "") or issue_of(d)[0]
    in_list: EventKind | None = None
    for a, b in _sentences(d.text):
        if in_list is None and not _CUE.search(d.text, a, b):
            continue
        s = d.text[a:b]
        if s.startswith("|"):
            continue
        found = targets_in(s)
        if in_list and found and re.match(r"[\s\u3000]*(?:\d{1,3}[.．、]|[（(][\d一二三四五六七八九十]+[）)]|[一二三四五六七八九十]+、|[①-⑳]|《|[\u4e00-\u9fff]{2,20}关于|.{0,20}《)", s):
            yield from (_event(d, in_list, began, a, b, s, t) for t in found if not _mine(d, t))
            continue
        in_list = _list_kind(s) if d.text[b - 1 : b] in "：:" or _LIST_HEAD.search(s) else None
        if in_list is None and found:
            yield from _stated(d, a, b, s, found, began)
        elif in_list is None and _CUE.search(s) and (defined := _defined(d, s)):
            yield from _stated(d, a, b, s, [defined], began)
    yield from _titled(d, began)
    yield from table_events(d, issue_of(d)[0] or began)


def _mine(d: Document, t: Target) -> bool:
    if t.number:
        return official_number(t.number) == d.doc_number
    return bool(t.title) and re.sub(r"\s", "", t.title) == re.sub(r"\s", "", d.title)


def _event(d: Document, kind: EventKind, on: str, a: int, b: int, s: str, t: Target, basis: str = "") -> Event:
    return Event(kind, on, None, d.id, a, b, s, t.title, t.number, basis=basis)


def _list_kind(s: str) -> EventKind | None:
    if not _LIST_HEAD.search(s) or _NOT_MEANT.search(s):
        return None
    return EventKind.declared_expired if "失效" in s and "废止" not in s else EventKind.suspended if re.search(r"停止执行|不再执行", s) else EventKind.repealed


def _stated(d: Document, a: int, b: int, s: str, found: list[Target], began: str) -> Iterator[Event]:
    """Events that one sentence states of the documents that it names."""
    if extended := _EXTEND.search(s):
        if all(len(t.title) <= 4 and not t.number for t in found) and (defined := _defined(d, s)):
            found = [defined]
        for t in found:
            if not _mine(d, t) and not re.search(rf"自{DATE}起施行", s[: extended.start()]):
                yield _event(d, EventKind.extended, parse_date(extended[1]), a, b, s, t, "延期至")
        return
    if _NOT_MEANT.search(s) or _PASSIVE.search(s) or re.search(r"(?:届满|期满|到期)后", s):
        return
    for t in found[:NAMED]:
        if _mine(d, t):
            continue
        tail = s[t.end : t.end + REACH]
        if partly := _PARTLY.match(tail):
            yield _event(d, EventKind.partly_repealed, _date_in(partly[0]) or began, a, b, s, t, partly[0][:60])
        elif (match := _AFTER_TARGET.match(_without_targets(tail))) or _BEFORE_TARGET.search(s[max(0, t.start - 40) : t.start]):
            words = match[0] if match else s
            yield _event(d, _kind_of(words), _date_in(words) or _date_in(s) or began, a, b, s, t)
        elif _CONTINUE.search(_without_targets(tail)[:30]) and not re.search(r"其他|未修改|其余", s):
            yield _event(d, EventKind.continued, began, a, b, s, t)


def _without_targets(tail: str) -> str:
    """What follows a target, with the further names of the same enumeration left out."""
    return re.sub(r"《[^《》]*(?:〈[^〈〉]*〉[^《》]*)*》(?:[（(][^（）()]{0,60}[）)])?[、和及与以,，]?", "", tail)


def _kind_of(words: str) -> EventKind:
    if re.search(r"停止执行|不再执行|停止施行", words):
        return EventKind.suspended
    return EventKind.declared_expired if "失效" in words and "废止" not in words else EventKind.repealed


def _date_in(words: str) -> str:
    match = re.search(rf"自{DATE}起", words)
    return parse_date(match[1]) if match else ""


def _defined(d: Document, s: str) -> Target | None:
    """The document that a notice on extension or repeal calls 《办法》 or just 有效期: the first full name in its title or opening."""
    if not (_EXTEND.search(s) or _EXTEND_BY.search(s)) or not re.search(r"延长|延续|延期|顺延|继续", f"{d.title}{s}"):
        return None
    full = [t for t in [*targets_in(d.text[:600]), *targets_in(d.title)] if len(t.title) > 4 and re.sub(r"\s", "", t.title) != re.sub(r"\s", "", d.title)]
    return next((t for t in full if t.number), full[0] if full else None)


def _titled(d: Document, began: str) -> Iterator[Event]:
    """关于废止《…》的决定, 关于修改《…》的决定: the title names what ends or changes."""
    named = targets_in(d.title)
    if _TITLE_REPEALS.search(d.title):
        yield from (_event(d, EventKind.repealed, began, 0, 0, d.title, t, "标题") for t in named)
    elif _TITLE_AMENDS.search(d.title):
        yield from (_event(d, EventKind.amended, began, 0, 0, d.title, t, "修改决定") for t in named)
