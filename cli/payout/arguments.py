"""What the commands of `pilot payout` are given: their subject, and why and by whom, for the audit log."""

from __future__ import annotations

import getpass

import typer

from pilot.errors import PilotError

SUBJECT = typer.Argument(help="The reference that the guest reads out, a session, a reward, a payout or a batch.")
PAYOUT = typer.Argument(help="The payout, its reward, its session, or the guest's reference.")
REASON = typer.Option(..., "--reason", help="Why; kept in the audit log.")
AS_JSON = typer.Option(False, "--json", help="Print JSON.")
LANGUAGE = typer.Option("en", "--language", help="sv or en.")


class NoReason(PilotError):
    """The reason is empty."""


def given(reason: str) -> str:
    """Return a reason without what surrounds it.

    Raises:
        NoReason: it is empty.
    """
    if not reason.strip():
        raise NoReason("The reason is empty.", remedy="Say why in a few words; it is kept in the audit log.")
    return reason.strip()


def actor() -> str:
    """Return who asks, as the audit log names a person at a terminal."""
    return f"cli:{getpass.getuser()}"
