"""What Sail does differently: each trap is shown, and that the pilot's way does not fall into it.

A test that fails after an upgrade of Sail may mean that it was mended: read docs/engines.md.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal
from pyspark.errors import PySparkException
from pyspark.sql.connect import functions as f

from storage.lake import Lake
from storage.spark.engine import SparkEngine
from storage.spark.session import open_session
from storage.spark.types import arrow_schema, spark_schema, to_arrow, to_frame
from tests.sail_server import Sail
from tests.storage.lake_rows import DAY, VISITS, visits
from tests.waiting import DEADLINE_SECONDS, until

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sail")]

DAYS = [DAY + timedelta(days=number) for number in range(5)]
COMMIT = {"run": "test"}


@pytest.fixture
def spark(sail: Sail) -> Any:
    session = open_session(sail.address)
    yield session
    session.stop()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Five days of two rows each."""
    made = Lake(str(tmp_path / "lake"))
    for day in DAYS:
        made.replace_partition(VISITS, day, visits(day, count=2), commit=COMMIT)
    return made


def new_rows(spark: SparkSession, day: date) -> Any:
    return spark.createDataFrame(to_arrow(VISITS, visits(day, count=3, generation=1)), schema=spark_schema(VISITS))


def days(lake: Lake) -> dict[date, int]:
    return lake.rows_by_day(VISITS)


def test_a_dynamic_overwrite_replaces_the_whole_table_without_an_error(spark: SparkSession, lake: Lake) -> None:
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    writing = new_rows(spark, DAYS[2]).write.format("delta").mode("overwrite")
    writing.option("partitionOverwriteMode", "dynamic").save(lake.location(VISITS))
    assert days(lake) == {DAYS[2]: 3}


def test_a_step_of_a_day_leaves_every_other_day(engine: SparkEngine, lake: Lake) -> None:
    before = lake.read(VISITS)
    rows = list(engine.rows_from_tables(lake, DAYS[2], first_rows, read=(VISITS, VISITS), table=VISITS))
    assert_frame_equal(lake.read(VISITS), before)
    lake.replace_partition_in_parts(VISITS, DAYS[2], lambda: rows, commit=COMMIT)
    assert days(lake) == dict.fromkeys(DAYS, 2)


def first_rows(first: Any, second: Any) -> Any:
    return first


def test_an_overwrite_by_a_condition_replaces_one_day(spark: SparkSession, lake: Lake) -> None:
    overwrite(spark, lake, new_rows(spark, DAYS[2]), DAYS[2])
    assert days(lake) == {**dict.fromkeys(DAYS, 2), DAYS[2]: 3}


def overwrite(spark: SparkSession, lake: Lake, rows: Any, day: date) -> None:
    name = f"visits_{uuid4().hex}"
    spark.sql(f"CREATE TABLE {name} USING delta LOCATION '{lake.location(VISITS)}'")
    rows.writeTo(name).overwrite(f.col("day") == f.lit(day))


def test_an_overwrite_by_an_option_refuses_lists(spark: SparkSession, lake: Lake) -> None:
    """Arrow names a list's elements otherwise than Parquet does; nothing is written."""
    replacing = new_rows(spark, DAYS[2]).write.format("delta").mode("overwrite")
    with pytest.raises(PySparkException, match="same data type per column"):
        replacing.option("replaceWhere", f"day = '{DAYS[2]}'").save(lake.location(VISITS))
    assert days(lake) == dict.fromkeys(DAYS, 2)


def test_the_rows_of_a_step_have_lists_of_the_width_that_spark_has() -> None:
    frame = visits(DAY, count=3)
    assert frame.to_arrow().schema.field("aspects").type != pa.list_(pa.string())
    assert to_arrow(VISITS, frame).schema == arrow_schema(VISITS)
    assert to_arrow(VISITS, frame).schema.field("aspects").type == pa.list_(pa.string())


def test_rows_with_lists_come_back_with_the_types_of_the_lake(spark: SparkSession, lake: Lake) -> None:
    read = spark.read.format("delta").load(lake.location(VISITS)).where(f.col("day") == f.lit(DAY))
    assert_frame_equal(
        to_frame(VISITS, read.toArrow()), lake.read(VISITS, days=[DAY]), check_row_order=False, check_exact=True
    )


def test_grouping_two_tables_at_once_refuses_nulls_and_a_step_does_not(
    spark: SparkSession, engine: SparkEngine, lake: Lake
) -> None:
    assert lake.read(VISITS, days=[DAY])["at"].null_count() == 2
    rows = spark.read.format("delta").load(lake.location(VISITS)).where(f.col("day") == f.lit(DAY))
    grouped = [rows.groupBy("cafe"), rows.groupBy("cafe")]
    together = grouped[0].cogroup(grouped[1]).applyInArrow(lambda first, second: first, rows.schema)
    with pytest.raises(PySparkException, match="unmasked nulls"):
        together.toArrow()
    built = list(engine.rows_from_tables(lake, DAY, first_rows, read=(VISITS, VISITS), table=VISITS))
    assert sum(each.height for each in built) == 2


def test_the_engine_as_a_second_writer_loses_against_another_day(
    spark: SparkSession, lake: Lake, tmp_path: Path
) -> None:
    """A conflict is per table: the engine's write fails aloud, ours is whole."""
    started, may_end = tmp_path / "started", tmp_path / "may end"
    held = new_rows(spark, DAYS[1]).mapInArrow(holding(str(started), str(may_end)), spark_schema(VISITS))
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(overwrite, spark, lake, held, DAYS[1])
        until(started.exists, what="the engine's write")
        lake.replace_partition(VISITS, DAYS[3], visits(DAYS[3], count=4, generation=1), commit=COMMIT)
        may_end.touch()
        with pytest.raises(PySparkException, match="commit"):
            writing.result(timeout=DEADLINE_SECONDS)
    assert days(lake) == {**dict.fromkeys(DAYS, 2), DAYS[3]: 4}


def holding(started: str, may_end: str) -> Any:
    """Return a function of the engine that says when it began, and ends when it may."""

    def hold(batches):  # type: ignore[no-untyped-def]
        import pathlib
        import time

        pathlib.Path(started).touch()
        while not pathlib.Path(may_end).exists():
            time.sleep(0.01)
        yield from batches

    return hold


def test_our_writer_wins_while_the_engine_computes_from_the_same_table(engine: SparkEngine, lake: Lake) -> None:
    """A step reads one version; another day written meanwhile neither stops it nor is lost."""

    def parts() -> Any:
        rows = engine.rows_from_tables(lake, DAYS[0], first_rows, read=(VISITS, VISITS), table=VISITS)
        lake.replace_partition(VISITS, DAYS[3], visits(DAYS[3], count=4, generation=1), commit=COMMIT)
        return rows

    lake.replace_partition_in_parts(VISITS, DAYS[0], parts, commit=COMMIT)
    assert days(lake) == {**dict.fromkeys(DAYS, 2), DAYS[3]: 4}
