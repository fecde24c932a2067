"""Between listings and the frontier: calls and entries become targets, rows become calls again. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from corpus.store.frontier import Row, Target
from crawlers.access import ACCESS, Call, Entry
from crawlers.source import Column, Declaration


def host_of(url: str) -> str:
    """The host that manners are kept with."""
    return (urlsplit(url).hostname or "").lower()


def of_call(declared: Declaration, call: Call, column: int) -> Target:
    """The target of a listing call."""
    request = {"method": call.method, "body": call.body, "headers": dict(call.headers), "page": call.page, "column": column, "memory": dict(call.memory)}
    return Target(declared.id, "list", call.url, host_of(call.url), request)


def call_of(row: Row) -> Call:
    """The listing call of a row."""
    r = row.request
    return Call(row.url, r["method"], r["body"], r["headers"], int(r["page"]), int(r["column"]), r.get("memory", {}))


def seeds(declared: Declaration) -> list[Target]:
    """The first calls of every column."""
    access = ACCESS[declared.access]
    return [of_call(declared, call, i) for i, column in enumerate(declared.columns) for call in access.first(column)]


def of_entry(declared: Declaration, entry: Entry, column: int, referer: str) -> Target:
    """The target of a page that a listing names; its mark changes when the listing shows it changed."""
    hints = {"title": entry.title, "date": entry.date, "fields": _plain(entry.fields), "extra": _plain(entry.extra), "kind": declared.columns[column].kind}
    mark = hashlib.sha256(json.dumps([hints["title"], hints["date"], hints["fields"]], ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]
    return Target(declared.id, "page", entry.url, host_of(entry.url), {"headers": {"Referer": referer}}, hints, mark)


def of_file(declared: Declaration, url: str, title: str, page: Row) -> Target:
    """The target of a file beside a page."""
    return Target(declared.id, "file", url, host_of(url), {"headers": {"Referer": page.url}}, {"title": title}, "", page.key)


def column_of(declared: Declaration, row: Row) -> Column:
    """The column of a listing row."""
    return declared.columns[int(row.request["column"])]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
