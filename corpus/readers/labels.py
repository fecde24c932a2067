"""Label tables of government pages: 索引号 | … | 发文机关 | …, whatever they are made of (table, list, definition list, divisions, spans,
lines with breaks), with a colon, in brackets, or side by side without either."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from corpus.metadata import LABELS as FIELD_LABELS

LABELS = frozenset(label for labels in FIELD_LABELS.values() for label in labels) | frozenset(
    ["有效期", "组配分类", "服务对象", "关键词", "内容概述", "所属机构", "公开范围", "公开时限", "公开程序", "信息类别", "统一编号", "规范性文件编号", "登记号", "统一登记号", "联系电话", "咨询电话", "解读机关", "作者", "责任编辑", "信息时效期", "登记日期", "公文类型", "文件类型", "效力级别", "关联文件", "政策解读", "浏览次数", "阅读次数", "点击次数", "访问次数"]
)
"""Labels known from the information-disclosure tables of Chinese government sites."""

_ANY = "|".join("[ \u3000\u00a0]*".join(label) for label in sorted(LABELS, key=len, reverse=True))
_FIRST = frozenset(label[0] for label in LABELS)
_BEFORE = " \t\r\n\u3000\u00a0：:[]【】"
_LABELLED = re.compile(f"(?<![\u4e00-\u9fff])({_ANY})[ \u3000\u00a0]*[：:]")
_BRACKETED = re.compile(rf"^[\[【][\s\u3000\u00a0]*({_ANY})[\s\u3000\u00a0]*[\]】][：:]?")
_VALUE_END = re.compile(r"\s{2,}|[|｜【]|\s*(?:作者|编辑|责任编辑|发布时间|时间|浏览(?:次数|量)?|阅读(?:次数|量)?|点击(?:次数|数|量)?|访问(?:次数|量)?|字号|字体|打印|分享)\s*[：:]")
_BLANK = re.compile(r"[\s\u3000\u00a0]+")
_STRONG = frozenset(label for name in ("index_number", "doc_number", "issuers", "written_on", "published_on", "marked_status", "open") for label in FIELD_LABELS[name]) - {"来源", "信息来源", "效力"}
"""Labels that only the description of a document has: a label table holds one of them at least."""
_DATED_LINE = re.compile(r"^(?:(?:发布|更新)?(?:时间|日期)[：:])?\s*(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?)(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?[\s|｜]*(?:信息|文章)?来源[：:]")
"""2024-04-12 10:20 来源：…: the line below a title."""
_LINES = frozenset(["p", "div", "section", "article", "header", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "tbody", "tr", "td", "th", "br", "hr", "form", "main"])
_GRIDS = ("table", "ul", "ol", "dl")
LONGEST, WIDEST = 14, 400
"""Characters of the longest label with its blanks and marks, and of the longest value."""


def _squeeze(text: str) -> str:
    return _BLANK.sub("", text)


def _label(text: str) -> str:
    """The known label that a cell holds (索 引 号：), or empty."""
    if text.lstrip(_BEFORE)[:1] not in _FIRST:
        return ""
    name = _squeeze(text).strip("：:[]【】")
    return name if name in LABELS else ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of text with the element that holds it, the number of its line, and whether it is a link's."""

    text: str
    element: Any
    line: int
    link: bool = False


@dataclass(slots=True)
class _Pair:
    """A label with its value so far; `marked`: a colon or brackets say that it is one."""

    name: str
    element: Any
    line: int
    marked: bool
    value: list[str] = field(default_factory=list)
    last: Any = None

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.value).split()).strip("：: \u3000")


def label_tables(root: Any) -> tuple[list[Any], dict[str, str]]:
    """The smallest elements that hold at least two labels with values and little else, and label → value within them."""
    body = root.find("body") if root.find("body") is not None else root
    sizes = _sizes(body)
    loose: list[_Piece] = []
    pairs = list(_pairs(_pieces(body, sizes), loose))
    zones = _zones(pairs, loose, sizes)
    found: dict[str, str] = {}
    for pair in pairs:
        if pair.words and _within(pair.element, zones):
            found.setdefault(pair.name, pair.words)
    return [*zones, *(t for t in _empty_label_tables(root) if t not in zones)], found


def _sizes(body: Any) -> dict[Any, int]:
    """Characters of each element and all within it, without the blanks around runs of text."""
    sizes: dict[Any, int] = defaultdict(int)
    for element in reversed(list(body.iter())):
        if isinstance(element.tag, str) and element.text:
            sizes[element] += len(element.text.strip())
        if element is not body:
            sizes[element.getparent()] += sizes[element] + (len(element.tail.strip()) if element.tail else 0)
    return sizes


def _pieces(body: Any, sizes: dict[Any, int]) -> list[_Piece]:
    """The runs of text in order; an element that is nothing but a label is one piece, however its characters are dressed."""
    found: list[_Piece] = []
    line = 0

    def walk(element: Any) -> None:
        nonlocal line
        tag = element.tag
        if not isinstance(tag, str):
            return
        line += tag in _LINES
        if tag == "a" or (0 < sizes[element] <= LONGEST and _label(element.text_content() if len(element) else element.text or "")):
            if sizes[element]:
                found.append(_Piece(element.text_content(), element, line, tag == "a"))
        else:
            if element.text and element.text.strip():
                found.append(_Piece(element.text, element, line))
            for child in element:
                walk(child)
                if child.tail and child.tail.strip():
                    found.append(_Piece(child.tail, element, line))
        line += tag in _LINES

    walk(body)
    return found


