"""Gathering evidence: candidates of the whole question, of its parts and of each level; then statements with their fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from corpus.models import CURRENT, Document, Status, Validity
from corpus.text import NUMERAL, normalise
from rag import guard
from rag.asked import Wanted, slots_of, without_slots
from rag.cite import clause_record
from rag.facts import dates, month_days, quantities, years
from rag.fit import Need, bag, need_of, one_name
from rag.focus import compound, focus
from rag.named import key_of
from rag.places import covers, inside
from rag.reading import run
from rag.records import Context, Evidence
from rag.source import short_title
from rag.statements import Statement
from rag.titles import title_key
from rag.tools import Book, Tools

WHOLE, PART, LEVEL, NAMED = 40, 16, 8, 12
"""How many candidates are asked for: of the whole question, of a part, of a level, of a named document."""
_LEVELS = ("national", "province", "city", "county")
STATEMENTS = 160


@cache
def constants() -> dict[str, Any]:
    """data/answer.toml."""
    import tomllib
    from importlib.resources import files

    return tomllib.loads(files("rag").joinpath("data/answer.toml").read_text("utf-8"))


def gather(tools: Tools, c: Context) -> Context:
    """Passages that may hold the answer, those in force (`evidence`) apart from those that ended or never began (`ended`)."""
    from rag.retrieve import Query

    fixed = c.region if not c.place_words else ""
    base = Query(c.rewritten, k=WHOLE, as_of=c.as_of, region=fixed)
    several = range(len(c.asked.parts)) if len(c.asked.parts) > 1 else ()
    found = _Found(len(c.asked.parts))
    found.add(tools.retriever.search(base, c.reader))
    for part in several:
        found.add(tools.retriever.search(replace(base, text=c.asked.parts[part].about, k=PART), c.reader), part)
    for level in _LEVELS if c.asked.support else ():
        found.add(tools.retriever.search(replace(base, k=LEVEL, level=level), c.reader), beside=True)
    for i in (*c.named.documents[:3], *c.named.told[:3]):
        found.add(tools.retriever.search(replace(base, k=NAMED, doc_id=i, region=""), c.reader))
    ordered = found.ordered()
    books = tools.books.get((hit.document_id for hit, _ in ordered), c.reader)
    passages = [_passage(books[hit.document_id].document, hit, places) for hit, places in ordered if hit.document_id in books]
    passages = _articles(tools, c) + passages
    usable = [e for e in passages if (not c.named.told or e.document.id in c.named.told) and _trusted(e.document) and _reaches(c, e.document) and _tells(c, e.document)]
    void = _void(tools, c, [e.document for e in usable])
    rests = [e for e in usable if _may_rest(e, c) and e.document.id not in void]
    return replace(c, evidence=tuple(rests), ended=tuple(e for e in usable if not _may_rest(e, c)))


_EXPLAINED = re.compile(r"《([^《》]{4,60})(?:〉|》)")


def _void(tools: Tools, c: Context, found: Sequence[Document]) -> set[str]:
    """Interpretations of policies that all have ended: what they explain is no longer so."""
    void = set()
    for d in {d.id: d for d in found if d.kind == "interpretation"}.values():
        ids = [i for m in _EXPLAINED.finditer(d.title) for i in _titled(tools, title_key(m[1]), c)]
        if ids and all(tools.validity(i, c.as_of).status not in CURRENT for i in ids):
            void.add(d.id)
    return void


def _titled(tools: Tools, key: str, c: Context) -> list[str]:
    """Ids of the policies that bear just that name, in full or behind 关于印发."""
    lookup = tools.retriever.shelf.lookup(c.reader)
    heads = tools.retriever.shelf.among([*lookup.titled(key), *lookup.loose(key)[:20]], c.reader)
    return [i for i, h in heads.items() if h.kind == "policy" and title_key(short_title(h.title)) == key]


Place = tuple[int, float]
"""How a passage was found: its rank and its score over the best one's, 0..1."""


