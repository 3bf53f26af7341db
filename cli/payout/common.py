"""What the commands of `pilot payout` share: finding their subject, the rail, the reason that the audit log keeps."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import typer

from pilot.errors import PilotError

if TYPE_CHECKING:
    from collections.abc import Collection

    from payouts.stripe.rail import StripeRail
    from storage.home import Home
    from storage.store.payment_search import Kind, Subject

SUBJECT = typer.Argument(help="The reference that the guest reads out, a session, a reward, a payout or a batch.")
PAYOUT = typer.Argument(help="The payout, its reward, its session, or the guest's reference.")
REASON = typer.Option(..., "--reason", help="Why; kept in the audit log.")
AS_JSON = typer.Option(False, "--json", help="Print JSON.")
LANGUAGE = typer.Option("en", "--language", help="sv or en.")


class NoSuchReward(PilotError):
    """There is nothing, or more than one thing, under what was given."""


class NoReason(PilotError):
    """The reason is empty."""


class NoRail(PilotError):
    """No provider of payments is set."""


def found_one(opened: Home, text: str, *, kinds: Collection[Kind]) -> Subject:
    """Return the one thing of these kinds that goes by a name.

    Raises:
        NoSuchReward: there is none, or several guests share the reference.
    """
    from storage.store.payment_search import search

    found = [each for each in search(opened.store(), text) if each.kind in kinds]
    if len(found) == 1:
        return found[0]
    if found:
        raise NoSuchReward(
            "Several guests share this reference.",
            remedy=f"Give the session instead: {', '.join(each.session_id or each.id for each in found)}.",
        )
    raise NoSuchReward(
        "There is no decision under that session or reference, and no payout or batch of that name.",
        remedy="A decision follows within a minute of the feedback; check the text, or try again then.",
    )


def found_payout(opened: Home, text: str) -> str:
    """Return the payout that is meant by its own name, or by a reward that lies in it.

    Raises:
        NoSuchReward: nothing goes by the name, or the reward lies in no payout.
    """
    from storage.store.payment_search import payout_of_reward

    found = found_one(opened, text, kinds=("payout", "reward"))
    payout = found.id if found.kind == "payout" else payout_of_reward(opened.store(), found.id)
    if payout is None:
        raise NoSuchReward(
            "The reward lies in no payout: it is paid by its voucher, or waits for the next batch.",
            remedy="See `pilot payout show` of it.",
        )
    return payout


def open_the_rail(opened: Home) -> StripeRail:
    """Return the rail that the settings ask for; without a key, the fake's while the pilot runs.

    Raises:
        NoRail: there is none.
    """
    from operations.stripe_fake import rail_of
    from operations.system import RUN_FOLDER

    rail = rail_of(opened, run_folder=opened.root / RUN_FOLDER)
    if rail is None:
        raise NoRail(
            "No provider of payments is set, and no fake runs.",
            remedy="Set PILOT_STRIPE_KEY, or start `pilot run` for the fake; vouchers work without.",
        )
    return rail


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


def no_money(rail: str) -> str:
    """Return what is said beside a rail that moves no money; nothing beside one that does."""
    from storage.store.attempts import MONEY_RAILS

    return "" if rail in MONEY_RAILS else " [FAKE or test mode: no money moves]"
