"""`pilot payout replay`: lets the watch look at a provider's events once more."""

from __future__ import annotations

from datetime import datetime

import typer

from cli.opening import home
from cli.payout import common
from pilot.business_days import STOCKHOLM
from pilot.errors import PilotError

app = typer.Typer()


class NoSuchMoment(PilotError):
    """The moment cannot be read."""


@app.command()
def replay(
    since: str = typer.Option(..., "--since", help="Stockholm's clock, for example 2026-11-24T08:00."),
    reason: str = common.REASON,
) -> None:
    """Let the events made since a moment be looked at again; each is fetched anew, so this can pay nothing.

    Example: pilot payout replay --since 2026-11-24T08:00 --reason "The webhook's endpoint was off"
    """
    from storage.store import audit, provider_events

    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise NoSuchMoment(f"{since!r} is not a moment.", remedy="Write it as 2026-11-24T08:00.") from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=STOCKHOLM)
    opened, why = home(), common.given(reason)
    rail = common.open_the_rail(opened).name
    with opened.store().begin() as connection:
        audit.record(connection, actor=common.actor(), action="payout.replay", subject=rail, reason=why)
    count = provider_events.replay(opened.store(), rail=rail, since=moment, actor=common.actor())
    typer.echo(f"{count} events wait to be looked at again; the watch does so within seconds.{common.no_money(rail)}")