class _Found:
    """Passages by what they were found for: the whole question, or one part of it."""

    def __init__(self, parts: int) -> None:
        self._parts, self._top = parts, 1.0
        self._hits: dict[tuple[str, int, int], Any] = {}
        self._places: dict[tuple[str, int, int], list[Place]] = {}

    def add(self, hits: Sequence[Any], part: int | None = None, *, beside: bool = False) -> None:
        """The hits of one search, first that of the whole question; `beside`: best of their level only, so their rank says nothing."""
        top = max((h.score for h in hits), default=0.0) or 1.0
        self._top = top if not self._hits else self._top
        for hit in hits:
            key = (hit.document_id, hit.start, hit.end)
            place = (WHOLE, max(0.0, hit.score / max(top, self._top))) if beside else (hit.rank, max(0.0, hit.score / top))
            self._hits.setdefault(key, hit)
            places = self._places.setdefault(key, [(WHOLE, 0.0)] * self._parts)
            for i in range(self._parts) if part is None else (part,):
                places[i] = max(places[i], place, key=lambda p: (p[1], -p[0]))

    def ordered(self) -> list[tuple[Any, tuple[Place, ...]]]:
        """Every hit with its place for each part, best first."""
        found = [(hit, tuple(self._places[key])) for key, hit in self._hits.items()]
        return sorted(found, key=lambda pair: min((-score, rank) for rank, score in pair[1]))


def _passage(document: Document, hit: Any, places: tuple[Place, ...]) -> Evidence:
    judged = Validity(**hit.validity) if isinstance(hit.validity, dict) else hit.validity
    rank, score = max(places, key=lambda p: (p[1], -p[0]))
    return Evidence(document, judged, dict(hit.clause), hit.start, hit.end, rank, score, near=float(hit.explain.get("dense", 0.0)), places=places)


def _may_rest(e: Evidence, c: Context) -> bool:
    """Whether an answer may rest on the evidence: in force at the date, and known by then (a text without a day of effect begins with its publication)."""
    d = e.document
    made = d.published_on or d.written_on
    return e.validity.status in CURRENT and (bool(d.effective_on) or not made or made[: len(c.as_of)] <= c.as_of)


def _trusted(document: Document) -> bool:
    """Policies and notices are evidence; interpretations only of official origin and without orders to the machine in them.

    A document whose title, number or issuers give orders is none: they are printed as headings and sources; nor is the advice of somebody
    who is no body (劳动仲裁攻略).
    """
    if not _named_well(document.title, document.doc_number, document.issuers):
        return False
    if not document.issuers and not document.doc_number and _ADVICE.search(document.title):
        return False
    if document.kind != "interpretation":
        return document.kind in ("policy", "notice")
    return document.genre not in ("来信", "留言", "互动") and not _holds_orders(document.id, document.text)


_ADVICE = re.compile(r"攻略|心得|干货|手把手|经验(?:谈|分享|之谈)|一文(?:看|读|弄|搞)懂|避坑|教你")


@lru_cache(maxsize=4096)
def _named_well(title: str, number: str, issuers: tuple[str, ...]) -> bool:
    return guard.is_title(title) and all(map(guard.is_body, issuers)) and not guard.is_order("\n".join((title, number, *issuers)))


@lru_cache(maxsize=4096)
def _holds_orders(document_id: str, text: str) -> bool:
    return guard.is_tainted(text)


def _reaches(c: Context, document: Document) -> bool:
    """Whether a document can matter at the asked place (it covers it or lies in it; unknown places may)."""
    region = document.region_code
    return not c.region or not region or covers(region, c.region) or inside(region, c.region)


_ASKS_REPORT = re.compile(r"报告|总结|回顾|目标|成就|成绩|完成|增长|达到|提高到|规模|占比|形势|部署|工作(?:重点|安排|任务)|多少[家个项亿万]|进展")


