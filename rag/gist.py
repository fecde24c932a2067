"""What one policy says in short (总结一下《…》, 细则主要讲了什么), and what changed from the text before it (新办法和老办法有什么不同).

Both are told by the sections of the interpretation, each sentence and row with its citation; the whole interpretation has more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from corpus.models import CURRENT
from corpus.report import Heading, Paragraph, TableBlock
from rag import sections
from rag.changes import changed_values, predecessor
from rag.fit import bag, need_of
from rag.interpret import standing
from rag.places import covers
from rag.quoting import Quoting
from rag.records import ANSWERED, Context, Sentence
from rag.source import named, short_title
from rag.statements import condense
from rag.tools import Book, Tools
from rag.work import Work

_GIST = re.compile(r"总结|概括|归纳|概述|梳理|要点|解读|(?:主要|大概|到底)?(?:讲|说|写|规定)了?(?:些|的是)?什么(?!时候|条件)|主要(?:内容|规定|精神)(?:是什么|有哪些)?$|核心内容")
_CHANGED = re.compile(
    r"新旧|(?:新|现行|现在)的?[^，。？?]{0,8}(?:和|与|跟|比|较)[^，。？?]{0,4}(?:老|旧|原|以前|之前|过去)|(?:和|与|跟|比|较)(?:原来|以前|之前|过去|旧版|老版|老的?|旧的?|原)[^，。？?]{0,10}(?:不同|区别|变化|差别|改|调整)"
    r"|有(?:什么|哪些|何)(?:新的?)?(?:变化|调整|改变|修改|变动)|(?:修订|修改|调整|改)了(?:什么|哪些)"
)
_ASKING = re.compile(rf"{_GIST.pattern}|{_CHANGED.pattern}|请|帮我?|一下|新|老|旧|原来|现行|版|和|与|跟|比|有什么|哪些|区别|不同|差别|变化|调整|以前|之前|过去|内容|文件|政策|办法|细则|规定|这个|那个|[省市县](?:里|级)?(?=研|科|创|高|人|企|技)|[的了吗呢？?，。、\s]")
_LEAST = 0.65
"""Least share of the words that name a policy which its title must hold."""
_LEVELS = ((r"国家|全国", "national"), (r"省(?:里|级|的)|^省", "province"), (r"市(?:里|级)|^市", "city"), (r"[县区](?:里|级)|^[县区]", "county"))
_SECTIONS = (("适用对象", sections.who), ("支持标准与金额", sections.support), ("申报条件", sections.conditions), ("材料与流程", sections.materials), ("时间节点", sections.dates))
_POINTS, _CHANGES = 5, 12
"""So many paragraphs a section, and changes."""
_MARK = re.compile(r"\[(\d+)\]")


def tell(tools: Tools, c: Context) -> Context | None:
    """The gist or the changes of the policy that is meant; None for other questions and where no one policy in force is meant."""
    changed, short = bool(_CHANGED.search(c.rewritten)), bool(_GIST.search(c.rewritten))
    if not (changed or short) or c.named.articles or (book := _meant(tools, c)) is None:
        return None
    return _changes(tools, c, book) if changed else _gist(tools, c, book)


def _meant(tools: Tools, c: Context) -> Book | None:
    """The policy that is named, else the one whose title holds what is left of the question, the shortest title first."""
    shelf = tools.retriever.shelf
    heads = [h for h in shelf.among(c.named.documents, c.reader).values() if h.kind == "policy" and tools.validity(h.id, c.as_of).status in CURRENT]
    if not heads and not c.named.documents:
        subject = " ".join(_ASKING.split(c.rewritten.replace(c.place_words, " ") if c.place_words else c.rewritten)).strip()
        if not re.search(r"[\u4e00-\u9fff]{3}", subject):
            return None
        need = need_of(subject, tools.retriever, c.reader)
        reached = [h for h in shelf.heads.values() if h.kind == "policy" and c.reader.may_read(h.security, h.id) and (not c.region or covers(h.region_code, c.region))]
        held = {h.id: need.held(bag(short_title(h.title))) for h in reached}
        heads = [h for h in reached if held[h.id] >= _LEAST and tools.validity(h.id, c.as_of).status in CURRENT]
        level = next((name for word, name in _LEVELS if re.search(word, c.rewritten)), "")
        heads.sort(key=lambda h: (bool(level) and h.level != level, h.region_code != c.region, -round(held[h.id], 2), len(short_title(h.title)), h.id))
    return tools.books.get([heads[0].id], c.reader).get(heads[0].id) if heads else None


def _gist(tools: Tools, c: Context, book: Book) -> Context | None:
    d = book.document
    work = Work(d, book.statements, book.slots, tools.validity(d.id, c.as_of), Quoting(), tools.store, c.reader)
    for title, section in _SECTIONS:
        work.out.heading(title)
        section(work)
    sentences = tuple(_sentences(work.out))
    if not sentences:
        return None
    note = "以上为系统按条款梳理的要点，不是官方解读；更全的内容见该文件的政策要点梳理。"
    return replace(c, sentences=sentences, citations=tuple(work.out.citations), status=ANSWERED, composer="gist", said=f"{named(d)}的要点：", notices=(*c.notices, note))


def _sentences(out: Quoting) -> Iterator[Sentence]:
    """The blocks as sentences, each section under its heading, cut to its first points; tables as tables."""
    heading, told, before = "", 0, set()
    for block in out.blocks:
        if isinstance(block, Heading):
            heading, told = f"【{block.text}】", 0
            continue
        said = _paragraph(block) if isinstance(block, Paragraph) else _table(block) if isinstance(block, TableBlock) else None
        if said is not None and said[1] and told < _POINTS and said[0] not in before:
            before.add(said[0])
            yield Sentence(said[0], said[1], "lead", heading if told == 0 else "")
            told += 1


def _paragraph(block: Paragraph) -> tuple[str, tuple[int, ...]]:
    return block.text, tuple(block.citations)


def _table(block: TableBlock) -> tuple[str, tuple[int, ...]]:
    """A table as text, its marks taken out of the cells."""
    rows = block.rows[:10]
    marks = tuple(dict.fromkeys(int(n) for row in rows for cell in row for n in _MARK.findall(cell)))
    lines = [block.header, *([_MARK.sub("", cell) for cell in row] for row in rows)]
    return "\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines), marks


def _changes(tools: Tools, c: Context, book: Book) -> Context | None:
    """The values that differ from the text that this one replaced."""
    new = tools.store.documents.get(book.document.id, c.reader)  # with what it replaces
    old = predecessor(new, tools.store, c.reader)
    if old is None:
        return None
    out, judged, before, sentences = Quoting(), tools.validity(new.id, c.as_of), tools.validity(old.id, c.as_of), []
    for words, ours, theirs in changed_values(old, new)[:_CHANGES]:
        marks = [out.mark(d, s.start, s.end, v) for d, s, v in ((new, ours, judged), (old, theirs, before)) if s is not None]
        sentences.append(Sentence(f"{condense(words).rstrip('；，。')}。", tuple(marks), "lead", derived="新增 不再规定 原规定为 现规定为"))
    if not sentences:
        return None
    said = f"{named(new)}与{named(old)}相比，金额、比例、时限等有以下不同："
    return replace(c, sentences=tuple(sentences), citations=tuple(out.citations), status=ANSWERED, composer="gist", said=said, notices=(*c.notices, f"{named(old)}{standing(before)}，只作对照。"))

