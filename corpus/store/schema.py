"""The schema's version: brings a database to the newest migration; costs one query when it is there already."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text


@cache
def newest() -> str:
    """The revision that this code expects: the one that no other revises."""
    import ast

    revisions, revised = set(), set()
    for entry in files("corpus.store.migrations").joinpath("versions").iterdir():
        if entry.name.endswith(".py"):
            for node in ast.parse(entry.read_text("utf-8")).body:
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant):
                    if node.targets[0].id == "revision":
                        revisions.add(str(node.value.value))
                    elif node.targets[0].id == "down_revision" and node.value.value:
                        revised.add(str(node.value.value))
    heads = revisions - revised
    return heads.pop() if len(heads) == 1 else ""


def alembic_config(connection: Connection) -> Any:
    """Alembic's configuration over an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("corpus.store").joinpath("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def current(engine: Engine) -> str:
    """The revision of a database, empty for a new one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest migration, in one transaction: a process that dies in it leaves nothing half done, and
    of processes that start together one migrates, the others wait and find it done."""
    if not newest() or current(engine) == newest():
        return
    from alembic import command

    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7860)"))
        else:  # the driver begins a transaction of its own for rows only, not for tables
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(alembic_config(connection), "head")
