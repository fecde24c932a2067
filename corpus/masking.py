"""Masking of personal information before anything is stored: mobile, ID card, e-mail, bank card, plate, passport, account names, names in opinion.

Patterns run over a shadow of the text in which full-width digits, letters and signs are ordinary ones (place for place),
so １３８… and a＠b.com are found where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_SHADOW = str.maketrans({chr(0xFF01 + i): chr(0x21 + i) for i in range(94)} | {"\u3000": " ", "—": "-", "–": "-", "－": "-", "‐": "-"})
_GAP = r"[ \-.·]?"


def _luhn(match: re.Match[str]) -> bool:
    """Whether digits are a card number by its check digit, or are introduced as one."""
    digits = [int(c) for c in match[0] if c.isdigit()]
    total = sum(d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(reversed(digits)))
    introduced = re.search(r"(?:卡号|账号|帐号|银行|户名|开户|尾号|信用卡|储蓄卡|借记卡|工行|农行|建行|中行|招行|社保卡)[^，。；]{0,16}$", match.string[max(0, match.start() - 24) : match.start()])
    return 15 <= len(digits) <= 19 and (total % 10 == 0 or introduced is not None)


def _always(match: re.Match[str]) -> bool:
    return True


_RULES: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    ("[身份证号]", re.compile(rf"(?<!\d)[1-9]\d{{5}}{_GAP}(?:19|20)\d{{2}}{_GAP}(?:0[1-9]|1[0-2]){_GAP}(?:0[1-9]|[12]\d|3[01]){_GAP}\d{{3}}[\dXx](?![\dA-Za-z])"), _always),
    ("[身份证号]", re.compile(r"(?:身份证(?:号码|号)?|证件号码?|ID)[:：为是 ]{0,3}([1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?!\d)"), _always),
    ("[银行卡号]", re.compile(r"(?<!\d)[3-69]\d{3}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})?(?!\d)"), _luhn),
    ("[手机号]", re.compile(r"(?<![\d.])(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ \-.]?\d{4}[ \-.]?\d{4}(?!\d)"), _always),
    ("[手机号]", re.compile(r"(?<![\d.])1[3-9]\d[ -]?\d{3}[ -]?\d{3}[ -]?\d{2}(?!\d)"), _always),
    ("[电子邮箱]", re.compile(r"[A-Za-z0-9._%+\-]+ ?(?:@|\(at\)|\[at\]|#at#) ?[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"), _always),
    ("[车牌号]", re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-HJ-NP-Za-hj-np-z][·• \-]?(?:[A-HJ-NP-Z0-9]{5,6}|[A-HJ-NP-Z0-9]{4}[学警港澳挂试超领])(?![A-Z0-9])"), lambda m: any(c.isdigit() for c in m[0])),
    ("[护照号]", re.compile(r"(?:护照|通行证|回乡证|台胞证)(?:号码|号)?[:：为是 ]{0,3}([A-Z]{1,2}\d{7,9})(?!\d)"), _always),
    ("[账号]", re.compile(r"(?:微信号?|QQ号?|qq号?|微博(?:账号)?|抖音号?|支付宝(?:账号)?|[Vv][Xx]|WeChat)(?:同号)?[:：为是 ]{1,3}([A-Za-z][A-Za-z0-9_\-]{4,19}|[1-9]\d{4,10})(?![A-Za-z0-9])"), _always),
)  # fmt: skip
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻苏潘葛范彭郎鲁韦马苗方俞任袁柳唐罗薛雷贺倪汤毕郝邬安常于傅齐康伍余顾孟黄萧尹姚邵汪祁毛狄米明戴宋庞熊纪舒屈项祝董梁杜阮蓝闵席季贾江童颜郭梅林钟徐邱骆高夏蔡田樊胡凌霍万柯卢莫房缪解应丁邓洪包左石崔吉龚程邢裴陆翁荀甄曲封储靳段侯伊宁仇甘厉祖武符刘景詹龙叶幸司黎白蒲邵赖卓蔺屠蒙池乔阴闻莘党翟谭劳逄姬申冉雍桑桂牛寿通边燕冀尚农温别庄晏柴瞿阎连习艾容向古易廖庾终居衡步都耿满弘匡国文寇广东欧利师巩聂关荆游竺权盖益桓公肖代岳涂佘占阳兰付车辛管简覃盛丘涂仲"
_DOUBLE = "欧阳|司马|上官|诸葛|司徒|夏侯|皇甫|尉迟|公孙|慕容|令狐|端木|东方|南宫|申屠|淳于|单于|澹台|长孙|宇文|轩辕|呼延"
_FULL = rf"(?:(?:{_DOUBLE})[一-龥]{{1,2}}|[{_SURNAMES}][一-龥]{{1,2}}|[一-龥]{{2,6}}[·•][一-龥]{{2,8}})"
_END = r"(?=[，,。；;、！!？?：:\s）)（(\d\[]|$|今年|现年|家住|住在|身份证|电话|手机|男|女|的(?:父|母|妻|丈夫|儿|女|家)|反映|投诉|举报)"
_STRONG = (
    re.compile(rf"(?:我叫|我名叫|名叫|本人叫|我姓名是?|(?:姓名|户名|署名|网名|联系人|经办人|投诉人|举报人|反映人|来信人|信访人|申请人|当事人|受害人|被害人|患者|死者|伤者|户主|法人|法定代表人|负责人|收款人|持卡人|车主|房东|店主|本人)[:：为是叫 ]{{1,3}})({_FULL}){_END}"),
    re.compile(rf"(?:^|\n|此致\s*敬礼[！!。]?\s*|谢谢[！!。]\s*)({_FULL})\s*(?=\d{{4}}\s*年\s*\d{{1,2}}\s*月|\s*$)"),
)
_WEAK = (
    re.compile(rf"(?:本人|投诉人|举报人|反映人|申请人|患者|死者|伤者|户主|车主|房东|店主|法人|业主|居民|村民|市民|网友|家长|职工|员工|工人|农民工|学生|用户|司机|医生|乘客|旅客|租户|商户|住户|群众|老人|男子|女子|孩子|同学|丈夫|妻子|父亲|母亲|儿子|女儿|我是)({_FULL}){_END}"),
)
_TITLED = re.compile(rf"((?:{_DOUBLE})|[{_SURNAMES}])[一-龥]{{1,2}}(?=(?:先生|女士|小姐|同志)|(老师|师傅|阿姨|大爷|大妈|大哥|大姐|老人|医生|律师|警官|经理|老板))")
_NO_NAME = re.compile(r"(?:我们|他们|大家|有关|相关|关于|陈述|主管|公约)")
_FUNCTION = frozenset(["c", "d", "p", "r", "uj", "u", "ul", "m", "y", "f"])


def _like_name(word: str) -> bool:
    """Whether words of a dictionary (jieba's tags) leave it open that these characters are a person's name."""
    import rjieba

    if _NO_NAME.match(word):
        return False
    tags = rjieba.tag(word)
    if tags[0][1].startswith("nr") or re.match(_DOUBLE, word) or "·" in word or "•" in word:
        return True
    return len(tags) > 1 and len(tags[0][0]) == 1 and tags[0][1] not in _FUNCTION and not any(len(w) > 1 and t[0] in "vnadcr" and t not in ("nz", "ns", "nrt") for w, t in tags[1:])


def _known(word: str) -> bool:
    """Whether a word of two or more characters of the dictionary opens these characters (公司, 景区…)."""
    import rjieba

    first, tag = rjieba.tag(word)[0]
    return bool(_NO_NAME.match(word)) or (len(first) > 1 and tag not in ("ns", "nz", "nrt"))


def mask(text: str, *, names: bool = False) -> str:
    """`text` with personal information replaced by bracketed marks; `names` also masks introduced, titled and signing names."""
    for mark, pattern, holds in _RULES:
        text = _substituted(text, _spans(text.translate(_SHADOW), pattern, holds), mark)
    if names:
        for pattern in _STRONG:
            text = _substituted(text, _spans(text, pattern, lambda m: _like_name(m[1]) or not _known(m[1])), "[姓名]")
        for pattern in _WEAK:
            text = _substituted(text, _spans(text, pattern, lambda m: _like_name(m[1])), "[姓名]")
        text = _TITLED.sub(lambda m: f"{m[1]}某" if _like_name(m[0]) or (m[2] is None and not _known(m[0])) else m[0], text)
    return text


def _spans(shadow: str, pattern: re.Pattern[str], holds: Callable[[re.Match[str]], bool]) -> Iterator[tuple[int, int]]:
    """Where a pattern holds: its group, or the whole of it."""
    group = 1 if pattern.groups else 0
    return (m.span(group) for m in pattern.finditer(shadow) if holds(m))


def _substituted(text: str, spans: Iterator[tuple[int, int]], mark: str) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], mark]
        at = end
    return "".join([*parts, text[at:]]) if parts else text
