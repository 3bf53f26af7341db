"""Pace: sessions sent in less time than a person needs to type and say them.

Both times are the edge's own: pressing start, and the feedback's arrival. The limit is above the fastest thumbs and
above dictation into the keyboard; a pasted text exceeds it, and waits for a person.
"""

from __future__ import annotations

import polars as pl

from pipelines.signals.finding import Finding

MOST_CHARACTERS_PER_SECOND = 20  # fast speech dictated into a keyboard has 18, the fastest thumbs 10
LEAST_SPEECH_SHARE = 0.9  # of the voiced time must have passed; the rest is the inaccuracy of its detection
TAPS_SECONDS = 1.0  # consenting, entering the field and sending

NEEDED_SECONDS = (
    TAPS_SECONDS + pl.col("characters") / MOST_CHARACTERS_PER_SECOND + LEAST_SPEECH_SHARE * pl.col("speech_s")
)


def pace_signals(sessions: pl.DataFrame, turns: pl.DataFrame) -> list[Finding]:
    """Return the real sessions that no person could have typed or said; a test client may be fast.

    Args:
        sessions: Frame of SESSIONS of one day.
        turns: Frame of TURNS of the same day.
    """
    length, heard = (pl.col(name).str.len_chars().fill_null(0) for name in ("transcript", "heard"))
    said = turns.group_by("session_id").agg(
        # A correction of spoken words is typed only as far as it is longer.
        characters=pl.when(pl.col("mode") == "text")
        .then(length)
        .otherwise((length.cast(pl.Int64) - heard).clip(0))
        .sum(),
        speech_s=pl.col("speech_s").fill_null(0).sum(),
    )
    took = pl.col("completed_at") - pl.coalesce("started_at", "opened_at")
    fast = (
        sessions.filter(~pl.col("simulated") & (pl.col("outcome") == "completed"))
        .join(said, on="session_id")
        .with_columns(took_ms=took.dt.total_milliseconds())
        .filter(pl.col("took_ms") < 1000 * NEEDED_SECONDS)
        .sort("session_id")
    )
    return [
        Finding(
            session, "inhuman_speed", counts={"characters": characters, "speech_ms": round(1000 * speech), "ms": ms}
        )
        for session, characters, speech, ms in fast.select(
            "session_id", "characters", "speech_s", "took_ms"
        ).iter_rows()
    ]
