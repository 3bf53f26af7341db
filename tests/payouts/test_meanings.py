"""Each code has words for staff: where the money is, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from payouts.answering import earned_in_words
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
def test_meanings_and_words_match_one_to_one(language: str) -> None:
    words = {key.removeprefix("code.") for key in section(WORDS, language) if key.startswith("code.")}  # type: ignore[arg-type]
    assert words == {*MEANINGS.values(), UNLISTED}


def test_the_words_for_an_unknown_code_contain_the_code() -> None:
    assert meaning("from_the_future") == UNLISTED
    assert "from_the_future" in for_staff("refused", "from_the_future", language="sv")


def test_an_unknown_outcome_is_never_described_as_a_failure() -> None:
    texts = for_staff("in_flight", "timeout", language="en")
    assert "Nobody knows" in texts
    assert "Do not pay it another way" in texts
    assert "No money has moved" not in texts


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["http_502", "ProviderAway", "invalid_request_error", "a_code_of_tomorrow"])
def test_an_unknown_code_means_a_refusal_only_for_a_refused_payout(code: str, language: str) -> None:
    moved = {"sv": "inga pengar har flyttats", "en": "no money has moved"}[language]
    assert moved in for_staff("refused", code, language=language)  # type: ignore[arg-type]
    for state in ("in_flight", "needs_review"):
        texts = for_staff(state, code, language=language)  # type: ignore[arg-type]
        assert moved not in texts
        assert "retry" not in texts
    assert code in for_staff("in_flight", code, language=language)  # type: ignore[arg-type]
    # A refused API key refuses one request; an earlier one under the same key may have succeeded.
    assert moved not in for_staff("in_flight", "api_key_expired", language=language)  # type: ignore[arg-type]
    assert moved not in for_staff("held", code, language=language)  # type: ignore[arg-type]


def test_each_reason_to_hold_a_payout_has_its_own_words() -> None:
    texts = {for_staff("held", code, language="en") for code in ("held_by_person", SHARED_BANK, UNEXPLAINED)}
    assert len(texts) == 3
    assert all(each.startswith("Nothing has been sent") for each in texts)


def texts(state: str) -> list[str]:
    """Return the words for a state with every code."""
    return [for_staff(state, code, language=language) for code, language in product(CODES, LANGUAGES)]


NOTHING_MOVED = ("o money has moved", "nga pengar har flyttats", "othing has been sent", "nget har skickats")
REFUSED = ("has refused", "har nekat", "refuses", "nekar", "does not accept", "godtar inte")


def test_no_code_of_an_in_flight_payout_denies_that_money_moved() -> None:
    assert not [each for each in texts("in_flight") if any(word in each for word in NOTHING_MOVED + REFUSED)]


def test_no_code_of_a_held_payout_says_sent_or_refused() -> None:
    assert all("othing has been sent" in each or "nget har skickats" in each for each in texts("held"))
    assert not [each for each in texts("held") if any(word in each for word in REFUSED)]


@pytest.mark.parametrize("state", ["planned", "refused"])
def test_every_code_of_a_refused_payout_says_that_no_money_moved(state: str) -> None:
    assert all(any(word in each for word in NOTHING_MOVED) for each in texts(state))


def test_a_payout_under_review_moved_no_money_only_if_it_is_absent() -> None:
    for code, language in product(CODES, LANGUAGES):
        text = for_staff("needs_review", code, language=language)
        assert any(word in text for word in NOTHING_MOVED) == (code == "absent_at_provider"), code


@pytest.mark.parametrize("state", ["paid", "reversed"])
def test_the_words_for_a_paid_or_reversed_payout_ignore_the_code(state: str) -> None:
    assert len(set(texts(state))) == len(LANGUAGES)


@pytest.mark.parametrize("state", STATES)
def test_every_state_without_a_code_has_words(state: str) -> None:
    assert for_staff(state, "", language="sv") != for_staff(state, "", language="en")


HOLDING = sorted(name for name, each in REASONS.items() if each.severity != "note")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("signal", HOLDING)
def test_every_signal_against_a_reward_has_words(signal: str, language: Language) -> None:
    assert f"reason.{signal}" in section(WORDS, language)
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    held = Decision(
        "s", "r", now.date(), "aurora", False, "held", f"{signal},ring", 90, 90, 4000, now, "1", "1", "watch", now
    )
    texts = earned_in_words(held, language=language)
    assert "_" not in texts
    assert all(command in texts for command in ("`pilot payout release`", "`pilot payout refuse`"))


def test_a_session_without_a_decision_has_an_answer() -> None:
    assert earned_in_words(None, language="en").startswith("No decision")
