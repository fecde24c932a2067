"""The desk: one object behind the three doors (command line, HTTP API, interface). It opens each room once, at first use.

Every method takes a Reader and returns the plain records of the interface.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from corpus.access import LOCAL, Reader
from corpus.errors import BadInput, NotBuilt, NotPermitted
from corpus.models import POLICY_KINDS, Document, Kind, Level
from corpus.settings import Settings
from corpus.store import Store, open_store
from ui.records import document_record, plain, visible_parts


def room(name: str) -> Any:
    """A module of ours by name; raises NotBuilt when this installation does not have it."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise NotBuilt("this part is not built yet", name, "see the CHANGELOG for what is") from error
        raise


class Desk:
    """Rooms of one home, opened lazily and kept open; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.RLock()
        self._rooms: dict[str, Any] = {}
        self.measured: dict[Any, tuple[int, Any]] = {}
        """Measures of the whole store by who may know them, each with the change sequence that it was taken at."""

    @property
    def store(self) -> Store:
        """The store of this home."""
        found: Store = self._open("store", lambda: open_store(self.settings))
        return found

    @property
    def retriever(self) -> Any:
        """The hybrid retriever over the indexes of this home."""
        return self._open("retriever", lambda: room("rag.retrieve").open_retriever(self.settings, self.store))

    def shelf(self) -> Any:
        """The retriever's heads of documents in memory, up to the store."""
        if not self.retriever.shelf.heads:
            self.retriever.shelf.refresh()
        return self.retriever.shelf

    @property
    def answerer(self) -> Any:
        """The answer pipeline."""
        return self._open("answerer", lambda: room("rag.answer").open_answerer(self.settings, self.store, self.retriever))

    def _open(self, name: str, build: Any) -> Any:
        if name in self._rooms:
            return self._rooms[name]
        with self._lock:
            if name not in self._rooms:
                self._rooms[name] = build()
            return self._rooms[name]

    def close(self) -> None:
        """Give back what is open."""
        for opened in reversed(list(self._rooms.values())):
            if hasattr(opened, "close"):
                opened.close()
        self._rooms.clear()

    # ---- readers -------------------------------------------------------------------------------------------------

    def reader(self, name: str) -> Reader:
        """The Reader of an account with its granted 三级 documents; raises NotFound."""
        return self.store.people.reader(name, self.store.governance.grants(name, today()))

    # ---- search and answers --------------------------------------------------------------------------------------

    def search(self, values: Mapping[str, Any], reader: Reader) -> list[dict[str, Any]]:
        """Hits of a query given by the fields of the interface (`text`, `k`, `region`, …)."""
        retrieve = room("rag.retrieve")
        query = retrieve.Query(**_checked(values))
        return [plain(hit) for hit in self.retriever.search(query, reader)]

    def understood(self, values: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
        """How a query is read: `text` as it is searched, `chips` (name, value, words) that `without` takes away, `added` official words."""
        seen = self.retriever.understood(room("rag.retrieve").Query(**_checked(values)), reader)
        added = {said: list(official) for said, official in seen.added.items()}
        return {"text": seen.text, "chips": [{"name": c.name, "value": c.value, "words": c.words} for c in seen.chips], "added": added}

    def ask(self, values: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
        """An answer record."""
        question = room("rag.answer").Question(**_checked(values))
        found: dict[str, Any] = plain(self.answerer.ask(question, reader))
        return found

    def stream(self, values: Mapping[str, Any], reader: Reader) -> Iterator[dict[str, Any]]:
        """The events of an answer as it grows."""
        question = room("rag.answer").Question(**_checked(values))
        for event in self.answerer.stream(question, reader):
            yield plain(event)

    # ---- documents -----------------------------------------------------------------------------------------------

    def document(self, said: str, reader: Reader, *, as_of: str = "") -> Document:
        """A document by its id, 文号, title or 《title》 (of several versions the one in force at `as_of`); raises NotFound also above the ceiling, and BadInput when a name fits several."""
        pick = room("rag.pick")
        named = pick.pick(self.shelf(), said, reader, date_or_bad(as_of) or today()) if pick.is_name(said) else said
        return self.store.documents.get(named, reader)

    def show(self, said: str, reader: Reader, *, as_of: str = "") -> dict[str, Any]:
        """A document record with its text, by its id or name; raises as `document` does."""
        document = self.document(said, reader, as_of=as_of)
        linked = {i for e in document.events for i in (e.document_id, e.stated_by) if i} | {i for r in document.relations for i in (r.document_id, r.target_id) if i}
        readable = {d.id for d in self.store.documents.texts(sorted(linked - {document.id}), reader)}
        shown = visible_parts(document, readable)
        happened = self.store.documents.events_of(reader, [document.id]).get(document.id, [])
        return document_record(shown, self._validity(shown, happened, as_of))

    def documents(self, reader: Reader, *, limit: int = 50, after: str = "", as_of: str = "", **where: Any) -> dict[str, Any]:
        """A page of documents: {"documents", "next"}; `next` is empty on the last page."""
        heads = self.store.documents.heads(reader, limit=limit + 1, after=after, **where)
        page = heads[:limit]
        happened = self.store.documents.events_of(reader, [d.id for d in page])
        rows = [document_record(d, self._validity(d, happened.get(d.id, []), as_of), full=False) for d in page]
        return {"documents": rows, "next": page[-1].id if len(heads) > limit else ""}

    def standing(self, document: Document) -> str:
        """The status of a document today, by all that is known."""
        happened = self.store.documents.events_of(LOCAL, [document.id]).get(document.id, [])
        return str(self._validity(document, happened, "").status)

    def _validity(self, document: Any, happened: Sequence[Any], as_of: str) -> Any:
        return room("corpus.validity").validity(document, happened, as_of or today())

    def titles(self, record: Mapping[str, Any], reader: Reader) -> dict[str, str]:
        """Titles of the documents that a document record speaks of, within the ceiling."""
        ids = {i for v in record["events"] for i in (v["document_id"], v["stated_by"]) if i}
        ids |= {i for r in record["relations"] for i in (r["document_id"], r["target_id"]) if i}
        return self._titles(ids, reader)

    def signal_titles(self, risk: Mapping[str, Any], reader: Reader) -> dict[str, str]:
        """Titles of the documents that a risk's signals lie in."""
        return self._titles({s["document_id"] for s in risk["signals"]}, reader)

    def _titles(self, ids: Iterable[str], reader: Reader) -> dict[str, str]:
        return {d.id: d.title for d in self.store.documents.texts(sorted(ids), reader)}

    def newest(self, reader: Reader, *, region: str = "", topic: str = "", limit: int = 50) -> list[dict[str, Any]]:
        """The newest policies, notices and interpretations by date of publication."""
        where: dict[str, Any] = {"region_code": region} if region else {}
        heads = [d for d in self.store.documents.heads(reader, kind=POLICY_KINDS, **where) if not topic or topic in d.topics]
        newest = sorted(heads, key=lambda d: d.published_on, reverse=True)[:limit]
        happened = self.store.documents.events_of(reader, [d.id for d in newest])
        return [document_record(d, self._validity(d, happened.get(d.id, []), ""), full=False) for d in newest]

    # ---- risks ---------------------------------------------------------------------------------------------------

    def risks(self, reader: Reader, *, as_of: str = "", field: str = "", stage: str = "", type_: str = "") -> dict[str, Any]:
        """The risk list: {"risks", "as_of", "evidence_until" (the newest day of dated evidence), "stale" (that is long before), "last_list" (its day), "first_list" (the oldest, for a day before it)}."""
        day, register = date_or_bad(as_of) or today(), room("risk.register")
        found, hidden = register.list_risks(self.store, reader, as_of=day, field=field, stage=stage, type_=type_), self.blinded(reader)
        return {"risks": [plain(r) for r in found if r["id"] not in hidden], "as_of": day, **register.freshness(self.store, reader, day), "first_list": register.first_list(self.store, reader, day)}

    def blinded(self, reader: Reader) -> frozenset[str]:
        """Risks that this reader is to rate blind: their scores are nowhere to be seen until the first round is closed."""
        blind: frozenset[str] = room("risk.panel").blinded(self.store, reader.user) if reader.role not in ("local", "anonymous") else frozenset()
        return blind

    def unblinded(self, risk_id: str, reader: Reader) -> None:
        """Raise NotPermitted while the reader rates this risk blind."""
        if risk_id in self.blinded(reader):
            raise NotPermitted("you rate this risk blind: its scores are shown after the first round", risk_id, "see the evidence in the panel")

    def risk(self, risk_id: str, reader: Reader, *, as_of: str = "") -> dict[str, Any]:
        """One risk record; raises NotFound, and NotPermitted while the reader rates it blind."""
        self.unblinded(risk_id, reader)
        found: dict[str, Any] = room("ui.desk.risks").risk(self, risk_id, reader, as_of=as_of)
        return found

    # ---- what readers say ----------------------------------------------------------------------------------------

    def feedback(self, answer_id: str, useful: bool, reason: str, reader: Reader) -> None:
        """Note whether one's own answer was of use; a reasoned "no" also enters the queue of doubts. Raises NotFound."""
        self.store.conversations.feedback(answer_id, reader.user, useful, reason)
        self.store.audit.add(reader.user, "answer.feedback", answer_id, {"useful": useful})
        if not useful and reason.strip():
            self.store.governance.doubt(reader.user, reason, answer_id=answer_id)

    def doubt(self, said: str, reader: Reader, *, document_id: str = "", answer_id: str = "", field: str = "", new: str = "") -> int:
        """Report an error, with the value that is right where it is known; raises NotFound for a document that the reader may not see."""
        old = ""
        if document_id:
            document = self.document(document_id, reader)
            document_id = document.id
            old = str(getattr(document, field)) if field in document.__slots__ and field != "text" else ""
        number = self.store.governance.doubt(reader.user, said, document_id=document_id, answer_id=answer_id, field=field, old=old, new=new.strip())
        self.store.audit.add(reader.user, "doubt", str(number), {"document_id": document_id, "answer_id": answer_id, "field": field})
        return number

    # ---- sources -------------------------------------------------------------------------------------------------

    def sources(self, reader: Reader) -> list[dict[str, Any]]:
        """Declared and imported sources within the ceiling."""
        known = {s.id: plain(s) for s in self.store.sources.all()} | {d["id"]: d for d in self._declared()}
        return [known[i] for i in sorted(known) if known[i]["security"] <= reader.ceiling]

    def _declared(self) -> list[dict[str, Any]]:
        try:
            declarations = room("crawlers.source").load_sources(self.settings.home / "sources")
        except NotBuilt:
            return []
        return [plain(d.source() if callable(getattr(d, "source", None)) else d) for d in declarations.values()]


_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def today() -> str:
    """The calendar date in Asia/Shanghai."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()


def date_or_bad(text: str) -> str:
    """`text` when it is empty or an ISO date (year, month or day precision); raises BadInput."""
    shape = _DATE.fullmatch(text)
    try:
        if text and (shape is None or not date(*(int(part or 1) for part in shape.groups()))):
            raise ValueError(text)
    except ValueError as error:
        raise BadInput("this is no date", text, "write 2026-11-21, 2026-11 or 2026") from error
    return text


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    text = values.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadInput("a question is needed", "" if text is None else text, "write a few words")
    if len(text) > 2000:
        raise BadInput("the question is too long", f"{len(text)} characters", "ask in at most 2000 characters")
    for name in ("as_of", "date_from", "date_to"):
        date_or_bad(_text(values, name))
    if _text(values, "level") and values["level"] not in tuple(Level):
        raise BadInput("no such level", values["level"], f"one of: {', '.join(Level)}")
    for kind in values.get("kinds", ()):
        if kind not in tuple(Kind):
            raise BadInput("no such kind", kind, f"one of: {', '.join(Kind)}")
    history = values.get("history", ())
    if not isinstance(history, (list, tuple)) or not all(isinstance(turn, str) for turn in history):
        raise BadInput("history is a list of earlier user turns", history, 'write ["first question", …]')
    return {**values, **({"history": tuple(history)} if "history" in values else {})}


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name) or ""
    if not isinstance(value, str):
        raise BadInput(f"{name} is a text", value, "write it in quotes")
    return value


__all__ = ["LOCAL", "Desk", "date_or_bad", "room", "today"]
