"""The writer: answers become snapshots, listings become targets, rows are settled, in one thread, a batch a transaction.

Nothing is parsed before its bytes are kept; opinion is masked before they are.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from corpus.errors import JianweiError
from corpus.models import Snapshot
from corpus.store import Store
from corpus.store.base import now
from corpus.store.frontier import Row, Settled, Target
from crawlers import targets
from crawlers.access import ACCESS, Listing
from crawlers.page import files_of
from crawlers.private import masked_body
from crawlers.source import Declaration

BATCH = 24
BACKLOG = 32
THREADS = 8
LONGEST_WAIT = 60 * 86400


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a row. `refused` and `error` are set instead of a body when nothing was read."""

    row: Row
    run: int
    status: int = 0
    body: bytes = b""
    url: str = ""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    error: str = ""


def later(base: int, unchanged: int) -> str:
    """When to ask again: the source's recheck, doubled each time that nothing had changed, at most 60 days."""
    wait = min(LONGEST_WAIT, base * 2 ** min(unchanged, 12))
    return (datetime.now(UTC) + timedelta(seconds=wait)).isoformat(timespec="seconds")


class Settler:
    """Turns answers into settled rows. Pure but for the snapshot bytes."""

    def __init__(self, store: Store, declared: Mapping[str, Declaration], complete: frozenset[str]) -> None:
        self.store, self.declared, self.complete = store, declared, complete

    def settle(self, answer: Answer) -> Settled:
        """The settled row of one answer."""
        row, declared = answer.row, self.declared[answer.row.source_id]
        base = declared.pace.recheck_seconds
        common: dict[str, Any] = {"source_id": row.source_id, "key": row.key, "run": answer.run, "status": answer.status}
        if answer.refused:
            return Settled(state="refused", error=answer.refused, due_at=later(declared.cycle_seconds, 0), unchanged=row.unchanged, missing_since=row.missing_since, **common)
        if answer.status == 304:
            return Settled(state="done", due_at=later(base, row.unchanged + 1), unchanged=row.unchanged + 1, returned=bool(row.missing_since), **common)
        if answer.status in (404, 410) and row.role != "list":
            times = row.unchanged + 1 if row.missing_since else 0
            return Settled(state="gone", error=f"status {answer.status}", due_at=later(base, times), unchanged=times, missing_since=row.missing_since or now(), **common)
        if answer.status in (404, 410) and int(row.request.get("page", 0)):
            return Settled(state="done", due_at=later(base, 0), **common)  # a list without a page count ends so
        if answer.error or not 200 <= answer.status < 300:
            return Settled(state="failed", error=answer.error or f"status {answer.status}", due_at=now(), unchanged=row.unchanged, missing_since=row.missing_since, **common)
        return self._body(answer, declared, common)

    def _body(self, answer: Answer, declared: Declaration, common: dict[str, Any]) -> Settled:
        row, data, content_type = answer.row, answer.body, answer.content_type
        if row.role != "file" and "opinion" in (declared.kind, row.hints.get("kind")):
            data, content_type = masked_body(data, content_type)
        digest = self.store.snapshots.hold(data)  # durable before anything is read from it
        kept = Snapshot(digest, row.source_id, row.url, now(), answer.status, content_type, dict(answer.headers), len(data))
        unchanged = row.unchanged + 1 if row.sha256 == digest else 0
        found, error = self._found(row, declared, data, content_type, answer.url or row.url)
        return Settled(
            state="failed" if error else "done", error=error, snapshot=kept, etag=answer.headers.get("etag", ""), last_modified=answer.headers.get("last-modified", ""),
            due_at=later(declared.pace.recheck_seconds, unchanged), unchanged=unchanged, found=found, returned=bool(row.missing_since), **common,
        )  # fmt: skip

    def _found(self, row: Row, declared: Declaration, data: bytes, content_type: str, url: str) -> tuple[tuple[Target, ...], str]:
        """What a body leads to, and why it is no answer."""
        if row.role == "file":
            return (), ""
        if row.role == "page":
            return tuple(targets.of_file(declared, href, title, row) for title, href in files_of(data, content_type, url, declared)), ""
        try:
            listing = ACCESS[declared.access].read(targets.column_of(declared, row), targets.call_of(row), data, content_type, url)
        except JianweiError as error:
            return (), f"list: {error}"
        return self._listed(row, declared, listing, url)

    def _listed(self, row: Row, declared: Declaration, listing: Listing, url: str) -> tuple[tuple[Target, ...], str]:
        column, page = int(row.request["column"]), int(row.request["page"])
        entries = [] if declared.detail.inline else [targets.of_entry(declared, e, column, url) for e in listing.entries if declared.covers(e.url)]
        first = listing.entries[0].url if listing.entries else ""
        memory = row.request.get("memory", {})
        if page and first and memory.get("first_seen") == first:
            return tuple(entries), ""  # the server ignores paging
        error = "list: no entries" if not listing.entries and not listing.next and page == 0 else ""
        cap = int(declared.columns[column].params.get("pages", 0)) or declared.pace.pages
        following = [_remember(targets.of_call(declared, c, column), first) for c in listing.next if c.page < cap] if self._goes_on(row, entries) else []
        return (*entries, *following), error

    def _goes_on(self, row: Row, entries: list[Target]) -> bool:
        """A source that was gathered whole before is followed only while its pages hold something new or changed."""
        if row.source_id not in self.complete or not entries:
            return True
        known = {t.key: t for t in entries}
        seen = self.store.frontier.marks(row.source_id, list(known))
        return any(key not in seen or (t.mark and seen[key] != t.mark) for key, t in known.items())


def _remember(target: Target, first: str) -> Target:
    request = dict(target.request)
    request["memory"] = {**request["memory"], "first_seen": first}
    return Target(target.source_id, target.role, target.url, target.host, request, target.hints, target.mark, target.parent)


class Writer(threading.Thread):
    """Settles answers in batches. `after(rows, answers)` is called with what was queued and answered by each batch."""

    def __init__(self, settler: Settler, after: Callable[[list[Row], list[Answer], list[Settled]], None]) -> None:
        super().__init__(name="writer", daemon=True)
        self.settler, self.after = settler, after
        self.inbox: queue.Queue[Answer | None] = queue.Queue()
        self.open = 0
        self.pool = ThreadPoolExecutor(THREADS, "keeper")
        self.failure: BaseException | None = None

    def put(self, answer: Answer) -> None:
        """Hand over an answer (any thread)."""
        self.open += 1
        self.inbox.put(answer)

    @property
    def busy(self) -> bool:
        return self.open > 0

    @property
    def full(self) -> bool:
        return self.open >= BACKLOG

    def run(self) -> None:
        while True:
            batch = self._batch()
            if not batch:
                return
            try:
                settled = list(self.pool.map(self.settler.settle, batch))  # the disk is waited for together
                queued = self.settler.store.frontier.settle(settled)
            except Exception as error:  # noqa: BLE001 - a writer that died silently would lose answers: the crawl is stopped with this error
                self.failure = error
                queued, settled = [], []
            self.after(queued, batch, settled)

    def _batch(self) -> list[Answer]:
        first = self.inbox.get()
        if first is None:
            return []
        batch = [first]
        while len(batch) < BATCH:
            try:
                more = self.inbox.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self.inbox.put(None)
                break
            batch.append(more)
        return batch

    def close(self) -> None:
        """Settle what is there, then end."""
        self.inbox.put(None)
        self.join()
        self.pool.shutdown()


