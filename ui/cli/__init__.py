"""The command line: `jianwei`. One line on standard error for an error; exit status 0 done, 1 failed, 2 wrong arguments."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import TracebackType

import typer
from typer import TyperException

from corpus.errors import BadInput, JianweiError
from ui.cli.root import command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit status."""
    sys.excepthook = _unexpected
    try:
        status = command().main(args=list(arguments) if arguments is not None else None, prog_name="jianwei", standalone_mode=False)
    except JianweiError as error:
        _leave(str(error), 2 if isinstance(error, BadInput) else 1)
    except TyperException as error:
        _leave(_usage(error), error.exit_code)
    except typer.Abort:
        _leave("stopped", 130)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  (the reader of our output went away: nothing more can be said)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An error that nobody foresaw is one line too; JIANWEI_DEBUG shows where."""
    if os.environ.get("JIANWEI_DEBUG"):
        return sys.__excepthook__(kind, error, trace)
    words = " ".join(str(error).split())[:300]
    if "disk is full" in words or "No space left" in words:
        print(f"the disk is full; {kind.__name__}; free some space and run it again: what was stored is whole (`jianwei doctor` shows how much is free)", file=sys.stderr)
        return None
    print(f"an unexpected error; {kind.__name__}: {words}; set JIANWEI_DEBUG=1 to see where, and report it", file=sys.stderr)


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "jianwei"
    if type(error).__name__ == "NoArgsIsHelpError":
        return f"a command is needed; {path}; see `{path} --help`"
    return f"{error.format_message()}; see `{path} --help`"


def _leave(message: str, status: int) -> None:
    print(" ".join(message.split()), file=sys.stderr)
    sys.exit(status)
