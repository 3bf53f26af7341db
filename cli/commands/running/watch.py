"""`pilot watch`: probes the cafés' pages from outside."""

from __future__ import annotations

import typer

from cli.context import home
from operations.watch.clockwork import watch

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def watch_until_stopped() -> None:
    """Probe every café's page from outside, every PILOT_PROBE_SECONDS, until Ctrl-C.

    `pilot run` starts a watch itself.

    Example: PILOT_PUBLIC_URL=https://feedback.example.se pilot watch
    """
    watch(home())
