"""A turn that leans on what was said before (那材料呢？ 换成上海呢？ 我说的是市里的), as it would have been asked alone.

The turn before is parted into its topic and what was asked of it (rag.frame); the new turn changes one of the two, or the place, the year, the article
or the kind of enterprise in it. What was said two turns ago and is not repeated is kept only so far as it still stands in the question before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from corpus.regions import Named, name_of
from corpus.regions import places_in as named_in
from corpus.text import NUMERAL, normalise
from rag.focus import names_nothing
from rag.frame import ATTRIBUTE, BENEFIT, Frame, asks_of, book, cut, frame, is_side
from rag.places import Place, places_in
from rag.route import route

_LEAD = re.compile(r"^(?:那么|那|如果是|如果|要是|假如|换成|换作|换到|改成|再问一下|还有|另外|对于|针对|至于|而|若是|若)+[,，]?")
_SUPPOSES = re.compile(r"^(?:那么?)?(?:如果|要是|假如|若)")
_THANKS = re.compile(r"^(?:(?:好的?|行|谢谢(?:你|您)?|多谢|明白了?|知道了|了解了?|懂了|嗯+|哦+|ok|OK)[，,。.!！\s]+)+")
_TAIL = re.compile(r"(?:呢|的话|怎么样|又如何|又怎样|也一样吗|也行吗|也可以吗|行吗|可以吗)?[?？。!！\s]*$")
_ARTICLE = re.compile(rf"第[{NUMERAL}\d]+条(?:之[{NUMERAL}\d]+)?(?:第[{NUMERAL}\d]+款)?")
_YEAR = re.compile(r"(?:19|20)\d{2}年(?:度)?|去年|今年|前年|明年")
_POINTS = re.compile(r"^(?:它们?|他们|这个|那个|该|此|上述|前述|刚才|这样|这种|其中|这条|这部|这份|这项|本(?=办法|规定|政策|文件|条例|细则|通知|公告|法|市|省|县|区))|(?:它|这(?:个|项|份|部)(?:政策|办法|规定|文件|条例|通知|补助|奖励)|该(?:政策|办法|规定|文件|条例|通知|条|法)|上述|刚才说的|前面说的)")
_PRONOUN = re.compile(r"(?:这|那|该|本|上述|前述|此)(?:个|项|份|部|条)?(?P<kind>政策|办法|规定|文件|条例|细则|通知|公告|意见|法律|法)|它|(?:这|那)(?:个|项)(?P<own>补助|奖励|补贴|资助|项目)?")
_DOCUMENT = re.compile(r"《[^《》]{2,60}》|[“”\u4e00-\u9fff]{2,40}(?:管理办法|实施细则|暂行办法|条例|办法|细则|规定|措施|意见|法)$")
_SUBJECT = re.compile(r"(?:[\u4e00-\u9fff]{2,6}(?<![的对给])|外资|内资|大型|小微|新)?(?:企业|公司|机构)|个体(?:工商户|户)?|(?:小规模)?纳税人|合伙人|工商户|高校|高等学校|科研(?:院所|机构|人员)|研究所|事业单位|社会组织|个人|自然人|职工|员工|大?学生|教师|军人|农民|外国人|团队|高企|博士后|博士|硕士|本科生?")
_LIKE = tuple(map(re.compile, (r"[A-Z]类(?:人才)?", r"[ⅠⅡⅢⅣⅤIVX]+类", r"第[一二三四五六\d]+(?:批次?|轮|类|档)", r"(?:首次|期满重新|重新|再次)(?:通过)?认定", r"(?:整体)?迁入", r"[一二三四五六]级", r"国家级|省级|市级|县级|区级")))
"""Members of one series, one of which stands for another (A类 · B类)."""
_MAY = re.compile(r"(?P<what>[^，,也]{2,10}?)(?:可以|行|可不可以)(?:吗|么)?[？?]?")
_ALSO = re.compile(r"(?P<what>.{2,12}?)也(?:是|有|能|可以|行|算)(?:吗|么)?$")
_CORRECTS = re.compile(r"^(?:不对|不是的?|错了|说错了|更正一?下?|不)?[，,。\s]*(?:我(?:是)?(?:想)?(?:问|说|指)的?(?:其实)?是|我是问|应该是|我要问的是)[：:]?")
_NOT_BUT = re.compile(r"^(?:不对|不|错了)?[，,。\s]*(?:我(?:问|说|指)的)?不是(?P<old>[^，,。]{1,14})[，,。\s]*(?:我(?:问|说|指)的)?(?:而?是)(?P<new>[^，,。?？]{1,20})$")
_AGAIN = re.compile(r"^(?:还有(?:呢|吗|什么|别的吗)?|具体(?:点|一点|说说|呢)|详细(?:点|说说|一点|说明)?|再?说(?:得)?(?:详细|具体)(?:点|一点|些)|展开说说|然后呢|真的吗|确定吗|(?:有|依)据(?:是什么|呢|吗)?|出处(?:是什么|呢)?|哪个文件(?:规定的|说的)?)[?？。!！]*$")
_BACK = re.compile(r"^(?:(?:那|好|那就)?(?:再)?(?:回到|说回|还是(?:说|问)|接着(?:说|问)|继续(?:说|问)|再(?:说说?|问问?)))?(?:一下)?(?P<when>刚才|刚刚|之前|前面|上面|最开始|一开始|最初)?(?:说|问|提)?(?:到)?的?(?:那个?|这个?)?(?P<what>.+)$")
_RETURNS = re.compile(r"^(?:那|好|那就)?(?:再)?(?:(?:回到|说回|还是(?:说|问)|接着(?:说|问)|继续(?:说|问)|再(?:说说?|问问?))|(?:刚才|刚刚|之前|前面|最开始|一开始|最初)(?:说|问|提)(?:到)?的?)")
_OPEN_LEVEL = re.compile(r"^(?:全?[省市县区](?:里|级|内)的?|国家(?:级|层面)?的?|省(?=[\u4e00-\u9fff]{3})(?!份)|市(?=科技|级|里|创新券|财政))")
_LEVEL = re.compile(r"^(?:省|市|县|区)里(?:的)?|(?:省|市|县|区)(?:里|级)(?=对|的|给|奖|补|有)")
"""A level that stands for a place (省里对首次认定的高企奖励多少, 省级研发投入补助)."""
_LEVEL_ONLY = re.compile(r"(?P<level>国家|全国|中央|省|市|县|区)(?:里|级|层面|本级)?(?:的|那边)?(?:补助|奖励|政策)?(?P<rest>(?:还|也|都)?(?:能|可以|有|给|要).{1,10})?")
_OF_DOCUMENT = re.compile(r"的(?:办法|政策|规定|文件|细则|条例|通知)$")
_LINK = re.compile(r"(?:里面?|中|里头)?(?:对于?|关于|规定的?)?的?$")
_VERSION = re.compile(rf"(?P<year>{_YEAR.pattern})的?(?:版本?|修订(?:版|的)?|修正(?:版|的)?)")
_SELF = re.compile(r"^(?:我们?|咱们?|本)(?:公司|企业|单位)?(?:是|属于)(?:一?家|个)?")
_ZONE = re.compile(r"(?P<zone>高新区|高新技术产业开发区|经开区|开发区|自贸(?:试验)?区|新区|保税区)(?:的|里|那边)?(?:企业)?")
_ZONE_NAME = re.compile(r"高新技术产业开发区|高新区|经开区|经济技术开发区|开发区|自贸(?:试验)?区|新区|保税区|片区")
_BOTH = re.compile(r"(?:这|那)?(?:两|三|几)个?(?:城?市|地方|地区|地|省|县|区|者|边|个)|二者|它们|比一比|对比一?下?|比较一?下?|哪个(?:地方|市|省|县)?(?:更|要)?(?:[高多好]|优惠|划算)")
"""Two places, or two topics, that were spoken of before are compared."""
_MORE = re.compile(r"[高多低少]|优惠|划算")
_AT = re.compile(r"我们?|咱们?|本|公司|企业|单位|注册地?|所在地?|地址|位于|来自|人|就|是|在|的|这边|那边|[，,。.！!？?\s]")
"""Words around a place that somebody gives as theirs (我们公司在安浦县)."""
_SHORT, _TINY, _COMPOUND, _BARE = 18, 5, 3, 12
_WITH = re.compile(r"^(?:(?:还|也)?(?:可以|能够?|能不能|能否|可不可以|是否可以|会不会))?(?:和|与|跟|同)[^，,？?]{2,14}(?:叠加|一起|同时|都|冲突|重复)")
"""Something that is set beside what was spoken of (可以和研发补助叠加吗)."""
_WHETHER_CASE = re.compile(r"^(?:有没有|有哪些|哪些|什么)[^，,？?]{0,14}(?:情况|情形|例外|办法)")
_GENRE = re.compile(r"(?:若干|实施|管理|使用|暂行|试行|支持)*(?:办法|细则|规定|措施|意见|条例|方案|通知)(?:（[^（）]{1,8}）)?$")
_STRONG = re.compile(rf"{BENEFIT}$")
_ASKS = re.compile(r"什么|多少|怎么|如何|哪|几|谁|多久|吗$|能不能|可不可以|要不要|有没有")


def follows_up(question: str) -> bool:
    """Whether a question leans on what was said before: it opens with 那/换成…, points back, or is a fragment with 呢."""
    plain = _THANKS.sub("", normalise(question))
    core = _TAIL.sub("", plain)
    if len(plain) <= _BARE and (is_side(core) or _asks_only(core)):
        return True  # 电话多少, 单次最低多少
    if _LEAD.match(plain) and len(plain) <= 2 * _SHORT:
        return True
    if route(plain).status:
        return False  # 谢谢, 你好
    if _POINTS.search(plain) or _CORRECTS.match(plain) or _NOT_BUT.match(plain) or _AGAIN.match(plain) or _RETURNS.match(plain) or own_place(plain) or _compares(plain):
        return True
    if (self_said := _SELF.match(plain)) and _SUBJECT.fullmatch(core[self_said.end() :]):
        return True
    if len(plain) <= _BARE and (_MODAL.match(plain) or _MAY.fullmatch(plain) or (plain.rstrip("?？").endswith(("吗", "么")) and _ALSO.fullmatch(plain.rstrip("?？")) and not frame(_ALSO.sub("", plain)).ask)):
        return True
    if len(core) <= _TINY and frame(core).ask and not named_in(core):
        return True
    if len(plain) <= _SHORT and (names_nothing(plain) or _WITH.match(plain) or _WHETHER_CASE.match(plain) or is_side(core) or _LEVEL_ONLY.fullmatch(core) or _place_only(core)):
        return True
    return len(plain) <= _SHORT and bool(re.search(r"呢[?？]?$", plain) or re.match(r"^(?:什么时候|多少|几年|怎么|谁|哪里|在哪|需要|要不要|有没有|为什么|标准|条件|流程|材料|期限|比例|上限|(?:申请|申报|办理|报名)(?:要|需要|有|的)?(?:什么|哪些|怎么|多久|材料|条件|手续|流程|时间))", plain))


Speaks = Callable[[str, str], bool]
"""Whether the document of a name holds all that a short question names."""


_MODAL = re.compile(r"(?:还|也|都)?(?:要|需要|能|可以|得|该|是否|能否)(?!求|点|素|是|按|如|办|源)")


def _asks_only(core: str) -> bool:
    """Whether a text asks without naming a topic, at a place or none (临洲的最高多少)."""
    found = named_in(core)
    rest = core[found[0].end :].removeprefix("的") if found and found[0].start == 0 else core
    asked = frame(rest)
    return bool(asked.ask and (not asked.topic or is_side(asked.topic))) and len(rest) > 1 and names_nothing(re.sub(ATTRIBUTE, "", rest))


def rewrite(question: str, history: Sequence[str], speaks: Speaks | None = None) -> str:
    """The question as it would have been asked alone; the question itself when it does not lean on `history` (user turns, oldest first).

    With `speaks` a bare short question (事故罚款多少) is asked of the document that the question before named, where that speaks of it.
    """
    turns = [turn for turn in history if turn.strip() and not route(normalise(turn)).status]
    if not turns or not (follows_up(question) or (speaks and _bare(question))):
        return question
    alone = _alone(turns, speaks)
    if not follows_up(question):
        named = _LINK.sub("", book(alone[-1]))
        return f"{named}{question}" if named and speaks and speaks(named, question) else question
    plain = _THANKS.sub("", normalise(question).strip())
    if own := own_place(plain):
        return _at(own, alone[-1])
    if _compares(plain) and (both := _both(alone, plain)):
        return both
    if _AGAIN.match(plain):
        return alone[-1]
    if _RETURNS.match(plain) and (match := _BACK.match(plain)):
        return _returned(_TAIL.sub("", match["what"]), alone)
    return _changed(plain, alone[-1]) or question


def _bare(question: str) -> bool:
    """Whether a question is so short that it may speak of the document before it: no place, no support, no document of its own."""
    plain = normalise(question)
    return len(plain) <= _BARE and not (named_in(plain) or re.search(BENEFIT, plain) or book(plain) or route(plain).status or "《" in plain)


def _alone(turns: Sequence[str], speaks: Speaks | None = None) -> list[str]:
    """Every turn as it would have been asked alone, each by the ones before it; what only says where somebody is asks nothing."""
    found: list[str] = []
    for turn in turns:
        found.append(rewrite(turn, found[-6:], speaks) if found else turn)
    return [t for t in found if not own_place(normalise(t))] or found


def _changed(plain: str, before: str) -> str:
    """The question before with what the new turn says in place of its like."""
    if match := _NOT_BUT.match(plain):
        return before.replace(match["old"], match["new"]) if match["old"] in before else _put(match["new"], before)
    if (may := _MAY.fullmatch(plain)) and not frame(may["what"]).ask:
        return f"{frame(before).topic}可以{may['what']}吗"
    if _SUPPOSES.match(plain) and re.search(r"[,，]", plain):
        core = _TAIL.sub("", _LEAD.sub("", plain))
        return f"{frame(before).topic} {core}"
    return _put(_TAIL.sub("", _LEAD.sub("", _CORRECTS.sub("", plain))), before)


def _put(core: str, before: str) -> str:
    """One thing put in place of its like: an article, a year, a level, a place, a kind of enterprise, a side of the topic, a document pointed at, the topic itself."""
    of, core = core.endswith("的"), core.strip(" ，,的")
    if not core:
        return before
    if version := _VERSION.fullmatch(core):
        core = version["year"]
    for pattern in (_ARTICLE, _YEAR):
        if pattern.fullmatch(core):
            return pattern.sub(core, before, count=1) if pattern.search(before) else _dated(core, before)
    for series in _LIKE:
        if series.fullmatch(core) and series.search(frame(before).topic):
            return series.sub(core, before, count=1)
    return _of_level(core, before) or _of_place(core, before) or _pointed(core, before) or _of_subject(core, before) or _of_topic(core, before, of)


def _dated(core: str, before: str) -> str:
    """A year or an article that the question before did not name."""
    if _ARTICLE.fullmatch(core):
        named = re.search(r"《[^《》]+》", before)
        return f"{named.group() if named else frame(before).topic}{core}是什么"
    return f"{core}{before}"


def _of_level(core: str, before: str) -> str:
    """Another level of government (市里的; 市里的还能拿吗), or a zone of the place (高新区)."""
    if zone := _ZONE.fullmatch(core):
        return _at(re.sub(r"(?:高新区|开发区|新区)$", "", _place(before)) + zone["zone"], before)
    match = _LEVEL_ONLY.fullmatch(core)
    if match is None:
        return ""
    level = {"国家": "国家的", "全国": "国家的", "中央": "国家的"}.get(match["level"], f"{match['level']}里的")
    bare = _OPEN_LEVEL.sub("", before)
    if (place := _place(bare)) and bare.startswith(place):
        bare, level = bare.removeprefix(place).removeprefix("的"), _above(place, level)
    asked = _frame(bare)
    return f"{level}{asked.topic}{match['rest']}" if match["rest"] else f"{level}{bare}"


def _above(place: str, level: str) -> str:
    """The level of a place (安浦县, 市里的 → 临洲市市级); the level alone where the place says nothing of it."""
    codes = named_in(place)[-1].codes
    code = codes[0] if len(codes) == 1 else ""
    superior = {"省里的": code[:2] + "0000", "市里的": code[:4] + "00"}.get(level, "") if code else ""
    return f"{name_of(superior)}{level[0]}级" if superior.strip("0") and name_of(superior) else level


def _place(text: str) -> str:
    """The first place of a text with the zone right behind it (临洲高新区), or empty."""
    here = named_in(text)
    if not here:
        return ""
    end = here[-1].end if _beside(text, here) else here[0].end
    zone = _ZONE_NAME.match(text, end)
    return text[here[0].start : zone.end() if zone else end]


def _frame(text: str) -> Frame:
    """A question's frame, its topic without 的办法."""
    asked = frame(text)
    return Frame(_OF_DOCUMENT.sub("", asked.topic), asked.ask)


