"""The asset `voice_latency`."""

from __future__ import annotations

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay
from assets.framework.plots import bars
from assets.tables.turns import turns
from pilot.lake_tables.insight_tables import VOICE_LATENCY
from pilot.lake_tables.tables import TURNS
from pipelines.figures.voice_latency import OF_TURNS, STAGES
from pipelines.figures.voice_latency import voice_latency as latency_of


@daily_table(VOICE_LATENCY, group="figures", kinds={"delta", "polars"}, code_version="1", deps=[turns], by_cafe=True)
def voice_latency(day: TableDay) -> RebuildResult:
    """Measures milliseconds from the end of speech; a stage's row includes the stages before it."""
    frame = day.gather(
        lambda part: latency_of(day.read(TURNS, columns=OF_TURNS, cafes=part), day=day.day), read=[TURNS]
    )
    slowest = dict(frame.group_by("stage").agg(pl.col("p95_ms").max()).drop_nulls().iter_rows())
    ordered = {stage: round(slowest[stage]) for stage in STAGES if stage in slowest}
    shown = frame.filter(pl.col("stage") == "shown")
    return day.write(
        frame,
        voice_turns=int(shown["turns"].sum()),
        shown_within_2s=int(shown["within_2s"].sum()),
        slowest_p95_by_stage=bars(ordered, unit="ms"),
    )
