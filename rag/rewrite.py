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
from corpus.text import normalise
from rag.focus import names_nothing
from rag.frame import BENEFIT, Frame, asks_of, book, cut, frame, is_side
from rag.leaning import (
    ACT,
    AGAIN,
    AGAINST,
    ALSO,
    ARTICLE,
    ASKS,
    BACK,
    BARE,
    BOTH,
    BREACH,
    COMPOUND,
    CORRECTS,
    DOCUMENT,
    GENRE,
    LEAD,
    LEVEL,
    LEVEL_ONLY,
    LIKE,
    LINK,
    MAY,
    MODAL,
    MORE,
    NOT_BUT,
    OF_DOCUMENT,
    OLD,
    OPEN_LEVEL,
    PRONOUN,
    RETURNS,
    SELF,
    SHORT,
    STRONG,
    SUBJECT,
    SUPPOSES,
    TAIL,
    THANKS,
    VERSION,
    WITH,
    YEAR,
    ZONE,
    ZONE_NAME,
    bare,
    compares,
    follows_up,
    own_place,
    place_only,
)  # fmt: skip
from rag.route import route

Speaks = Callable[[str, str], bool]
"""Whether the document of a name holds all that a short question names."""


def rewrite(question: str, history: Sequence[str], speaks: Speaks | None = None) -> str:
    """The question as it would have been asked alone; the question itself when it does not lean on `history` (user turns, oldest first).

    With `speaks` a bare short question (事故罚款多少) is asked of the document that the question before named, where that speaks of it.
    """
    turns = [turn for turn in history if turn.strip() and not route(normalise(turn)).status]
    if not turns or not (follows_up(question) or (speaks and bare(question))):
        return question
    alone: list[str] = []
    for turn in turns:
        alone.append(_asked(turn, alone[-6:], speaks) if alone else turn)
    return _asked(question, alone, speaks)


def _asked(question: str, alone: Sequence[str], speaks: Speaks | None) -> str:
    """One turn put whole by the whole ones before it; what only says where somebody is asks nothing."""
    if not (follows_up(question) or (speaks and bare(question))):
        return question
    alone = [t for t in alone if not own_place(normalise(t))] or alone
    if not follows_up(question):
        named = LINK.sub("", book(alone[-1]))
        return f"{named}{question}" if named and speaks and speaks(named, question) else question
    plain = THANKS.sub("", normalise(question).strip())
    if own := own_place(plain):
        return _at(own, alone[-1])
    if compares(plain) and (both := _both(alone, plain)):
        return both
    if AGAIN.match(plain):
        return alone[-1]
    if RETURNS.match(plain) and (match := BACK.match(plain)):
        return _returned(TAIL.sub("", match["what"]), alone)
    return _changed(plain, alone[-1]) or question


def _changed(plain: str, before: str) -> str:
    """The question before with what the new turn says in place of its like."""
    if match := NOT_BUT.match(plain):
        return before.replace(match["old"], match["new"]) if match["old"] in before else _put(match["new"], before)
    if (may := MAY.fullmatch(plain)) and not frame(may["what"]).ask:
        return f"{frame(before).topic}可以{may['what']}吗"
    if SUPPOSES.match(plain) and re.search(r"[,，]", plain):
        core = TAIL.sub("", LEAD.sub("", plain))
        return f"{frame(before).topic} {core}"
    return _put(TAIL.sub("", LEAD.sub("", CORRECTS.sub("", plain))), before)


def _put(core: str, before: str) -> str:
    """One thing put in place of its like: an article, a year, a level, a place, a kind of enterprise, a side of the topic, a document pointed at, the topic itself."""
    of, core = core.endswith("的"), core.strip(" ，,的")
    if not core:
        return before
    if version := VERSION.fullmatch(core):
        core = version["year"]
    for pattern in (ARTICLE, YEAR):
        if pattern.fullmatch(core):
            return pattern.sub(core, before, count=1) if pattern.search(before) else _dated(core, before)
    for series in LIKE:
        if series.fullmatch(core) and series.search(frame(before).topic):
            return series.sub(core, before, count=1)
    return _of_level(core, before) or _of_place(core, before) or _pointed(core, before) or _of_subject(core, before) or _of_topic(core, before, of)


