"""Each code of a provider is told to staff: what happened to the money, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from payouts.answering import earned
from payouts.meanings import MEANINGS, STATES, UNLISTED, WORDS, for_staff, meaning
from pilot.cafes import Language
from pilot.words import LANGUAGES, section
from pipelines.signals.reasons import REASONS
from storage.store.payouts.payout_codes import SHARED_BANK, UNEXPLAINED
from storage.store.rewards.decisions import Decision

CODES = (
    "",
    *MEANINGS,
    "http_502",
    "ProviderAway",
    "invalid_request_error",
    SHARED_BANK,
    UNEXPLAINED,
    "a_code_of_tomorrow",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_meaning_has_words_and_every_word_a_meaning(language: str) -> None:
    words = {key.removeprefix("code.") for key in section(WORDS, language) if key.startswith("code.")}  # type: ignore[arg-type]
    assert words == {*MEANINGS.values(), UNLISTED}


def test_a_code_that_nobody_has_met_is_told_with_its_name() -> None:
    assert meaning("from_the_future") == UNLISTED
    assert "from_the_future" in for_staff("refused", "from_the_future", language="sv")


def test_what_nobody_knows_is_never_told_as_failed_nor_as_a_reason_to_pay_again() -> None:
    told = for_staff("in_flight", "timeout", language="en")
    assert "Nobody knows" in told
    assert "Do not pay it another way" in told
    assert "No money has moved" not in told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["http_502", "ProviderAway", "invalid_request_error", "a_code_of_tomorrow"])
def test_a_code_that_nobody_has_met_is_no_refusal_where_none_was_heard(code: str, language: str) -> None:
    moved = {"sv": "inga pengar har flyttats", "en": "no money has moved"}[language]
    assert moved in for_staff("refused", code, language=language)  # type: ignore[arg-type]
    for state in ("in_flight", "needs_review"):
        told = for_staff(state, code, language=language)  # type: ignore[arg-type]
        assert moved not in told
        assert "retry" not in told
    assert code in for_staff("in_flight", code, language=language)  # type: ignore[arg-type]
    # A refused key refuses a request; the one before it, under the same key, may have come through.
    assert moved not in for_staff("in_flight", "api_key_expired", language=language)  # type: ignore[arg-type]
    assert moved not in for_staff("held", code, language=language)  # type: ignore[arg-type]


def test_each_reason_to_hold_a_payout_is_told_by_itself() -> None:
    told = {for_staff("held", code, language="en") for code in ("held_by_person", SHARED_BANK, UNEXPLAINED)}
    assert len(told) == 3
    assert all(each.startswith("Nothing has been sent") for each in told)


def told(state: str) -> list[str]:
    """Return what staff are told of a state, whatever its code."""
    return [for_staff(state, code, language=language) for code, language in product(CODES, LANGUAGES)]


NOTHING_MOVED = ("o money has moved", "nga pengar har flyttats", "othing has been sent", "nget har skickats")
REFUSED = ("has refused", "har nekat", "refuses", "nekar", "does not take", "godtar inte")


def test_what_is_under_way_is_never_said_to_have_moved_no_money_whatever_its_code() -> None:
    assert not [each for each in told("in_flight") if any(word in each for word in NOTHING_MOVED + REFUSED)]


def test_what_a_person_holds_was_neither_sent_nor_refused_whatever_its_code() -> None:
    assert all("othing has been sent" in each or "nget har skickats" in each for each in told("held"))
    assert not [each for each in told("held") if any(word in each for word in REFUSED)]


@pytest.mark.parametrize("state", ["planned", "refused"])
def test_what_was_definitely_refused_is_never_told_as_unknown_or_as_paid_and_come_back(state: str) -> None:
    assert all(any(word in each for word in NOTHING_MOVED) for each in told(state))


def test_what_is_under_review_moved_no_money_only_where_the_provider_was_found_to_lack_it() -> None:
    for code, language in product(CODES, LANGUAGES):
        said = for_staff("needs_review", code, language=language)
        assert any(word in said for word in NOTHING_MOVED) == (code == "absent_at_provider"), code


@pytest.mark.parametrize("state", ["paid", "reversed"])
def test_what_left_us_is_told_by_its_state_alone(state: str) -> None:
    assert len(set(told(state))) == len(LANGUAGES)


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_words_also_without_a_code(state: str) -> None:
    assert for_staff(state, "", language="sv") != for_staff(state, "", language="en")


HOLDING = sorted(name for name, each in REASONS.items() if each.severity != "note")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("signal", HOLDING)
def test_every_signal_that_stands_against_a_reward_is_told_in_words(signal: str, language: Language) -> None:
    assert f"reason.{signal}" in section(WORDS, language)
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    held = Decision(
        "s", "r", now.date(), "aurora", False, "held", f"{signal},ring", 90, 90, 4000, now, "1", "1", "watch", now
    )
    told = earned(held, language=language)
    assert "_" not in told
    assert all(command in told for command in ("`pilot payout release`", "`pilot payout refuse`"))


def test_a_session_without_a_decision_is_answered_too() -> None:
    assert earned(None, language="en").startswith("No decision")
