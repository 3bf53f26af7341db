"""Stale figures are reported once, and resolved once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from operations.record_lines import records_of
from operations.system import RUN_FOLDER
from operations.watch.alerts.stale_figures import RECORDS_NAME, STALE_AFTER, StaleFiguresWatcher
from pilot.business_days import business_day
from pilot.lake_tables.tables import PILOT_KPIS
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.lake import polars_schema

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


def build(home: Home, *, at: datetime) -> None:
    row = dict.fromkeys(PILOT_KPIS.names) | {
        "day": business_day(at),
        "cafe": "aurora",
        "simulated": False,
        "kpi": "uptime",
        "as_of": at,
        "verdict": "none",
    }
    required = {column.name for column in PILOT_KPIS.columns if column.required}
    for column in PILOT_KPIS.columns:
        if column.name in required and row[column.name] is None:
            row[column.name] = {"integer": 0, "float": 0.0, "boolean": False}.get(column.kind, "none")
    frame = pl.DataFrame([row], schema=polars_schema(PILOT_KPIS), orient="row")
    home.lake().replace_partition(PILOT_KPIS, business_day(at), frame, commit={})


def reported(home: Home) -> list[tuple[str, str]]:
    return [(one["name"], one["state"]) for one in records_of(home.root / RUN_FOLDER / RECORDS_NAME)]


def test_stale_figures_are_reported_once_and_resolved_when_fresh(home: Home) -> None:
    clock = Clock()
    watcher = StaleFiguresWatcher(home, clock=clock)
    build(home, at=NOW)
    for later in (MINUTE, STALE_AFTER):
        clock.now = NOW + later
        watcher()
    assert reported(home) == []
    for later in (MINUTE, 2 * MINUTE):
        clock.now = NOW + STALE_AFTER + later
        watcher()
    assert reported(home) == [("figures_stale", "firing")]
    build(home, at=clock.now)
    watcher()
    assert reported(home) == [("figures_stale", "firing"), ("figures_stale", "resolved")]


def test_a_new_pilot_has_the_full_time_for_its_first_figures(home: Home) -> None:
    build(home, at=NOW - timedelta(hours=9))
    clock = Clock()
    watcher = StaleFiguresWatcher(home, clock=clock)
    watcher()
    assert reported(home) == []
    clock.now = NOW + STALE_AFTER + MINUTE
    watcher()
    assert reported(home) == [("figures_stale", "firing")]
    (record,) = records_of(home.root / RUN_FOLDER / RECORDS_NAME)
    assert "not changed since 10:30 on 2026-11-23" in record["text"]
