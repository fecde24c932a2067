"""Masking of personal information before anything is stored: mobile, ID card, e-mail, bank card, plate, names in opinion."""

from __future__ import annotations

import re

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("[身份证号]", re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")),
    ("[银行卡号]", re.compile(r"(?<!\d)(?:62|4\d|5[1-5])\d{2}(?:[ -]?\d{4}){2}(?:[ -]?\d{3,7})(?!\d)")),
    ("[手机号]", re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")),
    ("[电子邮箱]", re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")),
    ("[车牌号]", re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·• ]?[A-HJ-NP-Z0-9]{5,6}(?![A-Z0-9])")),
)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻苏潘葛范彭郎鲁韦马苗方俞任袁柳唐罗薛雷贺倪汤罗毕郝邬安常于傅齐康伍余顾孟黄萧尹姚邵汪祁毛狄米明戴宋庞熊纪舒屈项祝董梁杜阮蓝闵席季贾江童颜郭梅林钟徐邱骆高夏蔡田樊胡凌霍万柯卢莫房缪解应丁邓洪包左石崔吉龚程邢裴陆翁荀甄曲封储靳段侯伊宁仇甘厉祖武符刘景詹龙叶幸司黎白蒲邵赖卓蔺屠蒙池乔阴闻莘党翟谭劳逄姬申冉雍桑桂牛寿通边燕冀尚农温别庄晏柴瞿阎连习艾容向古易廖庾终居衡步都耿满弘匡国文寇广东欧利师巩聂关荆游竺权盖益桓公肖代"
_NAME = re.compile(rf"(?:我叫|我是|本人|姓名[:：]?|联系人[:：]?|业主|网友|投诉人|举报人)\s*([{_SURNAMES}][一-龥]{{1,2}})(?=[，,。；;、\s）)（(]|$)")
_TITLED = re.compile(rf"([{_SURNAMES}])[一-龥]{{1,2}}(?=(?:先生|女士|小姐|同志|老师|师傅|阿姨|大爷|大妈))")


def mask(text: str, *, names: bool = False) -> str:
    """`text` with personal information replaced by bracketed marks; `names` also masks introduced or titled names."""
    for mark, pattern in _RULES:
        text = pattern.sub(mark, text)
    if names:
        text = _NAME.sub(lambda m: m.group(0).replace(m.group(1), "[姓名]"), text)
        text = _TITLED.sub(r"\1某", text)
    return text
