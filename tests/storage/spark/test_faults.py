"""An engine that is away, wrong or dies: a clear error, and a day that stays as it was."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pilot.lake_tables.tables import SESSIONS, TURNS
from storage.errors import EngineFailed, EngineUnavailable
from storage.lake import Lake
from storage.spark import session
from storage.spark.engine import SparkEngine
from storage.spark.session import shown
from storage.spark.steps import StepFailed, tables_step
from tests.ports import free_ports
from tests.sail_server import ROOT, Sail, running_sail
from tests.storage.lake_rows import DAY, VISITS, visits

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sail")]

COMMIT = {"run": "test"}
SECRET_WORDS = "Kaffet var kallt"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(str(tmp_path / "lake"))
    made.replace_partition(VISITS, DAY, visits(DAY, count=40), commit=COMMIT)
    return made


def build(engine: SparkEngine, lake: Lake, make: Any) -> int:
    """Replace the day by the rows of a step, as an asset does."""
    return lake.replace_partition_in_parts(
        VISITS,
        DAY,
        lambda: engine.rows_from_tables(lake, DAY, make, read=(VISITS, VISITS), table=VISITS),
        commit=COMMIT,
    )


def next_generation(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    return first.with_columns(generation=pl.col("generation") + 1)


def quoting(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    raise ValueError(f"{SECRET_WORDS}: no number")


def without_a_column(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    return first.drop("share")


def dying(first: pl.DataFrame, second: pl.DataFrame, *, engine: int) -> pl.DataFrame:
    os.kill(engine, signal.SIGKILL)
    return first


def refuses(engine: SparkEngine, lake: Lake, make: Any, kind: type[Exception], *expected: str) -> None:
    before, version = lake.read(VISITS), lake.version(VISITS)
    with pytest.raises(kind) as raised:
        build(engine, lake, make)
    assert lake.version(VISITS) == version
    assert_frame_equal(lake.read(VISITS), before)
    for each in expected:
        assert each in str(raised.value)
    assert SECRET_WORDS not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_step_replaces_the_day(engine: SparkEngine, lake: Lake) -> None:
    build(engine, lake, next_generation)
    assert lake.read(VISITS)["generation"].to_list() == [1] * 40


def test_an_engine_that_is_away_is_named_with_what_to_do(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "READY_SECONDS", 0.2)
    (port,) = free_ports(1)
    engine = SparkEngine(f"sc://127.0.0.1:{port}/;token=not-to-be-shown")
    refuses(engine, lake, next_generation, EngineUnavailable, f"sc://127.0.0.1:{port} does not answer", "PILOT_ENGINE")


def test_another_server_at_the_address_is_no_engine(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "READY_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        engine = SparkEngine(f"sc://127.0.0.1:{other.getsockname()[1]}")
        refuses(engine, lake, next_generation, EngineUnavailable, "does not answer as Spark Connect")


def test_a_failing_step_is_named_without_quoting_a_row(engine: SparkEngine, lake: Lake) -> None:
    refuses(engine, lake, quoting, EngineFailed, "ValueError", "test_faults.py:")


def test_rows_that_do_not_fit_the_table_are_refused(engine: SparkEngine, lake: Lake) -> None:
    refuses(engine, lake, without_a_column, EngineFailed, "visits is missing share")


def test_the_engine_is_usable_after_a_failed_step(engine: SparkEngine, lake: Lake) -> None:
    refuses(engine, lake, quoting, EngineFailed)
    build(engine, lake, next_generation)
    assert lake.read(VISITS)["generation"].to_list() == [1] * 40


@pytest.fixture
def own_sail() -> Iterator[Sail]:
    with running_sail() as running:
        yield running


def test_an_engine_that_dies_in_mid_step_leaves_the_day(own_sail: Sail, lake: Lake) -> None:
    engine = SparkEngine(own_sail.address)
    refuses(engine, lake, partial(dying, engine=own_sail.process.pid), EngineUnavailable, own_sail.address)


def test_a_worker_with_another_version_of_the_program_is_refused(
    engine: SparkEngine, lake: Lake, tmp_path: Path
) -> None:
    other = tmp_path / "other version"
    for room in ("pilot", "pipelines", "storage", "tests"):
        shutil.copytree(ROOT / room, other / room, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "pipelines/feedback/sessions.py").open("a", encoding="utf-8") as module:
        module.write("\nANOTHER = 1\n")
    with running_sail(root=other) as another:
        refuses(SparkEngine(another.address), lake, next_generation, EngineFailed, "another version of the program")


def test_a_worker_without_the_program_is_named(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with running_sail(root=tmp_path / "empty") as bare:
        refuses(SparkEngine(bare.address), lake, next_generation, EngineFailed, "lacks the module")


def test_a_step_that_fails_in_this_process_quotes_nothing_either() -> None:
    step = tables_step(quoting, read=(SESSIONS, TURNS), table=SESSIONS)
    with pytest.raises(StepFailed) as raised:
        step(pl.DataFrame({"place": [0]}).to_arrow())
    assert SECRET_WORDS not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("sc://10.0.0.5:15002", "sc://10.0.0.5:15002"),
        ("sc://spark.example:443/;use_ssl=true;token=abc", "sc://spark.example:443"),
        ("sc://spark.example:443;token=abc", "sc://spark.example:443"),
    ],
)
def test_an_address_is_shown_without_its_token(address: str, expected: str) -> None:
    assert shown(address) == expected
