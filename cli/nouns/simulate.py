"""`pilot simulate`: simulated sessions, landed and nothing more."""

from __future__ import annotations

import typer
from rich.console import Console

from cli.demo_home import DEMO_DAYS, land_days, open_demo
from cli.opening import environment

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def simulate(
    days: int = typer.Option(DEMO_DAYS, min=1, max=120, help="How many days, today included."),
    seed: int = typer.Option(1, help="The same seed gives the same days."),
) -> None:
    """Land simulated days in a demo home, without building figures: the sensor of a running pilot does that.

    Example: PILOT_HOME=/tmp/demo pilot simulate --days 3 --seed 7
    """
    console = Console(highlight=False)
    home = open_demo(environment())
    landed = land_days(home, days=days, seed=seed, console=console)
    console.print(f"{len(landed)} days landed in {home.root}.", soft_wrap=True)
