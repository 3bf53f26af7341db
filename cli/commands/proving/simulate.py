"""`pilot simulate`: lands simulated sessions without building figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer
from rich.console import Console

from cli.context import environment
from cli.demo_home import DEMO_DAYS, land_days, open_demo
from pilot.business_days import business_day, days_between
from proving.simulator.landing_days import write_large_day
from proving.simulator.large_days import LargeDay
from proving.simulator.many_cafes import many_cafes

MOST_CAFES = 100_000

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def simulate(
    days: int = typer.Option(DEMO_DAYS, min=1, max=120, help="Number of days, today included."),
    seed: int = typer.Option(1, help="The same seed gives the same days."),
    cafes: int | None = typer.Option(
        None, min=1, max=MOST_CAFES, help="Number of cafés, written to the lake; by default the home's own, landed."
    ),
    sessions: int | None = typer.Option(None, min=1, help="Visits a day, with --cafes; by default those expected."),
) -> None:
    """Land simulated days in a demo home; the sensor of a running pilot builds their figures.

    With --cafes the days are written in parts to the lake's raw events: a million visits take about a minute.

    Example: PILOT_HOME=/tmp/demo pilot simulate --days 3 --seed 7
    Example: PILOT_HOME=/tmp/large pilot simulate --days 1 --cafes 10000 --sessions 1000000
    """
    console = Console(highlight=False)
    if sessions is not None and cafes is None:
        raise typer.BadParameter("requires --cafes", param_hint="--sessions")
    home = open_demo(environment())
    if cafes is None:
        landed = land_days(home, days=days, seed=seed, console=console)
        console.print(f"{len(landed)} days landed in {home.root}.", soft_wrap=True)
        return
    today = business_day(datetime.now(UTC))
    every = many_cafes(home.cafes(), count=cafes)
    for day in days_between(today - timedelta(days=days), today - timedelta(days=1)):
        write_large_day(home, LargeDay(cafes=every, day=day, seed=seed, guests=sessions))
        console.print(f"{day}: raw events of {cafes} cafés are in the lake of {home.root}.", soft_wrap=True)
