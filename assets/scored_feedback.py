"""The asset `scored_feedback`."""

from __future__ import annotations

from assets.daily_table import daily_table
from assets.day import TableDay, Written
from assets.sessions import sessions
from assets.turns import turns
from pilot.tables import SCORED_FEEDBACK, SESSIONS, TURNS
from pipelines.scored_feedback import scored_feedback as scored
from pipelines.scoring import SCORER_VERSION


@daily_table(
    SCORED_FEEDBACK, group="feedback", kinds={"delta", "python"}, code_version=SCORER_VERSION, deps=[sessions, turns]
)
def scored_feedback(day: TableDay) -> Written:
    """Every completed session has its row; what the recogniser was too unsure of is never scored."""
    frame = scored(day.read(SESSIONS), day.read(TURNS), cafes=day.cafes)
    return day.write(frame, eligible=int(frame["eligible"].sum()), turns_left_out=int(frame["turns_left_out"].sum()))
