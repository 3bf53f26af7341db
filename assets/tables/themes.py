"""The asset `themes`."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by
from assets.framework.plots import bars
from assets.tables.scored_feedback import scored_feedback
from pilot.business_days import days_between
from pilot.lake_tables.insight_tables import THEMES
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.feedback.themes_daily import HISTORY_COLUMNS, HISTORY_DAYS, SCORED_COLUMNS, themes_of


@daily_table(
    THEMES, group="feedback", kinds={"delta", "polars"}, code_version="1", deps=[scored_feedback], by_cafe=True
)
def themes(day: TableDay) -> RebuildResult:
    """Counts themes. A trend uses only earlier days, so that a late event changes only its own day."""
    before = list(days_between(day.day - timedelta(days=HISTORY_DAYS), day.day - timedelta(days=1)))
    history = day.home.lake().read(THEMES, days=before, columns=HISTORY_COLUMNS)
    frame = day.gather(
        lambda part: themes_of(
            day.read(SCORED_FEEDBACK, columns=SCORED_COLUMNS, cafes=part), day=day.day, history=history
        ),
        read=[SCORED_FEEDBACK],
    )
    named = frame.group_by("theme").agg(pl.col("mentions").sum()).filter(pl.col("mentions") > 0)
    mentions = dict(named.sort("mentions", "theme", descending=[True, False]).iter_rows())
    return day.write(
        frame,
        mentions=sum(mentions.values()),
        trends=count_by(frame, "trend"),
        mentions_by_theme=bars(mentions, unit="mentions"),
    )
