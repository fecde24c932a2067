"""The root command: global options, our commands, and the commands of the entry-point group `jianwei.commands`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ui.cli import answer, centre, gather, panel, people, register, reports, risks, service, subscriptions
from ui.cli.session import Session

app = typer.Typer(
    name="jianwei",
    help="见微 Jianwei: policy and risk intelligence for science and technology.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
for part in (gather, answer, reports, risks, register, centre, service):
    part.register(app)
app.add_typer(panel.app, name="panel")
app.add_typer(people.app, name="user")
app.add_typer(subscriptions.app, name="subscription")


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Folder of all state (or JIANWEI_HOME).", show_default=".jianwei")] = None,
    as_user: Annotated[str, typer.Option(metavar="NAME", help="Act as this user; without it the local operator.")] = "",
) -> None:
    """见微 Jianwei: policy and risk intelligence for science and technology."""
    context.obj = context.with_resource(Session(home, as_user))


class Plugin(TyperGroup):
    """A group that another package registers (a Typer application, or a function that gives one); loaded only when it is used."""

    def __init__(self, entry: EntryPoint) -> None:
        super().__init__(name=entry.name, help=_HELP.get(entry.name, f"Commands of {entry.value}."), no_args_is_help=True, rich_markup_mode=None)
        self._entry: EntryPoint | None = entry

    def _load(self) -> None:
        if self._entry is not None:
            loaded, self._entry = self._entry.load(), None
            group = typer.main.get_command(loaded if isinstance(loaded, typer.Typer) else loaded())
            assert isinstance(group, TyperGroup)
            self.commands = group.commands

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        self._load()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        self._load()
        return super().list_commands(ctx)


_HELP = {"eval": "Figures: baselines and peers in the same run."}


def command() -> TyperGroup:
    """The whole command tree."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for entry in entry_points(group="jianwei.commands"):
        group.add_command(Plugin(entry), entry.name)
    return group
