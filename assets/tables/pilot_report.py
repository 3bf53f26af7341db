"""The asset `pilot_report`."""

from __future__ import annotations

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by
from assets.framework.freshness import NIGHTLY
from assets.framework.plots import grid
from assets.framework.reporting import basis_metadata, basis_of
from assets.tables.customer_counts import customer_counts
from assets.tables.pilot_kpis import pilot_kpis
from assets.tables.turns import turns
from assets.tables.uptime import uptime
from pilot.lake_tables.report_tables import PILOT_REPORT
from pilot.lake_tables.tables import PILOT_KPIS, TURNS, UPTIME
from pipelines.reports.pilot_report import TURN_COLUMNS
from pipelines.reports.pilot_report import pilot_report as report_of


@daily_table(
    PILOT_REPORT,
    group="reports",
    kinds={"delta", "polars"},
    code_version="3",
    deps=[pilot_kpis, uptime, turns, customer_counts, "quality_verdicts"],
    freshness=NIGHTLY,
    from_figures=True,
)
def pilot_report(day: TableDay) -> RebuildResult:
    """Reports the figures that decide on the pilot; days that the suites stop are left out and counted."""
    lake, basis = day.home.lake(), basis_of(day)
    frame = report_of(
        basis,
        day=day.day,
        kpis=lake.read(PILOT_KPIS, days=basis.included),
        uptime=lake.read(UPTIME, days=basis.included),
        turns=lake.read(TURNS, days=basis.included, columns=TURN_COLUMNS),
    )
    real = frame.filter(~pl.col("simulated"))
    return day.write(
        frame,
        verdicts=count_by(real, "verdict"),
        by_cafe=grid(real, down="kpi", across="cafe", shown="verdict"),
        values=grid(real, down="kpi", across="cafe", shown="value"),
        **basis_metadata(basis.days, basis),
    )
