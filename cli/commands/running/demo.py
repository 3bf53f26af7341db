"""`pilot demo`: runs the pilot on simulated days."""

from __future__ import annotations

import os

import typer
from rich.console import Console

from cli.context import environment
from cli.demo_home import DEMO_DAYS, build_figures, land_days, open_demo
from cli.foreground import serve_until_stopped
from operations.system import make_system

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def demo(
    days: int = typer.Option(DEMO_DAYS, min=1, max=120, help="Number of days, today included."),
    seed: int = typer.Option(1, help="The same seed gives the same days."),
    serve: bool = typer.Option(True, help="Also run everything, like `pilot run`."),
) -> None:
    """Run the pilot on simulated days of every café, in a separate home.

    The home is PILOT_HOME if that is set, else ~/.local/share/pilot-demo. Existing days are kept.

    Example: pilot demo --days 7 --no-serve
    """
    console = Console(highlight=False)
    started = dict(os.environ)  # before the lines of the file of settings are added to it
    home = open_demo(environment())
    own = {"PILOT_HOME": str(home.root)}
    variables = {**environment(), **own}
    os.environ.update(variables)
    landed = land_days(home, days=days, seed=seed, console=console)
    build_figures(home, landed, seed=seed, console=console)
    if serve:
        serve_until_stopped(make_system(home, environment=variables), reread=lambda: {**environment(started), **own})
    else:
        console.print(f"The demo's home is {home.root}. `PILOT_HOME={home.root} pilot run` serves it.", soft_wrap=True)
