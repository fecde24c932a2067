"""The second turn: 那外资企业呢？ 那第二条呢？ 换成上海呢？ A follow-up is rewritten with what the turns before it said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from corpus.regions import Named
from corpus.regions import places_in as named_in
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
_BOTH = re.compile(r"(?:这|那)?(?:两|三|几)个?(?:城?市|地方|地区|地|省|县|区|者|边)|二者|它们|比一比|对比一?下?|比较一?下?|哪个(?:地方|市|省|县)?(?:更|要)?(?:[高多好]|优惠|划算)")
"""Two places that were spoken of before are compared."""
_AT = re.compile(r"我们?|咱们?|本|公司|企业|单位|注册地?|所在地?|地址|位于|来自|人|就|是|在|的|这边|那边|[，,。.！!？?\s]")
"""Words around a place that somebody gives as theirs (我们公司在安浦县)."""
_SHORT = 18
_WITH = re.compile(r"^(?:(?:还|也)?(?:可以|能够?|能不能|能否|可不可以|是否可以|会不会))?(?:和|与|跟|同)[^，,？?]{2,14}(?:叠加|一起|同时|都|冲突|重复)")
"""Something that is set beside what was spoken of (可以和研发补助叠加吗)."""


def follows_up(question: str) -> bool:
    """Whether a question leans on what was said before: it opens with 那/换成…, points back, or is a fragment with 呢."""
    plain = normalise(question)
    if _LEAD.match(plain) and len(plain) <= 2 * _SHORT:
        return True
    if route(plain).status:
        return False  # 谢谢, 你好
    if _POINTS_BACK.search(plain) or _CORRECTS.match(plain) or _own_place(plain) or _compares(plain):
        return True
    if len(plain) <= _SHORT and (names_nothing(plain) or _WITH.match(plain)):
        return True
    return len(plain) <= _SHORT and bool(re.search(r"呢[?？]?$", plain) or re.match(r"^(?:什么时候|多少|几年|怎么|谁|哪里|在哪|需要|要不要|有没有|为什么|标准|条件|流程|材料|期限|比例|(?:申请|申报|办理|报名)(?:要|需要|有|的)?(?:什么|哪些|怎么|多久|材料|条件|手续|流程|时间))", plain))


def rewrite(question: str, history: Sequence[str]) -> str:
    """The question as it would have been asked alone; the question itself when it does not lean on `history` (user turns, oldest first)."""
    turns = [turn for turn in history if turn.strip()]
    if not turns or not follows_up(question):
        return question
    before = rewrite(turns[-1], turns[:-1])
    if own := _own_place(normalise(question)):
        return _at(own, before)
    if _compares(normalise(question)) and (both := _both(turns)):
        return _at("和".join(both), before)
    core = _TAIL.sub("", _LEAD.sub("", _CORRECTS.sub("", normalise(question).strip())))
    return _replaced(before, core) or f"{_subject_of(before) if _ASKS.search(core) else before} {core or question}"


def _subject_of(before: str) -> str:
    """What the turn before asked about, without what it asked of it, where the new turn asks something of its own (…奖励有多少 → …奖励 什么时候发)."""
    left = _ASKED.sub("", before).rstrip(" 的")
    return left if len(left) >= 4 and not names_nothing(left) else before


_ASKS = re.compile(r"什么|多少|怎么|如何|哪|几|谁|多久|吗$|能不能|可不可以|要不要")
_ASKED = re.compile(r"(?:最[高多低少])?(?:一共|总共)?(?:能够?|可以|要|该|需要|得)?(?:有|是|给|拿|补|奖|抵|领|享受|满足|准备|提交)*(?:到)?(?:多少钱?|什么|哪些|怎么(?:用|算|补|申请|申报|办|拿|领)|如何(?:申请|申报|使用|计算))[^，。？?\s]{0,4}[？?]*$")


def _own_place(text: str) -> str:
    """The place of a turn that says nothing but where the asker is; empty otherwise."""
    found = named_in(text)
    if not found or len(text) > 2 * _SHORT:
        return ""
    words = "".join(text[p.start : p.end] for p in found)
    return words if _AT.sub("", text) == words else ""


def _compares(text: str) -> bool:
    """Whether places of earlier turns are compared."""
    return len(text) <= _SHORT and bool(_BOTH.search(text)) and not named_in(text)


def _both(turns: Sequence[str]) -> list[str]:
    """The last two places that the turns were about, in the order they came up; none when there were not two."""
    about = [rewrite(turn, turns[:i]) for i, turn in enumerate(turns)]
    said = [text[p.start : p.end] for text in about for p in named_in(text)]
    last = list(dict.fromkeys(reversed(said)))[:2]
    return last[::-1] if len(last) == 2 else []


def _at(place: str, before: str) -> str:
    """The turn before, asked of another place."""
    here = named_in(before)
    if here:
        return before[: here[0].start] + place + before[here[-1].end if _beside(before, here) else here[0].end :]
    if level := _LEVEL.search(before):
        return before.replace(level.group(), place, 1)
    return place + ("的" if not before.startswith(("的", "对", "在")) else "") + before


def _beside(text: str, places: Sequence[Named]) -> bool:
    """Whether places follow each other directly (福建省厦门市, 福州和厦门)."""
    return all(b.start - a.end <= 1 for a, b in pairwise(places))


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
