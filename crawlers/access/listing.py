"""HTML lists: static pages with a numbered template, and TRS lists whose page count is printed by a script."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from corpus.errors import Unreadable
from crawlers.access.base import COMMON, Access, Call, Entry, Listing, address, after, captured, day, decode, fill, kept, param, tidy, variables
from crawlers.source import Column

PARAMS: dict[str, Any] = {
    **COMMON,
    "item": "li",  # CSS of one entry; "" means every link that `match` accepts
    "title": "a",  # CSS inside the entry: its title attribute, else its text
    "link": "a::attr(href)",
    "date": "span",
    "number": "",  # 文号, where the list prints it
    "count": "",  # regex whose first group is the number of pages
    "fields": {},  # our field name = CSS
}
TRS = {**PARAMS, "next": "index_{n}.html", "count": r"(?:createPageHTML|createPage)\s*\(\s*(\d+)|countPage\s*=\s*(\d+)"}


def value(node: Any, spec: str) -> str:
    """The text that a spec selects: CSS, `CSS::attr(x)`, and `CSS ~ regex` for its first group."""
    css, _, pattern = spec.partition(" ~ ")
    if "::" in css:
        text = node.css(css).get() or ""
    else:
        hit = node.css(css)
        text = tidy("".join(hit[0].css("*::text").getall())) if hit else ""
    if not pattern:
        return tidy(text)
    match = re.search(pattern, text)
    return tidy(match[1]) if match else ""


def _entry(node: Any, column: Column, defaults: dict[str, Any], base: str) -> Entry:
    spec = str(param(column, defaults, "title"))
    hit = node.css(spec.partition(" ~ ")[0].partition("::")[0])
    title = tidy(hit[0].attrib.get("title")) if hit and "::" not in spec and hit[0].attrib.get("title") else value(node, spec)
    fields = {name: found for name, css in param(column, defaults, "fields").items() if (found := value(node, css))}
    if number := param(column, defaults, "number"):
        fields["doc_number"] = value(node, number)
    date = str(param(column, defaults, "date"))
    return Entry(address(base, value(node, str(param(column, defaults, "link")))), title, day(value(node, date)) if date else "", {k: v for k, v in fields.items() if v})


def entries_of(html: str, column: Column, defaults: dict[str, Any], base: str) -> list[Entry]:
    """Entries of a piece of HTML."""
    from parsel import Selector

    if not html.strip():
        return []
    root = Selector(text=html, type="html")
    item = str(param(column, defaults, "item"))
    if item:
        return [_entry(node, column, defaults, base) for node in root.css(item)]
    return [Entry(address(base, a.attrib["href"]), tidy(a.attrib.get("title") or "".join(a.css("*::text").getall()))) for a in root.css("a[href]")]


def _first(column: Column) -> tuple[Call, ...]:
    return (Call(column.url, headers=column.params.get("headers", {})),)


def _pages(html: str, column: Column, defaults: dict[str, Any]) -> int | None:
    pattern = str(param(column, defaults, "count"))
    match = re.search(pattern, html) if pattern else None
    return int(next(g for g in match.groups() if g)) if match else None


def _reader(defaults: dict[str, Any]) -> Any:
    def read(column: Column, call: Call, data: bytes, content_type: str, url: str) -> Listing:
        html = decode(data, content_type)
        if "<" not in html:
            raise Unreadable("the list is not HTML", html[:60], "look at the address in a browser")
        found = kept(column, defaults, entries_of(html, column, defaults, url))
        pages = _pages(html, column, defaults) if call.page == 0 else int(call.memory["pages"]) if "pages" in call.memory else None
        memory = captured(column, defaults, html, call.memory) | ({} if pages is None else {"pages": str(pages)})
        template = str(param(column, defaults, "next"))
        if not found or not template or (pages is not None and call.page + 1 >= pages):
            return Listing(found)
        following = fill(template, variables(column, call, defaults, call.page + 1) | memory)
        return Listing(found, (after(call, url=urljoin(column.url, following), memory=memory),))

    return read


STATIC_ACCESS = Access(PARAMS, _first, _reader(PARAMS))
TRS_ACCESS = Access(TRS, _first, _reader(TRS))
