"""Hanweb (大汉): jpage with its dataproxy.jsp, and JPaaS with its page-build unit and queryList."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from corpus.errors import Unreadable
from crawlers.access.api import number, one, walk
from crawlers.access.base import COMMON, Access, Call, Entry, Listing, address, after, day, decode, kept, param, parse_json, tidy, with_query
from crawlers.access.listing import PARAMS as HTML_PARAMS
from crawlers.access.listing import entries_of
from crawlers.source import Column

_LIST = {k: HTML_PARAMS[k] for k in ("item", "title", "link", "date", "number", "fields")}
JPAGE: dict[str, Any] = {
    **COMMON, **_LIST,
    "size": 45,  # stride of one call (perpage × 3 on most servers)
    "date": "b, span",
    "columnid": "", "unitid": "", "webid": "", "webname": "", "appid": "1", "path": "/",
    "proxy": "/module/web/jpage/dataproxy.jsp",
    "direct": False,  # the column page holds no inline records: begin with the proxy
    "method": "POST",
    "by_page": False,  # servers that ignore startrecord and want page=
}  # fmt: skip
JPAAS: dict[str, Any] = {
    **COMMON, **_LIST,
    "unit": "/api-gateway/jpaas-publish-server/front/page/build/unit",
    "web": "", "tpl": "", "tag": "", "page_id": "", "parse": "bulidstatic",
}  # fmt: skip
QUERY: dict[str, Any] = {**COMMON, "unit": "", "website": "", "channel": "", "sort": "pubDate"}


def jpage_call(column: Column, call: Call, start: int, size: int) -> Call:
    """The dataproxy call for records `start` … `start + size - 1`."""
    columnid = str(param(column, JPAGE, "columnid")) or _columnid(column.url)
    form = {
        "col": 1, "appid": param(column, JPAGE, "appid"), "webid": call.memory.get("webid") or param(column, JPAGE, "webid"), "path": param(column, JPAGE, "path"),
        "columnid": columnid, "sourceContentType": 1, "unitid": call.memory.get("unitid") or param(column, JPAGE, "unitid"),
        "webname": param(column, JPAGE, "webname"), "permissiontype": 0,
    }  # fmt: skip
    span: dict[str, Any] = {"page": call.page + 1} if param(column, JPAGE, "by_page") else {"startrecord": start, "endrecord": start + size - 1, "perpage": max(1, size // 3)}
    url = with_query(urljoin(column.url, str(param(column, JPAGE, "proxy"))), span)
    headers = {"Referer": column.url, "X-Requested-With": "XMLHttpRequest", **column.params.get("headers", {})}
    memory = {**call.memory, "start": str(start)}
    if param(column, JPAGE, "method") == "GET":
        return Call(with_query(url, form), headers=headers, page=call.page, column=call.column, memory=memory)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return Call(url, "POST", urlencode(form), headers, call.page, call.column, memory)


def _columnid(url: str) -> str:
    match = re.search(r"/col/col(\d+)", url)
    return match[1] if match else ""


def _jpage_first(column: Column) -> tuple[Call, ...]:
    if param(column, JPAGE, "direct"):
        return (jpage_call(column, Call(column.url), 1, int(param(column, JPAGE, "size"))),)
    return (Call(column.url, headers=column.params.get("headers", {})),)


def _jpage_read(column: Column, call: Call, data: bytes, content_type: str, url: str) -> Listing:
    text = decode(data, content_type)
    records = re.findall(r"<record>\s*<!\[CDATA\[(.*?)\]\]>\s*</record>", text, re.S)
    if not records and "datastore" not in text and "jpage(" not in text:
        raise Unreadable("no Hanweb records in the response", text[:60], "look at the column in a browser")
    found = kept(column, JPAGE, [e for r in records for e in entries_of(r, column, {**JPAGE, "item": "li"} if "<li" in r else {**JPAGE, "item": "body"}, column.url)])
    total = _number(r"<totalrecord>\s*(\d+)", text) or _number(r"totalRecord\D{0,4}(\d+)", text)
    memory = dict(call.memory) | {k: m[1] for k, p in {"unitid": r"\$\(['\"]#(\d+)['\"]\)\.jpage", "webid": r"[?&;'\"]?webid['\"=:\s]+(\d+)"}.items() if (m := re.search(p, text)) and k not in call.memory}
    start = int(call.memory.get("start", "1"))
    size = int(param(column, JPAGE, "size"))
    if not records or (total is not None and start - 1 + len(records) >= total):
        return Listing(found, (), total)
    following = jpage_call(column, after(call, memory=memory), start + len(records), size)
    return Listing(found, (following,), total)


def _number(pattern: str, text: str) -> int | None:
    match = re.search(pattern, text)
    return int(match[1]) if match else None


def jpaas_call(column: Column, page: int, number: int = 0) -> Call:
    """The unit call for page `page` (0-based here, 1-based on the wire); paging works through paramJson only."""
    size = int(param(column, JPAAS, "size"))
    query = {
        "parseType": param(column, JPAAS, "parse"), "webId": param(column, JPAAS, "web"), "tplSetId": param(column, JPAAS, "tpl"), "pageType": "column",
        "tagId": param(column, JPAAS, "tag"), "editType": "null", "pageId": param(column, JPAAS, "page_id") or _columnid(column.url), "paramJson": {"pageNo": page + 1, "pageSize": size},
    }  # fmt: skip
    url = with_query(urljoin(column.url, str(param(column, JPAAS, "unit"))), query)
    return Call(url, headers={"Referer": column.url, **column.params.get("headers", {})}, page=page, column=number)


def _jpaas_read(column: Column, call: Call, data: bytes, content_type: str, url: str) -> Listing:
    html = str(one(parse_json(data, content_type), "data.html") or "")
    found = kept(column, JPAAS, entries_of(html, column, JPAAS, column.url))
    total, rows = _number(r"count=['\"]?(\d+)", html), _number(r"rows=['\"]?(\d+)", html) or int(param(column, JPAAS, "size"))
    more = bool(found) and (total is None or (call.page + 1) * rows < total)
    return Listing(found, (jpaas_call(column, call.page + 1, call.column),) if more else (), total)


def query_call(column: Column, page: int, number: int = 0) -> Call:
    """The queryList call: POST with a JSON body (GET answers 404)."""
    body = {
        "current": page + 1, "unitid": param(column, QUERY, "unit"), "webSiteCode": [param(column, QUERY, "website")], "channelCode": [param(column, QUERY, "channel")],
        "pageSize": param(column, QUERY, "size"), "sort": param(column, QUERY, "sort"), "order": "desc",
    }  # fmt: skip
    parts = urlsplit(column.url)
    headers = {"Referer": column.url, "Content-Type": "application/json", **column.params.get("headers", {})}
    return Call(f"{parts.scheme}://{parts.netloc}/queryList", "POST", json.dumps(body), headers, page, number)


def _query_read(column: Column, call: Call, data: bytes, content_type: str, url: str) -> Listing:
    body = parse_json(data, content_type)
    found = body.get("data") if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise Unreadable("no data in the queryList response", str(body)[:60], "look at the column in a browser")
    entries = [_query_entry(row, column.url) for row in walk(found, "results.*")]
    size, total = int(param(column, QUERY, "size")), number(found.get("total")) or 0
    more = bool(entries) and (call.page + 1) * size < total
    return Listing(kept(column, QUERY, entries), (query_call(column, call.page + 1, call.column),) if more else (), total)


def _query_entry(row: Any, base: str) -> Entry:
    """`urls` is JSON in a string: {"pc", "common"}; older servers give `url`."""
    link, title = (one(row, f"source.{p}|{p}") for p in ("urls.pc|source.urls.common|source.url|urls.pc|urls.common|url", "title"))
    return Entry(address(base, str(link or "")), tidy(str(title or "")), day(one(row, "source.pubDate|pubDate")))


JPAGE_ACCESS = Access(JPAGE, _jpage_first, _jpage_read)
JPAAS_ACCESS = Access(JPAAS, lambda column: (jpaas_call(column, 0),), _jpaas_read)
QUERY_ACCESS = Access(QUERY, lambda column: (query_call(column, 0),), _query_read)
