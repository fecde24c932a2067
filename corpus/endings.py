"""What a text states of the validity of other documents: 废止 失效 停止执行 部分废止 修改 延期 继续有效, by 《》, by 文号, in sentences,
in lists (下列文件同时废止：) and under headings (一、宣布失效的文件目录)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from corpus.models import Document, Event, EventKind
from corpus.numbers import official_number
from corpus.periods import COUNT, LAST, UNTIL, last_of
from corpus.targets import Target, targets_in
from corpus.text import DATE, NUMERAL, parse_date, trim

END_WORDS = r"(?:废止|失效|停止执行|不再执行|停止施行|终止执行|停止使用|停止实施|不再实施|不再适用|作废)"
_GAP = rf"(?:等(?:\d+|[{NUMERAL}]+)?(?:个|件|项)?(?:规范性|行政规范性|政策性)?(?:文件|规章)?|及其[^，。；]{{0,12}}|以下简称[^，。；]{{0,16}}|[的原于从也亦现均全文都已]|[自从]{DATE}起?|[自从]?即日起|[自从](?:本\w{{1,4}})?(?:施行|实施|执行|印发|发布|公布|生效)之日起?|同时|予以|即行|即|相应|自行|自动|一并|立即|全部|全文|决定|宣布|规定|文件|[，,、\s）)”和及与])*"
_AFTER_TARGET = re.compile(rf"^{_GAP}{END_WORDS}(?![前后的]|或者|、|和)")
_BEFORE_TARGET = re.compile(r"(?:同时|现予|决定|宣布|予以|一并|并|现|即日起|之日起|日起|将)(?:予以|决定)?(?:废止|停止执行|停止实施|终止执行|宣布失效)(?:了|原|下列文件)?[：:，,]?\s*$|(?:^|[，,；：])(?:予以)?(?:废止|停止执行|停止实施|终止执行)(?:原)?\s*$")
PASSIVE = re.compile(rf"本(?:公告|通知|办法|规定|意见|细则|措施|文件|条例)(?:(?:已|现已|已经)(?:由|被)|(?:由|被)(?=《|[^，。；]{{0,40}}{END_WORDS}))")
_PART = r"第[^，。；《》\n]{1,24}?(?:条|款|项|章|节|部分)|(?:附件|附表|附录)\d*|部分(?:条款|内容|规定)|有关(?:条款|内容|规定)|(?:中)?关于[^，。；《》\n]{1,40}的(?:规定|内容|条款)"
_PARTLY = re.compile(rf"^[^《》。；\n]{{0,16}}?(?:{_PART})[^。；\n]{{0,80}}?(?:同时|予以|自{DATE}起|相应)?{END_WORDS}")
_PART_BEHIND = re.compile(rf"^(?:的|中的|中|里的)?(?:{_PART})")
_CHANGES = re.compile(r"^[^《》。；\n]{0,40}?(?:第[^，。；《》\n]{1,24}?(?:条|款|项|章)|部分)[^。；\n]{0,80}?(?:修改为|修改成|修改|删[去除]|增加|改为)|^(?:作出|作|做)?(?:如下|以下|部分)?(?:修改|修订|修正)(?:如下|$|[：:，。])")
_CHANGES_BEFORE = re.compile(r"(?:对|将)\s*$")
_DELETED = re.compile(r"(?:删[去除])\s*$")
_ITEM = re.compile(rf"[\s\u3000]*(?:\d{{1,3}}[.．、]|[（(][\d{NUMERAL}]+[）)]|[{NUMERAL}]+、|[①-⑳]|《|[\u4e00-\u9fff]{{2,30}}(?:关于|印发|转发)|.{{0,20}}《)")
_LIST_HEAD = re.compile(rf"(?:下列|以下|附件所列|如下|有关)[^。；\n]{{0,40}}(?:同时|予以|全文|决定|宣布)?{END_WORDS}[：:]?\s*$|{END_WORDS}(?:下列|以下|如下)?[^。；\n]{{0,30}}[：:]\s*$")
_KEPT_HEAD = re.compile(rf"(?:下列|以下|附件所列|如下)[^。；\n]{{0,40}}(?:继续有效|继续执行|予以保留|(?:有效期|试行期)?(?:延长|延续|延期|顺延)至{DATE})[：:]?\s*$|(?:继续有效|予以保留)的?[^。；\n]{{0,30}}[：:]\s*$")
_HEADING = re.compile(rf"^[\s\u3000]*(?:[{NUMERAL}]+、|[（(][{NUMERAL}\d]+[）)]|附件\s*\d*[：:]?|\d+[.．、])?\s*[^，。；：《》\n]{{0,40}}(?:废止|失效|继续有效|保留|停止执行|修改|修订)(?:和(?:宣布)?失效)?(?:的|类)?[^，。；：《》\n]{{0,30}}(?:目录|清单|文件|规章|项目|通知|规定|政策)(?:[（(][^（）()]{{1,16}}[）)])?\s*$")
_NOT_MEANT = re.compile(r"修改[、或](?:者)?废止|废止[、或](?:者)?修改|修订[、]废止|建议|提出.{0,12}废止|可以废止|拟(?:予以?)?废止|继续有效、|应当.{0,6}废止|(?:应当|定期|及时|组织|开展|进行|加强|做好|负责)[^。；]{0,20}(?:评估|清理)|清理、|、清理|是否(?:废止|继续)")
EXTEND = re.compile(rf"(?:有效期(?:限)?|执行期限?|实施期限?|政策期限?|施行期限?|试行期限?)?(?:统一)?(?:继续)?(?:延长|延续|延期|顺延|执行|有效|施行|实施)(?:执行)?(?:{COUNT}\s*个?(?:年|月)[，,]?(?:即)?)?(?:至|到){LAST}")
EXTEND_BY = re.compile(rf"(?:有效期(?:限)?|试行期限?|执行期限?|实施期限?|政策期限?)(?:统一|再|继续)?(?:延长|延续|顺延){COUNT}\s*个?(年|月)")
_CONTINUE = re.compile(r"继续(?:有效|执行|施行|实施)")
_TITLE_REPEALS = re.compile(r"关于(?:公布)?(?:废止|停止执行|宣布失效|取消)")
_TITLE_AMENDS = re.compile(r"关于修[改订正]《")
_TITLE_LISTS = re.compile(r"(?:废止|失效|停止执行)[^的]{0,24}(?:文件|规章|法规|规定|目录|政策)|(?:废止|失效)的?决定")
NAMED, REACH = 200, 3000
"""In one sentence at most so many documents are looked at, and so many characters behind each: a bound on hostile texts."""
_CUE = re.compile(r"施行|实施|执行|生效|有效|试行|实行|适用|失效|废止|延长|延续|延期|顺延|作废|修改|修订|修正|删[去除]|保留")


@dataclass(frozen=True, slots=True)
class _List:
    """What happens to the documents of a list, on a day of its own or the speaker's."""

    kind: EventKind
    on: str = ""