def _place_only(core: str) -> Place | None:
    """The place of a turn that says little more."""
    there = places_in(core)
    return there[0] if there and len(core) <= len(there[0].words) + 3 and not _SIDE_LEFT.search(core.replace(there[0].words, "", 1)) else None


_SIDE_LEFT = re.compile(rf"条件|材料|{BENEFIT}|多少|比例|标准|时间|流程")


def _of_place(core: str, before: str) -> str:
    """Another place, alone or with something else that changes (鹭屿的材料)."""
    if place := _place_only(core):
        return _at(place.words + (m[0] if (m := re.match(r"[省市县区](?!里|级)", core.split(place.words, 1)[1])) else ""), before)
    found = named_in(core)
    if not found or found[0].start or len(core) - found[0].end > _SHORT:
        return ""
    rest = core[found[0].end :].removeprefix("的")
    whole = frame(rest)
    if whole.ask and len(whole.topic) > 3 and not is_side(whole.topic):
        return core
    return _put(rest, _at(core[: found[0].end], before))


def _pointed(core: str, before: str) -> str:
    """它, 这个办法: the topic, or the document that it names."""
    match = _PRONOUN.match(core) or re.match(r"(?P<kind>)(?P<own>)(?:其中|上述|前述|刚才说的|前面说的)的?", core)
    if match is None:
        return ""
    topic, rest = frame(before).topic or before, core[match.end() :].removeprefix("的")
    named = _DOCUMENT.search(topic)
    what = re.sub(r"第[^条]+条$", "", _LINK.sub("", said)) if (said := book(topic)) else named.group() if named else f"{topic}的{match['kind']}" if match["kind"] else topic
    if not rest:
        return before
    return f"{what}{asks_of(rest)}" if is_side(rest) else f"{what}{rest}"


