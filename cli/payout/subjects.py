"""Resolves the reference or id that a command of `pilot payout` is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilot.errors import PilotError

if TYPE_CHECKING:
    from collections.abc import Collection

    from storage.home import Home
    from storage.store.payouts.payment_search import Kind, Subject


class NoSuchSubject(PilotError):
    """The text matches nothing, or several guests."""


def find_subject(opened: Home, text: str, *, kinds: Collection[Kind]) -> Subject:
    """Return the one subject of these kinds with a reference or id.

    Raises:
        NoSuchSubject: there is none, or several guests share the reference.
    """
    from storage.store.payouts.payment_search import search

    found = [each for each in search(opened.store(), text) if each.kind in kinds]
    if len(found) == 1:
        return found[0]
    if found:
        raise NoSuchSubject(
            "Several guests share this reference.",
            remedy=f"Give one of the sessions: {', '.join(each.session_id or each.id for each in found)}.",
        )
    raise NoSuchSubject(
        "There is no decision, payout or batch with that reference or id.",
        remedy="Check the text. A decision follows the feedback within a minute: try again then.",
    )


def find_payout(opened: Home, text: str) -> str:
    """Return the id of the payout with a reference or id, or of the payout that contains that reward.

    Raises:
        NoSuchSubject: nothing matches, or the reward is in no payout.
    """
    from storage.store.payouts.payment_search import payout_of_reward

    found = find_subject(opened, text, kinds=("payout", "reward"))
    payout = found.id if found.kind == "payout" else payout_of_reward(opened.store(), found.id)
    if payout is None:
        raise NoSuchSubject(
            "The reward is in no payout: it is paid by its voucher, or waits for the next batch.",
            remedy="`pilot payout show` shows its state.",
        )
    return payout
