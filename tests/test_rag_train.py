"""Training of the static embedding: which pairs it may see, and that what it writes is served."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import BadInput
from corpus.ingest import Draft, ingest
from corpus.store import Store
from rag.embed import open_embedder
from rag.questions import answered
from rag.train import Recipe, asked_in, file_pairs, train_embedding

WORDS = ["研发", "费用", "加计", "扣除", "贴息", "贷款", "人才", "公寓", "首台", "装备", "孵化", "基地", "专利", "质押", "创新", "券包"]


def _write(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path


def _pair(question: str, passage: str, licence: str = "MIT") -> dict[str, str]:
    return {"q": question, "p": passage, "lic": licence}


@pytest.mark.parametrize(
    ("licence", "free"),
    [("MIT", True), ("CC-BY-4.0", True), ("Apache-2.0", True), ("CC0-1.0", True), ("Wikisource PD/CC BY-SA", True), ("public domain", True), ("CC-BY-SA-4.0", False), ("none stated", False)],
)
def test_only_free_licences_are_taken(tmp_path: Path, licence: str, free: bool) -> None:
    taken, counts = file_pairs(_write(tmp_path / "a.jsonl.gz", [_pair("问", "答", licence)]), set())
    assert (len(taken), counts["licence"]) == ((1, 0) if free else (0, 1))


def test_neither_a_test_question_nor_its_gold_text_is_seen(tmp_path: Path) -> None:
    tests = _write(tmp_path / "tests.jsonl.gz", [{"question": "试用期 多长？"}, {"text": "no question"}])
    pairs = _write(tmp_path / "a.jsonl.gz", [_pair("试用期多长？", "试用期不得超过六个月。"), _pair("试用最久是几个月", "试用期不得 超过六个月。"), _pair("加班费几倍", "不低于百分之一百五十。")])
    taken, counts = file_pairs(pairs, asked_in([tests]))
    assert counts == {"taken": 1, "licence": 0, "held_out": 2}
    assert "加班" in taken[0].left


def test_a_pair_file_without_licences_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="lic"):
        file_pairs(_write(tmp_path / "a.jsonl.gz", [{"q": "问", "p": "答"}]), set())


def test_written_questions_are_taken_beside_the_latest_version_of_their_article(store: Store) -> None:
    name = "病原微生物实验室生物安全管理条例"

    def version(date: str, text: str) -> Draft:
        body = f"{name}\n第一条 总则。\n第二条 {text}\n第三条 附则。"
        return Draft(date, "test", "", "policy", name, body, fields={"published_on": date}, external_id=date)

    ingest(store, [version("2018-03-19", "旧文甲乙丙丁戊己。"), version("2024-12-06", "新文子丑寅卯辰巳。")])
    found = list(answered(store))
    assert sum("子丑" in a.text for a in found) == 2 and not any("甲乙" in a.text for a in found) and all(name in a.above for a in found)
    assert len(list(answered(store, {"医院检验科给病人做细菌化验，算不算病菌实验，要守规矩吗"}))) == len(found) - 1


def test_what_belongs_together_is_near_in_what_was_trained(tmp_path: Path, store: Store) -> None:
    """Each question shares no token with its passage, so that only training can bring them together."""
    rows = [_pair(left, right) for left, right in zip(WORDS[::2], WORDS[1::2], strict=True) for _ in range(40)]
    recipe = Recipe(tokens=200, dim=16, batch=64, steps=300, keep=1.0, seconds=20)
    card = train_embedding(store, tmp_path / "embedding", pairs=[_write(tmp_path / "a.jsonl.gz", rows)], recipe=recipe)
    embedder = open_embedder(f"static:{tmp_path / 'embedding'}")
    assert embedder is not None and embedder.dim == card["dim"] == 16
    cosines = embedder.encode(WORDS[::2], question=True) @ embedder.encode(WORDS[1::2]).T
    assert (np.argmax(cosines, axis=1) == np.arange(len(WORDS) // 2)).all()
    assert card["pairs_of"]["a.jsonl.gz"]["taken"] == len(rows)
