"""A table's columns as Polars types, and the validation of frames that enter the lake."""

from __future__ import annotations

from datetime import date

import polars as pl

from pilot.lake_tables.tables import Kind, Table
from storage.errors import LakeSchemaError

_TYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "boolean": pl.Boolean(),
    "moment": pl.Datetime("us", "UTC"),
    "day": pl.Date(),
    "json": pl.String(),
    "texts": pl.List(pl.String()),
}

_REMEDY = "Correct the function that makes the frame, or the table in pilot/lake_tables/tables.py."


def polars_schema(table: Table) -> dict[str, pl.DataType]:
    """Return the table's columns in order with their types."""
    return {column.name: _TYPES[column.kind] for column in table.columns}


def empty_frame(table: Table) -> pl.DataFrame:
    """Return an empty frame with the table's types."""
    return pl.DataFrame(schema=polars_schema(table))


def conform(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the table's columns, in order and of the table's types.

    Only lossless casts are made: narrower numbers, other time units of UTC moments, all-null columns.

    Raises:
        LakeSchemaError: a column is missing, unknown or of another type, or a required one has nulls; the text names
            the column, what was expected and what was found, never a value.
    """
    missing = [name for name in table.names if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in table.names]
    if missing or unknown:
        parts = []
        if missing:
            parts.append(f"is missing {', '.join(missing)}")
        if unknown:
            parts.append(f"has unknown columns {', '.join(unknown)}")
        raise LakeSchemaError(f"A frame for {table.name} {' and '.join(parts)}.", remedy=_REMEDY)
    schema = polars_schema(table)
    wrong = [
        f"{name}: expected {expected}, found {frame.schema[name]}"
        for name, expected in schema.items()
        if not _casts_without_loss(frame.schema[name], expected)
    ]
    if wrong:
        raise LakeSchemaError(f"A frame for {table.name} has wrong types: {'; '.join(wrong)}.", remedy=_REMEDY)
    try:
        conformed = frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
    except pl.exceptions.InvalidOperationError:
        raise LakeSchemaError(
            f"A frame for {table.name} has numbers beyond 64 bits or moments out of range.", remedy=_REMEDY
        ) from None
    nulls = [
        f"{column.name}: {count} of {conformed.height} rows are empty"
        for column in table.columns
        if column.required and (count := conformed.get_column(column.name).null_count())
    ]
    if nulls:
        raise LakeSchemaError(f"A frame for {table.name} lacks required values: {'; '.join(nulls)}.", remedy=_REMEDY)
    return conformed


def day_partition(table: Table, day: date, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the conformed frame as a day's partition, sorted by café and key.

    Raises:
        LakeSchemaError: it does not fit the table, a row is of another day, or a key occurs twice.
    """
    conformed = conform(table, frame)
    strangers = conformed.filter(pl.col("day") != day).height
    if strangers:
        raise LakeSchemaError(
            f"A frame for {table.name} on {day} has {strangers} rows of other days.", remedy="Give each day its own."
        )
    doubled = conformed.height - conformed.n_unique(subset=list(table.key)) if conformed.height else 0
    if doubled:
        raise LakeSchemaError(
            f"A frame for {table.name} on {day} has {doubled} of {conformed.height} rows too many for its key "
            f"({', '.join(table.key)}).",
            remedy=_REMEDY,
        )
    order = list(dict.fromkeys(name for name in ("cafe", *table.key) if name in table.names))
    return conformed.sort(order, maintain_order=True)


def _casts_without_loss(found: pl.DataType, expected: pl.DataType) -> bool:
    if found == expected or found == pl.Null():
        return True
    if expected == pl.Int64():
        return found.is_integer()
    if expected == pl.Float64():
        return found == pl.Float32() or found.is_integer()
    if expected == pl.String():
        return isinstance(found, pl.Categorical | pl.Enum)
    if isinstance(expected, pl.Datetime):
        return isinstance(found, pl.Datetime) and found.time_zone == expected.time_zone
    if isinstance(expected, pl.List):
        return isinstance(found, pl.List) and _casts_without_loss(found.inner, expected.inner)  # type: ignore[arg-type]
    return False
