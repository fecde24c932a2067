"""Running the centre: catalogue, sources, quality, retire, purge, audit, backup, restore, doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ui.cli.answer import AsOf, Json
from ui.cli.gather import _progress, _progress_done
from ui.cli.session import DOC, Session, put_json, put_table, session

Number = Annotated[int | None, typer.Argument(metavar="NUMBER")]


def register(app: typer.Typer) -> None:
    for function in (catalogue, sources, quality, retire, purge, audit, backup, restore, doctor):
        app.command()(function)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    from corpus.errors import BadInput

    if value not in allowed:
        raise BadInput(f"no such {name}", value, f"one of: {', '.join(allowed)}")


def catalogue(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="holdings|documents|secure")] = "holdings",
    document: Annotated[str, typer.Argument(metavar="[DOC]", help=f"The document whose level is set: {DOC}")] = "",
    kind: Annotated[str, typer.Option()] = "",
    region: Annotated[str, typer.Option(metavar="CODE")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    after: Annotated[str, typer.Option(help="`next` of the page before.")] = "",
    as_of: AsOf = "",
    security: Annotated[int, typer.Option(min=0, max=4, help="Its level from now on, 1..4.")] = 0,
    share: Annotated[str, typer.Option(help="共享属性.")] = "",
    open_: Annotated[str, typer.Option("--open", help="开放属性.")] = "",
    reason: Annotated[str, typer.Option(help="Why its level changes.")] = "",
    dcat: Annotated[bool, typer.Option("--dcat", help="Holdings as DCAT (JSON-LD).")] = False,
    json: Json = False,
) -> None:
    """What there is, from whom, how fresh, how shared (数据编目); `secure DOC` sets the level of a document."""
    from ui.desk import centre

    here = session(context)
    _one_of("part of the catalogue", what, ("holdings", "documents", "secure"))
    if what == "secure":
        done = centre.secure(here.desk, here.desk.document(document, here.reader).id, here.reader, security=security, share=share, open_=open_, reason=reason)
        return put_json(done) if json else print(here.say("done"))
    if what == "documents":
        where = {name: value for name, value in (("kind", kind), ("region_code", region)) if value}
        found = here.desk.documents(here.reader, limit=limit, after=after, as_of=as_of, **where)
        if json:
            return put_json(found)
        rows = [(d["id"], here.word("kind", d["kind"]), d["title"], d["doc_number"], d["published_on"], here.word("validity", d["validity"]["status"])) for d in found["documents"]]
        put_table([here.say(f"document.{n}") for n in ("id", "kind", "title", "number", "published", "validity")], rows)
        return print(found["next"]) if found["next"] else None
    if dcat:
        return put_json(centre.dcat(here.desk, here.reader))
    holdings = centre.holdings(here.desk, here.reader)
    if json:
        return put_json({"holdings": holdings})
    names = ("source_id", "publisher", "kind", "security", "share", "open", "documents", "stored_at")
    put_table([here.say(f"catalogue.{n}") for n in names], [[here.word(n, h[n]) for n in names] for h in holdings])


def sources(
    context: typer.Context,
    action: Annotated[str, typer.Argument(metavar="[check|health|pause|resume]")] = "",
    source_id: Annotated[str, typer.Argument(metavar="ID")] = "",
    json: Json = False,
) -> None:
    """Declared sources; `check ID` fetches one listing and one page and says what it saw; `health` shows the gathered ones with
    alarms and their next turn; `pause ID` and `resume ID` take a source out of the schedule and back."""
    here = session(context)
    if action:
        _one_of("action", action, ("check", "health", "pause", "resume"))
    if action == "health":
        return _health(here, json)
    if action:
        return _one_source(here, action, source_id, json)
    found = here.desk.sources(here.reader)
    if json:
        return put_json({"sources": found})
    names = ("id", "publisher", "level", "region_code", "kind", "access", "cycle", "security", "verified")
    put_table([here.say(f"source.{n}") for n in names], [[here.word(n, s[n]) for n in names] for s in found])


def _one_source(here: Session, action: str, source_id: str, json: bool) -> None:
    from corpus.errors import BadInput
    from ui.desk import centre

    if not source_id:
        raise BadInput("which source?", "", f"jianwei sources {action} ID")
    if action != "check":
        return centre.pause_source(here.desk, source_id, here.reader, paused=action == "pause")
    result = centre.check_source(here.desk, source_id, here.reader)
    put_json(result) if json else _checked(here, result)
    if not result["ok"]:
        raise typer.Exit(1)


def _checked(here: Session, result: dict[str, Any]) -> None:
    """What a trial saw, step by step, then the documents it read and what went wrong."""
    names = ("step", "seen", "wanted", "state", "words")
    rows = [(here.word("check_step", s["name"]), s["seen"], s["wanted"], here.say("check.good" if s["ok"] else "check.bad"), s["words"]) for s in result["steps"]]
    print(here.say("check.ok" if result["ok"] else "check.broken", id=result["source_id"], verified=here.word("verified", result["verified"])))
    put_table([here.say(f"check.{n}") for n in names], rows)
    for d in result["documents"]:
        print(f"  {d['published_on'] or '—'}  {d['title']}")
    for problem in result["problems"]:
        print(problem, file=sys.stderr)


def _health(here: Session, json: bool) -> None:
    from ui.desk import centre
    from ui.pages.html import clock

    found = [s for s in centre.stations(here.desk, here.reader) if s["health"]]
    if json:
        return put_json({"sources": found})
    names = ("id", "health", "documents", "last_success", "next_at", "alarms")
    rows = [
        (s["id"], here.word("health", s["health"]["state"]), s["documents"], clock(s["health"]["last_success"]), clock(s["turn"]["next_at"]) or here.say("source.paused"), "；".join(words for _, words in s["health"]["alarms"]))
        for s in found
    ]  # fmt: skip
    put_table([here.say(f"source.{n}") for n in names], rows)


QUEUES = {
    "doubts": ("doubt", ("n", "raised_at", "raised_by", "document_id", "field", "old", "new", "said")),
    "corrections": ("doubt", ("n", "document_id", "field", "old", "new", "reason", "settled_by", "settled_at", "sent_to")),
    "applications": ("application", ("n", "applied_at", "user", "document_id", "purpose")),
    "trend": ("quality", ("on", "documents", "completeness", "timeliness", "duplicate_share", "ocr_share", "confidence", "unread_attachments")),
}
"""What `quality` lists: the section of its words and its columns."""


def quality(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="[doubt|doubts|settle|corrections|apply|applications|decide|trend]")] = "",
    entry: Annotated[str, typer.Argument(metavar="[NUMBER|DOC]")] = "",
    accept: Annotated[bool, typer.Option("--accept/--refuse")] = False,
    field: Annotated[str, typer.Option(help="The field that is doubted.")] = "",
    new: Annotated[str, typer.Option(help="The corrected value.")] = "",
    reason: Annotated[str, typer.Option(help="What is wrong, what it is needed for, or why it is settled so.")] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="A grant ends on this date.")] = "",
    source: Annotated[str, typer.Option(metavar="ID", help="Corrections or the trend of one source.")] = "",
    remember: Annotated[bool, typer.Option("--remember", help="Keep today's measures for alarms.")] = False,
    json: Json = False,
) -> None:
    """Measures of each source; the queue of doubts (疑义校核) and its corrections; applications for 三级 data."""
    from ui.desk import centre

    here = session(context)
    _one_of("action", what, ("", "doubt", "settle", "apply", "decide", *QUEUES))
    if what in QUEUES:
        return _queue(here, what, source, json)
    if what in ("doubt", "apply"):
        raised = here.desk.doubt(reason, here.reader, document_id=entry, field=field, new=new) if what == "doubt" else centre.apply(here.desk, entry, reason, here.reader)
        return put_json({"n": raised}) if json else print(here.say("quality.raised", n=raised))
    if what in ("settle", "decide"):
        done = centre.settle(here.desk, what, _number(int(entry) if entry.isdigit() else None), here.reader, accept=accept, new=new, reason=reason, until=until)
        return put_json(done) if json else print(here.say("done"))
    found = centre.quality(here.desk, here.reader, remember=remember)
    if json:
        return put_json({"quality": found})
    names = ("source_id", "documents", "completeness", "timeliness", "duplicate_share", "confidence", "unread_attachments", "newest")
    put_table([here.say(f"quality.{n}") for n in names], [[q[n] for n in names] for q in found])
    for q in found:
        for alarm in q["alarms"]:
            print(f"! {q['source_id']} {centre.alarm(alarm, here.settings.language)}")


def _queue(here: Session, what: str, source: str, json: bool) -> None:
    """A queue or the trend as a table with its words, or as JSON."""
    from ui.desk import centre

    if what == "corrections":
        rows = centre.corrections(here.desk, here.reader, source_id=source)
    else:
        rows = centre.trend(here.desk, here.reader, source_id=source or "*") if what == "trend" else centre.queue(here.desk, what, here.reader)
    if json:
        return put_json({what: rows})
    section, names = QUEUES[what]
    put_table([here.say(f"{section}.{n}") for n in names], [[here.word(n, r[n]) for n in names] for r in rows]) if rows else print(here.say("quality.none"))


def _number(number: int | None) -> int:
    from corpus.errors import BadInput

    if number is None:
        raise BadInput("which entry?", "", "give its number")
    return number


def retire(
    context: typer.Context,
    action: Annotated[str, typer.Argument(metavar="[propose|archive|destroy|keep]")] = "",
    number: Number = None,
    on: Annotated[str, typer.Option(metavar="DATE")] = "",
    json: Json = False,
) -> None:
    """The retirement list (数据退役)."""
    from ui.desk import centre

    here = session(context)
    _one_of("action", action, ("", "propose", "archive", "destroy", "keep"))
    if action == "propose":
        count = centre.propose_retirement(here.desk, here.reader, on)
        return put_json({"proposed": count}) if json else print(count)
    if action:
        centre.retire(here.desk, _number(number), action, here.reader)
        return put_json({"n": number, "action": action}) if json else print(here.say("done"))
    rows, names = centre.retirements(here.desk, here.reader), ("n", "title", "rule", "document_id", "listed_at")
    put_json({"retirements": rows}) if json else put_table(
        [here.say(f"retirement.{n}") for n in names], [(r["n"], r["record"].get("title", ""), here.word("retirement", f"rule_{r['rule']}"), r["document_id"], r["listed_at"]) for r in rows]
    )


def purge(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="document|person")],
    value: Annotated[str, typer.Argument(metavar="DOC|NAME")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit chain.")],
    json: Json = False,
) -> None:
    """Erase a document or a person's words everywhere, with proof."""
    from ui.desk import centre

    here = session(context)
    _one_of("thing to purge", what, ("document", "person"))
    result = centre.purge(here.desk, what, value, here.reader, reason)
    put_json(result) if json else put_table(["", ""], list(result.items()))


