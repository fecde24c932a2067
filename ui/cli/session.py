"""What every command shares: the home, the reader, and how results are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from corpus.access import LOCAL, Reader
from corpus.errors import BadInput, JianweiError

if TYPE_CHECKING:
    import typer

    from corpus.settings import Settings
    from ui.desk import Desk

DOC = "Its id, 文号, title or 《title》; of several versions the one in force at the date."
"""How a command's document is named."""


class Session:
    """One run of the command line: home and user as given; settings, desk and reader are opened when first asked for."""

    def __init__(self, home: Path | None, as_user: str) -> None:
        self.home, self.as_user = home, as_user

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if "desk" in self.__dict__:
            self.desk.close()

    @cached_property
    def settings(self) -> Settings:
        from corpus.settings import load_settings

        return load_settings(self.home)

    @cached_property
    def desk(self) -> Desk:
        from ui.desk import Desk

        return Desk(self.settings)

    @cached_property
    def reader(self) -> Reader:
        return self.desk.reader(self.as_user) if self.as_user else LOCAL

    def reader_of(self, name: object) -> Reader:
        """The reader of a batch line: its `user` is honoured for the local operator only."""
        if not name or self.reader.role != "local":
            return self.reader
        return self.desk.reader(str(name))

    def say(self, key: str, **values: object) -> str:
        """A message in the language of the settings."""
        from ui.messages import say

        return say(key, self.settings.language, **values)

    def word(self, vocabulary: str, value: object) -> object:
        """A value of a closed vocabulary in the language of the settings; any other value as it is."""
        from ui.messages import known

        key = f"{vocabulary}.{value}"
        return self.say(key) if known(key) else value


def session(context: typer.Context) -> Session:
    """The session of a command."""
    found: Session = context.obj
    return found


def put_json(value: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=1))


def put_table(header: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """A plain table on standard output."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*header, title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    console.print(table)


def run_batch(path: Path, answer: Callable[[Mapping[str, Any]], Mapping[str, Any]], out: IO[str] | None = None) -> None:
    """Answer JSON lines with JSON lines in the same order; a bad line is answered by an error record."""
    target = out or sys.stdout
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            if raw.strip():
                print(json.dumps(_one(number, raw, answer), ensure_ascii=False), file=target, flush=True)


def _one(number: int, raw: bytes, answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Mapping[str, Any]:
    identity = None
    try:
        try:
            line = json.loads(raw)
        except ValueError as error:
            raise BadInput("the line is no JSON", raw[:80].decode("utf-8", "replace").strip(), 'write {"id": …, "question": …}') from error
        if not isinstance(line, dict):
            raise BadInput("the line is no JSON object", raw[:80].decode("utf-8", "replace").strip(), 'write {"id": …, "question": …}')
        identity = line.get("id")
        return answer(line)
    except JianweiError as error:
        return {"id": identity, "line": number, "error": error.record()}
