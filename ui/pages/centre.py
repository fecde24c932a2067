"""数据中心 as HTML: sources, schedule, queues, retirement, people, audit, models, backups; each row with what may be done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from corpus.access import CEILINGS, Reader
from corpus.models import POLICY_KINDS
from ui.api.base import Hall
from ui.desk import centre
from ui.jobs import constants as schedule_constants
from ui.messages import known, say
from ui.pages.html import act, badge, clock, e, empty, person, place, table

KEEPERS = ("operator", "admin", "local")
TONES = {"done": "good", "failed": "bad", "running": "calm", "active": "good", "disabled": "bad"}
LONG = 40
"""Characters of a free text that a row shows before it is folded."""


def rows_of(names: Sequence[str], section: str, rows: Sequence[Mapping[str, Any]], language: str, cell: Callable[[str, Any], str] | None = None, acts: Callable[[Any], str] | None = None) -> str:
    """A table of records; `acts` adds a last column with buttons."""
    if not rows:
        return empty(say("centre.empty", language), say("centre.empty_hint", language), "∅")
    show = cell or (lambda name, value: value_of(name, value, language))
    heads = [say(f"{section}.{n}", language) if known(f"{section}.{n}") else n for n in names]
    if acts is None:
        return table(heads, ([show(n, r.get(n)) for n in names] for r in rows), classes="jw-cards-on-phone")
    done = ([*(show(n, r.get(n)) for n in names), f'<div class="jw-acts">{acts(r) or "—"}</div>'] for r in rows)
    return table([*heads, say("centre.acts", language)], done, classes="jw-cards-on-phone")


def value_of(name: str, value: Any, language: str) -> str:
    """A value in words: closed vocabularies, instants, places, documents."""
    if name in ("kind", "level", "access", "verified") and known(f"{name}.{value}"):
        return e(say(f"{name}.{value}", language))
    if name == "role" and known(f"role.{value}"):
        return e(say(f"role.{value}", language))
    if name == "state" and known(f"job_state.{value}"):
        return badge(say(f"job_state.{value}", language), TONES.get(str(value), "dim"))
    if name in ("actor", "user", "subject") and known(f"person.{value}"):
        return e(person(str(value), language))
    if name == "cycle":
        return _cycle(value, language)
    if name in ("share", "open", "form") and known(f"sharing.{value}"):
        return e(say(f"sharing.{value}", language))
    if name == "region_code":
        return e(place(value))
    if name == "document_id" and value:
        return f'<a href="/d/{quote(str(value))}" target="_blank" rel="noopener">{e(str(value)[:10])}…</a>'
    if name.endswith("_at") or name in ("at", "next", "locked_until"):
        return f'<span class="jw-num">{e(clock(str(value or "")))}</span>' if value else "—"
    if isinstance(value, str) and len(value) > LONG:
        return f"<details class='jw-fold-text'><summary>{e(value[:LONG])}…</summary>{e(value)}</details>"
    return e(value) if value not in (None, "") else "—"


def _may(reader: Reader, *roles: str) -> bool:
    return reader.role in (*roles, "local")


# ---- sources and jobs --------------------------------------------------------------------------------------------


def sources(hall: Hall, reader: Reader, language: str) -> str:
    """Every source with its health, its last run and its next turn; those that were gathered first."""
    last: dict[str, Mapping[str, Any]] = {}
    for run in centre.runs(hall.desk, reader, limit=500):
        last.setdefault(run["source_id"], run)
    rows = [s | {"last": last.get(s["id"]), "next_at": s["turn"], "alarms": (s["health"] or {}).get("alarms", ())} for s in centre.stations(hall.desk, reader)]
    rows.sort(key=lambda r: (r["last"] is None and not r["documents"], r["id"]))
    for r in rows:
        if r["imported_at"] and not r["last"]:
            r |= {"health": {"state": "imported"}, "last": {"imported_at": r["imported_at"]}}
        r |= {"who": (r["publisher"], r["id"]), "what": ("level", r["level"], "kind", r["kind"]), "how": ("access", r["access"], "verified", r["verified"])}
    drawn: dict[str, Callable[[Any, str], str]] = {"who": named, "what": _two, "how": _two, "last": _run, "health": _health, "next_at": _turn, "alarms": _alarms}

    def cell(name: str, value: Any) -> str:
        return drawn[name](value, language) if name in drawn else value_of(name, value, language)

    def acts(r: Mapping[str, Any]) -> str:
        if r["access"] in ("import", "", None):
            return ""
        paused = bool(r["turn"] and r["turn"].get("paused"))
        now = act(say("centre.crawl", language), f"POST /api/v1/jobs/crawl/run?source={quote(r['id'])}") if hall.runner else ""
        return now + act(say("job.resume" if paused else "job.pause", language), f"POST /api/v1/sources/{quote(r['id'])}/{'resume' if paused else 'pause'}")

    names = ("who", "what", "how", "cycle", "security", "documents", "health", "last", "next_at", "alarms")
    may = acts if _may(reader, "operator", "admin") else None
    live, idle = [r for r in rows if r["last"] or r["documents"]], [r for r in rows if not (r["last"] or r["documents"])]
    folded = f"<details {'' if live else 'open'}><summary>{e(say('source.idle', language, n=len(idle)))}</summary>{rows_of(names, 'source', idle, language, cell, may)}</details>" if idle else ""
    return running(hall, reader, language) + (rows_of(names, "source", live, language, cell, may) if live else "") + folded


def named(who: Sequence[str], language: str = "") -> str:
    """A publisher with the id of its source below."""
    return f'<b>{e(who[0])}</b><br><small class="jw-dim">{e(who[1])}</small>'


def _two(value: Sequence[Any], language: str) -> str:
    """Two words of closed vocabularies, one below the other."""
    first, second = (value_of(value[i], value[i + 1], language) for i in (0, 2))
    return f'<span class="jw-whole">{first}</span><br><small class="jw-dim jw-whole">{second}</small>'


def _health(health: Mapping[str, Any] | None, language: str) -> str:
    state = health["state"] if health else "never"
    return badge(say(f"health.{state}", language), {"ok": "good", "late": "calm", "imported": "calm", "failing": "bad"}.get(state, "dim"))


def _turn(turn: Mapping[str, Any] | None, language: str) -> str:
    if turn is None:
        return "—"
    return f'<span class="jw-num">{e(clock(turn["next_at"]))}</span>' if turn["next_at"] else badge(say("source.paused", language), "dim")


def _alarms(alarms: Sequence[Sequence[str]], language: str) -> str:
    return "".join(badge(words, "bad") for _, words in alarms) or "—"


def _cycle(value: Any, language: str) -> str:
    unit = {"d": "days", "h": "hours", "w": "weeks"}.get(str(value or "")[-1:], "")
    return e(say(f"cycle.{unit}", language, n=str(value)[:-1])) if unit and str(value)[:-1].isdigit() else e(value or "—")


def _run(run: Mapping[str, Any] | None, language: str) -> str:
    if not run:
        return f'<span class="jw-dim">{e(say("source.never", language))}</span>'
    if "imported_at" in run:
        return f'<span class="jw-num">{e(say("source.imported", language, at=clock(run["imported_at"])))}</span>'
    counts = run["counts"]
    bad = counts.get("failed", 0) or run["errors"]
    words = say("source.run", language, new=counts.get("new", 0), changed=counts.get("changed", 0), failed=counts.get("failed", 0))
    return f"{badge(clock(run['ended_at']), 'bad' if bad else 'good')} <small>{e(words)}</small>"


def running(hall: Hall, reader: Reader, language: str) -> str:
    """What runs now, with what it has brought in so far; nothing when nothing runs or for those who may not know."""
    if not _may(reader, "operator", "admin", "auditor"):
        return ""
    now = [r for r in hall.desk.store.jobs.runs(limit=20) if r["state"] == "running"]
    return "".join(f'<div class="jw-job-running" role="status"><span class="jw-pulse"></span><span>{e(_progress(hall, r, reader, language))}</span></div>' for r in now)


def _progress(hall: Hall, run: Mapping[str, Any], reader: Reader, language: str) -> str:
    words = say("job.running", language, name=_job(run["name"], language), at=clock(run["started_at"]))
    if run["name"] != "crawl" or reader.ceiling < centre.WHOLE:  # what comes in may be above the ceiling
        return words
    stored = hall.desk.store.documents.stored_since(run["started_at"])
    return f"{words} · " + say("job.progress", language, documents=sum(stored.values()), sources=len(stored))


def _job(name: str, language: str) -> str:
    return say(f"job_name.{name}", language) if known(f"job_name.{name}") else name


def schedule(hall: Hall, reader: Reader, language: str) -> str:
    """The schedule with run-now and pause, and the latest runs of jobs."""
    reader.require("operator", "admin", "auditor")
    planned = {j["name"]: j for j in hall.runner.jobs()} if hall.runner else {}
    ran: dict[str, Mapping[str, Any]] = {}
    history = hall.desk.store.jobs.runs(limit=200)
    for r in history:
        ran.setdefault(r["name"], r)
    rows = [{"name": n, "next": planned.get(n, {}).get("next", ""), "trigger": when(job["cron"], language), "state": ran.get(n, {}).get("state", "")} for n, job in schedule_constants()["job"].items()]

    def cell(name: str, value: Any) -> str:
        if name == "name":
            return f"<b>{e(_job(value, language))}</b>"
        if name == "by":
            return e(say("job.by_schedule", language) if value == "schedule" else value)
        if name == "state" and not value:
            return f'<span class="jw-dim">{e(say("job.not_yet", language))}</span>'
        if name == "next" and not value:
            return badge(say("job.paused" if planned else "job.unplanned", language), "warn")
        return value_of(name, value, language)

    def acts(r: Mapping[str, Any]) -> str:
        paused = planned and not r["next"]
        switch = act(say("job.resume" if paused else "job.pause", language), f"POST /api/v1/jobs/{r['name']}/{'resume' if paused else 'pause'}") if planned else ""
        return act(say("job.run", language), f"POST /api/v1/jobs/{r['name']}/run") + switch

    head = "" if hall.runner else f'<div class="jw-notice"><span aria-hidden="true">⚑</span><span>{e(say("job.none", language))}</span></div>'
    jobs = rows_of(("name", "trigger", "next", "state"), "job", rows, language, cell, acts if hall.runner and _may(reader, "operator", "admin") else None)
    runs = rows_of(("name", "by", "started_at", "seconds", "state", "message"), "job", history[:30], language, cell)
    return f"{head}{running(hall, reader, language)}{jobs}<h3 class='jw-sub-title'>{e(say('centre.runs', language))}</h3>{runs}"


def when(cron: Mapping[str, str], language: str) -> str:
    """Cron fields of the default schedule in words."""
    at = f"{int(cron.get('hour', 0)):02d}:{int(cron['minute']):02d}" if cron.get("minute", "").isdigit() and str(cron.get("hour", "0")).isdigit() else ""
    if "day_of_week" in cron:
        return say("cron.week", language, day=say(f"weekday.{cron['day_of_week']}", language), at=at)
    if "day" in cron:
        return say("cron.month", language, day=cron["day"], at=at)
    if at and "hour" in cron:
        return say("cron.day", language, at=at)
    minutes = cron.get("minute", "*").removeprefix("*/")
    return say("cron.minutes", language, n=1 if minutes == "*" else minutes)


# ---- queues ------------------------------------------------------------------------------------------------------


def doubts(hall: Hall, reader: Reader, language: str) -> str:
    """疑义校核: what readers doubt, with acceptance (and the corrected value) or refusal."""
    rows = centre.queue(hall.desk, "doubts", reader)

    def acts(r: Mapping[str, Any]) -> str:
        call, reason = f"POST /api/v1/doubts/{r['n']}/settle", {"name": "reason", "label": say("doubt.reason", language), "type": "textarea"}
        new = [{"name": "new", "label": say("doubt.new", language), "value": r["new"] or r["old"] or ""}] if r["field"] in centre.CORRECTABLE else []
        yes = act(say("doubt.accept", language), call, body={"accept": True}, fields=[*new, reason], title=say("doubt.accept_title", language, n=r["n"]), tone="good")
        return yes + act(say("doubt.refuse", language), call, body={"accept": False}, fields=[reason | {"required": True}], title=say("doubt.refuse_title", language, n=r["n"]))

    def cell(name: str, value: Any) -> str:
        if name == "field" and known(f"field.{value}"):
            return e(say(f"field.{value}", language))
        if name == "answer_id" and value:
            return f'<button type="button" class="jw-link" data-fill="/answers/{quote(value)}/replay">{e(value[:8])}…</button>'
        return value_of(name, value, language)

    slot = '<div class="jw-fill-slot"></div>'
    return slot + rows_of(("n", "raised_at", "raised_by", "document_id", "answer_id", "field", "old", "new", "said"), "doubt", rows, language, cell, acts if _may(reader, "operator", "admin") else None)


def applications(hall: Hall, reader: Reader, language: str) -> str:
    """共享申请: one's own with how they were decided, and a new one; to those who run the centre also the queue."""
    mine = "" if reader.role == "local" else f'<div class="jw-actions">{apply(language)}</div>{_mine(centre.applied(hall.desk, reader), language)}'
    if not _may(reader, *centre.WATCHERS):
        return mine
    return f"<h3 class='jw-sub-title'>{e(say('application.queue', language))}</h3>{_queue(hall, reader, language)}<h3 class='jw-sub-title'>{e(say('application.mine', language))}</h3>{mine}"


