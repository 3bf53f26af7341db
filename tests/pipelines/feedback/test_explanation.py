"""Why a result came about, in words: nothing quoted, no points, a way on wherever it is a no."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.words import LANGUAGES, section
from pipelines.feedback.explanation import RaisedSignal, SessionResult, explain
from pipelines.scoring.signals import CAPS
from pipelines.signals.reasons import REASONS

UNTIL = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # the first of December in Stockholm
GOOD = {"specificity": 0.9, "evidence": 0.8, "breadth": 0.97, "actionability": 0.7, "authenticity": 1.0}
THIN = {"specificity": 0.1, "evidence": 0.0, "breadth": 0.5, "actionability": 0.0, "authenticity": 1.0}


def status(**changed: Any) -> SessionResult:
    plain: dict[str, Any] = {
        "reference": "BCD234",
        "score": 78,
        "eligible": True,
        "subscores": GOOD,
        "signals": (),
        "raised": (),
    }
    return SessionResult(**(plain | changed))


def test_a_rewarded_answer_is_praised_for_what_earned_it_and_needs_no_way_on() -> None:
    sentences = explain(status(), language="sv")
    assert sentences[0] == "Svaret är konkret nog för en belöning."
    assert "Det är något som kaféet kan göra något åt." in sentences
    assert not any("BCD234" in sentence for sentence in sentences)


def test_a_thin_answer_explains_the_gap_and_names_a_person() -> None:
    sentences = explain(status(score=30, eligible=False, subscores=THIN), language="sv")
    assert sentences[0] == "Det blir ingen belöning för det här svaret. Kaféet har fått det ändå."
    assert "Det framgår inte varför, eller vad det ledde till." in sentences
    assert sentences[-1].endswith("referensen BCD234.")


def test_a_held_reward_has_a_date_in_stockholm_and_a_reason() -> None:
    sentences = explain(status(raised=(RaisedSignal("copied_nearly", "hold", None, UNTIL),)), language="en")
    assert sentences[0].endswith("You will hear by 1 December at the latest.")
    assert "The answer is very much like one that was sent before." in sentences
    # A person looks anyway: a second look is not offered before the first.
    assert "BCD234" not in " ".join(sentences)


def test_the_latest_of_several_dates_is_shown() -> None:
    raised = (
        RaisedSignal("ring", "hold", None, UNTIL),
        RaisedSignal("burst", "hold", None, UNTIL.replace(day=28)),
    )
    assert status(raised=raised).held_until == UNTIL


def test_a_cap_is_a_no_also_where_something_holds_the_reward_too() -> None:
    raised = (RaisedSignal("ring", "hold", None, UNTIL), RaisedSignal("copied_exactly", "cap", 45, None))
    assert status(raised=raised).outcome == "not_rewarded"


def test_a_note_changes_nothing() -> None:
    noted = status(raised=(RaisedSignal("device_often", "note"), RaisedSignal("urgent", "note")))
    assert explain(noted, language="sv") == explain(status(), language="sv")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_signal_that_stands_against_a_reward_has_words(language: Any) -> None:
    against = {name for name, reason in REASONS.items() if reason.severity != "note"}
    words = section("why", language)
    assert {f"signal.{name}" for name in against | set(CAPS) | {"low_confidence"}} <= set(words)


def test_a_signal_that_nobody_has_words_for_still_gets_a_sentence() -> None:
    sentences = explain(status(eligible=False, score=10, signals=("something_new",)), language="sv")
    assert "Något med svaret behöver ses över av en människa." in sentences
    assert not any("something_new" in sentence for sentence in sentences)


share = st.floats(0, 1)


@given(
    score=st.integers(0, 100),
    eligible=st.booleans(),
    subscores=st.fixed_dictionaries(dict.fromkeys(GOOD, share)),
    signals=st.lists(st.sampled_from(sorted(CAPS)), unique=True),
    raised=st.lists(st.sampled_from(sorted(REASONS)), unique=True),
    language=st.sampled_from(LANGUAGES),
)
def test_no_points_are_ever_said_and_a_no_always_has_a_way_on(
    score: int, eligible: bool, subscores: dict, signals: list, raised: list, language: Any
) -> None:
    between = tuple(
        RaisedSignal(
            name, REASONS[name].severity, REASONS[name].cap, UNTIL if REASONS[name].severity == "hold" else None
        )
        for name in raised
    )
    known = status(score=score, eligible=eligible, subscores=subscores, signals=tuple(signals), raised=between)
    sentences = explain(known, language=language)
    text = " ".join(sentences).replace("BCD234", "")
    digits = "".join(character for character in text if character.isdigit())
    assert digits in ("", "1")  # the day of a hold
    assert len(set(sentences)) == len(sentences)
    assert ("BCD234" in " ".join(sentences)) == (known.outcome == "not_rewarded")
    if known.outcome == "not_rewarded":
        assert "BCD234" in sentences[-1]
        assert len(sentences) >= 3
