"""The access methods: whatever a server answers gives a listing or an error of ours, and never an address that is not one."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import JianweiError, SettingsError
from crawlers.access import ACCESS, Call, Listing
from crawlers.access.api import flat, one, walk
from crawlers.access.base import address, day, fill, parse_json
from crawlers.source import Declaration, choose, load_sources, read_source, seconds

SOURCES = {i: d for i, d in load_sources().items() if d.access != "files"}
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8), lambda c: st.lists(c, max_size=3) | st.dictionaries(st.sampled_from(["data", "results", "html", "url", "title", "total", "articles", "list", "searchVO", "catMap", "listVO", "source", "urls"]), c, max_size=4), max_leaves=12)


def read(declared: Declaration, data: bytes, content_type: str) -> None:
    access = ACCESS[declared.access]
    for column in declared.columns:
        for call in access.first(column):
            try:
                listing = access.read(column, call, data, content_type, call.url)
            except JianweiError:
                continue
            assert isinstance(listing, Listing)
            assert all(urlsplit(e.url).scheme in ("http", "https") for e in listing.entries) and all(isinstance(c, Call) and urlsplit(c.url).scheme in ("http", "https") for c in listing.next)


@pytest.mark.parametrize("declared", [next(d for d in SOURCES.values() if d.access == a) for a in sorted({d.access for d in SOURCES.values()})], ids=lambda d: d.access)
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes(declared: Declaration, data: bytes) -> None:
    read(declared, data, "text/html; charset=utf-8")


@pytest.mark.parametrize("declared", [d for d in SOURCES.values() if d.access in ("json", "gov_library", "gkmlpt", "jpaas", "jpaas_query")], ids=lambda d: d.id)
@settings(max_examples=25, deadline=None)
@given(value=JSON)
def test_any_json(declared: Declaration, value: object) -> None:
    read(declared, json.dumps(value).encode(), "application/json")


@pytest.mark.parametrize("declared", SOURCES.values(), ids=lambda d: d.id)
@settings(max_examples=8, deadline=None)
@given(cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12))
def test_damaged_answers(declared: Declaration, cut: float, flips: list[tuple[float, int]]) -> None:
    folder = Path(__file__).parent / "sources" / declared.id
    for path in sorted(folder.glob("list*")) if folder.is_dir() else ():
        data = bytearray(path.read_bytes())
        for at, byte in flips:
            data[min(len(data) - 1, int(at * len(data)))] = byte
        read(declared, bytes(data[: int(cut * len(data)) + 1]), "application/json" if path.suffix == ".json" else "text/html")


@pytest.mark.parametrize(
    ("href", "expected"),
    [("a.html", "http://x.cn/b/a.html"), ("//y.cn/z", "http://y.cn/z"), ("javascript:void(0)", ""), ("mailto:a@b.cn", ""), ("#top", "http://x.cn/b/"), ("http://[::1", ""), ("", ""), ("data:text/html,x", "")],
)
def test_addresses(href: str, expected: str) -> None:
    assert address("http://x.cn/b/", href) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2026年3月5日", "2026-03-05"), ("[2026-03-05]", "2026-03-05"), ("2026.03.05", "2026-03-05"), (1772640000000, "2026-03-05"), ("1772640000", "2026-03-05"), ("", ""), (None, ""), ("昨天", "")],
)
def test_days(value: object, expected: str) -> None:
    assert day(value) == expected


@given(st.one_of(st.integers(), st.floats(), st.text(max_size=30), st.none(), st.booleans()))
def test_a_day_is_a_date_or_nothing(value: object) -> None:
    assert day(value) == "" or day(value)[:4].isdigit()


def test_paths_in_json() -> None:
    value = {"a": [{"b": 1}, {"b": None}, {"b": 3}], "s": '{"pc": "/x"}', "inv": {"新": [1], "政": [0]}}
    assert list(walk(value, "a.*.b")) == [1, 3] and one(value, "missing|s.pc") == "/x" and one(value, "a.-1.b") == 3
    assert flat(value, "inv") == "政 新" and one(value, "http://h/{s.pc}") == "http://h//x"
    assert fill({"n": "{n}", "t": "p{n}"}, {"n": 3}) == {"n": 3, "t": "p3"}
    assert parse_json(b'cb({"a": 1});', "text/javascript") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('id = "x"\npublisher = "p"\naccess = "none"\n[[columns]]\nurl = "http://a.cn/"', "access is one of"),
        ('id = "y"\npublisher = "p"\naccess = "static"\n[[columns]]\nurl = "http://a.cn/"', "must be the file's name"),
        ('id = "x"\npublisher = "p"\naccess = "static"', "needs columns"),
        ('id = "x"\npublisher = "p"\naccess = "static"\n[[columns]]\nurl = "ftp://a.cn/"', "http or https"),
        ('id = "x"\npublisher = "p"\naccess = "static"\n[[columns]]\nurl = "http://a.cn/"\nitme = "li"', "unknown parameter"),
        ('id = "x"\npublisher = "p"\naccess = "static"\ncycle = "often"\n[[columns]]\nurl = "http://a.cn/"', "no period"),
        ('id = "x"\naccess = "static"\n[[columns]]\nurl = "http://a.cn/"', "lacks a key"),
        ('id = "x"\npublisher = "p"\naccess = "static"\n[pace]\nspeed = 9\n[[columns]]\nurl = "http://a.cn/"', "unknown key"),
        ("id = ", "not valid TOML"),
    ],
)
def test_a_wrong_declaration_is_named(text: str, what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        read_source(text, "x.toml")


def test_sources_are_short_and_chosen_by_pattern() -> None:
    folder = Path(__file__).parent.parent / "crawlers" / "sources"
    assert all(len(p.read_text().splitlines()) <= 60 for p in folder.glob("*.toml"))
    assert {d.id for d in choose(load_sources(), ["demo"])} == {i for i in load_sources() if i.startswith("demo-")}
    assert not any(d.id.startswith("demo-") for d in choose(load_sources(), [], every=True)) and seconds("2w") == 14 * 86400
