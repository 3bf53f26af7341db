"""`pilot erase`: erases a guest's session everywhere, and reports the progress of erasures."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from cli.context import AS_JSON, actor, home, print_json
from operations.erasure.place_words import places_in_words
from pilot.errors import PilotError
from pilot.identifiers import readable, receipt_hash
from storage.store.engine import Store
from storage.store.privacy import erasures, tombstones
from storage.store.rewards import receipts

if TYPE_CHECKING:
    from storage.home import Home
    from storage.store.privacy.erasures import Erasure

EXIT_LATE = 1
SHOWN_DAYS = 30
FROM_PROMPT = "-"

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class NotOneReceipt(PilotError):
    """The arguments identify no receipt, or several."""


@app.command()
def erase(
    which: str = typer.Argument(
        "", help="The session's identifier (a UUID of version 7), or the receipt's reference.", show_default=False
    ),
    receipt: str = typer.Option("", "--receipt", help="The receipt's secret address or its last part; - prompts."),
    reference: str = typer.Option("", "--reference", help="The receipt's reference, as the guest reads it out."),
    session: str = typer.Option("", "--session", help="The session's identifier."),
    reason: str = typer.Option("", "--reason", help="The reason, for the audit log, without personal data. Required."),
    show_status: bool = typer.Option(False, "--status", help="Show the progress of erasures; exit code 1 if late."),
    work: bool = typer.Option(False, "--run", help="Carry every unfinished erasure one step further."),
    at_once: bool = typer.Option(
        False, "--at-once", help="With --run, if no pilot runs on the home: delete old versions without waiting."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Erase a session from landing, lake, store and logs, and from every backup when it is restored.

    Current files are rewritten at once; old versions are deleted two minutes later, by Dagster or by --run.

    Example: pilot erase K7M-2QP --reason "guest asked at the till"
    """
    opened = home()
    if not (show_status or work):
        if not reason.strip():
            raise typer.BadParameter("required, without personal data", param_hint="--reason")
        session_id = _session(opened.store(), which=which, receipt=receipt, reference=reference, session=session)
        tombstones.add(opened.store(), session_id=session_id, actor=actor(), reason=reason)
        typer.echo("The session is marked as erased; pages and rebuilds leave it out from now on.", err=as_json)
    if not show_status:
        _work(opened, at_once=at_once, quiet=as_json)
    _show(opened, as_json=as_json, fail_late=show_status)


def _work(opened: Home, *, at_once: bool, quiet: bool) -> None:
    from operations.erasure.carry_out import GRACE, carry_out
    from operations.erasure.home_lock import HomeLocked
    from operations.supervisor.claims import claim_home

    now = datetime.now(UTC)
    try:
        if at_once:
            with claim_home(opened.root / ".run"):
                carry_out(opened, now=now, grace=timedelta(0))
        else:
            carry_out(opened, now=now, grace=GRACE)
    except HomeLocked as busy:
        typer.echo(f"{busy.what} Dagster continues the erasure, or `pilot erase --run`.", err=quiet)


def _show(opened: Home, *, as_json: bool, fail_late: bool) -> None:
    now = datetime.now(UTC)
    found = erasures.recent(opened.store(), since=now - timedelta(days=SHOWN_DAYS))
    late = [each for each in found if each.late(now=now)]
    if as_json:
        print_json([_as_json(each, now=now) for each in found])
    else:
        for each in found:
            mark = "LATE " if each in late else ""
            places = places_in_words(each.places) or "not begun"
            typer.echo(f"{each.session_id}  {each.day}  {mark}{each.state}, due {each.due_at:%Y-%m-%d %H:%M} UTC")
            typer.echo(f"    {places}")
        waiting = sum(each.state != "done" for each in found)
        typer.echo(f"{len(found)} erasures in {SHOWN_DAYS} days, {waiting} not done, {len(late)} late.")
        if waiting:
            typer.echo("Next: pilot erase --run")
    if late and fail_late:
        raise typer.Exit(EXIT_LATE)


def _as_json(each: Erasure, *, now: datetime) -> dict[str, Any]:
    return {
        "session_id": each.session_id,
        "day": each.day,
        "state": each.state,
        "asked_at": each.asked_at,
        "due_at": each.due_at,
        "rewritten_at": each.rewritten_at,
        "done_at": each.done_at,
        "attempts": each.attempts,
        "late": each.late(now=now),
        "places": {place: asdict(result) for place, result in each.places.items()},
    }


def _session(store: Store, *, which: str, receipt: str, reference: str, session: str) -> str:
    """Return the session that the arguments identify.

    Raises:
        NotOneReceipt: not exactly one argument is given, or it does not match exactly one receipt.
    """
    given = [each for each in (which, receipt, reference, session) if each]
    if len(given) != 1:
        raise NotOneReceipt(
            "Identify the session to erase in one way.", remedy="Give --receipt, --reference or --session."
        )
    if receipt:
        return by_secret(store, typer.prompt("Receipt", hide_input=True) if receipt == FROM_PROMPT else receipt)
    if reference or readable(which):
        return by_reference(store, reference or which)
    return session or which


def by_secret(store: Store, secret: str) -> str:
    """Return the session of a receipt's secret address, or of only the secret.

    Raises:
        NotOneReceipt: no receipt has it.
    """
    token = secret.strip().split("?")[0].rstrip("/").removesuffix("/erase").rsplit("/", 1)[-1]
    found = receipts.by_hash(store, receipt_hash(token))
    if found is None:
        raise NotOneReceipt("No receipt has that address.", remedy="Copy the whole address from the guest's browser.")
    return found.session_id


def by_reference(store: Store, reference: str) -> str:
    """Return the session of a spoken reference.

    Raises:
        NotOneReceipt: no receipt has it, or several.
    """
    found = receipts.by_reference(store, reference)
    if not found:
        raise NotOneReceipt(
            f"No receipt has the reference {reference!r}.", remedy="Compare it with the guest's receipt."
        )
    if len(found) > 1:
        rows = "\n".join(f"  {each.session_id}  {each.cafe}  {each.day}" for each in found)
        raise NotOneReceipt(
            f"{len(found)} receipts have the reference {reference!r}:\n{rows}\n",
            remedy="Ask the guest for café and day, and erase by the session's identifier.",
        )
    return found[0].session_id
