"""The table `capacity_plan`: peak sessions, the trial's limit, storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.cafes import Cafe
from pilot.lake_tables.report_tables import ALL_CAFES, CAPACITY_PLAN
from pilot.opening_hours import open_on
from pipelines.shapes import schema, table_frame

HISTORY_DAYS = 28  # four whole weeks
VOLUME_DAYS = 7
STORAGE_AHEAD_DAYS = 90
SESSION_COLUMNS = ("day", "cafe", "simulated", "outcome", "started_at", "last_event_at")


@dataclass(frozen=True, slots=True)
class LoadTest:
    """One load test: its concurrent guests, and whether they were served within the target."""

    guests: int
    passed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Resources:
    """The available resources and their usage.

    Attributes:
        since: The pilot's first day.
        limits: The maximum of rewarded feedbacks in each café's trial.
        used: Feedbacks sent since the pilot's first day, by café and simulated.
        tests: The recorded load tests.
        bytes_by_day: The bytes of each day in landing and lake.
    """

    since: date
    limits: Mapping[str, int]
    used: Mapping[tuple[str, bool], int]
    tests: Sequence[LoadTest]
    bytes_by_day: Mapping[date, int]


def measured_concurrency(tests: Sequence[LoadTest]) -> int | None:
    """Return the largest concurrency that recent tests passed, below every one that failed."""
    newest = {test.guests: test for test in sorted(tests, key=lambda test: test.at)}
    failed = min((guests for guests, test in newest.items() if not test.passed), default=None)
    passed = [guests for guests, test in newest.items() if test.passed and (failed is None or guests < failed)]
    return max(passed, default=None)


def capacity_plan(
    sessions: pl.DataFrame,
    resources: Resources,
    *,
    day: date,
    as_of: datetime,
    days: Sequence[date],
    cafes: Sequence[Cafe],
) -> pl.DataFrame:
    """Return one row per café and one for all, separately for real and simulated sessions.

    Args:
        sessions: SESSION_COLUMNS of SESSIONS of the days.
        resources: The resources.
        day: The business day of the rows.
        as_of: The moment up to which it is judged.
        days: The days of the plan, the last of them `day`.
        cafes: The cafés.
    """
    started = sessions.filter(pl.col("started_at").is_not_null() & pl.col("day").is_in(list(days)))
    bears = measured_concurrency(resources.tests)
    rows = []
    for simulated in sorted({False, *started["simulated"]}):
        mine = started.filter(pl.col("simulated") == simulated)
        own = [_cafe(cafe, mine, resources, simulated=simulated, days=days) for cafe in cafes]
        busiest = max((row["most_at_once"] for row in own), default=0)
        together = _together(own, mine, resources, days=days)
        together["measured_at_once"] = bears
        if bears is not None and together["most_at_once"]:
            together["headroom"] = bears / together["most_at_once"]
            together["cafes_a_server"] = bears // max(busiest, 1)
        rows += [row | {"simulated": simulated} for row in (*own, together)]
    given = {name: kind for name, kind in schema(CAPACITY_PLAN).items() if name not in ("day", "first_day", "as_of")}
    frame = pl.LazyFrame([dict.fromkeys(given) | row for row in rows], schema=given, orient="row").with_columns(
        day=pl.lit(day), first_day=pl.lit(days[0]), as_of=pl.lit(as_of)
    )
    return table_frame(CAPACITY_PLAN, frame)


def _cafe(
    cafe: Cafe, sessions: pl.DataFrame, resources: Resources, *, simulated: bool, days: Sequence[date]
) -> dict[str, Any]:
    mine = sessions.filter(pl.col("cafe") == cafe.id)
    # Days before the pilot and days on which the café is closed have no volume.
    lately = [each for each in days[-VOLUME_DAYS:] if each >= resources.since and open_on(cafe, each)]
    sent = mine.filter((pl.col("outcome") == "completed") & pl.col("day").is_in(list(lately))).height
    volume, band = sent / max(len(lately), 1), cafe.expected_feedbacks_per_day
    limit, used = resources.limits[cafe.id], resources.used.get((cafe.id, simulated), 0)
    left = max(limit - used, 0)
    return {
        "cafe": cafe.id,
        "days": len(days),
        **_peak(mine),
        "expected_low": band.low,
        "expected_high": band.high,
        "feedbacks_a_day": volume,
        "trial_limit": limit,
        "trial_used": used,
        "days_left": left / volume if volume else None,
        "days_left_expected": 2 * left / (band.low + band.high),
    }


def _together(
    own: Sequence[dict[str, Any]], sessions: pl.DataFrame, resources: Resources, *, days: Sequence[date]
) -> dict[str, Any]:
    added = ("expected_low", "expected_high", "feedbacks_a_day", "trial_limit", "trial_used")
    row = {"cafe": ALL_CAFES, "days": len(days), **_peak(sessions)} | {
        name: sum(each[name] for each in own) for name in added
    }
    # The trial that is used up first needs action first.
    row["days_left"] = min((each["days_left"] for each in own if each["days_left"] is not None), default=None)
    row["days_left_expected"] = min(each["days_left_expected"] for each in own)
    stored = [resources.bytes_by_day[day] for day in days if day in resources.bytes_by_day]
    if stored:
        a_day = sum(stored) / len(stored)
        feedbacks = sessions.filter(pl.col("outcome") == "completed").height
        row |= {"bytes_a_day": a_day, "bytes_in_90_days": a_day * STORAGE_AHEAD_DAYS}
        row["bytes_a_feedback"] = sum(stored) / feedbacks if feedbacks else None
    return row


def _peak(sessions: pl.DataFrame) -> dict[str, Any]:
    hours = (
        sessions.group_by(hour=pl.col("started_at").dt.truncate("1h"))
        .len()
        .sort("len", "hour", descending=[True, False])
    )
    busiest = hours.row(0) if hours.height else (None, 0)
    return {
        "sessions": sessions.height,
        "busiest_hour": busiest[0],
        "busiest_hour_sessions": busiest[1],
        "most_at_once": _most_at_once(sessions),
    }


def _most_at_once(sessions: pl.DataFrame) -> int:
    """Return the maximum of concurrent sessions; a session that ends as another starts does not overlap."""
    if sessions.is_empty():
        return 0
    changes = pl.concat(
        [
            sessions.select(at=pl.col("started_at"), change=pl.lit(1)),
            sessions.select(at=pl.max_horizontal("started_at", "last_event_at"), change=pl.lit(-1)),
        ]
    ).sort("at", "change")
    return int(changes.select(pl.col("change").cum_sum().max()).item())