def _tells(c: Context, document: Document) -> bool:
    """Whether a text can answer by its genre: a report tells what was done in its year and sets no rule."""
    if document.genre != "报告" or document.id in c.named.documents:
        return True
    said = years(c.rewritten)
    made = f"{document.title}{document.written_on}{document.published_on}"
    return bool(_ASKS_REPORT.search(c.rewritten)) and (not said or any(y in made for y in said))


def _articles(tools: Tools, c: Context) -> list[Evidence]:
    """The articles named by number in the named documents, first of all evidence (the version in force only)."""
    if not (c.named.documents and c.named.articles):
        return []
    found = []
    books = tools.books.get(c.named.documents[:4], c.reader)
    for book in books.values():
        judged = tools.validity(book.document.id, c.as_of)
        for article in c.named.articles:
            spans = [s for s in book.statements if key_of(s.article) == article]
            if spans:
                start, end = spans[0].start, spans[-1].end
                found.append(Evidence(book.document, judged, clause_record(book.document, start, end), start, end, 0, 1.0, role="named"))
    current = [e for e in found if e.validity.status in CURRENT]
    return current[:2] or found[:1]


# ---- fit ---------------------------------------------------------------------------------------------------------------


def weigh(tools: Tools, c: Context) -> Context:
    """Statements of the passages, best first, each with its fit to every part and what it is worth as an answer."""
    needs = [need_of(p.about, tools.retriever, c.reader) for p in c.asked.parts]
    whole = need_of(c.rewritten, tools.retriever, c.reader)
    words = _Wording.of(tools, c)
    books = tools.books.get((e.document.id for e in c.evidence), c.reader)
    found: dict[tuple[str, int, int], Evidence] = {}
    for e in c.evidence:
        for statement in _inside(books[e.document.id], e):
            key = (e.document.id, statement.start, statement.end)
            if key not in found and len(found) < STATEMENTS and not _idle(statement.text(e.document), c, f"{statement.heading}\n{e.document.title}"):
                found[key] = _weighed(e, statement, c, needs, whole, words)
    kept = (e for e in found.values() if not guard.is_tainted(e.text))
    return replace(c, evidence=tuple(sorted(kept, key=lambda e: -e.worth)))


_ADDRESS = re.compile(r"^(?:各|附件|抄送|（?此件|（?联系人)[^。；]{0,160}[：:]?$|^(?:现将|现就|经)[^。]{0,120}(?:印发给你们|公布|公告|同意)[^。]{0,40}[，,。]?[^。]{0,30}。?$|^[^，。；：]{2,24}(?:厅|局|部|委|会|政府|办公室)$|^[\d年月日\s]+$")
_OPENING = re.compile(r"^(?:根据|为|按照?|依据|经)[^。]{0,300}(?:现(?:发布|印发|公布|就|将|组织|开展)|(?:通知|公告|通告)如下)[^。]{0,120}[：:。]?$")
_ASKS_BASIS = re.compile(r"依据|根据|为什么|目的|背景")
_HISTORY = re.compile(r"^[（(]?\s*\d{4}年\d{1,2}月\d{1,2}日.{0,80}(?:通过|修订|修正|修改|公布|发布|批准|施行)[^。]{0,40}[）)]?$|^》?[。；，]?$")
_ASKS_HISTORY = re.compile(r"修订|修正|修改|通过|公布|颁布|发布|历次|几次|哪年|哪一年|最近|最新")


