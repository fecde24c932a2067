"""Running the centre: catalogue, quality, queues, retirement, purge, audit. Checks the role, then does the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.access import LOCAL, Reader
from corpus.errors import BadInput, NotFound, NotPermitted, StoreError
from corpus.models import Level, Source
from ui.desk import Desk, date_or_bad, room, today
from ui.messages import known, say
from ui.records import plain

KEEPERS = ("operator", "admin")
WATCHERS = ("operator", "auditor", "admin")


def holdings(desk: Desk, reader: Reader) -> list[dict[str, Any]]:
    """The catalogue of sources with counts and freshness."""
    from corpus.catalogue import holdings as found

    return [plain(h) for h in found(desk.store, reader)]


def dcat(desk: Desk, reader: Reader) -> dict[str, Any]:
    """The catalogue as DCAT (JSON-LD)."""
    from corpus.catalogue import dcat as as_dcat
    from corpus.catalogue import holdings as found

    return as_dcat(found(desk.store, reader))


def check_source(desk: Desk, source_id: str, reader: Reader) -> dict[str, Any]:
    """Fetch a listing and a page of one source and say what was seen."""
    reader.require(*KEEPERS)
    found: dict[str, Any] = plain(room("crawlers.check").check(desk.settings, source_id))
    return found


def runs(desk: Desk, reader: Reader, *, source_id: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """The latest crawl runs of the sources within the ceiling, newest first."""
    allowed = {s["id"] for s in desk.sources(reader)}
    return [plain(r) for r in desk.store.sources.runs(source_id or None, limit) if r["source_id"] in allowed]


def stations(desk: Desk, reader: Reader) -> list[dict[str, Any]]:
    """Every source within the ceiling as its record, with `documents`, `turn` (when the schedule gathers it next, paused or not;
    None while nobody gathered it), `health` (None likewise) and `imported_at` (when its documents came in as files; empty when they were gathered)."""
    from corpus.store.base import now

    declared = room("crawlers.source").load_sources(desk.settings.home / "sources")
    turns = room("crawlers.rotation").turns(desk.store, declared)
    health = {h.source_id: h for h in room("crawlers.health").survey(desk.store, declared, now=now())}
    held = {h["source_id"]: h for h in holdings(desk, reader)}
    return [s | _station(held.get(s["id"], {}), turns.get(s["id"]), health.get(s["id"])) for s in desk.sources(reader)]


def _station(held: Mapping[str, Any], turn: Any, health: Any) -> dict[str, Any]:
    gathered = health is not None and health.state != "never"
    imported = held["stored_at"] if held.get("documents") and not gathered else ""
    return {"documents": held.get("documents", 0), "turn": plain(turn) if turn else None, "health": plain(health) if health else None, "imported_at": imported}


def pause_source(desk: Desk, source_id: str, reader: Reader, *, paused: bool) -> None:
    """Take a source out of the schedule, or put it back. Raises NotFound."""
    reader.require(*KEEPERS)
    if source_id not in {s["id"] for s in desk.sources(reader)}:
        raise NotFound("no such source", source_id, "see `jianwei sources`")
    desk.store.sources.pause(source_id, reader.user, paused)
    desk.store.audit.add(reader.user, "pause" if paused else "resume", source_id, {})


LONGEST_NAME = 64
"""Characters of the words that a document is applied for by."""


def apply(desk: Desk, document_id: str, purpose: str, reader: Reader) -> int:
    """Apply to read a 三级 document, given by its id, permanent link, 文号 or title; the answer is the same whether it exists or not
    (words are kept as given, and held against the documents only when the application is granted)."""
    if reader.user in ("anonymous", "local"):
        raise NotPermitted("an application needs an account", reader.user, "sign in")
    document_id = document_id.strip().partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
    if not document_id or len(document_id) > LONGEST_NAME:
        raise BadInput("this is no number, link or title of a document", document_id, f"give it as it was told you, in {LONGEST_NAME} characters at most")
    number = desk.store.governance.apply(reader.user, document_id, purpose)
    desk.store.audit.add(reader.user, "application", document_id, {"n": number})
    return number


def applied(desk: Desk, reader: Reader) -> list[dict[str, Any]]:
    """One's own applications, newest first; `title` only of what one may read by now."""
    if reader.user in ("anonymous", "local"):
        return []
    rows = desk.store.governance.applications(user=reader.user)
    titles = {d.id: d.title for d in desk.store.documents.heads(reader, id=sorted({r["document_id"] for r in rows}), state=None)}
    return [plain(r) | {"title": titles.get(r["document_id"], "")} for r in rows]


