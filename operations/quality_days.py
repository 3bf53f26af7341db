"""Judges business days without Dagster: the same suites, the same two tables, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.insight_tables import QUALITY_VERDICTS, QUARANTINE
from quality.day_verdicts import judge_day
from storage.home import Home
from storage.store.privacy import day_states

COMMIT = {"run": "pilot quality judge"}


@dataclass(frozen=True, slots=True)
class DayJudged:
    """One judged day, in counts.

    Attributes:
        day: The day.
        expectations: How many were looked at.
        failed: What does not hold: table, expectation, severity, breaking.
        stopping: The tables that stop payments and reports.
        set_apart: Rows set apart.
        one_in: Of so many sessions one was looked at.
    """

    day: date
    expectations: int
    failed: tuple[dict[str, Any], ...]
    stopping: tuple[str, ...]
    set_apart: int
    one_in: int


def judge_and_keep(home: Home, days: Sequence[date], *, now: datetime) -> list[DayJudged]:
    """Run every table's suite on the days, write the verdicts and the quarantine, and return what was found."""
    lake, frozen, found = home.lake(), day_states.closed_or_redacted(home.store()), []
    for day in days:
        judged = judge_day(lake, day, cafes=home.cafes(), now=now, frozen=day in frozen)
        lake.replace_partition(QUALITY_VERDICTS, day, judged.verdicts, commit=COMMIT)
        lake.replace_partition(QUARANTINE, day, judged.quarantine, commit=COMMIT)
        failed = judged.verdicts.filter(~pl.col("passed")).select("table_name", "expectation", "severity", "breaking")
        found.append(
            DayJudged(
                day=day,
                expectations=judged.verdicts.height,
                failed=tuple(failed.to_dicts()),
                stopping=judged.stopping,
                set_apart=judged.quarantine.height,
                one_in=judged.one_in,
            )
        )
    return found


def set_apart(home: Home, days: Sequence[date]) -> pl.DataFrame:
    """Return the rows that the last verdicts set apart on these days, by key."""
    return home.lake().read(QUARANTINE, days=list(days))
