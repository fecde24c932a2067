"""Write a new migration from the difference between the migrated schema and the tables in the code."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from corpus.store.base import make_engine
from corpus.store.schema import alembic_config, upgrade

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'scratch.sqlite3'}")
        upgrade(engine)
        with engine.begin() as connection:
            command.revision(alembic_config(connection), sys.argv[1], autogenerate=True)
