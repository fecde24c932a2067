"""The declaration of a source: one TOML file of at most 60 lines in `sources/`, or in `HOME/sources/`.

    id = "most-gfxwj"                  # also the file's name
    archive = false                    # true: publication time counts as first seen (a closed archive, the demo)
    publisher, name, level, region_code, kind, official, security, share, open, cycle, verified, verified_on, evidence, notes, notice
    access = "static"                  # a name of crawlers.access.ACCESS
    browser = false, wait_for = "css"  # true: lists and pages are rendered by Chromium, which waits for the selector in lists
    hosts = ["*.mof.gov.cn"]           # further hosts that pages may lie on
    [pace]   delay, concurrency, quiet, pages, documents, recheck
    [params] parameters of the access method, shared by all columns
    [[columns]] url, kind, name and any parameter of its own
    [detail] selectors of the page: title, date, source, number, body, notice, attachments, related, extra, fields
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from corpus.errors import NotFound, SettingsError
from corpus.models import Kind, Level, Source

_UNITS = {"h": 3600, "d": 86400, "w": 7 * 86400}


@dataclass(frozen=True, slots=True)
class Pace:
    """Manners: `delay` seconds between requests of a host (below 3 only for hosts of the demo), `quiet` hours in
    Asia/Shanghai ("07:30-09:00"), caps of list pages a column and of documents a run, `recheck` the shortest time
    before an unchanged page is asked for again ("0h" at every run)."""

    delay: float = 3.0
    concurrency: int = 1
    quiet: tuple[str, ...] = ()
    pages: int = 20
    documents: int = 2000
    recheck: str = "1d"

    @property
    def recheck_seconds(self) -> int:
        return seconds(self.recheck)


@dataclass(frozen=True, slots=True)
class Detail:
    """CSS selectors of a page, all optional. `inline`: the listing itself holds the documents. `extra`: label of the
    page's table = key of Document.extra; `fields`: our field name = CSS of what is printed without a label."""

    title: str = ""
    date: str = ""
    source: str = ""
    number: str = ""
    body: str = ""
    notice: str = ""
    attachments: str = ""
    related: str = ""
    inline: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


