"""Every possible state and code has words for the guest: where the money is, and what to do."""

from __future__ import annotations

import re
from itertools import product

import pytest
from sqlalchemy import CheckConstraint, Table

from payouts.payout_status import AT_STRIPE, BANK_CODES, PAYOUT_STATUSES, VOUCHER_GOOD, payout_status
from pilot.words import section
from storage.store.payouts.attempts import CAPABILITY_CODES
from storage.store.payouts.guest_payouts import GuestPayout
from storage.store.schemas.payout import payout_batches, payout_instructions
from storage.store.schemas.provider import bank_payouts, onboardings, recipient_statuses

# Stripe's reasons for a closed or limited account, as its documentation lists them.
DISABLED = (
    *("", "action_required.requested_capabilities", "listed", "other", "platform_paused", "under_review"),
    *("rejected.fraud", "rejected.incomplete_verification", "rejected.listed", "rejected.other"),
    *("rejected.platform_fraud", "rejected.platform_other", "rejected.platform_terms_of_service"),
    *("rejected.terms_of_service", "requirements.past_due", "requirements.pending_verification"),
    "a_reason_of_tomorrow",
)
# Refusals of a transfer, our own reasons to hold one, and unknown codes.
CODES = (
    *("", "balance_insufficient", "insufficient_capabilities_for_transfer", "account_invalid", "held_by_person"),
    *("transfers_not_allowed", "shared_bank", "absent_at_provider", "reversed"),
    *("unexplained_transfers", "parameter_missing", "api_error", "a_code_of_tomorrow"),
)


def states(table: Table, column: str) -> list[str]:
    """Return the values that the database allows in a column."""
    for each in table.constraints:
        if isinstance(each, CheckConstraint) and str(each.sqltext).startswith(f"{column} IN"):
            return re.findall(r"'(\w+)'", str(each.sqltext))
    raise AssertionError(column)


def payouts() -> list[GuestPayout]:
    """Return every combination of the columns' values."""
    base = {"rail": "stripe", "recipient_id": "r", "account": "a"}
    found = [
        GuestPayout(**base, onboarding=onboarding, transfers=transfers, details_submitted=submitted, due=due,
                    disabled_reason=reason)
        for onboarding, transfers, submitted, due, reason in product(
            states(onboardings, "state"), ["", *states(recipient_statuses, "transfers")], (True, False), (0, 2), DISABLED
        )
    ]  # fmt: skip
    found += [
        GuestPayout(**base, claimed=True, amount_ore=2000, transfers=transfers, state=state, code=code,
                    approval=approval, stopped=stopped, year_ore=year_ore, shared_bank=shared)
        for transfers, state, code, approval, stopped, year_ore, shared in product(
            ["", *states(recipient_statuses, "transfers")], ["", *states(payout_instructions, "state")], CODES,
            states(payout_batches, "approval"), (True, False), (0, 99_000), (True, False)
        )
    ]  # fmt: skip
    found += [
        GuestPayout(**base, claimed=True, amount_ore=2000, state="paid", bank_state=bank, failure_code=code,
                    transfers=transfers, due=due, disabled_reason=reason)
        for bank, code, transfers, due, reason in product(
            ["", *states(bank_payouts, "state")], ["", *BANK_CODES, "a_code_of_tomorrow"],
            states(recipient_statuses, "transfers"), (0, 1), DISABLED
        )
    ]  # fmt: skip
    return found


def test_possible_payouts_have_exactly_the_defined_statuses():
    assert {payout_status(each) for each in payouts()} == set(PAYOUT_STATUSES)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_status_says_where_the_money_is_and_what_to_do(language):
    words = section("payout", language)
    assert set(words) == {f"{each}.{part}" for each in PAYOUT_STATUSES for part in ("title", "text")}
    money = {"sv": r"\{reward\}|pengar|[Kk]upongen", "en": r"\{reward\}|money|voucher"}[language]
    do = {
        "sv": r"inte göra något|Stripe|[Rr]eferensen|kassan|besked här|Använd|Allt är klart",
        "en": r"not need to do anything|Stripe|reference|till|let you know here|Use it|All done",
    }[language]
    for each in PAYOUT_STATUSES:
        assert re.search(money, words[f"{each}.text"]), each
        assert re.search(do, words[f"{each}.text"]), each


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_status_calls_the_voucher_valid_exactly_while_it_is(language):
    words = section("payout", language)
    good = {"sv": r"[Kk]upongen gäller", "en": r"voucher is (still )?valid"}[language]
    for each in set(PAYOUT_STATUSES) - {"lapsed"}:
        assert bool(re.search(good, words[f"{each}.text"])) == (each in VOUCHER_GOOD), each


def test_guests_go_to_stripe_for_what_only_they_can_fix():
    mended = {
        each
        for each in CODES
        if payout_status(GuestPayout("r", "i", "a", claimed=True, state="refused", code=each)) == "mend"
    }
    assert mended == CAPABILITY_CODES  # Exactly those that are planned again afterwards.
    assert {each for each in BANK_CODES.values() if each not in AT_STRIPE} == set()


def test_the_yearly_cap_shows_for_rewards_that_no_batch_includes():
    at_limit = GuestPayout("r", "i", "a", claimed=True, amount_ore=2000, year_ore=97_900)
    over = GuestPayout("r", "i", "a", claimed=True, amount_ore=2000, year_ore=97_901)
    assert (payout_status(at_limit), payout_status(over)) == ("waiting", "cap")
