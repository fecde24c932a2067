"""Running the centre: catalogue, quality, queues, retirement, purge, audit. Checks the role, then does the work."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus.access import Reader
from corpus.errors import NotFound, NotPermitted
from ui.desk import Desk, date_or_bad, room, today
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
    None while nobody gathered it) and `health` (None likewise)."""
    from corpus.store.base import now

    declared = room("crawlers.source").load_sources(desk.settings.home / "sources")
    turns = room("crawlers.rotation").turns(desk.store, declared)
    health = {h.source_id: h for h in room("crawlers.health").survey(desk.store, declared, now=now())}
    held = {h["source_id"]: h["documents"] for h in holdings(desk, reader)}
    return [
        s | {"documents": held.get(s["id"], 0), "turn": plain(turns[s["id"]]) if s["id"] in turns else None, "health": plain(health[s["id"]]) if s["id"] in health else None}
        for s in desk.sources(reader)
    ]


def pause_source(desk: Desk, source_id: str, reader: Reader, *, paused: bool) -> None:
    """Take a source out of the schedule, or put it back. Raises NotFound."""
    reader.require(*KEEPERS)
    if source_id not in {s["id"] for s in desk.sources(reader)}:
        raise NotFound("no such source", source_id, "see `jianwei sources`")
    desk.store.sources.pause(source_id, reader.user, paused)
    desk.store.audit.add(reader.user, "pause" if paused else "resume", source_id, {})


def apply(desk: Desk, document_id: str, purpose: str, reader: Reader) -> int:
    """Apply to read a 三级 document; the answer is the same whether it exists or not."""
    if reader.user in ("anonymous", "local"):
        raise NotPermitted("an application needs an account", reader.user, "sign in")
    number = desk.store.governance.apply(reader.user, document_id, purpose)
    desk.store.audit.add(reader.user, "application", document_id, {"n": number})
    return number


def quality(desk: Desk, reader: Reader, *, remember: bool = False) -> list[dict[str, Any]]:
    """Measures of every source and of all (`*`)."""
    from corpus.quality import assess

    if remember:
        reader.require(*KEEPERS)
    return [plain(q) for q in assess(desk.store, reader, remember_on=today() if remember else "")]


def queue(desk: Desk, what: str, reader: Reader) -> list[dict[str, Any]]:
    """Open doubts (疑义校核) or applications for 三级 data."""
    reader.require(*WATCHERS)
    if what == "doubts":
        return [plain(r) for r in desk.store.governance.corrections("open")]
    return [plain(r) for r in desk.store.governance.applications(state="open")]


def settle(desk: Desk, what: str, number: int, reader: Reader, *, accept: bool, new: str = "", reason: str = "", until: str = "") -> dict[str, Any]:
    """Settle a doubt (the document is amended where a field was accepted) or decide an application."""
    reader.require(*KEEPERS)
    governance = desk.store.governance
    if what == "decide":
        governance.decide(number, reader.user, grant=accept, until=date_or_bad(until))
        done: dict[str, Any] = {"n": number, "state": "granted" if accept else "refused", "until": until}
    else:
        done = governance.settle(number, reader.user, accept=accept, new=new, reason=reason)
        if accept and new and done["document_id"] and done["field"]:
            _amend(desk, done["document_id"], done["field"], new)
    desk.store.audit.add(reader.user, f"quality.{what}", str(number), done)
    return done


CORRECTABLE = ("doc_number", "index_number", "issuers", "level", "region_code", "genre", "legal_rank", "topics", "written_on", "published_on", "effective_on", "expires_on")
"""Metadata fields that an accepted doubt may change; the text itself never changes."""


def _amend(desk: Desk, document_id: str, field: str, new: str) -> None:
    from corpus.errors import BadInput

    if field not in CORRECTABLE:
        raise BadInput("this field cannot be corrected", field, f"one of: {', '.join(CORRECTABLE)}")
    value: Any = [part for part in new.replace("、", ",").replace("，", ",").split(",") if part] if field in ("issuers", "topics") else new
    desk.store.documents.amend(document_id, **{field: value})


def propose_retirement(desk: Desk, reader: Reader, on: str) -> int:
    """Put what the rules find on the retirement list."""
    from corpus.retire import propose

    reader.require(*KEEPERS)
    return propose(desk.store, reader, date_or_bad(on) or today())


def retirements(desk: Desk, reader: Reader) -> list[dict[str, Any]]:
    """The open retirement list."""
    reader.require(*WATCHERS)
    return [plain(r) for r in desk.store.governance.retirements()]


def retire(desk: Desk, number: int, action: str, reader: Reader) -> None:
    """Archive, destroy or keep one listed document."""
    from corpus.retire import retire as carry_out

    carry_out(desk.store, number, action, reader)


def purge(desk: Desk, what: str, value: str, reader: Reader, reason: str) -> dict[str, Any]:
    """Erase a document or a person's words."""
    purging = room("corpus.purge")
    act = purging.purge_document if what == "document" else purging.purge_person
    found: dict[str, Any] = plain(act(desk.store, value, reader, reason))
    return found


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
    return [plain(e) for e in desk.store.audit.entries(limit=limit, before=before, action=action, actor=actor)]


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
