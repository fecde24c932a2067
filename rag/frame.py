"""A question in two parts: what it is about (the topic) and what is asked of it (the ask): 省科技创新券 · 一家企业一年最多能领多少.

So that the next turn can change the one and keep the other. By form alone: a closed table of ways to ask, tried at the end of the question.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import accumulate

_MUCH = r"(?:一共|总共|合计|最[高多低少大长短久]|封顶|(?:每|一|单)(?:家|个|户|人|位|次|项)(?:企业|单位|公司|人|项目)?|(?:每|一|全)年(?:度)?|大概|到底|现在|目前|具体|还|又|就|都|也)*"
_CAN = r"(?:能不能|可不可以|是不是|要不要|能否|可否|是否|能够?|可以|应当|应该|需要|必须|要|该|得|会)?"
_GET = r"(?:分(?=几|多少)|有|是|为|给|拿|补(?!助|贴)|奖(?!励)|抵扣?|领取?|报销?|享受|申领|申请|获得|得到|扣除?|减免?|发放?|缴纳?|交|罚|赔|用|算|占|达到?|支持|资助)*(?:到|得|过)?(?:的)?"
BENEFIT = r"(?:奖补|补助|奖励|补贴|资助|扶持|贴息|贷款|配套|优惠|好处|支持|扣除|减免|基金|保险|资金|券)"
_OWN = r"(?:起算|开始|结束|生效|违约|违法|申报|申请|申领|办理|受理|填报|推荐|审核|评审|评价|认定|备案|登记|兑付|兑现|抵扣|支付|发放|拨付|支持|补助|奖励|补贴|资助|管理|绩效|考核|验收|使用|服务|咨询|联系|主管|责任|人员|人数|学历|学位|年龄|职称|研发|技术|资质|注册|场地|资金|收入|营业|期满|公示|网上|纸质|线上|具体|适用|享受|收费|开放|最高|最低|处罚|违规|生效|施行|执行|解释|政策)"
_SIDE = r"(?:条件|要求|门槛|资格|材料|资料|手续|证明|清单|流程|程序|步骤|时间|期限|时限|日期|有效期|保护期|截止(?:时间|日期)?|比例|标准|额度|金额|数额|上限|下限|税率|费率|电话|热线|联系方式|联系人|地址|网址|入口|系统|平台|窗口|部门|单位|机关|机构|依据|文号|罚款|处罚|责任|后果|范围|对象|方式|渠道|次数|名额|指标|周期|进度|用途|义务|权利)"
ATTRIBUTE = rf"{_OWN}{{0,3}}{_SIDE}"
"""A side of any topic (条件, 申报材料, 抵扣比例, 咨询电话)."""
_HOW_MUCH = r"(?:多少(?:钱|万元?|元|个百分点|比例|天|年|次|倍|项|家)?|几(?:万元?|个点|个百分点|年|天|个月|次|倍|成|项|家|个|人|档)|百分之几|多[高大长久])"
_WHAT = r"(?:什么|哪些|哪几[个种类项]|啥|多少|几[^，。？?,]{0,2}|如何|怎么?样?的?|谁|哪里|哪[个家天]?)"
_FORMS = (
    rf"{_MUCH}{_CAN}{_MUCH}{_GET}{_HOW_MUCH}[^，。？?,]{{0,4}}",
    rf"的?{ATTRIBUTE}{_MUCH}(?:都?是|有|为|到|在|由|要)?(?:(?:{_WHAT}|{_HOW_MUCH})[^，。？?,]{{0,6}})?",
    rf"{_MUCH}(?:需要?|要|应当|应|得|须|必须)(?:具备|满足|符合|提交|准备|提供|达到|带|交|有)*{_WHAT}[^，。？?,]{{0,8}}",
    r"(?:应当|应该|该|要|需要)?(?:怎么|如何|怎样|咋)[^，。？?,]{0,8}",
    r"(?:从|自|到|在)?(?:什么时候|何时|哪天|哪一?年|几月|几号|啥时候|啥时)[^，。？?,]{0,8}",
    rf"{_CAN}(?:享受|拿到?|领到?|获得|得到|申请|申报)?(?:有|给)?(?:到)?(?:什么|哪些|啥|没有|多少)(?:样的)?{BENEFIT}{{1,2}}(?:政策|措施)?[^，。？?,]{{0,2}}",
    rf"(?:现在|目前|还)?(?:有|给|发)[^，。？?,]{{0,4}}?{BENEFIT}{{1,2}}(?:政策)?(?:吗|么|没有|不)",
    r"(?:现在|目前|还|也|都|就)*(?:能不能|可不可以|是不是|要不要|有没有|能否|可否|是否|用不用)[^，。？?,]{0,12}",
    r"(?:现在|目前|还|也|都|就)*(?:能够?|可以|需要|必须|应当|应该|要|会|用|得|算|属于)[^，。？?,]{0,12}(?:吗|么|嘛|不)",
    r"(?:还|也|都|现在|目前)+[^，。？?,]{0,10}(?:吗|么|嘛|不|没有)",
    r"(?:应当|应该|该|要)?(?:由|归|找|向|去|到)?(?:谁|哪个?(?:部门|单位|机构|地方|局|里)|什么(?:部门|单位|地方)|哪里|哪儿)[^，。？?,]{0,8}",
    r"(?:都|主要)?(?:是|指|有|包括|包含)?(?:什么|哪些|哪几[^，。？?,])[^，。？?,]{0,8}",
)  # fmt: skip
_ASKS = tuple(re.compile(rf"(?:{form})$") for form in _FORMS)
_EDGE = re.compile(r"(?:[\s，,、。的对在给有是]|(?<=\w{2})(?:能够?|可以|应该))+$")
_GIVES = re.compile(rf"(?:{BENEFIT}){{1,2}}")
_CAN_DO = re.compile(r"(?<=\w{2})(?:能|可以)(?=不能|[买用拿领做申享抵报补叠退转分])")
_OPENS = re.compile(r"^(?:我(?:们)?)?(?:想|要|请|麻烦|帮我|请问)+(?:了解|问问?|咨询|知道|查(?:一?查)?|看看?)?(?:一下)?(?=[\u4e00-\u9fff]{4})")
_MARK = re.compile(r"[\s？?。!！]+$")


@dataclass(frozen=True, slots=True)
class Frame:
    """`topic` without the ask; `ask` as it was said, empty for a text that asks nothing."""

    topic: str
    ask: str


def frame(text: str) -> Frame:
    """A text parted at the first place from which it is all ask; support that is asked for stays with the topic too (有什么奖励 → 奖励)."""
    plain = _MARK.sub("", text.strip())
    edges = {0, *accumulate(map(len, cut(plain))), *(m.start() for m in _CAN_DO.finditer(plain))}
    found = [at for ask in _ASKS if (at := _begin(ask, plain, edges)) >= 0]
    at = min(found, default=len(plain))
    topic, ask = _OPENS.sub("", _EDGE.sub("", plain[:at])), plain[at:].removeprefix("的")
    if (given := _GIVES.search(ask)) and not re.search(r"支持|资金|扣除", given[0]) and not re.search(BENEFIT + "$", topic) and len(topic) > 1 and not re.match(rf"{ATTRIBUTE}|[还也]|(?:可以|能)[和与跟同]", ask):
        topic += re.sub(r"^.*(?:什么|哪些|啥|没有|多少|有|给|发)(?:样的)?", "", ask[: given.end()]) or given[0]
    return Frame(topic, ask)




def _begin(ask: re.Pattern[str], text: str, edges: Container[int]) -> int:
    """Where a way to ask begins, at the edge of a word (研发费用 is no 研发费 that is used); -1 when it does not end the text."""
    match = ask.search(text)
    while match and match.start() not in edges:
        match = ask.search(text, match.start() + 1)
    return match.start() if match else -1


_BOOK = re.compile(
    r"^(?:(?:19|20)\d{2}年的?)?(?:《[^《》]{2,60}》|[“”（）\u4e00-\u9fff]{2,24}?(?:法典|条例|办法|细则|(?<![依合违方司执看做想用手书语])法(?![院人律定])))(?:第[〇零一二三四五六七八九十百千\d]+条(?:之一)?)?(?:里面?|中|里头)?(?:对于?|关于|规定的?)?的?"
)


def book(text: str) -> str:
    """The document that a question begins with, with the words that lead into it (网络安全法对, 《…》里), or empty."""
    match = _BOOK.match(text)
    return match.group() if match else ""


def is_side(text: str) -> bool:
    """Whether a text names nothing but a side of a topic."""
    return re.fullmatch(rf"(?:那|的)?(?:个)?{ATTRIBUTE}", text) is not None


def cut(text: str) -> Sequence[str]:
    """The words of a text, nothing left out."""
    import rjieba

    words: Sequence[str] = rjieba.cut(text)
    return words


def asks_of(side: str) -> str:
    """How a side of a topic is asked for in full (条件 → 需要满足什么条件)."""
    for pattern, words in _QUESTIONS:
        if re.search(pattern, side):
            return words.format(side)
    return f"的{side}是什么"


_QUESTIONS = (
    (r"^(?:申报|申请|认定|评价|备案|支持|补助|奖励|享受)?(?:条件|门槛|资格)$", "需要满足什么条件"), (r"^(?:申报|申请|办理|填报)?(?:材料|资料)$", "需要提交什么材料"),
    (r"^(?:申报|申请|办理)?(?:流程|程序|步骤|手续)$", "的{}是什么"), (r"^有效期$", "的有效期到什么时候"), (r"时间|日期|截止", "的{}是什么时候"),
    (r"比例|标准|额度|金额|数额|上限|下限|税率|费率|电话|热线|次数|名额", "的{}是多少"), (r"范围|对象|要求|材料|证明|清单|指标", "的{}有哪些"), (r"部门|单位|机关|机构|窗口", "的{}是哪个"),
)  # fmt: skip