def _idle(text: str, c: Context, above: str) -> bool:
    """What answers nothing: salutations, 现印发给你们, signatures, names of attachments, what only repeats a heading or title; dates of
    passing and revision unless they are asked for."""
    plain = text.strip()
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
    """The wording of a question: its runs of three characters, what is asked for (nouns beside the question word), whether a meaning is asked for,
    how a list that it asks for begins, the parts of a policy that it asks for, and what it is about without them."""

    plain: str
    things: frozenset[str]
    runs: frozenset[str]
    wanted: tuple[Need, ...]
    meaning: bool
    listing: re.Pattern[str] | None
    slots: tuple[Wanted, ...]
    about: Need

    @classmethod
    def of(cls, tools: Tools, c: Context) -> _Wording:
        plain = re.sub(r"\s", "", normalise(c.rewritten))
        words = {w for p in c.asked.parts for w in focus(p.text).asked}
        things = frozenset(one_name(n) for p in c.asked.parts if (n := compound(p.text)))
        return cls(one_name(plain), things, frozenset(r for i in range(len(plain) - 2) if _CHARS.fullmatch(r := plain[i : i + 3])), tuple(need_of(w, tools.retriever, c.reader) for w in sorted(words)), bool(_ASKS_MEANING.search(plain)), _listing(plain), slots_of(plain), need_of(without_slots(plain), tools.retriever, c.reader))

    def features(self, text: str, held: frozenset[str]) -> dict[str, float]:
        """thing: it names the thing whose value is asked for; run: share of the runs that the text holds; wanted: share of what is asked for that it, its title or headings hold; meaning: it defines where that is asked; lists: it begins the list that is asked for."""
        plain = re.sub(r"\s", "", normalise(text))
        total = sum(n.total for n in self.wanted)
        wanted = sum(n.total * n.held(held) for n in self.wanted) / total if total else 1.0
        return {"thing": float(any(t in one_name(plain) for t in self.things)), "run": sum(r in plain for r in self.runs) / max(1, len(self.runs)), "wanted": wanted, "meaning": float(self.meaning and bool(_DEFINES.search(plain))), "lists": float(bool(self.listing and self.listing.search(plain)))}


_SECTIONS = re.compile(r"条件|材料|流程|程序|方式|标准|对象|范围")


def _under(s: Statement, c: Context) -> bool:
    """Whether a paragraph without an article stands under a heading that says what is asked (申报条件, 资助方式)."""
    return not s.article and bool(s.heading) and any(word in c.rewritten for word in _SECTIONS.findall(s.heading))


def _shown(text: str, s: Statement, words: _Wording, above: frozenset[str], body: frozenset[str]) -> float:
    """How surely the statement is the part of a policy that is asked for (下列条件, 申报材料), 0..1: the square of the share of the matter that
    title and headings hold (`above`), or the statement with them; POINTER of it when it only points to that part."""
    share = max((words.about.held(above | body if w.own else above) for w in words.slots if w.shown(text, s.heading)), default=0.0)
    weak = (_POINTS.search(text) and not s.items) or _PROGRAMME.match(text.lstrip())
    return share**2 * (POINTER if weak else 1.0)


_POINTS = re.compile(r"(?:仍?按照?|依照|符合|参照)[^。；]{0,24}(?:《[^》]{1,30}》|〔\d{4}〕|第[一二三四五六七八九十]+条)[^。；]{0,24}?(?:确定|执行|办理|规定(?:的)?条件|规定(?=[。；]|$))")
POINTER = 0.5
"""What a statement that only points to another text (符合《办法》第四条规定条件), or says what a body sets out to do, counts where that part is asked for."""


def _rank_of(document: Document) -> float:
    """What a document is worth where it states the asked part: the rule itself 1, a yearly call for it 0.8, an interpretation 0.5."""
    return {"notice": 0.8, "interpretation": 0.5}.get(str(document.kind), 1.0)


def _past(title: str, c: Context) -> float:
    """1 for a call or list of a year that is over (2024年度…) when no year is asked for."""
    said = years(title)
    return float(bool(said) and max(said) < c.as_of[:4] and not years(c.rewritten))


