"""Business days: Stockholm's calendar days, with both clock changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pilot.errors import InvalidDay
from pilot.identifiers import identifier_time

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def parse_day(text: str) -> date:
    """Parse a day in the form year-month-day.

    Raises:
        InvalidDay: it is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidDay(
            f"{text[:20]!r} is not a day: expected year-month-day.", remedy="Write it as 2026-11-23."
        ) from None


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("moment has no time zone; expected an aware datetime, for example datetime.now(UTC)")
    return moment


def business_day(moment: datetime) -> date:
    """Return the business day on which `moment` (aware) falls.

    Raises:
        ValueError: `moment` carries no time zone.
    """
    return _aware(moment).astimezone(STOCKHOLM).date()


def session_day(session_id: str) -> date:
    """Return the business day of a session, derived from its UUIDv7 only."""
    return business_day(identifier_time(session_id))


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first instant of `day` and of the day after, in UTC: 23, 24 or 25 hours apart."""
    start = datetime.combine(day, time.min, tzinfo=STOCKHOLM)
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=STOCKHOLM)
    return start.astimezone(UTC), end.astimezone(UTC)


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield the business days from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def local_time(moment: datetime) -> datetime:
    """Return `moment` (aware) as Stockholm's wall clock shows it."""
    return _aware(moment).astimezone(STOCKHOLM)


def at_local(day: date, wall: time) -> datetime:
    """Return the UTC instant at which Stockholm's clock shows `wall` on `day`.

    A time that the spring change skips maps to the same distance after the change. In the hour that the autumn change
    repeats, it maps to the first occurrence.
    """
    return datetime.combine(day, wall, tzinfo=STOCKHOLM).astimezone(UTC)
