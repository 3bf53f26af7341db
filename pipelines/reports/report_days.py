"""The days that a report covers, and the weeks that it compares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from pilot.business_days import days_between
from pilot.cafes import Pilot

WEEK_DAYS = 7
MOST_WEEKS = 2  # the maximum in each period of a comparison


@dataclass(frozen=True, slots=True)
class Periods:
    """The first and the last weeks: two periods of equal length without overlap."""

    before: tuple[date, ...]
    after: tuple[date, ...]


def report_days(pilot: Pilot, day: date) -> list[date]:
    """Return the pilot's days up to `day`; before the pilot, the days of a rehearsal of the same length."""
    last = min(day, pilot.first_day + timedelta(days=pilot.days - 1))
    first = pilot.first_day if day >= pilot.first_day else day - timedelta(days=pilot.days - 1)
    return list(days_between(first, last))


def periods(days: list[date]) -> Periods | None:
    """Return the weeks to compare: two and two from 28 days on, one and one from 14; else None."""
    weeks = min(MOST_WEEKS, len(days) // (2 * WEEK_DAYS))
    length = weeks * WEEK_DAYS
    return Periods(tuple(days[:length]), tuple(days[-length:])) if weeks else None
