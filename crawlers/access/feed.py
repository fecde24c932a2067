"""RSS, Atom and sitemaps. XML is read without entities and without the network."""

from __future__ import annotations

import re
import zlib
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from corpus.errors import Oversized, Unreadable
from crawlers.access.base import CHINA, COMMON, Access, Call, Entry, Listing, address, after, day, fill, kept, param, tidy, variables
from crawlers.source import Column

INFLATED = 50_000_000
FEED: dict[str, Any] = {**COMMON, "text": False}  # text: the feed holds the document (arXiv's abstract)
SITEMAP: dict[str, Any] = {**COMMON, "children": ""}  # children: regex of the child sitemaps to follow


def parse_xml(data: bytes) -> Any:
    """The root element; entities are never resolved. Raises Unreadable."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("the feed is not XML", data[:60].decode("utf-8", "replace"), str(error)) from error
    if root is None:
        raise Unreadable("the feed is not XML", data[:60].decode("utf-8", "replace"), "the address changed, or a challenge was served")
    return root


def _name(node: Any) -> str:
    return node.tag.rsplit("}", 1)[-1].lower() if isinstance(node.tag, str) else ""


def _children(node: Any, *names: str) -> list[Any]:
    return [c for c in node if _name(c) in names]


def _text(node: Any, *names: str) -> str:
    for name in names:
        for child in _children(node, name):
            if text := "".join(child.itertext()).strip():
                return text
    return ""


def _moment(text: str) -> str:
    """Date of RFC 822 or ISO 8601 as the calendar date in Asia/Shanghai."""
    from datetime import datetime

    try:
        moment = parsedate_to_datetime(text) if re.match(r"[A-Za-z]{3},|\d{1,2} [A-Za-z]", text) else datetime.fromisoformat(text.strip())
    except ValueError:
        return day(text)
    return (moment.astimezone(CHINA) if moment.tzinfo else moment).date().isoformat()


def _link(item: Any, base: str) -> str:
    for child in _children(item, "link"):
        if child.get("rel", "alternate") == "alternate" and (href := child.get("href") or (child.text or "").strip()):
            return address(base, href)
    guid = _text(item, "guid", "id")
    return address(base, guid) if guid.startswith("http") else ""


def _item(item: Any, base: str, whole: bool) -> Entry:
    summary = _text(item, "encoded", "content", "summary", "description")
    text = re.sub(r"</p>|<br\s*/?>", "\n\n", summary) if whole else ""
    extra: dict[str, Any] = {}
    if authors := [tidy(_text(a, "name") or a.text or "") for a in _children(item, "author", "creator")]:
        extra["authors"] = authors
    if topics := [tidy(c.get("term") or c.text or "") for c in _children(item, "category")]:
        extra["keywords"] = topics
    text = "\n\n".join(tidy(p) for p in text.split("\n\n") if tidy(p))
    return Entry(_link(item, base), tidy(_text(item, "title")), _moment(_text(item, "pubdate", "published", "date", "updated")), {}, text, extra)


def _feed_read(column: Column, call: Call, data: bytes, content_type: str, url: str) -> Listing:
    root = parse_xml(data)
    items = [n for n in root.iter() if _name(n) in ("item", "entry")]
    if not items and _name(root) not in ("rss", "feed", "rdf"):
        raise Unreadable("this is no feed", _name(root), "the address changed, or a challenge was served")
    found = kept(column, FEED, [_item(i, url, bool(param(column, FEED, "text"))) for i in items])
    template = str(param(column, FEED, "next"))
    if not template or not found:
        return Listing(found)
    return Listing(found, (after(call, url=urljoin(column.url, fill(template, variables(column, call, FEED, call.page + 1)))),))


def _feed_first(column: Column) -> tuple[Call, ...]:
    url = fill(column.url, variables(column, Call(column.url), FEED, 0))
    return (Call(url, headers=column.params.get("headers", {})),)


def _unpack(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    machine = zlib.decompressobj(31)
    out = machine.decompress(data, INFLATED)
    if machine.unconsumed_tail:
        raise Oversized("the sitemap inflates beyond its limit", len(data), f"limit {INFLATED} bytes")
    return out


def _sitemap_read(column: Column, call: Call, data: bytes, content_type: str, url: str) -> Listing:
    root = parse_xml(_unpack(data))
    name = _name(root)
    if name not in ("urlset", "sitemapindex"):
        raise Unreadable("this is no sitemap", name, "the address changed, or a challenge was served")
    places = [(tidy(_text(n, "loc")), _text(n, "lastmod")) for n in root if _name(n) in ("url", "sitemap")]
    if name == "urlset":
        return Listing(kept(column, SITEMAP, [Entry(address(url, loc), date=_moment(mod) if mod else "") for loc, mod in places]))
    pattern, host = str(param(column, SITEMAP, "children")), urlsplit(url).hostname
    children = [c for loc, _ in places if (c := address(url, loc)) and urlsplit(c).hostname == host and (not pattern or re.search(pattern, c))]
    return Listing((), tuple(after(call, url=c) for c in children) if call.page < 2 else ())


FEED_ACCESS = Access(FEED, _feed_first, _feed_read)
SITEMAP_ACCESS = Access(SITEMAP, lambda column: (Call(column.url, headers=column.params.get("headers", {})),), _sitemap_read)
