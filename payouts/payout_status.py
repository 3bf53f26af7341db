"""Maps every state and code of a reward on its way to an account to one of a few statuses.

Guests read the words of each status in `pilot/words/payout.*.toml`: where the money is, and what to do. Unknown codes
of the provider have a status too, so never match codes exhaustively.
"""

from __future__ import annotations

from typing import Literal, get_args

from payouts.limits import YEARLY_KRONOR
from pilot.money import ORE_PER_KRONA
from storage.store.payouts.attempts import CAPABILITY_CODES
from storage.store.payouts.guest_payouts import GuestPayout
from storage.store.payouts.payout_codes import SHARED_BANK, UNEXPLAINED

PayoutStatus = Literal[
    # The voucher is still valid.
    "asked", "checking", "due", "paused", "rejected", "gone", "lapsed",
    # The voucher is cancelled; nothing was sent yet.
    "waiting", "cap", "approval", "planned", "funds", "stopped", "held", "same_bank", "unexplained", "sending",
    "mend", "refused", "review", "gone_claimed",
    # The transfer was made.
    "sent", "in_bank", "limited", "paid", "bank_number", "bank_closed", "bank_currency", "bank_blocked", "bank_name",
    "bank_failed", "bank_canceled", "reversed",
]  # fmt: skip

PAYOUT_STATUSES: tuple[PayoutStatus, ...] = get_args(PayoutStatus)
VOUCHER_GOOD: frozenset[PayoutStatus] = frozenset({"asked", "checking", "due", "paused", "rejected", "gone", "lapsed"})
# The guest can act on Stripe's own pages.
AT_STRIPE: frozenset[PayoutStatus] = frozenset(
    {
        *("asked", "due", "gone", "mend", "limited"),
        *("bank_number", "bank_closed", "bank_currency", "bank_blocked", "bank_name", "bank_failed"),
    }
)
# Final: no status follows by itself.
SETTLED: frozenset[PayoutStatus] = frozenset({"paid", "reversed", "lapsed"})

# Stripe's failure codes of bank payouts, grouped by what the guest can do.
BANK_CODES: dict[str, PayoutStatus] = {
    "no_account": "bank_number",
    "invalid_account_number": "bank_number",
    "incorrect_account_type": "bank_number",
    "incorrect_account_address": "bank_number",
    "account_closed": "bank_closed",
    "invalid_currency": "bank_currency",
    "unsupported_card": "bank_currency",
    "debit_not_authorized": "bank_blocked",
    "account_frozen": "bank_blocked",
    "bank_account_restricted": "bank_blocked",
    "declined": "bank_blocked",
    "insufficient_funds": "bank_failed",
    "bank_ownership_changed": "bank_name",
    "incorrect_account_holder_name": "bank_name",
    "incorrect_account_holder_tax_id": "bank_name",
    "incorrect_account_holder_address": "bank_name",
    "could_not_process": "bank_failed",
}
REJECTED = ("rejected.", "listed")
HELD_FOR: dict[str, PayoutStatus] = {SHARED_BANK: "same_bank", UNEXPLAINED: "unexplained"}
_PAYOUT: dict[str, PayoutStatus] = {"in_flight": "sending", "needs_review": "review", "reversed": "reversed"}
_BANK: dict[str, PayoutStatus] = {
    "pending": "sent",
    "in_transit": "in_bank",
    "paid": "paid",
    "canceled": "bank_canceled",
}


def payout_status(payout: GuestPayout) -> PayoutStatus:
    """Return the status of a reward that goes to an account."""
    if not payout.claimed:
        return _before_the_claim(payout)
    if payout.state == "paid":
        return _at_the_bank(payout)
    if payout.state in _PAYOUT:
        return _PAYOUT[payout.state]
    if payout.transfers == "gone" and payout.state in ("", "planned", "refused"):
        return "gone_claimed"
    if payout.state == "refused":
        return "mend" if payout.code in CAPABILITY_CODES else "refused"
    if payout.state == "held":
        return _held(payout)
    return _before_sending(payout)


def _before_the_claim(payout: GuestPayout) -> PayoutStatus:
    if payout.onboarding == "lapsed":
        return "lapsed"
    if payout.transfers == "gone":
        return "gone"
    if payout.disabled_reason.startswith(REJECTED):
        return "rejected"
    if not payout.details_submitted:
        return "asked"
    if payout.due:
        return "due"
    if payout.disabled_reason and payout.disabled_reason != "requirements.pending_verification":
        return "paused"
    return "checking"


def _before_sending(payout: GuestPayout) -> PayoutStatus:
    if payout.frozen:
        return "held"
    if payout.stopped:
        return "stopped"
    if payout.transfers and payout.transfers != "active":
        return "mend"
    if payout.state == "":
        if payout.shared_bank:
            return "same_bank"
        over = payout.year_ore + payout.amount_ore > YEARLY_KRONOR * ORE_PER_KRONA
        return "cap" if over else "waiting"
    if payout.approval == "waiting":
        return "approval"
    return "funds" if payout.code == "balance_insufficient" else "planned"


def _held(payout: GuestPayout) -> PayoutStatus:
    return HELD_FOR.get(payout.code) or ("same_bank" if payout.shared_bank else "held")


def _at_the_bank(payout: GuestPayout) -> PayoutStatus:
    if payout.bank_state == "failed":
        return BANK_CODES.get(payout.failure_code, "bank_failed")
    if payout.bank_state == "paid":
        return "paid"
    if payout.transfers == "gone" or payout.due or payout.disabled_reason:
        return "limited"
    return _BANK.get(payout.bank_state, "sent")
