"""`pilot prepare`: the one-shot step before new processes start."""

from __future__ import annotations

import time

import typer

from cli.context import environment, home
from cli.new_home import begin_or_check

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def prepare(
    new: str = typer.Option(
        "", "--new", metavar="REASON", help="Begin a new home although backups show that there was one."
    ),
) -> None:
    """Bring the home and the store to this version, and end: before processes of this version start.

    Migrations only add (expand), so processes of the version before go on meanwhile. A second call changes nothing.

    Example: pilot prepare
    """
    from operations.preparation import prepare as prepare_home
    from operations.system import make_system

    began = time.monotonic()
    opened = home()
    begin_or_check(opened, new=new)
    codes = prepare_home(make_system(opened, environment=environment(), fake_allowed=False))
    typer.echo(
        f"Prepared {opened.root} in {time.monotonic() - began:.0f} s: the store is at this version, {len(codes)} codes."
    )