def _dated(core: str, before: str) -> str:
    """A year or an article that the question before did not name."""
    if ARTICLE.fullmatch(core):
        named = re.search(r"《[^《》]+》", before)
        return f"{named.group() if named else frame(before).topic}{core}是什么"
    return f"{core}{before}"


def _of_level(core: str, before: str) -> str:
    """Another level of government (市里的; 市里的还能拿吗), or a zone of the place (高新区)."""
    if zone := ZONE.fullmatch(core):
        return _at(re.sub(r"(?:高新区|开发区|新区)$", "", _place(before)) + zone["zone"], before)
    match = LEVEL_ONLY.fullmatch(core)
    if match is None:
        return ""
    level = {"国家": "国家的", "全国": "国家的", "中央": "国家的"}.get(match["level"], f"{match['level']}里的")
    bare = OPEN_LEVEL.sub("", before)
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
    zone = ZONE_NAME.match(text, end)
    return text[here[0].start : zone.end() if zone else end]


def _frame(text: str) -> Frame:
    """A question's frame, its topic without 的办法 and without the case that was set beside it (网络安全等级保护 不做)."""
    asked = frame(text)
    return Frame(OF_DOCUMENT.sub("", asked.topic.partition(" ")[0]), asked.ask)


def _of_place(core: str, before: str) -> str:
    """Another place, alone or with something else that changes (鹭屿的材料)."""
    if place := place_only(core):
        return _at(place.words + (m[0] if (m := re.match(r"[省市县区](?!里|级)", core.split(place.words, 1)[1])) else ""), before)
    found = named_in(core)
    if not found or found[0].start or len(core) - found[0].end > SHORT:
        return ""
    rest = core[found[0].end :].removeprefix("的")
    whole = frame(rest)
    if whole.ask and len(whole.topic) > 3 and not is_side(whole.topic):
        return core
    return _put(rest, _at(core[: found[0].end], before))


def _pointed(core: str, before: str) -> str:
    """它, 这个办法: the topic, or the document that it names."""
    match = PRONOUN.match(core) or re.match(r"(?P<kind>)(?P<own>)(?:其中|上述|前述|刚才说的|前面说的)的?", core)
    if match is None:
        return ""
    topic, rest = _frame(before).topic or before, core[match.end() :].removeprefix("的")
    named = DOCUMENT.search(topic)
    what = re.sub(r"第[^条]+条$", "", LINK.sub("", said)) if (said := book(topic)) else named.group() if named else f"{topic}的{match['kind']}" if match["kind"] else topic
    if not rest:
        return before
    return f"{what}{asks_of(rest)}" if is_side(rest) else f"{what}{rest}"


def _of_subject(core: str, before: str) -> str:
    """Another kind of enterprise or person."""
    kind = SELF.sub("", core)
    if not SUBJECT.fullmatch(kind):
        return ""
    asked = _frame(before)
    if (old := SUBJECT.search(asked.topic)) and old.group() != kind:
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
    if OLD.fullmatch(core):
        return f"{core}的{before}"
    if AGAINST.match(core) or (new.ask and SUBJECT.fullmatch(new.topic) and names_nothing(new.ask)):
        return f"{ARTICLE.split(asked.topic)[0]}{core}" if AGAINST.match(core) else f"{asked.topic} {core}"
    if BREACH.match(core) and not new.ask and not re.match(r"不(?:对|是)", core):
        return f"{asked.topic} {core}怎么处罚"
    if (also := ALSO.fullmatch(core)) and not frame(also["what"]).ask:
        return _replaced(also["what"], asked, before, of)
    if new.ask and len(core) <= BARE and re.search(rf"{BENEFIT}$", asked.topic) and not re.search(BENEFIT, new.topic) and SUBJECT.fullmatch(new.topic):
        return f"{new.topic}，{asked.topic}{new.ask}"
    if WITH.match(core):
        return f"{asked.topic} {core}"
    if new.ask and BREACH.match(new.topic):
        return f"{asked.topic} {core}"
    if new.ask and (not new.topic or is_side(new.topic) or names_nothing(new.topic) or MODAL.fullmatch(new.topic[:1])):
        return f"{asked.topic}{'的' if is_side(frame(core).topic or core[:2]) else ''}{core}" if asked.topic else f"{before} {core}"
    if new.ask and re.fullmatch(rf"(?:{BENEFIT}){{1,2}}", new.topic):
        return f"{re.sub(f'(?:{BENEFIT})+$', '', asked.topic)}{core}"
    if new.ask or ASKS.search(core):
        return _with_place(core, before) if len(new.topic) >= 2 and not _leans(new.topic) else f"{asked.topic} {core}"
    return _replaced(core, asked, before, of)


