"""Whether the evidence supports an answer. A refusal is a normal status and offers the nearest documents."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.models import Status
from corpus.text import normalise
from corpus.text import words as cut
from rag import ended, meaning, persons, whether
from rag.asked import Wanted, pattern, slots_of, without_slots
from rag.deadlines import meant
from rag.facts import years
from rag.fit import CAP, bag, idf, need_of, one_name
from rag.focus import MODAL, compound, focus, names_in
from rag.matters import settles
from rag.records import ANSWERED, CLARIFY, NO_SUPPORT, Context, Evidence
from rag.reread import plainly
from rag.route import canned
from rag.standing import targets
from rag.tools import Tools
from rag.weigh import constants, instrument, values_of
from rag.words import words
from rag.world import world


@dataclass(frozen=True, slots=True)
class Verdict:
    """status, its reason (a label), words for the asker, and the nearest documents."""

    status: str
    reason: str = ""
    words: str = ""
    nearest: tuple[Mapping[str, Any], ...] = ()


_A_DOCUMENT = re.compile(r"办法|条例|规定|细则|(?<![没未不要会被需])通知(?!我|他|她|股东|债务人|债权人|对方|家属|员工|吗|了)|意见|文件|政策|措施|规划|方案|公告|决定|[\u4e00-\u9fff]{2}法(?!律|院|人)")
NO_REPORT = "本库未收录所问的工作报告，不能据以回答。"
NOT_HELD = "本库未收录所问的文件，不能判断它是否有效。"


def decide(tools: Tools, c: Context) -> Verdict:
    """answered, needs_clarification or no_support."""
    near = nearest(c.evidence)
    if c.named.gone is not None or (c.asked.validity and targets(tools, c)):
        return Verdict(ANSWERED, "standing")
    if c.asked.validity and _A_DOCUMENT.search(c.rewritten) and all(p.form == "validity" for p in c.asked.parts) and not _tells_of_end(c):
        return Verdict(NO_SUPPORT, "document not held", NOT_HELD, near)
    if meant(tools, c):
        return Verdict(ANSWERED, "call")
    if (gone := ended.subject(tools, c)) is not None:
        words = ended.unsaid(tools, c, gone)
        return Verdict(NO_SUPPORT, "ended", words, near) if words else Verdict(ANSWERED, "ended")
    if "工作报告" in c.rewritten and not any(e.document.genre == "报告" for e in c.evidence):
        return Verdict(NO_SUPPORT, "report not held", NO_REPORT, near)
    if not c.evidence:
        return Verdict(NO_SUPPORT, "nothing found", _then(c) or canned("no_support").text, near or nearest(c.ended))
    if c.asked.here and not c.region and len({e.document.id for e in c.evidence[:SAME]}) > 1:
        return Verdict(CLARIFY, "place not given", canned("needs_clarification").text, near)
    if c.evidence[0].role == "named":
        return Verdict(ANSWERED, "named")
    if (put := whether.case(c)) is not None and whether.speaking(tools, c, put):
        return Verdict(ANSWERED, "case")
    if persons.given(tools, c):
        return Verdict(ANSWERED, "person")
    if persons.unheld(c) and not plainly(c):
        return Verdict(NO_SUPPORT, "person not held", canned("no_support").text, near)
    if words := _unstated(c):
        return Verdict(NO_SUPPORT, "not stated", words, near)
    if not _defined(c) and not any(e.slot >= SURELY for e in c.evidence) and (reason := _unsupported(tools, c)):
        return Verdict(NO_SUPPORT, reason, canned("no_support").text, near)
    return Verdict(ANSWERED)


SAME = 3
"""When so many of the best statements are of one document, the asker's own place need not be known to say what it gives."""
_ENDS = re.compile(r"废止|失效|停止执行|不再执行|有效期|作废|继续有效")


def _tells_of_end(c: Context) -> bool:
    """Whether the best statement, read with the question, tells of the end of some document (…《暂行办法》同时废止)."""
    best = next(iter(c.evidence), None)
    return best is not None and (best.judged or 0.0) > 0.0 and bool(_ENDS.search(best.text))


def _unstated(c: Context) -> str:
    """What is said where a part is asked for that no evidence shows (when the money comes; who may bear a title); empty where some does or none such is asked for."""
    for p in c.asked.parts:
        for wanted in slots_of(p.text):
            if wanted.missing and not any(e.slot >= STATED for e in c.evidence) and not plainly(c):
                return wanted.missing
            if wanted.whole and not wanted.missing and _BORNE.search(p.text) and (name := _titled_thing(p.text)) and not _shown(c, name, wanted):
                return f"已收录的文件没有写明{name}的条件，不作推测。"
    return ""


