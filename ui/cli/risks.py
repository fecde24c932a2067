"""risks mine|list|show|what-if|export|alerts|answer, the bulletin and its issues."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.answer import AsOf, Json
from ui.cli.gather import _progress, _progress_done
from ui.cli.risk_words import assumed_rows, interval, told
from ui.cli.session import put_json, put_table, session

group = typer.Typer(help="The technical-risk list (技术风险清单).", no_args_is_help=True)
issues = typer.Typer(help="Issues of the bulletin (竞争情报快递): list, sign, write.", no_args_is_help=True)
Field = Annotated[str, typer.Option(help="Technical field.")]
Stage = Annotated[str, typer.Option(help="identified, scored or validated.")]
Type = Annotated[str, typer.Option("--type", help="Top split or group of a risk type, such as 科技供给风险.")]


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="risks")
    app.add_typer(issues, name="bulletins")
    app.command()(bulletin)


@group.command()
def mine(context: typer.Context, as_of: AsOf = "", json: Json = False) -> None:
    """Mine signals and stories and score the risks."""
    from ui.desk import gather

    here = session(context)
    report = gather.mine(here.desk, here.reader, as_of=as_of, progress=_progress())
    _progress_done()
    put_json(report) if json else print("  ".join(f"{k} {v}" for k, v in report.items() if not isinstance(v, (list, dict))))


@group.command("list")
def list_(context: typer.Context, as_of: AsOf = "", field: Field = "", stage: Stage = "", type_: Type = "", json: Json = False) -> None:
    """The ranked list."""
    here = session(context)
    found = here.desk.risks(here.reader, as_of=as_of, field=field, stage=stage, type_=type_)
    if json:
        return put_json(found)
    if found["stale"]:
        print(here.say("risk.ended" if found["evidence_until"] else "risk.all_undated", until=found["evidence_until"]))
    if found["last_list"]:
        print(f"{here.say('risk.see_day', until=found['last_list'])}: jianwei risks list --as-of {found['last_list']}")
    words = here.say("risk.unknown_axis")
    rows = [(i, here.say(f"risk_level.{r['level']}"), r["title"], r["field"], interval(r["importance"]), interval(r["urgency"], words), here.say(f"strength.{r['evidence_strength']}"), r["id"]) for i, r in enumerate(found["risks"], 1)]
    put_table([here.say(f"risk.{n}") for n in ("number", "level", "title", "field", "importance", "urgency", "evidence", "id")], rows)


@group.command()
def show(context: typer.Context, risk: Annotated[str, typer.Argument(metavar="ID")], as_of: AsOf = "", json: Json = False) -> None:
    """One risk with its evidence, its gaps and its counter-measures."""
    here = session(context)
    r = here.desk.risk(risk, here.reader, as_of=as_of)
    if json:
        return put_json(r)
    print("\n".join(told(r, here)))


@group.command("what-if")
def what_if(
    context: typer.Context,
    risk: Annotated[str, typer.Argument(metavar="[ID]")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=0..1", help="severity=0.8 (one risk), red.importance=0.7, probability=0.9, lambda=0.5; repeat for more.")] = None,
    as_of: AsOf = "",
    json: Json = False,
) -> None:
    """How a risk, or without ID the whole list, would change under assumed indicators, thresholds or λ."""
    from corpus.errors import BadInput
    from ui.desk.risks import what_if as assume

    assumed: dict[str, float] = {}
    for pair in set_ or []:
        name, _, value = pair.partition("=")
        try:
            assumed[name] = float(value)
        except ValueError as error:
            raise BadInput("an assumption is NAME=NUMBER", pair, "write severity=0.8 or red.importance=0.7") from error
    here = session(context)
    result = assume(here.desk, risk, assumed, here.reader, as_of=as_of)
    if json:
        return put_json(result)
    put_table([here.say(f"what_if.{n}") for n in ("what", "listed", "assumed")], assumed_rows(result, here))
    if changed := result.get("changed"):
        rows = [(f"{c['was_position']} → {c['position']}", c["title"], f"{here.word('risk_level', c['was'])} → {here.word('risk_level', c['level'])}") for c in changed]
        put_table([here.say(f"risk.{n}") for n in ("number", "title", "level")], rows)
    print(here.say("what_if.method", how=result["method"]))


@group.command()
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.{json,xlsx,docx,pdf}")],
    as_of: AsOf = "",
    field: Field = "",
    stage: Stage = "",
    type_: Type = "",
) -> None:
    """The list as a file."""
    from ui.desk import reports

    here = session(context)
    reports.write_risks(here.desk, file, here.reader, as_of=as_of, field=field, stage=stage, type_=type_)
    print(file)


@group.command("alerts")
def alerts_(context: typer.Context, state: Annotated[list[str] | None, typer.Option(help="notified, acknowledged, reported or closed; repeat for more.")] = None, json: Json = False) -> None:
    """Alerts, newest first."""
    from ui.desk import alerts

    here = session(context)
    rows = alerts.listed(here.desk, here.reader, states=state or ())
    names = ("n", "state", "level", "rule", "as_of", "due_on", "escalated", "title", "next")
    if json:
        return put_json({"alerts": rows})
    words = {"state": "alert_state", "level": "risk_level", "rule": "alert_rule", "next": "alert"}
    heads = [here.say(f"alert.{n}") for n in ("n", "state", "level", "rule", "as_of", "due", "escalations", "what", "next")]
    put_table(heads, [[here.word(words[n], r[n]) if n in words else r[n] for n in names] for r in rows])


@group.command("answer")
def answer(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    step: Annotated[str, typer.Argument(metavar="acknowledged|reported|closed")],
    note: Annotated[str, typer.Option(help="What was done; 反馈 and 销号 need it.")] = "",
    json: Json = False,
) -> None:
    """Take an alert one step on: 签收 → 反馈 → 销号."""
    from ui.desk import alerts

    here = session(context)
    done = alerts.answer(here.desk, number, step, here.reader, note)
    put_json(done) if json else print(f"{done['n']}  {here.word('alert_state', done['state'])}")


@group.command("escalate")
def escalate(context: typer.Context, on: Annotated[str, typer.Option(metavar="DATE", help="As of this day (today by default).")] = "", json: Json = False) -> None:
    """Tell again, one step higher, of alerts that nobody acknowledged in time."""
    from ui.desk import alerts

    here = session(context)
    raised = alerts.escalate(here.desk, here.reader, on)
    put_json({"escalated": raised}) if json else print(len(raised))


def bulletin(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.{md,docx,pdf}")],
    date_from: Annotated[str, typer.Option("--from", metavar="DATE")] = "",
    date_to: Annotated[str, typer.Option("--to", metavar="DATE")] = "",
    field: Field = "",
    region: Annotated[str, typer.Option(metavar="CODE")] = "",
    json: Json = False,
) -> None:
    """竞争情报快递: compose the issue of a period, keep it as a draft and write it to a file."""
    from risk.bulletin import report_of
    from ui.desk import reports

    here = session(context)
    reports.check_suffix(file, (".md", ".docx", ".pdf"))
    number = reports.draft_bulletin(here.desk, here.reader, start=date_from, end=date_to, field=field, region=region)
    reports.write(report_of(here.desk.store, number, here.reader), file)
    put_json({"number": number, "file": str(file)}) if json else print(f"{file}  {number}")


@issues.command("list")
def issues_list(context: typer.Context, json: Json = False) -> None:
    """The issues that are kept."""
    from risk.bulletin import bulletins

    here = session(context)
    rows = bulletins(here.desk.store, here.reader)
    if json:
        return put_json({"bulletins": rows})
    told = [(b["n"], b["title"], f"{b['start']}—{b['end']}", "、".join(p for p in (b["field"], b["region"]) if p) or here.say("bulletin.all"), here.word("bulletin_state", b["state"]), here.word("bulletin", b["next"])) for b in rows]
    put_table([here.say(n) for n in ("alert.n", "bulletin.issue_no", "bulletin.period", "bulletin.scope", "alert.state", "alert.next")], told)


@issues.command("sign")
def issues_sign(context: typer.Context, number: Annotated[int, typer.Argument(metavar="NUMBER")], step: Annotated[str, typer.Argument(metavar="review|issue")]) -> None:
    """审核 → 签发; what is issued goes to the subscribers."""
    from risk.bulletin import sign

    here = session(context)
    print(sign(here.desk.store, number, step, here.reader)["state"])


@issues.command("write")
def issues_write(
    context: typer.Context, number: Annotated[int, typer.Argument(metavar="NUMBER")], file: Annotated[Path, typer.Argument(metavar="FILE.{md,docx,pdf}")]
) -> None:
    """A kept issue as a file."""
    from risk.bulletin import report_of
    from ui.desk import reports

    here = session(context)
    reports.write(report_of(here.desk.store, number, here.reader), file)
    print(file)