VERIFIED = ("live", "documentation", "file", "partly", "inferred", "demo")
"""How far the structure of a source is known: seen live, documented by the publisher, stated in a public file, partly so, taken
over from a sibling site, or our own demo portal (sources/README.md)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a site: its first address and the parameters of the access method."""

    url: str
    kind: str
    name: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A source as declared."""

    id: str
    publisher: str
    access: str
    columns: tuple[Column, ...]
    name: str = ""
    level: str | None = None
    region_code: str = ""
    kind: str = "policy"
    official: bool = True
    security: int = 1
    share: str = ""
    open: str = ""
    cycle: str = "1d"
    verified: str = "inferred"
    verified_on: str = ""
    evidence: str = ""
    notes: str = ""
    notice: str = ""
    hosts: tuple[str, ...] = ()
    archive: bool = False
    browser: bool = False
    wait_for: str = ""
    pace: Pace = field(default_factory=Pace)
    detail: Detail = field(default_factory=Detail)

    def source(self) -> Source:
        """The record that the store and the interface show."""
        return Source(
            id=self.id, publisher=self.publisher + (f" · {self.name}" if self.name else ""), level=self.level, region_code=self.region_code, kind=self.kind,
            access=self.access, cycle=self.cycle, security=self.security, verified=self.verified, url=self.columns[0].url, share=self.share, open=self.open, official=self.official,
        )  # fmt: skip

    @property
    def cycle_seconds(self) -> int:
        return seconds(self.cycle)

    def own_hosts(self) -> frozenset[str]:
        """Hosts of the columns."""
        return frozenset(urlsplit(c.url).hostname or "" for c in self.columns)

    def covers(self, url: str) -> bool:
        """Whether a page of this source may lie at `url`: a host of a column, one below it, or one of `hosts`."""
        host = urlsplit(url).hostname or ""
        patterns = [*self.hosts, *self.own_hosts()]
        return any(fnmatchcase(host, p) or host.endswith("." + p.removeprefix("www.")) for p in patterns)


def seconds(period: str) -> int:
    """`30h`, `2d`, `1w` in seconds; raises SettingsError."""
    match = re.fullmatch(r"(\d+)([hdw])", period)
    if match is None:
        raise SettingsError("this is no period", period, "write a number and h, d or w, such as 12h")
    return int(match[1]) * _UNITS[match[2]]


def _only(record: type, values: Mapping[str, Any], where: str) -> dict[str, Any]:
    allowed = {f.name for f in fields(record)}
    if unknown := set(values) - allowed:
        raise SettingsError(f"unknown key in {where}", ", ".join(sorted(unknown)), f"allowed: {', '.join(sorted(allowed))}")
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


def declaration(values: Mapping[str, Any], where: str) -> Declaration:
    """A checked declaration from parsed TOML; raises SettingsError that names the file and the key."""
    rest = dict(values)
    shared = dict(rest.pop("params", {}))
    kind = str(rest.get("kind", "policy"))
    columns = tuple(_column(dict(c), kind, shared) for c in rest.pop("columns", ()))
    try:
        made = Declaration(
            columns=columns,
            pace=Pace(**_only(Pace, rest.pop("pace", {}), f"{where} [pace]")),
            detail=Detail(**_only(Detail, rest.pop("detail", {}), f"{where} [detail]")),
            **_only(Declaration, rest, where),
        )
    except TypeError as error:
        raise SettingsError("a declaration lacks a key", where, str(error)) from error
    _check(made, where)
    return made


def _column(values: dict[str, Any], kind: str, shared: Mapping[str, Any]) -> Column:
    url, name = str(values.pop("url", "")), str(values.pop("name", ""))
    return Column(url, str(values.pop("kind", kind)), name, {**shared, **values})


def _check(made: Declaration, where: str) -> None:
    from crawlers.access import ACCESS

    levels = [str(level) for level in Level]
    problems = [
        ("the id must be the file's name", made.id, made.id != Path(where).stem),
        ("a source needs columns", made.id, not made.columns),
        (f"access is one of {', '.join(sorted(ACCESS))}", made.access, made.access not in ACCESS),
        (f"level is one of {', '.join(levels)}", made.level, made.level is not None and made.level not in levels),
        (f"verified is one of {', '.join(VERIFIED)}", made.verified, made.verified not in VERIFIED),
        ("security is 1..4", made.security, made.security not in (1, 2, 3, 4)),
        *((f"kind is one of {', '.join(Kind)}", c.kind, c.kind not in tuple(Kind)) for c in made.columns),
        *(("an address is http or https", c.url, made.access != "files" and urlsplit(c.url).scheme not in ("http", "https")) for c in made.columns),
    ]
    for what, value, wrong in problems:
        if wrong:
            raise SettingsError(f"{where}: {what}", value, "see crawlers/source.py")
    for column in made.columns:
        ACCESS[made.access].check(column, where)
    assert made.cycle_seconds and made.pace.recheck_seconds >= 0


def read_source(text: str, where: str) -> Declaration:
    """A declaration from the text of its file."""
    try:
        return declaration(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("a declaration is not valid TOML", where, str(error)) from error


@cache
def _shipped() -> dict[str, Declaration]:
    folder = files("crawlers").joinpath("sources")
    found = [read_source(e.read_text("utf-8"), e.name) for e in folder.iterdir() if e.name.endswith(".toml")]
    return {d.id: d for d in sorted(found, key=lambda d: d.id)}


def load_sources(folder: Path | None = None) -> dict[str, Declaration]:
    """The shipped declarations by id, and those of `folder` (they win over shipped ones of the same id)."""
    found = dict(_shipped())
    for path in sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else ():
        found[path.stem] = read_source(path.read_text("utf-8"), str(path.name))
    return found


def paced(declared: Declaration, changes: Mapping[str, Any]) -> Declaration:
    """The declaration with parts of its pace changed (a check asks for less, a test without pauses)."""
    return replace(declared, pace=replace(declared.pace, **changes)) if changes else declared


def choose(declared: Mapping[str, Declaration], names: Iterable[str], *, every: bool = False) -> list[Declaration]:
    """Declarations by id or pattern (`most-*`; `demo` is every demo source); `every` leaves the demo out."""
    if every:
        return [d for i, d in declared.items() if not i.startswith("demo-")]
    chosen: dict[str, Declaration] = {}
    for name in names:
        pattern = "demo-*" if name == "demo" else name
        hits = {i: d for i, d in declared.items() if fnmatchcase(i, pattern)}
        if not hits:
            raise NotFound("no such source", name, "see `jianwei sources`")
        chosen.update(hits)
    return list(chosen.values())
