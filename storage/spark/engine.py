"""An engine behind Spark Connect (Sail, Spark, Databricks): builds rows of a day by ranges of cafés.

It reads the lake's tables by itself, at one version, and returns rows as Arrow; it writes nothing. The lake's writer
replaces the day once all rows have arrived, so a step that fails on the way leaves the day as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pilot.lake_tables.columns import Table
from pilot.lake_tables.tables import RAW_EVENTS
from storage.errors import EngineUnavailable
from storage.event_parts import PROBE
from storage.lake import Lake
from storage.spark.ranges import Ranges, ranges_of, whole_day
from storage.spark.session import engine_errors, open_session
from storage.spark.steps import PLACE, PREFIXES, Make, MakeOfTwo, events_step, tables_step
from storage.spark.types import spark_schema, to_frame

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession
    from pyspark.sql.dataframe import DataFrame

ATTEMPTS = 3  # of a query: Sail ends it when one of its workers is lost
RANGE = "cafe_range"  # the column that numbers a query's ranges


class SparkEngine:
    """The engine at one address; its session is opened on first use and reused. For one thread at a time."""

    def __init__(self, address: str) -> None:
        """Set the address, sc://host:port, with parameters of Spark Connect if needed; nothing is opened yet."""
        self._address = address
        self._session: SparkSession | None = None

    def rows_from_events(
        self, lake: Lake, day: date, make: Make, *, fields: Mapping[str, tuple[str, ...]], table: Table
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that `make` builds from a day's raw events, in the order of their cafés.

        Args:
            lake: The lake, which the engine reaches at the same address.
            day: The day.
            make: A pure function, importable by name on the workers, or a partial of one.
            fields: The fields of each event's data that it needs.
            table: The table whose rows it returns.

        Raises:
            EngineUnavailable: the engine does not answer or lost the step; running it again may succeed.
            EngineFailed: the step itself fails.
        """
        from pyspark.sql.connect import functions as f

        version = lake.version(RAW_EVENTS)
        if version is None:
            return
        step = events_step(make, fields=fields, table=table)

        def events() -> DataFrame:
            return self._day(lake, RAW_EVENTS, day, version=version).where(f.col("event") != f.lit(PROBE))

        def of_two_cafes() -> DataFrame:
            cafes = events().groupBy("session_id").agg(f.min("cafe").alias("first"), f.max("cafe").alias("last"))
            return cafes.where(f.col("first") != f.col("last")).limit(1)

        def built(query: Ranges) -> DataFrame:
            return _in_ranges(events(), query).groupBy(RANGE).applyInArrow(step, spark_schema(table))

        for query in whole_day() if self._collected(of_two_cafes).height else self._queries(events):
            yield to_frame(table, self._collected(partial(built, query)))

    def rows_from_tables(
        self, lake: Lake, day: date, make: MakeOfTwo, *, read: tuple[Table, Table], table: Table
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows that `make` builds from a day of two tables, in the order of their cafés.

        Args:
            lake: The lake, which the engine reaches at the same address.
            day: The day.
            make: A pure function, importable by name on the workers, or a partial of one.
            read: The two tables; a row of the second is of the café of its row in the first.
            table: The table whose rows it returns.

        Raises:
            EngineUnavailable: the engine does not answer or lost the step; running it again may succeed.
            EngineFailed: the step itself fails.
        """
        versions = [lake.version(each) for each in read]
        if None in versions:
            return
        step = tables_step(make, read=read, table=table)

        def rows(place: int) -> DataFrame:
            return self._day(lake, read[place], day, version=versions[place])

        def built(query: Ranges) -> DataFrame:
            # Not `cogroup`: Sail 0.7 refuses nulls in the rows that it groups so.
            first, second = (_prefixed(_in_ranges(rows(place), query), read, place=place) for place in (0, 1))
            return first.union(second).groupBy(RANGE).applyInArrow(step, spark_schema(table))

        for query in self._queries(partial(rows, 0)):
            yield to_frame(table, self._collected(partial(built, query)))

    def close(self) -> None:
        """End the session; the engine frees its workers."""
        session, self._session = self._session, None
        if session is not None:
            with engine_errors(self._address):
                session.stop()

    def _day(self, lake: Lake, table: Table, day: date, *, version: int | None) -> DataFrame:
        """Return a day of a table at a version."""
        from pyspark.sql.connect import functions as f

        if self._session is None:
            self._session = open_session(self._address)
        read = self._session.read.format("delta").option("versionAsOf", str(version))
        return read.load(lake.location(table)).where(f.col("day") == f.lit(day))

    def _queries(self, rows: Callable[[], DataFrame]) -> list[Ranges]:
        from pyspark.sql.connect import functions as f

        return ranges_of(self._collected(lambda: rows().groupBy("cafe").agg(f.count(f.lit(1)).alias("rows"))))

    def _collected(self, query: Callable[[], DataFrame]) -> pl.DataFrame:
        """Return the rows of a query, run again in a new session if its workers are lost."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                rows = query()
                with engine_errors(self._address):
                    return pl.DataFrame(pl.from_arrow(rows.toArrow()))
            except EngineUnavailable:
                opened, self._session = self._session, None
                if opened is None or attempt == ATTEMPTS:
                    raise
            except Exception:
                self._session = None
                raise
        raise AssertionError


def _prefixed(rows: DataFrame, read: tuple[Table, Table], *, place: int) -> DataFrame:
    """Return the rows of one table with the columns of both, as `tables_step` expects them."""
    from pyspark.sql.connect import functions as f

    columns = [
        # Typed nulls: Sail 0.7 gives those that it adds itself another type than the step's.
        (f.col(each.name) if table == place and each.name in rows.columns else f.lit(None).cast(each.dataType)).alias(
            f"{PREFIXES[table]}{each.name}"
        )
        for table in range(len(read))
        for each in spark_schema(read[table]).fields
    ]
    return rows.select(f.col(RANGE), f.lit(place).alias(PLACE), *columns)


def _in_ranges(rows: DataFrame, query: Ranges) -> DataFrame:
    """Return the rows of a query's cafés, with the number of their range."""
    from pyspark.sql.connect import functions as f

    cafe = f.col("cafe")
    if query.after is not None:
        rows = rows.where(cafe > f.lit(query.after))
    if query.lasts[-1] is not None:
        rows = rows.where(cafe <= f.lit(query.lasts[-1]))
    number = f.lit(len(query.lasts) - 1)
    for place in range(len(query.lasts) - 2, -1, -1):
        number = f.when(cafe <= f.lit(query.lasts[place]), f.lit(place)).otherwise(number)
    return rows.withColumn(RANGE, number)
