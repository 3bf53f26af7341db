"""A snapshot of lake tables for SQL: their files, listed once, as views of an in-memory DuckDB."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote

import duckdb
import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from pilot.lake_tables.tables import Column, Kind, Table
from storage.duck import session
from storage.errors import LakeDamaged, LakeUnavailable

PARQUET = b"PAR1"  # marks the beginning and the end of every complete data file
DAYS_NAMED = 5

_SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "float": "DOUBLE",
    "boolean": "BOOLEAN",
    "moment": "TIMESTAMPTZ",
    "day": "DATE",
    "json": "VARCHAR",
    "texts": "VARCHAR[]",
}


class Snapshot:
    """Lake tables at one moment; later commits do not show. A context manager, for one thread.

    Attributes:
        versions: Each table's version; None for one that was never written.
    """

    def __init__(
        self,
        tables: Sequence[tuple[Table, DeltaTable | None]],
        *,
        days: Collection[date] | None = None,
        cafes: Collection[str] | None = None,
    ) -> None:
        self.versions: dict[str, int | None] = {
            table.name: None if delta is None else delta.version() for table, delta in tables
        }
        self._cafes = cafes
        self._files = {table.name: _files(delta, days) for table, delta in tables}
        self._connection = session()
        try:
            for table, delta in tables:
                self._make_view(table, delta, days=days)
        except BaseException:
            self._connection.close()
            raise

    def sql(self, query: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> pl.DataFrame:
        """Run one query over the tables of the snapshot.

        Args:
            query: DuckDB's SQL; tables by name.
            parameters: For `?` a sequence, for `$name` a dictionary.

        Raises:
            LakeDamaged: a file of a table is missing or broken.
            LakeUnavailable: the query needs more memory than there is.
        """
        try:
            result: pl.DataFrame = self._connection.sql(query, params=parameters or None).pl()
        except duckdb.OutOfMemoryException:
            raise LakeUnavailable(
                f"A query over {', '.join(self._files)} needs more memory than this machine has free.",
                remedy="Run it again when less is running, or on a larger machine: guests' words are never put on a "
                "disk to make room.",
            ) from None
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise _damaged(self._files, error) from None
        return result

    def close(self) -> None:
        """Free its memory."""
        self._connection.close()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _make_view(self, table: Table, delta: DeltaTable | None, *, days: Collection[date] | None) -> None:
        files = self._files[table.name]
        if delta is None or not files:
            columns = ", ".join(f"NULL::{_SQL_TYPES[column.kind]} AS {_name(column)}" for column in table.columns)
            self._connection.execute(f"CREATE TEMP VIEW {table.name} AS SELECT {columns} WHERE false")
            return
        written = {field.name for field in delta.schema().fields}
        try:
            if "://" in files[0] and not files[0].startswith("file://"):
                # DuckDB needs an extension for object stores, which it fetches over the network.
                only = None if days is None else [("day", "in", sorted(day.isoformat() for day in days))]
                self._connection.register(f"{table.name}_files", delta.to_pyarrow_table(filters=only))
                source = f"{table.name}_files"
            else:
                paths = ", ".join(_quoted(unquote(uri.removeprefix("file://"))) for uri in files)
                source = (
                    f"read_parquet([{paths}], hive_partitioning = true, hive_types = {{'day': DATE}}, "
                    "union_by_name = true)"
                )
            try:
                self._connection.execute(_view(table, source, written=written, cafes=self._cafes))
            except duckdb.BinderException:
                # The days' files are all older than a column of the table.
                described = self._connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
                self._connection.execute(_view(table, source, written={row[0] for row in described}, cafes=self._cafes))
        except (duckdb.IOException, duckdb.InvalidInputException, DeltaError, OSError) as error:
            raise _damaged({table.name: files}, error) from None


def _view(table: Table, source: str, *, written: Collection[str], cafes: Collection[str] | None) -> str:
    """Return the statement for a table's view: columns that no file has are empty, others' rows hidden."""
    columns = ", ".join(
        f"{_name(column) if column.name in written else 'NULL'}::{_SQL_TYPES[column.kind]} AS {_name(column)}"
        for column in table.columns
    )
    return f"CREATE TEMP VIEW {table.name} AS SELECT {columns} FROM {source}{_condition(table, written, cafes)}"  # noqa: S608


def _condition(table: Table, written: Collection[str], cafes: Collection[str] | None) -> str:
    if cafes is None:
        return ""
    if not cafes or "cafe" not in table.names or "cafe" not in written:
        return " WHERE false"
    return f" WHERE cafe IN ({', '.join(_quoted(cafe) for cafe in sorted(cafes))})"


def _files(delta: DeltaTable | None, days: Collection[date] | None) -> list[str]:
    files: list[str] = delta.file_uris() if delta is not None else []
    if days is None:
        return files
    folders = {f"day={day.isoformat()}" for day in days}
    return [uri for uri in files if not folders.isdisjoint(uri.split("/"))]


def _damaged(files: Mapping[str, Sequence[str]], error: Exception) -> LakeDamaged:
    """Return the error, naming the broken days and tables if they can be identified."""
    broken = [f"{name} on {day}" for name, uris in files.items() for day in _broken_days(uris)]
    what = ", ".join(broken[:DAYS_NAMED]) or ", ".join(files)
    return LakeDamaged(
        f"The lake's files of {what} cannot be read ({type(error).__name__}).",
        remedy="Rebuild the days it holds (Dagster's job rebuild on these partitions): the landing still has every "
        "event. A redacted day comes from a backup. Other days and tables are not harmed.",
    )


def _broken_days(uris: Sequence[str]) -> list[str]:
    """Return the days of the files in a folder that are missing or cut short."""
    days = set()
    for uri in uris:
        if not uri.startswith("file://") and "://" in uri:
            continue
        path = Path(unquote(uri.removeprefix("file://")))
        try:
            with path.open("rb") as file:
                beginning = file.read(len(PARQUET))
                file.seek(-len(PARQUET), os.SEEK_END)
                whole = beginning == file.read() == PARQUET
        except OSError:
            whole = False
        if not whole:
            days.add(path.parent.name.removeprefix("day="))
    return sorted(days)


def _name(column: Column) -> str:
    """Return a column's name quoted for SQL: `at` is a keyword of DuckDB."""
    return f'"{column.name}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