def _weighed(e: Evidence, s: Statement, c: Context, needs: Sequence[Need], whole: Need, words: _Wording) -> Evidence:
    text = s.text(e.document)
    body, title, head = bag(text), bag(e.document.title), bag(s.heading)
    context = title | head | bag(e.text)
    fits = tuple(n.held(body, context) for n in needs)
    shared = {
        "whole": whole.held(body, context), "body": whole.held(body), "heading": whole.held(head),
        "subject": _subject(words.plain, e.document.title), "law": float(e.document.legal_rank == "法律"), "local": float(not c.region and e.document.level not in (None, "national")),
        "interpretation": float(e.document.kind == "interpretation"), "named": float(e.role == "named"), "passing": float(_in_passing(text) or (bool(_BEGINS.match(text)) and not _ASKS_BEGIN.search(c.rewritten))), "example": float(bool(_EXAMPLE.search(text[:24]) or _EXAMPLE.search(s.heading))), "report": float(e.document.genre == "报告"), "section": float(_under(s, c)), "slot": _shown(text, s, words, title | head, body) * _rank_of(e.document), "past": _past(e.document.title, c), "glossary": float(not words.meaning and bool(_GLOSSARY.match(text))), "clawback": float(bool(_CLAWBACK.search(text)) and not _ASKS_CLAWBACK.search(c.rewritten)), "own": _own(words.plain, e.document.title), **words.features(text, body | context),
    }  # fmt: skip
    values = values_of(text) if any(p.units for p in c.asked.parts) else set()
    places = e.places or ((e.rank, e.score),) * len(fits)
    programme = _PROGRAMME.match(text.lstrip())
    own = ({"programme": float(bool(programme) and p.form in _PLAIN), "fit": fit, "value": float(bool(p.units & values)), "rank": 1 / (1 + rank), "score": score} for p, fit, (rank, score) in zip(c.asked.parts, fits, places, strict=True))
    worths = tuple(_worth({**shared, **part}) for part in own)
    return replace(e, start=s.start, end=s.end, clause=clause_record(e.document, s.start, s.end), statement=s, fits=fits, worths=worths, run=shared["run"], slot=max(shared["slot"], shared["lists"]))


@lru_cache(maxsize=4096)
def _subject(question: str, title: str) -> float:
    """The longest run of characters that a question and a title share, 1 for six, 0 for less than four: the title names what is asked about."""
    longest = min(6, run(question, one_name(normalise(short_title(title)))))
    return longest / 6 if longest >= 4 else 0.0


def _own(question: str, title: str) -> float:
    """1 where the whole name of a law or rule is what the question speaks of (行政处罚的时效: 行政处罚法)."""
    name = _RULE.sub("", one_name(normalise(short_title(title))))
    return float(len(name) >= 4 and name in question)


_RULE = re.compile(r"^中华人民共和国|(?:实施条例|实施细则|实施办法|管理办法|管理条例|条例|办法|细则|规定|法)(?:[（(][^）)]*[）)])?$")
_GLOSSARY = re.compile(r"\s*(?:第[^条]{1,8}条\s*)?(?:在?本(?:法|条例|办法|规定|细则)(?:中)?)?(?:下列|以下)(?:用语|术语|名词)")
"""A list of terms (本条例下列用语的含义) answers nothing but what a term means."""
_CLAWBACK = re.compile(r"(?:全额|予以|应当|责令|限期)?(?:退回|追回|收回|返还|退还)[^。；]{0,16}(?:奖励|补助|补贴|资金|经费)|(?:奖励|补助|补贴|资金|经费)[^。；]{0,8}(?:予以|应当|应)?(?:退回|追回|收回|退还)")
_ASKS_CLAWBACK = re.compile(r"退|追回|收回|取消|撤销|违规|违法|违反|骗|造假|作假|虚假|虚报|弄虚|迁|搬|不合格|处罚|处理|后果|怎么办|还要|挪用")
"""Giving back is told only to those who ask of it."""

_PROGRAMME = re.compile(r"(?:第[^条]{1,8}条\s*)?(?:国家|国务院|各级|县级以上|地方|本[省市]|省|市|有关部门|政府)[^。]{0,24}(?:鼓励|支持|建立|加强|完善|引导|推动|推进|促进|健全|加快|提高|发展|统筹|保护)")
"""What a body sets out to do (国家鼓励…, 县级以上人民政府应当加强…)."""
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


__all__ = ["Status", "constants", "gather", "weigh"]
