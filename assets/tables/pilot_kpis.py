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
from pilot.cafes import Cafes
from pilot.lake_tables.payout_tables import PAYMENTS
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS, SESSIONS, TURNS, UPTIME
from pipelines.figures.kpis import SESSION_COLUMNS, TURN_COLUMNS
from pipelines.figures.kpis import pilot_kpis as kpis_of
from storage.cafe_parts import CafeRange


@daily_table(
    PILOT_KPIS,
    group="figures",
    kinds={"delta", "polars"},
    code_version="4",
    deps=[sessions, turns, uptime, customer_counts, payments],
    by_cafe=True,
)
def pilot_kpis(day: TableDay) -> RebuildResult:
    """Writes a row for each metric and café, also on an empty day; a missing figure is never zero."""
    frame = kpis_in_parts(day, cafes=day.cafes)
    return day.write(
        frame,
        verdicts=count_by(frame, "verdict"),
        by_cafe=grid(frame.filter(~pl.col("simulated")), down="kpi", across="cafe", shown="verdict"),
    )


def kpis_in_parts(day: TableDay, *, cafes: Cafes) -> pl.DataFrame:
    """Return the day's figures, a range of cafés at a time."""

    def of(part: CafeRange) -> pl.DataFrame:
        return kpis_of(
            day=day.day,
            as_of=day.as_of,
            cafes=cafes.model_copy(update={"cafe": tuple(cafe for cafe in cafes.cafe if part.holds(cafe.id))}),
            sessions=day.read(SESSIONS, columns=SESSION_COLUMNS, cafes=part),
            turns=day.read(TURNS, columns=TURN_COLUMNS, cafes=part),
            uptime=day.read(UPTIME, cafes=part),
            customer_counts=day.read(CUSTOMER_COUNTS, cafes=part),
            payments=day.read(PAYMENTS, cafes=part),
        )

    return day.gather(of, read=[SESSIONS, TURNS])