def apply(language: str, document_id: str = "") -> str:
    """The button that applies for a 三级 document: for one that is known by its link, or for one that is named in the form."""
    asked: list[dict[str, Any]] = [{"name": "purpose", "label": say("application.purpose_of", language), "type": "textarea", "required": True}]
    asked = asked if document_id else [{"name": "document_id", "label": say("application.which", language), "required": True}, *asked]
    body = {"document_id": document_id} if document_id else None
    return act(say("application.apply", language), "POST /api/v1/applications", body=body, fields=asked, title=say("application.apply_title", language), tone="good")


def _mine(rows: Sequence[Mapping[str, Any]], language: str) -> str:
    def cell(name: str, value: Any) -> str:
        if name == "state":
            return badge(say(f"application.{value}", language), {"granted": "good", "refused": "bad"}.get(value, "calm"))
        return value_of(name, value, language)

    return rows_of(("n", "applied_at", "title", "document_id", "purpose", "state", "until"), "application", rows, language, cell)


def _queue(hall: Hall, reader: Reader, language: str) -> str:
    """Granted until a date or refused, with what is said to the applicant."""

    def acts(r: Mapping[str, Any]) -> str:
        call, until = f"POST /api/v1/applications/{r['n']}/decide", {"name": "until", "label": say("application.until", language), "type": "date", "required": True}
        reason = {"name": "reason", "label": say("application.reason", language), "type": "textarea"}
        yes = act(say("application.grant", language), call, body={"accept": True}, fields=[until, reason], title=say("application.grant_title", language, n=r["n"]), tone="good")
        return yes + act(say("application.refuse", language), call, body={"accept": False}, fields=[reason | {"required": True}], title=say("application.refuse_title", language, n=r["n"]))

    rows = centre.queue(hall.desk, "applications", reader)
    titles = {d.id: d.title for d in hall.desk.store.documents.heads(reader, id=sorted({r["document_id"] for r in rows}), state=None)}
    rows = [r | {"title": titles.get(r["document_id"], "")} for r in rows]
    return rows_of(("n", "applied_at", "user", "title", "document_id", "purpose"), "application", rows, language, acts=acts if _may(reader, "operator", "admin") else None)


