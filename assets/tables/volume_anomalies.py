"""The asset `volume_anomalies`."""

from __future__ import annotations

from datetime import timedelta

from assets.framework.daily_table import daily_table
from assets.framework.day import RebuildResult, TableDay, count_by
from assets.framework.plots import grid
from assets.framework.sources import store
from assets.tables.probes import probes
from assets.tables.sessions import sessions
from pilot.business_days import days_between
from pilot.lake_tables.insight_tables import VOLUME_ANOMALIES
from pilot.lake_tables.tables import SESSIONS
from pipelines.figures.uptime import outages
from pipelines.volume.anomalies import (
    HISTORY_COLUMNS,
    HISTORY_DAYS,
    SESSION_COLUMNS,
    unavailable_windows,
)
from pipelines.volume.anomalies import (
    volume_anomalies as anomalies_of,
)
from storage.store.cafes import closed_doors


@daily_table(
    VOLUME_ANOMALIES, group="figures", kinds={"delta", "polars"}, code_version="1", deps=[sessions, probes, store]
)
def volume_anomalies(day: TableDay) -> RebuildResult:
    """Compares feedback by hour with earlier days, or with the café's band while these are few.

    Hours of outage, maintenance, pause or a full trial are left out; an hour is judged low only once settled
    (docs/anomalies.md).
    """
    home, simulated = day.home, day.home.kind == "demo"
    before = list(days_between(day.day - timedelta(days=HISTORY_DAYS), day.day - timedelta(days=1)))
    down = outages(day.failed_probes(), day=day.day, as_of=day.as_of)
    shut = closed_doors.windows_of(home.store(), day.cafes.cafe, day=day.day, until=day.as_of)
    frame = anomalies_of(
        day.read(SESSIONS, columns=SESSION_COLUMNS),
        day=day.day,
        as_of=day.as_of,
        cafes=day.cafes,
        history=home.lake().read(VOLUME_ANOMALIES, days=before, columns=HISTORY_COLUMNS),
        away=unavailable_windows(day.cafes, down=down, shut=shut, simulated=simulated),
        simulated=simulated,
    )
    return day.write(
        frame,
        feedbacks=int(frame["feedbacks"].sum()),
        verdicts=count_by(frame, "verdict"),
        expected_from=count_by(frame, "basis"),
        verdict_by_hour=grid(frame, down="cafe", across="hour", shown="verdict"),
        feedbacks_by_hour=grid(frame, down="cafe", across="hour", shown="feedbacks"),
    )
