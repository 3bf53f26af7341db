"""A command group that knows its commands' names and imports a command's file only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from pilot.errors import PilotError

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


class LazyGroup(TyperGroup):
    """The root command: one file of `cli.commands` a command, told apart by name.

    Attributes:
        nouns: Name and one line of help of each command; the module is `cli.commands.<name>`, with _ for -.
    """

    nouns: dict[str, str] = {}  # noqa: RUF012 - set once by the subclass in cli.main

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names in their order of use."""
        return list(self.nouns)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a stand-in that carries the help line: listing the commands imports none of them."""
        if cmd_name not in self.nouns:
            return None
        return TyperCommand(name=cmd_name, help=self.nouns[cmd_name])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the command that is called."""
        self.commands = dict.fromkeys(self.nouns)  # type: ignore[assignment] # names, for "did you mean"
        name, stand_in, rest = super().resolve_command(ctx, args)
        if stand_in is None:
            return name, stand_in, rest
        file = name.replace("-", "_")
        module = importlib.import_module(f"cli.commands.{file}")
        return name, typer.main.get_command(module.app), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what goes wrong is told in words, never as a traceback unless --debug asks for it."""
        try:
            return super().invoke(ctx)
        except PilotError as error:
            if ctx.params.get("debug"):
                raise
            typer.secho(str(error), err=True)
            raise typer.Exit(EXIT_FAILED) from None
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except BrokenPipeError:  # whoever reads has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed at the end
            raise typer.Exit(0) from None
        except Exception as error:
            # typer's own exceptions carry usage errors and exits; they are its business.
            if ctx.params.get("debug") or type(error).__module__.startswith("typer"):
                raise
            typer.secho(_in_words(error), err=True)
            raise typer.Exit(EXIT_FAILED) from None


def _in_words(error: Exception) -> str:
    """Say what an error that nobody foresaw is, without the values in it: they may be a customer's words."""
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"The system refused: {error.strerror or type(error).__name__}{place}."
    return f"Something unexpected went wrong ({type(error).__name__}). `pilot --debug ...` shows where."
