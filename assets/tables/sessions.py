"""The asset `sessions`."""

from __future__ import annotations

from assets.framework.daily_table import daily_table
from assets.framework.day import TableDay, Written, counted
from assets.framework.plots import bars
from assets.tables.raw_events import raw_events
from pilot.tables import SESSIONS
from pipelines.sessions import FIELDS
from pipelines.sessions import sessions as sessions_of

# The moments of a visit, in order: those that reached each.
STEPS = {"opened": "opened_at", "started": "started_at", "said something": "first_turn_at", "sent": "completed_at"}


@daily_table(SESSIONS, group="feedback", kinds={"delta", "polars"}, code_version="2", deps=[raw_events])
def sessions(day: TableDay) -> Written:
    """A session without a last word is open for a while and then abandoned, as seen at the day's `as_of`."""
    return day.build_from_events(
        lambda events: sessions_of(events, as_of=day.as_of),
        fields=FIELDS,
        figures=lambda frame: {
            "outcomes": counted(frame, "outcome"),
            "missing_events": int(frame["missing_events"].sum()),
            "funnel": {name: frame[column].count() for name, column in STEPS.items()},
        },
        plots=lambda told: {
            **told,
            "funnel": bars({name: told.get("funnel", {}).get(name, 0) for name in STEPS}, unit="sessions"),
        },
    )