def _of_subject(core: str, before: str) -> str:
    """Another kind of enterprise or person."""
    kind = _SELF.sub("", core)
    if not _SUBJECT.fullmatch(kind):
        return ""
    asked = _frame(before)
    if (old := _SUBJECT.search(asked.topic)) and old.group() != kind:
        return before.replace(_last_subject(asked.topic, old.group()), kind, 1)
    return f"{kind}，{before}"


def _last_subject(topic: str, found: str) -> str:
    """The kind as the topic names it, without words of the place before it."""
    here = named_in(found)
    return found[here[-1].end :] if here else found


def _of_topic(core: str, before: str, of: bool) -> str:
    """A side of the topic (材料), something else asked of it (从哪天开始算), another topic (中试基地), or one that is whole by itself."""
    asked, new = _frame(before), frame(core)
    if is_side(core):
        return f"{asked.topic}{asks_of(core)}"
    if (also := _ALSO.fullmatch(core)) and not frame(also["what"]).ask:
        return _replaced(also["what"], asked, before, of)
    if new.ask and len(core) <= _BARE and re.search(rf"{BENEFIT}$", asked.topic) and not re.search(BENEFIT, new.topic) and _SUBJECT.fullmatch(new.topic):
        return f"{new.topic}，{asked.topic}{new.ask}"
    if _WITH.match(core):
        return f"{asked.topic} {core}"
    if new.ask and (not new.topic or is_side(new.topic) or names_nothing(new.topic)):
        return f"{asked.topic}{'的' if is_side(frame(core).topic or core[:2]) else ''}{core}" if asked.topic else f"{before} {core}"
    if new.ask and re.fullmatch(rf"(?:{BENEFIT}){{1,2}}", new.topic):
        return f"{re.sub(f'(?:{BENEFIT})+$', '', asked.topic)}{core}"
    if new.ask or _ASKS.search(core):
        return _with_place(core, before) if len(new.topic) >= 2 and not _leans(new.topic) else f"{asked.topic} {core}"
    return _replaced(core, asked, before, of)


