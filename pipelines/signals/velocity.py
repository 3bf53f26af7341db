"""Bursts: far more rewards in an hour than a code or a café ever had answers at that time of day.

The hour slides, so that the turn of a clock hour opens nothing. The reference is the busiest such hour of earlier days,
ending in the same clock hour. Until there are enough of them, it is the expected number of a whole day, spread over the
opening hours. Rewards up to the limit get no signal, and what is beyond it does not make the next guest's wait.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection
from datetime import date, datetime, timedelta

import polars as pl

from pilot.business_days import STOCKHOLM
from pilot.cafes import Cafe, Cafes
from pilot.opening_hours import hours_on
from pipelines.signals.finding import Finding

HOUR = timedelta(hours=1)
BURST_FACTOR = 4  # multiple of the busiest hour of earlier days at that time, or of the expected hour
BURST_LEAST = 20  # rewards within an hour; fewer are never a burst
HISTORY_DAYS = 5  # earlier days; with fewer, the expected number is the reference
HISTORY_COLUMNS = ("day", "session_id", "cafe", "simulated", "code", "outcome", "completed_at", "device_token_hash")
PLACES = (["simulated", "cafe"], ["simulated", "cafe", "code"])


def burst_signals(
    day: date, *, sessions: pl.DataFrame, history: pl.DataFrame, cafes: Cafes, payable: Collection[str]
) -> list[Finding]:
    """Return the sessions beyond an hour's limit, by code and by café.

    Args:
        day: The business day.
        sessions: Frame of SESSIONS of that day.
        history: `HISTORY_COLUMNS` of the days before.
        cafes: The cafés, with their expected feedback.
        payable: The ids of that day's sessions that would be paid without these signals; others are not counted.
    """
    expected = pl.DataFrame(
        {"cafe": list(cafes.ids), "expected": [_expected_an_hour(cafe, day) for cafe in cafes.cafe]},
        schema={"cafe": pl.String, "expected": pl.Float64},
    )
    due = _completed(sessions.filter(pl.col("session_id").is_in(sorted(payable)))).join(expected, on="cafe", how="left")
    before = _completed(history)
    for number, place in enumerate(PLACES):
        due = _with_limit(due, name=f"limit_{number}", place=place, before=before)
    paid: defaultdict[tuple[object, ...], deque[datetime]] = defaultdict(deque)
    found: list[Finding] = []
    for row in due.sort("completed_at", "session_id").iter_rows(named=True):
        at: datetime = row["completed_at"]
        windows = [paid[tuple(row[key] for key in place)] for place in PLACES]
        for window in windows:
            while window and window[0] <= at - HOUR:
                window.popleft()
        limits = [row[f"limit_{number}"] for number in range(len(PLACES))]
        full = next((place for place, window in enumerate(windows) if len(window) >= limits[place]), None)
        if full is None:
            for window in windows:
                window.append(at)
        else:
            counts = {"paid_this_hour": len(windows[full]), "limit": limits[full]}
            found.append(Finding(row["session_id"], "burst", counts=counts))
    return sorted(found, key=lambda each: each.session_id)


def _expected_an_hour(cafe: Cafe, day: date) -> float:
    window = hours_on(cafe, day).window
    if window is None:
        return 0.0
    opens, closes = (time.hour + time.minute / 60 for time in window)
    return cafe.expected_feedbacks_per_day.high / max(closes - opens, 1.0)


def _with_limit(due: pl.DataFrame, *, name: str, place: list[str], before: pl.DataFrame) -> pl.DataFrame:
    days = before.group_by(place).agg(days=pl.col("day").n_unique())
    limit = (
        pl.when(pl.col("days").fill_null(0) >= HISTORY_DAYS)
        .then(BURST_FACTOR * pl.col("sessions").fill_null(0))
        .otherwise((BURST_FACTOR * pl.col("expected").fill_null(0)).ceil().cast(pl.Int64))
        .clip(lower_bound=BURST_LEAST)
    )
    return (
        due.join(days, on=place, how="left", nulls_equal=True)
        .join(_busiest(before, place=place), on=[*place, "hour"], how="left", nulls_equal=True)
        .with_columns(limit.alias(name))
        .drop("days", "sessions")
    )


def _busiest(before: pl.DataFrame, *, place: list[str]) -> pl.DataFrame:
    """Return the most sessions in an hour that ended in each clock hour of an earlier day."""
    at_sessions = (
        before.sort("completed_at")
        .rolling("completed_at", period="1h", group_by=[*place, "day"])
        .agg(hour=pl.col("hour").last(), sessions=pl.len())
    )
    # An hour that ends just after the clock's is the whole clock hour before.
    at_the_turn = before.group_by(*place, "day", hour=pl.col("hour") + 1).agg(sessions=pl.len())
    columns = [*place, "hour", "sessions"]
    return (
        pl.concat([at_sessions.select(columns), at_the_turn.select(columns)])
        .group_by(*place, "hour")
        .agg(pl.col("sessions").max())
    )


def _completed(sessions: pl.DataFrame) -> pl.DataFrame:
    local = pl.col("completed_at").dt.convert_time_zone(str(STOCKHOLM))
    return (
        sessions.filter(pl.col("outcome") == "completed")
        .select("day", "session_id", "cafe", "simulated", "code", "completed_at")
        .with_columns(hour=local.dt.hour())
    )
