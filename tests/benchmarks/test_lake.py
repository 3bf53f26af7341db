"""The lake's benchmark, small: what the assets build is, row for row, what the SQL says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from benchmarks.lake import STAGES, piece

pytestmark = pytest.mark.slow

DAY = date(2026, 9, 1)


def test_every_row_of_a_simulated_day_is_what_sql_makes_of_the_same_files(tmp_path: Path) -> None:
    told = {}
    for what in ("simulate", *STAGES, "sql", "compare"):
        told[what] = piece(what, folder=tmp_path, day=DAY, cafes=4, guests=600)
    assert told["sessions"]["rows"] == 600
    assert 2.5 < told["turns"]["rows"] / 600 < 3.5
    assert told["pilot_kpis"]["rows"] == 4 * 2 * 5
    assert told["compare"]["differing_rows"] == {"sessions": 0, "turns": 0, "voice_latency": 0, "pilot_kpis": 0}
    assert all(each["seconds"] >= 0 and each["peak_mib"] > 0 for each in told.values())
