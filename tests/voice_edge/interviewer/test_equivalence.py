"""Equivalent transcripts differ only in case, punctuation and hesitation."""

from __future__ import annotations

import pytest

from voice_edge.interviewer import equivalent


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kaffet var kallt.", "kaffet var kallt"),
        ("Kaffet, eh, var kallt", "Kaffet var kallt."),
        ("Um, the soup was good!", "The soup was good"),
        ("", ""),
    ],
)
def test_case_punctuation_and_hesitation_make_no_difference(one: str, other: str) -> None:
    assert equivalent(one, other)
    assert equivalent(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kaffet var kallt", "Kaffet var kallt och"),
        ("Kaffet var inte kallt", "Kaffet var kallt"),
        ("mm", ""),
        ("eh", ""),
        ("ja", "nej"),
        ("It was hot", "it was not"),
    ],
)
def test_another_word_makes_a_difference(one: str, other: str) -> None:
    assert not equivalent(one, other)
    assert not equivalent(other, one)
