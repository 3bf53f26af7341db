"""`pilot counts`: how many customers a café had."""

from __future__ import annotations

import getpass
from datetime import UTC, date, datetime

import typer

from cli.opening import home
from pilot.business_days import business_day
from pilot.errors import PilotError
from storage.store import customer_counts

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Report how many customers a café had on a day.",
)


class InvalidDay(PilotError):
    """The day cannot be used."""


@app.callback()
def counts() -> None:
    """Report how many customers a café had on a day."""


@app.command()
def report(
    cafe: str = typer.Argument(help="The café's id."),
    day: str = typer.Argument(help="The business day, for example 2026-11-23."),
    customers: int = typer.Argument(help="Paying customers on that day."),
) -> None:
    """Report a café's customers; the latest report of a day counts.

    Example: pilot counts report aurora 2026-11-23 742
    """
    opened = home()
    opened.cafes().get(cafe)
    try:
        business = date.fromisoformat(day)
    except ValueError:
        raise InvalidDay(f"{day!r} is not a day.", remedy="Write it as 2026-11-23.") from None
    if business > business_day(datetime.now(UTC)):
        raise InvalidDay(f"{business} has not come yet.", remedy="Give today or an earlier day.")
    customer_counts.report(
        opened.store(),
        cafe=cafe,
        day=business,
        customers=customers,
        source="manager",
        actor=f"cli:{getpass.getuser()}",
        simulated=opened.kind == "demo",
    )
    typer.echo(f"{cafe} had {customers} customers on {business}. The figures follow within a minute.")
