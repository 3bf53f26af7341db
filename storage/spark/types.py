"""A table's columns as Arrow and Spark types: what steps on an engine return.

Spark knows neither large strings nor large lists, and an engine compares widths: a frame of Polars must be cast.
"""

from __future__ import annotations

import polars as pl
import pyarrow as pa
from pyspark.sql import types

from pilot.lake_tables.columns import Kind, Table
from storage.lake_schema import conform, polars_schema

_ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
    "moment": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(),
    "json": pa.string(),
    "texts": pa.list_(pa.string()),
}
_SPARK: dict[Kind, types.DataType] = {
    "text": types.StringType(),
    "integer": types.LongType(),
    "float": types.DoubleType(),
    "boolean": types.BooleanType(),
    "moment": types.TimestampType(),
    "day": types.DateType(),
    "json": types.StringType(),
    "texts": types.ArrayType(types.StringType()),
}


def arrow_schema(table: Table) -> pa.Schema:
    """Return the table's columns as Arrow types of 32-bit widths."""
    return pa.schema([pa.field(column.name, _ARROW[column.kind]) for column in table.columns])


def spark_schema(table: Table) -> types.StructType:
    """Return the table's columns as Spark's types, all nullable."""
    return types.StructType([types.StructField(column.name, _SPARK[column.kind]) for column in table.columns])


def to_arrow(table: Table, frame: pl.DataFrame) -> pa.Table:
    """Return a frame as Arrow, with the table's columns and widths.

    Raises:
        LakeSchemaError: it does not fit the table.
    """
    return conform(table, frame).to_arrow().cast(arrow_schema(table))


def to_frame(table: Table, rows: pa.Table | pl.DataFrame) -> pl.DataFrame:
    """Return an engine's rows as a frame with the table's types, without columns that the table has not."""
    schema = polars_schema(table)
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(pl.from_arrow(rows))
    names = [name for name in table.names if name in frame.columns]
    return frame.select(pl.col(name).cast(schema[name]) for name in names)