def retirement(hall: Hall, reader: Reader, language: str) -> str:
    """数据退役: archive, destroy (never a policy) or keep."""
    rows = [r | {"title": r["record"].get("title", "")} for r in centre.retirements(hall.desk, reader)]

    def acts(r: Mapping[str, Any]) -> str:
        choices = ("archive", "keep") if r["record"].get("kind") in POLICY_KINDS else ("archive", "keep", "destroy")
        title = str(r["title"])[:60]
        return "".join(
            act(say(f"retirement.{c}", language), f"POST /api/v1/retirements/{r['n']}/{c}", title=say(f"retirement.{c}_title", language, title=title), tone="bad" if c == "destroy" else "") for c in choices
        )

    def cell(name: str, value: Any) -> str:
        return e(say(f"retirement.rule_{value}", language)) if name == "rule" and known(f"retirement.rule_{value}") else value_of(name, value, language)

    propose = act(say("retirement.propose", language), "POST /api/v1/jobs/retire/run") if hall.runner and _may(reader, "operator", "admin") else ""
    may = acts if _may(reader, "operator", "admin") else None
    return f'<div class="jw-actions">{propose}</div>{rows_of(("n", "title", "document_id", "rule", "listed_at"), "retirement", rows, language, cell, may)}'


# ---- people, audit, parts, backups -------------------------------------------------------------------------------


