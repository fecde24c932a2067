"""Statements of the passages that were gathered, each with its fit and what it is worth as an answer."""


from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from corpus.models import Document
from corpus.text import NUMERAL, normalise
from rag import guard, meaning
from rag.asked import Wanted, slots_of, without_slots
from rag.bearing import Bearing
from rag.cite import clause_record
from rag.facts import dates, month_days, quantities, years
from rag.fit import Need, bag, need_of, one_name
from rag.matters import settles
from rag.places import covers, level_said
from rag.reading import run
from rag.records import Context, Evidence
from rag.source import short_title
from rag.statements import Statement
from rag.tools import Book, Tools
from rag.words import words as words_table

STATEMENTS = 160


@cache
def constants() -> dict[str, Any]:
    """data/answer.toml."""
    import tomllib
    from importlib.resources import files

    return tomllib.loads(files("rag").joinpath("data/answer.toml").read_text("utf-8"))


def weigh(tools: Tools, c: Context) -> Context:
    """Statements of the passages, best first, each with its fit to every part and what it is worth as an answer."""
    needs = [need_of(p.about, tools.retriever, c.reader) for p in c.asked.parts]
    whole = need_of(c.rewritten, tools.retriever, c.reader)
    words = _Wording.of(tools, c)
    books = tools.books.get((e.document.id for e in c.evidence), c.reader)
    found: dict[tuple[str, int, int], tuple[Evidence, Statement]] = {}
    for e in c.evidence:
        for statement in _inside(books[e.document.id], e):
            if len(found) < STATEMENTS and not _idle(statement.text(e.document), c, f"{statement.heading}\n{e.document.title}"):
                found.setdefault((e.document.id, statement.start, statement.end), (e, statement))
    for e, statement in _parts_asked(c, books, words):
        found.setdefault((e.document.id, statement.start, statement.end), (e, statement))
    near = tools.retriever.nearness([p.about for p in c.asked.parts], [(f"{e.document.title} {s.heading}", s.text(e.document)) for e, s in found.values()], c.reader).T
    weighed = (_weighed(e, s, c, needs, whole, words, n) for (e, s), n in zip(found.values(), near.tolist(), strict=True))
    kept = (e for e in weighed if not guard.is_tainted(e.text))
    return replace(c, evidence=tuple(sorted(kept, key=lambda e: -e.worth)))


TITLED, OF_DOCUMENT = 0.6, 6
"""Share of the matter that a title holds whose document is about it; statements of such a document that are taken beside those found."""


def _parts_asked(c: Context, books: Mapping[str, Book], words: _Wording) -> Iterator[tuple[Evidence, Statement]]:
    """The asked parts (条件, 材料) of the documents whose title is the matter, though no search found them: a list of conditions names its matter nowhere."""
    if not words.slots:
        return
    first = {e.document.id: e for e in reversed(c.evidence)}
    for i, e in first.items():
        if words.about.held(bag(e.document.title)) < TITLED:
            continue
        shown = (s for s in books[i].statements if s.items and any(w.shown(s.text(e.document), s.heading) for w in words.slots))
        yield from ((e, s) for s in islice(shown, OF_DOCUMENT))


_ADDRESS = re.compile(r"^(?:各|附件|抄送|（?此件|（?联系人)[^。；]{0,160}[：:]?$|^(?:现将|现就|经)[^。]{0,120}(?:印发给你们|公布|公告|同意)[^。]{0,40}[，,。]?[^。]{0,30}。?$|^[^，。；：]{2,24}(?:厅|局|部|委|会|政府|办公室)$|^[\d年月日\s]+$|^[\u4e00-\u9fff]{1,12}[〔\[][12]\d{3}[〕\]]\d{1,4}号$")
_OPENING = re.compile(r"^(?:根据|为|按照?|依据|经)[^。]{0,300}(?:现(?:发布|印发|公布|就|将|组织|开展)|(?:通知|公告|通告)如下)[^。]{0,120}[：:。]?$")
_QUESTION = re.compile(r"^(?:\d{1,2}[.、．]\s*)?问[：:][^。；]*[？?]$")
"""The question of a list of questions and answers, without its answer."""
_ASKS_BASIS = re.compile(r"依据|根据|为什么|目的|背景")
_SHEET = re.compile(r"^[Ss]heet\s?\d*$|^工作表\d*$")
"""Names that a spreadsheet gives its sheets by itself."""
_HISTORY = re.compile(r"^[（(]?\s*\d{4}年\d{1,2}月\d{1,2}日.{0,80}(?:通过|修订|修正|修改|公布|发布|批准|施行)[^。]{0,40}[）)]?$|^》?[。；，]?$")
_ASKS_HISTORY = re.compile(r"修订|修正|修改|通过|公布|颁布|发布|历次|几次|哪年|哪一年|最近|最新")


