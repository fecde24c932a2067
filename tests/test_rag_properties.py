"""Properties that hold for all inputs: three-valued logic, sums however they are written, alignment and marked changes, phrases and deadlines."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.drafts import complete
from corpus.ingest import Draft
from corpus.models import Document
from rag.align import align, marked
from rag.facts import quantities
from rag.predicates import Applicant, State, Verdict, every, judge, some
from rag.slot import phrases

STATES = st.sampled_from(list(State))
VERDICTS = st.lists(STATES.map(Verdict), max_size=6)
ORDER = {State.unmet: 0, State.unknown: 1, State.met: 2}


@given(VERDICTS)
def test_all_is_the_least_and_one_is_the_most(found: list[Verdict]) -> None:
    ranks = [ORDER[v.state] for v in found]
    assert ORDER[every(found).state] == min(ranks, default=2)
    assert ORDER[some(found).state] == max(ranks, default=0)


@given(VERDICTS, VERDICTS)
def test_order_and_grouping_do_not_matter(a: list[Verdict], b: list[Verdict]) -> None:
    assert every([*a, *b]).state == every([*b, *a]).state == every([every(a), every(b)]).state
    assert some([*a, *b]).state == some([*b, *a]).state
    if a and b:
        assert some([*a, *b]).state == some([some(a), some(b)]).state


@given(VERDICTS, STATES)
def test_more_knowledge_never_turns_a_decision(found: list[Verdict], learnt: State) -> None:
    """Replacing an open verdict by a decided one leaves 满足 and 不满足 as they are."""
    told = [Verdict(learnt) if v.state == State.unknown else v for v in found]
    for judge_all in (every, some):
        if judge_all(found).state != State.unknown:
            assert judge_all(told).state == judge_all(found).state


@given(st.integers(0, 10**10), st.integers(1, 10**10))
def test_a_threshold_is_met_from_its_value_on(spent: int, bound: int) -> None:
    who = Applicant({"r_and_d_expense": spent}, Verdict(State.met), "2026-01-01")
    for words, held in ((f"上一年度研发费用不低于{bound}元", spent >= bound), (f"上一年度研发费用不超过{bound}元", spent <= bound), (f"上一年度研发费用在{bound}元以上", spent >= bound)):
        assert judge(words, who).state == (State.met if held else State.unmet)
    assert judge(f"上一年度研发费用不低于{bound}元", Applicant({}, Verdict(State.met), "2026-01-01")).state == State.unknown


@given(st.integers(1, 99_999), st.sampled_from([("万元", 10_000), ("元", 1), ("亿元", 100_000_000), ("百万元", 1_000_000)]), st.sampled_from(["最高不超过", "给予", "奖励", "不低于"]))
def test_a_sum_is_one_however_it_is_written(n: int, unit: tuple[str, int], before: str) -> None:
    plain, grouped = f"{before}{n}{unit[0]}。", f"{before}{n:,}{unit[0]}。"
    wide = plain.translate({ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789"})
    found = [[q.value for q in quantities(text) if q.unit == "money"] for text in (plain, grouped, wide)]
    assert found == [[Decimal(n) * unit[1]]] * 3


@given(st.text(alphabet="补助，,；（）(1,000元)。：\n最高", max_size=60))
def test_phrases_tile_what_is_not_white_space(text: str) -> None:
    found = phrases(text, 7)
    assert all(a < b for a, b in found) and all(x[1] <= y[0] for x, y in itertools.pairwise(found))
    assert "".join("".join(text[a - 7 : b - 7].split()) for a, b in found) == "".join(text.split())


@given(st.text(alphabet="最高不超过五十万元，奖励", max_size=40), st.text(alphabet="最高不超过八十万元，补助", max_size=40))
def test_a_marked_change_holds_both_texts(old: str, new: str) -> None:
    text = marked(old, new)
    assert re.sub(r"【增：[^】]*】|【删：|】", "", text) == old
    assert re.sub(r"【删：[^】]*】|【增：|】", "", text) == new


CLAUSE = st.text(alphabet="企业研发费用补助对象条件标准按照给予办理程序申请材料审核公示拨付监督管理负责解释", min_size=8, max_size=40)


def law(clauses: list[str]) -> Document:
    text = "某办法\n" + "".join(f"\n第{'一二三四五六七八九'[i]}条　{c}。\n" for i, c in enumerate(clauses))
    return complete(Draft(key="k", source_id="t", url="", kind="policy", title="某办法", text=text))


@settings(max_examples=40, deadline=None)
@given(st.lists(CLAUSE, min_size=1, max_size=9), st.lists(CLAUSE, min_size=1, max_size=9))
def test_alignment_uses_every_clause_once(old: list[str], new: list[str]) -> None:
    a, b = law(old), law(new)
    pairs = align(a, b)
    assert sorted(p.old.start for p in pairs if p.old) == sorted({p.old.start for p in pairs if p.old}) and len([p for p in pairs if p.old]) == len(old)
    starts = [p.new.start for p in pairs if p.new]
    assert starts == sorted(set(starts)) and len(starts) == len(new)
    for p in pairs:
        assert {"added": p.old is None, "dropped": p.new is None}.get(p.state, p.old is not None and p.new is not None) and 0 <= p.likeness <= 1
    assert [p.state for p in align(a, a)] == ["same"] * len(old)
