"""The survey's periods and its complete set of answers."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from pilot.cafes import parse_cafes
from pilot.survey import OPTIONS, QUESTIONS, fault_of, period_on, periods
from pilot.words import section

ROOT = Path(__file__).resolve().parents[2]
PILOT = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").pilot
RIGHT = {question: options[0] for question, options in OPTIONS.items()}


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 11, 22), None),
        (date(2026, 11, 23), "first"),
        (date(2026, 12, 7), "first"),
        (date(2026, 12, 8), "second"),
        (date(2026, 12, 22), "second"),
        (date(2026, 12, 23), "after"),
        (date(2027, 6, 1), "after"),
    ],
)
def test_each_day_is_in_one_period(day: date, name: str | None) -> None:
    found = period_on(PILOT, day)
    assert (None if found is None else found.name) == name


@pytest.mark.parametrize(("days", "count"), [(1, 2), (2, 3), (3, 3), (30, 3), (31, 3)])
def test_the_periods_cover_the_pilot_without_gap_or_overlap(days: int, count: int) -> None:
    found = periods(PILOT.model_copy(update={"days": days}))
    assert len(found) == count
    for before, after in pairwise(found):
        assert before.last is not None and (after.first - before.last).days == 1
    assert (found[-1].first - PILOT.first_day).days == days


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        (RIGHT, ""),
        ({**RIGHT, "easy": "perhaps"}, "easy"),
        ({**RIGHT, "time": "agree"}, "time"),
        ({name: option for name, option in RIGHT.items() if name != "miss"}, "miss"),
        ({**RIGHT, "more": "agree"}, "more"),
        ({}, "useful"),
    ],
)
def test_an_answer_needs_a_known_option_of_every_question(answers: dict[str, str], fault: str) -> None:
    assert fault_of(answers) == fault


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_question_and_option_has_words(language: str) -> None:
    words = section("survey", language)
    wanted = [f"question.{each}" for each in QUESTIONS]
    wanted += [f"option.{question}.{option}" for question in QUESTIONS for option in OPTIONS[question]]
    assert [each for each in wanted if each not in words] == []
