"""Expectations of `retention`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from pilot.business_days import day_bounds
from pilot.cafes import Cafes
from pilot.lake_tables.retention_table import RETENTION
from pilot.time_limits import KINDS
from quality.rules import Evidence, Rule, between, declaration_rules, one_of

if TYPE_CHECKING:
    import pandas as pd

COUNTS = ("landing_lines", "lake_rows", "store_rows", "files")


def retention_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `retention`."""
    yield from declaration_rules(RETENTION)
    yield one_of("kind", KINDS)
    yield between("kept_days", 1)
    for name in COUNTS:
        yield between(name, 0)
    yield Rule("removed_after_retention", fact=_in_time, columns=("kept_days", "removed_at"))
    yield Rule("removed_before_gone", fact=_removed_first, columns=("removed_at", "gone_at"))


def _in_time(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    import pandas as pd

    ends = [
        day_bounds(pd.Timestamp(day).date() + timedelta(days=int(kept)))[0]
        for day, kept in zip(frame["day"], frame["kept_days"], strict=True)
    ]
    return frame["removed_at"] >= pd.Series(pd.to_datetime(ends, utc=True), index=frame.index)


def _removed_first(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["gone_at"].isna() | (frame["gone_at"] >= frame["removed_at"])
