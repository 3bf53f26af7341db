"""`pilot run`: runs the whole pilot on this machine."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from cli.context import actor, environment, home
from cli.foreground import serve_until_stopped
from cli.new_home import begin_or_check
from operations.backup.verified import release
from operations.system import make_system

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def run(
    unverified: str = typer.Option(
        "", "--unverified", metavar="REASON", help="Run a restored home although its data is not verified."
    ),
    new: str = typer.Option(
        "", "--new", metavar="REASON", help="Begin a new home although backups show that there was one."
    ),
) -> None:
    """Prepare the home, then run edge, Dagster, dashboards and watch. Ctrl-C stops everything.

    A restored home runs only after `pilot verify-data`, or with --unverified and a reason for the audit log. A new home
    does not begin where backups show that one stood, whose disk may be lost: restore it, or give --new and a reason.

    Example, on another port: PILOT_EDGE_PORT=8080 pilot run
    """
    opened = home()
    begin_or_check(opened, new=new)
    if unverified.strip():
        release(opened, verified=False, actor=actor(), reason=unverified.strip(), at=datetime.now(UTC))
    serve_until_stopped(make_system(opened, environment=environment()), reread=environment)
