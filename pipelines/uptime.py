"""Uptime: each café's service on a business day as probed from outside, a census with the probes' resolution."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from pilot.business_days import day_bounds
from pilot.cafes import Cafes
from pilot.tables import UPTIME
from pipelines.recorded import PROBE, flag, integer, text
from pipelines.shapes import schema, shaped

SERVICE_TARGET = "customer_page"  # what a customer meets; every café has a row of it, probed or not
KEY = ["cafe", "simulated", "target"]


def uptime(raw_events: pl.DataFrame, *, day: date, as_of: datetime, cafes: Cafes) -> pl.DataFrame:
    """Return how long each probed target was up, down and unknown on `day`, up to `as_of`.

    A probe stands for the time from itself on, for as long as its own `every_seconds` says, cut at the next probe
    of the same target, at the end of the day and at `as_of`. What no probe covers is unknown. The three add up to
    the day so far, which is 23, 24 or 25 hours when the day is over.

    Args:
        raw_events: Frame of RAW_EVENTS of the day, in any order; doubles are counted once.
        day: The business day.
        as_of: The moment up to which the day is judged, aware.
        cafes: The cafés; each has a row for the customer's page, also where nothing was probed.
    """
    start, end = day_bounds(day)
    until = max(start, min(as_of, end))
    probed = (
        _covered(raw_events, start=start, until=until)
        .group_by(KEY)
        .agg(
            probes=pl.len(),
            up=pl.col("covered").filter(pl.col("ok")).sum(),
            down=pl.col("covered").filter(~pl.col("ok")).sum(),
        )
    )
    expected = pl.LazyFrame(
        {"cafe": cafes.ids, "simulated": [False] * len(cafes.ids), "target": [SERVICE_TARGET] * len(cafes.ids)},
        schema={name: schema(UPTIME)[name] for name in KEY},
    )
    so_far = (until - start).total_seconds()
    rows = probed.join(expected, on=KEY, how="full", coalesce=True).with_columns(
        day=pl.lit(day),
        as_of=pl.lit(as_of),
        probes=pl.col("probes").fill_null(0),
        up_s=_seconds("up"),
        down_s=_seconds("down"),
    )
    return shaped(UPTIME, rows.with_columns(unknown_s=so_far - pl.col("up_s") - pl.col("down_s")))


def _seconds(column: str) -> pl.Expr:
    return pl.col(column).dt.total_microseconds().fill_null(0) / 1e6


def _covered(raw_events: pl.DataFrame, *, start: datetime, until: datetime) -> pl.LazyFrame:
    """Return the probes within the day so far, each with the time that it stands for."""
    moment = pl.Datetime("us", "UTC")
    return (
        raw_events.lazy()
        .filter((pl.col("event") == PROBE) & (pl.col("at") >= start) & (pl.col("at") < until))
        .unique(subset="event_id", keep="any")
        .select("cafe", "simulated", "at", "event_id", text("target"), flag("ok"), integer("every_seconds"))
        .drop_nulls(["target", "ok", "every_seconds"])
        .sort(*KEY, "at", "event_id")
        .with_columns(
            ends=pl.min_horizontal(
                pl.col("at") + pl.duration(seconds=pl.col("every_seconds")),
                pl.col("at").shift(-1).over(KEY),
                pl.lit(until).cast(moment),
            )
        )
        .with_columns(covered=pl.col("ends") - pl.col("at"))
    )