def _idle(text: str, c: Context, above: str) -> bool:
    """What answers nothing: salutations, 现印发给你们, signatures, 文号, names of attachments, what only repeats a heading or title; questions
    of a list of answers, dates of passing and revision unless they are asked for."""
    plain = text.strip()
    if _SHEET.match(plain) or _QUESTION.match(plain):
        return True
    if len(plain) <= 60 and not re.search(r"[。；，：|]", plain) and plain in above:
        return True
    if _OPENING.match(plain) and not _ASKS_BASIS.search(c.rewritten):
        return True
    return len(plain) <= 200 and (bool(_ADDRESS.match(plain)) or (bool(_HISTORY.match(plain)) and not _ASKS_HISTORY.search(c.rewritten)))


def _inside(book: Book, e: Evidence) -> Iterable[Statement]:
    return [s for s in book.statements if s.start < e.end and e.start < s.end]


_CHARS = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]{3}")
_DEFINES = re.compile(r"是指|所称|，指|的含义")
_ASKS_MEANING = re.compile(r"什么(?:是|叫)|是什么(?!时候|意见)|是指什么|指的?是什么|(?:定义|含义|概念)(?:是|$|[?？])")


_ASKS_LIST = re.compile(r"([\u4e00-\u9fff]{2,}?)(?:的?(?:种类|类型|类别|范围|内容|项目|情形|方式|形式))?(?:主要|都|一共|一般|分别|具体)*(?:包括|包含|有|分为|分成|分)(?:哪些|哪几[种类个项]|什么|啥|几[种类个项])")


@lru_cache(maxsize=64)
def _listing(question: str) -> re.Pattern[str] | None:
    """How a text lists the kinds of the thing whose kinds are asked for (专项附加扣除有哪些: 专项附加扣除，包括…); None where none are."""
    asks = _ASKS_LIST.search(question)
    thing = re.escape(asks[1].split("的")[-1][-4:]) if asks else ""
    if len(thing) < 2:
        return None
    kinds = "(?:的?(?:种类|类型|范围|方式|形式|情形))?"
    return re.compile(rf"{thing}{kinds}[，,]?(?:主要|具体)?(?:包括|包含|分为|有(?:下列|以下)|(?:是|为)[^。；]{{0,16}}(?:下列|以下))|{thing}的(?:种类|类型|范围|方式|形式)?[：:]|(?:下列|以下)情形之一[^。；]{{0,16}}{thing}")


