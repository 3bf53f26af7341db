"""Days of `lake_days` with praised and criticised themes, and with urgent sessions."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import date

import polars as pl

from pilot.cafes import Cafes
from tests.dashboards.lake_days import DayFrames, make_day

PRAISED = ("coffee", "atmosphere")


def theme_day(
    cafes: Cafes, day: date, *, simulated: bool = False, urgent: Collection[str] = (), busy: float = 1.0
) -> DayFrames:
    """Return a day; the first session of each of the `urgent` cafés reports an allergy."""
    made = make_day(cafes, day, simulated=simulated, busy=busy)
    scored = made.scored_feedback
    themes = [
        json.dumps({each: "positive" if each in PRAISED else "negative" for each in aspects})
        for aspects in scored["aspects"]
    ]
    first = scored.group_by("cafe").agg(pl.col("session_id").min())
    flagged = first.filter(pl.col("cafe").is_in(list(urgent)))["session_id"]
    flags = (
        pl.when(pl.col("session_id").is_in(flagged.to_list()))
        .then(pl.lit(["urgent_allergy"]))
        .otherwise(pl.lit([], dtype=pl.List(pl.String)))
    )
    return replace(made, scored_feedback=scored.with_columns(themes=pl.Series(themes, dtype=pl.String), flags=flags))
