"""What askers say of themselves before they ask (临洲市的高新技术企业，研发费用2500万，能补多少): kept out of what is looked for, where another matter is asked for.

Else what is offered to high-tech enterprises as such would be found for their research costs. Where nothing else is asked for (高新技术企业，奖励多少) the words stay.
"""

from __future__ import annotations

import re

from corpus.regions import places_in

_SELF = re.compile(
    r"^(?P<pre>(?:我们?|咱们?|本|我司)?(?:公司|企业|单位|厂)?(?:是|属于|为|在|系)?(?:一?家|个)?)(?P<place>[^，。？?]{0,16}?)的?(?:国家级?|有效期内的)?"
    r"(?P<kind>高新技术企业|高企|科技型中小企业|规上(?:工业)?企业|规模以上(?:工业)?企业|专精特新(?:中小)?企业|小巨人(?:企业)?|瞪羚企业|小微企业|初创企业|民营企业|外资企业|制造业?企业)(?:了)?[，,](?P<rest>.{6,})$"
)
_MATTER = re.compile(r"研发(?:费用?|投入|补助|经费)|创新券|仪器|买设备|购置设备|设备(?:投入|更新)|贷款|贴息|担保|技术(?:合同|交易)|成果转化|中试|概念验证|引进?人才|博士|硕士|专利|厂房|租金|用地|揭榜|研发机构")

_BY_KIND = re.compile(r"申请|申报|申领|条件|材料|资格|免申")
"""What depends on the kind of the asker: how to apply, and whether one may (not of 科技型中小企业, whose own entry into the register would be found)."""


_AT = (
    re.compile(r"^(?P<rest>.{4,}?)[，,](?:我们?|咱们?)?的?(?:公司|企业|单位|厂)(?:是)?(?:注册|落户|开)?(?:在|位于)(?P<place>[^，。？?]{2,12}?)的?[。？?]?$"),
    re.compile(r"^(?:我们?|咱们?)?的?(?:公司|企业|单位|厂)(?:是)?(?:注册|落户|开)?(?:在|位于)(?P<place>[^，。？?]{2,12}?)的?[，,](?P<rest>.{4,})$"),
)
"""Where the asker is, said before or behind the question (…一共有多少，公司在安浦县)."""


def aside(text: str) -> str:
    """The question without what the asker is, with the place that was said; the text itself where it names no other matter."""
    for at in _AT:
        if (match := at.match(text)) is not None and places_in(match["place"]):
            text = f"{match['place']}的{match['rest']}"
    match = _SELF.match(text)
    if match is None or not _MATTER.search(match["rest"]) or (_BY_KIND.search(match["rest"]) and "科技型" not in match["kind"]):
        return text
    return f"{match['place']}的{match['rest']}" if match["place"] else match["rest"]
