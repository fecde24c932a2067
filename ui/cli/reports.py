"""interpret, compare, chain, calendar, coherence: reports on the screen, as JSON, or as a file whose suffix names the format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ui.cli.session import DOC, put_json, session

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
AsOf = Annotated[str, typer.Option(metavar="DATE", help="As of this date.")]
Place = Annotated[str, typer.Option(metavar="PLACE", help="Division code or name, such as 350200.")]
File = Annotated[Path | None, typer.Argument(metavar="FILE", help="Write it here: .md, .docx, .pdf or .xlsx.")]
Doc = Annotated[str, typer.Argument(metavar="DOC", help=DOC)]


def register(app: typer.Typer) -> None:
    for function in (interpret, compare, chain, calendar, coherence):
        app.command()(function)


def interpret(context: typer.Context, document: Doc, file: File = None, as_of: AsOf = "", json: Json = False) -> None:
    """The gist of a policy (政策要点梳理, system-made)."""
    from ui.desk import reports

    here = session(context)
    _put(reports.interpret(here.desk, document, here.reader, as_of=as_of), file, json)


def compare(context: typer.Context, first: Doc, second: Doc, file: File = None, as_of: AsOf = "", json: Json = False) -> None:
    """Two documents side by side."""
    from ui.desk import reports

    here = session(context)
    _put(reports.compare(here.desk, first, second, here.reader, as_of=as_of), file, json)


def chain(context: typer.Context, topic: Annotated[str, typer.Argument(help="A few words, or the 文号 or 《title》 of a document whose matter is meant.")], file: File = None, region: Place = "", as_of: AsOf = "", json: Json = False) -> None:
    """What each level of government says on a topic, from the nation to the county (承接链)."""
    from ui.desk import enterprise

    here = session(context)
    _put(enterprise.chain(here.desk, topic, here.reader, region, as_of=as_of), file, json)


def calendar(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Write it here: .ics, .md, .docx, .pdf or .xlsx.")] = None,
    region: Place = "",
    as_of: AsOf = "",
    json: Json = False,
) -> None:
    """Calls and their deadlines (申报日历)."""
    from ui.desk import enterprise

    here = session(context)
    if file is not None and file.suffix == ".ics":
        from ui.pages import feeds

        file.write_text(feeds.calendar(enterprise.deadlines(here.desk, here.reader, region, as_of=as_of)), "utf-8", newline="")
        return
    _put(enterprise.calendar(here.desk, here.reader, region, as_of=as_of), file, json)


def coherence(context: typer.Context, file: File = None, region: Place = "", as_of: AsOf = "", json: Json = False) -> None:
    """Policies that rest on ended ones, ended without a successor, or lack rules (政策协同与纠偏清单, for officials)."""
    from ui.desk import enterprise

    here = session(context)
    _put(enterprise.coherence(here.desk, here.reader, region, as_of=as_of), file, json)


def _put(report: Any, file: Path | None, json: bool) -> None:
    if file is not None:
        from ui.desk.reports import write

        return write(report, file)
    from ui.export import markdown, report_record

    put_json(report_record(report)) if json else print(markdown(report))
