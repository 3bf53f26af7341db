"""Each code of a provider is told to staff: what happened to the money, and what to do."""

from __future__ import annotations

import pytest

from payouts.answering import earned
from payouts.meanings import MEANINGS, STATES, UNEXPLAINED, UNLISTED, WORDS, for_staff, meaning
from pilot.words import LANGUAGES, section
from storage.store.shared_banks import SHARED_BANK


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
        assert code in told
        assert "retry" not in told
    # A refused key refuses a request; the one before it, under the same key, may have come through.
    assert moved not in for_staff("in_flight", "api_key_expired", language=language)  # type: ignore[arg-type]
    assert moved not in for_staff("held", code, language=language)  # type: ignore[arg-type]


def test_each_reason_to_hold_a_payout_is_told_by_itself() -> None:
    told = {for_staff("held", code, language="en") for code in ("held by a person", SHARED_BANK, UNEXPLAINED)}
    assert len(told) == 3
    assert all(each.startswith("Nothing has been sent") for each in told)


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_words_also_without_a_code(state: str) -> None:
    assert for_staff(state, "", language="sv") != for_staff(state, "", language="en")


def test_a_session_without_a_decision_is_answered_too() -> None:
    assert earned(None, language="en").startswith("No decision")
