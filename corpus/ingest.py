"""Into the store: drafts in batches of one transaction, and files and folders with a memory of what was done."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from corpus.adapters import companions
from corpus.completing import Completing
from corpus.dedupe import merge
from corpus.drafts import Draft, complete, draft_of_reading
from corpus.errors import BadInput, JianweiError, ReadError
from corpus.files import Files, Job, drafts_of
from corpus.layouts import Context, Layout, Made, Reference, Sighting, find_layout, is_auxiliary, make, mapped
from corpus.linking import resolve
from corpus.models import POLICY_KINDS, Document, Kind, Observation, Source, sha256_hex
from corpus.readers import DEFAULT, Limits, read, readable
from corpus.repeats import Seen, Sorted, placed, rounds, sort
from corpus.store import Put, Store
from corpus.store.base import now
from corpus.store.imports import Imported
from corpus.tables import is_tabular, rows

__all__ = ["Draft", "ImportReport", "complete", "draft_of_page", "import_paths", "ingest", "link_all"]

VERSION = "10"
"""Raise it when readers or adapters give other documents than before: then files are read again."""
BATCH = 200
ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2")
HOT_BATCH = 4000
Progress = Callable[..., None]


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _ahead(items: Iterable[_Batch]) -> Iterator[_Batch]:
    """The same items, each one begun while the one before is worked on."""
    iterator = iter(items)
    held = next(iterator, None)
    while held is not None:
        following = next(iterator, None)
        yield held
        held = following


def ingest(store: Store, drafts: Iterable[Draft], *, progress: Progress | None = None, link: bool = True) -> Counter[str]:
    """Complete and store drafts; counts of new, changed, updated, unchanged (and linked). `link=False` leaves relations
    and events unresolved until `corpus.relations.resolve` is called (a crawl does that once at its end)."""
    sources = {s.id: s for s in store.sources.all()}
    counts: Counter[str] = Counter()
    policy = False
    for batch in _batches(drafts, BATCH):
        pairs = [(d.key, complete(d, sources.get(d.source_id))) for d in batch]
        counts.update(p.result for p in store.documents.put(pairs))
        policy = policy or any(document.kind in POLICY_KINDS for _, document in pairs)
        if progress:
            progress("stored", sum(counts.values()))
    if link and policy and counts["new"] + counts["changed"] + counts["updated"]:
        counts += link_all(store)
    return counts


def link_all(store: Store) -> Counter[str]:
    """What a crawl or an import does once at its end: merge what is one policy on several portals, resolve relations and
    events, link versions. Counts of merged and linked; none when nothing has changed since it was done."""
    since, reached = store.imports.linked(), store.documents.sequence()
    if since == reached:
        return Counter()
    counts = Counter(merged=merge(store, since=since), linked=resolve(store))
    store.imports.set_linked(reached)  # what others write meanwhile is for the next time
    return counts


def draft_of_page(
    data: bytes, *, url: str, name: str = "", content_type: str = "", source: Source, snapshot: str = "", hints: Mapping[str, Any] | None = None, limits: Limits = DEFAULT, first_seen_at: str = ""
) -> Draft:
    """The draft of one page or file as fetched. `hints` are draft fields (kind, title, external_id, notice, extra, …) or
    metadata in our field names, which win over what is read. Raises ReadError."""
    reading = read(data, name=name or url, content_type=content_type, limits=limits)
    given = dict(hints or {})
    own = {k: given.pop(k) for k in list(given) if k in Draft.__slots__ and k not in ("key", "fields", "text")}
    fields = {**given, **(given.pop("fields", None) or {})}
    values: dict[str, Any] = {
        "key": f"{source.id}:{url}", "source_id": source.id, "url": url, "kind": source.kind, "first_seen_at": first_seen_at or now(), "snapshot_sha256": snapshot,
        "official": source.official, "security": source.security, "external_id": url, "fields": fields, "share": source.share, "open": source.open, **own,
    }  # fmt: skip
    return draft_of_reading(reading, **values)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Counts (new, changed, updated, unchanged, completed, apart, repeated, skipped, auxiliary, references, observations, failed, linked) and failures (path, what, mend)."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Options:
    kind: str | None
    source: str | None
    security: int | None
    mapping: Path | None
    dry_run: bool

    def fingerprint(self) -> str:
        rule = sha256_hex(self.mapping.read_bytes()) if self.mapping else ""
        return "|".join([VERSION, self.kind or "", self.source or "", str(self.security or ""), rule])


def import_paths(
    store: Store,
    paths: Sequence[Path | str],
    *,
    kind: str | None = None,
    source: str | None = None,
    security: int | None = None,
    mapping: Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import files and folders. What cannot be read is reported by name and the rest goes on. A file that was imported
    with the same bytes and options is skipped; one that was interrupted goes on where it stopped."""
    report, options = ImportReport(), _Options(kind, source, security, mapping, dry_run)

    def done(job: Job, counts: Counter[str]) -> None:
        report.counts.update(counts)
        if progress:
            progress(job.path, sum(counts.values()))

    with store.imports.bulk(), Completing() as completing:
        files = Files(store, completing, lambda job, error: _fail(report, job.path, error), done)
        for path, name in _files(paths, report):
            try:
                if job := _Import(store, completing, path, name, options, report, progress).run():
                    if dry_run:
                        report.counts["readable"] += len(drafts_of(job, read(path.read_bytes(), name=path.name)))
                    else:
                        files.add(job, path.stat().st_size)
            except JianweiError as error:
                _fail(report, path, error)
        files.flush()
    if not dry_run:
        report.counts.update(link_all(store))
    return report


