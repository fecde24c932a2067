"""Whether a turn leans on what was said before, by its form alone: the closed tables of how people go on, correct themselves, point back and come back to something."""

from __future__ import annotations

import re

from corpus.regions import places_in as named_in
from corpus.text import NUMERAL, normalise
from rag.focus import names_nothing
from rag.frame import ATTRIBUTE, BENEFIT, book, frame, is_side
from rag.places import Place, places_in
from rag.route import route

LEAD = re.compile(r"^(?:那么|那|如果是|如果|要是|假如|换成|换作|换到|改成|再问一下|还有|另外|对于|针对|至于|而|若是|若)+[,，]?")
SUPPOSES = re.compile(r"^(?:那么?)?(?:如果|要是|假如|若)")
THANKS = re.compile(r"^(?:(?:好的?|行|谢谢(?:你|您)?|多谢|明白了?|知道了|了解了?|懂了|嗯+|哦+|ok|OK)[，,。.!！\s]+)+")
TAIL = re.compile(r"(?:呢|的话|怎么样|又如何|又怎样|也一样吗|也行吗|也可以吗|行吗|可以吗)?[?？。!！\s]*$")
ARTICLE = re.compile(rf"第[{NUMERAL}\d]+条(?:之[{NUMERAL}\d]+)?(?:第[{NUMERAL}\d]+款)?")
YEAR = re.compile(r"(?:19|20)\d{2}年(?:度)?|去年|今年|前年|明年")
POINTS = re.compile(r"^(?:它们?|他们|这个|那个|该|此|上述|前述|刚才|这样|这种|其中|这条|这部|这份|这项|本(?=办法|规定|政策|文件|条例|细则|通知|公告|法|市|省|县|区))|(?:它|这(?:个|项|份|部)(?:政策|办法|规定|文件|条例|通知|补助|奖励)|该(?:政策|办法|规定|文件|条例|通知|条|法)|上述|刚才说的|前面说的)")
PRONOUN = re.compile(r"(?:这|那|该|本|上述|前述|此)(?:个|项|份|部|条)?(?P<kind>政策|办法|规定|文件|条例|细则|通知|公告|意见|法律|法)|它|(?:这|那)(?:个|项)(?P<own>补助|奖励|补贴|资助|项目)?")
DOCUMENT = re.compile(r"《[^《》]{2,60}》|[“”\u4e00-\u9fff]{2,40}(?:管理办法|实施细则|暂行办法|条例|办法|细则|规定|措施|意见|法)$")
SUBJECT = re.compile(r"(?:[\u4e00-\u9fff]{2,6}(?<![的对给])|外资|内资|大型|小微|新)?(?:企业|公司|机构)|个体(?:工商户|户)?|(?:小规模)?纳税人|合伙人|工商户|高校|高等学校|科研(?:院所|机构|人员)|研究所|事业单位|社会组织|个人|自然人|职工|员工|大?学生|教师|军人|农民|外国人|团队|高企|博士后|博士|硕士|本科生?")
LIKE = tuple(map(re.compile, (r"[A-Z]类(?:人才)?", r"[ⅠⅡⅢⅣⅤIVX]+类", r"第[一二三四五六\d]+(?:批次?|轮|类|档)", r"(?:首次|期满重新|重新|再次)(?:通过)?认定", r"(?:整体)?迁入", r"[一二三四五六]级", r"国家级|省级|市级|县级|区级")))
"""Members of one series, one of which stands for another (A类 · B类)."""
MAY = re.compile(r"(?P<what>[^，,也]{2,10}?)(?:可以|行|可不可以)(?:吗|么)?[？?]?")
ACT = re.compile(r"(?:认定|评价|备案|登记|入库|评审|验收|审批|许可|评估|审查|检查|鉴定)$")
"""What is done to something: one such matter stands for another as a whole (高企认定 · 科技型中小企业评价)."""
BREACH = re.compile(r"^(?:违反|不(?!动产|良|锈|孕)|未(?!成年|来|婚|央)|没有?|逾期|拒不)")
OLD = re.compile(r"(?:旧|老|新|原|上一)(?:版本?|法|办法|条例|规定)|(?:修订|修改|修正)(?:前|后|之前|之后|以前|以后)")
AGAINST = re.compile(r"^(?:和|与|跟|同|比)(?:旧|老|原|以前|之前|上一|修订前)")
ALSO = re.compile(r"(?P<what>.{2,12}?)也(?:是|有|能|可以|行|算)(?:吗|么)?$")
CORRECTS = re.compile(r"^(?:不对|不是的?|错了|说错了|更正一?下?|不)?[，,。\s]*(?:我(?:是)?(?:想)?(?:问|说|指)的?(?:其实)?是|我是问|应该是|我要问的是)[：:]?")
NOT_BUT = re.compile(r"^(?:不对|不|错了)?[，,。\s]*(?:我(?:问|说|指)的)?不是(?P<old>[^，,。]{1,14})[，,。\s]*(?:我(?:问|说|指)的)?(?:而?是)(?P<new>[^，,。?？]{1,20})$")
AGAIN = re.compile(r"^(?:还有(?:呢|吗|什么|别的吗)?|具体(?:点|一点|说说|呢)|详细(?:点|说说|一点|说明)?|再?说(?:得)?(?:详细|具体)(?:点|一点|些)|展开说说|然后呢|真的吗|确定吗|(?:有|依)据(?:是什么|呢|吗)?|出处(?:是什么|呢)?|哪个文件(?:规定的|说的)?)[?？。!！]*$")
BACK = re.compile(r"^(?:(?:那|好|那就)?(?:再)?(?:回到|说回|还是(?:说|问)|接着(?:说|问)|继续(?:说|问)|再(?:说说?|问问?)))?(?:一下)?(?P<when>刚才|刚刚|之前|前面|上面|最开始|一开始|最初)?(?:说|问|提)?(?:到)?的?(?:那个?|这个?)?(?P<what>.+)$")
RETURNS = re.compile(r"^(?:那|好|那就)?(?:再)?(?:(?:回到|说回|还是(?:说|问)|接着(?:说|问)|继续(?:说|问)|再(?:说说?|问问?))|(?:刚才|刚刚|之前|前面|最开始|一开始|最初)(?:说|问|提)(?:到)?的?)")
OPEN_LEVEL = re.compile(r"^(?:全?[省市县区](?:里|级|内)的?|国家(?:级|层面)?的?|省(?=[\u4e00-\u9fff]{3})(?!份)|市(?=科技|级|里|创新券|财政))")
LEVEL = re.compile(r"^(?:省|市|县|区)里(?:的)?|(?:省|市|县|区)(?:里|级)(?=对|的|给|奖|补|有)")
"""A level that stands for a place (省里对首次认定的高企奖励多少, 省级研发投入补助)."""
LEVEL_ONLY = re.compile(r"(?P<level>国家|全国|中央|省|市|县|区)(?:里|级|层面|本级)?(?:的|那边)?(?:补助|奖励|政策)?(?P<rest>(?:还|也|都)?(?:能|可以|有|给|要).{1,10})?")
OF_DOCUMENT = re.compile(r"的(?:办法|政策|规定|文件|细则|条例|通知)$")
LINK = re.compile(r"(?:里面?|中|里头)?(?:对于?|关于|规定的?)?的?$")
VERSION = re.compile(rf"(?P<year>{YEAR.pattern})的?(?:版本?|修订(?:版|的)?|修正(?:版|的)?)")
SELF = re.compile(r"^(?:我们?|咱们?|本)(?:公司|企业|单位)?(?:是|属于)(?:一?家|个)?")
ZONE = re.compile(r"(?P<zone>高新区|高新技术产业开发区|经开区|开发区|自贸(?:试验)?区|新区|保税区)(?:的|里|那边)?(?:企业)?")
ZONE_NAME = re.compile(r"高新技术产业开发区|高新区|经开区|经济技术开发区|开发区|自贸(?:试验)?区|新区|保税区|片区")
BOTH = re.compile(r"(?:这|那)?(?:两|三|几)个?(?:城?市|地方|地区|地|省|县|区|者|边|个)|二者|它们|比一比|对比一?下?|比较一?下?|哪个(?:地方|市|省|县)?(?:更|要)?(?:[高多好]|优惠|划算)")
"""Two places, or two topics, that were spoken of before are compared."""
MORE = re.compile(r"[高多低少]|优惠|划算")
AT = re.compile(r"我们?|咱们?|本|公司|企业|单位|注册地?|所在地?|地址|位于|来自|人|就|是|在|的|这边|那边|[，,。.！!？?\s]")
"""Words around a place that somebody gives as theirs (我们公司在安浦县)."""
SHORT, TINY, COMPOUND, BARE = 18, 5, 3, 12
WITH = re.compile(r"^(?:(?:还|也)?(?:可以|能够?|能不能|能否|可不可以|是否可以|会不会))?(?:和|与|跟|同)[^，,？?]{2,14}(?:叠加|一起|同时|都|冲突|重复)")
"""Something that is set beside what was spoken of (可以和研发补助叠加吗)."""
WHETHER_CASE = re.compile(r"^(?:有没有|有哪些|哪些|什么)[^，,？?]{0,14}(?:情况|情形|例外|办法)")
GENRE = re.compile(r"(?:若干|实施|管理|使用|暂行|试行|支持)*(?:办法|细则|规定|措施|意见|条例|方案|通知)(?:（[^（）]{1,8}）)?$")
STRONG = re.compile(rf"{BENEFIT}$")
ASKS = re.compile(r"什么|多少|怎么|如何|哪|几|谁|多久|吗$|能不能|可不可以|要不要|有没有")
MODAL = re.compile(r"(?:还|也|都)?(?:要|需要|能|可以|得|该|是否|能否)(?!求|点|素|是|按|如|办|源)")
SIDE_LEFT = re.compile(rf"条件|材料|{BENEFIT}|多少|比例|标准|时间|流程")


