"""Word errors are counted without spelling, and the rate has an interval."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from voice_edge.hearing.word_error import WordErrors, difference_interval, rate_interval, word_error_rate, word_errors

CHECKOUT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("reference", "hypothesis", "language", "errors", "words"),
    [
        ("The coffee was cold.", "the coffee was cold", "en", 0, 4),
        ("The coffee was cold.", "The coffee cold", "en", 1, 4),
        ("The coffee was cold.", "The coffee was very cold", "en", 1, 4),
        ("The coffee was cold.", "The toffee was gold", "en", 2, 4),
        ("Press 2 twice", "press two twice", "en", 0, 3),
        ("It's cold", "Its very cold", "en", 1, 2),
        ("Vi var tre", "vi var 3", "sv", 0, 3),
        ("Kaffet", "", "sv", 1, 1),
        ("", "något", "sv", 1, 0),
        ("", "", "sv", 0, 0),
    ],
)
def test_changed_added_and_missing_words_are_errors(
    reference: str, hypothesis: str, language: str, errors: int, words: int
) -> None:
    assert word_errors(reference, hypothesis, language=language) == WordErrors(errors, words)


def test_the_interval_contains_the_rate_and_narrows_with_more_recordings() -> None:
    few = [WordErrors(1, 10), WordErrors(0, 10), WordErrors(3, 10), WordErrors(0, 10)]
    low, high = rate_interval(few)
    assert low <= word_error_rate(few) == 0.1 <= high
    narrow_low, narrow_high = rate_interval(few * 25)
    assert narrow_high - narrow_low < (high - low) / 2


def test_equal_errors_on_the_same_recordings_differ_by_nothing() -> None:
    recordings = [WordErrors(number % 4, 10) for number in range(40)]
    assert difference_interval(recordings, recordings) == (0.0, 0.0)
    worse = [WordErrors(each.errors + 1, 10) for each in recordings]
    assert difference_interval(worse, recordings) == (pytest.approx(0.1), pytest.approx(0.1))


@pytest.mark.parametrize("interval", [rate_interval, lambda one: difference_interval(one, [WordErrors(0, 10)])])
def test_one_recording_has_an_interval_without_width(interval) -> None:
    assert interval([WordErrors(3, 10)]) == (0.3, 0.3)


def test_the_rate_is_one_if_nothing_was_said() -> None:
    assert word_error_rate([]) == 1.0


def test_the_edge_starts_without_jiwer_and_scipy() -> None:
    imports = "import sys, voice_edge.__main__; print({'jiwer', 'scipy', 'pandas'} & set(sys.modules))"
    command = [sys.executable, "-c", imports]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
