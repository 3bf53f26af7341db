"""The parts of a café's day, by the hour on Stockholm's clock."""

from __future__ import annotations

from datetime import datetime

from pilot.business_days import local_time

LUNCH_FROM = 11  # o'clock, as the others
AFTERNOON_FROM = 14
EVENING_FROM = 17
DAYPARTS = ("morning", "lunch", "afternoon", "evening")
BEGINS = {"lunch": LUNCH_FROM, "afternoon": AFTERNOON_FROM, "evening": EVENING_FROM}  # the morning begins the day


def daypart(moment: datetime) -> str:
    """Return the part of the day that a moment is in."""
    hour = local_time(moment).hour
    return next((name for name, begins in reversed(BEGINS.items()) if hour >= begins), "morning")
