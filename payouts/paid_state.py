"""Answers whether a reward is paid, without the guest's account or bank: for a café's staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from payouts.payout_status import AT_STRIPE, VOUCHER_GOOD, PayoutStatus, payout_status
from storage.store.engine import Store
from storage.store.payouts import guest_payouts
from storage.store.rewards import freezing, vouchers
from storage.store.rewards.decisions import Decision
from storage.store.rewards.vouchers import Voucher

PaidCode = Literal[
    "undecided", "no_reward", "review", "voucher", "redeemed", "expired", "frozen", "no_voucher",
    "on_its_way", "guest_acts", "support_acts", "arrived",
]  # fmt: skip

# The statuses that a person of the team has to resolve.
OF_SUPPORT: frozenset[PayoutStatus] = frozenset(
    {"held", "same_bank", "unexplained", "refused", "review", "gone_claimed", "reversed", "bank_canceled"}
)


@dataclass(frozen=True, slots=True)
class PaidState:
    """Whether a reward is paid.

    Attributes:
        code: The state.
        at: When it was redeemed, or until when the voucher is or was valid, or the decision is promised; None if
            there is no such moment.
    """

    code: PaidCode
    at: datetime | None = None


def paid_state(store: Store, decision: Decision | None) -> PaidState:
    """Return whether the reward of a decision is paid; None is no decision yet."""
    if decision is None:
        return PaidState("undecided")
    if decision.outcome == "declined" or decision.released is False:
        return PaidState("no_reward")
    if decision.outcome == "held" and decision.released is None:
        return PaidState("review", decision.held_until)
    payout = guest_payouts.of_reward(store, decision.reward_id)
    if payout is not None and payout.claimed:
        return PaidState(_of_account(payout_status(payout)))
    voucher = vouchers.of_reward(store, decision.reward_id)
    return PaidState("no_voucher") if voucher is None else _of_voucher(store, voucher)


def _of_voucher(store: Store, voucher: Voucher) -> PaidState:
    match voucher.state:
        case "redeemed":
            return PaidState("redeemed", voucher.redeemed_at)
        case "expired":
            return PaidState("expired", voucher.expires_at)
        case "cancelled":
            return PaidState("no_voucher")
        case "issued":
            if freezing.frozen(store, voucher.reward_id):
                return PaidState("frozen")
            lapsed = voucher.expires_at <= store.now()  # The watch has not expired it yet.
            return PaidState("expired" if lapsed else "voucher", voucher.expires_at)


def _of_account(status: PayoutStatus) -> PaidCode:
    if status == "paid":
        return "arrived"
    if status in OF_SUPPORT:
        return "support_acts"
    return "guest_acts" if status in AT_STRIPE or status in VOUCHER_GOOD else "on_its_way"
