"""`pilot payout export`: writes the bookkeeper's CSV of some days, with an entry in the audit log."""

from __future__ import annotations

from pathlib import Path

import typer

from cli.context import actor, home
from cli.payout import arguments
from pilot.business_days import parse_day
from pilot.errors import PilotError

app = typer.Typer()


class InvalidDays(PilotError):
    """The days are not a range of business days."""


@app.command()
def export(
    out: Path = typer.Argument(help="The file to write."),
    first: str = typer.Option(..., "--from", help="The first business day, for example 2026-11-01."),
    last: str = typer.Option(..., "--to", help="The last business day, included."),
    reason: str = arguments.REASON,
    account: list[str] = typer.Option([], "--account", help="Your own BAS number: rewards_owed=2899; repeatable."),
) -> None:
    """Write the bookings of some days as CSV: only real rewards, by voucher or on rails that move money.

    Example: pilot payout export nov.csv --from 2026-11-01 --to 2026-11-30 --reason "Month's end"
    """
    from payouts.bookkeeper import accounts, as_csv
    from storage.store import audit
    from storage.store.ledger import bookings

    days, why, numbers = (parse_day(first), parse_day(last)), arguments.require_reason(reason), accounts(account)
    if days[0] > days[1]:
        raise InvalidDays("The first day is after the last.", remedy="Give --from before --to.")
    store = home().store()
    rows = bookings.between(store, first=days[0], last=days[1])
    with store.begin() as connection:  # The audit entry precedes the file.
        audit.record(
            connection,
            actor=actor(),
            action="payout.export",
            subject=f"{days[0]} {days[1]}",
            reason=why,
            details={"rows": len(rows)},
        )
    out.write_bytes(as_csv(rows, numbers=numbers).encode())
    typer.echo(f"{len(rows)} bookings written to {out}.")
