"""Backup and restore: a store as one portable archive that is byte-equal for equal content, on any database.

The archive is a zip of one JSON-lines file a table (rows in order of the primary key) and the snapshot bytes, with
fixed times, so that backup → restore → backup gives the same bytes. Indexes are left out: they are rebuilt.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from corpus.errors import StoreError, Unreadable
from corpus.store import Store

_TIME = (1980, 1, 1, 0, 0, 0)


def backup(store: Store, target: Path, progress: Callable[[str], None] | None = None) -> int:
    """Write the archive; returns the number of rows. Reads one consistent state, also while serving."""
    part = target.with_name(target.name + ".part")
    rows = 0
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for table, records in store.dump():
            with archive.open(_entry(f"tables/{table}.jsonl"), "w", force_zip64=True) as out:
                for record in records:
                    out.write(json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n")
                    rows += 1
            if progress:
                progress(table)
        for path in sorted((store.home / "snapshots").glob("??/*")):
            if path.suffix != ".part":
                archive.writestr(_entry(f"snapshots/{path.parent.name}/{path.name}"), path.read_bytes(), zipfile.ZIP_STORED)
    part.replace(target)
    return rows


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def restore(store: Store, source: Path, progress: Callable[[str], None] | None = None) -> int:
    """Fill an empty store from an archive in one transaction; returns the number of rows. Raises StoreError when not empty."""
    if store.documents.sequence():
        raise StoreError("restore needs an empty home", store.home, "give another --home")
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError) as error:
        raise Unreadable("this is no backup", source, str(error)) from error
    with archive:
        names = archive.namelist()
        for name in names:
            if name.startswith("snapshots/"):
                _, folder, digest = name.split("/")
                path = store.home / "snapshots" / folder / digest
                if not (len(folder) == 2 and digest.isalnum()):
                    raise Unreadable("a strange path in the backup", name, "make the backup anew")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(name))
        tables = {Path(n).stem: n for n in names if n.startswith("tables/")}

        def records(table: str) -> Iterator[dict[str, object]]:
            if progress:
                progress(table)
            with archive.open(tables[table]) as lines:
                yield from map(json.loads, lines)

        return store.load({table: partial(records, table) for table in tables})
