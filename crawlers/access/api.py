"""Paged JSON: search APIs, libraries, literature, hot lists. Fields are named by paths.

A path is `a.b.c`; `*` walks every element of a list or value of an object; `x|y` tries y when x is empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

from corpus.errors import Unreadable
from crawlers.access.base import (
    COMMON,
    Access,
    Call,
    Entry,
    Listing,
    address,
    captured,
    day,
    decode,
    fill,
    kept,
    param,
    parse_json,
    tidy,
    variables,
    with_query,
)
from crawlers.source import Column

JSON: dict[str, Any] = {
    **COMMON,
    "query": {},  # parameters of the address
    "form": {},  # form body (POST)
    "json": {},  # JSON body (POST)
    "rows": "",  # path of the records
    "title": "title",
    "link": "url",  # a path, or a template with {paths in the record}
    "date": "",
    "text": "",  # path of the text, when the record holds the document
    "join": "",  # paths joined as paragraphs behind the text: "abstract; keywords"
    "fields": {},  # our field name = path
    "extra": {},  # name in Document.extra = path
    "total": "",  # path of the number of records
    "pages_total": "",  # path of the number of pages
    "cursor": "",  # path of the next cursor; the address or body then uses {cursor}
    "start_cursor": "*",
    "embedded": "",  # regex whose group 1 is JSON inside HTML
    "platform": "", "heat": "",  # a hot list: rows are observations of titles
}  # fmt: skip
GOV_LIBRARY: dict[str, Any] = {
    **JSON,
    "query": {"t": "zhengcelibrary", "q": "", "timetype": "timeqb", "mintime": "", "maxtime": "", "sort": "pubtime", "sortType": 1, "searchfield": "title", "p": "{n}", "n": "{size}", "inpro": "", "bmfl": "", "dup": "", "orpro": ""},
    "rows": "searchVO.catMap.*.listVO.*|searchVO.listVO.*",
    "date": "pubtimeStr|pubtime|ptime",
    "fields": {"doc_number": "pcode", "issuers": "puborg", "index_number": "index"},
    "total": "searchVO.totalCount",
    "size": 20,
}  # fmt: skip
GKMLPT: dict[str, Any] = {
    **JSON,
    "api": "/gkmlpt/api/all/0", "sid": "",
    "query": {"page": "{n}", "sid": "{SID}"},
    "rows": "articles.*", "link": "url|post_url", "date": "date|display_publish_time|created_at", "total": "total|classify.post_count", "size": 100,
    "fields": {"doc_number": "document_number", "index_number": "identifier", "issuers": "publisher"},
}  # fmt: skip


def walk(value: Any, path: str) -> Iterator[Any]:
    """Every value that a path leads to; the alternatives of `|` are tried in order."""
    for choice in path.split("|"):
        found = [v for v in _walk(value, choice.split(".")) if v not in (None, "", [])]
        if found:
            yield from found
            return


def _walk(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps or steps == [""]:
        yield value
        return
    head, rest = steps[0], steps[1:]
    if isinstance(value, str) and value[:1] in "[{":
        try:
            value = json.loads(value)  # JSON inside a string
        except ValueError:
            return
    if head == "*" and isinstance(value, list | dict):
        for v in value.values() if isinstance(value, dict) else value:
            yield from _walk(v, rest)
    elif isinstance(value, dict) and head in value:
        yield from _walk(value[head], rest)
    elif isinstance(value, list) and head.lstrip("-").isdigit() and -len(value) <= int(head) < len(value):
        yield from _walk(value[int(head)], rest)


def one(value: Any, path: str) -> Any:
    """The first value of a path, None when there is none; a path in {braces} is a template."""
    if "{" in path:
        filled = re.sub(r"\{([\w.|*-]+)\}", lambda m: str(next(walk(value, m[1]), "")), path)
        return filled
    return next(walk(value, path), None) if path else None


def number(value: Any) -> int | None:
    """A count as it is written, None for anything else."""
    return int(value) if isinstance(value, int | str) and not isinstance(value, bool) and re.fullmatch(r"\d{1,9}", str(value)) else None


def flat(value: Any, path: str) -> str:
    """The values of a path as one text: lists are joined, an inverted index (word → positions) is put back in order."""
    parts = []
    for v in walk(value, path):
        if isinstance(v, dict) and v and all(isinstance(p, list) and all(isinstance(i, int) for i in p) for p in v.values()):
            placed = sorted((i, word) for word, places in v.items() for i in places)
            parts.append(" ".join(word for _, word in placed))
        else:
            parts.extend(str(x) for x in v) if isinstance(v, list) else parts.append(str(v))
    return "；".join(tidy(p) for p in parts)


def call_for(column: Column, defaults: Mapping[str, Any], call: Call, page: int) -> Call:
    """The call for a page, from the column's templates."""
    memory = dict(call.memory)
    if param(column, defaults, "cursor"):
        memory.setdefault("cursor", str(param(column, defaults, "start_cursor")))
    values = variables(column, Call(column.url, memory=memory), defaults, page)
    values["n"] = int(param(column, defaults, "first")) + page
    query = {**defaults["query"], **column.params.get("query", {})}
    headers = dict(param(column, defaults, "headers"))
    template = str(param(column, defaults, "next"))
    target = urljoin(column.url, fill(template, values)) if template and page else fill(column.url, values)
    url = with_query(target, fill({k: v for k, v in query.items() if v is not None}, values))
    if form := param(column, defaults, "form"):
        return Call(url, "POST", urlencode(fill(form, values)), {"Content-Type": "application/x-www-form-urlencoded", **headers}, page, call.column, memory)
    if body := param(column, defaults, "json"):
        return Call(url, "POST", json.dumps(fill(body, values), ensure_ascii=False), {"Content-Type": "application/json", **headers}, page, call.column, memory)
    return Call(url, "GET", "", headers, page, call.column, memory)


