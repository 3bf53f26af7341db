"""Word error counts words that must be mended, and says how sure it is."""

from __future__ import annotations

import pytest

from voice_edge.hearing.word_error import Errors, difference_interval, errors, interval, rate


@pytest.mark.parametrize(
    ("said", "heard", "language", "wrong", "count"),
    [
        ("The coffee was cold.", "the coffee was cold", "en", 0, 4),
        ("The coffee was cold.", "The coffee cold", "en", 1, 4),
        ("The coffee was cold.", "The coffee was very cold", "en", 1, 4),
        ("The coffee was cold.", "The toffee was gold", "en", 2, 4),
        ("Press 2 twice", "press two twice", "en", 0, 3),
        ("Vi var tre", "vi var 3", "sv", 0, 3),
        ("Kaffet", "", "sv", 1, 1),
        ("", "något", "sv", 1, 0),
    ],
)
def test_what_must_be_mended_is_counted(said: str, heard: str, language: str, wrong: int, count: int) -> None:
    assert errors(said, heard, language=language) == Errors(wrong, count)


def test_the_interval_holds_the_rate_and_narrows_with_more_clips() -> None:
    few = [Errors(1, 10), Errors(0, 10), Errors(3, 10), Errors(0, 10)]
    low, high = interval(few)
    assert low <= rate(few) == 0.1 <= high
    narrow_low, narrow_high = interval(few * 25)
    assert narrow_high - narrow_low < (high - low) / 2


def test_the_same_errors_on_the_same_clips_differ_by_nothing() -> None:
    clips = [Errors(number % 4, 10) for number in range(40)]
    assert difference_interval(clips, clips) == (0.0, 0.0)
    low, high = difference_interval([Errors(clip.wrong + 1, 10) for clip in clips], clips)
    assert low == high == pytest.approx(0.1)


def test_where_nothing_was_said_everything_is_wrong() -> None:
    assert rate([]) == 1.0
