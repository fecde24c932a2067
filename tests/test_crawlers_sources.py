"""Every shipped real source against its saved example: a page or response built on the site's structure, and a reviewed expectation.

An expectation says what a person reads on the page, in `tests/sources/<id>/expected.json`:

    lists    file, column, url (where it was asked for), content_type, count, first {url, title, date, fields?}, next (pieces of the
             next call; empty: none), follows (number of the list whose next call it answers)
    article  file, url and attributes of the document; text = its first 40 characters without white space; attachments [[title, url], …]
    entry    attributes of the first entry where the listing itself holds the document
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from corpus.drafts import complete
from corpus.models import Document
from crawlers.access import ACCESS, Column, Entry, Listing
from crawlers.drafts import draft_of, entry_draft
from crawlers.page import files_of
from crawlers.source import Declaration, load_sources

FOLDER = Path(__file__).parent / "sources"
REAL = {i: d for i, d in load_sources().items() if not i.startswith("demo-")}


def expected(name: str) -> dict[str, Any]:
    path = FOLDER / name / "expected.json"
    assert path.is_file(), f"{name}: no example with an expectation in tests/sources/{name}"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def having(key: str) -> list[str]:
    """Sources whose expectation has a part (one without an expectation fails in test_list)."""
    return [n for n in REAL if (FOLDER / n / "expected.json").is_file() and key in expected(n)]


def listing(declared: Declaration, example: dict[str, Any]) -> tuple[Column, Listing]:
    """What the access method reads in a saved list."""
    column, access = declared.columns[example["column"]], ACCESS[declared.access]
    follows = example.get("follows")
    call = access.first(column)[0] if follows is None else listing(declared, expected(declared.id)["lists"][follows])[1].next[0]
    data = (FOLDER / declared.id / example["file"]).read_bytes()
    return column, access.read(column, call, data, example["content_type"], example["url"])


def document(declared: Declaration, example: dict[str, Any], entries: tuple[Entry, ...], column: Column) -> Document:
    """The document of a saved article, as a crawl makes it."""
    data, url = (FOLDER / declared.id / example["file"]).read_bytes(), example["url"]
    entry = next((e for e in entries if e.url == url), Entry(url))
    draft = draft_of(declared, column, entry, data, url=url, content_type=example.get("content_type", ""))
    return complete(draft, declared.source())


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)[:40]


def test_examples_belong_to_sources() -> None:
    """At least 30 real sources, and no example of a source that is gone."""
    assert len(REAL) >= 34
    assert {p.name for p in FOLDER.iterdir() if p.is_dir()} == set(REAL)


@pytest.mark.parametrize("name", REAL)
def test_declaration(name: str) -> None:
    """At most 60 lines, and it says how far its facts are verified."""
    text = (files("crawlers") / "sources" / f"{name}.toml").read_text("utf-8")
    assert len(text.splitlines()) <= 60
    assert REAL[name].verified in ("live", "documentation", "file", "partly", "inferred")
    assert REAL[name].evidence, "say where the structure was stated"
    assert REAL[name].pace.delay >= 3


@pytest.mark.parametrize("name", REAL)
def test_list(name: str) -> None:
    """The saved list gives the entries that a person counts, and the next page's call."""
    for example in expected(name)["lists"]:
        _, found = listing(REAL[name], example)
        assert found.entries, f"{name}: no entries"
        assert len(found.entries) == example["count"]
        first = found.entries[0]
        assert (first.url, first.title, first.date) == (example["first"]["url"], example["first"]["title"], example["first"]["date"])
        assert {k: plain(first.fields.get(k)) for k in example["first"].get("fields", {})} == example["first"].get("fields", {})
        assert bool(found.next) == bool(example["next"]), f"{name}: next calls {found.next}"
        asked = found.next[0].url + " " + found.next[0].body if found.next else ""
        assert [piece for piece in example["next"] if piece not in asked] == [], asked


@pytest.mark.parametrize("name", having("article"))
def test_article(name: str) -> None:
    """The saved article gives the record that a person reads on it."""
    everything = expected(name)
    example = everything["article"]
    column, found = listing(REAL[name], everything["lists"][0])
    assert REAL[name].covers(example["url"]), "the crawler would take the article for a page of another site"
    assert example["url"] in {e.url for e in found.entries}
    made = document(REAL[name], example, found.entries, column)
    compared = {k: v for k, v in example.items() if k not in ("file", "url", "content_type", "text", "attachments")}
    assert {k: plain(getattr(made, k)) for k in compared} == compared
    assert bare(made.text) == example["text"]
    data = (FOLDER / name / example["file"]).read_bytes()
    assert [[t, u] for t, u in files_of(data, example.get("content_type", ""), example["url"], REAL[name])] == example["attachments"]


@pytest.mark.parametrize("name", having("entry"))
def test_entry(name: str) -> None:
    """Where the listing holds the documents, its first entry is one."""
    everything = expected(name)
    declared, example = REAL[name], everything["entry"]
    assert declared.detail.inline
    column, found = listing(declared, everything["lists"][0])
    entry = found.entries[0]
    made = complete(entry_draft(declared, column, entry, url=everything["lists"][0]["url"]), declared.source())
    compared = {k: v for k, v in example.items() if k not in ("text", "observed")}
    assert {k: plain(getattr(made, k)) for k in compared} == compared
    assert bare(made.text) == example["text"]
    assert plain(entry.observed) == example.get("observed")


@pytest.mark.parametrize("name", REAL)
def test_either_article_or_entry(name: str) -> None:
    """A source whose listing holds the documents has an expected entry, every other an expected article."""
    assert ("entry" in expected(name)) == REAL[name].detail.inline
    assert ("article" in expected(name)) != REAL[name].detail.inline
