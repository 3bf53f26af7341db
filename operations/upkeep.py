"""Maintains every table of the lake, and the landing's past days, under the home's lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from operations.erasure.home_lock import home_lock
from pilot.business_days import business_day
from pilot.lake_tables.tables import TABLES
from storage.home import Home
from storage.lake_reasons import convert_reasons
from storage.lake_upkeep import Upkeep, maintain_table
from storage.landing.merging import MergeResult, merge_day

DAYS_AT_ONCE = 60  # newest first; the sensor rebuilds each of them once


@dataclass(frozen=True, slots=True)
class LandingUpkeep:
    """The result of the landing's upkeep.

    Attributes:
        days: Days with segments that were merged.
        merged: Segments that were replaced.
        published: Segments that replaced them.
    """

    days: int
    merged: int
    published: int


def maintain_lake(home: Home, *, now: datetime) -> list[Upkeep]:
    """Convert old reasons and maintain every table; return the result of each that needed it.

    Raises:
        HomeLocked: a backup, a restore, an erasure or retention is running.
        PilotError: the lake cannot be reached, or a table is damaged; the tables before it are done.
    """
    lake = home.lake()
    with home_lock(home.root):
        convert_reasons(lake)
        done = [maintain_table(lake, table, now=now) for table in TABLES.values()]
    return [each for each in done if each is not None]


def maintain_landing(home: Home, *, now: datetime) -> LandingUpkeep:
    """Merge the small segments of past days.

    Raises:
        HomeLocked: a backup, a restore, an erasure or retention is running.
        LandingUnavailable: the landing cannot be reached; the days before are done.
    """
    done: dict[date, MergeResult] = {}
    with home_lock(home.root):
        for segments in (home.segments(), home.probe_segments()):
            past = [day for day in segments.fingerprints() if day < business_day(now)]
            for day in sorted(past, reverse=True):
                if len(done) == DAYS_AT_ONCE and day not in done:
                    break
                result = merge_day(segments, day)
                if result.merged:
                    done[day] = done.get(day, MergeResult()) + result
    total = sum(done.values(), MergeResult())
    return LandingUpkeep(days=len(done), merged=total.merged, published=total.published)
