"""Label tables of government pages: 索引号 | … | 发文机关 | …, in tables, definition lists or lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from corpus.metadata import LABELS as FIELD_LABELS

LABELS = frozenset(label for labels in FIELD_LABELS.values() for label in labels) | frozenset(
    ["索引号", "索取号", "信息索引号", "标题", "名称", "文件名称", "信息名称", "发文字号", "文号", "文件编号", "公文文号", "文件字号", "发文机关", "发布机构", "发文单位", "制发机关", "发布单位", "制定机关", "来源", "信息来源", "成文日期", "生成日期", "发文日期", "制发日期", "印发日期", "签发日期", "发布日期", "发布时间", "公开日期", "公布日期", "主题分类", "主题词", "分类", "信息分类", "体裁分类", "体裁", "文种", "公文种类", "施行日期", "实施日期", "生效日期", "失效日期", "废止日期", "有效期至", "有效期", "有效性", "时效性", "效力状态", "时效状态", "公开属性", "公开方式", "公开类别", "组配分类", "服务对象", "关键词", "内容概述", "所属机构", "责任部门", "公开范围", "公开时限", "信息类别", "统一编号", "规范性文件编号", "登记号", "统一登记号", "联系电话", "咨询电话", "解读机关", "作者", "责任编辑"]
)
"""Labels known from the information-disclosure tables of Chinese government sites."""

_LABEL = re.compile(r"^(.{2,9}?)\s*[：:]\s*(.*)$", re.DOTALL)
_LABELLED = re.compile("(?<![\u4e00-\u9fff])(" + "|".join("[ \u3000]*".join(label) for label in sorted(LABELS, key=len, reverse=True)) + ")[ \u3000]*[：:]")
_VALUE_END = re.compile(r"\s{2,}|[|｜【]|\s*(?:作者|编辑|责任编辑|发布时间|时间|浏览(?:次数|量)?|阅读(?:次数|量)?|点击(?:数|量)?|字号|字体|打印|分享)\s*[：:]")
_BLANK = re.compile(r"[\s\u3000\u00a0]+")


def _squeeze(text: str) -> str:
    return _BLANK.sub("", text)


def _label(text: str) -> str:
    """The known label that a cell holds (索 引 号：), or empty."""
    name = _squeeze(text).strip("：:[]【】")
    return name if name in LABELS else ""


def label_tables(root: Any) -> list[Any]:
    """The innermost tables and lists that hold at least two known labels and little else."""
    found = []
    for element in root.iter("table", "ul", "dl"):
        if any(True for _ in element.iterdescendants("table")):
            continue
        pairs = list(_pairs(element))
        size = len(_squeeze(element.text_content()))
        if len(pairs) >= 2 and sum(len(k) + len(_squeeze(v)) for k, v in pairs) >= 0.5 * size:
            found.append(element)
    return found + [t for t in _empty_label_tables(root) if t not in found]


def _empty_label_tables(root: Any) -> Iterator[Any]:
    """Small tables of one label without a value (主 题 词：)."""
    for element in root.iter("table"):
        text = _squeeze(element.text_content())
        if 0 < len(text) < 60 and _label(text) and not any(True for _ in element.iterdescendants("table")):
            yield element


def _pairs(element: Any) -> Iterator[tuple[str, str]]:
    cells = [c for c in element.iter("td", "th", "dt", "dd", "li") if not any(True for _ in c.iterdescendants("td", "li"))]
    texts = [" ".join(c.text_content().split()) for c in cells]
    skip = False
    for i, text in enumerate(texts):
        if skip:
            skip = False
            continue
        if name := _label(text):
            follows = texts[i + 1] if i + 1 < len(texts) else ""
            own = _LABEL.match(follows)
            if not _label(follows) and not (own and _label(own[1])):
                yield name, follows
                skip = True
        elif (match := _LABEL.match(text)) and (name := _label(match[1])):
            yield name, match[2].strip()


def label_fields(root: Any, tables: list[Any]) -> dict[str, str]:
    """Label → value, from the label tables, then from short lines that begin with a known label."""
    found: dict[str, str] = {}
    for table in tables:
        for name, value in _pairs(table):
            if value and name not in found:
                found[name] = value
    for element in root.iter("p", "div", "span", "li", "dd", "td"):
        text = " ".join(element.text_content().split())
        if not 3 < len(text) <= 160:
            continue
        labels = list(_LABELLED.finditer(text))
        if not labels or (len(labels) > 1 and len(element) > 1 and any(_LABELLED.search(" ".join(c.text_content().split())) for c in element)):
            continue  # the elements within say it more exactly
        ends = [*(m.start() for m in labels[1:]), len(text)]
        for match, end in zip(labels, ends, strict=True):
            name, value = _label(match[1]), _VALUE_END.split(text[match.end() : end].strip())[0].strip(" 　）)]】")
            if value and (match.start() == 0 or len(text) <= 80):
                found.setdefault(name, value)
    return found
