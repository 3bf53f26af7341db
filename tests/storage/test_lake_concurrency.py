"""Many processes write and read the lake at once: nothing is torn, lost or doubled, and a fault would be told."""

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
def test_four_days_of_their_own_one_shared_and_four_readers_hold(tmp_path: Path) -> None:
    address = str(tmp_path / "sjö")
    told = run(address, writes=WRITES)
    result = verdict(address, told)
    assert result["faults"] == []
    assert result["writes_own_days"] == OWN_DAYS * WRITES
    assert result["writes_shared_day"] == SHARING_WRITERS * WRITES
    assert sum(each.role == "reader" for each in told) == READERS


class Once:
    """Is over after one look."""

    def __init__(self) -> None:
        self.looks = 0

    def is_set(self) -> bool:
        self.looks += 1
        return self.looks > 1


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(str(tmp_path))
    made.replace_partition(GENERATIONS, FIRST_DAY, frame(FIRST_DAY, 7), commit={})
    return made


def seen(lake: Lake) -> WorkerReport:
    told = WorkerReport("reader")
    read(lake, told, over=Once())
    return told


def writers(lake: Lake, *, last: int, versions: list[int]) -> list[WorkerReport]:
    return [
        WorkerReport("own", FIRST_DAY.isoformat(), done=1, last=last, versions=versions),
        WorkerReport("shared", done=1),
        seen(lake),
    ]


def test_a_whole_generation_is_nothing_to_tell(lake: Lake, tmp_path: Path) -> None:
    assert seen(lake).torn == []
    assert verdict(str(tmp_path), writers(lake, last=7, versions=[1]))["holds"]


def test_a_lost_row_and_two_generations_are_told_as_torn(lake: Lake) -> None:
    whole = frame(FIRST_DAY, 7)
    for torn in (whole.head(5), whole.with_columns(generation=whole["row"] % 2)):
        lake.replace_partition(GENERATIONS, FIRST_DAY, torn, commit={})
        assert len(seen(lake).torn) == 1


def test_a_lost_write_a_version_told_twice_and_an_error_are_faults(lake: Lake, tmp_path: Path) -> None:
    lost = verdict(str(tmp_path), writers(lake, last=8, versions=[1]))
    assert lost["faults"] == [f"{FIRST_DAY} holds generation 7, expected one of [8]"]
    twice = verdict(str(tmp_path), writers(lake, last=7, versions=[1, 1]))
    assert twice["faults"] == ["version 1 was told 2 times"]
    told = writers(lake, last=7, versions=[1])
    told[-1].errors["ValueError: x"] += 1
    told[-1].went_back = 2
    assert len(verdict(str(tmp_path), told)["faults"]) == 2
