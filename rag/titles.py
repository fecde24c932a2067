"""Documents that a question names: 《titles》, bare titles, common short names, 文号."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from corpus.text import NUMERAL, chinese_number, normalise
from rag.words import words

_NOISE = re.compile(r"[\s《》〈〉<>“”\"'（）()\[\]〔〕【】、，,。.:：;；·{}\-—_]+")
_VERSION = re.compile(r"[（(]\d{4}[-年./\d月日]*(?:修正|修订|版)?[)）]$|[（(](?:修正|修订|草案|征求意见稿)[^（）()]{0,8}[)）]$")
_LONG_NAME = "中华人民共和国"
_QUOTED = re.compile(r"[《〈]([^《》〈〉]{2,80})[》〉]")
_DATED = r"(?:(?:19|20)\d{2}|[一二][〇零○Oo一二三四五六七八九]{3})"
_NUMBER = re.compile(
    rf"[\u4e00-\u9fff]{{1,12}}\s*[〔\[（(【{{]?\s*{_DATED}\s*[〕\]）)】}}]?\s*年?\s*第?\s*\d{{1,4}}\s*号"
    rf"|[\u4e00-\u9fff]{{1,12}}\s*[〔\[（(【{{]\s*{_DATED}\s*[〕\]）)】}}]\s*第?\s*\d{{1,4}}(?!\d)"
    rf"|[\u4e00-\u9fff、]{{1,30}}(?:令|公告)\s*第?\s*[\d{NUMERAL}]{{1,8}}\s*号"
    rf"|[\u4e00-\u9fff、]{{1,30}}?第?\s*[\d{NUMERAL}]{{1,8}}\s*号(?:令|公告)"
)
"""国科发〔2023〕1号, 国科发2023 1号, 国科发〔二〇二三〕1; of orders and announcements 国务院令第512号, 国务院第五百一十二号令."""
_ENDS = ("法", "典", "条例", "规定", "办法", "细则", "意见", "通知", "规划", "纲要", "方案", "解释", "决定", "措施", "规则", "公告", "指南", "目录")
_LONGEST, _SHORTEST = 60, 2


def title_key(title: str) -> str:
    """A title as it is compared: NFKC, no quotes, no brackets, no 中华人民共和国, no version suffix."""
    return _NOISE.sub("", _VERSION.sub("", normalise(title).strip())).replace(_LONG_NAME, "")


_CHINESE_YEAR = re.compile(r"[一二][〇零○Oo一二三四五六七八九]{3}(?=\d)")
_ORDER = re.compile(rf"(令|公告)([\d{NUMERAL}]{{1,8}})号$|([\d{NUMERAL}]{{1,8}})号(令|公告)$")


def number_key(number: str) -> str:
    """A 文号 as it is compared: brackets, 第, leading zeros and the place of 令 do not count (国科发〔2023〕01号 = 国科发[2023]第1号, 国务院512号令 = 国务院令第512号)."""
    plain = _NOISE.sub("", normalise(number)).replace("第", "").replace("年", "").replace("国令", "国务院令")
    plain = _CHINESE_YEAR.sub(lambda m: "".join(map(_digit, m.group())), plain)
    plain = re.sub(r"(?<=\d{4})0+(?=\d)", "", plain)
    plain = _ORDER.sub(lambda m: f"{m[1] or m[4]}{_value(m[2] or m[3])}号", plain)
    return plain if plain.endswith("号") or not plain[-1:].isdigit() else f"{plain}号"


def _digit(c: str) -> str:
    return "0" if c in "Oo" else str(chinese_number(c))


def _value(numeral: str) -> str:
    try:
        return str(chinese_number(numeral))
    except ValueError:
        return numeral


_ANOTHER = re.compile(r"^(?:实施|的?(?:解释|释义|若干|补充|配套|有关)|修正|修改|废止|第?[一二三四五六七八九十]+条)")


def holds_name(title: str, name: str) -> bool:
    """Whether a title key bears a shortened name: not what is about it or carries it out (外资企业法 is not 外资企业法实施细则),
    and of a law (法) the name must begin the title (合同法 is not 劳动合同法)."""
    at = title.find(name)
    if at < 0 or _ANOTHER.match(title[at + len(name) :]):
        return False
    return at == 0 or not name.endswith("法") or name.endswith("办法")


@dataclass(frozen=True, slots=True)
class Named:
    """A document named in a question: the words as written and the ids it may be (empty when the corpus has none)."""

    words: str
    ids: tuple[str, ...]


def _nameable(key: str) -> bool:
    """What stands bare in a question must look like a title, so that plain words are not taken for one."""
    return key.endswith(_ENDS) and (len(key) > 3 or key[-1] in "法典")


@dataclass(frozen=True, slots=True)
class Titles:
    """Looks names up: ids by title key, by number key, and (`loose`) of titles that hold a quoted name when none equals it."""

    titled: Callable[[str], tuple[str, ...]]
    numbered: Callable[[str], tuple[str, ...]]
    loose: Callable[[str], tuple[str, ...]]

    def named(self, text: str) -> list[Named]:
        """Every document that the text names, in order: quoted names and numbers first, then bare titles elsewhere."""
        found, rest = [], text
        for match in _QUOTED.finditer(text):
            found.append(Named(match.group(), self._quoted(match.group(1))))
            rest = rest.replace(match.group(), " ")
        for match in _NUMBER.finditer(rest):
            if ids := self._numbered(match.group()):
                found.append(Named(match.group(), ids))
        return found + self._bare(rest)

    def _quoted(self, name: str) -> tuple[str, ...]:
        key = title_key(words().names.get(name, name))
        return self.titled(key) or (self.loose(key)[:20] if len(key) >= 3 else ())

    def _numbered(self, number: str) -> tuple[str, ...]:
        """The pattern may have swallowed words before the number: drop them one by one."""
        key = number_key(number)
        for start in range(len(key)):
            if ids := self.numbered(key[start:]):
                return ids
        return ()

    def _bare(self, text: str) -> list[Named]:
        plain = _NOISE.sub("", text).replace(_LONG_NAME, "")
        found, at = [], 0
        while at < len(plain):
            length = self._longest(plain, at)
            if length:
                name = plain[at : at + length]
                found.append(Named(name, self.titled(words().names.get(name, name))))
            at += length or 1
        return found

    def _longest(self, plain: str, at: int) -> int:
        for length in range(min(_LONGEST, len(plain) - at), _SHORTEST - 1, -1):
            name = plain[at : at + length]
            if (_nameable(name) or name in words().names) and self.titled(words().names.get(name, name)):
                return length
        return 0
