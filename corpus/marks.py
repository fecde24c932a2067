"""What a line of a Chinese official text opens: a part (编章节), an article (条), an item, an attachment, a signature.

Slips of published texts are read as meant: 笫五十四条, 第三十－条, 第一百二十八 条.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.text import NUMERAL, chinese_number

N = f"[{NUMERAL}\\d](?:[ \u3000]?[{NUMERAL}\\d])*"
"""A numeral, also one whose characters stand apart (第 十 二 条)."""
_GAP = "[ \u3000]{0,2}"
PART = re.compile(rf"^[\s\u3000]*(第{_GAP}({N}){_GAP}(分编|编|章|节|部分|篇))(?:[\s\u3000：:]+|$)(\S.{{0,60}})?$")
_LONG_PART = re.compile(rf"^[\s\u3000]*第({N})(编|章|节)[ \u3000]+(?![，。、的和至或及与规])\S")
_SLIP = f"[{NUMERAL}\\d－—-](?:[ \u3000]?[{NUMERAL}\\d－—-])*"
ARTICLE = re.compile(rf"^[\s\u3000]*[【\[]?([第笫]{_GAP}({_SLIP}){_GAP}条(?:之({N}))?)[】\]]?(?=[\s\u3000：:【（(]|$|[^，。、；的和至或及与规款项所第中])")
MID_ARTICLE = re.compile(rf"(?:(?<=[。；！”」）)])[ \u3000]*|[ \u3000]{{2,}})(?=(第({N})条(?:之({N}))?)(?![，。、；的和至或及与规款项所第中])[ \u3000]?\S)")
BARE = re.compile(r"^[\s\u3000]*(序[\s\u3000]*言|前[\s\u3000]*言|引[\s\u3000]*言|总[\s\u3000]*则|附[\s\u3000]*则|结[\s\u3000]*语)[\s\u3000]*$")
_LIST = (
    (1, re.compile(rf"^[\s\u3000]*([{NUMERAL}]{{1,5}})[、．](?!\d)"), "{}"),
    (2, re.compile(rf"^[\s\u3000]*[（(][ \u3000]?([{NUMERAL}]{{1,5}})[ \u3000]?[）)]"), "（{}）"),
    (3, re.compile(r"^[\s\u3000]*(\d{1,3})[.．、](?!\d)"), "{}"),
    (4, re.compile(r"^[\s\u3000]*[（(](\d{1,2})[）)]"), "（{}）"),
    (5, re.compile(r"^[\s\u3000]*([①-⑳])"), "{}"),
)
_DECIMAL = re.compile(r"^[\s\u3000]*(\d{1,2}(?:\.\d{1,2}){1,4})(?:[\s\u3000]+(?=[\u4e00-\u9fffA-Za-z《“])|(?<=\d\.\d\d)(?=[\u4e00-\u9fff])|(?=[\u4e00-\u9fff]{2,20}$))")
_ATTACHED = re.compile(r"^[\s\u3000]*附[\s\u3000]{0,2}[件表录](?P<n>[\s\u3000]{0,2}[\d一二三四五六七八九十]{1,3})?[\s\u3000]*(?:[：:.．][\s\u3000]*(?P<title>\S.{0,80})?)?$|^[\s\u3000]*附[\s\u3000]*[：:][\s\u3000]*$")
_ENUMERATED = re.compile(r"^[\s\u3000]*附[\s\u3000]{0,2}件[\s\u3000]*[：:]?[\s\u3000]*1[.．、]")
TABLE = re.compile(r"^\s*\|.*\|\s*$")
DATE_LINE = re.compile(r"^[\s\u3000]*(?:\d{4}|[二〇○零ＯO0一九八七六五四三]{4})[\s\u3000]*年[\s\u3000]*[\d一二三四五六七八九十]{1,3}[\s\u3000]*月[\s\u3000]*[\d一二三四五六七八九十]{1,3}[\s\u3000]*日[\s\u3000]*(?:印发|公布|发布)?[\s\u3000]*$")
SIGNED_LINE = re.compile(r"^[\s\u3000]*[\u4e00-\u9fff（）、\s\u3000]{4,60}[府厅局委部会院办署行室组心][\s\u3000]+\d{4}[\s\u3000]*年[\s\u3000]*\d{1,2}[\s\u3000]*月[\s\u3000]*\d{1,2}[\s\u3000]*日[\s\u3000]*$")
CLOSING = re.compile(r"^[\s\u3000]*[（(](?:此件|信息公开|联系人|本文有|公开方式|主动公开|依申请).{0,60}[）)][\s\u3000]*$|^[\s\u3000]*(?:抄送|主送|分送|公开方式|信息公开选项|政务公开选项)[：:].{0,200}$|^[\s\u3000]*\S{2,30}办公[厅室][\s\u3000]+\d{4}年\d{1,2}月\d{1,2}日印发[\s\u3000]*$")
_CLOSERS = frozenset("（(抄主分公信政")
_BODY_END = "府厅局委部会院办署行心所学校处组团司社关庭馆队军室"
_DEPTH = {"编": 1, "篇": 1, "部分": 1, "分编": 2, "章": 3, "节": 4}


@dataclass(frozen=True, slots=True)
class Mark:
    """What a line opens. family: part | article | list; depth within the family (small is above); name as in a path;
    number (n, 之n) where it is numbered; heading: a line that only names what follows."""

    family: str
    depth: int
    name: str
    number: tuple[int, int] = (0, 0)
    heading: bool = False


_NUMBERED = frozenset("第笫【[")
_LISTED = frozenset(f"{NUMERAL}（(")
_BARE = frozenset("序前引总附结")


def mark_of(line: str) -> Mark | None:
    """The mark at the beginning of a line, or None."""
    first = line.lstrip()[:1]
    if first in _NUMBERED:
        return _numbered(line)
    if first in _LISTED or first.isdecimal() or "①" <= first <= "⑳":
        return _listed(line)
    if first in _BARE and (match := BARE.match(line)):
        return Mark("part", 3, _BLANK.sub("", match[1]), heading=True)
    return None


_BLANK = re.compile(r"[\s\u3000]")
_DIGITS = str.maketrans("０１２３４５６７８９－", "0123456789-")


def _numbered(line: str) -> Mark | None:
    """第一章, 第一条."""
    if match := PART.match(line):
        return Mark("part", _DEPTH[match[3]], f"第{_plain(match[2])}{match[3]}", (_number(match[2]), 0), True)
    if match := _LONG_PART.match(line):
        return Mark("part", _DEPTH[match[2]], f"第{_plain(match[1])}{match[2]}", (_number(match[1]), 0))
    if match := ARTICLE.match(line):
        number = _plain(match[2]).replace("－", "一").replace("—", "一").replace("-", "一")
        return Mark("article", 5, f"第{number}条" + (f"之{_plain(match[3])}" if match[3] else ""), (_number(number), _number(match[3])))
    return None


def _plain(numeral: str) -> str:
    """A numeral without blanks, its digits in their usual width."""
    return _BLANK.sub("", numeral).translate(_DIGITS)


def _listed(line: str) -> Mark | None:
    """一、 （一） 1. （1） ① 1.1."""
    if match := _DECIMAL.match(line):
        parts = match[1].split(".")
        return Mark("list", 10 + len(parts), match[1], (int(parts[-1]), 0), _names(line, 30))
    for depth, pattern, form in _LIST:
        if match := pattern.match(line):
            return Mark("list", depth, form.format(match[1]), (_number(match[1]), 0), depth <= 2 and _names(line, 44 if depth == 1 else 32))
    return None


def _number(s: str | None) -> int:
    if not s:
        return 0
    if "①" <= s <= "⑳":
        return ord(s) - ord("①") + 1
    s = _BLANK.sub("", s)
    try:
        return chinese_number(s)
    except ValueError:
        return 0


def _names(line: str, size: int) -> bool:
    """Whether a line is a name and no sentence: short, and without a mark that ends one."""
    text = line.strip()
    return len(text) <= size and not text.endswith(("。", "；", "：", ":", ";", "，", "”", "、")) and "。" not in text


def attachment_of(line: str) -> str | None:
    """The name in a path of the attachment that a line opens (附件, 附件1), or None."""
    if len(line) > 110 or not (match := _ATTACHED.match(line)):
        return None
    kind = next(c for c in line if c in "件表录：:")
    return f"附{kind if kind in '表录' else '件'}{re.sub(r'[^0-9一二三四五六七八九十]', '', match['n'] or '')}"


def lists_attachments(line: str) -> bool:
    """Whether a line begins the list of attachments in a notice (附件：1.…)."""
    return bool(_ENUMERATED.match(line))


def is_table(line: str) -> bool:
    """Whether a line is a row of a Markdown table."""
    return line.lstrip()[:1] == "|" and bool(TABLE.match(line))


def closes(line: str) -> bool:
    """Whether a line closes a notice: （此件主动公开）, 抄送：…, the print line."""
    return (line.lstrip()[:1] in _CLOSERS or "印发" in line) and bool(CLOSING.match(line))


def is_signer(line: str) -> bool:
    """Whether a line may be the name of a signing body above the date: short, ends like a body's name, no sentence."""
    text = re.sub(r"[\s\u3000（）()盖章代]", "", line)
    return 2 <= len(text) <= 60 and text[-1] in _BODY_END and not re.search(r"[。；：，、！？:;,|]", text)


def is_article_next(number: tuple[int, int], last: tuple[int, int]) -> bool:
    """Whether an article number may follow another: 10 → 11, 10 → 10之一, 10之一 → 10之二 or 11."""
    return (number[0] == last[0] + 1 and number[1] == 0) or (number[0] == last[0] and number[1] == last[1] + 1)
