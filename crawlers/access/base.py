"""What every access method speaks of: a call to make, entries that a listing names, the next calls. Pure data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from zoneinfo import ZoneInfo

from corpus.errors import SettingsError, Unreadable
from corpus.text import parse_date
from crawlers.source import Column

CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Call:
    """One request for a listing. `page` counts from 0; `memory` carries what earlier pages taught (a cursor, a captured id)."""

    url: str
    method: str = "GET"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    page: int = 0
    column: int = 0
    memory: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One document that a listing names. `fields` are metadata in our field names; `text` is set when the listing
    holds the document itself; `observed` is (platform, rank, heat) for a row of a hot list."""

    url: str
    title: str = ""
    date: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    observed: tuple[str, int | None, float | None] | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What one response of a listing says. `total` is the count that the site claims (None when it says nothing)."""

    entries: tuple[Entry, ...]
    next: tuple[Call, ...] = ()
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """An access method: parameters with defaults, the first calls of a column, the reading of a response."""

    params: Mapping[str, Any]
    first: Callable[[Column], tuple[Call, ...]]
    read: Callable[[Column, Call, bytes, str, str], Listing]

    def check(self, column: Column, where: str) -> None:
        """Raise SettingsError for a parameter that this method does not know."""
        if unknown := set(column.params) - set(self.params):
            raise SettingsError(f"{where}: unknown parameter of {column.url}", ", ".join(sorted(unknown)), f"allowed: {', '.join(sorted(self.params))}")


COMMON: dict[str, Any] = {
    "first": 1,  # number of the second page in `next`
    "size": 15,  # records a page
    "headers": {},  # headers of every call
    "capture": {},  # name = regex: taken from the first response, usable in templates
    "match": "",  # only entries whose address matches
    "skip": "",  # no entries whose title or address matches
    "next": "",  # template of the next page's address: {n} {offset} {size} {cursor} and captured names
    "pages": 0,  # cap of this column (0: the source's)
}


def param(column: Column, defaults: Mapping[str, Any], name: str) -> Any:
    """A parameter of a column, else its default."""
    return column.params.get(name, defaults[name])


def variables(column: Column, call: Call, defaults: Mapping[str, Any], page: int) -> dict[str, Any]:
    """What a template may use for page `page` (counted from 0; the number of page 1 is `first`)."""
    first, size = int(param(column, defaults, "first")), int(param(column, defaults, "size"))
    number = first + page - 1
    now = datetime.now(UTC)
    return {"n": number, "offset": page * size, "size": size, "start": page * size + 1, "end": (page + 1) * size, "year": now.year, "ms": int(now.timestamp() * 1000), **call.memory}


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """A template with its {names} filled; a string that is one name only keeps the value's type (`"{n}"` → 3)."""
    if isinstance(template, Mapping):
        return {k: fill(v, values) for k, v in template.items()}
    if isinstance(template, list | tuple):
        return [fill(v, values) for v in template]
    if not isinstance(template, str):
        return template
    if (whole := re.fullmatch(r"\{(\w+)\}", template)) and whole[1] in values:
        return values[whole[1]]
    return re.sub(r"\{(\w+)\}", lambda m: str(values[m[1]]) if m[1] in values else m[0], template)


def with_query(url: str, query: Mapping[str, Any]) -> str:
    """`url` with parameters; mappings and lists as compact JSON."""
    flat = {k: v if isinstance(v, str | int | float) else json.dumps(v, ensure_ascii=False, separators=(",", ":")) for k, v in query.items()}
    return url if not flat else f"{url}{'&' if '?' in url else '?'}{urlencode(flat)}"


def captured(column: Column, defaults: Mapping[str, Any], text: str, memory: Mapping[str, str]) -> dict[str, str]:
    """`memory` with what `capture` finds in a response."""
    found = dict(memory)
    for name, pattern in param(column, defaults, "capture").items():
        if match := re.search(pattern, text):
            found[name] = match[1]
    return found


_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML may hold, and so no selector takes."""


def decode(data: bytes, content_type: str) -> str:
    """Text of a response by its header, its meta tag, its bytes (gb2312 is read as gb18030)."""
    from w3lib.encoding import html_to_unicode

    encoding, text = html_to_unicode(content_type, data, default_encoding="utf-8", auto_detect_fun=_guess)
    return _UNFIT.sub("", data.decode("gb18030", "replace") if encoding in ("gbk", "gb2312", "gb18030") else str(text))


def _guess(data: bytes) -> str:
    for name in ("utf-8", "gb18030"):
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "utf-8"


def parse_json(data: bytes, content_type: str) -> Any:
    """JSON of a response, JSONP unwrapped; raises Unreadable."""
    text = decode(data, content_type).strip().lstrip("\ufeff")
    if (wrapped := re.fullmatch(r"[\w.$]*\((.*)\)\s*;?", text, re.S)) is not None:
        text = wrapped[1]
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unreadable("the response is not JSON", text[:80], "the endpoint changed, or a challenge page was served") from error


def day(value: Any) -> str:
    """A date of a listing as ISO: text in many forms, epoch seconds or milliseconds; empty when there is none."""
    if value is None or value == "":
        return ""
    if (isinstance(value, int | float) and 1e8 < value < 1e13) or re.fullmatch(r"1\d{9}(?:\d{3})?", str(value)):
        number = float(value)
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, CHINA).date().isoformat()
    return parse_date(str(value).strip(" []（）()\n\t"))


def tidy(text: str | None) -> str:
    """One line of text without tags and doubled spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text or "")).strip()


def address(base: str, href: str) -> str:
    """An absolute http(s) address without fragment; empty for anything else (nothing, javascript:, mailto:, data:)."""
    if not href.strip():
        return ""
    try:
        url = urljoin(base, href.strip())
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts._replace(fragment="").geturl() if parts.scheme in ("http", "https") and parts.hostname else ""


def kept(column: Column, defaults: Mapping[str, Any], entries: list[Entry]) -> tuple[Entry, ...]:
    """Entries that the column asks for, one an address."""
    match, skip = str(param(column, defaults, "match")), str(param(column, defaults, "skip"))
    found: dict[str, Entry] = {}
    for e in entries:
        if e.url and (not match or re.search(match, e.url)) and not (skip and re.search(skip, e.title + " " + e.url)):
            found.setdefault(e.url, e)
    return tuple(found.values())


def after(call: Call, **changes: Any) -> Call:
    """The call that follows `call`."""
    return replace(call, page=call.page + 1, **changes)
