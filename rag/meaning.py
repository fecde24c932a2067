"""What a thing is: the thing whose meaning a question asks for (什么是揭榜挂帅, 免申即享是什么意思), and how surely a text says it."""

from __future__ import annotations

import re
from functools import lru_cache

from corpus.text import normalise
from rag.asked import pattern
from rag.fit import one_name

LONGEST = 16
"""Characters of a thing that is defined; a longer one is a case, not a term."""
TITLE = re.compile(r"(?:企业|机构|中心|基地|平台|孵化器|实验室|人才|空间|工作站|小巨人)$")
"""Things that are titles: who bears them is said by conditions."""
SAYS, KIN, SHOWS = 1.0, 0.8, 0.6
"""A definition; one of a longer name (科技创新券 for 创新券, 新药相关发明专利 for 发明专利); a sentence that says what is done about the thing by what it is (列入“免申即享”的事项，…企业不需提交)."""


@lru_cache(maxsize=1024)
def thing(question: str) -> str:
    """The thing whose meaning is asked for; empty for other questions."""
    plain = re.sub(r"[\s“”\"《》？?。！!]", "", normalise(question))
    match = pattern("meaning.words").search(plain)
    if match is None:
        return ""
    found = pattern("meaning.opening").sub("", next(g for g in match.groups() if g))
    part = pattern("meaning.parts").search(found) or (not match[1] and pattern("meaning.given").search(found))  # 什么是分段补助, but not 高企的补助是什么
    return found if 2 <= len(found) <= LONGEST and not part else ""


def defines(name: str, text: str) -> float:
    """How surely a text says what the thing is, 0..1; 0 without a thing."""
    if not name:
        return 0.0
    said, shown = _patterns(one_name(normalise(name)))
    plain = one_name(re.sub(r"[\s“”\"]", "", normalise(text)))
    if (match := said.search(plain)) is not None:
        return KIN if match[1] else SAYS
    return SHOWS if shown.search(plain) else 0.0


@lru_cache(maxsize=64)
def _patterns(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A definition of a name, and a sentence that tells how it works."""
    word = re.escape(name)
    is_ = r"(?:是指|指的是|指(?![南标引导数定出派令])|即(?!可|使|日|时|将)|是(?![否以由按不可应在指])[^，。；]{0,60}[^，。；]*(?:的|机构|企业|活动|方式|平台|组织|制度|人才|机制|凭证|补助|项目))"
    said = rf"(?:第[^条]{{1,8}}条|^|[，。；：、称的])([^，。；：称的]{{0,8}}?){word}(?:[（(][^（）()]{{0,60}}[）)])?[，,]?(?:以下[^，。]{{0,16}}[，,])?(?:主要)?{is_}"
    shown = rf"(?:通过|采取|采用|实行|推行){word}(?:等)?(?:的)?(?:方式|形式|机制|制度|办法)[^。；]{{4,}}|(?:列入|纳入|实行|采取|采用|通过|使用|领取){word}(?:的|方式|后)?[^。；]{{0,40}}(?:不需|无需|应当|由[^，。；]{{2,20}}(?:生成|核定|发放|直接)|自动|直接|用于|抵扣)|{word}[^，。；]{{0,6}}(?:用于|实行|可以用于|分为|包括)"
    return re.compile(said), re.compile(shown)
