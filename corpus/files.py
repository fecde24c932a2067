"""Files that are one document each (or an archive of several): read by child processes, stored in batches of one transaction.

A batch is bounded in files and bytes, so memory does not grow with the number of files.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from corpus.completing import Completing
from corpus.drafts import Draft, draft_of_reading
from corpus.errors import JianweiError
from corpus.models import Document, Kind, Snapshot, Source
from corpus.readers import Reading, read_together
from corpus.store import Store
from corpus.store.base import now
from corpus.store.imports import Imported

BATCH_FILES, BATCH_BYTES = 64, 32 << 20
PROCESSES = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read: its place, its name in the import, what it is, and the SHA-256 of its bytes."""

    path: str
    name: str
    kind: str
    source: Source
    security: int | None
    sha256: str
    record: Imported


def drafts_of(job: Job, reading: Reading) -> list[Draft]:
    """The draft of a file that was read, or one for each part of an archive."""
    url, security = f"file:{job.name}", job.security or job.source.security
    common: dict[str, Any] = {
        "source_id": job.source.id, "kind": job.kind, "first_seen_at": now(), "official": job.source.official, "security": security, "share": job.source.share,
        "open": job.source.open, "snapshot_sha256": "" if job.kind == Kind.opinion else job.sha256,
    }  # fmt: skip
    key = f"{job.source.id}:{url}"
    if not reading.parts:
        return [draft_of_reading(reading, key=key, url=url, external_id=url, **common)]
    return [
        draft_of_reading(part, title=part.title or Path(member).stem, key=f"{key}!{member}", url=f"{url}!{member}", external_id=f"{Path(job.path).name}!{member}", **common)
        for member, part in reading.parts
    ]


class Files:
    """The files of one import, batch by batch. `flush` at the end."""

    def __init__(self, store: Store, completing: Completing, failed: Callable[[Job, JianweiError], None], done: Callable[[Job, Counter[str]], None]) -> None:
        self.store, self.completing, self.failed, self.done = store, completing, failed, done
        self.waiting: list[Job] = []
        self.bytes = 0

    def add(self, job: Job, size: int) -> None:
        """Take a file; a full batch is read and stored."""
        self.waiting.append(job)
        self.bytes += size
        if len(self.waiting) >= BATCH_FILES or self.bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Read and store what waits."""
        jobs, self.waiting, self.bytes = self.waiting, [], 0
        files = [(Path(job.path).read_bytes(), Path(job.path).name) for job in jobs]
        begun: list[tuple[Job, list[Draft], Callable[[], list[Document]]]] = []
        with ThreadPoolExecutor(2) as keeping:
            kept = []
            for job, (data, _), reading in zip(jobs, files, read_together(files, processes=PROCESSES), strict=True):
                if isinstance(reading, JianweiError):
                    self.failed(job, reading)
                    continue
                if job.kind != Kind.opinion:  # opinion is not kept raw
                    kept.append(keeping.submit(self.store.snapshots.hold, data))
                drafts = drafts_of(job, reading)
                begun.append((job, drafts, self.completing.begin(drafts, job.source)))
            for one in kept:
                one.result()
        self._store([(job, [(d.key, document) for d, document in zip(drafts, documents(), strict=True)]) for job, drafts, documents in begun])

    def _store(self, read_through: Sequence[tuple[Job, list[tuple[str, Document]]]]) -> None:
        """Sources and snapshots, then documents, then the memory of what was done: what is remembered is there."""
        if not read_through:
            return
        for source in {job.source for job, _ in read_through}:
            self.store.sources.put(source)
        self.store.snapshots.record([Snapshot(j.sha256, j.source.id, f"file:{j.name}", now(), size=Path(j.path).stat().st_size) for j, _ in read_through if j.kind != Kind.opinion])
        puts = iter(self.store.documents.put([pair for _, pairs in read_through for pair in pairs]))
        counts = [Counter(next(puts).result for _ in pairs) for _, pairs in read_through]
        records = [replace(job.record, layout="document", rows=len(pairs), done=True, counts=dict(c)) for (job, pairs), c in zip(read_through, counts, strict=True)]
        self.store.imports.advance_all(records)
        for (job, _), count in zip(read_through, counts, strict=True):
            self.done(job, count)
