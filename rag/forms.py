"""What kind of answer a question wants (how much, what is it, which penalty, is it valid), and whether a passage holds that kind."""

from __future__ import annotations

import re

_N = "一二三四五六七八九十百千万零〇两\\d"
_ASKS = {
    "amount": re.compile(r"多久|多长|几天|几年|几个月|期限|多少|几倍|几岁|什么时候|何时|金额|比例|最高|上限|几日|截止"),
    "penalty": re.compile(r"判|坐牢|刑|罪|犯法|处罚|罚款|罚多少|后果|追究"),
    "liability": re.compile(r"责任|赔"),
    "definition": re.compile(r"什么是|什么叫|何为|何谓|指的?是什么|是指什么|是什么意思|(?:定义|含义|概念|区别|性质)|如何(?:界定|理解)|怎么理解|(?:属于|构成|算)[^，。？]{0,12}吗|是否(?:属于|构成)"),
    "force": re.compile(r"有效|无效|效力|成立|生效|撤销|作废"),
    "procedure": re.compile(r"流程|程序|手续|材料|(?:怎么|如何|怎样|去哪儿?|在哪儿?)(?:申请|办理|申报|认定|登记|领取)"),
}
_HOLDS = {
    "amount": re.compile(rf"[{_N}]+(?:个)?(?:工作日|日|天|年|月|元|倍|周岁|％|%)|百分之"),
    "penalty": re.compile(r"有期徒刑|拘役|罚金|处[^，。]{0,12}罚款|处分"),
    "liability": re.compile(r"责任|赔偿"),
    "definition": re.compile(r"是指|所称|系指|指的是"),
    "force": re.compile(r"有效|无效|效力|成立|生效|撤销"),
    "procedure": re.compile(r"申请|提交|材料|程序|手续|受理"),
}
_PURPOSE = re.compile(r"^\s*第[一二]条[\s\u3000]*(?:为了?|.{0,12}(?:根据|制定本)|(?:在|凡).{0,30}适用)")
_PURPOSE_ASKED = re.compile(r"目的|宗旨|为什么制定|依据什么|适用(?:范围|于)|第[一二12]条")
_MARKS = re.compile(r"[\s\u3000，。？?！!、；;：:“”\"‘’《》（）()]+")


def plain(text: str) -> str:
    """A question without marks and white space."""
    return _MARKS.sub("", text)


def asked(text: str) -> frozenset[str]:
    """The kinds of answer that a question wants."""
    return frozenset(name for name, pattern in _ASKS.items() if pattern.search(text))


def features(wanted: frozenset[str], question: str, passage: str) -> dict[str, float]:
    """1 for each wanted kind that the passage holds; `penalty_unasked` for penalties nobody asked for; `purpose` for opening articles nobody asked for."""
    found = {name: float(bool(_HOLDS[name].search(passage))) for name in wanted}
    if "penalty" not in wanted and _HOLDS["penalty"].search(passage):
        found["penalty_unasked"] = 1.0
    if _PURPOSE.match(passage) and not _PURPOSE_ASKED.search(question):
        found["purpose"] = 1.0
    return found
