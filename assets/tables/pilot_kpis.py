"""The asset `pilot_kpis`."""

from __future__ import annotations

import polars as pl

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by
from assets.framework.plots import grid
from assets.tables.customer_counts import customer_counts
from assets.tables.payments import payments
from assets.tables.sessions import sessions
from assets.tables.turns import turns
from assets.tables.uptime import uptime
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS, SESSIONS, TURNS, UPTIME
from pipelines.figures.kpis import SESSION_COLUMNS, TURN_COLUMNS
from pipelines.figures.kpis import pilot_kpis as kpis_of


@daily_table(
    PILOT_KPIS,
    group="figures",
    kinds={"delta", "polars"},
    code_version="4",
    deps=[sessions, turns, uptime, customer_counts, payments],
)
def pilot_kpis(day: TableDay) -> RebuildResult:
    """Writes a row for each metric and café, also on an empty day; a missing figure is never zero."""
    frame = kpis_of(
        day=day.day,
        as_of=day.as_of,
        cafes=day.cafes,
        sessions=day.read(SESSIONS, columns=SESSION_COLUMNS),
        turns=day.read(TURNS, columns=TURN_COLUMNS),
        uptime=day.read(UPTIME),
        customer_counts=day.read(CUSTOMER_COUNTS),
        payments=day.read(PAYMENTS),
    )
    return day.write(
        frame,
        verdicts=count_by(frame, "verdict"),
        by_cafe=grid(frame.filter(~pl.col("simulated")), down="kpi", across="cafe", shown="verdict"),
    )