_BORNE = re.compile(r"认定|备案|设站|建站|申报|申请|评价|评定|入库|设立")
_NAME = re.compile(rf"[\u4e00-\u9fff]{{1,16}}?{meaning.TITLE.pattern.rstrip('$')}")
_OPENS = re.compile(r"^(?:[^的]*的|我们?|想|要|申报|申请|认定|备案|评定|评价|设立|建设|成为|国家级|[省市县区](?:里|级)?)+")


def _titled_thing(text: str) -> str:
    """The title whose conditions a question asks for (博士后工作站); empty for none."""
    found = _NAME.search(re.sub(r"\s", "", text))
    return _OPENS.sub("", found[0]) if found else ""


def _shown(c: Context, name: str, wanted: Wanted) -> bool:
    """Whether some evidence shows the asked part and speaks of the title by its name."""
    plain = one_name(name)
    return any(wanted.shown(e.text, e.statement.heading if e.statement else "") and plain in one_name(normalise(f"{e.document.title}{e.text}")) for e in c.evidence)


SURELY = 0.5
"""A statement that shows the asked part so surely supports an answer, however odd the question is put."""
STATED = 0.1
"""Least sureness of a statement that shows a part that must be stated."""


def _defined(c: Context) -> bool:
    """Whether a text says what the thing is whose meaning is asked for."""
    thing = meaning.thing(c.rewritten)
    return bool(thing) and any(meaning.defines(thing, e.text) for e in c.evidence)


def _then(c: Context) -> str:
    """That what is held began only after the date that is asked for; empty when it did not."""
    if not c.ended or any(e.validity.status != Status.not_yet for e in c.ended[:5]):
        return ""
    return f"本库未收录{c.as_of}当时有效的文本，不能据以回答；现在收录的版本在其后施行。"


def _unsupported(tools: Tools, c: Context) -> str:
    """Why there is no support: too little speaks for an answer; or a support of a place, a result of a year, a value of a thing, a telephone of which nothing is held. Empty where there is."""
    found = signals(tools, c)
    sure = likely(found)
    faults: dict[str, Callable[[], bool]] = {
        "fit too low": lambda: sure < constants()["support"]["never"], "thing not held": lambda: bool(found["unheld"]) and found["fit"] < LITTLE and not plainly(c) and _gives(c), "of another place": lambda: _elsewhere(c, sure), "of another year": lambda: _of_another_year(c, sure),
        "thing not named": lambda: _unnamed(c, sure), "no number": lambda: _without_number(tools, c),
    }  # fmt: skip
    return next((reason for reason, holds in faults.items() if holds()), "")


def signals(tools: Tools, c: Context) -> dict[str, float]:
    """What speaks for and against an answer; their weights lie under [support] of data/answer.toml."""
    k, top = constants()["support"], c.evidence[:8]
    length = max(2, len(re.sub(r"\s", "", c.rewritten)))
    told = [e.judged for e in c.evidence if e.judged is not None]
    return {
        "fit": max((e.fit for e in c.evidence[:20]), default=0.0),
        "run": max((e.run for e in top), default=0.0),
        "near": max((e.near for e in top), default=0.0) or k["usual"],
        "told": max(told) if told else k["untold"],
        "length": math.log(length),
        "world": _world(tools, c),
        "unheld": float(_names_unheld(tools, c)),
        "nowhere": float(_nowhere(tools, c)),
        "matter": float(any(settles(c.rewritten, e.text) > HALF for e in c.evidence)),
    }


def likely(found: Mapping[str, float]) -> float:
    """How surely the evidence answers, as log odds."""
    weights = constants()["support"]["weights"]
    return float(constants()["support"]["bias"] + sum(weights[name] * value for name, value in found.items()))


def _gives(c: Context) -> bool:
    """Whether support is asked for, and no policy was found whose title names the very thing that the question speaks of (创新券)."""
    return c.asked.support and not any(instrument(c.rewritten, e.document) for e in c.evidence)


TELLING = 12
"""Characters up to which the words of a question all say what it is about; a longer one tells a story, of any world."""


def _world(tools: Tools, c: Context) -> float:
    """How sure the words of the question are of another world than law and policy, -3..0; in a long one they weigh less. That they are of this one says nothing."""
    return min(0.0, world(c.rewritten, tools.settings.home)) * min(1.0, TELLING / max(1, len(re.sub(r"\s", "", c.rewritten))))


LITTLE = 0.45
"""Share of a question for support that must be held where it names a thing of which no text holds a trace."""
SHORT = 36
"""Characters of a question that tells no story."""


def _names_unheld(tools: Tools, c: Context) -> bool:
    """Whether a short question names a thing (金盏花, 姚明) of which no text within the ceiling holds a trace, and no official word stands for it."""
    if len(c.rewritten) > SHORT:
        return False
    need, unknown = need_of(c.rewritten, tools.retriever, c.reader), idf(tools.retriever, ["\0\0"], c.reader).get("\0\0", CAP)
    things = (bag(w) for w in names_in(pattern("filler.words").sub(" ", one_name(normalise(c.rewritten)))) if not MODAL.search(w))
    return any(thing and not any(need.stand_in.get(t) for t in thing) and min(idf(tools.retriever, thing, c.reader).values(), default=0.0) >= unknown - 1e-6 for thing in things)


