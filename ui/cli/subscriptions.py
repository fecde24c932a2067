"""jianwei subscription list | add | remove: one's own subscriptions, and the inbox."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.session import DOC, put_json, put_table, session

app = typer.Typer(help="One's own subscriptions, and what was told.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """One's own subscriptions."""
    here = session(context)
    rows = [{n: v for n, v in r.items() if n != "secret"} for r in here.desk.store.outbox.subscriptions(here.reader.user)]
    names = ("n", "kind", "channel", "target", "criteria")
    put_json({"subscriptions": rows}) if json else put_table(names, [[r[n] for n in names] for r in rows])


@app.command()
def add(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="policy.new, policy.changed, deadline, answer.changed, match.changed, risk.new, risk.level, doubt.settled, correction, application.decided, bulletin.")],
    channel: Annotated[str, typer.Option(help="inbox, email or webhook.")] = "inbox",
    target: Annotated[str, typer.Option(help="Address of the mailbox or the webhook.")] = "",
    document: Annotated[str, typer.Option(help=f"A policy or notice to watch: {DOC}")] = "",
    answer: Annotated[str, typer.Option(help="One's own kept answer to watch.")] = "",
    profile: Annotated[str, typer.Option(help="One's own kept profile to watch.")] = "",
    topic: Annotated[str, typer.Option(help="A topic, or words of a title.")] = "",
    region: Annotated[str, typer.Option(metavar="PLACE", help="Division code or name.")] = "",
    field: Annotated[str, typer.Option(help="A technical field.")] = "",
    source: Annotated[str, typer.Option(metavar="ID", help="The source whose corrections its provider (提供单位) wants to hear of.")] = "",
    json: Json = False,
) -> None:
    """Subscribe; for a webhook the signing secret is shown this once."""
    from ui.notify import subscribe

    here = session(context)
    said = {"document": document, "answer": answer, "profile": profile, "topic": topic, "region": region, "field": field, "source": source}
    made = subscribe(here.desk, here.reader.user, kind, channel, target, {n: v for n, v in said.items() if v})
    put_json(made) if json else print(" ".join(str(v) for v in made.values()))


@app.command()
def remove(context: typer.Context, number: Annotated[int, typer.Argument(metavar="N")]) -> None:
    """End a subscription."""
    from ui.notify import unsubscribe

    here = session(context)
    unsubscribe(here.desk, here.reader.user, number)


@app.command()
def inbox(context: typer.Context, json: Json = False) -> None:
    """What was told to one in the service."""
    here = session(context)
    rows = here.desk.store.outbox.inbox(here.reader.user)
    put_json({"messages": rows}) if json else put_table(("at", "title", "text"), [[r["at"], r["title"], r["text"]] for r in rows])
