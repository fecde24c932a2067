"""The best statements read again with the question: what the reranker says goes into their worth, and into whether there is support."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.access import LOCAL
from corpus.ingest import Draft, ingest
from corpus.models import Document
from corpus.settings import load_settings
from corpus.store import open_store
from evaluation.leads import answers, portal_asked, province
from rag import practice
from rag.answer import Answerer, open_answerer
from rag.records import Context, Evidence, Question
from rag.reread import DEPTH
from rag.retrieve import open_retriever
from rag.support import likely
from rag.weigh import constants

ARTICLES = (
    "用人单位拖欠劳动报酬的，由劳动行政部门责令限期支付；逾期不支付的，加付赔偿金。",
    "用人单位应当建立职工名册，并向劳动行政部门备案。",
    "劳动者因工负伤的，用人单位应当在三十日内申请认定。",
    "用人单位安排劳动者延长工作时间的，每日不得超过三小时。",
)
ASKED = "老板一直不发工资，劳动者找谁管？"


def laid(home: Path, **settings: str) -> Iterator[Answerer]:
    wanted = load_settings(home, embedding="off", **settings)
    store = open_store(wanted)
    body = "海岛用工条例\n\n" + "\n\n".join(f"第{n}条 {text}" for n, text in zip("一二三四", ARTICLES, strict=True))
    ingest(store, [Draft("a", "demo", "http://127.0.0.1/a", "policy", "海岛用工条例", body)])
    retriever = open_retriever(wanted, store)
    retriever.refresh()
    yield open_answerer(wanted, store, retriever)
    retriever.close()
    store.close()


def evidence(answerer: Answerer, question: str) -> tuple[Evidence, ...]:
    return next(c.evidence for name, c in answerer.walk(Context(Question(question), LOCAL)) if name == "rerank")


def test_the_statement_that_answers_leads_though_another_shares_more_words(tmp_path: Path) -> None:
    for answerer in laid(tmp_path):
        found = evidence(answerer, ASKED)
        assert found[0].text.endswith(ARTICLES[0]) and all(e.judged is not None for e in found[:DEPTH])
        assert [e.worth for e in found] == sorted((e.worth for e in found), reverse=True)
        assert ARTICLES[0] in answerer.ask(Question(ASKED), LOCAL).text


def test_without_the_reranker_nothing_is_judged_and_answers_are_given_all_the_same(tmp_path: Path) -> None:
    for answerer in laid(tmp_path, reranker="off"):
        assert all(e.judged is None for e in evidence(answerer, ASKED))
        assert answerer.ask(Question("拖欠劳动报酬由谁责令限期支付？"), LOCAL).status == "answered"


def test_every_signal_of_support_has_a_weight_and_more_of_what_speaks_for_it_is_never_less() -> None:
    weights = constants()["support"]["weights"]
    none = dict.fromkeys(weights, 0.0)
    assert likely(none) == constants()["support"]["bias"]
    for name in ("fit", "near", "told", "matter"):
        assert likely({**none, name: 1.0}) >= likely(none)
    for name in ("unheld", "nowhere"):
        assert likely({**none, name: 1.0}) <= likely(none)


@pytest.mark.parametrize("rows", [practice.texts(), province()[0]], ids=["practice", "province"])
def test_written_policies_hold_the_words_that_answer_their_questions_just_once(rows: list[dict[str, object]]) -> None:
    titles = Counter(str(row["title"]) for row in rows)
    assert max(titles.values()) == 1
    for row in rows:
        assert row["asked"] and all(str(row["text"]).count(words) == 1 and question for question, words in row["asked"])


def test_no_policy_of_the_measure_is_practised_on() -> None:
    assert not {row["title"] for row in practice.texts()} & {row["title"] for row in province()[0]}
    assert not {q for row in practice.texts() for q, _ in row["asked"]} & {a.question for a in (*portal_asked(), *province()[1])}


def test_lists_of_practice_hold_the_right_statement_apart_from_those_that_say_the_same() -> None:
    row = next(r for r in practice.texts() if len(r["asked"]) >= 4)
    made = list(practice.lists([{**row, "asked": row["asked"][:4]}]))
    assert made and all(right and not set(right) & set(wrong) for _, right, wrong in made)


TEXT = "第一条 补助标准为二十万元。\n第二条 申报时间为每年三月。"


@given(st.integers(0, len(TEXT)), st.integers(0, len(TEXT)))
def test_a_span_answers_exactly_when_it_overlaps_the_statement(a: int, b: int) -> None:
    start, end = sorted((a, b))
    at, to = TEXT.index("第二条"), len(TEXT)
    overlaps = start < to and at < end and bool("".join(TEXT[max(start, at) : min(end, to)].split()))
    assert answers([("办法", "第二条申报时间为每年三月。")], Document("d1", "policy", "办法", TEXT, "0" * 64), start, end) is overlaps
