"""Yesterday's metrics of each café are read beside the seven days before; a missed target is not well."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from operations.kpi_days import kpi_day
from pilot.lake_tables.tables import PILOT_KPIS
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.lake import polars_schema
from tests.cli.conftest import pilot

__all__ = ["pilot"]

DAY = date(2026, 11, 29)


def row(day: date, value: float | None, verdict: str, *, cafe: str = "aurora", simulated: bool = False) -> dict:
    empty = dict.fromkeys(polars_schema(PILOT_KPIS))
    return {
        **empty,
        "day": day,
        "cafe": cafe,
        "kpi": "completion",
        "simulated": simulated,
        "value": value,
        "target": 0.7,
        "low": value,
        "high": value,
        "verdict": verdict,
        "unit": "share",
        "why": None if value else "not_started",
        "as_of": datetime(2026, 11, 30, 3, tzinfo=UTC),
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    opened = open_home(Settings(home=tmp_path / "home"))
    values = {DAY: (0.55, "missed"), DAY - timedelta(days=1): (0.8, "met"), DAY - timedelta(days=7): (None, "missing")}
    for day, (value, verdict) in values.items():
        rows = [row(day, value, verdict), row(day, 0.99, "met", simulated=True)]
        frame = pl.DataFrame(rows, schema=polars_schema(PILOT_KPIS))
        opened.lake().replace_partition(PILOT_KPIS, day, frame, commit={})
    return opened


def test_a_metric_has_its_value_verdict_and_the_seven_days_before(home: Home) -> None:
    found = {(each.cafe, each.kpi): each for each in kpi_day(home, day=DAY, simulated=False)}
    assert len(found) == 15
    completion = found["aurora", "completion"]
    assert (completion.value, completion.verdict, completion.target) == (0.55, "missed", 0.7)
    assert completion.before == (None, None, None, None, None, None, 0.8)
    assert found["aurora", "uptime"].verdict == "missing"
    assert found["goteborg", "completion"].why == "no_figures"


def test_simulated_figures_are_never_mixed_with_guests(home: Home) -> None:
    found = {(each.cafe, each.kpi): each for each in kpi_day(home, day=DAY, simulated=True)}
    assert found["aurora", "completion"].value == 0.99


def test_a_missed_target_fails_the_command_and_is_named(home: Home, pilot) -> None:
    shown = pilot("kpi", "--day", "2026-11-29")
    assert shown.exit_code == 1
    assert "55.0% (55.0% to 55.0%)" in shown.stdout
    assert "> 70%" in shown.stdout
    assert "MISSED: 0 met, 1 missed, 0 cannot tell, 14 missing." in shown.stdout
    assert json.loads(pilot("kpi", "--day", "2026-11-28", "--json").stdout)["ok"] is True
