"""`pilot provider-events`: shows the lag of Stripe's events, fetches and processes them again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.payout.rails import no_money_mark, open_rail
from pilot.errors import PilotError

if TYPE_CHECKING:
    from payouts.stripe.rail import StripeRail
    from storage.home import Home
    from storage.store.payouts.provider_events import Lag

TOO_LONG_SECONDS = 15 * 60  # the same as the watch's alert
MOST_DAYS = 30  # Stripe lists no older events.

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Show the lag of Stripe's events, fetch missed ones, process events again.",
)


class NoSuchEvent(PilotError):
    """The event does not exist, or no event is chosen."""


@app.callback()
def events() -> None:
    """Show the lag of Stripe's events, fetch missed ones, process events again."""


@app.command()
def status(as_json: bool = AS_JSON) -> None:
    """Show the waiting and failed events, and the delays from Stripe to the edge to done.

    Exit code 1 if an event has waited for more than a quarter of an hour, or one has failed.

    Example: pilot provider-events status
    """
    from storage.store.payouts import provider_events

    opened = home()
    rail = open_rail(opened)
    store = opened.store()
    lag = provider_events.lag(store, rail=rail.name)
    oldest = None if lag.oldest_received_at is None else (store.now() - lag.oldest_received_at).total_seconds()
    late = bool(lag.failed) or (oldest or 0) > TOO_LONG_SECONDS
    if as_json:
        print_json({"rail": rail.name, **asdict(lag), "oldest_waiting_seconds": oldest, "late": late})
    else:
        for line in _lines(rail.name, lag, oldest):
            typer.echo(line)
    raise typer.Exit(1 if late else 0)


@app.command("catch-up")
def catch_up_now(
    days: int = typer.Option(MOST_DAYS, "--days", min=1, max=MOST_DAYS, help="Number of days back."),
    as_json: bool = AS_JSON,
) -> None:
    """Fetch the events that no webhook delivered, and process every waiting event.

    Running it again changes nothing.

    Example: pilot provider-events catch-up
    """
    from payouts.stripe.events import catch_up

    opened = home()
    rail, store = open_rail(opened), opened.store()
    new = catch_up(store, rail, since=store.now() - timedelta(days=days))
    _process(opened, rail, new, as_json=as_json, summary=f"{new} events fetched that no webhook delivered.")


@app.command()
def replay(
    event: str = typer.Argument("", help="One event, as evt_...; without it, the events that the options choose."),
    failed: bool = typer.Option(False, "--failed", help="The failed events."),
    days: int = typer.Option(0, "--days", min=0, help="The events of the last so many days."),
    as_json: bool = AS_JSON,
) -> None:
    """Process events again: the object of each is fetched from Stripe. It pays nothing twice.

    Example: pilot provider-events replay --failed
    """
    from storage.store.payouts import provider_events

    if not (event or failed or days):
        raise NoSuchEvent("No event is chosen.", remedy="Name one, or give --failed or --days.")
    opened = home()
    rail, store = open_rail(opened), opened.store()
    count = provider_events.replay(
        store,
        rail=rail.name,
        since=store.now() - timedelta(days=days) if days else None,
        only=event,
        failed=failed,
        actor=actor(),
    )
    if event and not count:
        raise NoSuchEvent(
            "That event is not in the store, or not of this rail.", remedy="Fetch it: pilot provider-events catch-up."
        )
    _process(opened, rail, count, as_json=as_json, summary=f"{count} events to process again.")


def _process(opened: Home, rail: StripeRail, new: int, *, as_json: bool, summary: str) -> None:
    from payouts.meanings import difference_in_words
    from payouts.stripe.events import EventDifference, process

    done = put_off = 0
    differences: tuple[EventDifference, ...] = ()
    while True:
        result = process(opened.store(), rail)
        done, put_off, differences = done + result.processed, result.deferred, (*differences, *result.differences)
        if not result.processed:
            break
    if as_json:
        listed = [asdict(each) for each in differences]
        print_json({"rail": rail.name, "new": new, "done": done, "put_off": put_off, "differences": listed})
    else:
        typer.echo(summary)
        for each in differences:
            typer.echo(f"  review: {each.transfer}: {difference_in_words(each.code, language='en')}")
        typer.echo(f"{done} processed" + (f", {put_off} postponed: they are retried." if put_off else "."))
    raise typer.Exit(1 if put_off or differences else 0)


def _lines(rail: str, lag: Lag, oldest: float | None) -> list[str]:
    since = "" if oldest is None else f", the oldest for {oldest:.0f} s"
    last = lag.last_received_at
    lines = [f"{rail}{no_money_mark(rail)}: {lag.waiting} wait{since}; {lag.failed} failed."]
    lines.append(
        "No webhook has arrived yet."
        if last is None
        else f"Last webhook: {last.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC."
    )
    for words, pair in (("from Stripe to the edge", lag.delivery_seconds), ("from there to done", lag.done_seconds)):
        if pair is not None:
            lines.append(f"  {words}: median {_seconds(pair[0])}, one in twenty over {_seconds(pair[1])}")
    if lag.undelivered:
        lines.append(
            f"  No webhook delivered {lag.undelivered} of the latest: see the endpoint's deliveries at Stripe."
        )
    if lag.failed:
        lines.append("Next: pilot provider-events replay --failed")
    return lines


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 120 else f"{value / 60:.0f} min"
