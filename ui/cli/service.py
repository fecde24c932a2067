"""serve and demo."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.session import session


def register(app: typer.Typer) -> None:
    app.command()(serve)
    app.command()(demo)


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address; one that is not loopback needs accounts.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, show_default="7860")] = None,
    no_schedule: Annotated[bool, typer.Option("--no-schedule", help="Run no jobs.")] = False,
    accounts: Annotated[bool, typer.Option("--accounts", help="Everybody signs in; the first run makes an administrator and prints a one-time password.")] = False,
) -> None:
    """API, interface and schedule."""
    from ui.serve import serve as run

    here = session(context)
    run(here.settings.model_copy(update={k: v for k, v in (("host", host), ("port", port)) if v is not None}), schedule=not no_schedule, accounts=accounts)


def demo(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(min=0, max=65535, show_default="7860")] = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Gather and build only.")] = False,
) -> None:
    """Gather the demo portal, build everything, open the service."""
    from ui.demo import demo as run

    here = session(context)
    run(here.settings.model_copy(update={} if port is None else {"port": port}), serve=not no_serve)