def _without_number(tools: Tools, c: Context) -> bool:
    """A telephone is asked for, and no text that speaks of what it is for gives one."""
    asked = [p for p in c.asked.parts if p.units == {"phone"}]
    needs = [need_of(without_slots(p.about), tools.retriever, c.reader) for p in asked]
    given = [e for e in c.evidence if "phone" in values_of(e.text)]
    return any(not any(n.held(bag(f"{e.document.title}{''.join(e.document.issuers)}{e.text}")) >= HALF or (not c.place_words and instrument(c.rewritten, e.document)) for e in given) for n in needs)


HALF = 0.5


_GIVEN = re.compile(r"(?:奖励|奖|补助|补贴|补|项目|专项资金|资金|政策)+$")
_MOST = re.compile(r"最[高低长短多少大小]")
_GIVER = re.compile(r"(?:财政|政府|部门|厅|局|企业|公司|单位|机构)$")
"""Who gives or gets, not what."""


def _unnamed(c: Context, sure: float) -> bool:
    """A value is asked for of a thing (间接费用比例) that no evidence names; words of people stand for others and are not looked for."""
    valued = (compound(one_name(normalise(p.text))) for p in c.asked.parts if p.units or p.form == "amount")
    names = [n for v in valued if len(n := _MOST.sub("", _GIVEN.sub("", v.replace(c.place_words or "\0", "")))) > 2 and not _GIVER.search(n) and not words().official(n)]
    if not names or sure >= constants()["support"]["named"]:
        return False
    texts = [one_name(normalise(f"{e.document.title}{e.statement.heading if e.statement else ''}{e.text}")) for e in c.evidence[:12]]
    return any(not any(_in_words(one_name(n)).search(text) for text in texts) for n in names)


def _in_words(name: str) -> re.Pattern[str]:
    """The words of a name with little between them (评价优秀 in 评价结果为优秀)."""
    return re.compile(r"[^。；，]{0,4}".join(map(re.escape, cut(name))))


_RESULT = re.compile(r"获奖|[特一二三]等奖|名单|得主|入选|中标|公示|给了?哪|授予|哪(?:个|些|几个?|两)(?:项目|单位|企业|人|位)|多少[家项个]|哪几?[家位]")


def _of_another_year(c: Context, sure: float) -> bool:
    """A result of a year (who won, which projects) of which no evidence speaks."""
    said = set() if c.as_of_said or c.named.documents else years(c.rewritten)
    return bool(said and (_RESULT.search(c.rewritten) or sure < constants()["support"]["year"])) and not any(y in f"{e.document.title}{e.document.doc_number}{e.text}" for y in said for e in c.evidence[:10])


def _speaks_of(place: str, near: Sequence[Evidence]) -> bool:
    """Whether a text whose place is not recorded names the asked one: in its title or issuers, or in its words when nobody is known to have issued it."""
    name = place.rstrip("省市县区") if len(place) > 2 else place
    return any(e.document.level is None and name in f"{e.document.title}{''.join(e.document.issuers) or e.text}" for e in near)


_OFFERED = re.compile(r"资金|申报|申领|兑现|兑付|奖补|补贴|补助|资助")
"""What a place gives or calls for, though the question is no question for support by its form."""


def _elsewhere(c: Context, sure: float) -> bool:
    """A support of a place of which the corpus holds nothing: what other places and the nation give is no answer, unless it fits very well."""
    best = max((e.fit for e in c.evidence[:20]), default=0.0)
    near = [e for e in c.evidence[:20] if e.fit >= 0.6 * best]
    local = any(e.document.level not in (None, "national") and e.document.region_code not in ("", "000000") for e in near) or _speaks_of(c.place_words, near)
    offered = c.asked.support or _OFFERED.search(c.rewritten)
    return bool(offered and c.place_words and c.region and not local and sure < constants()["support"]["elsewhere"])


def _nowhere(tools: Tools, c: Context) -> bool:
    """Whether a noun beside the question word (or the last one) occurs in no text at all."""
    wanted = {w for p in c.asked.parts for w in focus(p.text).asked}
    needs = (need_of(w, tools.retriever, c.reader).weights.values() for w in wanted)
    return any(weights and max(weights) >= 0.99 * CAP for weights in needs)


def nearest(evidence: Sequence[Evidence], count: int = 3) -> tuple[Mapping[str, Any], ...]:
    """The documents of the best evidence, each once."""
    found: dict[str, dict[str, Any]] = {}
    for e in evidence:
        found.setdefault(e.document.id, {"document_id": e.document.id, "title": e.document.title, "doc_number": e.document.doc_number, "label": e.clause.get("label", "")})
        if len(found) >= count:
            break
    return tuple(found.values())
