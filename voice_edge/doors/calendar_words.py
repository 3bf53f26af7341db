"""Moments in words: "i morgon klockan 07.00", "on Saturday at 08:00"."""

from __future__ import annotations

from datetime import date, datetime, time

from pilot.business_days import local_time
from pilot.cafes import Language, Window
from pilot.opening_hours import days_until
from pilot.words import say

DAYS_OF_A_WEEK = 7


def clock_words(wall: time, language: Language) -> str:
    """Return a time of day as the language writes it."""
    return wall.strftime(say("doors", "calendar.clock", language))


def window_words(window: Window, language: Language) -> str:
    """Return opening hours: 07.00–19.00."""
    return f"{clock_words(window[0], language)}–{clock_words(window[1], language)}"


def day_words(day: date, language: Language) -> str:
    """Return a day: 23 november 2026."""
    return f"{day.day} {_months(language)[day.month - 1]} {day.year}"


def day_and_clock_words(moment: datetime, language: Language) -> str:
    """Return a moment by its date: 23 november 2026 kl. 14.05."""
    local = local_time(moment)
    return say(
        "doors",
        "calendar.day_and_clock",
        language,
        day=day_words(local.date(), language),
        time=clock_words(local.time(), language),
    )


def moment_words(moment: datetime, *, now: datetime, language: Language) -> str:
    """Return a future moment in everyday words: today, tomorrow, on Saturday, or by its date."""
    local, ahead = local_time(moment), days_until(moment, now=now)
    key = {0: "today", 1: "tomorrow"}.get(ahead, "this_week" if ahead < DAYS_OF_A_WEEK else "later")
    return say(
        "doors",
        f"calendar.{key}",
        language,
        time=clock_words(local.time(), language),
        weekday=say("doors", "calendar.weekdays", language).split()[local.weekday()],
        day=local.day,
        month=_months(language)[local.month - 1],
    )


def _months(language: Language) -> list[str]:
    return say("doors", "calendar.months", language).split()
