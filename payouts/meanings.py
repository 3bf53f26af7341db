"""Maps the codes of payouts and differences to words: whether money moved, and what to do.

Providers add codes at any time: an unlisted code gets the words of the payout's state. The words are in `pilot/words`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pilot.cafes import Language
from pilot.words import say
from storage.store.payouts.payout_codes import (
    ABSENT,
    CLAIM_WITHDRAWN,
    HELD_BY_PERSON,
    RESTORED,
    REVERSED,
    SHARED_BANK,
    UNEXPLAINED,
    DifferenceCode,
)

WORDS = "money"

# Code to meaning; several codes may share one.
MEANINGS: Mapping[str, str] = {
    "balance_insufficient": "no_funds",
    "insufficient_capabilities_for_transfer": "cannot_receive",
    "account_closed": "account_gone",
    "account_invalid": "account_gone",
    "resource_missing": "account_gone",
    "testmode_charges_only": "not_live",
    "api_key_expired": "key_refused",
    "platform_api_key_expired": "key_refused",
    "secret_key_required": "key_refused",
    "amount_too_small": "amount_refused",
    "amount_too_large": "amount_refused",
    "parameter_invalid_integer": "amount_refused",
    "currency_not_supported": "amount_refused",
    "timeout": "unknown",
    "connection": "unknown",
    "api_error": "unknown",
    "http_500": "unknown",
    "key_in_use": "unknown",
    "idempotency_key_in_use": "unknown",
    "lock_timeout": "unknown",
    "too_many": "unknown",
    "rate_limit": "unknown",
    "idempotency_error": "key_reused",
    ABSENT: "absent",
    HELD_BY_PERSON: "held",
    SHARED_BANK: "same_bank",
    UNEXPLAINED: "unexplained",
    RESTORED: "restored",
    REVERSED: "reversed",
    CLAIM_WITHDRAWN: "withdrawn",
}
UNLISTED = "unlisted"
# Every state has words of its own, for payouts without a code.
STATES = ("planned", "held", "in_flight", "paid", "reversed", "refused", "needs_review")
# The meanings that explain a held payout.
HELD = frozenset({"held", "same_bank", "unexplained", "restored"})
# The meanings that may explain a refusal; every other contradicts the state.
OF_REFUSAL = frozenset({*MEANINGS.values(), UNLISTED}) - HELD - {"unknown", "key_reused", "absent", "reversed"}


def meaning(code: str) -> str:
    """Return the meaning of a code; `unlisted` for an unknown one."""
    return MEANINGS.get(code, UNLISTED)


def for_staff(state: str, code: str, *, language: Language) -> str:
    """Return the words for staff: where the money is, and what to do.

    Args:
        state: The payout's state.
        code: Its code; empty if it has none.
        language: sv or en.
    """
    word = _word_for(state, code) if code else ""
    return say(WORDS, f"code.{word}", language, code=code) if word else say(WORDS, f"state.{state}", language)


def difference_in_words(code: DifferenceCode, *, language: Language) -> str:
    """Return the words for a difference between the books and the provider."""
    return say(WORDS, f"difference.{code}", language)


def _word_for(state: str, code: str) -> str:
    """Return the meaning that matches the state; empty if only the state is certain."""
    found = meaning(code)
    match state:
        case "in_flight":
            return "key_reused" if found == "key_reused" else "unknown"
        case "held":
            return found if found in HELD else "held"
        case "needs_review":
            return found if found in ("absent", "key_reused") else ""
        case "planned" | "refused":
            return found if found in OF_REFUSAL else ""
        case _:
            return ""
