"""The asset `scored_feedback`."""

from __future__ import annotations

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay
from assets.framework.plots import bars
from assets.tables.sessions import sessions
from assets.tables.turns import turns
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSIONS, TURNS
from pipelines.feedback.scored_feedback import scored_feedback as scored
from pipelines.scoring import SCORER_VERSION

STEP = 10  # points in each bar


@daily_table(
    SCORED_FEEDBACK, group="feedback", kinds={"delta", "python"}, code_version=SCORER_VERSION, deps=[sessions, turns]
)
def scored_feedback(day: TableDay) -> RebuildResult:
    """Scores every completed session; turns below the recogniser's confidence limit are left out."""
    frame = scored(day.read(SESSIONS), day.read(TURNS), cafes=day.cafes)
    tens = frame.group_by(low=pl.col("score") // STEP * STEP).len().sort("low")
    return day.write(
        frame,
        eligible=int(frame["eligible"].sum()),
        turns_left_out=int(frame["turns_left_out"].sum()),
        scores=bars({f"{low}-{low + STEP - 1}": count for low, count in tens.iter_rows()}, unit="feedbacks"),
    )
