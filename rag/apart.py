"""One question of several places (临洲市和鹭屿市的补助有什么不同): asked of each place alone, and told one place after the other.

Only where the places stand side by side (甲和乙的…) or are compared (甲的…和乙的…有什么不同); 从甲迁到乙 is one question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from corpus.regions import Named, name_of, places_in, stem_of
from rag.asked import asked
from rag.records import ANSWERED, NO_SUPPORT, PARTIAL, Citation, Context, Sentence
from rag.tools import Tools

_JOIN = r"(?:[、，,和与跟同及]|以及|还有|或者?|还是|对比|比较|相比|[vV][sS]\.?)"
_SIDE = re.compile(rf"^\s*{_JOIN}\s*$")
_JOINED = re.compile(rf"(?:{_JOIN}|比)?\s*$")
_OVER = re.compile(r"^\s*比\s*$")
_COMPARED = re.compile(
    r"(?:之间)?(?:的)?(?:各自)?(?:都?有(?:什么|何|哪些|啥))(?:样的)?(?:不同|不一样|区别|差[别异距]|异同)(?:之处|的地方)?|(?:不同|区别|差[别异距]|异同)(?:之处|的地方)?(?:在哪里?|是什么|有哪些|有多大)"
    r"|(?:一样|相同)[吗么]|哪[个里边家](?:的)?(?:补助|奖励|支持|政策|力度)?(?:更|要|比较)?[高多好大优]+(?:惠|厚)?(?:一?些|一点)?|(?:更|要)?[高多](?:多少|吗|么|一?些吗)|(?:各|分别|都)是(?:多少|什么|怎么规定的)?|怎么比|谁(?:更)?[高多]"
)
_LED = re.compile(r"^(?:请|帮我?|麻烦)?(?:对比|比较|对照|比一?比|列出)(?:一下)?(?:一?下子?)?")
_MOST = 4
_NOUNS = (
    (re.compile(r"(?:时间|期限|截止|日期|何时)$"), "是什么时候"), (re.compile(r"(?:条件|材料|流程|程序|要求|手续|对象|范围|门槛|政策|措施)$"), "有哪些"),
    (re.compile(r"(?:标准|比例|金额|额度|上限|多少)$"), "是多少"), (re.compile(r"(?:补助|奖励|资助|补贴|奖补|贴息|支持|配套)$"), "标准是多少"),
)  # fmt: skip


def variants(text: str) -> list[tuple[str, str]]:
    """(code, the question of that place alone) for two to four places that a question sets side by side; empty for any other question."""
    found = [p for p in places_in(text) if len(p.codes) == 1]
    places = [p for n, p in enumerate(found) if not any(_within(p, q) or (q.codes == p.codes and m < n) for m, q in enumerate(found) if m != n)]
    if not 2 <= len(places) <= _MOST or not _parallel(text, places):
        return []
    bare = _without(text, places[1:])
    said = text[places[0].start : places[0].end]
    return [(p.codes[0], _plain(bare.replace(said, name_of(p.codes[0]) if p.short else text[p.start : p.end], 1))) for p in places]


def _within(place: Named, other: Named) -> bool:
    """Whether a place is named only to say where the one right behind it lies (闽海省临洲市)."""
    mine, its = stem_of(place.codes[0]), stem_of(other.codes[0])
    return its.startswith(mine) and its != mine and 0 <= other.start - place.end <= 1


def _parallel(text: str, places: Sequence[Named]) -> bool:
    between = [text[a.end : b.start] for a, b in pairwise(places)]
    beside = all(_SIDE.match(words) for words in between)
    return beside or (bool(_COMPARED.search(text) or _LED.match(text)) and not re.search(r"迁|搬|转到|调到|来自|从", text)) or all(_OVER.match(words) for words in between)


def _without(text: str, others: Sequence[Named]) -> str:
    """The question without the other places and what joins them."""
    for p in reversed(others):
        start = len(_JOINED.sub("", text[: p.start]))
        end = p.end + (1 if text[p.end : p.end + 1] == "的" and "的" in text[:start] else 0)
        text = text[:start] + text[end:]
    return text


def _plain(text: str) -> str:
    """The question of one place: no words that compare, and asked for what was compared."""
    plain = re.sub(r"[？?。！!]+$", "", _LED.sub("", text)).strip()
    cut = _COMPARED.sub("", plain).strip("，, 的")
    if cut == plain:
        return plain + "？"
    return cut + next((ask for noun, ask in _NOUNS if noun.search(cut)), "是怎么规定的") + "？"


def each(c: Context, walk: Callable[[Context], Context], tools: Tools) -> Context:
    """The context of a question of several places: each walked alone, what was found told place by place; the same context where there are not several."""
    if not (made := variants(c.rewritten)):
        return c
    parts = [(name_of(code), walk(replace(c, rewritten=text, region=code, place_words=name_of(code), asked=asked(text)))) for code, text in made]
    told = [(name, part) for name, part in parts if part.sentences]
    silent = tuple(f"{name}：本库未收录能支持回答的规定（不等于没有规定）。" for name, part in parts if not part.sentences)
    if not told:
        first = parts[0][1]
        return replace(first, rewritten=c.rewritten, status=NO_SUPPORT, notices=(*c.notices, *silent), done=True)
    return joined(replace(c, region="", filters={**c.filters, "region": "、".join(code for code, _ in made)}), told, silent)


def joined(c: Context, told: Sequence[tuple[str, Context]], silent: tuple[str, ...]) -> Context:
    """What was found, one part after the other under its name; `silent`: notices of parts of which nothing was."""
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    for name, part in told:
        shift = len(citations)
        citations += [replace(x, n=x.n + shift) for x in part.citations]
        for i, s in enumerate(part.sentences):
            heading = "\n".join(h for h in (*((f"【{name}】", part.said) if i == 0 else ()), s.heading) if h)
            sentences.append(replace(s, heading=heading, citations=tuple(n + shift for n in s.citations)))
    last = told[-1][1]
    whole = not silent and all(part.status == ANSWERED for _, part in told)
    parts = [part for _, part in told]
    return replace(
        c, sentences=tuple(sentences), citations=tuple(citations), status=ANSWERED if whole else PARTIAL, composer=last.composer, model=last.model, route=last.route, reason=last.reason,
        notices=tuple(dict.fromkeys((*(n for part in parts for n in part.notices), *silent))), evidence=tuple(e for part in parts for e in part.evidence),
        ended=tuple(e for part in parts for e in part.ended), used=tuple(e for part in parts for e in part.used), dropped=tuple(d for part in parts for d in part.dropped), done=True,
        said="", elapsed_ms=c.elapsed_ms,
    )  # fmt: skip