def _leans(topic: str) -> bool:
    """Whether a new topic is only a case of the one before (修改以后, 首次认定的)."""
    return bool(re.search(r"(?:以后|之后|以前|之前|的|了)$|^(?:首次|期满|重新|超过|不到|低于|逾期|没有?|不|未|拒不|违反|上述|其)", topic))


def _with_place(core: str, before: str) -> str:
    """A whole new question, at the place that was spoken of."""
    if named_in(core) or _OPEN_LEVEL.match(core) or book(core):
        return core
    place = _place(before)
    return f"{book(before) or (place if before.startswith(place) else '')}{core}"


def _replaced(core: str, asked: Frame, before: str, of: bool) -> str:
    """Another topic asked the same: in place of the whole where it is a benefit of its own, else of what the benefit was for; `of`: a case of it (网络销售的)."""
    place = book(asked.topic) or (said if (said := _place(asked.topic)) and asked.topic.startswith(said) else "")
    place = "" if place == asked.topic else place
    rest = asked.topic.removeprefix(place)
    if segment := _alike(core, rest):
        return f"{place}{rest.replace(segment, core, 1)}{asked.ask}"
    if core in rest:
        return f"{place}{core}{asked.ask}"
    if _STRONG.search(core):
        return f"{place}{core}{'是多少' if re.search(rf'有.*{BENEFIT}|施行|修改|废止', asked.ask) else asked.ask}"
    match = re.match(rf"^(?P<what>[^的]{{2,}}?)(?P<tail>的.+|(?:建设|认定|培育|绩效|用户|一次性|研发|增长|后)?{BENEFIT}{{1,2}})$", rest)
    if _leans(core) or (of and not match):
        return f"{place}{core}{rest}{asked.ask}"
    if match:
        return f"{place}{core}{match['tail']}{asked.ask}"
    head = _head(rest)
    return f"{place}{core}{rest[len(head) :]}{asked.ask}" if len(head) >= _COMPOUND else f"{before.partition(' ')[0]} {core}"


