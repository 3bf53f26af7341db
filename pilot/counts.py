"""Validation of customer counts: sources, bounds and days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args

from pilot.business_days import at_local, business_day
from pilot.cafes import Cafe, Cafes
from pilot.errors import PilotError
from pilot.opening_hours import hours_on

Source = Literal["manager", "till", "api", "simulator"]
SOURCES: tuple[str, ...] = get_args(Source)
MOST_CUSTOMERS = 20_000  # for one café on one day; a larger number is a sum, or an amount of money


class InvalidCount(PilotError):
    """A customer count is not valid.

    Attributes:
        field: The field that is wrong: cafe, day, customers or source.
    """

    def __init__(self, what: str, *, remedy: str, field: str) -> None:
        super().__init__(what, remedy=remedy)
        self.field = field


def validate_customers(customers: int) -> int:
    """Validate a day's number of customers, and return it.

    Raises:
        InvalidCount: it is negative or too large.
    """
    if not 0 <= customers <= MOST_CUSTOMERS:
        raise InvalidCount(
            f"{customers} customers cannot be: expected 0 to {MOST_CUSTOMERS}.",
            remedy="Give the day's number.",
            field="customers",
        )
    return customers


def validate_source(source: str) -> str:
    """Validate a source, and return it.

    Raises:
        InvalidCount: there is no such source.
    """
    if source not in SOURCES:
        raise InvalidCount(
            f"{source!r} is no source of counts.", remedy=f"Use one of {', '.join(SOURCES)}.", field="source"
        )
    return source


def validate_day(day: date, *, cafes: Cafes, now: datetime, demo: bool = False) -> date:
    """Validate a business day, and return it.

    Args:
        day: The day.
        cafes: The cafés' file, for the pilot's first day.
        now: The present moment, aware.
        demo: Whether the home is a demo; a demo's days are before the pilot.

    Raises:
        InvalidCount: the day is in the future, or before the pilot.
    """
    if day > business_day(now):
        raise InvalidCount(f"{day} has not come yet.", remedy="Give today or an earlier day.", field="day")
    if before_pilot(day, cafes=cafes, demo=demo):
        first = cafes.pilot.first_day
        raise InvalidCount(f"{day} lies before the pilot.", remedy=f"Give {first} or a later day.", field="day")
    return day


def before_pilot(day: date, *, cafes: Cafes, demo: bool) -> bool:
    """Return whether a day is before the pilot's first day; always False for a demo."""
    return not demo and day < cafes.pilot.first_day


def has_closed(cafe: Cafe, day: date, *, now: datetime) -> bool:
    """Return whether a café has closed for the day; until then a till's number is not final."""
    today = business_day(now)
    window = hours_on(cafe, day).window
    return day < today or (day == today and window is not None and now >= at_local(day, window[1]))
