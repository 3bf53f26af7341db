"""Frames in the shape of the lake's tables (`pilot.lake_tables.tables`): columns, order and types."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pilot.lake_tables.tables import Kind, Table

_TYPES: Mapping[Kind, pl.DataType] = {
    "text": pl.String(),
    "json": pl.String(),
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "boolean": pl.Boolean(),
    "moment": pl.Datetime("us", "UTC"),
    "day": pl.Date(),
    "texts": pl.List(pl.String()),
}


def schema(table: Table) -> dict[str, pl.DataType]:
    """Return the columns of `table` with their types, in order."""
    return {column.name: _TYPES[column.kind] for column in table.columns}


def table_frame(table: Table, rows: pl.LazyFrame) -> pl.DataFrame:
    """Return `rows` as a frame of `table`, with its columns and types, sorted by café and key."""
    columns = [pl.col(name).cast(kind) for name, kind in schema(table).items()]
    order = ["cafe", *(name for name in table.key if name != "cafe")]
    return rows.select(columns).sort(order).collect()
