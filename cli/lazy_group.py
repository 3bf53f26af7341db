"""A command group that imports a subcommand's module only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from pilot.composed import composed
from pilot.errors import PilotError

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


class LazyGroup(TyperGroup):
    """The root command; the module of a subcommand is `cli.commands.<folder>.<name>`, with _ for -.

    Attributes:
        subcommands: The folder and one line of help for each subcommand, by name.
    """

    subcommands: dict[str, tuple[str, str]] = {}  # noqa: RUF012 - set once by the subclass in cli.main

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the subcommands' names in the order of the help."""
        return list(self.subcommands)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Compose the arguments' letters, so that every subcommand reads the same names."""
        return super().parse_args(ctx, [_composed_argument(each) for each in args])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a placeholder with the help line, so that listing the subcommands imports none of them."""
        if cmd_name not in self.subcommands:
            return None
        return TyperCommand(name=cmd_name, help=self.subcommands[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the subcommand that is called."""
        self.commands = dict.fromkeys(self.subcommands)  # type: ignore[assignment] # names, for "did you mean"
        name, placeholder, rest = super().resolve_command(ctx, args)
        if name is None or placeholder is None:
            return name, placeholder, rest
        module = importlib.import_module(f"cli.commands.{self.subcommands[name][0]}.{name.replace('-', '_')}")
        return name, typer.main.get_command(module.app), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand and print an error as one line; with --debug, as a traceback."""
        try:
            return super().invoke(ctx)
        except PilotError as error:
            if ctx.params.get("debug"):
                raise
            typer.secho(str(error), err=True)
            raise typer.Exit(EXIT_FAILED) from None
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except BrokenPipeError:  # The reader closed the pipe, as `head` does.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes stdout at exit.
            raise typer.Exit(0) from None
        except Exception as error:
            # Typer handles its own exceptions: usage errors and exits.
            if ctx.params.get("debug") or type(error).__module__.startswith("typer"):
                raise
            typer.secho(_describe(error), err=True)
            raise typer.Exit(EXIT_FAILED) from None


def _composed_argument(argument: str) -> str:
    """Return an argument composed; the path of an existing file is left as the file system spells it."""
    path = argument.partition("=")[2] if argument.startswith("--") else argument
    return argument if composed(argument) != argument and Path(path).exists() else composed(argument)


def _describe(error: Exception) -> str:
    """Return an unforeseen error in words, without its values: they may be a customer's words."""
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"The system refused: {error.strerror or type(error).__name__}{place}."
    return f"Something unexpected went wrong ({type(error).__name__}). `pilot --debug ...` shows where."
