"""`pilot dagster`: prints a link that signs in to Dagster's page."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from cli.context import environment, home
from operations.dagster_page.sign_in import make_link
from operations.system import make_system

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def dagster() -> None:
    """Print a link that signs in to Dagster's page for 12 hours; without it the page is read-only.

    The link works once, within an hour.

    Example: pilot dagster
    """
    system = make_system(home(), environment=environment())
    typer.echo(make_link(system.dagster_home, url=system.dagster_url, now=datetime.now(UTC)))
