"""Episodes: the anomalous hours of one café-day and direction, merged for reports to people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

COLUMNS = (
    *("day", "cafe", "starts_at", "feedbacks", "expected", "expected_low", "expected_high"),
    *("since", "surprise", "verdict"),
)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Episode:
    """The hours of one café-day with too little, or too much, feedback.

    Attributes:
        day: The business day.
        cafe: The café's id.
        direction: low or high.
        start: When its first hour begins, UTC.
        end: When its last hour ends, UTC.
        feedbacks: The number of feedbacks.
        expected: The expected number.
        expected_low: The lower end of the expectation.
        expected_high: Its upper end.
        surprise: The probability of something as rare, in its most surprising hour.
    """

    day: date
    cafe: str
    direction: str
    start: datetime
    end: datetime
    feedbacks: int
    expected: float
    expected_low: float
    expected_high: float
    surprise: float


def episodes(anomalies: pl.DataFrame) -> list[Episode]:
    """Return a frame's episodes by day, café and direction, without hours that were too little open.

    An episode begins with the first hour of its most surprising stretch and ends with its last anomalous hour.

    Args:
        anomalies: COLUMNS of VOLUME_ANOMALIES, of one kind of guests.
    """
    alarmed = anomalies.filter(pl.col("verdict").is_in(["low", "high"]))
    found = []
    for (day, cafe, verdict), hours in alarmed.group_by("day", "cafe", "verdict"):
        rarest = hours.sort("surprise", "starts_at").row(0, named=True)
        first, last = rarest["since"], hours.sort("starts_at").row(-1, named=True)["starts_at"]
        within = anomalies.filter(
            pl.col("day") == day,
            pl.col("cafe") == cafe,
            pl.col("starts_at").is_between(first, last),
            pl.col("verdict") != "too_little_open",
        )
        sums = within.select(pl.col("feedbacks", "expected", "expected_low", "expected_high").sum()).row(0, named=True)
        surprise = rarest["surprise"]
        found.append(Episode(day, cafe, verdict, start=first, end=last + HOUR, surprise=surprise, **sums))
    return sorted(found, key=lambda each: (each.day, each.cafe, each.direction))