def users(hall: Hall, reader: Reader, language: str) -> str:
    """Everyone; administrators add, change, disable, and set new one-time passwords."""
    reader.require("admin", "auditor")
    rows = [u.record() for u in hall.desk.store.people.all()]
    roles = [[say(f"role.{r}", language), r] for r in CEILINGS if r != "anonymous"]
    ceiling = {"name": "ceiling", "label": say("user.ceiling_to", language), "type": "number", "min": 1, "max": 4}

    def acts(r: Mapping[str, Any]) -> str:
        name, on = quote(r["name"]), r["state"] == "active"
        role = {"name": "role", "label": say("user.role", language), "type": "select", "options": roles, "value": r["role"]}
        change = act(say("user.change", language), f"PATCH /api/v1/users/{name}", fields=[role, ceiling | {"value": r["ceiling"]}], title=say("user.change_title", language, name=r["name"]))
        switch = act(say("user.disable" if on else "user.enable", language), f"PATCH /api/v1/users/{name}", body={"state": "disabled" if on else "active"}, title=say("user.disable_title" if on else "user.enable_title", language, name=r["name"]), tone="bad" if on else "good")
        return change + act(say("user.reset", language), f"POST /api/v1/users/{name}/password", title=say("user.reset_title", language, name=r["name"])) + switch

    def cell(name: str, value: Any) -> str:
        return badge(say(f"user_state.{value}", language), TONES.get(str(value), "dim")) if name == "state" and known(f"user_state.{value}") else value_of(name, value, language)

    may = _may(reader, "admin")
    fields: list[dict[str, Any]] = [{"name": "name", "label": say("user.name", language), "required": True}, {"name": "role", "label": say("user.role", language), "type": "select", "options": roles}]
    fields += [ceiling, {"name": "display", "label": say("user.display", language)}, {"name": "email", "label": say("user.email", language), "type": "email"}]
    add = act(say("user.add", language), "POST /api/v1/users", fields=fields, title=say("user.add_title", language), tone="good") if may else ""
    return f'<div class="jw-actions">{add}</div>' + rows_of(("name", "display", "role", "ceiling", "state", "locked_until", "created_at"), "user", rows, language, cell, acts if may else None)


