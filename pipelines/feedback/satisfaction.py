"""The tables `satisfaction` and `theme_dayparts`: whether guests are content, not how useful."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, get_args

import polars as pl

from pilot.business_days import STOCKHOLM
from pilot.dayparts import BEGINS
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pipelines.shapes import table_frame

Satisfaction = Literal["positive", "mixed", "negative", "neutral"]
SATISFACTIONS: tuple[Satisfaction, ...] = get_args(Satisfaction)
KEY = ("cafe", "simulated", "daypart")
SCORED_COLUMNS = ("cafe", "simulated", "completed_at", "signals", "themes")
POLARITIES = ("positive", "mixed", "negative")


def satisfaction_of(polarities: Iterable[str]) -> Satisfaction:
    """Return a session's satisfaction, from the polarity of each theme that it makes a claim about."""
    said = set(polarities)
    if "mixed" in said or {"positive", "negative"} <= said:
        return "mixed"
    if "positive" in said:
        return "positive"
    return "negative" if "negative" in said else "neutral"


def satisfaction(scored: pl.DataFrame, *, day: date) -> pl.DataFrame:
    """Return one row per café and daypart with feedback on `day`.

    Args:
        scored: SCORED_COLUMNS of SCORED_FEEDBACK of the day.
        day: The business day.
    """
    counted = (
        _usable(scored)
        .with_columns(satisfaction=_satisfaction())
        .group_by(KEY)
        .agg(
            feedbacks=pl.len().cast(pl.Int64),
            usable=pl.col("usable").sum().cast(pl.Int64),
            **{
                name: (pl.col("usable") & (pl.col("satisfaction") == name)).sum().cast(pl.Int64)
                for name in SATISFACTIONS
            },
        )
    )
    return table_frame(SATISFACTION, counted.with_columns(day=pl.lit(day)))


def theme_dayparts(scored: pl.DataFrame, *, day: date) -> pl.DataFrame:
    """Return one row per café, daypart and theme that usable feedback of `day` makes a claim about.

    Args:
        scored: SCORED_COLUMNS of SCORED_FEEDBACK of the day.
        day: The business day.
    """
    counted = (
        _usable(scored)
        .filter("usable")
        .explode("claims", empty_as_null=False, keep_nulls=False)
        .select(
            *KEY,
            theme=pl.col("claims").str.extract(r'^"(\w+)"'),
            polarity=pl.col("claims").str.extract(r'"(\w+)"$'),
        )
        .group_by(*KEY, "theme")
        .agg(
            mentions=pl.len().cast(pl.Int64),
            **{name: (pl.col("polarity") == name).sum().cast(pl.Int64) for name in POLARITIES},
        )
    )
    return table_frame(THEME_DAYPARTS, counted.with_columns(day=pl.lit(day)))


def _usable(scored: pl.DataFrame) -> pl.LazyFrame:
    """Return each feedback's café, daypart, claims, and whether it is usable."""
    hour = pl.col("completed_at").dt.convert_time_zone(str(STOCKHOLM)).dt.hour()
    part = pl.lit("morning")
    for name, begins in BEGINS.items():
        part = pl.when(hour >= begins).then(pl.lit(name)).otherwise(part)
    return scored.lazy().select(
        "cafe",
        "simulated",
        daypart=part,
        usable=pl.col("signals").list.len().fill_null(0) == 0,
        claims=pl.col("themes").fill_null("").str.extract_all(r'"\w+":\s*"\w+"'),
    )


def _satisfaction() -> pl.Expr:
    """Return `satisfaction_of` as an expression of `claims`."""
    good, bad, both = (pl.col("claims").list.eval(pl.element().str.ends_with(f'"{name}"')).list.any()
                       for name in ("positive", "negative", "mixed"))  # fmt: skip
    return (
        pl.when(both | (good & bad))
        .then(pl.lit("mixed"))
        .when(good)
        .then(pl.lit("positive"))
        .when(bad)
        .then(pl.lit("negative"))
        .otherwise(pl.lit("neutral"))
    )
