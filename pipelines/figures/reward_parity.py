"""The table `reward_parity`: the watch's decisions compared with the assets' scores."""

from __future__ import annotations

import polars as pl

KEYS = ("day", "session_id", "cafe", "simulated")


def reward_parity(rewards: pl.DataFrame, scored: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """Return one row per reward that the watch decided.

    Args:
        rewards: Frame of REWARDS.
        scored: Frame of SCORED_FEEDBACK of the same days.
        signals: `pipelines.signals.session_signals.reward_effects` of them.

    Returns:
        Frame of REWARD_PARITY; the score is null if the assets do not have the session.
    """
    ours = scored.join(signals, on="session_id", how="left").select(
        "session_id",
        score_now=pl.col("score"),
        counted_now=pl.min_horizontal("score", "cap"),
        held_now=pl.col("held_until").is_not_null(),
    )
    joined = rewards.filter(pl.col("decided_by") == "watch").join(ours, on="session_id", how="left")
    # A hold added after the decision is no difference; a hold that the watch applied must still exist.
    was_held = (pl.col("outcome") == "held") & (pl.col("reason") != "daily_budget")
    return joined.select(
        *KEYS,
        "score",
        "score_now",
        "counted_score",
        "counted_now",
        same=pl.col("score").eq_missing(pl.col("score_now"))
        & pl.col("counted_score").eq_missing(pl.col("counted_now"))
        & (~was_held | pl.col("held_now").fill_null(False)),
    )