def follows_up(question: str) -> bool:
    """Whether a question leans on what was said before: it opens with 那/换成…, points back, or is a fragment with 呢."""
    plain = THANKS.sub("", normalise(question))
    core = TAIL.sub("", plain)
    asked = frame(core)
    if len(plain) <= BARE and (is_side(core) or asks_only(core) or AGAINST.match(core) or (asked.ask and (BREACH.match(asked.topic) or (SUBJECT.fullmatch(asked.topic) and names_nothing(asked.ask) and not named_in(asked.topic))))):
        return True  # 电话多少, 单次最低多少, 不做有什么后果, 个人会不会被罚
    if LEAD.match(plain) and len(plain) <= 2 * SHORT:
        return True
    if route(plain).status:
        return False  # 谢谢, 你好
    if POINTS.search(plain) or CORRECTS.match(plain) or NOT_BUT.match(plain) or AGAIN.match(plain) or RETURNS.match(plain) or own_place(plain) or compares(plain):
        return True
    if (self_said := SELF.match(plain)) and SUBJECT.fullmatch(core[self_said.end() :]):
        return True
    if len(plain) <= BARE and (MODAL.match(plain) or MAY.fullmatch(plain) or (plain.rstrip("?？").endswith(("吗", "么")) and ALSO.fullmatch(plain.rstrip("?？")) and not frame(ALSO.sub("", plain)).ask)):
        return True
    if len(core) <= TINY and frame(core).ask and not named_in(core):
        return True
    if len(plain) <= SHORT and (names_nothing(plain) or WITH.match(plain) or WHETHER_CASE.match(plain) or is_side(core) or LEVEL_ONLY.fullmatch(core) or ZONE.fullmatch(core.strip("的")) or place_only(core)):
        return True
    return len(plain) <= SHORT and bool(re.search(r"呢[?？]?$", plain) or re.match(r"^(?:什么时候|多少|几年|怎么|谁|哪里|在哪|需要|要不要|有没有|为什么|标准|条件|流程|材料|期限|比例|上限|(?:申请|申报|办理|报名)(?:要|需要|有|的)?(?:什么|哪些|怎么|多久|材料|条件|手续|流程|时间))", plain))


