"""The asset `session_signals`."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by
from assets.tables.fingerprints import fingerprints
from assets.tables.scored_feedback import scored_feedback
from pilot.business_days import days_between
from pilot.lake_tables.tables import FINGERPRINTS, SCORED_FEEDBACK, SESSION_SIGNALS, SESSIONS, TURNS
from pipelines.signals.duplicates import HISTORY_DAYS
from pipelines.signals.pace import pace_signals
from pipelines.signals.reasons import SIGNALS_VERSION
from pipelines.signals.session_signals import SCORED_COLUMNS, SESSION_COLUMNS, TURN_COLUMNS, keep_earlier
from pipelines.signals.session_signals import session_signals as signals_of
from pipelines.signals.velocity import HISTORY_COLUMNS
from storage.cafe_parts import CafeRange
from storage.store.privacy import expirations


@daily_table(
    SESSION_SIGNALS,
    group="feedback",
    kinds={"delta", "polars"},
    code_version=SIGNALS_VERSION,
    deps=[fingerprints, scored_feedback],
)
def session_signals(day: TableDay) -> RebuildResult:
    """Compares the day's sessions with each other and with those of earlier days.

    If data that a signal is based on has expired, earlier signals stay.
    """
    before = list(days_between(day.day - timedelta(days=HISTORY_DAYS), day.day - timedelta(days=1)))
    lake = day.home.lake()
    sessions = day.read(SESSIONS, columns=SESSION_COLUMNS)
    frame = signals_of(
        day.day,
        sessions=sessions,
        turns=_turns_of_fast_sessions(day),
        history=lake.read(SESSIONS, days=before, columns=HISTORY_COLUMNS),
        fingerprints=day.read(FINGERPRINTS),
        earlier_fingerprints=lake.read(FINGERPRINTS, days=before),
        scored=day.read(SCORED_FEEDBACK, columns=SCORED_COLUMNS),
        cafes=day.cafes,
    )
    gone = expirations.expired(day.home.store(), "devices") | expirations.expired(day.home.store(), "words")
    if gone.intersection([*before, day.day]):
        frame = keep_earlier(frame, earlier=day.read(SESSION_SIGNALS), sessions=sessions)
    held = frame.filter(pl.col("held_until").is_not_null())["session_id"].n_unique()
    return day.write(frame, signals=count_by(frame, "signal"), sessions_held=held)


def _turns_of_fast_sessions(day: TableDay) -> pl.DataFrame:
    """Return the turns of the sessions that were sent too fast; all turns would not fit in memory."""

    def fast(part: CafeRange) -> pl.DataFrame:
        turns = day.read(TURNS, columns=TURN_COLUMNS, cafes=part)
        found = pace_signals(day.read(SESSIONS, columns=SESSION_COLUMNS, cafes=part), turns)
        return turns.filter(pl.col("session_id").is_in([each.session_id for each in found]))

    return day.gather(fast, read=[SESSIONS, TURNS])
