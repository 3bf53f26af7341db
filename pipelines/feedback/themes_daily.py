"""The table `themes`: mentions of each theme by café and day, their polarity and their trend."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import NormalDist

import polars as pl

from pilot.lake_tables.insight_tables import THEMES
from pipelines.language.labels import THEMES as THEME_NAMES
from pipelines.shapes import schema, table_frame

KEY = ["cafe", "simulated"]
RECENT_DAYS = 7  # whole weeks, because weekends differ
EARLIER_DAYS = 21
HISTORY_DAYS = RECENT_DAYS + EARLIER_DAYS - 1
FEWEST_FEEDBACKS = 30  # in each period; FEWEST_MENTIONS applies to both together
FEWEST_MENTIONS = 10
# Fifteen themes of three cafés are tested every day: at 95 % two would "trend" by chance.
TREND_CONFIDENCE = 0.99
Z = NormalDist().inv_cdf(1 - (1 - TREND_CONFIDENCE) / 2)
SCORED_COLUMNS = ("cafe", "simulated", "themes")
HISTORY_COLUMNS = ("day", "cafe", "simulated", "theme", "feedbacks", "mentions")


def themes_of(scored: pl.DataFrame, *, day: date, history: pl.DataFrame) -> pl.DataFrame:
    """Return one row per theme of each café with feedback on `day`, including unmentioned themes.

    The trend compares the theme's share of the feedbacks of the last seven days with that of the 21 days before
    (a two-proportion z test at 99 %); with too few on either side it is `too_few`. A café without feedback has no row.

    Args:
        scored: SCORED_COLUMNS of SCORED_FEEDBACK of the day.
        day: The business day.
        history: HISTORY_COLUMNS of THEMES of the HISTORY_DAYS before `day`.
    """
    today = _today(scored)
    recent_from = day - timedelta(days=RECENT_DAYS - 1)
    recent = pl.col("day") >= recent_from
    before = (
        history.lazy()
        .filter(pl.col("day").is_between(day - timedelta(days=HISTORY_DAYS), day - timedelta(days=1)))
        .group_by(*KEY, "theme")
        .agg(
            *(
                pl.col(counted).filter(recent if period == "recent" else ~recent).sum().alias(f"{period}_{counted}")
                for period in ("recent", "earlier")
                for counted in ("feedbacks", "mentions")
            )
        )
    )
    periods = ("recent_feedbacks", "recent_mentions", "earlier_feedbacks", "earlier_mentions")
    rows = (
        today.join(before, on=[*KEY, "theme"], how="left")
        .with_columns(pl.col(periods).fill_null(0))
        .with_columns(
            day=pl.lit(day),
            recent_feedbacks=pl.col("recent_feedbacks") + pl.col("feedbacks"),
            recent_mentions=pl.col("recent_mentions") + pl.col("mentions"),
            polarity=pl.when(pl.col("mentions") > 0).then(
                (pl.col("positive") - pl.col("negative")) / pl.col("mentions")
            ),
        )
        .with_columns(trend=_trend())
    )
    return table_frame(THEMES, rows)


def _today(scored: pl.DataFrame) -> pl.LazyFrame:
    """Return each café's feedbacks and their claims, by theme."""
    feedbacks = scored.lazy().group_by(KEY).agg(feedbacks=pl.len().cast(pl.Int64))
    claimed = (
        scored.lazy()
        .select(*KEY, claim=pl.col("themes").fill_null("").str.extract_all(r'"\w+":\s*"\w+"'))
        .explode("claim", empty_as_null=False, keep_nulls=False)
        .select(
            *KEY,
            theme=pl.col("claim").str.extract(r'^"(\w+)"'),
            polarity=pl.col("claim").str.extract(r'"(\w+)"$'),
        )
        .group_by(*KEY, "theme")
        .agg(
            mentions=pl.len().cast(pl.Int64),
            **{name: (pl.col("polarity") == name).sum().cast(pl.Int64) for name in ("positive", "negative", "mixed")},
        )
    )
    every = feedbacks.join(pl.LazyFrame({"theme": THEME_NAMES}, schema={"theme": schema(THEMES)["theme"]}), how="cross")
    return every.join(claimed, on=[*KEY, "theme"], how="left").with_columns(
        pl.col("mentions", "positive", "negative", "mixed").fill_null(0)
    )


def _trend() -> pl.Expr:
    recent, earlier = pl.col("recent_feedbacks"), pl.col("earlier_feedbacks")
    share, share_before = pl.col("recent_mentions") / recent, pl.col("earlier_mentions") / earlier
    pooled = (pl.col("recent_mentions") + pl.col("earlier_mentions")) / (recent + earlier)
    error = (pooled * (1 - pooled) * (1 / recent + 1 / earlier)).sqrt()
    enough = (
        (recent >= FEWEST_FEEDBACKS)
        & (earlier >= FEWEST_FEEDBACKS)
        & (pl.col("recent_mentions") + pl.col("earlier_mentions") >= FEWEST_MENTIONS)
    )
    z = pl.when(error > 0).then((share - share_before) / error).otherwise(0.0)
    return (
        pl.when(~enough)
        .then(pl.lit("too_few"))
        .when(z >= Z)
        .then(pl.lit("rising"))
        .when(z <= -Z)
        .then(pl.lit("falling"))
        .otherwise(pl.lit("steady"))
    )
