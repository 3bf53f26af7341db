"""The asset `uptime`."""

from __future__ import annotations

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay
from assets.framework.plots import bars
from assets.framework.sources import store
from assets.tables.probes import probes
from pilot.business_days import day_bounds
from pilot.lake_tables.tables import UPTIME
from pipelines.figures.uptime import uptime_of_parts
from storage.store.cafes import switches


@daily_table(UPTIME, group="figures", kinds={"delta", "polars"}, code_version="2", deps=[probes, store])
def uptime(day: TableDay) -> RebuildResult:
    """Measures uptime from probes.

    Time without a probe is unknown, or down if the edge's heartbeat stopped too.
    """
    start, end = day_bounds(day.day)
    planned = switches.windows_on(day.home.store(), "maintenance", start=start, end=min(end, day.as_of))
    frame = uptime_of_parts(day.probe_parts(), day=day.day, as_of=day.as_of, cafes=day.cafes, planned=planned)
    by_target = frame.group_by("target").agg(pl.col("down_s").sum()).sort("target")
    return day.write(
        frame,
        probes=int(frame["probes"].sum()),
        planned_windows=len(planned),
        down_by_target=bars({target: round(down) for target, down in by_target.iter_rows()}, unit="seconds"),
    )
