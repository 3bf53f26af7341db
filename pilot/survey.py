"""The survey of café managers: questions, options, and the periods in which each answers once.

Sources, and why no middle is left unlabelled: `docs/survey.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Literal, get_args

from pilot.cafes import Pilot

PeriodName = Literal["first", "second", "after"]
Question = Literal["useful", "easy", "time", "changed", "staff", "miss"]

AGREEMENT = ("strongly_disagree", "disagree", "neither", "agree", "strongly_agree")
OPTIONS: Mapping[Question, tuple[str, ...]] = {
    "useful": AGREEMENT,
    "easy": AGREEMENT,
    "time": ("under_5", "from_5", "from_15", "from_30"),
    "changed": ("nothing", "once", "several"),
    "staff": ("never", "sometimes", "often"),
    "miss": ("very", "somewhat", "not_at_all"),
}
QUESTIONS: tuple[Question, ...] = get_args(Question)
MOST_COMMENT_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Period:
    """One period of the survey.

    Attributes:
        name: The pilot's first half, its second half, or the time after it.
        first: Its first day.
        last: Its last day; None for the time after the pilot.
    """

    name: PeriodName
    first: date
    last: date | None


def periods(pilot: Pilot) -> tuple[Period, ...]:
    """Return the pilot's periods in order; a pilot of one day has no second half."""
    middle = pilot.first_day + timedelta(days=ceil(pilot.days / 2))
    end = pilot.first_day + timedelta(days=pilot.days)
    found = [Period("first", pilot.first_day, middle - timedelta(days=1))]
    if middle < end:
        found.append(Period("second", middle, end - timedelta(days=1)))
    return (*found, Period("after", end, None))


def period_on(pilot: Pilot, day: date) -> Period | None:
    """Return the period of a day; None before the pilot begins."""
    return next((each for each in reversed(periods(pilot)) if each.first <= day), None)


def fault_of(answers: Mapping[str, str]) -> str:
    """Return the first question without a valid answer, or an unknown one; empty if all are right."""
    for question in QUESTIONS:
        if answers.get(question) not in OPTIONS[question]:
            return question
    return next((name for name in answers if name not in OPTIONS), "")


def distribution(given: Iterable[Mapping[str, str]]) -> dict[Question, dict[str, int]]:
    """Return how many chose each option of each question; options that nobody chose are 0."""
    answers = list(given)
    return {
        question: {option: sum(each.get(question) == option for each in answers) for option in options}
        for question, options in OPTIONS.items()
    }
