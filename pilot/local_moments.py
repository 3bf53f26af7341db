"""Moments as an operator types them: Stockholm's clock, with both clock changes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from pilot.business_days import STOCKHOLM, local_time
from pilot.errors import PilotError

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
REMEDY = "Write 14:30 (the next one), 2026-11-23 14:30, or an offset as well: 2026-10-25 02:30+01:00."


class InvalidMoment(PilotError):
    """The text is no moment, or one that Stockholm's clock skips or shows twice."""


def parse_moment(text: str, *, now: datetime) -> datetime:
    """Return a moment in UTC.

    Args:
        text: A time of day for the next such moment, or a day and a time, with an offset or without.
        now: The present moment, aware.

    Raises:
        InvalidMoment: it is none, the spring change skips it, or the autumn change repeats it and it has no offset.
    """
    text = text.strip()
    if clock := _CLOCK.fullmatch(text):
        wall = time(int(clock[1]), int(clock[2]))
        today = local_time(now).date()
        found = _on(today, wall)
        return found if found > now else _on(today + timedelta(days=1), wall)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidMoment(f"{text[:30]!r} is not a moment.", remedy=REMEDY) from None
    return given.astimezone(UTC) if given.tzinfo is not None else _on(given.date(), given.time())


def _on(day: date, wall: time) -> datetime:
    early = datetime.combine(day, wall, tzinfo=STOCKHOLM)
    late = early.replace(fold=1)
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(UTC)
    if local_time(early.astimezone(UTC)).replace(tzinfo=None) != early.replace(tzinfo=None):
        raise InvalidMoment(
            f"{wall:%H:%M} on {day} does not exist: the clock jumps from 02:00 to 03:00.", remedy=REMEDY
        )
    raise InvalidMoment(f"{wall:%H:%M} on {day} comes twice: the clock is set back at 03:00.", remedy=REMEDY)
