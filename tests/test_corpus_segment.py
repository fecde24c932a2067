"""The segmenter: structures of official texts by example, tiling and offsets by property."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.models import Clause, Document
from corpus.segment import PASSAGE_SIZE, article_number, passages, segment


def labels(text: str, kind: str = "") -> list[str]:
    return [c.label for c in segment(text) if not kind or c.kind == kind]


def place(text: str, words: str) -> Clause:
    at = text.index(words)
    return next(c for c in segment(text) if c.start <= at < c.end)


LAW = """示例省科技促进条例
第一章 总则
第一条 为了促进科技进步，制定本条例。
第二条 本条例适用于本省。
有关部门应当履行下列职责：
（一）编制规划；
（二）组织实施：
1.项目；
2.资金。
法律另有规定的，从其规定。
第二章 投入
第一节 财政
第三条 增加投入。
第三条之一 设立基金。
第四条 本条例自2024年1月1日起施行。"""


def test_chapters_articles_paragraphs_and_items() -> None:
    assert labels(LAW, "article") == [
        "第一章第一条第一款", "第一章第二条第一款", "第二章第一节第三条第一款", "第二章第一节第三条之一第一款", "第二章第一节第四条第一款",
    ]  # fmt: skip
    assert place(LAW, "编制规划").label == "第一章第二条第二款第（一）项"
    assert place(LAW, "资金").label == "第一章第二条第二款第（二）项第2目"
    assert place(LAW, "法律另有规定").label == "第一章第二条第三款"


def test_large_numbers_and_insertions() -> None:
    assert article_number("第一千一百九十七条") == (1197, 0)
    assert article_number("第十条之一") == (10, 1)
    text = "第一千一百九十七条 用人单位。\n第一千一百九十八条 经营场所。"
    assert [c.article for c in segment(text)] == ["第一千一百九十七条", "第一千一百九十八条"]


def test_references_to_articles_at_the_beginning_of_a_line_open_nothing() -> None:
    text = "第一条 甲。\n第三十五条规定的情形除外。\n第二条 乙。"
    assert [c.article for c in segment(text) if c.kind == "article"] == ["第一条", "第二条"]


def test_slips_of_published_texts() -> None:
    text = "第三十条 甲。\n第三十－条 乙。\n第三十二 条丙丁。\n笫三十三条 戊。"
    assert [c.article for c in segment(text)] == ["第三十条", "第三十一条", "第三十二条", "第三十三条"]


def test_articles_on_one_line_are_cut() -> None:
    text = "第一章 总则\n第一条 为了安全，制定本规则。 第二条 凡有航空器的单位，必须遵守本规则。第三条 国家统一管制，按第五条 的规定办理。"
    assert [c.article for c in segment(text) if c.kind == "article"] == ["第一条", "第二条", "第三条"]


def test_lists_of_notices() -> None:
    text = "关于支持创新的通知\n各市人民政府：\n一、总体要求\n坚持创新。\n二、主要任务\n（一）加强投入。\n1.设立资金。\n（1）省级。\n（二）加强人才。\n某某省人民政府\n2024年1月1日\n（此件公开发布）"
    assert place(text, "省级").path == ("二", "（一）", "1", "（1）")
    assert place(text, "加强人才").label == "二（二）"
    assert place(text, "2024年").kind == "signature"
    assert place(text, "某某省人民政府").kind == "signature"


def test_the_body_behind_a_signature_begins_anew() -> None:
    text = "关于印发《办法》的通知\n各单位：\n现印发给你们。\n某某省科学技术厅\n2024年1月1日\n示例办法\n第一条 甲。\n第二条 乙。"
    assert place(text, "示例办法").kind == "title"
    assert place(text, "乙。").label == "第二条第一款"


def test_attachments_have_a_prefix_and_their_list_opens_nothing() -> None:
    text = "通知\n一、甲\n附件：1.申报表\n2.名单\n某某省科学技术厅\n2024年1月1日\n附件1\n申报表\n一、填表\n附件2\n名单\n| 序号 | 名称 |\n| 1 | 某单位 |"
    assert place(text, "2.名单").label == "附件目录"
    assert place(text, "一、填表").label == "附件1一"
    assert place(text, "某单位").kind == "table" and place(text, "某单位").path[0] == "附件2"


def test_quoted_wording_of_an_amendment_opens_nothing() -> None:
    text = "关于修改《条例》的决定\n一、将第三条修改为：“第三条 省政府应当：\n（一）甲；\n（二）乙。”\n二、删去第四条。\n三、增加一条，作为第六条：“第六条 丙。”"
    assert labels(text, "item") == ["一", "二", "三"]


def test_articles_inserted_without_quotation_marks() -> None:
    text = "第五十一条 甲。\n第五十二条 增加五条，分别作为第一百二十三条至第一百二十七条。内容如下：\n第一百二十三条 乙。\n第一百二十四条 丙。\n第五十三条 丁。"
    assert [c.article for c in segment(text) if c.kind == "article"] == ["第五十一条", "第五十二条", "第五十三条"]


def test_a_table_of_contents_is_no_structure() -> None:
    text = "条例\n目 录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 甲。\n第二章 附则\n第二条 乙。"
    assert labels(text, "heading") == ["第一章", "第二章"]
    assert [c.label for c in segment(text) if c.kind == "article"] == ["第一章第一条第一款", "第二章第二条第一款"]


def test_chapters_numbered_by_lists_above_articles() -> None:
    text = "规定\n一、受案范围\n第一条 甲。\n二、管辖\n第二条 乙。\n第三条 丙。"
    assert place(text, "丙").label == "二、第三条第一款"


LINES = st.sampled_from(
    ["第一章 总则", "第一条 甲乙丙。", "第二条 丁。“第五条 戊", "己。”", "一、任务", "（一）目标。", "1.内容；", "（1）小项", "附件：表", "| a | b |", "某某省科学技术厅", "2024年1月1日", "", "普通的一段话。", "目 录", "①甲", "5.1.2 重伤"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=30), st.sampled_from(["policy", "news", "opinion", "notice"]))
def test_clauses_tile_any_text(lines: list[str], kind: str) -> None:
    text = "\n".join(lines)
    clauses = segment(text, title="普通的一段话。", kind=kind)
    if not text.strip():
        return
    assert clauses[0].start == 0 and clauses[-1].end == len(text)
    assert all(a.end == b.start and a.start < a.end for a, b in itertools.pairwise(clauses))


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES | st.text("甲乙丙丁。；\n", max_size=900), max_size=20))
def test_passages_resolve_and_never_cross_an_article(lines: list[str]) -> None:
    text = "\n".join(lines)
    clauses = segment(text)
    document = Document("d1", "policy", "", text, "", clauses=clauses)
    found = passages(document)
    for p in found:
        assert text[p.start : p.end] == p.text and p.text.strip() == p.text
        touched = {c.article for c in clauses if c.start < p.end and p.start < c.end and text[max(c.start, p.start) : min(c.end, p.end)].strip()}
        assert len({a for a in touched if a}) <= 1
    covered = sum(len("".join(p.text.split())) for p in found)
    assert covered == len("".join(text.split()))


def test_a_long_article_is_split_at_sentence_ends() -> None:
    text = "第一条 甲。\n第二条 " + "这是一个相当长的句子，用来检查切分。" * 120 + "\n第三条 丙。"
    pieces = [p for p in passages(Document("d1", "policy", "", text, "", clauses=segment(text))) if p.article == "第二条"]
    assert len(pieces) > 3 and all(p.text.endswith("。") and len(p.text) <= 2 * PASSAGE_SIZE for p in pieces)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("第一条\n为了规范。\n第二条【适用范围】\n本条例适用。\n本条第二款。", ["第一条第一款", "第二条第一款", "第二条第二款"]),
        ("第 一 条 甲。\n第 二 条 乙。\n第 十 二 条 丙。", ["第一条第一款", "第二条第一款", "第十二条第一款"]),
        ("第１条　甲。\n第２条　乙。\n第２条之１　丙。", ["第1条第一款", "第2条第一款", "第2条之1第一款"]),
        ("第一百零八条　甲。\n第一百零八条之一　乙。\n第一百零八条之二　丙。\n第一百零九条　丁。", ["第一百零八条第一款", "第一百零八条之一第一款", "第一百零八条之二第一款", "第一百零九条第一款"]),
        ("第一条【目的】甲。\n第二条（范围）乙。\n第三条[解释]丙。\n附　则\n第四条　丁。", ["第一条第一款", "第二条第一款", "第三条第一款", "附则", "附则第四条第一款"]),
    ],
)
def test_ways_to_number_and_head_an_article(text: str, labels: list[str]) -> None:
    found = segment(text, title="示例条例")
    assert [c.label for c in found] == labels and "".join(text[c.start : c.end] for c in found) == text
