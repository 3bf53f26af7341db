"""The days of a café with their customer counts: reported, missing, or none expected."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pilot.business_days import business_day, days_between
from pilot.cafes import Cafe, Cafes
from pilot.counts import before_pilot, has_closed
from pilot.opening_hours import hours_on

DayState = Literal["reported", "missing", "open", "shut"]


@dataclass(frozen=True, slots=True)
class CountDay:
    """One day.

    Attributes:
        day: The business day.
        state: reported; missing (a gap); open (the café has not closed yet) or shut (closed that day), without a count.
    """

    day: date
    state: DayState


def count_days(
    cafe: Cafe, *, first: date, reported: Collection[date], cafes: Cafes, now: datetime, demo: bool
) -> list[CountDay]:
    """Return the days from `first` to today that belong to the pilot, latest first.

    Args:
        cafe: The café.
        first: The earliest day.
        reported: The days that have a count.
        cafes: The cafés' file, for the pilot's first day.
        now: The present moment, aware.
        demo: Whether the home is a demo.
    """
    days = [day for day in days_between(first, business_day(now)) if not before_pilot(day, cafes=cafes, demo=demo)]
    return [CountDay(day, _state(cafe, day, is_reported=day in reported, now=now)) for day in reversed(days)]


def _state(cafe: Cafe, day: date, *, is_reported: bool, now: datetime) -> DayState:
    if is_reported:
        return "reported"
    if hours_on(cafe, day).window is None:
        return "shut"
    return "missing" if has_closed(cafe, day, now=now) else "open"