def _alike(core: str, rest: str) -> str:
    """The part of the topic that ends in the same noun as the new words (个人写的软件 · 公司名下的软件)."""
    tail = list(cut(core))[-1]
    parts = [p for p in re.split(r"[，,]", rest) if p]
    return next((p for p in parts if len(tail) > 1 and len(parts) > 1 and p.endswith(tail)), "")


def _head(topic: str) -> str:
    """The run of nouns that a topic begins with where something is done to it (发明专利 in 发明专利保护); the whole where it is nothing but nouns."""
    import rjieba

    head = ""
    for word, tag in rjieba.tag(topic):
        if not str(tag).startswith(("n", "b", "j", "l", "eng", "a", "i", "t", "vn")):
            return head if str(tag).startswith("v") and len(word) > 1 else ""
        head += str(word)
    return head


def _returned(core: str, alone: Sequence[str]) -> str:
    """A topic of before taken up again (回到刚才的创新券，有效期呢)."""
    what, _, more = (core.replace(",", "，")).partition("，")
    what = what.strip("的")
    if not more and (asked := frame(what)).ask and len(asked.topic) > 1:
        what, more = asked.topic, asked.ask
    words = [w for w in cut(what) if len(w) > 1]
    told = next((t for t in reversed(alone) if what in t or (words and all(w in t for w in words))), "")
    if not told:
        return _changed(core, alone[-1]) if not more else f"{what}{asks_of(more) if is_side(more) else more}"
    return _changed(more, told) if more else told


