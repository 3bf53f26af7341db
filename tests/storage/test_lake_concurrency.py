"""Many processes write and read the lake at once: no row is torn, lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.platform.lake_concurrency import (
    FIRST_DAY,
    GENERATIONS,
    OWN_DAYS,
    READERS,
    SHARING_WRITERS,
    WorkerReport,
    frame,
    read,
    run,
    verdict,
)
from storage.lake import Lake

WRITES = 4


@pytest.mark.slow
@pytest.mark.processes
def test_concurrent_writers_of_own_and_shared_days_and_readers_agree(tmp_path: Path) -> None:
    address = str(tmp_path / "sjö")
    reports = run(address, writes=WRITES)
    result = verdict(address, reports)
    assert result["faults"] == []
    assert result["writes_own_days"] == OWN_DAYS * WRITES
    assert result["writes_shared_day"] == SHARING_WRITERS * WRITES
    assert sum(each.role == "reader" for each in reports) == READERS


class Once:
    """An event that is set after one poll."""

    def __init__(self) -> None:
        self.polls = 0

    def is_set(self) -> bool:
        self.polls += 1
        return self.polls > 1


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(str(tmp_path))
    made.replace_partition(GENERATIONS, FIRST_DAY, frame(FIRST_DAY, 7), commit={})
    return made


def seen(lake: Lake) -> WorkerReport:
    report = WorkerReport("reader")
    read(lake, report, over=Once())
    return report


def writers(lake: Lake, *, last: int, versions: list[int]) -> list[WorkerReport]:
    return [
        WorkerReport("own", FIRST_DAY.isoformat(), done=1, last=last, versions=versions),
        WorkerReport("shared", done=1),
        seen(lake),
    ]


def test_a_whole_generation_is_not_a_fault(lake: Lake, tmp_path: Path) -> None:
    assert seen(lake).torn == []
    assert verdict(str(tmp_path), writers(lake, last=7, versions=[1]))["holds"]


def test_a_lost_row_and_two_generations_count_as_torn(lake: Lake) -> None:
    whole = frame(FIRST_DAY, 7)
    for torn in (whole.head(5), whole.with_columns(generation=whole["row"] % 2)):
        lake.replace_partition(GENERATIONS, FIRST_DAY, torn, commit={})
        assert len(seen(lake).torn) == 1


def test_a_lost_write_a_repeated_version_and_an_error_are_faults(lake: Lake, tmp_path: Path) -> None:
    lost = verdict(str(tmp_path), writers(lake, last=8, versions=[1]))
    assert lost["faults"] == [f"{FIRST_DAY} holds generation 7, expected one of [8]"]
    twice = verdict(str(tmp_path), writers(lake, last=7, versions=[1, 1]))
    assert twice["faults"] == ["version 1 was told 2 times"]
    reports = writers(lake, last=7, versions=[1])
    reports[-1].errors["ValueError: x"] += 1
    reports[-1].went_back = 2
    assert len(verdict(str(tmp_path), reports)["faults"]) == 2
