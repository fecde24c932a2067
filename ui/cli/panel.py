"""panel open|invite|declare|start|nominate|rate|close|compare|conclude|sign|list|report|weights: expert validation."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import Annotated, Any

import typer

from ui.cli.answer import AsOf, Batch, Json
from ui.cli.session import put_json, put_table, run_batch, session

app = typer.Typer(help="Expert validation (专家验证).", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="PANEL")]


@app.command("open")
def open_(
    context: typer.Context,
    title: Annotated[str, typer.Argument()],
    risk: Annotated[list[str] | None, typer.Option(help="A risk by id; repeat for more. Without it: the whole list.")] = None,
    field: Annotated[str, typer.Option(help="Technical field.")] = "",
    as_of: AsOf = "",
    json: Json = False,
) -> None:
    """Open a panel on listed risks; the stop rule is frozen here."""
    from ui.desk import judge

    here = session(context)
    panel = judge.open_panel(here.desk, title, here.reader, field=field, risk_ids=risk or (), as_of=as_of)
    put_json({"panel_id": panel, "items": len(here.desk.store.panels.get(panel)["items"])}) if json else print(panel)


@app.command()
def invite(
    context: typer.Context,
    panel: Id,
    user: Annotated[str, typer.Argument()],
    conflict: Annotated[list[str] | None, typer.Option(help="A risk with a declared conflict; repeat for more.")] = None,
    chair: Annotated[bool, typer.Option("--chair", help="专家组长: signs first.")] = False,
    group: Annotated[str, typer.Option(help="A shared view, for instance one institution: its votes are discounted.")] = "",
) -> None:
    """Put an expert on the panel; the expert is told."""
    from ui.desk import judge

    here = session(context)
    judge.invite(here.desk, panel, user, here.reader, conflicts=conflict or [], chair=chair, group=group)


@app.command()
def declare(context: typer.Context, panel: Id, risk: Annotated[list[str], typer.Argument(metavar="RISK…")]) -> None:
    """Declare one's own conflicts: these items can then only be abstained from."""
    from risk.panel import declare as declare_

    here = session(context)
    declare_(here.desk.store, panel, risk, here.reader)


@app.command()
def compare(
    context: typer.Context,
    panel: Id,
    winner: Annotated[str | None, typer.Argument(metavar="WINNER")] = None,
    loser: Annotated[str | None, typer.Argument(metavar="LOSER")] = None,
    json: Json = False,
) -> None:
    """Say which of two items matters more; without them: the pairs that one is asked next."""
    from ui.desk import judge

    here = session(context)
    if winner and loser:
        return judge.compare(here.desk, panel, winner, loser, here.reader)
    asked = judge.to_compare(here.desk, panel, here.reader)
    rows = [[p[s][n] for s in ("first", "second") for n in ("risk_id", "statement")] for p in asked["pairs"]]
    put_json(asked) if json else put_table(("first", "", "second", ""), rows)


@app.command()
def start(context: typer.Context, panel: Id) -> None:
    """Start the next round; round 1 is blind."""
    from risk.panel import start_round

    here = session(context)
    print(start_round(here.desk.store, panel, here.reader))


@app.command()
def nominate(context: typer.Context, panel: Id, statement: Annotated[str, typer.Argument()], reason: Annotated[str, typer.Option()] = "") -> None:
    """Name a risk that the machine missed (专家补充提名)."""
    from risk.panel import nominate as nominate_

    here = session(context)
    nominate_(here.desk.store, panel, statement, here.reader, reason)


@app.command()
def rate(
    context: typer.Context,
    panel: Id,
    risk: Annotated[str | None, typer.Argument(metavar="RISK")] = None,
    form: Annotated[str, typer.Option(metavar="JSON", help='{"verdict": "accept", "include": "should", "importance": 4, …}')] = "",
    batch: Batch = None,
    json: Json = False,
) -> None:
    """Rate one item, many (lines {"risk_id", "form", "user"}), or show the rating sheet."""
    from corpus.errors import BadInput
    from risk.panel import rate as rate_
    from risk.panel import sheet

    here = session(context)

    def one(line: Any) -> dict[str, Any]:
        values = line.get("form")
        if not isinstance(values, dict):
            raise BadInput("a rating needs a form", values, "see `jianwei panel rate PANEL`")
        rate_(here.desk.store, panel, str(line.get("risk_id", "")), values, here.reader_of(line.get("user")))
        return {"id": line.get("id"), "risk_id": line.get("risk_id"), "stored": True}

    if batch:
        return run_batch(batch, one)
    if risk is None:
        return put_json(sheet(here.desk.store, panel, here.reader))
    try:
        values = json_.loads(form)
    except ValueError as error:
        raise BadInput("the form is no JSON", form[:80], "give --form '{…}'") from error
    result = one({"risk_id": risk, "form": values})
    if json:
        put_json(result)