def audit(hall: Hall, reader: Reader, language: str) -> str:
    """The latest entries of the chain, and whether it holds."""
    verdict = centre.verify_audit(hall.desk, reader)
    holds = badge(say("audit.holds", language, n=verdict["entries"]), "good") if verdict["broken"] is None else badge(say("audit.broken", language, n=verdict["broken"]), "bad")

    def cell(name: str, value: Any) -> str:
        return f"{e(say(f'audit_action.{value}', language))} <small class='jw-dim'>{e(value)}</small>" if name == "action" and known(f"audit_action.{value}") else value_of(name, value, language)

    link = '<a class="jw-button jw-small" href="/api/v1/audit?limit=1000" download="audit.json">JSON</a>'
    again = act(say("replay.go", language), "FILL /answers/{answer_id}/replay", fields=[{"name": "answer_id", "label": say("replay.id", language), "required": True}], title=say("replay.title", language))
    return f'<div class="jw-actions">{holds}{link}{again}</div><div class="jw-fill-slot"></div>' + rows_of(("seq", "at", "actor", "action", "subject"), "audit", centre.audit_entries(hall.desk, reader, limit=100), language, cell)


def models(hall: Hall, reader: Reader, language: str) -> str:
    """What answers, what embeds, the versions of the constants, and how the answers were received."""
    reader.require("operator", "admin", "auditor", "official")
    s = hall.desk.settings
    rows = [{"name": say(f"model.{n}", language), "value": _part(n, v, language)} for n, v in (("llm", s.llm), ("embedding", s.embedding), ("reranker", s.reranker))]
    if reader.ceiling >= 4:  # it moves with every document, those above a ceiling too
        rows += [{"name": say("model.sequence", language), "value": f"{hall.desk.retriever.sequence} / {hall.desk.store.documents.sequence()}"}]
    rows += [{"name": say("model.constants", language), "value": _constants()}, {"name": say("model.version", language), "value": _version()}]
    said = hall.desk.store.conversations.tally()
    cards = "".join(f'<div class="jw-stat"><b>{n:,}</b><span>{e(say(f"status.{k}", language) if known(f"status.{k}") else say(f"model.{k}", language) if known(f"model.{k}") else k)}</span></div>' for k, n in said.items())
    heard = f'<h3 class="jw-sub-title">{e(say("model.heard", language))}</h3><div class="jw-cards">{cards}</div>' if cards else ""
    return rows_of(("name", "value"), "model", rows, language) + heard


