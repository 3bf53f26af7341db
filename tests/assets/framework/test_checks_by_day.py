"""A run over several days records each day's checks, so that no good day hides a faulty one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from pilot.lake_tables.tables import SESSIONS
from storage.home import Home
from tests.events import MORNING, whole_visit

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 23)
BEFORE = DAY - timedelta(days=1)


def by_day(result: dg.ExecuteInProcessResult, asset: str, check: str) -> dict[str | None, bool]:
    return {
        each.partition: each.passed
        for each in result.get_asset_check_evaluations()
        if each.asset_key == dg.AssetKey(asset) and each.check_name == check
    }


def test_each_day_of_a_range_has_its_own_verdict(home: Home, land: Any, run: Any, tmp_path: Path) -> None:
    land(whole_visit(at=MORNING), whole_visit(at=MORNING - timedelta(days=1)))
    written = by_day(run(BEFORE, DAY), "sessions", "one_row_a_key")
    assert written == {"2026-11-22": True, "2026-11-23": True, None: True}
    spoilt = home.lake().read(SESSIONS, days=[DAY]).with_columns(outcome=pl.lit("lost"))
    home.lake().replace_partition(SESSIONS, DAY, spoilt, commit={})
    judged = run(BEFORE, DAY, job="quality", raise_on_error=False)
    assert by_day(judged, "sessions", "suite") == {"2026-11-22": True, "2026-11-23": False, None: False}
    assert by_day(judged, "quality_verdicts", "nothing_stops") == {
        "2026-11-22": True,
        "2026-11-23": False,
        None: False,
    }


def test_a_single_days_verdict_is_recorded_once(land: Any, run: Any) -> None:
    land(whole_visit(at=MORNING))
    result = run(DAY, only=("raw_events", "sessions"))
    recorded = [
        each
        for each in result.get_asset_check_evaluations()
        if each.asset_key == dg.AssetKey("sessions") and each.check_name == "one_row_a_key"
    ]
    assert len(recorded) == 1
