"""The demo portal's own pages as a small home: what our questions and the safety sets are asked over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corpus.ingest import Draft, ingest
from corpus.settings import load_settings
from corpus.store import open_store
from crawlers.portal.content import pages
from rag.answer import Answerer, open_answerer
from rag.retrieve import open_retriever

FOLDERS = ("policy", "notice", "interpretation")


def drafts() -> Iterator[Draft]:
    """The policy pages of the portal as drafts, without the crawler."""
    for p in pages():
        if p.folder not in FOLDERS or p.fields.get("raw_html"):
            continue
        fields: dict[str, Any] = {k: p.fields[k] for k in ("doc_number", "written_on", "published_on", "genre") if p.fields.get(k)}
        fields["issuers"] = tuple(p.fields.get("issuers", ()))
        url = f"http://127.0.0.1:1{p.path}"
        attached = tuple(Draft(f"{url}#{a.name}", "demo", url, p.folder, a.title, a.body) for a in p.attachments)
        yield Draft(url, "demo", url, p.folder, p.title, p.body, fields=fields, official=True, external_id=p.slug, notice=p.notice, attachments=attached)


@contextmanager
def portal(home: Path, more: Iterable[Draft] = (), **settings: Any) -> Iterator[Answerer]:
    """An answerer over the portal (and `more` drafts) in a new home."""
    wanted = load_settings(home, **{"embedding": "off", **settings})
    store = open_store(wanted)
    retriever = None
    try:
        ingest(store, (*drafts(), *more))
        retriever = open_retriever(wanted, store)
        retriever.refresh()
        yield open_answerer(wanted, store, retriever)
    finally:
        if retriever is not None:
            retriever.close()
        store.close()
