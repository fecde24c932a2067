"""What a page leads to: the files beside it and the pages that belong to it. Quick: only links are looked at."""

from __future__ import annotations

import re
from typing import Any

from crawlers.access.base import address, decode, tidy
from crawlers.source import Declaration

FILES = re.compile(r"(?i)\.(?:pdf|docx?|wps|xlsx?|et|ofd|zip|rtf|pptx?)(?:[?#]|$)|/document/download\?|downloadAttach|/attachment/\w+")
_QUICK = re.compile(rb"(?i)\.(?:pdf|docx?|wps|xlsx?|et|ofd|zip|rtf|pptx?)\b|download|attachment")
MOST = 40
"""Files of one page that are fetched."""


def files_of(data: bytes, content_type: str, url: str, declared: Declaration) -> list[tuple[str, str]]:
    """(title, address) of the files beside a page, in order, each once."""
    if b"<" not in data[:4000] or not (_QUICK.search(data) or declared.detail.attachments):
        return []
    links = _links(data, content_type, url, declared.detail.attachments)
    kept = [(title, href) for title, href in links if (declared.detail.attachments or FILES.search(href)) and declared.covers(href)]
    found: dict[str, str] = {}
    for title, href in kept:
        found.setdefault(href, title or href.rsplit("/", 1)[-1])
    return [(title, href) for href, title in found.items() if href != url][:MOST]


def related_of(data: bytes, content_type: str, url: str, declared: Declaration) -> list[tuple[str, str]]:
    """(title, address) of the pages that a page names as belonging to it (its interpretation, its policy)."""
    css = declared.detail.related
    return [(t, h) for t, h in _links(data, content_type, url, css) if declared.covers(h) and h != url and not FILES.search(h)] if css else []


def _links(data: bytes, content_type: str, url: str, css: str) -> list[tuple[str, str]]:
    import lxml.html

    try:
        root = lxml.html.document_fromstring(decode(data, content_type))
    except (lxml.etree.ParserError, ValueError):
        return []  # no element at all: the reader will say so
    nodes = root.cssselect(css) if css else root.iter("a")
    return [(_title(a), address(url, a.get("href") or a.get("src") or "")) for a in nodes if a.get("href") or a.get("src")]


def _title(a: Any) -> str:
    return tidy(a.text_content()) or tidy(a.get("title"))
