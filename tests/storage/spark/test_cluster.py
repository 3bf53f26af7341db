"""A worker that is killed in mid-step: Sail gives its task to another, and the rows are whole."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from benchmarks.platform.sail_cluster import running_cluster
from storage.lake import Lake
from storage.spark.engine import SparkEngine
from tests.storage.lake_rows import DAY, VISITS, visits

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sail")]

COMMIT = {"run": "test"}


def dying_once(first: pl.DataFrame, second: pl.DataFrame, *, folder: str) -> pl.DataFrame:
    """Kill the first worker that computes; another one of its task returns the rows."""
    try:
        os.close(os.open(Path(folder) / "killed", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return first.with_columns(generation=pl.lit(1, pl.Int64))
    os.kill(os.getpid(), signal.SIGKILL)
    return first


def test_a_killed_workers_task_is_done_by_another(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    lake.replace_partition(VISITS, DAY, visits(DAY, count=400), commit=COMMIT)
    with running_cluster(workers=2) as cluster:
        engine = SparkEngine(cluster.address)
        make = partial(dying_once, folder=str(tmp_path))
        lake.replace_partition_in_parts(
            VISITS,
            DAY,
            lambda: engine.rows_from_tables(lake, DAY, make, read=(VISITS, VISITS), table=VISITS),
            commit=COMMIT,
        )
        killed = [each for each in cluster.workers.values() if each.poll() == -signal.SIGKILL]
        assert len(killed) == 1
    built = lake.read(VISITS)
    assert built.height == 400
    assert built["generation"].unique().to_list() == [1]
