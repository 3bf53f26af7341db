"""The provider that a command of `pilot payout` goes through, and what is said of one that moves no money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilot.errors import PilotError

if TYPE_CHECKING:
    from payouts.stripe.rail import StripeRail
    from storage.home import Home


class NoRail(PilotError):
    """No provider of payments is set."""


def open_the_rail(opened: Home) -> StripeRail:
    """Return the rail that the settings ask for; without a key, the fake's while the pilot runs.

    Raises:
        NoRail: there is none.
    """
    from operations.stripe_fake import find_rail
    from operations.system import RUN_FOLDER

    rail = find_rail(opened, run_folder=opened.root / RUN_FOLDER)
    if rail is None:
        raise NoRail(
            "No provider of payments is set, and no fake runs.",
            remedy="Set PILOT_STRIPE_KEY, or start `pilot run` for the fake; vouchers work without.",
        )
    return rail


def no_money(rail: str) -> str:
    """Return what is said beside a rail that moves no money; nothing beside one that does."""
    from storage.store.payouts.attempts import MONEY_RAILS

    return "" if rail in MONEY_RAILS else " [FAKE or test mode: no money moves]"
