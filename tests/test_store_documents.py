"""The document room on SQLite and on PostgreSQL: idempotence, version swap, ceilings, change sequence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from corpus.access import ANONYMOUS, LOCAL, Reader
from corpus.errors import NotFound
from corpus.models import Clause, Document, Event, EventKind, Observation, Origin, document_id, sha256_hex
from corpus.settings import load_settings
from corpus.store import Store, open_store


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = open_store(load_settings(tmp_path / "home", database_url=url))
    yield store
    store.close()


def make(key: str, text: str, **values: object) -> tuple[str, Document]:
    digest = sha256_hex(text.encode())
    made = document_id(key, digest)
    fixed: dict[str, object] = {"family_id": made, "title": key, "sources": (Origin("s", f"http://x/{key}", "0" * 64, "2026-01-01T00:00:00+00:00"),)}
    return key, Document(made, "policy", text=text, text_sha256=digest, **{**fixed, **values})  # type: ignore[arg-type]


def test_put_twice_changes_nothing(both: Store) -> None:
    assert [p.result for p in both.documents.put([make("a", "甲"), make("b", "乙")])] == ["new", "new"]
    before = both.documents.sequence()
    assert [p.result for p in both.documents.put([make("a", "甲"), make("b", "乙")])] == ["unchanged", "unchanged"]
    assert both.documents.sequence() == before


def test_a_changed_text_swaps_versions(both: Store) -> None:
    (first,) = both.documents.put([make("a", "甲")])
    (second,) = both.documents.put([make("a", "甲乙")])
    assert second.result == "changed"
    assert [d.id for d in both.documents.heads(LOCAL)] == [second.document_id]
    assert both.documents.get(first.document_id, LOCAL).state == "superseded"
    assert both.documents.get(second.document_id, LOCAL).family_id == both.documents.get(first.document_id, LOCAL).family_id
    (third,) = both.documents.put([make("a", "甲")])
    assert third.document_id == first.document_id and both.documents.count(LOCAL) == 1


def test_changed_metadata_is_an_update_of_the_same_version(both: Store) -> None:
    both.documents.put([make("a", "甲")])
    (again,) = both.documents.put([make("a", "甲", doc_number="国发〔2020〕1号")])
    assert again.result == "updated"
    assert both.documents.get(again.document_id, LOCAL).doc_number == "国发〔2020〕1号"


def test_nothing_above_the_ceiling_is_shown_or_counted(both: Store) -> None:
    (_, hidden) = both.documents.put([make("a", "甲"), make("b", "乙", security=3)])
    assert both.documents.count(ANONYMOUS) == 1 and both.documents.count(LOCAL) == 2
    assert both.documents.tally("kind", ANONYMOUS) == {"policy": 1}
    assert [d.title for d in both.documents.scan(ANONYMOUS)] == ["a"]
    with pytest.raises(NotFound):
        both.documents.get(hidden.document_id, ANONYMOUS)
    granted = Reader("e", "enterprise", 1, frozenset({hidden.document_id}))
    assert both.documents.get(hidden.document_id, granted).title == "b" and both.documents.count(granted) == 2


def test_parts_come_back_as_stored(both: Store) -> None:
    clause = Clause(("第一条", "第一款"), "第一条第一款", "第一条", "paragraph", 0, 1)
    key, document = make("a", "甲乙丙", clauses=(clause,), issuers=("某厅", "某局"))
    event = Event(EventKind.effective, "2024-05-01", document.id, None, 0, 2, "甲乙", basis="自")
    (stored,) = both.documents.put([(key, Document(**{f: getattr(document, f) for f in document.__slots__ if f != "events"}, events=(event,)))])
    got = both.documents.get(stored.document_id, LOCAL)
    assert got.clauses == (clause,) and got.issuers == ("某厅", "某局")
    assert [(e.kind, e.on, e.quote) for e in got.events] == [(EventKind.effective, "2024-05-01", "甲乙")]
    assert got.sources[0].url == "http://x/a"


def test_erase_leaves_a_tombstone(both: Store) -> None:
    (put,) = both.documents.put([make("a", "甲")])
    both.documents.observe([Observation(put.document_id, "2026-01-01T00:00:00+00:00", "weibo", 1, 5.0)])
    seq = both.documents.sequence()
    both.documents.erase(put.document_id)
    assert [(c.document_id, c.op) for c in both.documents.changes_since(seq)] == [(put.document_id, "delete")]
    assert not list(both.documents.observed())


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(alphabet="甲乙丙丁", min_size=1, max_size=3)), max_size=12))
def test_one_active_version_a_key(store: Store, steps: list[tuple[str, str]]) -> None:
    for key, text in steps:
        store.documents.put([make(key, text)])
    last = dict(steps)
    active = {d.title: d.text for d in store.documents.scan(LOCAL)}
    assert {k: active[k] for k in last} == last
