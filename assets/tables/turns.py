"""The asset `turns`."""

from __future__ import annotations

from collections.abc import Mapping

from assets.framework.daily_table import daily_table
from assets.framework.day import Figure, RebuildResult, TableDay, count_by
from assets.framework.plots import bars
from assets.tables.raw_events import raw_events
from pilot.lake_tables.tables import TURNS
from pipelines.feedback.turns import FIELDS
from pipelines.feedback.turns import turns as turns_of


@daily_table(TURNS, group="feedback", kinds={"delta", "polars"}, code_version="3", deps=[raw_events], by_cafe=True)
def turns(day: TableDay) -> RebuildResult:
    """Builds one row a turn from its last revision; a guest's own correction takes precedence."""
    return day.build_from_events(
        turns_of,
        fields=FIELDS,
        figures=lambda frame: {
            "modes": count_by(frame, "mode"),
            "low_confidence": int(frame["low_confidence"].sum()),
            "failures": count_by(frame.drop_nulls("failure"), "failure"),
            "answered_by": count_by(frame.drop_nulls("reply_author"), "reply_author"),
        },
        plots=lambda counts: {**counts, "answered_by": bars(_by_name(counts.get("answered_by")), unit="turns")},
    )


def _by_name(counts: Figure | None) -> Mapping[str, int]:
    return counts if isinstance(counts, Mapping) else {}
