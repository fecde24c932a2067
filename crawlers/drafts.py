"""From a page and what its listing said to a draft. Pure: the same bytes and hints give the same draft."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from corpus.adapters import instant
from corpus.drafts import Draft
from corpus.errors import ReadError
from corpus.ingest import draft_of_page
from corpus.metadata import LABELS
from corpus.models import POLICY_KINDS
from corpus.readers import read
from corpus.text import parse_date
from crawlers.access.base import Entry, decode, tidy
from crawlers.page import related_of
from crawlers.source import Column, Declaration

_IN_URL = (
    re.compile(r"/t(20\d\d)(\d\d)(\d\d)_\d"),
    re.compile(r"/(20\d\d)[/-](\d{1,2})[/-](\d{1,2})/"),
    re.compile(r"/(20\d\d)(\d\d)/(\d\d)/"),
    re.compile(r"/(20\d\d)(\d\d)(\d\d)/"),
)
_MINUTE = re.compile(r"\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?[T\s]+\d{1,2}:\d{2}(?::\d{2})?")
_CUT = re.compile(r"(?:…|\.{3})\s*$")


def draft_of(declared: Declaration, column: Column, entry: Entry, data: bytes, *, url: str, content_type: str, snapshot: str = "", seen: str = "") -> Draft:
    """The draft of a fetched page. Order of what is believed: the page's table and meta tags, the declared selectors, the
    address, the listing. Raises ReadError for a page that cannot be read."""
    hints: dict[str, Any] = {"kind": column.kind}
    if seen:
        hints["first_seen_at"] = seen
    draft = draft_of_page(data, url=url, name=url, content_type=content_type, source=declared.source(), snapshot=snapshot, hints=hints)
    picked = _selected(data, content_type, declared)
    if body := picked.pop("body", ""):
        draft = _with_body(draft, body, url)
    title = picked.get("title") or draft.title
    if len(title) < len(entry.title) and not _CUT.search(entry.title):
        title = title if title and title not in entry.title else entry.title
    extra = {**draft.extra, **entry.extra, **_labelled(draft, data, content_type, declared)}
    if related := related_of(data, content_type, url, declared):
        extra["related"] = [{"title": t, "url": u} for t, u in related]
    if column.kind not in POLICY_KINDS and (name := picked.get("source") or _meta(draft, "contentsource")):
        extra.setdefault("source_name", name)
    fields, notice = _fields(draft, entry, picked, column.kind, url), picked.get("notice") or declared.notice
    return _timed(replace(draft, title=title or entry.title, fields=fields, extra=extra, notice=notice), declared, picked.get("date", ""))


def entry_draft(declared: Declaration, column: Column, entry: Entry, *, url: str, snapshot: str = "", seen: str = "") -> Draft:
    """The draft of a document that its listing holds (`[detail] inline = true`); a hot-list row is its title."""
    source, fields = declared.source(), dict(entry.fields)
    if entry.date:
        fields["published_on"] = entry.date[:10]
    extra = dict(entry.extra) | ({"form": "hot_title", "hot": True, "platform": entry.observed[0]} if entry.observed else {})
    draft = Draft(
        key=f"{source.id}:{entry.url or entry.title}", source_id=source.id, url=entry.url or url, kind=column.kind, title=entry.title, text=entry.text or entry.title, fields=fields,
        first_seen_at=seen, snapshot_sha256=snapshot, official=source.official, security=source.security, extra=extra, external_id=entry.url or entry.title,
        share=source.share, open=source.open, notice=declared.notice,
    )  # fmt: skip
    return _timed(draft, declared)


def _meta(draft: Draft, *names: str) -> str:
    """A meta tag in any case, with or without the prefix `meta-`."""
    known = {k.lower().removeprefix("meta-"): v for k, v in draft.meta.items()}
    return next((known[n] for n in names if known.get(n)), "")


def _selected(data: bytes, content_type: str, declared: Declaration) -> dict[str, str]:
    """What the declared selectors find: texts, and for `body` the HTML of the elements."""
    specs = {n: getattr(declared.detail, n) for n in ("title", "date", "source", "number", "body", "notice") if getattr(declared.detail, n)}
    specs |= {f"field {name}": css for name, css in declared.detail.fields.items()}
    if not specs or b"<" not in data[:4000]:
        return {}
    from parsel import Selector

    root = Selector(text=decode(data, content_type), type="html")
    found: dict[str, str] = {}
    for name, css in specs.items():
        hits = root.css(css)
        if name == "body":
            found[name] = "\n".join(h.get() for h in hits[:1])
        elif hits:
            found[name] = tidy("".join(hits[0].css("*::text").getall()) if not isinstance(hits[0].root, str) else hits[0].get())
    return {k: v for k, v in found.items() if v}


def _with_body(draft: Draft, html: str, url: str) -> Draft:
    """The draft with the text and tables of the declared body, where that holds a text."""
    page = f"<html><head><meta charset='utf-8'></head><body><div id='zoom'>{html}</div></body></html>"
    try:
        reading = read(page.encode(), name="body.html", content_type="text/html; charset=utf-8")
    except ReadError:
        return draft  # the declared element is empty on this page: what the reader found stays
    if len(re.sub(r"\s", "", reading.text)) < 20:
        return draft
    return replace(draft, text=reading.text, tables=reading.tables, confidence=max(draft.confidence, 0.95))


def _said(draft: Draft, name: str) -> bool:
    return any(draft.labels.get(label) for label in LABELS.get(name, ()))


def _fields(draft: Draft, entry: Entry, picked: Mapping[str, str], kind: str, url: str) -> dict[str, Any]:
    fields = dict(draft.fields)
    for name, value in entry.fields.items():
        if value and not _said(draft, name):
            fields[name] = tuple(value) if isinstance(value, list) else value
    for name, value in picked.items():
        if name.startswith("field ") and not _said(draft, name.removeprefix("field ")):
            fields.setdefault(name.removeprefix("field "), value)
    if number := picked.get("number"):
        fields.setdefault("doc_number", number)
    published = parse_date(_meta(draft, "pubdate", "publishdate", "firstpublishedtime", "article:published_time")) or parse_date(picked.get("date", "")) or _in_url(url) or entry.date[:10]
    if published and (kind not in POLICY_KINDS or not _said(draft, "published_on")):
        fields["published_on"] = published
    return fields


def _in_url(url: str) -> str:
    for pattern in _IN_URL:
        if match := pattern.search(url):
            return parse_date("-".join(match.groups()))
    return ""


def _labelled(draft: Draft, data: bytes, content_type: str, declared: Declaration) -> dict[str, Any]:
    """Declared labels of the page as fields of a kind: numbers as numbers, dates as ISO, lists of words as lists."""
    found: dict[str, Any] = {}
    page = "" if not declared.detail.extra else decode(data, content_type)
    for label, key in declared.detail.extra.items():
        value = draft.labels.get(label, "").strip() or _printed(page, label)
        if not value:
            continue
        found[key] = parse_date(value) or value if key.endswith("_on") else int(value) if value.isdigit() else value
        if key in ("keywords", "authors"):
            found[key] = [w for w in re.split(r"[；;,，\s]+", value) if w]
    return found


def _printed(page: str, label: str) -> str:
    """What stands behind a label in the page: `label：value` in one element, or the next element's text."""
    match = re.search(rf">\s*{re.escape(label)}\s*[：:]?\s*(?:</[^>]+>\s*<[^>]+>\s*)?([^<]+)<", page)
    return tidy(match[1]).lstrip("：: ") if match else ""


def _timed(draft: Draft, declared: Declaration, shown: str = "") -> Draft:
    """The publication time, kept where it is known to the minute; for an archive it is when the world could have known."""
    labelled = next((draft.labels[label] for label in LABELS["published_on"] if draft.labels.get(label)), "")
    stamps = [_meta(draft, "pubdate", "publishdate"), shown, str(draft.extra.get("published_at", "")), str(draft.fields.get("published_on", "")), labelled]
    moment = next((m[0] for s in stamps if (m := _MINUTE.search(s))), "")
    stamp = moment or next((s for s in stamps if parse_date(s)), "")
    if draft.kind not in POLICY_KINDS and moment:
        draft = replace(draft, extra={**draft.extra, "published_at": instant(stamp)})
    return replace(draft, first_seen_at=instant(stamp, fallback=draft.first_seen_at)) if declared.archive and stamp else draft
