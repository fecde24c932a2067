"""Documents and articles that a question names. What the corpus does not hold, or a law does not have, is said plainly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from corpus.access import Reader
from corpus.models import CURRENT, Document
from corpus.segment import article_number
from corpus.text import NUMERAL, normalise
from rag.asked import pattern
from rag.titles import title_key
from rag.tools import Tools
from rag.words import words

_ARTICLE = re.compile(rf"第[{NUMERAL}\d]+条(?:之[{NUMERAL}\d]+)?")
_BARE = re.compile(rf"([\u4e00-\u9fff（）()]{{2,24}}?(?:条例|办法|规定|细则|法典|法|意见|通知|规则|纲要))[》]?第[{NUMERAL}\d]+条")
_QUOTED = re.compile(r"《([^《》]{2,80})》")
_NUMBER = re.compile(r"[\u4e00-\u9fff]{1,12}[〔\[【（(]\s*(?:19|20)\d{2}\s*[〕\]】）)]\s*第?\s*\d{1,4}\s*号")
_NOT_A_NAME = re.compile(r"^(?:国家|有关|相关|哪个|什么|这个|该|本|上述|请问|根据|按照|依据|现行|当时|我国|中国)*(?:法律|法规|规定|办法|法|条例|的规定|意见|通知)$")


_LAW = re.compile(
    r"^(?:请问|想问一?下?|根据|按照?|依照?|依据|据|违反|现行的?|新的?|老的?|我国的?|国家的?|那么?|《)*"
    r"([\u4e00-\u9fff]{2,20}?(?:(?:促进|管理|保护|保障|监督|监管|安全|防治|组织|诉讼|仲裁|许可|处罚|登记|税|合同|继承|投资|企业|银行|保险|证券|信托|破产|竞争|垄断|统计|会计|审计|标准化|计量|专利|商标|著作权|进步|普及|教育|药品|食品|森林|渔业|种子|能源|治理|振兴|权益|资源|发展|基金|实验室)法|条例))"
    r"(?=[》第里中是对有什哪何多怎还现从的关要明规,，?？、\s]|$)"
)
_GENERIC = re.compile(r"^(?:相关|有关|什么|哪[个些部]|这[个部]|那[个部]|本|该|上述|地方|省|市|国家|现行|税|组织|管理|保护)*(?:法|条例|税法)$|[，,。？?和与或及]|(?:违反|规定|根据|有哪些|是不是|适用)")


_OPENS = re.compile(r"^(?:请问|想问一?下?|现在|原来?的?|老的?|以前的?)*([\u4e00-\u9fff]{2,16}?(?:法|条例|办法|规定|细则))(?=还|现|目|是|有|被|已|仍|什|何)")


@dataclass(frozen=True, slots=True)
class Gone:
    """A named document that is not held but that a held one says is repealed: the words that say so."""

    name: str
    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Named:
    """`documents`: ids of what is named and held (the version in force first); `articles`: keys (42, 10.1); `lost`: names not held;
    `gone`: of those the one that a held document repeals; `told`: ids of held documents that tell of a lost one."""

    documents: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    missing_document: bool = False
    missing_article: bool = False
    words: str = ""
    nearest: tuple[Mapping[str, Any], ...] = ()
    gone: Gone | None = None
    told: tuple[str, ...] = ()


def article_keys(text: str) -> tuple[str, ...]:
    """第四十二条 → 42, 第十条之一 → 10.1, in order."""
    found = []
    for match in _ARTICLE.finditer(normalise(text)):
        main, sub = article_number(match.group())
        found.append(f"{main}.{sub}" if sub else str(main))
    return tuple(dict.fromkeys(found))


def key_of(article: str | None) -> str:
    """The key of a clause's article."""
    return (article_keys(article) or ("",))[0] if article else ""


def find(tools: Tools, text: str, reader: Reader, as_of: str) -> Named:
    """What a question names, held against the corpus."""
    names = tools.retriever.shelf.lookup(reader).named(normalise(text))
    ids = [i for n in names for i in n.ids]
    lost = [n.words for n in names if not n.ids] + _lost_numbers(text, [n.words for n in names if n.ids])
    articles = article_keys(text)
    if not ids and not lost and articles:
        lost = [m[1] for m in _BARE.finditer(normalise(text)) if not _NOT_A_NAME.match(m[1])]
    if not ids and not lost:
        lost = _bare_law(tools, text, reader)
    if not ids and not lost and pattern("validity.words").search(text) and (m := _OPENS.match(normalise(text))) and not _inside_a_title(tools, title_key(m[1])) and (gone := _gone(tools, [m[1]], reader, as_of)):
        return Named(lost=(m[1],), gone=gone)
    ordered = _in_force_first(tools, ids, as_of)
    if lost and not ids and not articles and (gone := _gone(tools, lost, reader, as_of)):
        return Named(lost=tuple(lost), gone=gone)
    if lost and not ids and not articles and (told := _told(tools, text, lost, reader)):
        return Named(lost=tuple(lost), told=told)
    if lost and not ids:
        return Named(lost=tuple(lost), articles=articles, missing_document=True, words=_unknown(lost), nearest=_near(tools, lost, reader))
    if articles and ordered and (words := _no_such_article(tools, ordered, articles, reader)):
        return Named(ordered, articles, tuple(lost), missing_article=True, words=words, nearest=_heads(tools, ordered[:3], reader))
    return Named(ordered, articles, tuple(lost))


