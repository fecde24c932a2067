"""risks identification|blind-spots|technologies|compare|decide|merge|split: the register on the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.answer import AsOf, Json
from ui.cli.risk_words import decided_rows
from ui.cli.risks import Field, group
from ui.cli.session import put_json, put_table, session

Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]
RiskId = Annotated[str, typer.Argument(metavar="ID")]


def register(_: typer.Typer) -> None:
    """Add the commands to the group `risks`."""
    for command in (identification, blind_spots, technologies, compare, decide, merge, split):
        group.command(command.__name__.replace("_", "-"))(command)


def identification(context: typer.Context, as_of: AsOf = "", json: Json = False) -> None:
    """技术风险识别清单: field × type, with the risks of each cell."""
    from ui.desk import risks

    here = session(context)
    found = risks.identification(here.desk, here.reader, as_of=as_of)
    if json:
        return put_json(found)
    rows = []
    for c in found["cells"]:
        named = c["titles"][: max(1, min(4, len(c["titles"]) - c["candidates"]))]
        more = [here.say("overview.candidates", n=c["candidates"])] if c["candidates"] else []
        rows.append((c["field"], c["type"], here.word("risk_level", c["level"]), len(c["risks"]), c["stories"], "、".join([*named, *more])))
    put_table([here.say(f"overview.{n}") for n in ("field", "type", "highest", "number", "stories", "risks")], rows)


def blind_spots(context: typer.Context, as_of: AsOf = "", json: Json = False) -> None:
    """Fields and kinds without recent evidence, and sources that fell silent."""
    from ui.desk import risks

    here = session(context)
    found = risks.blind_spots(here.desk, here.reader, as_of=as_of)
    if json:
        return put_json(found)
    silent = [here.say("overview.silent", source=s["source"], days=s["silent_days"]) for s in found["sources"]]
    kinds = [str(here.word("kind", k)) for k in found["kinds"]]
    rows = [(here.say(f"overview.{n}"), "、".join(words) or "—") for n, words in (("no_evidence", found["fields"]), ("thin", found["thin_fields"]), ("no_kind", kinds), ("sources", silent))]
    put_table([here.say("overview.where"), here.say("overview.what")], rows)


def technologies(context: typer.Context, as_of: AsOf = "", field: Field = "", json: Json = False) -> None:
    """Technology terms by field, mined from papers, projects, calls, policies and news."""
    from ui.desk import risks

    here = session(context)
    found = risks.technologies(here.desk, here.reader, as_of=as_of, field=field)
    put_json(found) if json else put_table(
        [here.say(f"technology.{n}") for n in ("field", "count", "terms")],
        [(f["field"], f["of"], "、".join(f"{t['term']} {t['documents']}" for t in f["terms"][:12]) or here.say("technology.silent")) for f in found["fields"]],
    )


def compare(context: typer.Context, before: Annotated[str, typer.Argument(metavar="DATE")], after: Annotated[str, typer.Argument(metavar="DATE")], json: Json = False) -> None:
    """What moved between the lists of two dates, and why."""
    from ui.desk import risks

    here = session(context)
    found = risks.compare(here.desk, before, after, here.reader)
    if json:
        return put_json(found)
    if found["without_list"]:
        print(here.say("moves.no_list", days="、".join(found["without_list"])), here.say("moves.no_list_hint"), sep="\n")
        return
    rows = [(m["place"] or "—", m["title"], "—" if m["change"] == "same" else here.say(f"moves.{m['change']}", n=m["places"]), "；".join(m["because"])) for m in found["moves"]]
    put_table([here.say(f"moves.{n}") for n in ("place", "risk", "change", "because")], rows)


def decide(
    context: typer.Context,
    risk: RiskId,
    state: Annotated[str, typer.Option(help="candidate, monitoring, validation, listed, handling or closed.")] = "",
    owner: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
    due: Annotated[str | None, typer.Option(metavar="DATE", help="核查时限.")] = None,
    residual: Annotated[float | None, typer.Option(help="Residual score 0..1 after measures.")] = None,
    statement: Annotated[str | None, typer.Option(help="Words in place of the machine's.")] = None,
    note: Reason = "",
    json: Json = False,
) -> None:
    """State, owner, due date, residual score and wording of a risk."""
    from ui.desk import risks

    here = session(context)
    edits = {"statement": statement} if statement else {}
    found = risks.decide(here.desk, risk, here.reader, state=state, note=note, edits=edits, owner=owner, due_on=due, residual=residual)
    put_json(found) if json else put_table(["", ""], decided_rows(found, here))


def merge(context: typer.Context, risks_: Annotated[list[str], typer.Argument(metavar="ID…")], into: Annotated[str, typer.Option(metavar="ID")], reason: Reason, json: Json = False) -> None:
    """Merge risks into another; their signals count for it from the next mining on."""
    from ui.desk import risks

    here = session(context)
    found = risks.merge(here.desk, risks_, into, reason, here.reader)
    put_json(found) if json else put_table(["", ""], decided_rows(found, here))


def split(
    context: typer.Context,
    risk: RiskId,
    part: Annotated[list[str], typer.Option(metavar="NAME=TYPE,TYPE", help="A part and the risk types that go to it; repeat for more.")],
    reason: Reason,
    json: Json = False,
) -> None:
    """Split a risk by its types into named parts; the rest stays."""
    from corpus.errors import BadInput
    from ui.desk import risks

    parts = {}
    for one in part:
        name, sign, types = one.partition("=")
        if not sign or not types:
            raise BadInput("a part is NAME=TYPE,TYPE", one, "write 电池起火=起火爆炸")
        parts[name] = [t for t in types.split(",") if t]
    here = session(context)
    found = risks.split(here.desk, risk, parts, reason, here.reader)
    put_json(found) if json else put_table(["", ""], decided_rows(found, here))
