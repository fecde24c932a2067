"""What a question is after: the noun phrase beside its question word (多少算力券补贴, 哪些税收优惠, 有效期是几年), and its nouns.

Word classes come from rjieba (the same algorithm and dictionary as jieba).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from corpus.text import normalise

_QUESTION = re.compile(r"多少|什么|哪些|哪种|哪类|哪几|哪个|哪|几|谁|怎么|如何|怎样|多久|多长|多高|多大|是否|能不能|可不可以|吗|呢")
_NOUN = ("n", "vn", "an", "eng", "nz", "nt", "nr", "l", "i", "j")
_GENERIC = frozenset(["企业", "公司", "单位", "个人", "国家", "法律", "规定", "政策", "办法", "条例", "情况", "问题", "时候", "时间", "方式", "内容", "事情", "东西", "要求", "部门", "机构", "人员", "标准", "条件", "材料", "金额", "比例", "期限", "流程", "程序", "机关", "钱", "年", "天", "月", "日", "人", "家", "元", "个", "措施", "举措", "方面", "作用", "意义", "目的", "原因", "结果", "具体", "工作", "服务", "支持"])


@dataclass(frozen=True, slots=True)
class Focus:
    """`nouns`: nouns of the question that name something; `asked`: those beside the question word."""

    nouns: tuple[str, ...]
    asked: tuple[str, ...]


@lru_cache(maxsize=1024)
def focus(text: str) -> Focus:
    """The focus of one part of a question."""
    words = _tagged(normalise(text))
    naming = tuple(dict.fromkeys(w for w, tag in words if _names(w, tag)))
    return Focus(naming, tuple(w for w in _beside(words) if w in naming) or naming[-1:])


_VALUE = re.compile(r"(?:的|最高|最低|最多|一般|现在|目前|规定)*(?:比例|标准|金额|额度|上限|限额|税率|费率|数额)?(?:最高|最低|最多)?(?:是|为|有|占|按|给|能|可以|(?:能|可以?)(?:扣除?|拿到?|领到?|报销?|抵扣?))*(?:多少|几|百分之几|多高)")
_COMPOUND = ("n", "vn", "b", "a", "j", "l", "eng")


@lru_cache(maxsize=1024)
def compound(text: str) -> str:
    """The name of two or three words whose value a question asks for (间接费用 in …项目的间接费用比例是多少); empty when it is one word or none."""
    plain = normalise(text)
    asks = _VALUE.search(plain)
    run: list[str] = []
    for word, tag in reversed(_tagged(plain[: asks.start()]) if asks else []):
        if not tag.startswith(_COMPOUND) or word in _GENERIC or len(run) == 3:
            break
        run.insert(0, word)
    return "".join(run) if len(run) > 1 else ""


MODAL = re.compile(r"^[能会可要想被把给没不才].|[能会吗了过的]$")
"""Words that the cutter makes of a verb with what stands beside it (能领, 能扣), where no text holds them: no names."""


def named_things(text: str) -> tuple[str, ...]:
    """Every noun, name, abbreviation, Latin word and number of a text."""
    return tuple(w for w, tag in _tagged(normalise(text)) if tag.startswith(("n", "vn", "an", "j", "l", "i", "eng", "m", "s", "b")))


def names_in(text: str) -> tuple[str, ...]:
    """Nouns, names, set phrases and Latin words of two characters or more, filler left out."""
    from rag.words import words

    return tuple(w for w, tag in _tagged(normalise(text)) if tag.startswith(("n", "vn", "l", "i", "eng")) and len(w) >= 2 and w not in words().filler)


def nouns_in(text: str) -> tuple[str, ...]:
    """Nouns and names of two characters or more, places left out (the cutter makes places of what it does not know: 安浦有)."""
    return tuple(w for w, tag in _tagged(normalise(text)) if tag.startswith("n") and not tag.startswith("ns") and len(w) >= 2)


_CONTENT = ("n", "v", "s", "a", "b", "j", "l", "eng", "i")
_COMMON = frozenset(["享受", "开始", "发生", "进行", "可以", "需要", "申请", "申报", "办理", "规定", "执行", "计算", "领取", "发放", "投入", "优惠", "补助", "奖励", "补贴", "能够", "不能", "怎么办", "没有", "属于", "提供", "提交", "使用", "标准"])
"""Verbs and nouns that any policy holds."""


@lru_cache(maxsize=1024)
def matters(text: str) -> tuple[str, ...]:
    """The words of a question that say which matter it is about (委托, 境外, 预缴, 行业): content words that not every policy holds."""
    kept = (w for w, tag in _tagged(normalise(text)) if tag.startswith(_CONTENT) and len(w) >= 2 and w not in _COMMON and w not in _GENERIC and not _QUESTION.search(w))
    return tuple(dict.fromkeys(kept))


def names_nothing(text: str) -> bool:
    """Whether a text holds no noun of two characters or more (从哪天开始算, 能叠加吗): what it asks about was said before."""
    return not any(tag.startswith(_NOUN) and len(word) >= 2 and not _QUESTION.search(word) for word, tag in _tagged(normalise(text)))


def _tagged(text: str) -> list[tuple[str, str]]:
    import rjieba

    return [(str(w), str(tag)) for w, tag in rjieba.tag(text)]


def _names(word: str, tag: str) -> bool:
    return tag.startswith(_NOUN) and not tag.startswith("ns") and len(word) >= 2 and word not in _GENERIC and not _QUESTION.search(word)


def _beside(words: list[tuple[str, str]]) -> list[str]:
    """The noun run right after a question word, else the one before it."""
    found: list[str] = []
    for i, (word, tag) in enumerate(words):
        if not (_QUESTION.fullmatch(word) or tag == "ry" or (tag in ("r", "m") and _QUESTION.search(word))):
            continue
        after = _run(words, i + 1, 1)
        found += after or _run(words, i - 1, -1)
    return found


def _run(words: list[tuple[str, str]], at: int, step: int) -> list[str]:
    """Nouns from a place on, over one verb or particle before them when going back."""
    run: list[str] = []
    skipped = 0
    while 0 <= at < len(words):
        word, tag = words[at]
        if tag.startswith(_NOUN) or tag in ("m", "q", "uj", "a", "b", "ns"):
            run.append(word)
        elif run or tag == "x" or skipped >= (3 if step < 0 else 1):
            break
        else:
            skipped += 1
        at += step
    return [w for w in (run if step > 0 else reversed(run)) if len(w) >= 2]