def _pairs(pieces: list[_Piece], loose: list[_Piece]) -> Iterator[_Pair]:
    """Labels with their values in order; text that belongs to none goes to `loose`."""
    open_: _Pair | None = None
    for piece in pieces:
        for name, marked, text in _split(piece):
            if name:
                if open_:
                    yield open_
                open_ = _Pair(name, piece.element, piece.line, marked)
            if open_ and text.strip() and _goes_on(open_, piece, text):
                open_.value.append(text.strip())
                open_.line, open_.last = piece.line, piece.element
            elif text.strip():
                loose.append(piece)
                if open_:
                    yield open_
                open_ = None
    if open_:
        yield open_


def _split(piece: _Piece) -> Iterator[tuple[str, bool, str]]:
    """(label or empty, marked, words behind it) of one run of text."""
    text = piece.text
    if len(text) <= 4 * LONGEST and (name := _label(text)) and not piece.link:
        yield name, bool(re.search(r"[：:\[【]", text)), ""
        return
    if text.lstrip()[:1] in ("[", "【") and (match := _BRACKETED.match(text.strip())):
        yield _label(match[1]), True, text.strip()[match.end() :]
        return
    marks = [] if len(text) > 2 * WIDEST or not ("：" in text or ":" in text) else list(_LABELLED.finditer(text))
    yield "", False, text[: marks[0].start()] if marks else text
    for match, end in zip(marks, [m.start() for m in marks[1:]] + [len(text)] * bool(marks), strict=True):
        yield _label(match[1]), True, _VALUE_END.split(text[match.end() : end].strip())[0]


def _goes_on(pair: _Pair, piece: _Piece, text: str) -> bool:
    """Whether words belong to the value of a label: on its line, or the first ones in the place beside it, and no sentence."""
    if sum(map(len, pair.value)) + len(text) > WIDEST or ("。" in text and pair.name not in ("内容概述", "政策解读")):
        return False
    return piece.line == pair.line or (not pair.value and _beside(pair.element, piece.element))


def _beside(label: Any, value: Any) -> bool:
    """Whether a value stands within the parent of its label, or in the same table or list."""
    above = set(value.iterancestors()) | {value}
    parent = label.getparent()
    if parent is not None and parent.tag != "body" and parent in above:
        return True
    return next((a in above for a in label.iterancestors(*_GRIDS)), False)


def _zones(pairs: list[_Pair], loose: list[_Piece], sizes: dict[Any, int]) -> list[Any]:
    """The smallest elements with two labels and values, made of them by half at least; a parent that holds nothing else instead."""
    counts: dict[Any, int] = defaultdict(int)
    chars: dict[Any, int] = defaultdict(int)
    chains = []
    strong: set[Any] = set()
    for pair in (p for p in pairs if p.words):
        chain = _chain(pair)
        strong.update(chain if pair.name in _STRONG else ())
        chains.append(chain)
        for element in chain:
            counts[element] += 1
            chars[element] += len(pair.name) + len(_squeeze(pair.words))
    speaks = {a for piece in loose if "。" in piece.text for a in (piece.element, *piece.element.iterancestors())}
    found: dict[Any, None] = {}
    for chain in chains:
        fit = [e for e in chain if counts[e] >= 2 and e in strong and e not in speaks and e.tag not in ("html", "body")]
        zone = next((e for e in fit if chars[e] >= 0.5 * sizes.get(e, 0)), None)
        while zone is not None and (up := zone.getparent()) in fit and chars[up] >= 0.85 * sizes[up] and not any(True for _ in up.iter("h1", "h2", "h3")):
            zone = up
        if zone is not None:
            found.setdefault(zone)
    return [z for z in found if not any(a in found for a in z.iterancestors())]


def _chain(pair: _Pair) -> list[Any]:
    """The elements that hold a label and its value, the smallest first."""
    above = {pair.last, *pair.last.iterancestors()}
    return [e for e in (pair.element, *pair.element.iterancestors()) if e in above][:10]


def _within(element: Any, zones: list[Any]) -> bool:
    return element in zones or any(a in zones for a in element.iterancestors())


def _empty_label_tables(root: Any) -> Iterator[Any]:
    """Small tables of one label without a value (主 题 词：)."""
    for element in root.iter("table"):
        text = _squeeze(element.text_content())
        if 0 < len(text) < 60 and _label(text) and not any(True for _ in element.iterdescendants("table")):
            yield element


def label_fields(root: Any, found: dict[str, str]) -> dict[str, str]:
    """Label → value: what the label tables say, then short lines that begin with a known label."""
    found = dict(found)
    for element in root.iter("p", "div", "span", "li", "dd", "td"):
        text = " ".join(element.text_content().split())
        if not 3 < len(text) <= 160:
            continue
        if dated := _DATED_LINE.match(text):
            found.setdefault("发布日期", dated[1])
        labels = list(_LABELLED.finditer(text))
        if not labels or (len(labels) > 1 and len(element) > 1 and any(_LABELLED.search(" ".join(c.text_content().split())) for c in element)):
            continue  # the elements within say it more exactly
        ends = [*(m.start() for m in labels[1:]), len(text)]
        for match, end in zip(labels, ends, strict=True):
            name, value = _label(match[1]), _VALUE_END.split(text[match.end() : end].strip())[0].strip(" 　）)]】")
            if value and (match.start() == 0 or len(text) <= 80):
                found.setdefault(name, value)
    return found
