"""The built-in reranker: what it is shown, where it reads, and that it tells clauses apart by what they say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.access import LOCAL
from corpus.errors import SettingsError
from corpus.ingest import Draft, ingest
from corpus.settings import Settings
from corpus.store import Store
from rag.query import Hit, Query
from rag.rerank import Builtin, asks, open_reranker, packed, shown
from rag.retrieve import open_retriever

CLAUSES = (
    "用人单位拖欠劳动报酬的，由劳动行政部门责令限期支付；逾期不支付的，加付赔偿金。",
    "渔业船舶应当定期接受检验，检验合格的发给检验证书。",
    "申请人应当自收到通知之日起十五日内补正材料。",
    "图书馆应当按照规定的时间开放，不得收取入馆费用。",
)
ASKED = "老板一直不发工资，谁来管？"
LAW = "海岛用工条例\n\n" + "\n\n".join(f"第{n}条 {text}" for n, text in zip("一二三四", CLAUSES, strict=True))


@pytest.fixture
def builtin(settings: Settings) -> Builtin:
    found = open_reranker(settings)
    assert isinstance(found, Builtin)
    return found


def test_it_knows_wages_from_ships_without_a_shared_word(builtin: Builtin) -> None:
    scores = builtin.scores(ASKED, [shown("海岛用工条例", text) for text in CLAUSES])
    assert max(scores) == scores[0] and builtin.scores(ASKED, []) == []


def test_a_passage_scores_the_same_alone_and_among_longer_ones(builtin: Builtin) -> None:
    together = builtin.scores(ASKED, [CLAUSES[0], CLAUSES[1] * 20])[0]
    assert builtin.scores(ASKED, [CLAUSES[0]])[0] == pytest.approx(together, abs=0.5)  # activations are quantised over the batch


def test_what_is_shown_leaves_out_number_and_white_space() -> None:
    assert shown("中华人民共和国海岛法", "第四十二条之一　 为了\n\n保护 海岛") == "海岛法 为了保护海岛"


TOKENS = st.lists(st.integers(0, 60), max_size=150)


@given(question=TOKENS, passages=st.lists(TOKENS, min_size=1, max_size=5))
def test_types_tell_exact_matches(question: list[int], passages: list[list[int]]) -> None:
    made = packed(question, passages)
    ids, types = made["input_ids"], made["token_type_ids"]
    assert ids.shape == types.shape == made["attention_mask"].shape and ids.shape[1] <= 112
    asked = question[:40]
    for row, kinds, passage in zip(ids, types, passages, strict=True):
        read = passage[: ids.shape[1] - 3 - len(asked)]
        assert list(row[1 : 1 + len(asked)]) == asked and list(row[len(asked) + 2 : len(asked) + 2 + len(read)]) == read
        assert [k == 3 for k in kinds[1 : 1 + len(asked)]] == [t >= 5 and t in read for t in asked]
        assert [k == 2 for k in kinds[len(asked) + 2 : len(asked) + 2 + len(read)]] == [t >= 5 and t in asked for t in read]
    assert not np.any(types[:, 0])


@pytest.mark.parametrize(("text", "question"), [(ASKED, True), ("公司倒闭了工资还能要回来吗", True), ("研发费用加计扣除", False), ("国发〔2019〕4号", False), ("谁管", False)])
def test_only_questions_in_sentences_are_read(text: str, question: bool) -> None:
    assert asks(text) == question


@pytest.fixture
def stocked(settings: Settings, store: Store) -> Iterator[tuple[Settings, Store]]:
    ingest(store, [Draft(key="law", source_id="test", url="", kind="policy", title="海岛用工条例", text=LAW, fields={"region_code": "000000"}, external_id="law")])
    yield settings, store


def hits(settings: Settings, store: Store, text: str, *, rerank: bool = True, k: int = 10) -> list[Hit]:
    retriever = open_retriever(settings, store)
    try:
        return retriever.search(Query(text, k=k, rerank=rerank), LOCAL)
    finally:
        retriever.close()


def test_its_word_is_one_more_feature_of_the_score(stocked: tuple[Settings, Store]) -> None:
    settings, store = stocked
    before, after = hits(settings, store, ASKED, rerank=False), hits(settings, store, ASKED)
    assert all("reranker" not in hit.explain for hit in before)
    plain = {hit.start: hit.score for hit in before}
    assert {hit.start for hit in after} == set(plain) and [hit.score for hit in after] == sorted((hit.score for hit in after), reverse=True)
    for hit in after:
        assert hit.score == pytest.approx(plain[hit.start] + hit.explain.get("reranker", 0.0), abs=1e-3)
    assert CLAUSES[0] in after[0].text


def test_off_and_key_words_leave_the_order_as_it_is(stocked: tuple[Settings, Store]) -> None:
    settings, store = stocked
    off = settings.model_copy(update={"reranker": "off"})
    assert hits(off, store, ASKED) == hits(settings, store, ASKED, rerank=False)
    assert hits(settings, store, "检验证书") == hits(settings, store, "检验证书", rerank=False)


def test_a_folder_without_a_model_is_named(settings: Settings, stocked: tuple[Settings, Store]) -> None:
    with pytest.raises(SettingsError, match="train reranker"):
        open_reranker(settings.model_copy(update={"reranker": f"builtin:{settings.home}"}))
