"""The asset `scored_feedback`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by, counted
from assets.framework.plots import bars
from assets.tables.sessions import sessions
from assets.tables.turns import turns
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.feedback.scored_feedback import OF_SESSIONS, OF_TURNS
from pipelines.feedback.scored_feedback import scored_feedback as scored
from pipelines.scoring import SCORER_VERSION

STEP = 10  # points in each bar


@daily_table(
    SCORED_FEEDBACK,
    group="feedback",
    kinds={"delta", "python"},
    code_version=SCORER_VERSION,
    deps=[sessions, turns],
    by_cafe=True,
)
def scored_feedback(day: TableDay) -> RebuildResult:
    """Scores every completed session; turns below the recogniser's confidence limit are left out."""
    return day.build_from_sessions(
        partial(scored, cafes=day.cafes),
        columns=(OF_SESSIONS, OF_TURNS),
        figures=lambda frame: {
            "eligible": int(frame["eligible"].sum()),
            "turns_left_out": int(frame["turns_left_out"].sum()),
            "scores": count_by(frame.select(low=pl.col("score") // STEP * STEP), "low"),
        },
        plots=lambda counts: {**counts, "scores": bars(_spans(counted(counts, "scores")), unit="feedbacks")},
    )


def _spans(tens: Mapping[str, int]) -> dict[str, int]:
    return {f"{low}-{int(low) + STEP - 1}": tens[low] for low in sorted(tens, key=int)}
