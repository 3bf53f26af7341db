"""Sentences of earlier versions become codes in place, once, and nothing else of a row changes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pilot.lake_tables.tables import PILOT_KPIS
from storage.lake import Lake
from storage.lake_reasons import convert_reasons

OLD, NEW = date(2026, 11, 2), date(2026, 11, 30)
NO_COUNT = "no count of customers was reported"
NEVER_CAME = "more than 5 % of the answers never came, so their p95 is no number"
ON_BOTH_SIDES = "the interval holds the target: too little was seen to tell"
UNPROBED = "12.5% of the day so far was not probed (at most 0.1% may be unknown)"
UNKNOWN = "a sentence that nobody wrote"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def rows(day: date, *reasons: str | None) -> pl.DataFrame:
    row: dict[str, Any] = {"day": day, "cafe": "aurora", "simulated": False, "verdict": "cannot_tell", "unit": "share"}
    given = [row | {"kpi": f"kpi{number}", "target": 0.5, "why": why} for number, why in enumerate(reasons)]
    frame = pl.DataFrame([dict.fromkeys(PILOT_KPIS.names) | each for each in given], infer_schema_length=None)
    return frame.with_columns(as_of=pl.lit(datetime(2026, 11, 30, tzinfo=UTC)))


def test_sentences_become_codes_with_details(lake: Lake) -> None:
    reasons = [NO_COUNT, f"{NEVER_CAME}; {ON_BOTH_SIDES}", UNPROBED, None, UNKNOWN]
    lake.replace_partition(PILOT_KPIS, OLD, rows(OLD, *reasons), commit={})
    before = lake.read(PILOT_KPIS, days=[OLD]).sort("kpi")
    assert convert_reasons(lake) == {"pilot_kpis": 1, "pilot_report": 0}
    after = lake.read(PILOT_KPIS, days=[OLD]).sort("kpi")
    assert after["why"].to_list() == ["no_count", "never_came,on_both_sides", "unprobed", None, UNKNOWN]
    assert json.loads(after["why_details"][2]) == {"unprobed_share": 0.125, "allowed_share": 0.001}
    assert_frame_equal(after.drop("why", "why_details"), before.drop("why", "why_details"))


def test_days_with_codes_or_unknown_sentences_are_not_written(lake: Lake) -> None:
    lake.replace_partition(PILOT_KPIS, OLD, rows(OLD, NO_COUNT, UNKNOWN), commit={})
    lake.replace_partition(PILOT_KPIS, NEW, rows(NEW, "no_count", UNKNOWN), commit={})
    assert convert_reasons(lake)["pilot_kpis"] == 1
    version = lake.version(PILOT_KPIS)
    assert convert_reasons(lake)["pilot_kpis"] == 0
    assert lake.version(PILOT_KPIS) == version


def test_a_lake_without_tables_is_left_empty(lake: Lake) -> None:
    assert convert_reasons(lake) == {"pilot_kpis": 0, "pilot_report": 0}
    assert lake.version(PILOT_KPIS) is None
