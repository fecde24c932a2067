"""Audit chain, corrections, retirement, applications, quality, backup and restore."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update

from corpus.access import LOCAL, Reader
from corpus.backup import backup, restore
from corpus.catalogue import dcat, holdings
from corpus.drafts import Draft
from corpus.errors import BadInput, NotFound, NotPermitted, StoreError
from corpus.ingest import ingest
from corpus.models import Document, Observation, Origin, Source, document_id, sha256_hex
from corpus.quality import assess, fill_rates
from corpus.retire import candidates, propose, retire
from corpus.settings import load_settings
from corpus.store import Store, open_store
from corpus.store.audit import audit

OPERATOR = Reader("o", "operator", 4)


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = open_store(load_settings(tmp_path / "home", database_url=url))
    yield store
    store.close()


def make(key: str, kind: str = "policy", **values: object) -> tuple[str, Document]:
    digest = sha256_hex(key.encode())
    made = document_id(key, digest)
    origin = Origin("s", f"http://x/{key}", "", "2026-01-05T00:00:00+00:00")
    return key, replace(Document(made, kind, key, key, digest, family_id=made, sources=(origin,), first_seen_at=origin.first_seen_at), **values)  # type: ignore[arg-type]


def test_the_chain_holds_and_finds_one_changed_byte(both: Store) -> None:
    for i in range(5):
        both.audit.add("甲", "document.secure", f"d{i}", {"from": 1, "to": i})
    assert both.audit.verify().broken is None and both.audit.verify().entries == 5
    both.audit.erase_payload(2)
    verdict = both.audit.verify()
    assert (verdict.broken, verdict.erased) == (None, 1)
    with both.engine.begin() as connection:
        connection.execute(update(audit).where(audit.c.seq == 4).values(actor="乙"))
    assert both.audit.verify().broken == 4


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "payload", "payload_sha256", "previous", "hash"])
def test_every_column_is_covered(store: Store, column: str) -> None:
    for i in range(3):
        store.audit.add("a", "b", "c", {"i": i})
    with store.engine.begin() as connection:
        value = connection.execute(text(f"SELECT {column} FROM audit WHERE seq=2")).scalar_one()
        flipped = ("x" if value[0] != "x" else "y") + value[1:]
        connection.execute(text(f"UPDATE audit SET {column}=:v WHERE seq=2"), {"v": flipped})
    assert store.audit.verify().broken == 2


def test_a_removed_entry_is_found(store: Store) -> None:
    for i in range(3):
        store.audit.add("a", "b", "c", {"i": i})
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit WHERE seq=2"))
    assert store.audit.verify().broken == 2


def test_a_doubt_is_settled_once_and_keeps_both_values(both: Store) -> None:
    n = both.governance.doubt("企业甲", "文号写错了", document_id="d1", field="doc_number", old="闽海科〔2024〕1号")
    row = both.governance.settle(n, "o", accept=True, new="闽海科〔2024〕2号", reason="原件如此")
    assert (row["old"], row["new"], row["state"]) == ("闽海科〔2024〕1号", "闽海科〔2024〕2号", "accepted")
    with pytest.raises(NotFound):
        both.governance.settle(n, "o", accept=False)
    with pytest.raises(BadInput):
        both.governance.doubt("x", "  ")


def test_retirement_archives_policies_and_never_destroys_them(both: Store) -> None:
    both.documents.put(
        [make("旧闻", "news", published_on="2010-01-01"), make("新闻", "news", published_on="2026-01-01"), make("办法", published_on="2001-01-01")]
    )
    assert [c.title for c in candidates(both, LOCAL, "2026-11-21")] == ["旧闻"]
    assert [(c.title, c.rule) for c in candidates(both, LOCAL, "2030-01-01") if c.rule == "inactive"] == [("新闻", "inactive")]
    assert propose(both, LOCAL, "2026-11-21") == 1 and propose(both, LOCAL, "2026-11-21") == 1
    (row,) = both.governance.retirements()
    with pytest.raises(NotPermitted):
        retire(both, row["n"], "destroy", Reader("e", "enterprise", 1))
    retire(both, row["n"], "destroy", OPERATOR)
    assert both.documents.count(LOCAL) == 2 and not both.governance.retirements()
    policy = both.documents.heads(LOCAL, title="办法")[0]
    n = both.governance.list_for_retirement(policy.id, "superseded", {"kind": "policy", "title": "办法"})
    with pytest.raises(NotPermitted):
        retire(both, n, "destroy", OPERATOR)
    retire(both, n, "archive", OPERATOR)
    assert both.documents.get(policy.id, LOCAL).state == "archived"
    assert [e.action for e in both.audit.entries()] == ["retire.archive", "retire.destroy"]


def test_a_grant_opens_one_document_until_its_date(both: Store) -> None:
    _, d = make("三级", security=3)
    both.documents.put([("三级", d)])
    n = both.governance.apply("e", d.id, "项目申报核查")
    both.governance.decide(n, "o", grant=True, until="2026-12-31")
    assert both.governance.grants("e", "2026-12-31") == {d.id} and both.governance.grants("e", "2027-01-01") == frozenset()


def test_quality_measures_and_alarm(both: Store) -> None:
    both.sources.put(Source("s", "某厅"))
    both.documents.put([make(f"甲{i}", issuers=("某厅",), doc_number="x", published_on="2026-01-01") for i in range(4)])
    (every, mine) = assess(both, LOCAL, remember_on="2026-11-20")
    assert (every.source_id, mine.source_id) == ("*", "s") and mine.fill["issuers"] == 1.0 and mine.timeliness == 4.0
    both.documents.put([make(f"乙{i}", published_on="2026-01-01") for i in range(4)])
    after = next(q for q in assess(both, LOCAL) if q.source_id == "s")
    assert any(a.startswith("fill_drop:issuers") for a in after.alarms)
    assert holdings(both, LOCAL)[0].documents == 8 and len(dcat(holdings(both, LOCAL))["dcat:dataset"]) == 1


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_a_fill_rate_is_a_share(filled: list[bool]) -> None:
    documents = [make(f"{i}", issuers=("x",) if f else ())[1] for i, f in enumerate(filled)]
    assert fill_rates(documents)["issuers"] == round(sum(filled) / len(filled), 4)


LAWS = [("示例法", "第一条 为了示例，制定本法。\n第二条 本法自2020年3月1日起施行。"), ("示例办法", "根据《示例法》制定。\n第一条 自2024年1月1日起施行，有效期五年。《旧办法》同时废止。"), ("b", "乙"), ("B", "大写"), ("啊", "拼音在前"), ("一", "部首在前")]


def filled(store: Store) -> None:
    """Rows in many rooms, with keys that languages order otherwise than code points do."""
    store.sources.put(Source("s", "某厅", official=True))
    ingest(store, [Draft(f"s:{t}", "s", f"http://x/{t}", "policy", t, x, first_seen_at="2026-01-01T00:00:00+00:00", extra={"heat": 1.0, "n": 10**12, "空": None}) for t, x in LAWS])
    (titled,) = store.documents.put([make("热搜", "opinion")])
    store.documents.observe([Observation(titled.document_id, "2026-01-01T00:00:00+00:00", "weibo", 3, 1234567.89), Observation(titled.document_id, "2026-01-01T01:00:00+00:00", "weibo")])
    store.imports.add_references([{"id": t, "title": t, "doc_number": "", "url": "", "written_on": "", "published_on": "", "publisher": "某厅"} for t in ("b", "B", "啊", "一")])
    store.snapshots.save(b"raw", "s", "http://x/1", headers={"etag": "1"})
    store.governance.apply("e", titled.document_id, "核查")
    for n in range(12):
        store.audit.add("a", "b", str(n), {"值": n / 7})


def test_what_sqlite_saved_comes_back_in_postgresql_and_goes_on(postgres_server: str, tmp_path: Path) -> None:
    from sqlalchemy import create_engine

    engine = create_engine(f"{postgres_server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:  # a database that orders text as Chinese readers do
        connection.execute(text("CREATE DATABASE chinese TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'zh-Hans' LC_COLLATE 'C' LC_CTYPE 'C'"))
    engine.dispose()
    one, two, back = tmp_path / "1.zip", tmp_path / "2.zip", tmp_path / "3.zip"
    here, there = open_store(load_settings(tmp_path / "lite")), open_store(load_settings(tmp_path / "pg", database_url=f"{postgres_server}/chinese"))
    filled(here)
    assert backup(here, one) == restore(there, one) == backup(there, two) > 40
    assert one.read_bytes() == two.read_bytes()
    assert there.audit.verify().broken is None and there.snapshots.read(sha256_hex(b"raw")) == b"raw"
    assert [d.title for d in there.documents.heads(LOCAL)] == [d.title for d in here.documents.heads(LOCAL)]
    for store in (here, there):  # both go on alike: numbers of rows do not collide
        ingest(store, [Draft("s:new", "s", "http://x/new", "policy", "新办法", "根据《示例法》制定。自2026年1月1日起施行。", first_seen_at="2026-02-01T00:00:00+00:00")])
        store.documents.observe([Observation(store.documents.heads(LOCAL, title="热搜")[0].id, "2026-02-01T00:00:00+00:00", "weibo", 1)])
    assert there.documents.sequence() == here.documents.sequence() and len(list(there.documents.observed())) == 3
    backup(there, two)
    third = open_store(load_settings(tmp_path / "lite2"))  # and the way home
    restore(third, two)
    backup(third, back)
    assert back.read_bytes() == two.read_bytes()
    for store in (here, there, third):
        store.close()


def test_backup_and_restore_are_byte_equal(both: Store, tmp_path: Path) -> None:
    both.snapshots.save(b"raw", "s", "http://x/1")
    both.documents.put([make("甲"), make("乙", "news")])
    both.audit.add("a", "b", "c", {"值": 1})
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    assert backup(both, first) > 0
    other = open_store(load_settings(tmp_path / "other"))
    restore(other, first)
    backup(other, second)
    assert first.read_bytes() == second.read_bytes()
    assert other.audit.verify().broken is None and other.snapshots.read(sha256_hex(b"raw")) == b"raw"
    with pytest.raises(StoreError):
        restore(other, first)
    other.close()