def asks_only(core: str) -> bool:
    """Whether a text asks without naming a topic, at a place or none (临洲的最高多少)."""
    found = named_in(core)
    rest = core[found[0].end :].removeprefix("的") if found and found[0].start == 0 else core
    asked = frame(rest)
    return bool(asked.ask and (not asked.topic or is_side(asked.topic))) and len(rest) > 1 and names_nothing(re.sub(ATTRIBUTE, "", rest))


def bare(question: str) -> bool:
    """Whether a question is so short that it may speak of the document before it: no place, no support, no document of its own."""
    plain = normalise(question)
    return len(plain) <= BARE and not (named_in(plain) or re.search(BENEFIT, plain) or book(plain) or route(plain).status or "《" in plain)


def place_only(core: str) -> Place | None:
    """The place of a turn that says little more."""
    there = places_in(core)
    return there[0] if there and len(core) <= len(there[0].words) + 3 and not SIDE_LEFT.search(core.replace(there[0].words, "", 1)) else None


def own_place(text: str) -> str:
    """The place of a turn that says nothing but where the asker is; empty otherwise."""
    found = named_in(text)
    if not found or len(text) > 2 * SHORT:
        return ""
    words = "".join(text[p.start : p.end] for p in found)
    return words if AT.sub("", text) == words else ""


def compares(text: str) -> bool:
    """Whether places or topics of earlier turns are compared."""
    return len(text) <= SHORT and bool(BOTH.search(text)) and not named_in(text)