def _fail(report: ImportReport, path: Path | str, error: JianweiError) -> None:
    report.counts["failed"] += 1
    report.failures.append((str(path), error.what, "; ".join(p for p in (error.value if error.value not in str(path) else "", error.mend) if p)))


def _files(paths: Sequence[Path | str], report: ImportReport) -> Iterator[tuple[Path, str]]:
    """Files with their names inside what was given (folder/sub/file; folder/file for a single file)."""
    for given in paths:
        path = Path(given).resolve()
        if path.is_dir():
            yield from ((p, p.relative_to(path.parent).as_posix()) for p in sorted(path.rglob("*")) if p.is_file())
        elif path.exists():
            yield path, f"{path.parent.name}/{path.name}"
        else:
            _fail(report, given, BadInput("no such file or folder", given, "check the path"))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows `at` … of a table, what they became, and the documents of the first drafts (waited for when they are asked)."""

    at: int
    rows: int
    made: list[Made]
    drafts: Sorted
    documents: Callable[[], list[Document]]


class _Import:
    """The import of one file."""

    def __init__(self, store: Store, completing: Completing, path: Path, name: str, options: _Options, report: ImportReport, progress: Progress | None) -> None:
        self.store, self.completing, self.path, self.name, self.options, self.report, self.progress = store, completing, path, name, options, report, progress
        self.now = now()
        self.digest = ""

    def run(self) -> Job | None:
        """Import a file of rows; a file that is a document is returned to be read with others."""
        if is_auxiliary(self.path) and not self.options.mapping:
            self.report.counts["auxiliary"] += 1
            return None
        if self.path.stat().st_size == 0:
            raise ReadError("the file is empty", self.path.name, "leave it out or fetch it again")
        self.digest = _file_hash(self.path)
        record = self.store.imports.get(self._id()) or Imported(self._id(), self.path.name)
        if record.done:
            self.report.counts["skipped"] += sum(record.counts.get(c, 0) for c in ("new", "changed", "updated", "unchanged")) or 1
            return None
        if is_tabular(self.path) and self._table(record):
            return None
        if not readable(self.path.name):
            if self.path.name.lower().endswith(ARCHIVES):
                raise ReadError("archives of this kind are not read", self.path.name, "unpack it and import the files, or pack them as .zip")
            raise ReadError("unknown kind of file", self.path.name, "give .jsonl .csv .xlsx .html .pdf .docx .ofd .md .txt .zip")
        return self._job(record)

    def _id(self) -> str:
        return hashlib.sha256(f"{self.digest}|{self.name}|{self.options.fingerprint()}".encode()).hexdigest()

    # ---- tables --------------------------------------------------------------------------------------------------

    def _table(self, record: Imported) -> bool:
        """Import a file of rows; False when it is a document after all (a table without a known layout)."""
        every = rows(self.path, lambda error: _fail(self.report, self.path, error))
        first = next(every, None)
        if first is None:
            raise ReadError("no rows in the file", self.path.name, "leave it out")
        layout = self._layout(first)
        if layout is None:
            if self.path.name.lower().endswith((".xlsx", ".csv", ".tsv")):
                return False
            raise BadInput("unknown columns", ", ".join(list(first)[:8]), "declare them with --map FILE (our field = their column)")
        if layout.source and not self.options.dry_run:
            self.store.sources.put(layout.source)
        beside = companions(layout.name, self.path)
        context = Context(self.path.name, 0, self._snapshot(layout.kind, layout.source), self.now, beside)
        size = HOT_BATCH if layout.adapter.startswith("hot_") or layout.adapter == "reference" else BATCH
        counts: Counter[str] = Counter(record.counts)
        for batch in _ahead(self._batches(chain([first], every), layout, context, size, record.rows)):
            done, seen, titles = self._batch(batch, layout)
            counts.update(done + Counter(empty=batch.rows - len(batch.made)))
            if not self.options.dry_run:
                self.store.imports.advance(replace(record, layout=layout.name, rows=batch.at + batch.rows, counts=dict(counts)), seen, titles)
            if self.progress:
                self.progress(self.path.name, batch.at + batch.rows)
        if not self.options.dry_run:
            reached = self.store.imports.get(record.id) or record
            self.store.imports.advance(replace(reached, done=True))
        self.report.counts.update(+counts)
        return True

    def _layout(self, first: Mapping[str, Any]) -> Layout | None:
        if self.options.mapping:
            layout: Layout | None = mapped(self.options.mapping, self.options.kind or "")
        else:
            layout = find_layout(self.path.name.lower(), first) or _plain_layout(first, self.options.kind)
        if layout is None:
            return None
        return replace(layout, source=self._source(layout.source, layout.kind), kind=self.options.kind or layout.kind)

    def _source(self, declared: Source | None, kind: str) -> Source:
        """The source of what is imported: --source wins, then the layout's, then one of the kind's own."""
        found = declared or Source(f"import-{kind}", "文件导入", kind=kind)
        if self.options.source:
            known = {s.id: s for s in self.store.sources.all()}
            found = known.get(self.options.source) or replace(found, id=self.options.source)
        return replace(found, security=self.options.security) if self.options.security else found

    def _snapshot(self, kind: str, source: Source | None) -> str:
        """Keep the raw file (opinion is not kept raw) and return its hash."""
        if kind == Kind.opinion or self.options.dry_run:
            return ""
        return self.store.snapshots.save(self.path.read_bytes(), source.id if source else "import", f"file:{self.name}").sha256

    def _batches(self, items: Iterator[Any], layout: Layout, context: Context, size: int, stored: int) -> Iterator[_Batch]:
        """The rows in batches, as what they became. The first `stored` rows were stored before the import was cut off: of them only the keys are remembered."""
        at, came = 0, Seen()
        for rows_ in _batches(items, size):
            made: list[Made] = [m for row in rows_ if (m := make(row, layout, context)) is not None]
            drafts = sort((self._own(m) for m in made if isinstance(m, Draft)), came)
            if at >= stored:
                yield _Batch(at, len(rows_), made, drafts, self.completing.begin([] if self.options.dry_run else drafts.firsts, layout.source))
            at += len(rows_)

    def _batch(self, batch: _Batch, layout: Layout) -> tuple[Counter[str], list[Observation], list[tuple[str, Document]]]:
        """Store what rows became: (counts, observations and new titles, which are stored with the progress)."""
        if self.options.dry_run:
            return Counter(readable=len(batch.made)), [], []
        counts: Counter[str] = Counter()
        if known := [m for m in batch.made if isinstance(m, Reference)]:
            counts["references"] += len(known)
            self.store.imports.add_references(_reference_rows(known))
        counts += self._drafts(batch, layout)
        seen, titles = self._hot([m for m in batch.made if isinstance(m, Sighting)])
        counts.update({"observations": len(seen), "new": len(titles)})
        return +counts, seen, titles

    def _drafts(self, batch: _Batch, layout: Layout) -> Counter[str]:
        """Store the drafts of a batch: the first of each key, then those that say something else under a key that came before."""
        counts = Counter(p.result for p in self._put(batch.drafts.firsts, batch.documents()))
        for again in rounds(batch.drafts.others):
            held = self.store.documents.held([d.key for d in again])
            pairs = [placed(d, held.get(d.key)) for d in again]
            drafts = [d for d, _ in pairs]
            for (_, how), put in zip(pairs, self._put(drafts, self.completing.begin(drafts, layout.source)()), strict=True):
                counts.update([how, *([put.result] if how == "apart" else [])])
        return counts + Counter(repeated=batch.drafts.repeated)

    def _put(self, drafts: Sequence[Draft], documents: Sequence[Document]) -> list[Put]:
        return self.store.documents.put([(d.key, made) for d, made in zip(drafts, documents, strict=True)]) if drafts else []

    def _own(self, draft: Draft) -> Draft:
        return replace(draft, security=self.options.security) if self.options.security else draft

    def _hot(self, sightings: list[Sighting]) -> tuple[list[Observation], list[tuple[str, Document]]]:
        """Every row of a hot list is an observation; a title that is new becomes a document."""
        firsts: dict[str, Draft] = {}
        for s in sightings:
            firsts.setdefault(s.draft.key, s.draft)
        known = self.store.documents.ids_of(list(firsts))
        fresh = [(key, complete(self._own(d), None)) for key, d in firsts.items() if key not in known]
        known.update({key: d.id for key, d in fresh})
        return [s.observation(known[s.draft.key]) for s in sightings], fresh

    def _job(self, record: Imported) -> Job:
        """The file as one that is read whole (a ZIP gives one document for each readable member)."""
        kind = self.options.kind or "policy"
        return Job(str(self.path), self.name, kind, self._source(None, kind), self.options.security, self.digest, record)


def _plain_layout(columns: Mapping[str, Any], kind: str | None) -> Layout | None:
    """The layout of a table whose columns already have our names."""
    if "text" not in columns or "title" not in columns:
        return None
    fields = {name: name for name in columns}
    return Layout("plain", kind or str(columns.get("kind") or "policy"), "mapped", external_id="external_id" if "external_id" in columns else "id", fields=fields)


def _reference_rows(known: Sequence[Reference]) -> Iterator[dict[str, Any]]:
    for r in known:
        digest = sha256_hex(f"{r.title}|{r.doc_number}|{r.written_on or r.published_on}".encode())[:32]
        yield {"id": digest, "title": r.title, "doc_number": r.doc_number, "url": r.url, "written_on": r.written_on, "published_on": r.published_on, "publisher": r.publisher}


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
