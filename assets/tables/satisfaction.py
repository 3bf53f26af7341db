"""The assets `satisfaction` and `theme_dayparts`."""

from __future__ import annotations

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay
from assets.framework.plots import bars
from assets.tables.scored_feedback import scored_feedback
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.feedback import satisfaction as made

KINDS = {"delta", "polars"}


@daily_table(SATISFACTION, group="feedback", kinds=KINDS, code_version="1", deps=[scored_feedback], by_cafe=True)
def satisfaction(day: TableDay) -> RebuildResult:
    """Counts content and discontent guests by daypart, from the polarity of their claims."""
    frame = day.gather(
        lambda part: made.satisfaction(day.read(SCORED_FEEDBACK, columns=made.SCORED_COLUMNS, cafes=part), day=day.day),
        read=[SCORED_FEEDBACK],
    )
    counts: dict[str, int] = {name: int(frame[name].sum()) for name in made.SATISFACTIONS}
    return day.write(frame, usable=sum(counts.values()), guests=bars(counts, unit="feedbacks"))


@daily_table(THEME_DAYPARTS, group="feedback", kinds=KINDS, code_version="1", deps=[scored_feedback], by_cafe=True)
def theme_dayparts(day: TableDay) -> RebuildResult:
    """Counts themes by daypart and polarity."""
    frame = day.gather(
        lambda part: made.theme_dayparts(
            day.read(SCORED_FEEDBACK, columns=made.SCORED_COLUMNS, cafes=part), day=day.day
        ),
        read=[SCORED_FEEDBACK],
    )
    return day.write(frame, mentions=int(frame["mentions"].sum()))