@dataclass(frozen=True, slots=True)
class _Wording:
    """The wording of a question: its runs of three characters, whether a meaning is asked for, how a list that it asks for begins, the parts of a policy that it asks for, what it is about without them, and what the build of a statement is held against (one a part)."""

    plain: str
    runs: frozenset[str]
    meaning: bool
    thing: str
    listing: re.Pattern[str] | None
    slots: tuple[Wanted, ...]
    about: Need
    bearings: tuple[Bearing, ...]

    @classmethod
    def of(cls, tools: Tools, c: Context) -> _Wording:
        plain = re.sub(r"\s", "", normalise(c.rewritten))
        return cls(one_name(plain), frozenset(r for i in range(len(plain) - 2) if _CHARS.fullmatch(r := plain[i : i + 3])), bool(_ASKS_MEANING.search(plain)), meaning.thing(plain), _listing(plain), _slots(plain), need_of(without_slots(plain.replace(c.place_words or "\0", "")), tools.retriever, c.reader), tuple(Bearing.of(p.about, need_of(p.about, tools.retriever, c.reader)) for p in c.asked.parts))

    def features(self, text: str) -> dict[str, float]:
        """run: share of the runs that the text holds; meaning: it defines where that is asked; defines: how surely it says what the asked thing is; lists: it begins the list that is asked for."""
        plain = re.sub(r"\s", "", normalise(text))
        return {"run": sum(r in plain for r in self.runs) / max(1, len(self.runs)), "meaning": float(self.meaning and bool(_DEFINES.search(plain))), "defines": meaning.defines(self.thing, text) if not text.lstrip().startswith("|") else -float(bool(self.thing)), "lists": float(bool(self.listing and self.listing.search(plain)))}


def _slots(question: str) -> tuple[Wanted, ...]:
    """The parts of a policy that a question asks for; of what is a title (什么是新型研发机构) also the conditions, which say who bears it."""
    return slots_of(question) or (slots_of("什么条件") if meaning.TITLE.search(meaning.thing(question)) else ())


_SECTIONS = re.compile(r"条件|材料|流程|程序|方式|标准|对象|范围")


def _under(s: Statement, c: Context) -> bool:
    """Whether a paragraph without an article stands under a heading that says what is asked (申报条件, 资助方式)."""
    return not s.article and bool(s.heading) and any(word in c.rewritten for word in _SECTIONS.findall(s.heading))


def _shown(text: str, s: Statement, words: _Wording, above: frozenset[str], body: frozenset[str]) -> float:
    """How surely the statement is the part of a policy that is asked for (下列条件, 申报材料), 0..1: the square of the share of the matter that
    title and headings hold (`above`), or the statement with them; POINTER of it when it only points to that part."""
    share = max((words.about.held(above | body if w.own else above) for w in words.slots if w.shown(text, s.heading)), default=0.0)
    weak = (s.kind == "table" and any(w.missing for w in words.slots)) or (_POINTS.search(text) and not s.items) or _PROGRAMME.match(text.lstrip())
    return share**2 * (POINTER if weak else 1.0)


_POINTS = re.compile(r"(?:仍?按照?|依照|符合|参照)[^。；]{0,24}(?:《[^》]{1,30}》|〔\d{4}〕|第[一二三四五六七八九十]+条)[^。；]{0,24}?(?:确定|执行|办理|规定(?:的)?条件|规定(?=[。；]|$))")
POINTER = 0.5
"""What a statement that only points to another text (符合《办法》第四条规定条件), or says what a body sets out to do, counts where that part is asked for;
and a table where one plain sentence says it."""


def _rank_of(document: Document) -> float:
    """What a document is worth where it states the asked part: the rule itself 1, a yearly call for it 0.8, an interpretation 0.5."""
    return {"notice": 0.8, "interpretation": 0.5}.get(str(document.kind), 1.0)


def _past(title: str, c: Context) -> float:
    """1 for a call or list of a year that is over (2024年度…) when no year is asked for."""
    said = years(title)
    return float(bool(said) and max(said) < c.as_of[:4] and not years(c.rewritten))


