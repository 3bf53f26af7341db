"""A café's opening hours: its week, Sweden's holidays, special days, and both clock changes.

Feedback is accepted for a grace period after closing, for guests who have just left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from pilot.business_days import at_local, business_day, local_time
from pilot.cafes import Cafe, LocalizedName, Window

GRACE_MINUTES = 30
SEARCH_AHEAD_DAYS = 60
EVES = frozenset({"Midsommarafton", "Julafton", "Nyårsafton"})


@dataclass(frozen=True, slots=True)
class DayHours:
    """One day of a café.

    Attributes:
        window: Opening and closing time on Stockholm's clock; None for closed.
        reason: Why the day differs from the usual week, in words for guests; None if it does not.
    """

    window: Window | None
    reason: LocalizedName | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a café accepts feedback at a moment.

    Attributes:
        open: Whether it accepts feedback.
        closes_at: If open: the end of acceptance, UTC, grace period included.
        opens_at: If closed: the next opening, UTC; None if not within two months.
        reason: The reason if closed all day, in words for guests.
    """

    open: bool
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    reason: LocalizedName | None = None


def hours_on(cafe: Cafe, day: date) -> DayHours:
    """Return a café's hours on a day: a special day overrides a holiday, a holiday overrides the week."""
    for special in cafe.special_days:
        if special.day == day:
            return DayHours(special.hours, special.reason)
    hours, holiday = cafe.opening_hours, holidays_of(day.year).get(day)
    if holiday is None:
        return DayHours(hours.on(day))
    kept = hours.eves if holiday.sv in EVES else hours.holidays or hours.sunday
    return DayHours(None if kept == "closed" else kept, holiday)


def open_on(cafe: Cafe, day: date) -> bool:
    """Return whether a café opens on a day."""
    return hours_on(cafe, day).window is not None


def opening_at(cafe: Cafe, moment: datetime) -> Opening:
    """Return whether a café accepts feedback at `moment` (aware), and until or from when.

    Raises:
        ValueError: `moment` carries no time zone.
    """
    today = business_day(moment)
    for day in (today - timedelta(days=1), today):  # yesterday's grace period may end today
        window = hours_on(cafe, day).window
        if window is not None:
            opens, closes = at_local(day, window[0]), at_local(day, window[1]) + timedelta(minutes=GRACE_MINUTES)
            if opens <= moment < closes:
                return Opening(open=True, closes_at=closes)
    here = hours_on(cafe, today)
    return Opening(open=False, opens_at=_opens_next(cafe, moment), reason=here.reason if here.window is None else None)


def days_until(moment: datetime, *, now: datetime) -> int:
    """Return the number of midnights in Stockholm between now and `moment`."""
    return (local_time(moment).date() - local_time(now).date()).days


@cache
def holidays_of(year: int) -> dict[date, LocalizedName]:
    """Return Sweden's public holidays of a year, and the eves on which cafés close, with their names."""
    from holidays import country_holidays  # Imported late: it takes a tenth of a second, and only the doors need it.

    categories = ("public", "de_facto")
    swedish = country_holidays("SE", years=year, language="sv", categories=categories)
    english = country_holidays("SE", years=year, language="en_US", categories=categories)
    return {day: LocalizedName(sv=name, en=english[day]) for day, name in swedish.items()}


def _opens_next(cafe: Cafe, moment: datetime) -> datetime | None:
    today = business_day(moment)
    for ahead in range(SEARCH_AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        window = hours_on(cafe, day).window
        if window is not None and (opens := at_local(day, window[0])) > moment:
            return opens
    return None
