"""The asset `uptime`."""

from __future__ import annotations

from assets.daily_table import daily_table
from assets.day import TableDay, Written
from assets.raw_events import raw_events
from pilot.tables import RAW_EVENTS, UPTIME
from pipelines.uptime import uptime as uptime_of


@daily_table(UPTIME, group="figures", kinds={"delta", "polars"}, code_version="1", deps=[raw_events])
def uptime(day: TableDay) -> Written:
    """Time that no probe covers is unknown, neither up nor down."""
    frame = uptime_of(day.read(RAW_EVENTS), day=day.day, as_of=day.as_of, cafes=day.cafes)
    return day.write(frame, probes=int(frame["probes"].sum()), down_seconds=float(frame["down_s"].sum()))
