"""Bursts: far more sessions in an hour than a code or a café ever had at that time of day.

The reference is the same hour of earlier days. Until there are enough of them, it is the expected number of a whole
day, spread over the opening hours. Sessions up to the limit get no signal.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from pilot.business_days import STOCKHOLM
from pilot.cafes import Cafe, Cafes
from pilot.opening_hours import hours_on
from pipelines.signals.finding import Finding

BURST_FACTOR = 4  # multiple of the busiest same hour of earlier days, or of the expected hour
BURST_LEAST = 20  # completed sessions within an hour; fewer are never a burst
HISTORY_DAYS = 5  # earlier days; with fewer, the expected number is the reference
HISTORY_COLUMNS = ("day", "session_id", "cafe", "simulated", "code", "outcome", "completed_at", "device_token_hash")


def burst_signals(day: date, *, sessions: pl.DataFrame, history: pl.DataFrame, cafes: Cafes) -> list[Finding]:
    """Return the sessions beyond an hour's limit, by code and by café.

    Args:
        day: The business day.
        sessions: Frame of SESSIONS of that day.
        history: `HISTORY_COLUMNS` of the days before.
        cafes: The cafés, with their expected feedback.
    """
    expected = pl.DataFrame(
        {"cafe": list(cafes.ids), "expected": [_expected_an_hour(cafe, day) for cafe in cafes.cafe]},
        schema={"cafe": pl.String, "expected": pl.Float64},
    )
    today, before = _by_hour(sessions), _by_hour(history)
    found: dict[str, Finding] = {}
    for keys in (["simulated", "cafe"], ["simulated", "cafe", "code"]):
        days = before.group_by(keys).agg(days=pl.col("day").n_unique())
        busiest = (
            before.group_by(*keys, "hour", "day").len("sessions").group_by(*keys, "hour").agg(pl.col("sessions").max())
        )
        limit = (
            pl.when(pl.col("days").fill_null(0) >= HISTORY_DAYS)
            .then(BURST_FACTOR * pl.col("sessions").fill_null(0))
            .otherwise((BURST_FACTOR * pl.col("expected").fill_null(0)).ceil().cast(pl.Int64))
            .clip(lower_bound=BURST_LEAST)
        )
        beyond = (
            today.join(days, on=keys, how="left", nulls_equal=True)
            .join(busiest, on=[*keys, "hour"], how="left", nulls_equal=True)
            .join(expected, on="cafe", how="left")
            .sort("completed_at", "session_id")
            .with_columns(limit=limit, nth=pl.int_range(1, pl.len() + 1).over(*keys, "hour"))
            .filter(pl.col("nth") > pl.col("limit"))
        )
        for session, nth, most in beyond.select("session_id", "nth", "limit").iter_rows():
            found.setdefault(session, Finding(session, "burst", counts={"nth_of_the_hour": nth, "limit": most}))
    return [found[session] for session in sorted(found)]


def _expected_an_hour(cafe: Cafe, day: date) -> float:
    window = hours_on(cafe, day).window
    if window is None:
        return 0.0
    opens, closes = (time.hour + time.minute / 60 for time in window)
    return cafe.expected_feedbacks_per_day.high / max(closes - opens, 1.0)


def _by_hour(sessions: pl.DataFrame) -> pl.DataFrame:
    local = pl.col("completed_at").dt.convert_time_zone(str(STOCKHOLM))
    return (
        sessions.filter(pl.col("outcome") == "completed")
        .select("day", "session_id", "cafe", "simulated", "code", "completed_at")
        .with_columns(hour=local.dt.hour())
    )
