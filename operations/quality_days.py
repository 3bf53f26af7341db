"""Validates business days without Dagster: the same suites and tables, run from a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from quality.day_verdicts import judge_day
from storage.home import Home
from storage.store.privacy import day_states

COMMIT = {"run": "pilot quality judge"}


@dataclass(frozen=True, slots=True)
class DaySummary:
    """The result of one validated day, in counts.

    Attributes:
        day: The business day.
        expectations: Number of evaluated expectations.
        failed: Failed expectations: table_name, expectation, severity, breaking.
        stopping: The tables that stop payments and reports.
        quarantined_rows: Their number.
        one_in: The sampling rate: one in so many sessions was validated.
    """

    day: date
    expectations: int
    failed: tuple[dict[str, Any], ...]
    stopping: tuple[str, ...]
    quarantined_rows: int
    one_in: int


def judge_days(home: Home, days: Sequence[date], *, now: datetime) -> list[DaySummary]:
    """Run every table's suite on the days; save verdicts and quarantine; return a summary of each day."""
    lake, frozen, summaries = home.lake(), day_states.closed_or_redacted(home.store()), []
    for day in days:
        judged = judge_day(lake, day, cafes=home.cafes(), now=now, frozen=day in frozen)
        lake.replace_partition(QUALITY_VERDICTS, day, judged.verdicts, commit=COMMIT)
        lake.replace_partition(QUARANTINE, day, judged.quarantine, commit=COMMIT)
        failed = judged.verdicts.filter(~pl.col("passed")).select("table_name", "expectation", "severity", "breaking")
        summaries.append(
            DaySummary(
                day=day,
                expectations=judged.verdicts.height,
                failed=tuple(failed.to_dicts()),
                stopping=judged.stopping,
                quarantined_rows=judged.quarantine.height,
                one_in=judged.one_in,
            )
        )
    return summaries


def quarantined_rows(home: Home, days: Sequence[date]) -> pl.DataFrame:
    """Return the keys of the rows that the last validation of these days quarantined."""
    return home.lake().read(QUARANTINE, days=list(days))
