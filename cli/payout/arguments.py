"""Arguments and options that the commands of `pilot payout` share."""

from __future__ import annotations

import typer

from pilot.errors import PilotError

SUBJECT = typer.Argument(help="The guest's reference, or the id of a session, a reward, a payout or a batch.")
PAYOUT = typer.Argument(help="The payout, its reward, its session, or the guest's reference.")
REASON = typer.Option(..., "--reason", help="The reason, for the audit log.")
LANGUAGE = typer.Option("en", "--language", help="sv or en.")


class NoReason(PilotError):
    """The reason is empty."""


def require_reason(reason: str) -> str:
    """Return a reason without surrounding whitespace.

    Raises:
        NoReason: it is empty.
    """
    if not reason.strip():
        raise NoReason("The reason is empty.", remedy="Give it in a few words, for the audit log.")
    return reason.strip()
