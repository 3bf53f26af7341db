"""The lake: Delta tables partitioned by business day, replaced a day at a time, read as snapshots."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from pilot.lake_tables.tables import RAW_EVENTS, Table
from storage.cafe_parts import ALL, EVERY_CAFE, CafeRange, cafe_parts, cafe_ranges, share_a_session
from storage.cafe_parts import PART_ROWS as CAFE_PART_ROWS
from storage.day_parts import DayParts
from storage.errors import LakeFull, LakeUnavailable
from storage.event_parts import PART_ROWS, event_parts
from storage.lake_log import CHECKPOINTS, LOG_FOLDER, empty_log_entry, log_damaged, log_settings
from storage.lake_schema import conform, day_partition, empty_frame, polars_schema
from storage.snapshot import Snapshot

__all__ = ["Lake", "Snapshot", "conform", "empty_frame", "polars_schema"]

ATTEMPTS = 12  # With full jitter up to the longest pause: about ten seconds of conflicts.
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
FILE_BYTES = 16 * 1024 * 1024  # A large day is several files of ranges of cafés: few are rewritten for one café.
ROW_GROUP_ROWS = 16_384  # Rows are sorted by café: a query for one café reads few groups.
# delta-rs reports the system's error as text: no space, file too large (a process limit), quota exceeded.
NO_SPACE = ("os error 28", "os error 27", "os error 122")


class Lake:
    """All tables under one folder or one `s3://` prefix; safe for any number of processes."""

    def __init__(self, location: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        """Set the lake's location; nothing is opened yet.

        Args:
            location: A folder, or an address such as s3://bucket/prefix (credentials in AWS_* variables).
            pause: Sleeps between two attempts to commit.
        """
        self._base = (location if "://" in location else Path(location).absolute().as_uri()).rstrip("/")
        self._pause = pause

    def replace_partition(self, table: Table, day: date, frame: pl.DataFrame, *, commit: Mapping[str, str]) -> int:
        """Replace a day's rows; a frame without rows leaves the day empty.

        Args:
            table: The table.
            day: The day; every row must be of it.
            frame: The day's rows.
            commit: Metadata of the commit, for example the run's id and the code's version.

        Returns:
            The table's new version.

        Raises:
            LakeSchemaError: the frame does not fit; nothing was written.
            LakeUnavailable: other writers always won, or the lake cannot be reached.
        """
        rows = day_partition(table, day, frame)
        return self._replace(table, day, lambda: rows, commit=commit)

    def replace_partition_in_parts(
        self,
        table: Table,
        day: date,
        parts: Callable[[], Iterable[pl.DataFrame]],
        *,
        commit: Mapping[str, str],
        only: Sequence[CafeRange] = ALL,
    ) -> int:
        """Replace a day's rows, or those of some cafés, by parts that are never all in memory.

        Args:
            table: The table.
            day: The day; every row must be of it.
            parts: Yields the parts in the order of their cafés, each café in one part; called again after a conflict.
            commit: Metadata of the commit.
            only: The ranges of cafés whose rows are replaced; every part's rows are of them.

        Returns:
            The table's new version.

        Raises:
            LakeSchemaError: a part does not fit, or a key occurs in two parts; nothing was written.
            LakeUnavailable: other writers always won, or the lake cannot be reached.
        """
        return self._replace(table, day, lambda: DayParts(table, day, parts(), only=only), commit=commit, only=only)

    def _replace(
        self,
        table: Table,
        day: date,
        rows: Callable[[], pl.DataFrame | DayParts],
        *,
        commit: Mapping[str, str],
        only: Sequence[CafeRange] = ALL,
    ) -> int:
        pause = FIRST_PAUSE_SECONDS
        for _ in range(ATTEMPTS):
            known = self.delta(table)
            given = rows()
            try:
                # The error's text can quote rows, so it is not chained.
                return self._write(day, given, into=known or self._create(table), commit=commit, only=only)
            except CommitFailedError:
                pass
            except (DeltaError, OSError) as error:
                if isinstance(given, DayParts) and given.fault is not None:
                    raise given.fault from None
                raise _unavailable(table, error) from None
            self._pause(random.uniform(0, pause))  # noqa: S311 - jitter, not a secret
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
        raise LakeUnavailable(
            f"{table.name} on {day}: other writers were first {ATTEMPTS} times.",
            remedy="Run it again; nothing was written.",
        )

    def read(
        self,
        table: Table,
        *,
        days: Collection[date] | None = None,
        columns: Sequence[str] | None = None,
        cafes: CafeRange = EVERY_CAFE,
    ) -> pl.DataFrame:
        """Return a table's rows, sorted by day, café and key; typed even if there are none.

        Args:
            table: The table.
            days: Only these days; None for all.
            columns: Only these columns, in this order; None for all.
            cafes: Only these cafés; the table has a café unless all are wanted.
        """
        wanted = [table.column(name).name for name in columns] if columns is not None else list(table.names)
        order = [name for name in dict.fromkeys(("day", "cafe", *table.key)) if name in table.names]
        condition, bounds = cafes.condition()
        of_days = "true" if days is None else "list_contains(?, day)"
        with self.snapshot(table, days=days) as snapshot:
            frame = snapshot.sql(
                f"SELECT {_list(wanted)} FROM {table.name} WHERE {of_days} AND {condition} "  # noqa: S608
                f"ORDER BY {_list(order)}",
                [*(() if days is None else (sorted(days),)), *bounds],
            )
        schema = polars_schema(table)
        return frame.cast({name: schema[name] for name in wanted})

    def event_parts(
        self,
        day: date,
        *,
        fields: Mapping[str, tuple[str, ...]],
        part_rows: int = PART_ROWS,
        only: Sequence[CafeRange] = ALL,
    ) -> Iterator[pl.DataFrame]:
        """Yield a day's raw events in parts of whole sessions (see `storage.event_parts`)."""
        with self.snapshot(RAW_EVENTS, days=[day]) as snapshot:
            yield from event_parts(snapshot, day, fields=fields, part_rows=part_rows, only=only)

    def cafe_parts(
        self, table: Table, day: date, *, columns: Sequence[str], part_rows: int = CAFE_PART_ROWS
    ) -> Iterator[pl.DataFrame]:
        """Yield a day's rows of a table in parts of whole cafés (see `storage.cafe_parts`)."""
        with self.snapshot(table, days=[day]) as snapshot:
            yield from cafe_parts(snapshot, table, day, columns=columns, part_rows=part_rows)

    def sessions_of_two_cafes(self, day: date) -> bool:
        """Return whether a session's raw events are under two cafés, so that its rows need both."""
        with self.snapshot(RAW_EVENTS, days=[day]) as snapshot:
            return share_a_session(snapshot, RAW_EVENTS, day)

    def cafe_ranges(self, tables: Sequence[Table], day: date, *, part_rows: int = CAFE_PART_ROWS) -> list[CafeRange]:
        """Return ranges of cafés in which a day of some tables fits in memory (see `storage.cafe_parts`)."""
        with self.snapshot(*tables, days=[day]) as snapshot:
            return cafe_ranges(snapshot, tables, day, part_rows=part_rows)

    def snapshot(
        self, *tables: Table, days: Collection[date] | None = None, cafes: Collection[str] | None = None
    ) -> Snapshot:
        """Return a snapshot of tables for SQL.

        Args:
            tables: The tables.
            days: Only these days of every table, so that damaged files of other days do no harm; None for all.
            cafes: Only these cafés' rows, and none of a table without a café; None for all.
        """
        return Snapshot([(table, self.delta(table)) for table in tables], days=days, cafes=cafes)

    def change_partition(
        self,
        table: Table,
        day: date,
        change: Callable[[pl.DataFrame], pl.DataFrame],
        *,
        commit: Mapping[str, str],
        rewrite: bool = False,
    ) -> int | None:
        """Replace a day's rows by the result of `change`, safe against concurrent writers.

        Args:
            table: The table.
            day: The day.
            change: Receives the day's rows; called again with newer ones after a conflict.
            commit: Metadata of the commit.
            rewrite: Whether to write the day even if nothing changed, into as few files as their size allows.

        Returns:
            The table's new version; None if nothing was written.

        Raises:
            LakeUnavailable: other writers always won, or the lake cannot be reached.
        """
        pause = FIRST_PAUSE_SECONDS
        for _ in range(ATTEMPTS):
            known = self.delta(table)
            if known is None:
                return None
            schema = polars_schema(table)
            with Snapshot([(table, known)], days=[day]) as snapshot:
                rows = snapshot.sql(f"SELECT * FROM {table.name} WHERE day = ?", [day])  # noqa: S608
            rows = rows.cast({name: schema[name] for name in table.names})
            changed = day_partition(table, day, change(rows))
            if not rewrite and changed.equals(day_partition(table, day, rows)):
                return None
            try:
                return self._write(day, changed, into=known, commit=commit)
            except CommitFailedError:
                pass
            except (DeltaError, OSError) as error:
                raise _unavailable(table, error) from None
            self._pause(random.uniform(0, pause))  # noqa: S311 - jitter, not a secret
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
        raise LakeUnavailable(
            f"{table.name} on {day}: other writers were first {ATTEMPTS} times.",
            remedy="Run it again; nothing was written.",
        )

    def set_checkpoint_interval(self, table: Table) -> bool:
        """Set the checkpoint interval on a table of an older program; return whether it was changed.

        If another writer wins, the next upkeep tries again.

        Raises:
            LakeUnavailable: the lake cannot be reached.
        """
        known = self.delta(table)
        if known is None or CHECKPOINTS.items() <= known.metadata().configuration.items():
            return False
        try:
            known.alter.set_table_properties(CHECKPOINTS)
        except CommitFailedError:
            return False
        except (DeltaError, OSError) as error:
            raise _unavailable(table, error) from None
        return True

    def location(self, table: Table) -> str:
        """Return the address of the table's folder; for this room only."""
        return f"{self._base}/{table.name}"

    def version(self, table: Table) -> int | None:
        """Return the table's version; None if it was never written."""
        delta = self.delta(table)
        return None if delta is None else delta.version()

    def bytes_by_day(self, table: Table) -> dict[date, int]:
        """Return the bytes of each day's current files, without those of older versions."""
        return self._sum_by_day(table, "size_bytes")

    def rows_by_day(self, table: Table) -> dict[date, int]:
        """Return the number of rows of each day, from the table's log."""
        return self._sum_by_day(table, "num_records")

    def written_by_day(self, table: Table) -> dict[date, int]:
        """Return when each day's newest file was written, in milliseconds since the epoch."""
        delta = self.delta(table)
        if delta is None:
            return {}
        files = pl.DataFrame(delta.get_add_actions(flatten=True)).select("partition.day", "modification_time")
        return {day: int(newest) for day, newest in files.group_by("partition.day").max().iter_rows()}

    def _sum_by_day(self, table: Table, figure: str) -> dict[date, int]:
        delta = self.delta(table)
        if delta is None:
            return {}
        files = pl.DataFrame(delta.get_add_actions(flatten=True)).select("partition.day", figure)
        return {day: int(total) for day, total in files.group_by("partition.day").sum().iter_rows()}

    def delta(self, table: Table) -> DeltaTable | None:
        """Return the table's newest version, for this room only; None if it was never written.

        Raises:
            LakeDamaged: its log cannot be read.
            LakeUnavailable: the lake cannot be reached.
        """
        try:
            opened = DeltaTable(f"{self._base}/{table.name}")
        except TableNotFoundError:
            return None
        except DeltaError as error:
            raise log_damaged(table, type(error).__name__) from None
        except OSError as error:
            raise _unavailable(table, error) from None
        if self._base.startswith("file://"):
            empty = empty_log_entry(Path(unquote(self._base.removeprefix("file://"))) / table.name / LOG_FOLDER)
            if empty is not None:
                raise log_damaged(table, f"{empty} is empty")
        return opened

    def _create(self, table: Table) -> DeltaTable:
        # A write that creates its table reads no version, so nothing conflicts with it: two such writes would both be
        # accepted, and the day doubled. With a table created empty, every write has a version to conflict with.
        return DeltaTable.create(
            f"{self._base}/{table.name}",
            schema=Schema.from_arrow(empty_frame(table).to_arrow().schema),
            mode="ignore",
            partition_by=["day"],
            name=table.name,
            description=table.row,
            configuration=log_settings(table),
        )

    def _write(
        self,
        day: date,
        rows: pl.DataFrame | DayParts,
        *,
        into: DeltaTable,
        commit: Mapping[str, str],
        only: Sequence[CafeRange] = ALL,
    ) -> int:
        write_deltalake(
            into,
            rows if isinstance(rows, pl.DataFrame) else rows.reader(),
            mode="overwrite",
            partition_by=["day"],
            predicate=f"day = '{day.isoformat()}'{_of_cafes(only)}",
            target_file_size=FILE_BYTES,
            schema_mode="merge",
            commit_properties=CommitProperties(custom_metadata=dict(commit)),
            writer_properties=WriterProperties(
                compression="ZSTD", max_row_group_size=ROW_GROUP_ROWS, statistics_truncate_length=64
            ),
        )
        return into.version()


def _of_cafes(only: Sequence[CafeRange]) -> str:
    """Return the rest of the predicate that selects the rows to replace."""
    if any(each.whole for each in only):
        return ""
    ranges = []
    for each in only:
        bounds = [(">", each.after), ("<=", each.until)]
        listed = ["cafe {} '{}'".format(sign, bound.replace("'", "''")) for sign, bound in bounds if bound is not None]
        ranges.append(" AND ".join(listed))
    return f" AND (({') OR ('.join(ranges)}))"


def _list(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _unavailable(table: Table, error: Exception) -> LakeUnavailable:
    if any(sign in str(error) for sign in NO_SPACE):
        return LakeFull(table.name)
    return LakeUnavailable(
        f"The lake's table {table.name} cannot be written or reached ({type(error).__name__}).",
        remedy="Check the disk's space, PILOT_LAKE_URL and the network, and run it again; nothing was written.",
    )
