"""Finding what a command of `pilot payout` is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilot.errors import PilotError

if TYPE_CHECKING:
    from collections.abc import Collection

    from storage.home import Home
    from storage.store.payouts.payment_search import Kind, Subject


class NoSuchReward(PilotError):
    """There is nothing, or more than one thing, under what was given."""


def found_one(opened: Home, text: str, *, kinds: Collection[Kind]) -> Subject:
    """Return the one thing of these kinds that goes by a name.

    Raises:
        NoSuchReward: there is none, or several guests share the reference.
    """
    from storage.store.payouts.payment_search import search

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
    from storage.store.payouts.payment_search import payout_of_reward

    found = found_one(opened, text, kinds=("payout", "reward"))
    payout = found.id if found.kind == "payout" else payout_of_reward(opened.store(), found.id)
    if payout is None:
        raise NoSuchReward(
            "The reward lies in no payout: it is paid by its voucher, or waits for the next batch.",
            remedy="See `pilot payout show` of it.",
        )
    return payout
