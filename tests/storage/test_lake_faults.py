"""Faults under the lake: each has its own error with a remedy, and harms nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from storage.errors import LakeDamaged
from storage.lake import Lake
from tests.storage.lake_rows import DAY, VISITS, visits
from tests.storage.landing.full_disk import FRAME_ROWS, full_frame
from tests.storage.recorded import CHECKOUT

NEXT = DAY + timedelta(days=1)
OTHER = type(VISITS)("visits_elsewhere", VISITS.row, VISITS.key, VISITS.columns)

Break = Callable[[Path], None]


@pytest.fixture
def location(tmp_path: Path) -> Path:
    return tmp_path / "sjö"


@pytest.fixture
def lake(location: Path) -> Lake:
    made = Lake(str(location))
    for day in (DAY, NEXT):
        made.replace_partition(VISITS, day, visits(day, count=40), commit={})
    made.replace_partition(OTHER, DAY, visits(DAY, count=3), commit={})
    return made


def _file(table: Path) -> Path:
    (found,) = (table / f"day={DAY}").glob("*.parquet")
    return found


def _missing(table: Path) -> None:
    _file(table).unlink()


def _cut_in_half(table: Path) -> None:
    file = _file(table)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _empty(table: Path) -> None:
    _file(table).write_bytes(b"")


BROKEN: dict[str, Break] = {"missing": _missing, "cut in half": _cut_in_half, "empty": _empty}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_is_named_by_its_day_and_harms_no_other_day(how: str, lake: Lake, location: Path) -> None:
    before = lake.read(VISITS)
    BROKEN[how](location / VISITS.name)
    for read in (lambda: lake.read(VISITS), lambda: lake.read(VISITS, days=[DAY])):
        with pytest.raises(LakeDamaged, match=rf"visits on {DAY} cannot be read.*Rebuild the days"):
            read()
    assert_frame_equal(lake.read(VISITS, days=[NEXT]), before.filter(pl.col("day") == NEXT))
    assert lake.read(OTHER).height == 3
    lake.replace_partition(VISITS, NEXT, visits(NEXT, count=41), commit={})
    assert lake.read(VISITS, days=[NEXT]).height == 41
    lake.replace_partition(VISITS, DAY, visits(DAY, count=40), commit={})
    assert_frame_equal(lake.read(VISITS, days=[DAY]), before.filter(pl.col("day") == DAY))


def test_a_page_of_other_days_is_not_affected_by_a_broken_one(lake: Lake, location: Path) -> None:
    _missing(location / VISITS.name)
    with lake.snapshot(VISITS, OTHER, days=[NEXT]) as snapshot:
        assert snapshot.sql("SELECT count(*) FROM visits").item() == 40
        assert snapshot.sql("SELECT count(*) FROM visits_elsewhere").item() == 0


@pytest.mark.parametrize("entry", [0, 1, -1])
@pytest.mark.parametrize("content", ["", "{", "\x00" * 50], ids=["empty", "half", "zeros"])
def test_a_broken_entry_of_the_log_is_named_and_harms_no_other_table(
    entry: int, content: str, lake: Lake, location: Path
) -> None:
    before = lake.read(VISITS)
    log = sorted((location / VISITS.name / "_delta_log").glob("*.json"))[entry]
    whole = log.read_text()
    log.write_text(content)
    for use in (lambda: lake.read(VISITS), lambda: lake.replace_partition(VISITS, DAY, before.clear(), commit={})):
        with pytest.raises(LakeDamaged, match=r"log of visits.*Put back the table's _delta_log"):
            use()
    assert lake.read(OTHER).height == 3
    log.write_text(whole)
    assert_frame_equal(lake.read(VISITS), before)


def test_a_table_whose_log_is_lost_is_rebuilt_to_the_same_rows(lake: Lake, location: Path) -> None:
    before = lake.read(VISITS)
    for log in (location / VISITS.name / "_delta_log").glob("*.json"):
        log.write_text("{")
    for path in sorted((location / VISITS.name).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    for day in (DAY, NEXT):
        lake.replace_partition(VISITS, day, visits(day, count=40), commit={})
    assert_frame_equal(lake.read(VISITS), before)


@pytest.mark.parametrize("how", ["limit", "tmpfs"])
def test_a_full_disk_is_reported_and_existing_rows_stay(how: str, lake: Lake, location: Path) -> None:
    before = lake.read(VISITS)
    command = [sys.executable, "-m", "tests.storage.landing.full_disk", how, str(location)]
    if how == "tmpfs":
        mounts = ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run(
            [*mounts, "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True
        ).returncode:
            pytest.skip("NOT RUN: no small file system can be mounted here")
        command = [*mounts, *command]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=CHECKOUT)
    assert (done.returncode, done.stdout.strip()) == (0, "LakeFull, then the same rows"), done.stderr
    if how == "limit":
        assert_frame_equal(lake.read(VISITS, days=[NEXT]), before.filter(pl.col("day") == NEXT))
        assert lake.read(VISITS, days=[DAY]).height == FRAME_ROWS
        assert_frame_equal(lake.read(VISITS, days=[DAY]), full_frame())