def _entry(row: Any, rank: int, column: Column, defaults: Mapping[str, Any], base: str) -> Entry:
    link, title = str(one(row, str(param(column, defaults, "link"))) or ""), tidy(str(one(row, str(param(column, defaults, "title"))) or ""))
    paragraphs = [flat(row, p.strip()) for p in f"{param(column, defaults, 'text')};{param(column, defaults, 'join')}".split(";") if p.strip()]
    fields: dict[str, Any] = {name: found for name, path in param(column, defaults, "fields").items() if (found := flat(row, path))}
    if "issuers" in fields:
        fields["issuers"] = tuple(fields["issuers"].split())
    extra = {name: _listed(name, found) for name, path in param(column, defaults, "extra").items() if (found := _plain(row, path)) not in (None, "")}
    platform = str(param(column, defaults, "platform"))
    heat = one(row, str(param(column, defaults, "heat")))
    observed = (platform, rank, _heat(heat)) if platform else None
    return Entry(address(base, link), title, day(one(row, str(param(column, defaults, "date")))), fields, "\n\n".join(p for p in paragraphs if p), extra, observed)


def _plain(row: Any, path: str) -> Any:
    found = list(walk(row, path))
    if not found:
        return None
    return found[0] if "*" not in path and len(found) == 1 and not isinstance(found[0], dict) else [str(f) for f in found]


def _listed(name: str, value: Any) -> Any:
    """Authors and keywords are lists, also where the record has them in one string."""
    return [w for w in re.split(r"\s*[；;]\s*", value) if w] if name in ("authors", "keywords") and isinstance(value, str) else value


def _heat(value: Any) -> float | None:
    match = re.search(r"(\d{1,15}(?:\.\d+)?)\s*(万|亿)?", str(value)) if value is not None else None
    return float(match[1]) * {"万": 1e4, "亿": 1e8}.get(match[2] or "", 1.0) if match else None


def _reader(defaults: Mapping[str, Any]) -> Any:
    def read(column: Column, call: Call, data: bytes, content_type: str, url: str) -> Listing:
        body = _body(column, defaults, data, content_type)
        rows = list(walk(body, str(param(column, defaults, "rows"))))
        if not rows and not isinstance(body, dict | list):
            raise Unreadable("the response holds no records", str(body)[:60], "the endpoint changed")
        entries = kept(column, defaults, [_entry(r, i, column, defaults, url) for i, r in enumerate(rows, 1)])
        total = one(body, str(param(column, defaults, "total")))
        count = number(total)
        return Listing(entries, _next(column, defaults, call, body, len(rows), count), count)

    return read


def _body(column: Column, defaults: Mapping[str, Any], data: bytes, content_type: str) -> Any:
    pattern = str(param(column, defaults, "embedded"))
    if not pattern:
        return parse_json(data, content_type)
    match = re.search(pattern, decode(data, content_type), re.S)
    if match is None:
        raise Unreadable("the page holds no embedded JSON", pattern, "the page changed, or a challenge was served")
    return parse_json(match[1].encode(), "application/json; charset=utf-8")


def _next(column: Column, defaults: Mapping[str, Any], call: Call, body: Any, rows: int, total: int | None) -> tuple[Call, ...]:
    if not rows or param(column, defaults, "platform"):
        return ()
    memory = captured(column, defaults, "", call.memory)
    if path := str(param(column, defaults, "cursor")):
        following = one(body, path)
        return (call_for(column, defaults, Call(call.url, page=call.page, column=call.column, memory={**memory, "cursor": str(following)}), call.page + 1),) if following else ()
    pages = one(body, str(param(column, defaults, "pages_total")))
    size = int(param(column, defaults, "size"))
    last = number(pages)
    done = call.page + 1 >= last if last is not None else total is not None and (call.page + 1) * size >= total
    paged = "{n}" in repr(column.params) + repr(defaults) or "{offset}" in repr(column.params) or "{start}" in repr(column.params)
    return () if done or not paged else (call_for(column, defaults, call, call.page + 1),)


def _gkmlpt_call(column: Column, sid: str, page: int = 0) -> Call:
    api = Column(urljoin(column.url, str(param(column, GKMLPT, "api"))), column.kind, column.name, column.params)
    return call_for(api, GKMLPT, Call(api.url, memory={"SID": sid}), page)


def _gkmlpt_first(column: Column) -> tuple[Call, ...]:
    sid = str(param(column, GKMLPT, "sid"))
    return (_gkmlpt_call(column, sid) if sid else Call(column.url, headers=column.params.get("headers", {})),)


def _gkmlpt_read(column: Column, call: Call, data: bytes, content_type: str, url: str) -> Listing:
    if not call.memory.get("SID"):  # the directory page, which names the site's number
        match = re.search(r"SID\W{1,6}(\d+)", decode(data, content_type))
        if match is None:
            raise Unreadable("the directory names no SID", column.url, "set sid in the declaration")
        return Listing((), (_gkmlpt_call(column, match[1]),))
    api = Column(urljoin(column.url, str(param(column, GKMLPT, "api"))), column.kind, column.name, column.params)
    listing: Listing = _reader(GKMLPT)(api, call, data, content_type, url)
    return listing


JSON_ACCESS = Access(JSON, lambda column: (call_for(column, JSON, Call(column.url), 0),), _reader(JSON))
LIBRARY_ACCESS = Access(GOV_LIBRARY, lambda column: (call_for(column, GOV_LIBRARY, Call(column.url), 0),), _reader(GOV_LIBRARY))
GKMLPT_ACCESS = Access(GKMLPT, _gkmlpt_first, _gkmlpt_read)
