"""The asset `fingerprints`."""

from __future__ import annotations

from functools import partial

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay
from assets.tables.sessions import sessions
from assets.tables.turns import turns
from pilot.lake_tables.tables import FINGERPRINTS
from pipelines.signals.fingerprints import OF_SESSIONS, OF_TURNS
from pipelines.signals.fingerprints import fingerprints as fingerprints_of


@daily_table(
    FINGERPRINTS, group="feedback", kinds={"delta", "polars"}, code_version="1", deps=[sessions, turns], by_cafe=True
)
def fingerprints(day: TableDay) -> RebuildResult:
    """Hashes with the home's secret as key, which is not in the lake."""
    return day.build_from_sessions(
        partial(fingerprints_of, key=day.home.secret()),
        columns=(OF_SESSIONS, OF_TURNS),
        figures=lambda frame: {"words": int(frame["words"].sum())},
    )
