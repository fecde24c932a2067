"""`jianwei eval retrieval` over a small data folder of our own: sets, judgements, BEIR forms, baselines, and what was trained on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluation.collection import open_collection
from evaluation.commands import app, load
from evaluation.experiment import Bm25
from evaluation.gate import below, floors
from evaluation.retrieval import SETS
from evaluation.sets import Ask, QuestionSet, Unit, seen

LAW = "# 测试海岛法\n\n## 第一章 总则\n\n第一条 为了保护海岛标本，制定本法。\n\n第二条 采集海岛标本应当领取采集证。\n\n第三条 采集证有效期五年。\n"
NCP = (("d1", "测试市夜光藻资助办法", "夜光藻研究每年资助三十万元。", "夜光藻研究资助多少？", "三十万元"), ("d2", "测试市海藻肥补贴办法", "海藻肥每吨补贴二百元。", "海藻肥每吨补贴多少？", "二百元"))


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    write(folder / "qa" / "ncp_docs.jsonl.gz", [{"docid": key, "text": f"{title}\n{text}"} for key, title, text, _, _ in NCP])
    write(folder / "qa" / "ncp_questions.jsonl.gz", [{"id": f"q{key}", "docid": key, "question": q, "answer": a} for key, _, _, q, a in NCP])
    return folder


def measured(data: Path, tmp_path: Path, *options: str) -> dict[str, Any]:
    load()
    given = ["retrieval", "--data", str(data), "--cache", str(tmp_path / "cache"), "--sets", "ncp_document,ncp_passage", "--json", *options]
    done = CliRunner().invoke(app, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def test_sets_are_measured_beside_the_baselines_and_exported(data: Path, tmp_path: Path) -> None:
    beir = tmp_path / "beir"
    found = measured(data, tmp_path, "--beir", str(beir), "--runs", str(tmp_path / "runs"))
    systems = found["ncp_document"]["systems"]
    assert set(systems) == {"jianwei", "bm25", "bm25-jieba"}
    assert systems["jianwei"]["recall@1"] == systems["bm25"]["recall@1"] == 1.0 and systems["bm25"]["ours_minus_it"]["ndcg@10"] == [0.0, 0.0, 0.0]
    assert found["ncp_passage"]["systems"]["jianwei"]["recall@1"] == 1.0 and systems["jianwei"]["cost"]["serve_mb"] > 10
    corpus = [json.loads(line) for line in (beir / "ncp_document" / "corpus.jsonl").read_text("utf-8").splitlines()]
    assert {row["_id"] for row in corpus} == {"d1", "d2"} and all(row["text"] for row in corpus)
    judged = [line.split("\t") for line in (beir / "ncp_passage" / "qrels" / "test.tsv").read_text("utf-8").splitlines()[1:]]
    assert {(question, unit.partition(":")[0]) for question, unit, _ in judged} == {("qd1", "d1"), ("qd2", "d2")}
    assert (tmp_path / "runs" / "ncp_document" / "bm25.run").read_text("utf-8").startswith("qd1 Q0 d1 1 ")


def test_the_figures_are_what_the_gate_holds(data: Path, tmp_path: Path) -> None:
    measured(data, tmp_path, "--out", str(tmp_path / "figures.json"))
    figures = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    limits = {"ncp_document.recall@1": 1.0, "ncp_document.over_bm25": 0.0, "ncp_passage.serve_mb_max": 800.0}
    assert below(figures, limits) == [] and len(below(figures, limits | {"ncp_document.recall@1": 1.1, "stard.recall@10": 0.1})) == 2
    assert set(floors()["retrieval"]) and all(name.partition(".")[0] in SETS for name in floors()["retrieval"])


def test_a_span_of_a_peer_stands_for_the_articles_that_it_covers(tmp_path: Path) -> None:
    file = tmp_path / "law.jsonl"
    file.write_text(json.dumps({"id": "law", "kind": "policy", "title": "测试海岛法", "text": LAW}, ensure_ascii=False) + "\n", "utf-8")
    collection = open_collection(tmp_path / "home", [file])
    external, text = next((key, unit.text) for key, unit in collection.whole.items())
    second, third = text.index("第二条"), text.index("第三条")
    named = {collection.articles[key].text[:3]: key for key in collection.articles}
    assert collection.covered(external, second, third) == [named["第二条"]]
    assert collection.covered(external, second, len(text)) == [named["第二条"], named["第三条"]]
    assert collection.covered(external, second + 3, second + 7) == [named["第二条"]] and collection.covered("nobody", 0, 9) == []
    found = collection.named(QuestionSet("s", {"1": Ask("?")}, {"1": frozenset({f"{external}#第三条"})}, "text"))
    assert found.relevant["1"] == {named["第三条"]}
    collection.store.close()


def test_a_second_run_uses_the_kept_home(data: Path, tmp_path: Path) -> None:
    first = measured(data, tmp_path, "--against", "none")
    notes = list((tmp_path / "cache").rglob("built.json"))
    written = notes[0].stat().st_mtime_ns
    assert measured(data, tmp_path, "--against", "none")["ncp_document"]["systems"]["jianwei"]["recall@1"] == first["ncp_document"]["systems"]["jianwei"]["recall@1"]
    assert [n.stat().st_mtime_ns for n in notes] == [written]


def test_an_unknown_set_lists_the_known_ones(data: Path, tmp_path: Path) -> None:
    load()
    done = CliRunner().invoke(app, ["retrieval", "--data", str(data), "--sets", "moon"])
    assert done.exit_code == 2 and "unknown set: moon" in done.output and "stard" in done.output


def test_a_question_is_seen_when_its_gold_was_in_a_training_passage() -> None:
    units = {key: Unit(key, "测试海岛法", text, "law") for key, text in (("a", "第一条 为了保护海岛标本，制定本法。"), ("b", "第二条 采集海岛标本应当领取采集证。"))}
    found = QuestionSet("s", {q: Ask(q) for q in ("1", "2")}, {"1": frozenset({"a"}), "2": frozenset({"b"})}, "text")
    assert seen(found, units, ["测试海岛法第一条为了保护海岛标本,制定本法。"]) == {"1"}
    assert seen(found, units, ["无关"]) == frozenset()


def test_bm25_ranks_by_the_words_of_a_question() -> None:
    units = {str(n): Unit(str(n), "", text, "") for n, text in enumerate(("海藻肥补贴", "夜光藻资助", "海水养殖"))}
    assert Bm25(units, lambda text: list(text)).search("夜光藻", 3)[0] == "1"