def _weighed(e: Evidence, s: Statement, c: Context, needs: Sequence[Need], whole: Need, words: _Wording, near: Sequence[float]) -> Evidence:
    text = s.text(e.document)
    body, title, head = bag(text), bag(e.document.title), bag(s.heading)
    context = title | head | bag(e.text)
    fits = tuple(n.held(body, context) for n in needs)
    shared = {
        "whole": whole.held(body, context), "body": whole.held(body),
        "subject": _subject(words.plain, e.document.title), "law": float(e.document.legal_rank == "法律"), "local": float(not c.region and e.document.level not in (None, "national")),
        "interpretation": float(e.document.kind == "interpretation"), "named": float(e.role == "named"), "passing": float(_in_passing(text) or (not words.meaning and bool(_OPENS_DEFINING.match(text))) or (bool(_BEGINS.match(text)) and not _ASKS_BEGIN.search(c.rewritten))), "example": float(bool(_EXAMPLE.search(text[:24]) or _EXAMPLE.search(s.heading))), "report": float(e.document.genre == "报告"), "section": float(_under(s, c)), "slot": _shown(text, s, words, title | head, body) * _rank_of(e.document), "past": _past(e.document.title, c), "glossary": float(not words.meaning and bool(_GLOSSARY.match(text))), "clawback": float(bool(_CLAWBACK.search(text)) and not _ASKS_CLAWBACK.search(c.rewritten)), "own": _own(words.plain, e.document.title), "placed": float(bool(c.place_words) and e.document.level not in (None, "national") and covers(e.document.region_code, c.region)), "matter": settles(c.rewritten, text), "instrument": instrument(c.rewritten, e.document), "otherlevel": float(_other_level(c, e.document)), "note": float(bool(ASIDE.search(s.heading[-24:]))), **words.features(text),
    }  # fmt: skip
    values = values_of(text) if any(p.units for p in c.asked.parts) else set()
    places = e.places or ((e.rank, e.score),) * len(fits)
    programme = _PROGRAMME.match(text.lstrip())
    own = (
        {"programme": float(bool(programme) and (p.form in _PLAIN or bool(_ASKS_HOW.search(p.text)))), "fit": fit, "value": float(bool(p.units & values)) * (NUMBER if p.units == {"phone"} else 1.0), "rank": 1 / (1 + rank), "score": score, "cosine": cosine, **b.features(e.document, s, text, title), **b.of_value(p.units, text)}
        for p, b, fit, (rank, score), cosine in zip(c.asked.parts, words.bearings, fits, places, near, strict=True)
    )  # fmt: skip
    worths = tuple(_worth({**shared, **part}) for part in own)
    return replace(e, start=s.start, end=s.end, clause=clause_record(e.document, s.start, s.end), statement=s, fits=fits, worths=worths, run=shared["run"], slot=max(shared["slot"], shared["lists"], shared["defines"]))


def _other_level(c: Context, d: Document) -> bool:
    """Whether a local text is of another level than the one that the question names (省里的创新券), where it names no place."""
    said = "" if c.place_words else level_said(c.rewritten)
    return bool(said) and d.level not in (said, None, "national")


@lru_cache(maxsize=4096)
def _subject(question: str, title: str) -> float:
    """The longest run of characters that a question and a title share, 1 for six, 0 for less than four: the title names what is asked about."""
    longest = min(6, run(question, one_name(normalise(short_title(title)))))
    return longest / 6 if longest >= 4 else 0.0


def instrument(question: str, document: Document) -> float:
    """1 for a policy, not a law, whose title names the very thing that the question speaks of (创新券: 科技创新券管理办法)."""
    title = normalise(short_title(document.title)).lower()
    return float(document.legal_rank not in ("法律", "行政法规", "司法解释") and any(thing in title for thing in words_table().things(question)))


ASIDE = re.compile(r"提示|注：|示例|编者(?:注|按)|摘编说明|温馨提示|填表说明")
"""Headings of notes on a text."""


def _own(question: str, title: str) -> float:
    """1 where the whole name of a law or rule is what the question speaks of (行政处罚的时效: 行政处罚法)."""
    name = _RULE.sub("", one_name(normalise(short_title(title))))
    return float(len(name) >= 4 and name in question)


