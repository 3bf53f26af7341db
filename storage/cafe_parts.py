"""Reads a day of a table in parts of whole cafés.

The rows are sorted by café, so a range of cafés is read without the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from pilot.lake_tables.columns import Table
from storage.lake_schema import polars_schema
from storage.snapshot import Snapshot

PART_ROWS = 1_000_000


def cafe_parts(
    snapshot: Snapshot, table: Table, day: date, *, columns: Sequence[str], part_rows: int = PART_ROWS
) -> Iterator[pl.DataFrame]:
    """Yield a day's rows, each café whole in one part, in the order of the cafés' ids.

    Args:
        snapshot: A snapshot of the table.
        table: The table; it has a café.
        day: The day.
        columns: The columns to read.
        part_rows: Approximate number of rows of a part.
    """
    counted = snapshot.sql(
        f"SELECT cafe, count(*) AS rows FROM {table.name} WHERE day = ? GROUP BY cafe ORDER BY cafe",  # noqa: S608
        [day],
    )
    if not counted.height:
        return
    ranges = counted.group_by((pl.col("rows").cum_sum() // part_rows).alias("part"), maintain_order=True).agg(
        first=pl.col("cafe").first(), last=pl.col("cafe").last()
    )
    listed = ", ".join(f'"{table.column(name).name}"' for name in columns)
    types = polars_schema(table)
    for first, last in ranges.select("first", "last").iter_rows():
        found = snapshot.sql(
            f"SELECT {listed} FROM {table.name} WHERE day = ? AND cafe BETWEEN ? AND ?",  # noqa: S608 - declared names
            [day, first, last],
        )
        yield found.cast({name: types[name] for name in columns})
