"""`pilot quality`: validation at a terminal, with its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from pilot.lake_tables.tables import SCORED_FEEDBACK, TABLES
from pilot.settings import Settings
from storage.home import open_home
from storage.lake import Lake
from tests.cli.conftest import Pilot
from tests.quality import whole_day

pytestmark = pytest.mark.slow

DAY = whole_day.DAY.isoformat()


@pytest.fixture
def lake(pilot: Pilot, tmp_path: Path) -> Lake:
    made = open_home(Settings(home=tmp_path / "home", cafes_file=Path("cafes.toml").absolute())).lake()
    for name, frame in whole_day.polars_day().items():
        made.replace_partition(TABLES[name], whole_day.DAY, frame, commit={})
    return made


def test_a_good_day_exits_with_zero_and_quarantines_nothing(pilot: Pilot, lake: Lake) -> None:
    result = pilot("quality", "judge", "--from", DAY, "--json")
    assert result.exit_code == 0, result.output
    (day,) = json.loads(result.output)
    assert day["stopping"] == []
    assert {item["severity"] for item in day["failed"]} <= {"warn"}
    assert day["expectations"] > 200
    assert pilot("quality", "quarantine", "--from", DAY).output.strip() == "No row is quarantined."


def test_a_stopping_day_reports_its_expectations_and_lists_the_rows_by_key(pilot: Pilot, lake: Lake) -> None:
    scored = lake.read(SCORED_FEEDBACK, days=[whole_day.DAY]).with_columns(score=pl.lit(140))
    lake.replace_partition(SCORED_FEEDBACK, whole_day.DAY, scored, commit={})
    result = pilot("quality", "judge", "--from", DAY)
    assert result.exit_code == 1
    assert f"{DAY}  STOPS" in result.output
    assert "stop  scored_feedback: score is between 0 and 100" in result.output
    listed = pilot("quality", "quarantine", "--from", DAY).output
    assert all(session in listed for session in scored["session_id"])


def test_days_in_the_wrong_order_are_refused(pilot: Pilot) -> None:
    result = pilot("quality", "judge", "--from", "2026-11-24", "--to", "2026-11-23")
    assert result.exit_code == 1
    assert "2026-11-23 is before 2026-11-24." in result.stderr