def audit(
    context: typer.Context,
    action: Annotated[str, typer.Argument(metavar="[verify|replay]")] = "",
    identity: Annotated[str, typer.Argument(metavar="ID")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    json: Json = False,
) -> None:
    """Who did what; `verify` walks the whole chain, `replay ID` shows how an answer came about."""
    from ui.desk import centre

    here = session(context)
    _one_of("action", action, ("", "verify", "replay"))
    if action == "verify":
        verdict = centre.verify_audit(here.desk, here.reader)
        put_json(verdict) if json else put_table(["", ""], list(verdict.items()))
        if verdict["broken"] is not None:
            raise typer.Exit(1)
        return
    if action == "replay":
        return put_json(centre.replay(here.desk, identity, here.reader))
    rows = centre.audit_entries(here.desk, here.reader, limit=limit)
    names = ("seq", "at", "actor", "action", "subject")
    put_json({"entries": rows}) if json else put_table(names, [[r[n] for n in names] for r in rows])


def backup(context: typer.Context, file: Annotated[Path, typer.Argument()], json: Json = False) -> None:
    """The whole store as one portable archive; may run while serving."""
    from corpus.backup import backup as backup_

    here = session(context)
    here.reader.require("operator", "admin")
    rows = backup_(here.desk.store, file, _progress())
    _progress_done()
    here.desk.store.audit.add(here.reader.user, "backup", file.name, {"rows": rows})
    put_json({"file": str(file), "rows": rows}) if json else print(here.say("backup.done", file=file, rows=rows))


def restore(context: typer.Context, file: Annotated[Path, typer.Argument()], json: Json = False) -> None:
    """Fill an empty home from a backup."""
    from corpus.backup import restore as restore_

    here = session(context)
    here.reader.require("operator", "admin")
    rows = restore_(here.desk.store, file, _progress())
    _progress_done()
    put_json({"rows": rows}) if json else print(here.say("restore.done", rows=rows))


def doctor(context: typer.Context, json: Json = False) -> None:
    """Check the installation, the home and what is configured."""
    from ui.desk.centre import WHOLE
    from ui.doctor import examine

    here = session(context)
    findings: list[dict[str, Any]] = examine(here.home, whole=not here.as_user or here.reader.ceiling >= WHOLE)
    put_json({"checks": findings}) if json else put_table(("", "check", "found", "mend"), [("✓" if f["ok"] else "✗", f["check"], f["found"], f["mend"]) for f in findings])
    if not all(f["ok"] for f in findings):
        raise typer.Exit(1)
