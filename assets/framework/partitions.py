"""Business days as partitions: daily, Stockholm's calendar, today included.

Cafés are a column, not a second dimension: three cafés over thirty days would be ninety keys, with a run for each.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import dagster as dg

from pilot.business_days import STOCKHOLM, business_day, days_between

# Earlier than the first day of any pilot or demo, and independent of the cafés' file, so that every process has the
# same partitions whatever home it opens.
FIRST_DAY = date(2026, 1, 1)

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"

# `end_offset=1`: without it today's partition would exist only from midnight.
daily = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat(), timezone=str(STOCKHOLM), end_offset=1)


def exists(day: date, *, now: datetime) -> bool:
    """Return whether `day` has a partition at `now` (aware); a future day, from a fast clock, has none."""
    return FIRST_DAY <= day <= business_day(now)


def ranges(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each unbroken range in `days`, newest first."""
    ordered = sorted(set(days))
    broken = itertools.groupby(enumerate(ordered), key=lambda item: item[1] - timedelta(days=item[0]))
    spans = [[day for _, day in group] for _, group in broken]
    for span in reversed(spans):
        yield span[0], span[-1]


def range_tags(first: date, last: date) -> dict[str, str]:
    """Return the tags that make one run cover every day from `first` to `last`, both included."""
    return {
        RANGE_START_TAG: first.isoformat(),
        RANGE_END_TAG: last.isoformat(),
    }


def covered_days(run: dg.DagsterRun) -> set[date]:
    """Return the business days in a run's tags."""
    first = run.tags.get(RANGE_START_TAG) or run.tags.get("dagster/partition")
    last = run.tags.get(RANGE_END_TAG) or first
    if not first or not last:
        return set()
    return set(days_between(date.fromisoformat(first), date.fromisoformat(last)))
