"""From snapshots to documents: every page that was fetched and not yet ingested becomes a draft with its files.

It needs no network: a crawl does it as it goes, `--reparse` does it again for all that is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from corpus.drafts import Draft, draft_of_reading
from corpus.errors import JianweiError, ReadError
from corpus.ingest import ingest
from corpus.models import Observation, Source
from corpus.readers import read
from corpus.store import Store
from corpus.store.frontier import Row
from crawlers import targets
from crawlers.access import ACCESS, Entry
from crawlers.drafts import draft_of, entry_draft
from crawlers.source import Declaration

BATCH = 40
REPEATED = 3
"""Pages of one source with the very same bytes are no documents."""
SOFT = "the same bytes as other pages: an error page served as 200"


@dataclass
class Intake:
    """Counts of what became documents, their keys, what could not be read: (address, what), and keys of documents that
    were made of an error page before it was known for one."""

    counts: Counter[str] = field(default_factory=Counter)
    unread: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)

    @property
    def new(self) -> int:
        """Documents that came and stayed."""
        return self.counts["new"] - len(set(self.taken_back) & set(self.keys))

    def add(self, more: Intake) -> None:
        """Count another intake of the same source."""
        self.counts.update(more.counts)
        self.unread.extend(more.unread)
        self.keys.extend(more.keys)
        self.taken_back.extend(more.taken_back)


def take_in(store: Store, declared: Mapping[str, Declaration], *, progress: Callable[[int], None] | None = None) -> dict[str, Intake]:
    """Ingest everything that waits, source by source; returns what became of it."""
    done = {i: Intake() for i in declared}
    for source_id, declaration in declared.items():
        while rows := store.frontier.unread([source_id], BATCH):
            _batch(store, declaration, rows, done[source_id])
            if progress:
                progress(len(rows))
            _take_back(store, declaration, done[source_id])
    return done


def _batch(store: Store, declared: Declaration, rows: list[Row], done: Intake) -> None:
    drafts: list[Draft] = []
    same = store.frontier.repeated(declared.id, REPEATED)
    seen: list[tuple[Draft, Entry, str]] = []
    for row in rows:
        if row.role == "page" and row.sha256 in same:
            done.unread.append((row.url, SOFT))
            continue
        try:
            for draft, entry in drafts_of(store, declared, row):
                drafts.append(draft)
                if entry is not None and entry.observed:
                    seen.append((draft, entry, row.fetched_at))
        except JianweiError as error:
            done.unread.append((row.url, error.what))
    done.counts.update(ingest(store, drafts, link=False))
    done.keys.extend(d.key for d in drafts)
    _observe(store, seen)
    store.frontier.ingested(rows)


def _take_back(store: Store, declared: Declaration, done: Intake) -> None:
    """Documents made of an error page before it was seen often enough to be known for one."""
    for sha256 in store.frontier.repeated(declared.id, REPEATED):
        keys = {f"{declared.id}:{r.url}": r.url for r in store.frontier.rows(declared.id, role="page", sha256=sha256)}
        for key, document_id in store.documents.ids_of(list(keys)).items():
            store.documents.erase(document_id)
            done.taken_back.append(key)
            done.unread.append((keys[key], SOFT))


def drafts_of(store: Store, declared: Declaration, row: Row) -> Iterator[tuple[Draft, Entry | None]]:
    """The drafts of one fetched row: a page with its files, or the documents that a listing holds itself."""
    source = declared.source()
    if row.role == "page":
        yield page_draft(store, declared, source, row), None
    elif declared.detail.inline:
        data = store.snapshots.read(row.sha256)
        column = targets.column_of(declared, row)
        listing = ACCESS[declared.access].read(column, targets.call_of(row), data, row.content_type, row.url)
        for entry in listing.entries:
            if entry.title:
                yield entry_draft(declared, column, entry, url=row.url, snapshot=row.sha256, seen=row.fetched_at), entry


def page_draft(store: Store, declared: Declaration, source: Source, row: Row) -> Draft:
    """The draft of a page with the drafts of its files."""
    hints = row.hints
    column = replace(declared.columns[0], kind=str(hints.get("kind") or declared.kind))
    entry = Entry(row.url, str(hints.get("title", "")), str(hints.get("date", "")), dict(hints.get("fields", {})), extra=dict(hints.get("extra", {})))
    draft = draft_of(declared, column, entry, store.snapshots.read(row.sha256), url=row.url, content_type=row.content_type, snapshot=row.sha256, seen=row.fetched_at)
    files, lost = _files(store, source, row)
    return replace(draft, attachments=tuple(files), unread=draft.unread + lost)


def _files(store: Store, source: Source, page: Row) -> tuple[list[Draft], int]:
    """Drafts of the files beside a page, and how many are missing or cannot be read."""
    found, lost = [], 0
    for row in store.frontier.files_of(page.source_id, page.key):
        if not row.sha256:
            lost += 1
            continue
        try:
            reading = read(store.snapshots.read(row.sha256), name=row.url, content_type=row.content_type)
        except ReadError:
            lost += 1
            continue
        title = str(row.hints.get("title") or reading.title)
        found.append(draft_of_reading(reading, key=f"{source.id}:{row.url}", source_id=source.id, url=row.url, kind=source.kind, title=title))
    return found, lost


def _observe(store: Store, seen: list[tuple[Draft, Entry, str]]) -> None:
    """Rows of a hot list are observations of their title documents."""
    ids = store.documents.ids_of([d.key for d, _, _ in seen])
    rows = [Observation(ids[d.key], at, e.observed[0], e.observed[1], e.observed[2]) for d, e, at in seen if e.observed and d.key in ids]
    if rows:
        store.documents.observe(rows)
