"""Relations that a text states of other documents, and the names that a document answers to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from corpus.models import Document, Relation, RelationKind
from corpus.targets import Target, targets_in
from corpus.text import normalise

_REPEALS = re.compile(r"^[^《》。；\n]{0,30}(?:同时|予以|即行|相应|自行)?(?:废止|不再执行|停止执行|宣布失效|失效)")
_BY = re.compile(r"(?:由|被|经)$")
"""已由闽海科规〔2024〕5号废止: what is named did it, it was not done to it."""
_OTHERS = re.compile(r"\s*已?[被由]")
"""《…》被闽海科规〔2023〕8号废止: another document did it, not this one."""
_AMENDS = re.compile(r"^[^《》。；\n]{0,6}(?:修改|修订|修正)")
_BASED = re.compile(r"(?:根据|依据|按照|依照|遵照|落实|贯彻|按)(?P<between>[^。；\n]{0,160})$")
_NAMED = re.compile(r"《[^《》]*(?:《[^《》]*》[^《》]*)?》(?:[（(][^（）()]*(?:[（(][^（）()]*[）)])?[^（）()]*[）)])?")
_STEPS = re.compile(r"[，：:]|[核颁签]发|发给|收到|取得|制定|符合|由|应当|可以|不得")
"""Between 根据 and a name that it speaks of stand other names and 有关法律、行政法规和, but no step of a procedure."""
_MAKES = re.compile(r"制[定订]|修订|如下|结合[^。；]{0,20}实[际情]|现(?:将|就|予|决定|对)|经[^。；]{0,20}(?:研究|同意|批准)|特[作制]|提出|印发|公告|精神|总体要求|部署|(?:贯彻|遵照|认真|抓好|组织)(?:执行|落实|实施)")
"""What a sentence goes on with whose document rests on what it names: it is made, issued, carried out (and not: 依照…的规定处罚)."""
_ABOUT = re.compile(r"解读|问答|图解|一图读懂|说明")


def relations_of(document: Document) -> tuple[Relation, ...]:
    """The relations that a text states, unresolved; one a target and kind, with its first place."""
    if document.kind not in ("policy", "notice", "interpretation"):
        return ()
    found: dict[tuple[str, str], Relation] = {}
    own = {title_key(document.title)} if document.kind == "interpretation" or "转发" in document.title else set(title_keys(document))
    named = [t for t in targets_in(document.title) if len(t.title) > SHORT]
    for seen in targets_in(document.text):
        target = _in_full(seen, named)
        named += [target] if len(target.title) > SHORT else []
        if (not target.number and _FORM.search(target.title)) or _itself(document, target, own):
            continue
        kind = _kind(document, target)
        found.setdefault((str(kind), target.number or title_key(target.title)), Relation(kind, document.id, None, target.title, target.number, target.start, target.end))
    return tuple(found.values())


def _itself(document: Document, t: Target, own: set[str]) -> bool:
    """Whether a text speaks of itself: its own number; its own name, unless under the number of an earlier text of that name."""
    other = t.number and document.doc_number and t.number != document.doc_number
    return bool(t.number and t.number == document.doc_number) or (title_key(t.title) in own and not (t.title and other))


_FORM = re.compile(r"(?:申请|申报|核定|明细|汇总|登记|评审|推荐|备案|统计|审批|报名|信息|情况)(?:表|书)$|承诺书$|任务书$|证书?$|执照$")
"""Names of forms and certificates, which are no documents of the corpus."""
SHORT = 6
"""Characters of the longest 《办法》 that stands for a name given in full before."""


def _in_full(t: Target, named: Sequence[Target]) -> Target:
    """What a text calls 《办法》 or 《认定办法》 by its full name: the last one before that ends so and holds its characters in order; else as it stands."""
    if t.number or not t.title or len(t.title) > SHORT:
        return t
    full = next((n for n in reversed(named) if _shortens(t.title, n.title)), None)
    return replace(t, title=full.title, number=full.number) if full else t


def _shortens(short: str, full: str) -> bool:
    rest = iter(full)
    return full.endswith(short[-2:]) and all(c in rest for c in short)


def _kind(document: Document, t: Target) -> RelationKind:
    before = re.split(r"[。；\n]", document.text[max(0, t.start - 80) : t.start])[-1]
    after = re.split(r"[。；\n]", document.text[t.end : t.end + 60])[0]
    in_title = bool(t.title) and t.title in document.title
    if document.kind == "interpretation" and (in_title or (t.start < 200 and _ABOUT.search(document.title) and (not t.title or "《" not in document.title))):
        return RelationKind.interprets
    if "转发" in document.title and in_title:
        return RelationKind.forwards
    if _REPEALS.match(after) and not _BY.search(before) and not _OTHERS.match(after):
        return RelationKind.repeals
    if _AMENDS.match(after) or re.search(r"(?:修改|修订|延长|延续)$", before):
        return RelationKind.amends
    if in_title and re.search(r"实施|贯彻|落实|细则", document.title):
        return RelationKind.implements
    return RelationKind.based_on if _rests_on(document.text, t) else RelationKind.cites


def _rests_on(text: str, t: Target) -> bool:
    """Whether a text is made on the ground of a document that it names (根据《…》，制定本办法), rather than speaks of it in a rule (依照《…》处罚)."""
    before = re.split(r"[。；\n]", text[max(0, t.start - 240) : t.start])[-1]
    cue = _BASED.search(before)
    if not cue or _STEPS.search(_NAMED.sub("", cue["between"])):
        return False
    return bool(_MAKES.search(re.split(r"[。；\n]", text[t.end : t.end + 200])[0]))


def title_key(title: str) -> str:
    """A title as a key: normal form, without 中华人民共和国, marks and remarks like （2018年修正）."""
    t = re.sub(r"[\s《》“”\"〈〉<>·]", "", normalise(title))
    t = re.sub(r"\((?:\d{4}.*?|.{0,6}修[正订].*?|已?废止|失效)\)$", "", t)
    return t.removeprefix("中华人民共和国")


_ISSUED = re.compile(r"(?:印发|发布|公布|颁布|修订|制定)\s*《?([^《》]{4,100}?)》?((?:[（(](?:试行|暂行)[）)])?)\s*的(?:通知|公告|通告|令|决定)")


_INNER = re.compile(r"(?<!实施)(?<!贯彻)(?<!落实)(?<!执行)(?<!修改)(?<!废止)《([^《》]{4,100})》(?=[《（(、，,和及与等的]|$)")
_CARRIED = re.compile(r"(?:印发|公布|发布)((?:实施|贯彻|落实)《[^《》]{4,60}》[^《》]{2,24}?)的(?:通知|公告|通告|令|决定)")
"""A name that a title issues or forwards, not one that a further word makes another (实施《…法》若干规定)."""


def title_keys(document: Document) -> Iterator[str]:
    """Every name that a document answers to: its title, its short name, and the name inside 印发《…》的通知."""
    yield title_key(document.title)
    if name := str(document.extra.get("name", "")):
        yield title_key(name)
    if match := _ISSUED.search(document.title):
        yield title_key(f"{match[1]}{match[2]}")
    if match := _CARRIED.search(document.title):
        yield title_key(match[1])
    if re.search(r"印发|发布|公布|转发", document.title):
        for inner in _INNER.findall(document.title):
            yield title_key(inner)
    elif (at := document.title.find("关于")) > 0:
        yield title_key(document.title[at:])  # people leave the issuers out