def _leans(topic: str) -> bool:
    """Whether a new topic is only a case of the one before (修改以后, 首次认定的)."""
    return bool(re.search(r"(?:以后|之后|以前|之前|的|了)$|^(?:首次|期满|重新|超过|不到|低于|逾期|没有?|不|未|拒不|违反|上述|其)", topic))


def _with_place(core: str, before: str) -> str:
    """A whole new question, at the place that was spoken of."""
    if named_in(core) or OPEN_LEVEL.match(core) or book(core):
        return core
    place = _place(before)
    return f"{book(before) or (place if before.startswith(place) else '')}{core}"


def _replaced(core: str, asked: Frame, before: str, of: bool) -> str:
    """Another topic asked the same: in place of the whole where it is a benefit of its own, else of what the benefit was for; `of`: a case of it (网络销售的)."""
    place = book(asked.topic) or (said if (said := _place(asked.topic)) and asked.topic.startswith(said) else "")
    place = old.group() if (old := re.match(rf"(?:{OLD.pattern})的", asked.topic)) else "" if place == asked.topic else place
    rest = asked.topic.removeprefix(place)
    if segment := _alike(core, rest):
        return f"{place}{rest.replace(segment, core, 1)}{asked.ask}"
    if core in rest or (ACT.search(core) and ACT.search(rest)):
        return f"{place}{core}{asked.ask}"
    if STRONG.search(core):
        return f"{place}{core}{'是多少' if re.search(rf'有.*{BENEFIT}|施行|修改|废止', asked.ask) else asked.ask}"
    match = re.match(rf"^(?P<what>[^的]{{2,}}?)(?P<tail>的.+|(?:建设|认定|培育|绩效|用户|一次性|研发|增长|后)?{BENEFIT}{{1,2}})$", rest)
    if _leans(core) or (of and not match):
        return f"{place}{core}{rest}{asked.ask}"
    if match:
        return f"{place}{core}{match['tail']}{asked.ask}"
    head = _head(rest)
    return f"{place}{core}{rest[len(head) :]}{asked.ask}" if len(head) >= COMPOUND else f"{before.partition(' ')[0]} {core}"


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


def _both(alone: Sequence[str], plain: str) -> str:
    """The last two places that the turns were about, in the order they came up, or else their last two topics, compared; empty when there were not two."""
    last = next((t for t in reversed(alone) if MORE.search(plain) and re.search(r"多少|几|比例|标准", frame(t).ask)), alone[-1])
    said = [text[p.start : p.end] for text in alone for p in named_in(text)]
    if len(places := list(dict.fromkeys(reversed(said)))[:2]) == 2:
        return _at("和".join(places[::-1]), last)
    topics = list(dict.fromkeys(frame(t).topic for t in reversed(alone)))[:2]
    if len(topics) < 2 or not all(topics):
        return ""
    own = "有什么区别" if re.search(r"区别|不同|差[别异]|哪|比|更", plain) else re.sub(r"^(?:之间|的)+", "", BOTH.sub("", plain, count=1))
    return f"{topics[1]}和{topics[0]}{own}"


def _at(place: str, before: str) -> str:
    """The question before, asked of another place; a document of the old place gives its matter only (《甲市创新券管理办法》 → 乙市创新券)."""
    if kind := re.match(rf"(?:{SUBJECT.pattern})，", before):
        return kind.group() + _at(place, before[kind.end() :])
    here = named_in(before)
    for quoted in re.findall(r"《([^《》]{2,60})》", before) if here else ():
        if named_in(quoted):
            return _at(place, before.replace(f"《{quoted}》", GENRE.sub("", quoted)))
    if here:
        return before.replace(_place(before), place, 1)
    if level := LEVEL.search(before) or OPEN_LEVEL.match(before):
        return before.replace(level.group(), place, 1)
    return place + ("的" if not before.startswith(("的", "对", "在")) else "") + before


def _beside(text: str, places: Sequence[Named]) -> bool:
    """Whether places follow each other directly (福建省厦门市, 福州和厦门)."""
    return all(b.start - a.end <= 1 for a, b in pairwise(places))
