"""Of which world a question is: the shipped table, a home's own, and the training of one; how refusals are counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import BadInput
from corpus.ingest import Draft, ingest
from corpus.settings import load_settings
from corpus.store import open_store
from evaluation.refusals import Row, everyday, figures, halves
from rag import world_train
from rag.world import BOUND, World, features, table, world

OURS = ("企业申请专项资金要提交哪些材料", "用人单位不签劳动合同有什么责任", "行政处罚决定书多久送达")
OTHERS = ("红烧肉怎么做才不腻", "世界杯几年举办一次", "周杰伦的第一张专辑叫什么")


def test_the_shipped_table_tells_the_two_worlds_apart() -> None:
    assert sum(map(world, OURS)) / len(OURS) > 0 > sum(map(world, OTHERS)) / len(OTHERS)


@settings(deadline=None)  # the first example reads dictionaries
@given(st.text(max_size=60))
def test_a_score_is_bounded_and_features_have_length_one(text: str) -> None:
    assert -BOUND <= table().score(text) <= BOUND
    length = sum(w * w for w in features(text).values())
    assert length == 0 or abs(length - 1) < 1e-9


def test_nothing_known_says_nothing() -> None:
    assert World({}, 2.0).score("") == 0.0


def _home(folder: Path) -> tuple[Path, Path]:
    """A home with one policy, and a folder of other texts."""
    home, data = folder / "home", folder / "data"
    (data / "far").mkdir(parents=True)
    lines = [{"t": f"{dish}怎么做才好吃又不腻"} for dish in ("红烧肉", "糖醋鱼", "番茄炒蛋", "麻婆豆腐", "宫保鸡丁", "酸菜鱼")]
    (data / "far" / "dishes.jsonl").write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    body = "\n\n".join(f"第{n}条　企业申请第{n}类补助的，应当提交申请材料，由主管部门审核。" for n in "一二三四五六")
    with_store = open_store(load_settings(home, embedding="off"))
    ingest(with_store, [Draft("http://127.0.0.1/1", "t", "http://127.0.0.1/1", "policy", "企业补助办法", body)])
    with_store.close()
    return home, data


def test_a_home_trains_its_own_table_and_uses_it(tmp_path: Path) -> None:
    home, data = _home(tmp_path)
    wanted = load_settings(home, embedding="off")
    store = open_store(wanted)
    found = world_train.train(wanted, store, data=data)
    assert found["near"] > 0 and found["far"] >= 6 and 0 <= found["held_out_right"] <= 1
    own = table(home)
    assert own.score("企业申请补助要交什么材料") > own.score("糖醋鱼怎么做")
    assert json.loads(gzip.decompress((home / "world.json.gz").read_bytes()))["files"] == ["dishes.jsonl"]
    with pytest.raises(BadInput, match="other worlds"):
        world_train.train(wanted, store, data=tmp_path)
    store.close()


def test_a_file_of_another_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"n": 1}', "utf-8")
    with pytest.raises(BadInput, match="holds none of"):
        world_train.texts_of(tmp_path / "a.jsonl", world_train.Recipe())


def test_both_sides_weigh_the_same_and_the_fit_parts_them() -> None:
    given = world_train.sample([["申请补助"] * 9], [["红烧肉"] * 3])
    assert np.isclose(given.weights[given.near == 1].sum(), given.weights[given.near == 0].sum())
    weights, bias = world_train.fit(given, world_train.Recipe(penalty=0.1))
    assert world_train.right(weights, bias, given) == 1.0


def test_everyday_questions_fall_into_two_halves_that_share_nothing() -> None:
    seen, held = everyday()["seen"], everyday()["held"]
    assert len(seen) >= 70 and len(held) >= 70 and not set(seen) & set(held)
    drawn = halves([str(n) for n in range(50)], 20)
    assert not set(drawn["seen"]) & set(drawn["held"])


def test_shares_refused_are_means_over_sets() -> None:
    rows = [Row("foreign.a.held", "q", "no_support", ""), Row("foreign.a.held", "q", "answered", ""), Row("foreign.b.held", "q", "refused", ""), Row("laws.held", "q", "answered", "")]
    found = figures(rows)
    assert found["foreign.a.held"] == 0.5 and found["refused_right.held"] == 0.75 and found["refused_wrong.held"] == 0.0