_RULE = re.compile(r"^中华人民共和国|(?:实施条例|实施细则|实施办法|管理办法|管理条例|条例|办法|细则|规定|法)(?:[（(][^）)]*[）)])?$")
_OPENS_DEFINING = re.compile(r"\s*(?:第[^条]{1,8}条\s*)?本(?:法|条例|办法|规定|细则|措施)(?:所称|中?的)[^，。；]{2,30}，?(?:以下简称[^）)]*[）)])?，?(?:是指|指)")
"""A definition of the thing that the whole text is about."""
_GLOSSARY = re.compile(r"\s*(?:第[^条]{1,8}条\s*)?(?:在?本(?:法|条例|办法|规定|细则)(?:中)?)?(?:下列|以下)(?:用语|术语|名词)")
"""A list of terms (本条例下列用语的含义) answers nothing but what a term means."""
_CLAWBACK = re.compile(r"(?:全额|予以|应当|责令|限期)?(?:退回|追回|收回|返还|退还)[^。；]{0,16}(?:奖励|补助|补贴|资金|经费)|(?:奖励|补助|补贴|资金|经费)[^。；]{0,8}(?:予以|应当|应)?(?:退回|追回|收回|退还)")
_ASKS_CLAWBACK = re.compile(r"退|追回|收回|取消|撤销|违规|违法|违反|骗|造假|作假|虚假|虚报|弄虚|迁|搬|不合格|处罚|处理|后果|怎么办|还要|挪用")
"""Giving back is told only to those who ask of it."""

_PROGRAMME = re.compile(r"(?:第[^条]{1,8}条\s*)?(?:国家(?!设立)|国务院|各级|县级以上|地方|本[省市]|省|市|有关部门|政府)[^。]{0,24}(?:鼓励|支持|建立|加强|完善|引导|推动|推进|促进|健全|加快|提高|发展|统筹|保护|营造|开展|弘扬)")
"""What a body sets out to do (国家鼓励…, 县级以上人民政府应当加强…)."""
_ASKS_HOW = re.compile(r"(?:怎么|如何|怎样)(?!支持|鼓励|促进|推动|扶持|帮|发展|加强|保障)")
_PLAIN = ("may", "amount", "who", "period", "deadline", "conditions")
"""Forms of question that a programme does not answer."""


def _worth(features: Mapping[str, float]) -> float:
    """The weighted sum of features (data/answer.toml)."""
    weights = constants()["worth"]
    return float(sum(weights[name] * value for name, value in features.items()))


def values_of(text: str) -> set[str]:
    """Kinds of values that a text holds."""
    found = {q.unit for q in quantities(text) if q.unit}
    if next(dates(text), None) or next(month_days(text), None):
        found.add("date")
    if _CYCLE.search(text):
        found.add("cycle")
    if _PHONE.search(text):
        found.add("phone")
    return found


NUMBER = 3.0
"""How many times more a telephone number counts than another value where one is asked for: nothing else answers."""
_CYCLE = re.compile(rf"每(?:[{NUMERAL}\d]+个?)?(?:年|季度?|半年|月|周)[^。；，]{{0,12}}(?:次|组织|开展|进行|评|报|检|核|考)")
"""How often something is done (每三年组织一次)."""
_PHONE = re.compile(r"(?<!\d)(?:0\d{2,3}[-—－]?\d{7,8}|400[-—－]?\d{3}[-—－]?\d{4}|1[0-2]\d{3})(?!\d)")
"""Numbers of offices, not of people (mobile numbers are none)."""


_BEGINS = re.compile(r"\s*(?:第[^条]{1,8}条\s*|[（(][一二三四五六七八九十]+[）)]\s*)?(?:本(?:办法|细则|规定|通知|公告|条例|措施|意见|指南|法))?自(?:\d{4}年|发布|印发|公布)[^。；]{0,16}起(?:施行|执行|实施|试行|生效)")
_ASKS_BEGIN = re.compile(r"施行|执行|实施|生效|试行|开始|有效|到期|什么时候|何时|哪天|哪一?年|期限|多久|废止|取代|代替")
_NOTE = re.compile(r"\s*[（(]?注\s*\d{0,2}\s*[：:]")
_EXAMPLE = re.compile(r"^某(?:企业|公司|单位)|示例|举例|例如|试算")
"""A worked example shows a rule; it is none."""


def _in_passing(text: str) -> bool:
    """Opening and closing formulas and the notes of a table answer nothing."""
    return (text.startswith(("第一条", "为了", "为")) and "制定本" in text) or bool(_NOTE.match(text)) or ("本法自" in text[:20] and "施行" in text)

