"""What the commands of the switches share: their options, and how a switch is turned and shown."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import typer

from cli.context import actor, home, print_json

if TYPE_CHECKING:
    from storage.store.cafes.switches import Switch, SwitchName
    from storage.store.engine import Store

State = Literal["on", "off", "status"]
EXIT_NOT_WELL = 1
WITHIN = "Every process follows within 10 seconds."

STATE = typer.Argument(help="on, off or status.")
REASON = typer.Option("", "--reason", help="The reason, for the audit log; required with on and off.")
WHY = typer.Option("", "--reason", help="The reason, for the audit log; required.")
DRY_RUN = typer.Option(False, "--dry-run", help="Say what would change, and change nothing.")


def require_reason(reason: str) -> str:
    """Return the reason without surrounding space; end the command as wrong use without one."""
    if not reason.strip():
        raise typer.BadParameter("expected a sentence that says why, for the audit log", param_hint="--reason")
    return reason.strip()


def until_of(text: str) -> datetime | None:
    """Return the moment of `--until`, UTC; end the command as wrong use if it is none or has passed."""
    from pilot.local_moments import InvalidMoment, parse_moment

    if not text:
        return None
    now = datetime.now(UTC)
    try:
        found = parse_moment(text, now=now)
    except InvalidMoment as error:
        raise typer.BadParameter(str(error), param_hint="--until") from None
    if found <= now:
        raise typer.BadParameter("the moment has passed; expected a later one", param_hint="--until")
    return found


def local(moment: datetime | None) -> str:
    """Return a moment by Stockholm's clock with its offset: two hours of a year have the same name."""
    from pilot.business_days import local_time

    return "" if moment is None else f"{local_time(moment):%Y-%m-%d %H:%M %z}"


def switch(
    name: SwitchName,
    state: State,
    *,
    reason: str = "",
    until: datetime | None = None,
    details: dict[str, Any] | None = None,
    dry_run: bool = False,
) -> Switch:
    """Turn a switch unless only its status is wanted, and return it.

    Args:
        name: The switch.
        state: on, off or status.
        reason: Why; required with on and off.
        until: Its expected end.
        details: Further fields of the audit entry.
        dry_run: Whether to change nothing.
    """
    from operations.status_page.build import rebuild
    from storage.store.cafes import switches

    store: Store = home().store()
    if state != "status":
        why = require_reason(reason)
        if not dry_run:
            switches.turn(store, name, on=state == "on", actor=actor(), reason=why, until=until, details=details)
            rebuild(home())
    return switches.find(store, name)


def show(
    found: Switch, *, effect: str, as_json: bool, dry_run: bool = False, more: dict[str, Any] | None = None
) -> None:
    """Print a switch and end with a verdict line; exit code 1 if it is on after its expected end.

    Args:
        found: The switch.
        effect: What its state means, in one sentence.
        as_json: Whether to print JSON.
        dry_run: Whether nothing was changed.
        more: Further fields of the JSON.
    """
    overdue = found.is_overdue(datetime.now(UTC))
    if as_json:
        print_json({**asdict(found), "overdue": overdue, "dry_run": dry_run, **(more or {})})
    else:
        since = f" since {local(found.changed_at)}, by {found.actor}" if found.changed_at else ""
        why = f": {found.reason}" if found.is_on and found.reason else ""
        typer.echo(f"{found.name.capitalize()} is {'ON' if found.is_on else 'off'}{since}{why}.")
        if found.until is not None:
            typer.echo(f"Expected end: {local(found.until)}{', which has PASSED' if overdue else ''}.")
        typer.echo(f"{'Dry run, nothing is changed. ' if dry_run else ''}{effect}")
    if overdue:
        raise typer.Exit(EXIT_NOT_WELL)
