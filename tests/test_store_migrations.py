"""Migrations: an empty database and the tables in the code agree, on SQLite and on PostgreSQL; opening twice costs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event

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


def test_processes_that_open_a_new_home_together_find_it_whole(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from corpus.settings import load_settings; from corpus.store import open_store; s = open_store(load_settings(Path(sys.argv[1]))); print(s.documents.sequence()); s.close()"
    together = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "home")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ends = [(*child.communicate(timeout=120), child.returncode) for child in together]
    assert [(out.strip(), code) for out, _, code in ends] == [("0", 0)] * 4, ends


def test_a_death_within_the_first_migration_leaves_nothing_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, made = load_settings(tmp_path / "home"), []

    def dying(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        made.append(statement)
        if len(made) == 40:
            raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", dying)
    try:
        with pytest.raises(KeyboardInterrupt):
            open_store(settings)
    finally:
        event.remove(Engine, "before_cursor_execute", dying)
    assert any("CREATE TABLE" in s for s in made)
    store = open_store(settings)
    assert current(store.engine) == newest()
    store.close()
