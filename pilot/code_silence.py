"""Whether a code has been silent for too long: not scanned for two hours while its café was open."""

from __future__ import annotations

from datetime import datetime, timedelta

from pilot.business_days import at_local, business_day
from pilot.cafes import Cafe
from pilot.opening_hours import hours_on

SILENT_AFTER = timedelta(hours=2)


def is_silent(cafe: Cafe, *, issued: datetime, scanned: datetime | None, now: datetime) -> bool:
    """Return whether a code had no scan for `SILENT_AFTER` of today's opening hours; False while closed.

    Args:
        cafe: The code's café.
        issued: When the code was issued.
        scanned: Its last scan; None if there is none.
        now: The present moment, aware.
    """
    today = business_day(now)
    window = hours_on(cafe, today).window
    if window is None:
        return False
    opened, closes = (at_local(today, end) for end in window)
    return opened <= now < closes and now - max(opened, issued, scanned or opened) >= SILENT_AFTER