def own_place(text: str) -> str:
    """The place of a turn that says nothing but where the asker is; empty otherwise."""
    found = named_in(text)
    if not found or len(text) > 2 * _SHORT:
        return ""
    words = "".join(text[p.start : p.end] for p in found)
    return words if _AT.sub("", text) == words else ""


def _compares(text: str) -> bool:
    """Whether places or topics of earlier turns are compared."""
    return len(text) <= _SHORT and bool(_BOTH.search(text)) and not named_in(text)


def _both(alone: Sequence[str], plain: str) -> str:
    """The last two places that the turns were about, in the order they came up, or else their last two topics, compared; empty when there were not two."""
    last = next((t for t in reversed(alone) if _MORE.search(plain) and re.search(r"多少|几|比例|标准", frame(t).ask)), alone[-1])
    said = [text[p.start : p.end] for text in alone for p in named_in(text)]
    if len(places := list(dict.fromkeys(reversed(said)))[:2]) == 2:
        return _at("和".join(places[::-1]), last)
    topics = list(dict.fromkeys(frame(t).topic for t in reversed(alone)))[:2]
    return f"{topics[1]}和{topics[0]}有什么区别" if len(topics) == 2 and all(topics) else ""


def _at(place: str, before: str) -> str:
    """The question before, asked of another place; a document of the old place gives its matter only (《甲市创新券管理办法》 → 乙市创新券)."""
    if kind := re.match(rf"(?:{_SUBJECT.pattern})，", before):
        return kind.group() + _at(place, before[kind.end() :])
    here = named_in(before)
    for quoted in re.findall(r"《([^《》]{2,60})》", before) if here else ():
        if named_in(quoted):
            return _at(place, before.replace(f"《{quoted}》", _GENRE.sub("", quoted)))
    if here:
        return before.replace(_place(before), place, 1)
    if level := _LEVEL.search(before) or _OPEN_LEVEL.match(before):
        return before.replace(level.group(), place, 1)
    return place + ("的" if not before.startswith(("的", "对", "在")) else "") + before


def _beside(text: str, places: Sequence[Named]) -> bool:
    """Whether places follow each other directly (福建省厦门市, 福州和厦门)."""
    return all(b.start - a.end <= 1 for a, b in pairwise(places))
