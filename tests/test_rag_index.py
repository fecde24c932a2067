"""The indexes of a home: filters against a physically separate index, both vector engines, and what survives changes, kills and deletion."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from corpus.access import ANONYMOUS, LOCAL
from corpus.ingest import Draft, ingest
from corpus.models import Passage
from corpus.settings import Settings
from corpus.store import Store
from corpus.text import tokens
from rag.dense import EXACT_LIMIT, Chroma, Dense, Exact, choose
from rag.embed import builtin_folder, identity
from rag.generation import current, fresh, root
from rag.lexical import NATION, Fields, Filters, Lexical, document_key
from rag.retrieve import Query, Retriever, open_retriever

# ---- filters -----------------------------------------------------------------------------------------------------------

WORDS = ("海岛", "补助", "企业", "研究", "标本", "采集", "深潜", "申报")
REGIONS = {NATION: (NATION,), "350000": ("350000",), "350200": ("350200", "350000"), "310000": ("310000",), "": ()}
Row = tuple[Passage, Fields, int]


def passage(n: int, text: str) -> Passage:
    return Passage(f"d{n:03d}", 0, 0, len(text), ("第一章",), f"第{n % 5 + 1}条", f"第{'一二三四五'[n % 5]}条", text)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    made = []
    for n in range(draw(st.integers(1, 25))):
        own = draw(st.sampled_from(sorted(REGIONS)))
        issuers = tuple(draw(st.lists(st.sampled_from(("科技厅", "财政厅")), unique=True, max_size=2)))
        fields = Fields(draw(st.sampled_from(("policy", "news"))), draw(st.sampled_from(("", "national", "city"))), own, REGIONS[own], issuers, draw(st.sampled_from((0, 20200101, 20240630))))
        text = "".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)))
        made.append((passage(n, text), fields, draw(st.integers(1, 4))))
    return made


FILTERS = st.builds(
    Filters, kinds=st.sampled_from(((), ("policy",), ("policy", "news"))), level=st.sampled_from(("", "city")),
    covering=st.sampled_from(((), (NATION, "350200", "350000"))), within=st.sampled_from(("", "350000")), issuers=st.sampled_from((None, (), ("科技厅",))),
    date_from=st.sampled_from((0, 20200101)), date_to=st.sampled_from((0, 20231231)), documents=st.sampled_from(((), ("d000", "d003"))), article=st.sampled_from(("", "2")),
    barred=st.sampled_from((frozenset(), frozenset({"d000", "d002", "d004", "d007"}))),
)  # fmt: skip


def meets(row: Row, f: Filters) -> bool:
    """The filter in plain words."""
    p, d, _ = row
    place = not (f.covering or f.within) or d.own in f.covering or (bool(f.within) and f.within in d.regions)
    date = not (f.date_from or f.date_to) or (f.date_from or 1) <= d.date <= (f.date_to or 99999999)
    named = (not f.documents or p.document_id in f.documents) and (not f.article or str(int(p.document_id[1:]) % 5 + 1) == f.article)
    named = named and p.document_id not in f.barred
    return (not f.kinds or d.kind in f.kinds) and f.level in ("", d.level) and place and date and named and (f.issuers is None or bool(set(f.issuers) & set(d.issuers)))


def filled(folder: Path, made: list[Row]) -> Lexical:
    index = Lexical(folder)
    for p, fields, security in made:
        index.add([(p, tokens(p.text))], fields, security)
    index.commit()
    return index


@effort(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows(), FILTERS, st.integers(1, 4), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.integers(1, 30))
def test_a_reader_finds_what_a_separate_index_of_just_that_would_hold(made: list[Row], filters: Filters, ceiling: int, asked: list[str], k: int) -> None:
    weights = dict.fromkeys(tokens("".join(asked)), 1.0)
    readable = [row for row in made if row[2] <= ceiling]
    with tempfile.TemporaryDirectory() as folder:
        whole, apart = filled(Path(folder) / "whole", made), filled(Path(folder) / "apart", readable)
        found = {e.passage.id: e.score for e in whole.search(weights, 100, ceiling=ceiling, filters=filters)}
        expected = {row[0].id for row in readable if meets(row, filters) and set(tokens(row[0].text)) & set(weights)}
        assert set(found) == expected
        separate = {e.passage.id: e.score for e in apart.search(weights, 100, ceiling=4, filters=filters)}
        assert found == pytest.approx(separate, rel=1e-5)
        meeting = {document_key(row[0].document_id) for row in made if meets(row, filters)}
        sifted = whole.search(weights, k, ceiling=ceiling, filters=filters, sieve=meeting.__contains__)
        assert [e.score for e in sifted] == pytest.approx(sorted(found.values(), reverse=True)[:k], rel=1e-6)
        assert {e.passage.id for e in sifted} <= set(found)
        assert whole.documents(weights, 100, ceiling=ceiling) == pytest.approx(apart.documents(weights, 100, ceiling=4), rel=1e-5)
        fetched = whole.fetch([row[0].id for row in made], ceiling=ceiling, filters=filters)
        assert {e.passage.id for e in fetched} == {row[0].id for row in readable if meets(row, filters)}
        assert {e.passage.id: e.passage for e in fetched}.items() <= {row[0].id: row[0] for row in made}.items()
        whole.close()
        apart.close()


@effort(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows(), FILTERS, st.sets(st.integers(0, 24)), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.integers(1, 30))
def test_what_left_a_level_weighs_nothing_in_the_statistics_of_what_is_left(made: list[Row], filters: Filters, leaving: set[int], asked: list[str], k: int) -> None:
    weights, left = dict.fromkeys(tokens("".join(asked)), 1.0), [row for n, row in enumerate(made) if n not in leaving]
    with tempfile.TemporaryDirectory() as folder:
        whole, apart = filled(Path(folder) / "whole", made), filled(Path(folder) / "apart", left)
        for n in leaving & set(range(len(made))):
            whole.delete(made[n][0].document_id)
        whole.commit()
        whole.counting(True)
        assert whole.terms(weights, 4) == pytest.approx(apart.terms(weights, 4)) and whole.count() == apart.count()
        meeting = {document_key(row[0].document_id) for row in left if meets(row, filters)}
        found, expected = whole.search(weights, k, ceiling=4, filters=filters, sieve=meeting.__contains__), apart.search(weights, 100, ceiling=4, filters=filters)
        assert [e.score for e in found] == pytest.approx([e.score for e in expected][:k], rel=1e-5)
        assert {e.passage.id for e in found} <= {e.passage.id for e in expected}
        assert whole.documents(weights, 100, ceiling=4) == pytest.approx(apart.documents(weights, 100, ceiling=4), rel=1e-5)
        whole.close()
        apart.close()


# ---- vectors -----------------------------------------------------------------------------------------------------------


def vectors(n: int, dim: int = 16) -> np.ndarray:
    found = np.random.default_rng(n).standard_normal((n, dim)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("kind", [Exact, Chroma])
def test_both_vector_engines_answer_as_a_plain_product(tmp_path: Path, kind: type[Exact] | type[Chroma]) -> None:
    some, ids = vectors(60), [f"d{n % 20}:{n}-{n + 1}" for n in range(60)]
    engine: Dense = kind(tmp_path / "dense", 16)
    for level in (1, 2, 3):
        mine = [n for n in range(60) if n % 3 + 1 == level]
        engine.add([ids[n] for n in mine], some[mine], level)
    engine.delete(["d3", "d4"])
    engine.commit()
    kept = [n for n in range(60) if n % 20 not in (3, 4) and n % 3 + 1 <= 2]
    expected = sorted(kept, key=lambda n: -float(some[n] @ some[7]))[:5]
    found = engine.search(some[7], 5, ceiling=2)
    assert [i for i, _ in found] == [ids[n] for n in expected]
    assert [s for _, s in found] == pytest.approx([float(some[n] @ some[7]) for n in expected], abs=0.01)
    assert engine.count(2) == len(kept)
    assert set(engine.scores(some[7], [ids[0], ids[3], "nobody:0-1"])) == {ids[0]}
    granted = engine.search(some[7], 60, ceiling=2, grants=["d2"])
    assert {i for i, _ in granted} - {ids[n] for n in kept} == {i for n, i in enumerate(ids) if n % 3 + 1 == 3 and n % 20 == 2}
    barred = [frozenset({f"d{n % 20}" for n in expected[:3]}), frozenset({"d0"})]
    rest = [n for n in kept if not any(f"d{n % 20}" in some_ for some_ in barred)]
    assert [i for i, _ in engine.search(some[7], 5, ceiling=2, barred=barred)] == [ids[n] for n in sorted(rest, key=lambda n: -float(some[n] @ some[7]))[:5]]
    assert {i for i, _ in engine.search(some[7], 60, ceiling=2, among=["d1", "d2"], barred=barred)} == {ids[n] for n in rest if n % 20 in (1, 2)}
    again: Dense = kind(tmp_path / "dense", 16)
    assert again.search(some[7], 5, ceiling=2) == found


@effort(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows(), FILTERS, st.integers(1, 4), st.integers(1, 30))
def test_the_nearest_are_those_of_a_separate_index(made: list[Row], filters: Filters, ceiling: int, k: int) -> None:
    own = filters.of_document()
    failing = frozenset(p.document_id for p, fields, _ in made if not own.met(fields))
    kept = [row for row in made if row[2] <= ceiling and meets(row, replace(filters, article=""))]
    some = vectors(30)
    with tempfile.TemporaryDirectory() as folder:
        whole, apart = Exact(Path(folder) / "whole", 16), Exact(Path(folder) / "apart", 16)
        for engine, held in ((whole, made), (apart, kept)):
            for p, _, security in held:
                engine.add([p.id], some[int(p.document_id[1:])][None], security)
            engine.commit()
        found = whole.search(some[29], k, ceiling=ceiling, among=filters.documents or None, barred=[failing, filters.barred])
        assert found == apart.search(some[29], k, ceiling=4)
        assert whole.search(some[29], k, ceiling=ceiling, among=filters.documents or None, barred=[failing, filters.barred]) == found


def test_a_shorter_list_of_neighbours_begins_the_longer_one(tmp_path: Path) -> None:
    vectors = np.repeat(np.eye(4, dtype=np.float32), 30, axis=0)  # thirty ties at each cosine
    engine = Exact(tmp_path, 4)
    engine.add([f"d:{n}" for n in range(120)], vectors, 1)
    engine.commit()
    asked = np.array([0.9, 0.4, 0.15, 0.08], dtype=np.float32)
    longest = engine.search(asked, 120, ceiling=1)
    for k in (1, 7, 29, 30, 31, 64, 119):
        assert engine.search(asked, k, ceiling=1) == longest[:k]


def test_the_engine_is_chosen_by_size_and_setting() -> None:
    assert choose(EXACT_LIMIT) == "exact" and choose(EXACT_LIMIT + 1) == "chroma" and choose(10, url="http://127.0.0.1:1") == "chroma"


# ---- a home ------------------------------------------------------------------------------------------------------------


def draft(n: int, text: str = "", **fields: object) -> Draft:
    security = int(str(fields.pop("security", 1)))
    body = text or f"第一条 第{n}号海岛标本采集实行许可，许可费{n}元。\n\n第二条 自印发之日起施行。"
    return Draft(key=f"k{n}", source_id="test", url="", kind="policy", title=f"测试海岛标本采集办法之{n}", text=body, fields=fields, external_id=f"k{n}", security=security)


@pytest.fixture
def home(settings: Settings, store: Store) -> Iterator[tuple[Settings, Store]]:
    ingest(store, [draft(n) for n in range(12)])
    yield settings, store


def everything(retriever: Retriever) -> list[tuple[str, int, float]]:
    return [(h.document_id, h.start, h.score) for h in retriever.search(Query("海岛标本采集许可费", k=100), LOCAL)]


def answered(settings: Settings, store: Store) -> list[tuple[str, int, float]]:
    retriever = open_retriever(settings, store)
    try:
        return everything(retriever)
    finally:
        retriever.close()


def test_filters_leave_the_same_hits_as_a_home_that_holds_nothing_else(settings: Settings, store: Store, tmp_path: Path) -> None:
    far = [draft(n, f"第一条 船舶第{n}号进港登记。") for n in range(100, 260)]
    kept = [draft(n, f"第一条 渔业第{n}号事项，适用本市。", level="city", region_code="350200") for n in range(3)]
    ingest(store, [*far, *kept])
    retriever = open_retriever(settings, store)
    found = {h.external_id for h in retriever.search(Query("海岛标本采集许可费", level="city", k=50), LOCAL)}
    retriever.close()
    assert found == {"k0", "k1", "k2"}


def test_a_deleted_index_and_a_killed_build_lose_and_double_nothing(home: tuple[Settings, Store]) -> None:
    settings, store = home
    before = answered(settings, store)
    assert len(before) == len({(d, s) for d, s, _ in before}) == 24
    generation = fresh(settings.home)
    child = subprocess.Popen([sys.executable, "-m", "rag.build", str(generation)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    assert child.stdin is not None
    child.stdin.write(json.dumps(settings.model_dump(mode="json")))
    child.stdin.close()
    while not (generation / "lexical").exists() and child.poll() is None:  # it has begun to write
        time.sleep(0.005)
    child.kill()
    child.wait()
    assert answered(settings, store) == before
    assert [path.name for path in root(settings.home).glob("g*")] == [current(settings.home).name]  # type: ignore[union-attr]
    shutil.rmtree(root(settings.home))
    assert answered(settings, store) == before


def test_a_changed_embedding_is_built_while_the_old_index_serves(home: tuple[Settings, Store], tmp_path: Path) -> None:
    settings, store = home
    answered(settings, store)
    folder = tmp_path / "weights"
    shutil.copytree(builtin_folder(), folder)
    card = json.loads((folder / "card.json").read_text("utf-8")) | {"version": "other"}
    (folder / "card.json").write_text(json.dumps(card), "utf-8")
    retriever = open_retriever(settings.model_copy(update={"embedding": f"static:{folder}"}), store)
    assert retriever.outdated and everything(retriever) and any("dense" in h.explain for h in retriever.search(Query("海岛标本"), LOCAL))
    building = threading.Thread(target=retriever.settle)
    building.start()
    found, n = [], 0
    while building.is_alive():
        n += 1
        found.append(len(everything(retriever)))
        if n == 3:
            ingest(store, [draft(99)])
    building.join()
    assert len(found) > 3 and set(found[:3]) == {24} and set(found[4:]) <= {26}, "the old index went on, and took what came meanwhile"
    assert len(everything(retriever)) == 26 and not retriever.outdated
    assert retriever._state.embedding == identity(f"static:{folder}") == f"static:{folder}:other"
    retriever.close()


def test_an_embedding_that_is_gone_leaves_the_search_by_words(home: tuple[Settings, Store], tmp_path: Path) -> None:
    settings, store = home
    folder = tmp_path / "weights"
    shutil.copytree(builtin_folder(), folder)
    answered(settings.model_copy(update={"embedding": f"static:{folder}"}), store)
    shutil.rmtree(folder)
    retriever = open_retriever(settings, store)
    assert len(everything(retriever)) == 24 and retriever.outdated
    assert retriever.settle() and not retriever.outdated and any("dense" in h.explain for h in retriever.search(Query("海岛标本"), LOCAL))
    retriever.close()


def statistics(retriever: Retriever) -> tuple[dict[str, float], bool, bool]:
    """What a reader without rights is told of the words of a question: their weights, and whether two of them are held."""
    lexical = retriever._lexical
    assert lexical is not None
    return lexical.terms(dict.fromkeys(tokens("海岛标本采集许可费螺旋桨"), 1.0), 1), lexical.holding("螺旋", 1) > 0, lexical.holding("标本", 1) > 0


def test_a_service_forgets_a_restricted_text_without_making_a_search_wait(home: tuple[Settings, Store]) -> None:
    settings, store = home
    ingest(store, [draft(77, "第一条 螺旋桨标本的采集另行许可。\n\n第二条 螺旋桨保密。")])
    retriever = open_retriever(settings, store)
    retriever.refresh()
    generation = current(settings.home)
    retriever.keeps_serving = True
    hidden = next(h for h in retriever.search(Query("螺旋桨标本", k=50), LOCAL) if h.external_id == "k77").document_id
    assert statistics(retriever)[1:] == (True, True)
    with retriever._building:  # the build beside must wait for us
        store.documents.amend(hidden, security=4)
        at_once = [(h.document_id, h.start, h.score) for h in retriever.search(Query("海岛标本采集许可费", k=100), ANONYMOUS)]
        counted = statistics(retriever)
        assert retriever.outdated and current(settings.home) == generation, "the old generation still serves"
        assert "k77" not in {h.external_id for h in retriever.search(Query("螺旋桨", k=100), ANONYMOUS)} and not counted[1] and counted[2]
        assert {h.external_id for h in retriever.search(Query("螺旋桨", k=1), LOCAL)} == {"k77"}
    for _ in range(1200):
        if not retriever.outdated and current(settings.home) != generation:
            break
        time.sleep(0.05)
    assert current(settings.home) != generation and not retriever.outdated and len(everything(retriever)) == 26
    later = [(h.document_id, h.start, h.score) for h in retriever.search(Query("海岛标本采集许可费", k=100), ANONYMOUS)]
    assert counted == statistics(retriever), "what is told of words is exact at once"
    retriever.close()
    store.documents.erase(hidden)
    apart = open_retriever(settings, store)
    apart.rebuild()
    assert later == [(h.document_id, h.start, h.score) for h in apart.search(Query("海岛标本采集许可费", k=100), ANONYMOUS)], "as if it had never been there"
    assert counted == statistics(apart)
    apart.close()
    assert [h[:2] for h in at_once] == [h[:2] for h in later] and [h[2] for h in at_once] == pytest.approx([h[2] for h in later], abs=2e-6)


# ---- a Chroma server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def chroma_server(tmp_path: Path, free_port: int) -> Iterator[str]:
    program = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(tmp_path / "chroma"), "--host", "127.0.0.1", "--port", str(free_port)]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{free_port}"
    for _ in range(600):
        try:
            if httpx.get(url + "/api/v2/heartbeat", timeout=5).status_code == 200:
                break
        except httpx.HTTPError:
            time.sleep(0.1)
    yield url
    process.terminate()
    process.wait(20)


def test_a_server_by_one_setting_answers_as_the_embedded_index_and_keeps_no_old_generation(home: tuple[Settings, Store], chroma_server: str) -> None:
    settings, store = home
    before = answered(settings, store)
    served = settings.model_copy(update={"chroma_url": chroma_server, "home": settings.home.with_name("served"), "database_url": settings.url})
    retriever = open_retriever(served, store)
    assert everything(retriever) == before
    retriever.rebuild()
    ingest(store, [draft(50)])
    assert len(everything(retriever)) == 26
    from chromadb import HttpClient

    port = int(chroma_server.rpartition(":")[2])
    assert [c.name for c in HttpClient(host="127.0.0.1", port=port).list_collections()] == [f"jianwei-{current(served.home).name}-1"]  # type: ignore[union-attr]
    retriever.close()
