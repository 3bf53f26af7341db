"""`pilot day`: lists frozen days, and closes and opens a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import typer

from assets.by_hand.materializing import InvalidDays, parse_days
from cli.context import AS_JSON, actor, home, print_json
from cli.payout.arguments import REASON, require_reason
from pilot.business_days import business_day
from storage.store.privacy import day_states

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
DAY = typer.Argument(help="The business day, for example 2026-11-24.")


@app.command("list")
def list_days(as_json: bool = AS_JSON) -> None:
    """List the days that no rebuild changes: closed and redacted ones.

    Example: pilot day list
    """
    frozen = day_states.closed_or_redacted(home().store())
    if as_json:
        print_json({day.isoformat(): state for day, state in sorted(frozen.items())})
        return
    for day, state in sorted(frozen.items()):
        typer.echo(f"{day}  {state}")
    if not frozen:
        typer.echo("Every day is open: late events change its figures.")


@app.command()
def close(day: str = DAY, reason: str = REASON) -> None:
    """Close a day whose figures were reported: late events are kept, but no longer change its figures.

    Example: pilot day close 2026-11-24 --reason "Reported to the steering group"
    """
    _put(_business_day(day, must_be_over=True), "closed", reason)


@app.command("open")
def open_day(day: str = DAY, reason: str = REASON) -> None:
    """Open a closed day: the next rebuild adds the events that arrived since.

    Example: pilot day open 2026-11-24 --reason "A replica came back with its last hour"
    """
    _put(_business_day(day), "open", reason)


def _business_day(text: str, *, must_be_over: bool = False) -> date:
    now = datetime.now(UTC)
    (day,) = parse_days(text, "", now=now)
    if must_be_over and day == business_day(now):
        raise InvalidDays(f"{day} is not over.", remedy="Close it tomorrow.")
    return day


def _put(day: date, state: day_states.State, reason: str) -> None:
    why, store = require_reason(reason), home().store()
    day_states.put(store, day, state, actor=actor(), reason=why)
    typer.echo(f"{day} is {state}.")
    if state == "open":
        typer.echo(f"Update its figures: pilot materialize --from {day}")