def _bare_law(tools: Tools, text: str, reader: Reader) -> list[str]:
    """A law's full name that opens the question without 《》 when no title bears it (民营经济促进法哪天开始施行)."""
    match = _LAW.match(normalise(text))
    name = re.sub(r"^(?:按照?|根据|依照?|依据|据|违反)", "", match[1]) if match else ""
    if _GENERIC.search(name) or len(name) < 4:
        return []
    key = title_key(words().names.get(name, name))
    ends = [key[at:] for at in range(len(key) - SHORT_NAME + 1)]  # words of the question may stand before the name (能享受成果转化条例)
    return [] if tools.retriever.shelf.lookup(reader).loose(key) or any(_inside_a_title(tools, end) for end in ends) else [name]


SHORT_NAME = 6
"""Characters of the shortest end of a name that is looked for in titles."""


def _inside_a_title(tools: Tools, key: str) -> bool:
    """Whether a title holds the name anywhere, or is a rule of its subject (企业所得税条例: 企业所得税法实施条例)."""
    subject = key.removesuffix("条例")
    return any(key in title or (subject != key and len(subject) >= 4 and subject in title and title.endswith("条例")) for title in list(tools.retriever.shelf.titles))


def _gone(tools: Tools, lost: list[str], reader: Reader, as_of: str) -> Gone | None:
    """The clause of a document in force that says a named one is repealed (…《合同法》…同时废止)."""
    from rag.retrieve import Query

    for name in (w.strip("《》") for w in lost):
        key = title_key(name)
        for hit in tools.retriever.search(Query(f"《中华人民共和国{key}》《{key}》同时废止", k=20, as_of=as_of), reader):
            if key in title_key(hit.title):
                continue  # a new version repeals the old one of its name, not itself
            if any(title_key(t) == key for t in _QUOTED.findall(hit.text)) and re.search(r"同时废止|予以废止|自.{0,20}起废止", hit.text) and tools.validity(hit.document_id, as_of).status in CURRENT:
                return Gone(name, hit.document_id, hit.start, hit.end)
    return None


_OPENING = 800
"""A document that tells of another names it within so many characters."""
_BASIS = re.compile(r"(?:根据|依据|按照|依照|违反|适用|符合|结合|有关|、|和|及)(?:国家|本市|本省|中华人民共和国)?$")


def _told(tools: Tools, text: str, lost: list[str], reader: Reader) -> tuple[str, ...]:
    """Documents that tell of one that is not held (news of it, an explanation): they name it near their beginning, not as their basis."""
    from rag.retrieve import Query

    keys = {title_key(w.strip("《》")) for w in lost if len(w.strip("《》")) >= 5}
    ids = list(dict.fromkeys(h.document_id for h in tools.retriever.search(Query(text, k=30), reader))) if keys else []
    return tuple(b.document.id for b in tools.books.get(ids, reader).values() if any(title_key(m[1]) in keys and not _BASIS.search(b.document.text[max(0, m.start() - 12) : m.start()]) for m in _QUOTED.finditer(b.document.text[:_OPENING])))


def _lost_numbers(text: str, known: Iterable[str]) -> list[str]:
    """文号 written in full that the corpus does not hold."""
    held = list(known)
    return [m.group() for m in _NUMBER.finditer(text) if not any(k in m.group() or m.group() in k for k in held)]


def _unknown(lost: list[str]) -> str:
    names = "、".join(w if w.startswith("《") or "号" in w[-1:] else f"《{w}》" for w in dict.fromkeys(lost))
    return f"本库未收录{names}，不能据以回答。"


def _in_force_first(tools: Tools, ids: Iterable[str], as_of: str) -> tuple[str, ...]:
    """The named versions: in force at the date first, then newer before older."""
    unique = list(dict.fromkeys(ids))
    heads = tools.retriever.shelf.heads

    def order(i: str) -> tuple[bool, str]:
        head = heads.get(i)
        return (tools.validity(i, as_of).status in CURRENT, (head.written_on or head.published_on) if head else "")

    return tuple(sorted(unique, key=order, reverse=True))


def _no_such_article(tools: Tools, ids: tuple[str, ...], articles: tuple[str, ...], reader: Reader) -> str:
    """The words for an article that none of the named documents has; empty when one has it or none has articles."""
    books = tools.books.get(ids[:8], reader)
    held = {i: {key_of(c.article) for c in b.document.clauses if c.article} for i, b in books.items()}
    if not any(held.values()) or any(a in keys for a in articles for keys in held.values()):
        return ""
    first = next(b.document for i, b in books.items() if held[i])
    count = len({k for k in held[first.id] if "." not in k})
    said = "、".join(f"第{a.replace('.', '条之') if '.' in a else a + '条'}" for a in articles)
    return f"《{first.title}》{_version(first)}共{count}条，没有{said}，不能引用。"


def _version(document: Document) -> str:
    on = document.written_on or document.published_on
    return f"（{on}版）" if on else ""


def _near(tools: Tools, lost: list[str], reader: Reader) -> tuple[Mapping[str, Any], ...]:
    from rag.retrieve import Query

    words = " ".join(w.strip("《》") for w in lost)
    seen: dict[str, None] = {}
    for hit in tools.retriever.search(Query(words, k=12), reader):
        seen.setdefault(hit.document_id)
    return _heads(tools, list(seen)[:3], reader)


def _heads(tools: Tools, ids: Iterable[str], reader: Reader) -> tuple[Mapping[str, Any], ...]:
    heads = tools.retriever.shelf.among(list(ids), reader)
    return tuple({"document_id": d.id, "title": d.title, "doc_number": d.doc_number} for d in heads.values())
