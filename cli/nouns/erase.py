"""`pilot erase`: a guest's right."""

from __future__ import annotations

import getpass

import typer

from cli.opening import home
from storage.store import tombstones

app = typer.Typer(rich_markup_mode="rich")


@app.command()
def erase(
    session: str = typer.Argument(help="The session's identifier, a UUID of version 7."),
    reason: str = typer.Option(..., "--reason", help="Why, for the audit log; no personal data."),
) -> None:
    """Erase a session: its day is rebuilt without it, and no rebuild brings it back.

    Example: pilot erase 01a20a38-fd7e-7a9b-9ab2-37da6e252d5a --reason "guest asked by mail"
    """
    opened = home()
    tombstones.add(opened.store(), session_id=session, actor=f"cli:{getpass.getuser()}", reason=reason)
    typer.echo("The session is marked as erased; its day is rebuilt without it within a minute.")
