"""The asset `fingerprints`."""

from __future__ import annotations

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay
from assets.tables.sessions import sessions
from assets.tables.turns import turns
from pilot.lake_tables.tables import FINGERPRINTS, SESSIONS, TURNS
from pipelines.signals.fingerprints import fingerprints as fingerprints_of


@daily_table(FINGERPRINTS, group="feedback", kinds={"delta", "polars"}, code_version="1", deps=[sessions, turns])
def fingerprints(day: TableDay) -> RebuildResult:
    """Hashes with the home's secret as key, which is not in the lake."""
    frame = fingerprints_of(day.read(SESSIONS), day.read(TURNS), key=day.home.secret())
    return day.write(frame, words=int(frame["words"].sum()), distinct_texts=frame["text_hash"].n_unique())
