"""Citations: exact quotes; a sentence says no more than what it cites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.models import Document, Validity
from corpus.segment import segment
from rag.cite import cite, clause_record, exact, faults, marks, renumber, unmarked, verify
from rag.records import Citation, Sentence

TEXT = "第一章 总则\n第一条 为了规范补助，制定本办法。\n第二条 企业应当在5个工作日内申请，补助最高不超过50万元。\n未经批准，不得转让。\n第三条 本办法自2024年5月1日起施行，由省科学技术厅负责解释。\n"
HOLDS = Validity("presumed_in_force", "2026-11-21", "未见失效记录")


def document(text: str = TEXT) -> Document:
    return Document("d1", "policy", "闽海省研发补助办法", text, "x", doc_number="闽海科规〔2024〕5号", clauses=segment(text), issuers=("闽海省科学技术厅",))


def of(words: str, n: int = 1) -> Citation:
    d = document()
    start = d.text.index(words)
    return cite(n, d, start, start + len(words), HOLDS)


def test_a_quote_is_the_stored_text() -> None:
    c = of("补助最高不超过50万元")
    assert exact(c, TEXT) and not exact(c, TEXT[1:])
    assert c.clause["article"] == "第二条"


def test_a_span_across_clauses_keeps_what_they_share() -> None:
    d = document()
    found = clause_record(d, d.text.index("第二条"), d.text.index("第三条"))
    assert found["article"] == "第二条" and found["path"][:2] == ["第一章", "第二条"]


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (0, 10_000)])
def test_an_impossible_span_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="span"):
        cite(1, document(), start, end, HOLDS)


GOOD = "根据《闽海省研发补助办法》（闽海科规〔2024〕5号）第二条，企业应当在5个工作日内申请，补助最高不超过50万元。"


def test_what_the_quote_holds_stands() -> None:
    assert faults(GOOD, [of("企业应当在5个工作日内申请，补助最高不超过50万元。")]) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("补助最高不超过500万元。", "fact"),
        ("企业应当在7个工作日内申请，补助最高不超过50万元。", "fact"),
        ("补助最高不超过五十一万元。", "fact"),
        ("根据《数据安全法》，补助最高不超过50万元。", "title"),
        ("根据国科发火〔2016〕32号，补助最高不超过50万元。", "fact"),
        ("由财政部负责，补助最高不超过50万元。", "body"),
        ("企业可以在5个工作日内申请，补助最高不超过50万元。", "modality"),
        ("企业无需在5个工作日内申请，补助最高不超过50万元。", "modality"),
        ("火星基地的建设费用全部免除，欢迎各界朋友前往参观。", "support"),
        ("补助最高不超过50%。", "fact"),
    ],
)
def test_what_the_quote_does_not_hold_falls(text: str, what: str) -> None:
    found = faults(text, [of("企业应当在5个工作日内申请，补助最高不超过50万元。")])
    assert any(f.startswith(what) for f in found), found


def test_a_sentence_without_citation_falls() -> None:
    assert faults("补助最高不超过50万元。", []) == ["no citation"]


def test_what_our_rules_computed_stands() -> None:
    c = of("本办法自2024年5月1日起施行")
    assert faults("本办法自2024年5月1日起施行，2029-04-30届满。", [c])
    assert not faults("本办法自2024年5月1日起施行，2029-04-30届满。", [c], derived="2029-04-30届满")


def test_unknown_marks_are_taken_off() -> None:
    c = of("补助最高不超过50万元。")
    kept, dropped = verify([Sentence("补助最高不超过50万元[1][7]。", (1, 7))], [c], {"d1": TEXT})
    assert kept[0].citations == (1,) and "[" not in kept[0].text and not dropped


def test_a_citation_of_other_words_is_no_citation() -> None:
    c = of("补助最高不超过50万元。")
    kept, dropped = verify([Sentence("补助最高不超过50万元。", (1,))], [c], {"d1": TEXT.replace("50万元", "60万元")})
    assert not kept and dropped[0][1] == ["no citation"]


def test_numbers_follow_first_use() -> None:
    a, b, c = of("第一条", 1), of("第二条", 2), of("第三条", 3)
    sentences, citations = renumber([Sentence("x", (3,)), Sentence("y", (1, 3))], [a, b, c])
    assert [s.citations for s in sentences] == [(1,), (2, 1)]
    assert [x.quote for x in citations] == ["第三条", "第一条"] and [x.n for x in citations] == [1, 2]


def test_marks() -> None:
    assert marks("甲[1]乙[2, 3]丙【4】") == [1, 2, 3, 4]
    assert unmarked("甲[1]乙[2, 3]丙【4】。") == "甲乙丙。"


@given(st.data())
def test_every_part_of_a_text_supports_itself(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(TEXT) - 2))
    end = data.draw(st.integers(start + 1, len(TEXT)))
    c = cite(1, document(), start, end, HOLDS)
    assert exact(c, TEXT) and faults(c.quote, [c]) == []
