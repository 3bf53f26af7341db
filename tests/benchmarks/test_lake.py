"""The lake's benchmark, small: what the assets build is, row for row, what the SQL says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from benchmarks.platform.lake import STAGES, piece
from benchmarks.platform.late_days import late_days

pytestmark = pytest.mark.slow

DAY = date(2026, 9, 1)


def test_every_row_of_a_simulated_day_is_what_sql_makes_of_the_same_files(tmp_path: Path) -> None:
    result = {}
    for what in ("simulate", *STAGES, "sql", "compare"):
        result[what] = piece(what, folder=tmp_path, day=DAY, cafes=4, guests=600)
    assert result["sessions"]["rows"] == 600
    assert 2.5 < result["turns"]["rows"] / 600 < 3.5
    assert result["pilot_kpis"]["rows"] == 4 * 2 * 5
    assert result["compare"]["differing_rows"] == {"sessions": 0, "turns": 0, "voice_latency": 0, "pilot_kpis": 0}
    assert all(each["seconds"] >= 0 and each["peak_mib"] > 0 for each in result.values())


def costs(*cpu: float) -> list[dict[str, float | str]]:
    return [{"day": "2026-09-01", "seconds": 2 * each, "cpu_seconds": each} for each in cpu]


def test_late_days_are_held_against_the_first_ones_and_against_themselves_alone() -> None:
    result = late_days(costs(1.0, 1.0, 1.0, 1.5, 1.5, 2.4), costs(1.5, 1.2))
    assert result["last_days_cost_times_the_first"] == {"seconds": 1.95, "cpu_seconds": 1.95}
    assert result["last_days_cost_times_themselves_alone"] == {"seconds": 1.5, "cpu_seconds": 1.5}
    assert result["days_compared"] == 2


def test_a_machine_that_slows_down_shows_in_the_one_and_not_in_the_other() -> None:
    result = late_days(costs(1.0, 1.0, 3.0, 3.0), costs(3.0, 3.0))
    assert result["last_days_cost_times_the_first"]["cpu_seconds"] == 3.0
    assert result["last_days_cost_times_themselves_alone"]["cpu_seconds"] == 1.0
