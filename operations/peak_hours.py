"""The cafés' peak hours, in which nobody deploys or loads the edge without a reason."""

from __future__ import annotations

from datetime import datetime

from pilot.business_days import at_local, local_time
from pilot.cafes import Cafes
from pilot.errors import PilotError
from pilot.opening_hours import hours_on


class PeakHours(PilotError):
    """A café has its peak now."""


def peaks_now(cafes: Cafes, *, now: datetime) -> list[tuple[str, datetime]]:
    """Return each café that is open and in a peak, with the peak's end.

    Args:
        cafes: The cafés.
        now: The current time, aware.
    """
    day = local_time(now).date()
    found = []
    for cafe in cafes.cafe:
        window = hours_on(cafe, day).window
        if window is None:
            continue
        opens, closes = (at_local(day, each) for each in window)
        for first, last in cafe.peaks:
            ends = min(at_local(day, last), closes)
            if max(at_local(day, first), opens) <= now < ends:
                found.append((cafe.name, ends))
    return found


def refuse_in_peaks(cafes: Cafes, *, now: datetime, reason: str) -> None:
    """Refuse while a café has its peak, unless there is a reason not to wait.

    Args:
        cafes: The cafés.
        now: The current time, aware.
        reason: Why it cannot wait; empty if it can.

    Raises:
        PeakHours: a café has its peak.
    """
    if (busy := peaks_now(cafes, now=now)) and not reason.strip():
        names = ", ".join(f"{name} until {local_time(ends):%H:%M}" for name, ends in busy)
        last = local_time(max(ends for _, ends in busy))
        raise PeakHours(
            f"Guests come in numbers now: {names}.",
            remedy=f'Wait until {last:%H:%M}, or give --now and --reason "WHY".',
        )
