"""What cannot have been said is not taken for words."""

from __future__ import annotations

import pytest

from voice_edge.hearing.plausibility import echoes, invented, loop_start, runs_away, without_loop

SURE = {"confidence": 0.95, "no_speech_probability": 0.05}


@pytest.mark.parametrize(
    "text",
    [
        "Undertexter från Amara.org-gemenskapen",
        "Textning: Lisa Svensson, SVT",
        "Svensktextning.nu",
        "Thank you for watching.",
        "Thanks for watching!",
        "Tack för att ni tittade!",
        "Tack för att du har tittat.",
        "Please subscribe.",
        "Subtitles by the Amara.org community",
        "Musik",
        "",
        "...",
    ],
)
def test_the_closing_lines_of_subtitles_are_no_speech_however_sure_the_model_is(text: str) -> None:
    assert invented(text, **SURE)


@pytest.mark.parametrize(
    "text",
    [
        "Musiken var för hög.",
        "Thank you, it was lovely.",
        "Tack för kaffet.",
        "Texten på skylten är för liten.",
        "Ja.",
        "I was watching the door.",
        "Thanks for the coffee and the bun.",
    ],
)
def test_what_a_guest_may_well_say_is_kept(text: str) -> None:
    assert not invented(text, **SURE)


def test_a_lone_courtesy_is_kept_only_when_the_model_is_sure() -> None:
    assert not invented("Thank you.", confidence=0.8, no_speech_probability=0.1)
    assert invented("Thank you.", confidence=0.3, no_speech_probability=0.1)
    assert invented("you", confidence=0.8, no_speech_probability=0.8)


def test_an_unsure_text_where_the_model_doubts_any_speech_is_dropped() -> None:
    assert invented("I'm going to put the oil on the pan.", confidence=0.19, no_speech_probability=0.73)
    assert not invented("I'm going to put the oil on the pan.", confidence=0.8, no_speech_probability=0.73)


def test_a_phrase_repeated_without_end_is_found_and_cut() -> None:
    text = "The coffee was good. " + "And then we went home. " * 6
    assert loop_start(text) is not None
    assert without_loop(text).startswith("The coffee was good. And then we went home")
    assert without_loop(text).count("home") == 1


@pytest.mark.parametrize(
    "text", ["nej nej nej nej, det var bra", "väldigt, väldigt, väldigt bra", "the the the coffee", "ha ha ha", ""]
)
def test_people_repeat_themselves_a_little(text: str) -> None:
    assert loop_start(text) is None
    assert without_loop(text) == text


def test_more_tokens_than_a_mouth_can_say_run_away() -> None:
    assert runs_away("words", tokens=40, seconds=1.0)
    assert not runs_away("words", tokens=12, seconds=2.0)


def test_a_sentence_that_comes_twice_is_worth_a_second_look_but_is_not_cut() -> None:
    text = "Press 0 to reach an operator. Press 0 to reach an operator."
    assert echoes(text)
    assert without_loop(text) == text
    assert not echoes("Kaffet var gott, kaffet var varmt, och kön var kort.")
