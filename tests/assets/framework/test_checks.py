"""The checks after each write, on a lake that another writer has changed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from deltalake import write_deltalake

from assets.framework import checks
from assets.framework.checks import COLUMNS, KEYS, written_results
from pilot.lake_tables.tables import CUSTOMER_COUNTS
from storage.errors import LakeDamaged
from storage.lake import Lake, empty_frame

DAY = date(2026, 11, 23)
EARLIER = date(2026, 11, 22)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


class RecordedVerdicts:
    """Keeps each day's verdict on each check."""

    def __init__(self) -> None:
        self.verdicts: dict[str, dict[str | None, bool]] = {}

    def log_event(self, event: dg.AssetCheckEvaluation) -> None:
        self.verdicts.setdefault(event.check_name, {})[event.partition] = event.passed


def counts(*cafes: str, day: date = DAY) -> pl.DataFrame:
    rows = [
        {
            "day": day,
            "cafe": cafe,
            "simulated": False,
            "customers": 210,
            "source": "till",
            "reported_at": datetime(2026, 11, 23, 18, tzinfo=UTC),
        }
        for cafe in cafes
    ]
    return pl.concat([empty_frame(CUSTOMER_COUNTS), pl.DataFrame(rows, schema=empty_frame(CUSTOMER_COUNTS).schema)])


def written_past_the_lake(tmp_path: Path, frame: pl.DataFrame) -> None:
    write_deltalake(str(tmp_path / "customer_counts"), frame, mode="overwrite", partition_by=["day"])


def results(lake: Lake, *days: date) -> dict[str | None, dg.AssetCheckResult]:
    return {result.check_name: result for result in written_results(lake, CUSTOMER_COUNTS, days=days)}


def test_a_written_table_passes(lake: Lake) -> None:
    lake.replace_partition(CUSTOMER_COUNTS, DAY, counts("aurora", "malmohuset"), commit={})
    assert all(result.passed for result in results(lake, DAY).values())


def test_a_table_that_was_never_written_passes(lake: Lake) -> None:
    assert all(result.passed for result in results(lake, DAY).values())


def test_two_rows_with_one_key_fail_and_name_the_day(lake: Lake, tmp_path: Path) -> None:
    written_past_the_lake(tmp_path, pl.concat([counts("aurora", "aurora"), counts("aurora", day=EARLIER)]))
    found = results(lake, EARLIER, DAY)
    assert not found[KEYS].passed
    assert found[KEYS].metadata["rows_too_many"].value == {"2026-11-23": 1}
    assert found[COLUMNS].passed


def test_the_keys_of_a_large_day_are_counted_share_by_share(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "KEYS_AT_ONCE", 2)
    cafes = ["aurora", "goteborg", "malmohuset", "norr", "soder"]
    written_past_the_lake(tmp_path, pl.concat([counts(*cafes, "norr"), counts(*cafes, day=EARLIER)]))
    found = written_results(lake, CUSTOMER_COUNTS, days=[EARLIER, DAY], written={EARLIER: 5, DAY: 6})
    assert next(each for each in found if each.check_name == KEYS).metadata["rows_too_many"].value == {"2026-11-23": 1}


def test_a_required_column_that_is_gone_or_empty_fails_and_is_named(lake: Lake, tmp_path: Path) -> None:
    written_past_the_lake(tmp_path, counts("aurora").with_columns(source=pl.lit(None, pl.String)).drop("customers"))
    found = results(lake, DAY)
    assert not found[COLUMNS].passed
    assert found[COLUMNS].metadata["rows_without_a_value"].value == {"2026-11-23": {"customers": 1, "source": 1}}


def test_only_the_days_of_the_run_are_checked(lake: Lake, tmp_path: Path) -> None:
    written_past_the_lake(tmp_path, pl.concat([counts("aurora", "aurora", day=EARLIER), counts("aurora")]))
    assert results(lake, DAY)[KEYS].passed
    assert not results(lake, EARLIER)[KEYS].passed


def damage(tmp_path: Path, day: date) -> None:
    for file in (tmp_path / "customer_counts" / f"day={day}").glob("*.parquet"):
        file.write_bytes(file.read_bytes()[:20])


def test_another_days_damaged_file_stops_no_check(lake: Lake, tmp_path: Path) -> None:
    for day in (EARLIER, DAY):
        lake.replace_partition(CUSTOMER_COUNTS, day, counts("aurora", day=day), commit={})
    damage(tmp_path, EARLIER)
    assert all(result.passed for result in results(lake, DAY).values())
    with pytest.raises(LakeDamaged):
        results(lake, EARLIER)


def test_a_day_with_missing_rows_fails_and_is_named(lake: Lake) -> None:
    for day in (EARLIER, DAY):
        lake.replace_partition(CUSTOMER_COUNTS, day, counts("aurora", day=day), commit={})
    written = {EARLIER: 1, DAY: 2}
    log = RecordedVerdicts()
    found = {
        each.check_name: each
        for each in written_results(lake, CUSTOMER_COUNTS, days=list(written), written=written, log=log)
    }
    assert not found[KEYS].passed
    assert found[KEYS].metadata["rows_missing"].value == {"2026-11-23": 1}
    assert log.verdicts[KEYS] == {"2026-11-22": True, "2026-11-23": False}
    lake.replace_partition(CUSTOMER_COUNTS, DAY, counts(), commit={})
    assert not next(
        each for each in written_results(lake, CUSTOMER_COUNTS, days=[DAY], written={DAY: 2}) if each.check_name == KEYS
    ).passed
