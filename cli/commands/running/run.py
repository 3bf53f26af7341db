"""`pilot run`: runs the whole pilot on this machine."""

from __future__ import annotations

import typer

from cli.context import environment, home
from cli.foreground import serve_until_stopped
from operations.system import make_system

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def run() -> None:
    """Prepare the home, then run edge, Dagster, dashboards and watch. Ctrl-C stops everything.

    Example, on another port: PILOT_EDGE_PORT=8080 pilot run
    """
    serve_until_stopped(make_system(home(), environment=environment()))