def _part(name: str, setting: str | None, language: str) -> str:
    """What does a part of the work: the model that is set, the one that is built in, or none."""
    if setting and known(f"model.{setting}"):
        return say(f"model.{setting}", language)
    return setting or say("model.none" if name == "llm" else "model.off", language)


def _constants() -> str:
    from risk.constants import constants

    return str(constants()["version"])


def _version() -> str:
    from importlib.metadata import version

    return version("jianwei")


def backups(hall: Hall, reader: Reader, language: str) -> str:
    """Kept backups and bulletins; a backup can be made while serving."""
    rows = centre.backups(hall.desk, reader)
    may = reader.ceiling >= centre.WHOLE
    make = act(say("backups.make", language), "POST /api/v1/jobs/backup/run") if hall.runner else ""

    def acts(r: Mapping[str, Any]) -> str:
        return f'<a class="jw-button jw-small" href="/api/v1/backups/{quote(r["name"])}" download>{e(say("backups.get", language))}</a>' if may or not r["name"].startswith("backup") else ""

    def cell(name: str, value: Any) -> str:
        return f'<span class="jw-num">{value / 1e6:,.1f} MB</span>' if name == "bytes" else value_of(name, value, language)

    hint = f'<p class="jw-dim">{e(say("backups.hint", language))}</p>'
    return f'<div class="jw-actions">{make}</div>{running(hall, reader, language)}{hint}' + rows_of(("name", "made_at", "bytes"), "backups", rows, language, cell, acts)