def _wanted(desk: Desk, words: str, reader: Reader) -> str:
    """The id of the document that an application means by an id, a 文号 or a title. Raises NotFound when it is none, or not one."""
    from corpus.numbers import official_number

    for where in ({"id": [words]}, {"doc_number": official_number(words)}, {"title": words.strip("《》")}):
        found = [d.id for d in desk.store.documents.heads(reader, state=None, **where)]
        if len(found) == 1:
            return found[0]
    raise NotFound("no single document is meant by these words", words, "refuse the application, or ask for the number of the document")


def secure(desk: Desk, document_id: str, reader: Reader, *, security: int, share: str = "", open_: str = "", reason: str = "") -> dict[str, Any]:
    """Set the level of a document (and how it is shared and opened); a source does not undo it. Kept answers that cite it rise with it.

    Raises NotFound, BadInput without a reason, NotPermitted for a level above the operator's own.
    """
    reader.require("operator")
    document = desk.store.documents.get(document_id, reader)
    if not reason.strip():
        raise BadInput("a change of level needs a reason", reason, "say why")
    if not 1 <= security <= reader.ceiling:
        raise NotPermitted("this level is above your own", security, f"1 to {reader.ceiling}")
    values = {"security": security, **({"share": share} if share else {}), **({"open": open_} if open_ else {})}
    mark = {"from": "corrected", "confidence": 1.0, "by": reader.user}
    desk.store.documents.amend(document_id, **values, meta=document.meta | dict.fromkeys(values, mark))
    answers = desk.store.conversations.rise(document_id, security)
    found = {"id": document_id, "old": document.security, "new": security, "share": share, "open": open_, "reason": reason, "answers": answers}
    desk.store.audit.add(reader.user, "document.security", document_id, found)
    return found


MEASURED = 16
"""Readers (by ceiling and grants) for whom measures are kept."""


def quality(desk: Desk, reader: Reader, *, remember: bool = False) -> list[dict[str, Any]]:
    """Measures of every source and of all (`*`): taken anew when something has changed, on another day, or to be remembered."""
    from corpus.quality import assess

    if remember:
        reader.require(*KEEPERS)
    key, sequence = (reader.ceiling, reader.grants, today()), desk.store.documents.sequence()
    if remember or desk.measured.get(key, (-1, None))[0] != sequence:
        found = [plain(q) for q in assess(desk.store, reader, remember_on=today() if remember else "")]
        while len(desk.measured) >= MEASURED:
            desk.measured.pop(next(iter(desk.measured)), None)
        desk.measured[key] = (sequence, found)
        return found
    kept: list[dict[str, Any]] = desk.measured[key][1]
    return kept


def trend(desk: Desk, reader: Reader, *, source_id: str = "*", days: int = 90) -> list[dict[str, Any]]:
    """The measures of a source (`*`: all) by day, oldest first: {on, documents, completeness, duplicate_share, confidence, ocr_share, timeliness}."""
    if source_id != "*" and source_id not in {s["id"] for s in desk.sources(reader)}:
        return []
    return measures(desk, reader, source_id, days)


