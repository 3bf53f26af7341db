"""The asset `turns`."""

from __future__ import annotations

from assets.daily_table import daily_table
from assets.day import TableDay, Written, counted
from assets.plots import bars
from assets.raw_events import raw_events
from pilot.tables import RAW_EVENTS, TURNS
from pipelines.turns import turns as turns_of


@daily_table(TURNS, group="feedback", kinds={"delta", "polars"}, code_version="1", deps=[raw_events])
def turns(day: TableDay) -> Written:
    """The last revision counts, and the guest's own correction before it."""
    frame = turns_of(day.read(RAW_EVENTS))
    answered = counted(frame.drop_nulls("reply_author"), "reply_author")
    return day.write(
        frame,
        modes=counted(frame, "mode"),
        low_confidence=int(frame["low_confidence"].sum()),
        failures=counted(frame.drop_nulls("failure"), "failure"),
        answered_by=bars(answered, unit="turns"),
    )
