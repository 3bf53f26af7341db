"""Why a result came about, in words: nothing quoted, no points, a way on wherever it is a no."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.words import LANGUAGES, section
from pipelines.feedback.explanation import RaisedSignal, SessionResult, explain
from pipelines.scoring.reasons import LEFT_OUT, SAID
from pipelines.scoring.signals import CAPS
from pipelines.signals.reasons import REASONS

UNTIL = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # the first of December in Stockholm
SAYS_MUCH = ("thing", "amount", "consequence")
LEFT_OUT_SOME = ("where", "better")


def status(**changed: Any) -> SessionResult:
    plain: dict[str, Any] = {
        "reference": "BCD234",
        "score": 78,
        "eligible": True,
        "said": SAYS_MUCH,
        "left_out": LEFT_OUT_SOME,
        "signals": (),
        "raised": (),
    }
    return SessionResult(**(plain | changed))


def test_a_rewarded_answer_gets_what_it_says_and_needs_no_way_on() -> None:
    assert explain(status(), language="sv") == (
        "Svaret är så konkret att det ger en belöning.",
        "Svaret berättar vad det gäller, hur mycket eller hur länge och vad det ledde till.",
    )


def test_a_thin_answer_gets_what_was_missing_and_names_a_person() -> None:
    sentences = explain(status(score=30, eligible=False, said=("thing",)), language="sv")
    assert sentences[:3] == (
        "Det blir ingen belöning för det här svaret. Kaféet har fått det ändå.",
        "Svaret berättar vad det gäller.",
        "Det hade hjälpt kaféet att veta var på kaféet det var och vad som hade gjort det bättre.",
    )
    assert sentences[-1].endswith("referensen BCD234.")


def test_an_answer_whose_words_are_gone_only_lacks_details() -> None:
    sentences = explain(status(score=30, eligible=False, said=(), left_out=()), language="en")
    assert sentences[1] == "A few more details would have made it easier for the café to act on."


def test_a_capped_answer_gets_only_the_cap() -> None:
    sentences = explain(status(score=10, eligible=False, signals=("injection",)), language="en")
    assert sentences[1] == "The answer addresses the system instead of being about the visit."
    assert len(sentences) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words(language: Any) -> None:
    words = section("why", language)
    assert {*(f"said.{key}" for key in SAID), *(f"left_out.{key}" for key in LEFT_OUT)} <= set(words)


def test_a_held_reward_has_a_date_in_stockholm_and_a_reason() -> None:
    sentences = explain(status(raised=(RaisedSignal("copied_nearly", "hold", None, UNTIL),)), language="en")
    assert sentences[0].endswith("You will hear by 1 December at the latest.")
    assert "The answer is very similar to one that was sent before." in sentences
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
    assert "Något med svaret behöver ses över av en person." in sentences
    assert not any("something_new" in sentence for sentence in sentences)


@given(
    score=st.integers(0, 100),
    eligible=st.booleans(),
    said=st.lists(st.sampled_from(SAID), unique=True),
    left_out=st.lists(st.sampled_from(LEFT_OUT), unique=True, max_size=2),
    signals=st.lists(st.sampled_from(sorted(CAPS)), unique=True),
    raised=st.lists(st.sampled_from(sorted(REASONS)), unique=True),
    language=st.sampled_from(LANGUAGES),
)
def test_no_points_are_ever_said_and_a_no_always_has_a_way_on(
    score: int, eligible: bool, said: list, left_out: list, signals: list, raised: list, language: Any
) -> None:
    between = tuple(
        RaisedSignal(
            name, REASONS[name].severity, REASONS[name].cap, UNTIL if REASONS[name].severity == "hold" else None
        )
        for name in raised
    )
    known = status(score=score, eligible=eligible, said=said, left_out=left_out, signals=tuple(signals), raised=between)
    sentences = explain(known, language=language)
    text = " ".join(sentences).replace("BCD234", "")
    digits = "".join(character for character in text if character.isdigit())
    assert digits in ("", "1")  # the day of a hold
    assert len(set(sentences)) == len(sentences)
    assert ("BCD234" in " ".join(sentences)) == (known.outcome == "not_rewarded")
    if known.outcome == "not_rewarded":
        assert "BCD234" in sentences[-1]
        assert len(sentences) >= 3
