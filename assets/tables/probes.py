"""The asset `probes`: a day's probes as one table, a row for each café that shares a result."""

from __future__ import annotations

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by, counted
from assets.framework.plots import bars
from assets.framework.sources import landing
from assets.tables.raw_events import fault_figures, raw_events
from pilot.lake_tables.service_tables import PROBES
from pilot.lake_tables.tables import RAW_EVENTS
from pipelines.feedback.event_columns import PROBE
from pipelines.figures.probes import probe_parts
from storage.landing.days import read_day


@daily_table(PROBES, group="landing", kinds={"delta", "duckdb"}, code_version="1", deps=[raw_events, landing])
def probes(day: TableDay) -> RebuildResult:
    """Reads the day's segments of probes, and the probes of earlier versions, which are in `raw_events`."""
    landed = read_day(day.home.probe_segments(), day.day)
    columns = list(landed.frame.columns)
    with day.home.lake().snapshot(RAW_EVENTS, days=[day.day]) as snapshot:
        listed = ", ".join(f'"{name}"' for name in columns)
        among_guests = snapshot.sql(
            f"SELECT {listed} FROM {RAW_EVENTS.name} WHERE day = ? AND event = ?",  # noqa: S608 - declared names
            [day.day, PROBE],
        )
    events = pl.concat([landed.frame, among_guests.cast(landed.frame.schema)])
    built = day.build_in_parts(
        lambda: probe_parts(events),
        figures=lambda frame: {"failed": int((~frame["ok"]).sum()), "rows_by_target": count_by(frame, "target")},
    )
    figures = {
        **built.figures,
        "rows_by_target": bars(counted(built.figures, "rows_by_target"), unit="rows"),
        "events": events.height,
        "segments": landed.segments,
        "unknown": dict(landed.unknown),
        **fault_figures(landed.faults),
    }
    return RebuildResult(rows=built.rows, version=built.version, figures=figures)
