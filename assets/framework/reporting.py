"""What the three reports share: the days that they are over, and those that the suites keep out of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assets.framework.day import TableDay
from pilot.columns import Table
from pilot.tables import (
    CUSTOMER_COUNTS,
    PAYMENTS,
    PILOT_KPIS,
    REWARDS,
    SCORED_FEEDBACK,
    SESSIONS,
    THEMES,
    TURNS,
    UPTIME,
)
from pipelines.pilot_report import Basis
from pipelines.report_days import report_days
from quality.gate import gate

# A day on which a suite of one of these stops is in no report.
RESTS_ON: tuple[Table, ...] = (
    SESSIONS,
    TURNS,
    SCORED_FEEDBACK,
    UPTIME,
    CUSTOMER_COUNTS,
    PAYMENTS,
    PILOT_KPIS,
    REWARDS,
    THEMES,
)
DAYS_SHOWN = 40


def basis_of(day: TableDay) -> Basis:
    """Return what a report of a day rests on."""
    days = report_days(day.cafes.pilot, day.day)
    found = gate(day.home.lake(), RESTS_ON, days=days)
    left_out = {stop.day for stop in found.stops} | set(found.unjudged)
    return Basis(days=days, left_out=left_out, cafes=day.cafes.ids, as_of=day.as_of)


def basis_metadata(days: Sequence[date], basis: Basis) -> dict[str, int | list[str]]:
    """Return what every report says of its days."""
    left_out = sorted(day.isoformat() for day in basis.left_out)
    return {"days": len(days), "days_left_out": left_out[:DAYS_SHOWN]}
