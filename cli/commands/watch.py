"""`pilot watch`: probes from outside."""

from __future__ import annotations

import typer

from cli.context import home
from operations.watch.clockwork import watch

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def keep_watching() -> None:
    """Probe every café's page from outside, every PILOT_PROBE_SECONDS, until Ctrl-C. `pilot run` starts one itself.

    Example: PILOT_PUBLIC_URL=https://feedback.example.se pilot watch
    """
    watch(home())