def measures(desk: Desk, reader: Reader, source_id: str, days: int = 30) -> list[dict[str, Any]]:
    """The kept measures of one source that the reader may know of, oldest first."""
    from corpus.quality import history_of

    names = ("documents", "completeness", "timeliness", "duplicate_share", "ocr_share", "confidence", "unread_attachments")
    return [{"on": h["on"], **{n: h["measures"].get(n) for n in names}} for h in reversed(history_of(desk.store, source_id, reader, days))]


def alarm(code: str, language: str) -> str:
    """An alarm of the quality (fill_drop:FIELD:0.95->0.60, documents_drop:120->90) in words."""
    kind, _, rest = code.partition(":")
    field, _, change = rest.rpartition(":")
    before, _, now = change.partition("->")
    if kind == "fill_drop":
        name = say(f"field.{field}", language) if known(f"field.{field}") else field
        return say("quality.fill_drop", language, field=name, before=f"{float(before):.0%}", now=f"{float(now):.0%}")
    return say("quality.documents_drop", language, before=before, now=now) if kind == "documents_drop" else code


def queue(desk: Desk, what: str, reader: Reader) -> list[dict[str, Any]]:
    """Open doubts (疑义校核) or applications for 三级 data."""
    reader.require(*WATCHERS)
    rows = desk.store.governance.corrections("open") if what == "doubts" else desk.store.governance.applications(state="open")
    return [plain(r) for r in _within(desk, rows, reader)]


def _within(desk: Desk, rows: Sequence[Mapping[str, Any]], reader: Reader) -> list[Mapping[str, Any]]:
    """Rows of a queue that do not speak of documents above the reader's ceiling (an admin keeps accounts, not secrets)."""
    ids = {str(r["document_id"]) for r in rows if r["document_id"]}
    everything = {d.id for d in desk.store.documents.heads(LOCAL, id=sorted(ids), state=None)}
    readable = {d.id for d in desk.store.documents.heads(reader, id=sorted(ids), state=None)}
    return [r for r in rows if not r["document_id"] or r["document_id"] in readable or r["document_id"] not in everything]


def _mine_to_settle(desk: Desk, what: str, number: int, reader: Reader) -> Mapping[str, Any]:
    """The open row of a queue, if the reader may know of it. Raises NotFound."""
    rows = desk.store.governance.corrections("open", limit=100_000) if what == "settle" else desk.store.governance.applications(state="open")
    found = next((r for r in _within(desk, [r for r in rows if r["n"] == number], reader)), None)
    if found is None:
        raise NotFound("no open entry with this number", number, "see `jianwei quality doubts` or `jianwei quality applications`")
    return found


def settle(desk: Desk, what: str, number: int, reader: Reader, *, accept: bool, new: str = "", reason: str = "", until: str = "") -> dict[str, Any]:
    """Settle a doubt (the document is amended where a field was accepted) or decide an application."""
    reader.require(*KEEPERS)
    governance, row = desk.store.governance, _mine_to_settle(desk, what, number, reader)
    if what == "decide":
        wanted = _wanted(desk, row["document_id"], reader) if accept else row["document_id"]
        governance.decide(number, reader.user, grant=accept, until=date_or_bad(until), document_id=wanted)
        done: dict[str, Any] = {"n": number, "state": "granted" if accept else "refused", "until": until}
        words = say(f"application.{done['state']}_told", desk.settings.language, n=number, until=until or say("application.no_end", desk.settings.language))
        desk.store.outbox.tell("application.decided", wanted, words, reason, link=f"/d/{wanted}" if accept else "", user=row["user"], security=1)
    else:
        new = (new or row["new"]) if accept else ""
        if accept and not new and row["document_id"] and row["field"] in CORRECTABLE:
            raise BadInput("which value is right?", row["field"], "give the corrected value, or refuse the doubt")
        values = _corrected(row["field"], new) if new and row["document_id"] and row["field"] else {}
        providers = _providers(desk, row["document_id"]) if accept and row["document_id"] else []
        new = "、".join(kept) if isinstance(kept := values.get(row["field"], new), list) else kept
        done = governance.settle(number, reader.user, accept=accept, new=new, reason=reason, sent_to="、".join(s.publisher for s in providers))
        if values:
            meta = desk.store.documents.get(row["document_id"], LOCAL).meta
            desk.store.documents.amend(row["document_id"], **values, meta=meta | {row["field"]: {"from": "corrected", "confidence": 1.0, "by": reader.user}})
        _tell(desk, done, providers)
    desk.store.audit.add(reader.user, f"quality.{what}", str(number), done)
    return done


