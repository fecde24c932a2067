"""user add|list|change|password|token|tokens|revoke."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.answer import Json
from ui.cli.session import Session, put_json, put_table, session

app = typer.Typer(help="People, roles and tokens.", no_args_is_help=True)
Name = Annotated[str, typer.Argument()]
Ceiling = Annotated[int | None, typer.Option(min=1, max=4, help="Highest security level that may be read.")]


def _manager(here: Session) -> None:
    here.reader.require("admin")


@app.command()
def add(
    context: typer.Context,
    name: Name,
    role: Annotated[str, typer.Option(help="enterprise, expert, official, operator, auditor or admin.")],
    ceiling: Ceiling = None,
    display: Annotated[str, typer.Option(help="Full name.")] = "",
    email: Annotated[str, typer.Option()] = "",
    json: Json = False,
) -> None:
    """Add a person; prints a one-time password."""
    from ui.auth.accounts import create

    here = session(context)
    _manager(here)
    password = create(here.desk.store, name, role, ceiling=ceiling, display=display, email=email, by=here.reader.user)
    put_json({"name": name, "role": role, "password": password}) if json else print(here.say("user.added", name=name, password=password))


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """Everyone."""
    here = session(context)
    here.reader.require("admin", "auditor")
    found = [u.record() for u in here.desk.store.people.all()]
    names = ("name", "role", "ceiling", "display", "state", "locked_until", "created_at")
    put_json({"users": found}) if json else put_table(names, [[u[n] for n in names] for u in found])


@app.command()
def change(
    context: typer.Context,
    name: Name,
    role: Annotated[str, typer.Option()] = "",
    ceiling: Ceiling = None,
    disable: Annotated[bool, typer.Option("--disable")] = False,
    enable: Annotated[bool, typer.Option("--enable", help="Also lifts a lock.")] = False,
) -> None:
    """Change a role or ceiling, disable or enable."""
    from ui.auth.accounts import change as change_

    here = session(context)
    _manager(here)
    change_(here.desk.store, name, role=role, ceiling=ceiling, disable=disable, enable=enable, by=here.reader.user)


@app.command()
def password(context: typer.Context, name: Name) -> None:
    """Set a new one-time password and print it."""
    from ui.auth.accounts import reset

    here = session(context)
    if here.reader.user != name:
        _manager(here)
    print(here.say("user.password", name=name, password=reset(here.desk.store, name, by=here.reader.user)))


@app.command()
def token(
    context: typer.Context,
    name: Name,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    days: Annotated[int, typer.Option(min=0, help="Valid for so many days; 0 without end.")] = 90,
) -> None:
    """Make an API token; it is shown once."""
    from ui.auth.accounts import make_token

    here = session(context)
    if here.reader.user != name:
        _manager(here)
    print(make_token(here.desk.store, name, label, days=days, by=here.reader.user))


@app.command()
def tokens(context: typer.Context, name: Name, json: Json = False) -> None:
    """A person's tokens."""
    here = session(context)
    if here.reader.user != name:
        _manager(here)
    found = here.desk.store.people.tokens(name)
    put_json({"tokens": found}) if json else put_table(("id", "label", "created_at", "expires_at", "last_used_at"), [list(t.values()) for t in found])


@app.command()
def revoke(context: typer.Context, name: Name, token_id: Annotated[str, typer.Argument(metavar="TOKEN")]) -> None:
    """End a token."""
    here = session(context)
    if here.reader.user != name:
        _manager(here)
    here.desk.store.people.revoke_token(name, token_id)
    here.desk.store.audit.add(here.reader.user, "token.revoke", name, {"id": token_id})
