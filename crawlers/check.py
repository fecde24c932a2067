"""`jianwei sources check ID`: one listing and a few pages of a source, live, in a throw-away home; says what broke."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from corpus.access import LOCAL
from corpus.errors import NotFound
from corpus.models import POLICY_KINDS, Document
from corpus.settings import Settings
from corpus.store import Store, open_store
from corpus.store.frontier import Row
from crawlers.guard import Rules
from crawlers.run import RunRow, crawl
from crawlers.source import Declaration, load_sources

PAGES = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at: `seen` of `wanted`, and words for a person."""

    name: str
    ok: bool
    seen: int
    wanted: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome: `ok` when the listing answered, named documents, and those could be read with a title, a text and a date."""

    source_id: str
    ok: bool
    verified: str
    steps: tuple[Step, ...] = ()
    documents: tuple[dict[str, Any], ...] = ()
    errors: dict[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def check(settings: Settings, source_id: str, *, rules: Rules | None = None) -> dict[str, Any]:
    """Run one source against its live site with its own manners (one listing a column, three pages) and judge what came."""
    declared = load_sources(settings.home / "sources")
    if source_id not in declared:
        raise NotFound("no such source", source_id, "see `jianwei sources`")
    with tempfile.TemporaryDirectory(prefix="jianwei-check-") as folder:
        home = Path(folder)
        _own_sources(settings.home / "sources", home / "sources")
        trial = settings.model_copy(update={"home": home, "database_url": "", "redis_url": ""})
        row = crawl(trial, [source_id], rules=rules, documents=PAGES, seconds=180, pace={"pages": 1})[0]
        store = open_store(trial)
        try:
            return asdict(judge(declared[source_id], row, store))
        finally:
            store.close()


def _own_sources(here: Path, there: Path) -> None:
    there.mkdir(parents=True)
    for path in here.glob("*.toml") if here.is_dir() else ():
        (there / path.name).write_bytes(path.read_bytes())


def judge(declared: Declaration, row: RunRow, store: Store) -> Check:
    """What a trial crawl says about the source."""
    rows = store.frontier.rows(declared.id)
    documents = list(store.documents.scan(LOCAL))[: 3 * PAGES]
    steps = tuple(_steps(declared, rows, documents))
    listed = {"title": [d.title[:60] for d in documents], "published_on": [d.published_on for d in documents]}
    found = tuple({"title": t, "published_on": p} for t, p in zip(listed["title"], listed["published_on"], strict=True))
    problems = tuple(dict.fromkeys(f"{r.role} {r.url}: {r.error}" for r in rows if r.error))
    needed = {"listing", "entries", "pages", "title", "text"}
    return Check(declared.id, all(s.ok for s in steps if s.name in needed), declared.verified, steps, found, row.errors, problems[:10])


def _steps(declared: Declaration, rows: list[Row], documents: list[Document]) -> Iterable[Step]:
    lists, pages, files = ([r for r in rows if r.role == role] for role in ("list", "page", "file"))
    done = [r for r in lists if r.state == "done"]
    yield Step("listing", bool(done), len(done), len(lists), _first_error(lists))
    inline = declared.detail.inline
    yield Step("entries", bool(documents if inline else pages), len(documents) if inline else len(pages), 1, "" if pages or inline else "列表中没有条目")
    asked = [r for r in pages if r.state != "queued"]
    got = [r for r in asked if r.state == "done"]
    yield Step("pages", inline or bool(got), len(got), len(asked), _first_error(asked))
    if dated := [r for r in pages if r.hints.get("date")]:
        yield Step("list_dates", True, len(dated), len(pages))
    for name, least in (("title", 4), ("text", 10), ("published_on", 4)):
        filled = sum(len(getattr(d, name)) >= least for d in documents)
        yield Step(name, filled == len(documents) > 0, filled, len(documents))
    if declared.kind in POLICY_KINDS:
        for name in ("doc_number", "issuers", "written_on"):
            filled = sum(bool(getattr(d, name)) for d in documents)
            yield Step(name, filled > 0, filled, len(documents))
    if files:
        yield Step("files", all(r.state in ("done", "queued") for r in files), sum(r.state == "done" for r in files), len(files), _first_error(files))


def _first_error(rows: list[Row]) -> str:
    return next((f"{r.url}: {r.error}" for r in rows if r.error), "")