def _providers(desk: Desk, document_id: str) -> list[Source]:
    """The sources (提供单位) of a document: a correction also goes to them."""
    known = {s.id: s for s in desk.store.sources.all()}
    origins = desk.store.documents.origins_of([document_id]).get(document_id, [])
    return [known[i] for i in dict.fromkeys(o.source_id for o in origins) if i in known]


def _tell(desk: Desk, done: Mapping[str, Any], providers: Sequence[Source]) -> None:
    """Who raised a doubt hears how it ended; each 提供单位 of the document (whoever subscribes for its source) hears what was wrong."""
    heads = {d.id: d for d in desk.store.documents.heads(LOCAL, id=[done["document_id"]], state=None)} if done["document_id"] else {}
    title, level = (heads[done["document_id"]].title, heads[done["document_id"]].security) if heads else ("", 1)
    words = f"{done['field']}：{done['old']} → {done['new']}　{done['reason']}" if done["state"] == "accepted" and done["new"] else done["reason"]
    link = f"/d/{done['document_id']}" if heads else ""
    desk.store.outbox.tell("doubt.settled", str(done["n"]), title, words, link=link, security=level, user=done["raised_by"])
    for source in providers:
        desk.store.outbox.tell("correction", done["document_id"], title, words, link=link, security=level, source=source.id)


def corrections(desk: Desk, reader: Reader, *, source_id: str = "", state: str = "accepted") -> list[dict[str, Any]]:
    """Settled doubts with both values, newest first, of one source if given: the list that a 提供单位 receives."""
    reader.require(*WATCHERS)
    rows = _within(desk, desk.store.governance.corrections(state, limit=100_000), reader)
    origins = desk.store.documents.origins_of(sorted({str(r["document_id"]) for r in rows if r["document_id"]}))
    return [plain(r) for r in rows if not source_id or source_id in {o.source_id for o in origins.get(str(r["document_id"]), [])}]


CORRECTABLE = ("doc_number", "index_number", "issuers", "level", "region_code", "genre", "legal_rank", "topics", "written_on", "published_on", "effective_on", "expires_on")
"""Metadata fields that an accepted doubt may change; the text itself never changes."""


def _corrected(field: str, new: str) -> dict[str, Any]:
    """The column and value of an accepted correction. Raises BadInput when the field cannot be corrected or the value cannot be its value."""
    from corpus.numbers import official_number

    if field not in CORRECTABLE:
        raise BadInput("this field cannot be corrected", field, f"one of: {', '.join(CORRECTABLE)}")
    if field in ("issuers", "topics"):
        return {field: [part for part in new.replace("、", ",").replace("，", ",").split(",") if part]}
    if field.endswith("_on"):
        return {field: date_or_bad(new)}
    if field == "level" and new not in tuple(Level):
        raise BadInput("no such level", new, f"one of: {', '.join(Level)}")
    return {field: official_number(new) if field == "doc_number" else new}


def propose_retirement(desk: Desk, reader: Reader, on: str) -> int:
    """Put what the rules find on the retirement list."""
    from corpus.retire import propose

    reader.require(*KEEPERS)
    return propose(desk.store, reader, date_or_bad(on) or today())


def retirements(desk: Desk, reader: Reader) -> list[dict[str, Any]]:
    """The open retirement list, within the ceiling."""
    reader.require(*WATCHERS)
    return [plain(r) for r in _within(desk, desk.store.governance.retirements(), reader)]


