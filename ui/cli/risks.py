"""risks mine|list|show|what-if|export, and the bulletin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.answer import AsOf, Json
from ui.cli.gather import _progress, _progress_done
from ui.cli.session import put_json, put_table, session

group = typer.Typer(help="The technical-risk list (技术风险清单).", no_args_is_help=True)
Field = Annotated[str, typer.Option(help="Technical field.")]
Stage = Annotated[str, typer.Option(help="identified, scored or validated.")]


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="risks")
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
def list_(context: typer.Context, as_of: AsOf = "", field: Field = "", stage: Stage = "", json: Json = False) -> None:
    """The ranked list."""
    here = session(context)
    found = here.desk.risks(here.reader, as_of=as_of, field=field, stage=stage)
    if json:
        return put_json(found)
    rows = [(i, r["level"], r["statement"], r["field"], _interval(r["importance"]), _interval(r["urgency"]), r["evidence_strength"], r["id"]) for i, r in enumerate(found["risks"], 1)]
    put_table([here.say(f"risk.{n}") for n in ("number", "level", "statement", "field", "importance", "urgency", "evidence", "id")], rows)


def _interval(axis: dict[str, float]) -> str:
    return f"{axis['mean']:.2f} ({axis['low']:.2f}–{axis['high']:.2f})"


@group.command()
def show(context: typer.Context, risk: Annotated[str, typer.Argument(metavar="ID")], json: Json = False) -> None:
    """One risk with its evidence."""
    here = session(context)
    r = here.desk.risk(risk, here.reader)
    if json:
        return put_json(r)
    print(f"{r['statement']}\n{r['field']} · {r['level']} · {_interval(r['importance'])} · {_interval(r['urgency'])}")
    for s in r["signals"]:
        print(f"  {'+' if s.get('supports', True) else '−'} {s['date']} {s['quote']} ({s['document_id']})")


@group.command("what-if")
def what_if(
    context: typer.Context,
    risk: Annotated[str, typer.Argument(metavar="ID")],
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="INDICATOR=0..1", help="Assume this value; repeat for more.")] = None,
    json: Json = False,
) -> None:
    """How a risk's scores and grade would change under assumed indicators."""
    from corpus.errors import BadInput

    assumed: dict[str, float] = {}
    for pair in set_ or []:
        name, _, value = pair.partition("=")
        try:
            assumed[name] = float(value)
        except ValueError as error:
            raise BadInput("an assumption is INDICATOR=NUMBER", pair, "write severity=0.8") from error
    here = session(context)
    result = here.desk.what_if(risk, assumed, here.reader)
    put_json(result) if json else put_table(["", ""], list(result.items()))


@group.command()
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.{json,xlsx,docx,pdf}")],
    as_of: AsOf = "",
    field: Field = "",
    stage: Stage = "",
) -> None:
    """The list as a file."""
    from ui.desk import reports

    here = session(context)
    reports.write_risks(here.desk, file, here.reader, as_of=as_of, field=field, stage=stage)
    print(file)


def bulletin(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.{md,docx,pdf}")],
    date_from: Annotated[str, typer.Option("--from", metavar="DATE")] = "",
    date_to: Annotated[str, typer.Option("--to", metavar="DATE")] = "",
    field: Field = "",
    region: Annotated[str, typer.Option(metavar="CODE")] = "",
) -> None:
    """竞争情报快递."""
    from ui.desk import reports

    here = session(context)
    reports.write(reports.bulletin(here.desk, here.reader, start=date_from, end=date_to, field=field, region=region), file)
    print(file)
