"""The days that the three reports cover, and the days that the suites exclude."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assets.framework.day import TableDay
from pilot.lake_tables.columns import Table
from pilot.lake_tables.insight_tables import THEMES
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS, SCORED_FEEDBACK, SESSIONS, TURNS, UPTIME
from pipelines.reports.pilot_report import Basis
from pipelines.reports.report_days import report_days
from quality.gate import gate

# A day on which a suite of one of these stops is excluded from reports.
GATING_TABLES: tuple[Table, ...] = (
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
    """Return the basis of a report on a day: its days and cafés."""
    days = report_days(day.cafes.pilot, day.day)
    verdicts = gate(day.home.lake(), GATING_TABLES, days=days)
    excluded = {stop.day for stop in verdicts.stops} | set(verdicts.unjudged)
    return Basis(days=days, excluded=excluded, cafes=day.cafes.ids, as_of=day.as_of, planned_days=day.cafes.pilot.days)


def basis_metadata(days: Sequence[date], basis: Basis) -> dict[str, int | list[str]]:
    """Return every report's metadata about its days."""
    excluded = sorted(day.isoformat() for day in basis.excluded)
    return {"days": len(days), "days_left_out": excluded[:DAYS_SHOWN]}
