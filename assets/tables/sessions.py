"""The asset `sessions`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from assets.framework.daily_table import daily_table
from assets.framework.day import Figure, RebuildResult, TableDay, count_by
from assets.framework.plots import bars
from assets.tables.raw_events import raw_events
from pilot.lake_tables.tables import SESSIONS
from pipelines.feedback.sessions import FIELDS
from pipelines.feedback.sessions import sessions as sessions_of

# The moments of a visit, in order, for the funnel.
STEPS = {"opened": "opened_at", "started": "started_at", "said something": "first_turn_at", "sent": "completed_at"}


@daily_table(SESSIONS, group="feedback", kinds={"delta", "polars"}, code_version="4", deps=[raw_events], by_cafe=True)
def sessions(day: TableDay) -> RebuildResult:
    """Builds one row a session; without an end event it is open at first and abandoned later."""
    return day.build_from_events(
        partial(sessions_of, as_of=day.as_of),
        fields=FIELDS,
        figures=lambda frame: {
            "outcomes": count_by(frame, "outcome"),
            "missing_events": int(frame["missing_events"].sum()),
            "funnel": {name: frame[column].count() for name, column in STEPS.items()},
        },
        plots=lambda counts: {**counts, "funnel": bars(_in_steps(counts.get("funnel")), unit="sessions")},
    )


def _in_steps(funnel: Figure | None) -> dict[str, int]:
    """Return the number of sessions that reached each step, in the order of the steps."""
    counts = funnel if isinstance(funnel, Mapping) else {}
    return {name: counts.get(name, 0) for name in STEPS}
