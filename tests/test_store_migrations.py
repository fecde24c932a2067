"""Migrations: an empty database and the tables in the code agree, on SQLite and on PostgreSQL; opening twice costs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from corpus.settings import load_settings
from corpus.store import all_tables, open_store
from corpus.store.schema import current, newest


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_the_migrated_schema_is_the_code(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = "" if database == "sqlite" else request.getfixturevalue("postgres_url")
    store = open_store(load_settings(tmp_path / "home", database_url=url))
    assert current(store.engine) == newest() != ""
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), all_tables()) == []
    store.close()
    again = open_store(load_settings(tmp_path / "home", database_url=url))
    assert current(again.engine) == newest()
    again.close()