def retire(desk: Desk, number: int, action: str, reader: Reader) -> None:
    """Archive, destroy or keep one listed document."""
    from corpus.retire import retire as carry_out

    carry_out(desk.store, number, action, reader)


def purge(desk: Desk, what: str, value: str, reader: Reader, reason: str) -> dict[str, Any]:
    """Erase a document or a person's words, build the indexes anew without them, and say which files of the home still hold them.

    While another process owns the indexes (`serve`), it stops showing them at once; `rebuilt` is then false, and its files keep them
    until its next whole build.
    """
    reader.require(*KEEPERS)
    purging = room("corpus.purge")
    words = desk.store.documents.get(value, reader).text[:40] if what == "document" else value.strip()
    act = purging.purge_document if what == "document" else purging.purge_person
    found: dict[str, Any] = plain(act(desk.store, value, reader, reason))
    try:
        desk.retriever.rebuild()
        found["rebuilt"] = True
    except StoreError:
        found["rebuilt"] = False
    return found | {"remains": list(purging.remains(desk.store.home, words))}


WHOLE = 4
"""The ceiling that a reader needs to take a backup away: it holds everything."""


def backups(desk: Desk, reader: Reader) -> list[dict[str, Any]]:
    """The kept backups and bulletins, the newest first: {name, bytes, made_at}."""
    reader.require(*KEEPERS)
    files = sorted((f for f in (desk.settings.home / "exports").glob("*") if f.is_file() and f.suffix != ".part"), key=lambda f: f.stat().st_mtime, reverse=True)
    return [{"name": f.name, "bytes": f.stat().st_size, "made_at": datetime.fromtimestamp(f.stat().st_mtime, UTC).isoformat(timespec="seconds")} for f in files]


def backup_file(desk: Desk, name: str, reader: Reader) -> Path:
    """The file of a kept backup or bulletin; raises NotFound, and NotPermitted for a backup above the ceiling."""
    if name not in {b["name"] for b in backups(desk, reader)}:
        raise NotFound("no such backup", name, "see the list of backups")
    if name.startswith("backup") and reader.ceiling < WHOLE:
        raise NotPermitted("a backup holds everything", reader.user, f"it needs the ceiling {WHOLE}")
    desk.store.audit.add(reader.user, "backup.get", name)
    return Path(desk.settings.home) / "exports" / name


def audit_entries(desk: Desk, reader: Reader, *, limit: int = 50, before: int | None = None, action: str = "", actor: str = "") -> list[dict[str, Any]]:
    """The latest entries of the audit chain, newest first."""
    reader.require("auditor", "admin")
    found = desk.store.audit.entries(limit=limit, before=before, action=action, actor=actor)
    if reader.ceiling < 4:  # who did what is known to an admin, not what documents above the ceiling say
        found = [replace(e, payload=None, subject="" if e.subject.startswith("d") and e.subject in _above(desk, found, reader) else e.subject) for e in found]
    return [plain(e) for e in found]


def _above(desk: Desk, entries: Sequence[Any], reader: Reader) -> set[str]:
    ids = sorted({e.subject for e in entries})
    return {d.id for d in desk.store.documents.heads(LOCAL, id=ids, state=None)} - {d.id for d in desk.store.documents.heads(reader, id=ids, state=None)}


def verify_audit(desk: Desk, reader: Reader) -> dict[str, Any]:
    """Walk the whole audit chain."""
    reader.require("auditor", "admin", "operator")
    found: dict[str, Any] = plain(desk.store.audit.verify())
    return found


def replay(desk: Desk, answer_id: str, reader: Reader) -> dict[str, Any]:
    """One answer as it was kept, made again today, and whether both say the same."""
    reader.require("auditor", "admin", "operator")
    found: dict[str, Any] = plain(desk.answerer.replay(answer_id, reader))
    desk.store.audit.add(reader.user, "answer.replay", answer_id)
    return found
