"""A table's log: what an opening reads of it does not grow with the number of days and rebuilds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from storage.lake import Lake
from storage.lake_log import CHECKPOINT_COMMITS, LOG_FOLDER
from storage.lake_upkeep import maintain_table
from tests.storage.lake_rows import DAY, VISITS, visits

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


def entries_to_replay(folder: Path) -> int:
    """Return how many log entries an opening reads one by one: those since the newest checkpoint."""
    versions = [int(file.stem) for file in folder.glob("*.json")]
    checkpoints = [int(file.name.split(".")[0]) for file in folder.glob("*.checkpoint.parquet")]
    return sum(version > max(checkpoints, default=-1) for version in versions)


def test_however_many_days_were_written_an_opening_reads_only_some_entries(lake: Lake, tmp_path: Path) -> None:
    most = 0
    for number in range(3 * CHECKPOINT_COMMITS):
        day = DAY + timedelta(days=number)
        lake.replace_partition(VISITS, day, visits(day, count=1), commit={})
        most = max(most, entries_to_replay(tmp_path / VISITS.name / LOG_FOLDER))
    assert most <= CHECKPOINT_COMMITS + 1
    assert lake.read(VISITS)["day"].n_unique() == 3 * CHECKPOINT_COMMITS


def older_table(lake: Lake, tmp_path: Path) -> None:
    """Write a table as versions before this one made it: without a property for checkpoints."""
    lake.replace_partition(VISITS, DAY, visits(DAY, count=1), commit={})
    first = tmp_path / VISITS.name / LOG_FOLDER / f"{0:020}.json"
    first.write_text(
        first.read_text(encoding="utf-8")
        .replace(f',"delta.checkpointInterval":"{CHECKPOINT_COMMITS}"', "")
        .replace(f'"delta.checkpointInterval":"{CHECKPOINT_COMMITS}",', ""),
        encoding="utf-8",
    )
    assert "delta.checkpointInterval" not in DeltaTable(str(tmp_path / VISITS.name)).metadata().configuration


def test_the_upkeep_sets_an_older_tables_checkpoint_interval_once(lake: Lake, tmp_path: Path) -> None:
    older_table(lake, tmp_path)
    before = lake.read(VISITS)
    maintain_table(lake, VISITS, now=NOW)
    changed = lake.version(VISITS)
    assert DeltaTable(str(tmp_path / VISITS.name)).metadata().configuration["delta.checkpointInterval"] == str(
        CHECKPOINT_COMMITS
    )
    maintain_table(lake, VISITS, now=NOW)
    assert lake.version(VISITS) == changed
    assert lake.read(VISITS).equals(before)


def test_setting_the_checkpoint_interval_creates_no_table(lake: Lake) -> None:
    assert lake.set_checkpoint_interval(VISITS) is False
    assert lake.version(VISITS) is None
