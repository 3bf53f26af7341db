"""The payment provider of the commands of `pilot payout`, and the mark of one that moves no money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilot.errors import PilotError

if TYPE_CHECKING:
    from payouts.stripe.rail import StripeRail
    from storage.home import Home


class NoRail(PilotError):
    """No payment provider is configured."""


def open_rail(opened: Home) -> StripeRail:
    """Return the configured rail; without a key, the fake's while the pilot runs.

    Raises:
        NoRail: there is none.
    """
    from operations.stripe_fake import find_rail
    from operations.system import RUN_FOLDER

    rail = find_rail(opened, run_folder=opened.root / RUN_FOLDER)
    if rail is None:
        raise NoRail(
            "No payment provider is configured, and no fake runs.",
            remedy="Set PILOT_STRIPE_KEY, or start `pilot run` for the fake; vouchers need neither.",
        )
    return rail


def no_money_mark(rail: str) -> str:
    """Return the mark of a rail that moves no money; empty for one that does."""
    from storage.store.payouts.attempts import MONEY_RAILS

    return "" if rail in MONEY_RAILS else " [FAKE or test mode: no money moves]"
