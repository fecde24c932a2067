"""The second turn: 那外资企业呢？ 那第二条呢？ 换成上海呢？ A follow-up is rewritten with what the turns before it said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.text import NUMERAL, normalise
from rag.focus import names_nothing
from rag.places import places_in
from rag.route import route

_LEAD = re.compile(r"^(?:那么|那|如果是|如果|要是|假如|换成|换作|换到|改成|再问一下|还有|另外|对于|针对|至于|而|若是|若)+[,，]?")
_TAIL = re.compile(r"(?:呢|的话|怎么样|又如何|又怎样|也一样吗|也行吗|也可以吗|行吗|可以吗)?[?？。!！]*$")
_ARTICLE = re.compile(rf"第[{NUMERAL}\d]+条(?:之[{NUMERAL}\d]+)?(?:第[{NUMERAL}\d]+款)?")
_YEAR = re.compile(r"(?:19|20)\d{2}年(?:度)?|去年|今年|前年|明年")
_POINTS_BACK = re.compile(r"^(?:它|他们|这个|那个|该|此|这些|那些|上述|前述|刚才|这样|这种|其中|这条|这部|这份|本)|(?:它|这个(?:政策|办法|规定|文件)|该(?:政策|办法|规定|文件|条|法)|上述|刚才说的|前面说的)")
_SUBJECT = re.compile(r"(?:内资|外资|民营|国有|中小(?:微)?|小微|小型微利|大型|个体|合伙|高新技术|科技型中小|制造业|规上|初创|新)?(?:企业|公司|个体工商户|工商户|高校|高等学校|科研(?:院所|机构|人员)|研究所|事业单位|社会组织|个人|自然人|职工|员工|学生|教师|军人|农民|外国人|团队)")
_CORRECTS = re.compile(r"^(?:不对|不是的?|错了|说错了|更正一?下?|不)?[，,。\\s]*(?:我(?:是)?(?:想)?(?:问|说|指)的?(?:其实)?是|我是问|应该是|我要问的是)[：:]?")
_LEVEL = re.compile(r"^(?:省|市|县|区)里(?:的)?|(?:省|市|县|区)(?:里|级)(?=对|的|给|奖|补|有)")
"""A level that stands for a place (省里对首次认定的高企奖励多少)."""
_SHORT = 18


def follows_up(question: str) -> bool:
    """Whether a question leans on what was said before: it opens with 那/换成…, points back, or is a fragment with 呢."""
    plain = normalise(question)
    if _LEAD.match(plain) and len(plain) <= 2 * _SHORT:
        return True
    if route(plain).status:
        return False  # 谢谢, 你好
    if _POINTS_BACK.search(plain) or _CORRECTS.match(plain):
        return True
    if len(plain) <= _SHORT and names_nothing(plain):
        return True
    return len(plain) <= _SHORT and bool(re.search(r"呢[?？]?$", plain) or re.match(r"^(?:什么时候|多少|几年|怎么|谁|哪里|在哪|需要|要不要|有没有|为什么|标准|条件|流程|材料|期限|比例)", plain))


def rewrite(question: str, history: Sequence[str]) -> str:
    """The question as it would have been asked alone; the question itself when it does not lean on `history` (user turns, oldest first)."""
    turns = [turn for turn in history if turn.strip()]
    if not turns or not follows_up(question):
        return question
    before = rewrite(turns[-1], turns[:-1])
    core = _TAIL.sub("", _LEAD.sub("", _CORRECTS.sub("", normalise(question).strip())))
    return _replaced(before, core) or f"{before} {core or question}"


def _replaced(before: str, core: str) -> str:
    """The turn before with one thing changed: its article, place, year or subject. Empty when the new words change none of them."""
    for pattern in (_ARTICLE, _YEAR, _SUBJECT):
        if pattern.fullmatch(core):
            return pattern.sub(core, before, count=1) if pattern.search(before) else f"{before} {core}"
    there, here = places_in(core), places_in(before)
    if there and not here and len(core) <= len(there[0].words) + 3 and (level := _LEVEL.search(before)):
        return before.replace(level.group(), there[0].words, 1)
    if there and here and len(core) <= len(there[0].words) + 3:
        return before.replace(here[0].words, there[0].words)
    return ""