_STOP = re.compile(r"[。；;]+[”）)]*|\n+")


@lru_cache(maxsize=2)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of sentences that end at 。；or a line break (of the last texts they are kept: several readers ask for them)."""
    cuts = [0, *(match.end() for match in _STOP.finditer(text)), len(text)]
    spans = (trim(text, a, b) for a, b in pairwise(cuts))
    return tuple((a, b) for a, b in spans if a < b)


@lru_cache(maxsize=2)
def _spoken(text: str) -> frozenset[int]:
    """Numbers of the sentences that hold a word of validity."""
    ends = [b for _, b in sentences(text)]
    return frozenset(bisect_right(ends, match.start()) for match in _CUE.finditer(text))


def cued(text: str) -> Iterator[tuple[int, int, str]]:
    """Sentences that can speak of validity: (start, end, words)."""
    spans = sentences(text)
    return ((a, b, text[a:b]) for a, b in (spans[n] for n in sorted(_spoken(text))))


def of_others(d: Document, began: str) -> list[Event]:
    """Events that sentences, lists and the title state of other documents; `began` is the day that they count from."""
    found = list(_in_text(d, began))
    said = {e.target_title for e in found}
    return [*found, *(e for e in _titled(d, began) if e.target_title not in said)]


def _in_text(d: Document, began: str) -> Iterator[Event]:
    listed: _List | None = None
    spoken = _spoken(d.text)
    for n, (a, b) in enumerate(sentences(d.text)):
        if listed is None and n not in spoken:
            continue
        s = d.text[a:b]
        if s.startswith("|"):
            continue
        found = targets_in(s)
        if listed and found and _ITEM.match(s):
            yield from (_event(d, listed.kind, listed.on or began, a, b, s, t, "清理目录") for t in _named(s, found) if not _mine(d, t))
            continue
        listed = _list_of(d, s, found, listed)
        if listed is None and found:
            yield from _stated(d, a, b, s, found, began)
        elif listed is None and n in spoken and (defined := _defined(d, s)):
            yield from _stated(d, a, b, s, [defined], began)


def _mine(d: Document, t: Target) -> bool:
    if t.number:
        return official_number(t.number) == d.doc_number
    return bool(t.title) and re.sub(r"\s", "", t.title) == re.sub(r"\s", "", d.title)


def _event(d: Document, kind: EventKind, on: str, a: int, b: int, s: str, t: Target, basis: str = "") -> Event:
    return Event(kind, on, None, d.id, a, b, s, t.title, t.number, basis=basis)


_UNNAMED = re.compile(rf"^[\s\u3000]*(?:\d{{1,3}}[.．、]|[（(][\d{NUMERAL}]+[）)]|[{NUMERAL}]+、|[①-⑳])?[\s\u3000]*(?P<title>[^（(]{{6,120}}?)[（(]\s*$")


def _named(s: str, found: list[Target]) -> list[Target]:
    """The documents of one item of a list; a 文号 in brackets takes the words before it as its title when no 《》 does."""
    if len(found) == 1 and not found[0].title and (match := _UNNAMED.match(s[: found[0].start])):
        return [Target(match["title"].strip(), found[0].number, found[0].start, found[0].end)]
    return found


# ---- lists -----------------------------------------------------------------------------------------------------------


def _list_of(d: Document, s: str, found: list[Target], listed: _List | None) -> _List | None:
    """The list that a sentence opens or keeps open: a head with a colon, a heading, or a short line between the items."""
    if not _NOT_MEANT.search(s):
        if _KEPT_HEAD.search(s):
            until = EXTEND.search(s)
            return _List(EventKind.extended, last_of(until[2])) if until else _List(EventKind.continued)
        if _LIST_HEAD.search(s):
            return _List(_kind_of(s), _date_in(s))
        if _HEADING.match(s) and not found and _lists(d):
            return _List(_heading_kind(s))
    between = listed and not found and len(s) <= 40 and s[-1] not in "。；;：:" and not _CUE.search(s) and re.search(r"文件|规章|规定|政策|目录|件[）)]|发布|印发|制发", s)
    return listed if between else None


def _lists(d: Document) -> bool:
    """Whether a document is one that settles the fate of others (关于公布清理结果 …, 废止和宣布失效 …)."""
    return bool(_TITLE_LISTS.search(d.title) or re.search(r"清理(?:结果|情况|意见)|清理[^，。]{0,20}(?:决定|通知|公告)|继续有效|(?:废止|修改|失效)[^，。]{0,30}(?:决定|通知|公告|目录)|有效期", d.title))


def _heading_kind(s: str) -> EventKind:
    for words, kind in (("继续有效|保留", EventKind.continued), ("停止执行", EventKind.suspended), ("部分(?:废止|失效)|部分条款", EventKind.partly_repealed), ("废止", EventKind.repealed), ("失效", EventKind.declared_expired)):
        if re.search(words, s):
            return kind
    return EventKind.amended


# ---- sentences -------------------------------------------------------------------------------------------------------


def _stated(d: Document, a: int, b: int, s: str, found: list[Target], began: str) -> Iterator[Event]:
    """Events that one sentence states of the documents that it names."""
    if (prolonged := _prolonged(s)) is not None:
        yield from _extended(d, a, b, s, found, *prolonged)
        return
    if _NOT_MEANT.search(s) or PASSIVE.search(s) or re.search(r"(?:届满|期满|到期)后", s):
        return
    for t in found[:NAMED]:
        if not _mine(d, t) and (said := _said(s, t, began)):
            yield _event(d, said[0], said[1], a, b, s, t, said[2])


def _prolonged(s: str) -> tuple[str, str, int] | None:
    """(last day, basis, place in the sentence) of a prolongation: to a day, by a period (no day yet), or 继续有效，有效期至…."""
    if match := EXTEND.search(s):
        return last_of(match[2]), "延期至", match.start()
    if match := EXTEND_BY.search(s):
        return "", f"延长{match[1]}{match[2]}", match.start()
    if re.search(r"继续(?:有效|执行|施行|实施)|延长|延续|顺延|延期", s) and (match := UNTIL.search(s)):
        return last_of(match[1]), "延期至", match.start()
    return None


def _extended(d: Document, a: int, b: int, s: str, found: list[Target], on: str, basis: str, at: int) -> Iterator[Event]:
    if all(len(t.title) <= 4 and not t.number for t in found) and (defined := _defined(d, s)):
        found = [defined]
    for t in found[:NAMED]:
        if not _mine(d, t) and not re.search(rf"自{DATE}起施行", s[:at]):
            yield _event(d, EventKind.extended, on, a, b, s, t, basis)


def _said(s: str, t: Target, began: str) -> tuple[EventKind, str, str] | None:
    """(kind, day, basis) of what a sentence says of one document that it names."""
    tail, before = s[t.end : t.end + REACH], without_targets(s[max(0, t.start - REACH) : t.start])[-60:]
    if partly := _PARTLY.match(tail):
        return EventKind.partly_repealed, _date_in(partly[0]) or began, partly[0][:60]
    if _BEFORE_TARGET.search(before) and (part := _PART_BEHIND.match(tail)):
        return EventKind.partly_repealed, _date_in(s) or began, part[0][:60]
    rest = without_targets(tail)
    if (match := _AFTER_TARGET.match(rest)) or _BEFORE_TARGET.search(before):
        words = match[0] if match else s
        return _kind_of(words), _date_in(words) or _date_in(s) or began, ""
    if _DELETED.search(before) or (_CHANGES.match(tail) and (_CHANGES_BEFORE.search(before) or t.start == 0 or "修改为" in tail)):
        return EventKind.amended, began, "修改决定"
    if _CONTINUE.search(rest[:30]) and not re.search(r"其他|未修改|其余", s):
        return EventKind.continued, began, ""
    return None


_ENUMERATED = re.compile(r"(?:《[^《》]*(?:〈[^〈〉]*〉[^《》]*)*》(?:[（(][^（）()]{0,60}[）)])?|[\u4e00-\u9fffA-Za-z]{1,15}〔\d{4}〕\s*\d+\s*号)[、和及与以,，]?")


def without_targets(words: str) -> str:
    """Words without the names of an enumeration in them (《…》（文号）、, 文号、)."""
    return _ENUMERATED.sub("", words)


def _kind_of(words: str) -> EventKind:
    if re.search(r"停止执行|不再执行|停止施行|终止执行|停止实施|不再实施|不再适用", words):
        return EventKind.suspended
    return EventKind.declared_expired if "失效" in words and "废止" not in words else EventKind.repealed


def _date_in(words: str) -> str:
    match = re.search(rf"自{DATE}起", words)
    return parse_date(match[1]) if match else ""


def _defined(d: Document, s: str) -> Target | None:
    """The document that a notice on extension or repeal calls 《办法》 or just 有效期: the first full name in its title or opening."""
    if _prolonged(s) is None or not re.search(r"延长|延续|延期|顺延|继续", f"{d.title}{s}"):
        return None
    full = [t for t in [*targets_in(d.text[:600]), *targets_in(d.title)] if len(t.title) > 4 and re.sub(r"\s", "", t.title) != re.sub(r"\s", "", d.title)]
    return next((t for t in full if t.number), full[0] if full else None)


def _titled(d: Document, began: str) -> Iterator[Event]:
    """关于废止《…》的决定, 关于修改《…》的决定: the title names what ends or changes."""
    named = targets_in(d.title)
    if _TITLE_REPEALS.search(d.title):
        for t in named:
            part = _PART_BEHIND.match(d.title[t.end :])
            yield _event(d, EventKind.partly_repealed if part else _kind_of(d.title), began, 0, 0, d.title, t, "标题")
    elif _TITLE_AMENDS.search(d.title):
        yield from (_event(d, EventKind.amended, began, 0, 0, d.title, t, "修改决定") for t in named)