@app.command()
def close(context: typer.Context, panel: Id, json: Json = False) -> None:
    """Close the open round: its statistics."""
    from risk.panel import close_round

    here = session(context)
    result = close_round(here.desk.store, panel, here.reader)
    if json:
        return put_json(result)
    names = ("risk_id", "n", "mean", "sd", "cv", "iqr", "full_score", "cvr", "reached")
    put_table(names, [[f"{i[n]:.3f}" if isinstance(i[n], float) else i[n] for n in names] for i in result["items"]])
    print(f"W {result['kendall_w']}  chi2 {result['chi2']}  p {result['p']}  {result['response_rate']:.0%}  reached {result['reached']}")


@app.command()
def conclude(context: typer.Context, panel: Id) -> None:
    """Freeze the result as a list that only signatures can be added to."""
    from risk.panel_list import conclude as conclude_

    here = session(context)
    print(conclude_(here.desk.store, panel, here.reader))


@app.command()
def sign(context: typer.Context, list_id: Annotated[str, typer.Argument(metavar="LIST")], step: Annotated[str, typer.Argument(metavar="chair|review|issue")]) -> None:
    """专家组长 → 审核 → 签发."""
    from risk.panel_list import sign as sign_

    here = session(context)
    sign_(here.desk.store, list_id, step, here.reader)


@app.command("list")
def list_(
    context: typer.Context, list_id: Annotated[str, typer.Argument(metavar="LIST")], file: Annotated[Path, typer.Argument(metavar="FILE.{md,docx,xlsx,pdf}")]
) -> None:
    """The concluded 技术风险清单 as a file: 草稿 until it is issued."""
    from ui.desk import judge, reports

    here = session(context)
    reports.write(judge.list_report(here.desk, list_id, here.reader), file)
    print(file)


@app.command()
def report(
    context: typer.Context,
    panel: Annotated[str | None, typer.Argument(metavar="PANEL")] = None,
    file: Annotated[Path | None, typer.Argument(metavar="FILE.{md,docx,xlsx,pdf}")] = None,
    json: Json = False,
) -> None:
    """Without a panel: all panels. With one: its rounds, or the 专家咨询报告 as a file."""
    here = session(context)
    here.reader.require("official", "operator", "admin", "auditor")
    store = here.desk.store
    if panel is None:
        rows = [{"panel_id": p["id"], "title": p["title"], "state": p["state"], "items": len(p["items"]), "opened_at": p["opened_at"]} for p in store.panels.all()]
        return put_json({"panels": rows}) if json else put_table(("panel_id", "title", "state", "items", "opened_at"), [list(r.values()) for r in rows])
    store.panels.get(panel)
    if file is not None:
        from risk.panel_report import consultation_report
        from ui.desk.reports import write

        write(consultation_report(store, panel), file)
        return print(file)
    from ui.desk import judge

    put_json(judge.rounds(here.desk, panel, here.reader))


@app.command()
def weights(
    context: typer.Context,
    apply: Annotated[str, typer.Option("--apply", metavar="WHY", help="Put the proposed weights into force, with the reason.")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Go back to the AHP weights.")] = False,
    json: Json = False,
) -> None:
    """Weights that the issued lists would teach, beside those in force, and what they gain on pairs left out; nothing changes without --apply."""
    from ui.desk import judge

    here = session(context)
    if withdraw:
        return judge.withdraw_weights(here.desk, here.reader)
    if apply:
        return put_json(judge.apply_weights(here.desk, apply, here.reader))
    found = judge.proposed_weights(here.desk, here.reader)
    if json:
        return put_json(found)
    for axis, held in found["axes"].items():
        print(f"{axis}: {held['risks']} risks, {held['pairs']} pairs, held-out {held['held_out_now']} -> {held['held_out_learned']}, gains {held['gains']}")
        put_table(("indicator", "now", "learned"), [[n, f"{a:.3f}", f"{b:.3f}"] for n, a, b in zip(held["names"], held["now"], held["learned"], strict=True)])
