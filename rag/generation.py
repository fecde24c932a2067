"""Generations of the index: a folder each under `home/index`, one of them current, swapped by one atomic rename.

`state.json` in a generation says up to which step of the change sequence it is whole and which embedding made its vectors;
it is written last, so what a crash leaves behind is applied again (documents are replaced, never doubled).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

FORMAT = 6


@dataclass(frozen=True, slots=True)
class State:
    """Up to which change a generation is whole, and how it was made. `setting` is the embedding's setting, `embedding` its id;
    `forget`: a text left a level, whose statistics still count it until the next whole build."""

    sequence: int = 0
    embedding: str = ""
    setting: str = ""
    dim: int = 0
    dense: str = "exact"
    forget: bool = False
    format: int = FORMAT


def root(home: Path) -> Path:
    """The folder of all generations of a home."""
    return home / "index"


def write_text(path: Path, text: str) -> None:
    """Replace a small file in one step, durably."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_state(generation: Path) -> State | None:
    """The state of a generation; None when it is of another format or was never finished."""
    path = generation / "state.json"
    if not path.exists():
        return None
    values = json.loads(path.read_text("utf-8"))
    return State(**values) if values.get("format") == FORMAT else None


def write_state(generation: Path, state: State) -> None:
    write_text(generation / "state.json", json.dumps(asdict(state)))


def current(home: Path) -> Path | None:
    """The generation in service, if one is finished."""
    pointer = root(home) / "CURRENT"
    if not pointer.exists():
        return None
    generation = root(home) / pointer.read_text("utf-8").strip()
    return generation if read_state(generation) else None


def fresh(home: Path) -> Path:
    """A new, empty generation (not current yet)."""
    path = root(home) / f"g{time.time_ns():x}"
    path.mkdir(parents=True)
    return path


def swap(home: Path, generation: Path) -> None:
    """Make a finished generation the current one."""
    write_text(root(home) / "CURRENT", generation.name)


def sweep(home: Path) -> list[str]:
    """Remove generations that are not current: leftovers of killed builds and what was swapped out. Returns their names."""
    kept = current(home)
    gone = [path for path in root(home).glob("g*") if path.is_dir() and path != kept]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return [path.name for path in gone]


class Lock:
    """The right to write the index of a home: held by one process, given back when it ends, however it ends."""

    def __init__(self, home: Path) -> None:
        root(home).mkdir(parents=True, exist_ok=True)
        self._file = (root(home) / "lock").open("a")

    def take(self) -> bool:
        """True when this process now holds it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        self._file.close()
