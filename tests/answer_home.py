"""The answer pipeline over the pages of the demo portal, and what holds of every answer; shared by the tests of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from corpus.access import LOCAL, Reader
from corpus.ingest import Draft, ingest
from corpus.settings import load_settings
from corpus.store import Store, open_store
from crawlers.portal.content import pages
from rag.answer import Answer, Answerer, Question, open_answerer
from rag.cite import faults
from rag.records import STATUSES
from rag.retrieve import open_retriever

ON = "2026-11-21"
Ask = Callable[..., Answer]


def drafts() -> Iterator[Draft]:
    """The policy pages of the portal as drafts, without the crawler."""
    for p in pages():
        if p.folder not in ("policy", "notice", "interpretation") or p.fields.get("raw_html"):
            continue
        fields = {k: p.fields[k] for k in ("doc_number", "written_on", "published_on", "genre") if p.fields.get(k)}
        fields["issuers"] = tuple(p.fields.get("issuers", ()))
        url = f"http://127.0.0.1:1{p.path}"
        attached = tuple(Draft(f"{url}#{a.name}", "demo", url, p.folder, a.title, a.body) for a in p.attachments)
        yield Draft(url, "demo", url, p.folder, p.title, p.body, fields=fields, official=True, external_id=p.slug, notice=p.notice, attachments=attached)


@contextmanager
def opened(home: Path) -> Iterator[Answerer]:
    """The pipeline over a fresh home that holds the portal."""
    settings = load_settings(home, embedding="off")
    store: Store = open_store(settings)
    ingest(store, drafts())
    retriever = open_retriever(settings, store)
    retriever.refresh()
    yield open_answerer(settings, store, retriever)
    retriever.close()
    store.close()


def asker(answerer: Answerer) -> Ask:
    """Asks and holds every answer to what must hold of all."""

    def one(text: str, *history: str, region: str = "", as_of: str = ON, reader: Reader = LOCAL) -> Answer:
        answer = answerer.ask(Question(text, history, as_of, region), reader)
        sound(answer, answerer)
        return answer

    return one


def sound(answer: Answer, answerer: Answerer) -> None:
    """What holds for every answer: quotes exact, sentences cited and supported, marks known, nothing ended cited as today's."""
    texts = {d.id: d for d in answerer.tools.store.documents.texts([c.document_id for c in answer.citations], LOCAL)}
    by_n = {c.n: c for c in answer.citations}
    assert answer.status in STATUSES
    for c in answer.citations:
        assert texts[c.document_id].text[c.start : c.end] == c.quote
    for s in answer.sentences:
        assert s.citations and set(s.citations) <= set(by_n)
        issuers = {i: d.issuers for i, d in texts.items()}
        assert faults(s.text, [by_n[n] for n in s.citations], issuers, s.derived) == []
    if answer.composer != "standing":
        assert not [c for c in answer.citations if c.validity.status in ("repealed", "expired", "amended", "draft", "not_yet")]
    if answer.status in ("answered", "partial") and answer.route == "answerable":
        assert answer.sentences


def said(answer: Answer) -> str:
    return "".join(s.text for s in answer.sentences)


def sources(answer: Answer) -> set[str]:
    return {c.external_id for c in answer.citations}


def lead(answer: Answer) -> str:
    """The document of the first citation."""
    return answer.citations[0].external_id if answer.citations else ""


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    with opened(tmp_path_factory.mktemp("answers") / "home") as made:
        yield made


@pytest.fixture(scope="module")
def ask(answerer: Answerer) -> Ask:
    return asker(answerer)
