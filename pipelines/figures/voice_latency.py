"""The table `voice_latency`: time from the end of speech to each stage of the answer, by its author."""

from __future__ import annotations

from datetime import date

import polars as pl

from pilot.lake_tables.insight_tables import VOICE_LATENCY
from pipelines.shapes import table_frame

# In the order of a turn; a stage that begins early (speculative recognition) is placed where its result is needed. Each
# is measured from the end of speech, so stages do not sum.
STAGES = {
    "soft_end": "soft_end_ms",
    "recognition_start": "recognition_start_ms",
    "recognition_end": "recognition_end_ms",
    "commit": "commit_ms",
    "first_token": "first_token_ms",
    "sent": "sent_ms",
    "shown": "response_ms",
}
NOBODY = "none"
GOOD_MS, BAD_MS = 2000.0, 3000.0  # the target, and the alert's threshold
OF_TURNS = ("day", "cafe", "simulated", "mode", "reply_author", "failure", *STAGES.values())
KEY = ["cafe", "simulated", "author", "stage"]


def voice_latency(turns: pl.DataFrame, *, day: date) -> pl.DataFrame:
    """Return one row per café, author and stage of the voice turns on `day`.

    A turn without an answer has the author `none`, and the stages that it reached. A stage without a mark, or with a
    mark before the end of speech, is not measured; their number is `turns` - `measured`. The quantiles cover measured
    stages only, whereas the success metric `voice_response` counts the others as late.

    Args:
        turns: Frame of TURNS of the day.
        day: The business day.
    """
    voice = (
        turns.lazy()
        .filter((pl.col("mode") == "voice") & (pl.col("day") == day))
        .select(
            "cafe",
            "simulated",
            author=pl.col("reply_author").fill_null(NOBODY),
            **{
                stage: pl.col(column) if stage != "shown" else pl.when(pl.col("failure").is_null()).then(pl.col(column))
                for stage, column in STAGES.items()
            },
        )
    )
    long = voice.unpivot(
        on=list(STAGES), index=["cafe", "simulated", "author"], variable_name="stage", value_name="ms"
    ).with_columns(ms=pl.when(pl.col("ms") >= 0).then("ms"))
    rows = long.group_by(KEY).agg(
        turns=pl.len(),
        measured=pl.col("ms").count(),
        p50_ms=_quantile(0.50),
        p95_ms=_quantile(0.95),
        longest_ms=pl.col("ms").max(),
        within_2s=(pl.col("ms") <= GOOD_MS).sum(),
        within_3s=(pl.col("ms") <= BAD_MS).sum(),
    )
    return table_frame(VOICE_LATENCY, rows.with_columns(day=pl.lit(day)))


def _quantile(quantile: float) -> pl.Expr:
    """Return the smallest value with that share at or below it, like the success metric's p95."""
    ordered = pl.col("ms").drop_nulls().sort()
    rank = (ordered.len() * quantile - 1e-9).ceil().cast(pl.Int64).clip(1)
    return ordered.get(rank - 1, null_on_oob=True)
