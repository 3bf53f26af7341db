"""The hours of the pilot's support: weekdays 08-18 in Stockholm, except Sweden's holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pilot.business_days import at_local, local_time
from pilot.cafes import LocalizedName
from pilot.opening_hours import holidays_of

OPENS, CLOSES = time(8), time(18)
SATURDAY = 5
SEARCH_AHEAD_DAYS = 14


@dataclass(frozen=True, slots=True)
class Support:
    """Whether support answers at a moment.

    Attributes:
        open: Whether it does.
        until: The end of today's hours if it does, else the next opening, UTC.
        holiday: Today's holiday; None on other days.
    """

    open: bool
    until: datetime
    holiday: LocalizedName | None


def support_at(moment: datetime) -> Support:
    """Return whether support answers at a moment."""
    today = local_time(moment).date()
    holiday = holiday_of(today)
    if is_open_on(today) and at_local(today, OPENS) <= moment < at_local(today, CLOSES):
        return Support(True, at_local(today, CLOSES), holiday)
    days = (today + timedelta(days=ahead) for ahead in range(SEARCH_AHEAD_DAYS))
    opens = next(at_local(day, OPENS) for day in days if is_open_on(day) and at_local(day, OPENS) > moment)
    return Support(False, opens, holiday)


def is_open_on(day: date) -> bool:
    """Return whether support answers on a day: a weekday that is no holiday."""
    return day.weekday() < SATURDAY and holiday_of(day) is None


def holiday_of(day: date) -> LocalizedName | None:
    """Return the holiday of a day; None on other days."""
    return holidays_of(day.year).get(day)


def closed_weekdays(first: date, *, days: int) -> list[tuple[date, LocalizedName]]:
    """Return the holidays on weekdays in the days from `first`: support is closed on them."""
    found = [(day, holiday_of(day)) for day in (first + timedelta(days=ahead) for ahead in range(days))]
    return [(day, name) for day, name in found if name is not None and day.weekday() < SATURDAY]
