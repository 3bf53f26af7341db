"""The codes that this program gives payouts, attempts, events and differences.

A provider's codes are stored beside them as the provider sends them. The words for a code are in `pilot/words`.
"""

from __future__ import annotations

from typing import Final, Literal

# Why a payout is held.
HoldCode = Literal["held_by_person", "shared_bank", "unexplained_transfers", "restored"]
HELD_BY_PERSON: Final = "held_by_person"
SHARED_BANK: Final = "shared_bank"
UNEXPLAINED: Final = "unexplained_transfers"
RESTORED: Final = "restored"

# Why a payout is under review, refused or reversed.
ABSENT: Final = "absent_at_provider"
CLAIM_WITHDRAWN: Final = "claim_withdrawn"
REVERSED: Final = "reversed"

# The attempt of a transfer that a restored store does not know: it was made after the backup.
MADE_BEFORE_RESTORE: Final = "made_before_restore"

# Differences between the books and the provider on one transfer.
TransferDifference = Literal[
    "not_ours", "amount_differs", "account_differs", "paid_twice", "unknown_reward", "also_redeemed", "in_two_payouts"
]
DifferenceCode = Literal[TransferDifference, "absent_at_provider"]

# Results of booking a provider's transfer.
AdoptionResult = Literal["known", "adopted", TransferDifference]

# Reasons why an event changed nothing; every other event has the state of its object, or a difference, as its code.
EventCode = Literal["ignored", "unknown_account", "bank_payout_gone", "provider_away", "provider_refused", "replayed"]
