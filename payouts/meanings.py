"""What a provider's code means: whether money moved, and what to do. One mapping; the words are in `pilot/words`.

Providers add codes as they like: one that is not listed here is told with what is certain of its state.
"""

from __future__ import annotations

from collections.abc import Mapping

from pilot.cafes import Language
from pilot.words import say
from storage.store.payouts.payout_codes import (
    ABSENT,
    CLAIM_WITHDRAWN,
    HELD_BY_PERSON,
    REVERSED,
    SHARED_BANK,
    UNEXPLAINED,
    DifferenceCode,
)

WORDS = "money"

# Code to meaning. Several codes may mean the same to whoever reads it.
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
    REVERSED: "reversed",
    CLAIM_WITHDRAWN: "withdrawn",
}
UNLISTED = "unlisted"
# What is certain where there is no code.
STATES = ("planned", "held", "in_flight", "paid", "reversed", "refused", "needs_review")
# Why something is held.
HELD = frozenset({"held", "same_bank", "unexplained"})
# What a code may add to a refusal; any other meaning there would be of something that the state rules out.
OF_REFUSAL = frozenset({*MEANINGS.values(), UNLISTED}) - HELD - {"unknown", "key_reused", "absent", "reversed"}


def meaning(code: str) -> str:
    """Return the name of what a code means; `unlisted` for one that nobody has met."""
    return MEANINGS.get(code, UNLISTED)


def for_staff(state: str, code: str, *, language: Language) -> str:
    """Return the sentences for staff: what happened to the money, and what to do.

    Args:
        state: The payout's state.
        code: Its code; empty where it has none.
        language: sv or en.
    """
    word = _of_code(state, code) if code else ""
    return say(WORDS, f"code.{word}", language, code=code) if word else say(WORDS, f"state.{state}", language)


def difference_in_words(code: DifferenceCode, *, language: Language) -> str:
    """Return the words for a difference between the books and the provider."""
    return say(WORDS, f"difference.{code}", language)


def _of_code(state: str, code: str) -> str:
    """Return the word for what a code says; empty where the state alone tells what is certain of the money."""
    told = meaning(code)
    match state:
        case "in_flight":
            return "key_reused" if told == "key_reused" else "unknown"
        case "held":
            return told if told in HELD else "held"
        case "needs_review":
            return told if told in ("absent", "key_reused") else ""
        case "planned" | "refused":
            return told if told in OF_REFUSAL else ""
        case _:
            return ""
