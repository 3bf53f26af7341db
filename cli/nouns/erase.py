"""`pilot erase`: a guest's right."""

from __future__ import annotations

import getpass

import typer

from cli.opening import home
from pilot.errors import PilotError
from pilot.identifiers import readable
from storage.store import receipts, tombstones
from storage.store.engine import Store

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class NotOneReceipt(PilotError):
    """A reference names no receipt, or several."""


@app.command()
def erase(
    session: str = typer.Argument(help="The session's identifier (a UUID of version 7), or the receipt's reference."),
    reason: str = typer.Option(..., "--reason", help="Why, for the audit log; no personal data."),
) -> None:
    """Erase a session: its day is rebuilt without it, and no rebuild brings it back.

    Example: pilot erase K7M-2QP --reason "guest asked at the till"
    """
    opened = home()
    store = opened.store()
    session_id = _by_reference(store, session) if readable(session) else session
    tombstones.add(store, session_id=session_id, actor=f"cli:{getpass.getuser()}", reason=reason)
    typer.echo("The session is marked as erased; its day is rebuilt without it within a minute.")


def _by_reference(store: Store, reference: str) -> str:
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
