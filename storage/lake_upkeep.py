"""Compacts days with many small files, and deletes the files of past versions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from pilot.lake_tables.columns import Table
from storage.erasure.lake_versions import LOG_FOLDER, purge
from storage.erasure.table_files import TableFile, table_files
from storage.lake import FILE_BYTES, Lake

MOST_FILES_A_DAY = 8
SMALL_FILE_BYTES = FILE_BYTES // 4  # a file of a large day is whole, and not merged again
COMMIT = {"why": "upkeep"}


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The result of a table's upkeep.

    Attributes:
        table: The table's name.
        version: Its version.
        days_rewritten: Days that were compacted from many small files.
        data_files_deleted: Data files of past versions.
        log_files_deleted: Log files of past versions.
        data_files: Data files that remain.
        log_files: Log files that remain.
        bytes_before: Size of all its files before.
        bytes_after: Size of all its files after.
        waiting: Whether some files were too young to delete.
    """

    table: str
    version: int
    days_rewritten: int
    data_files_deleted: int
    log_files_deleted: int
    data_files: int
    log_files: int
    bytes_before: int
    bytes_after: int
    waiting: bool


def maintain_table(lake: Lake, table: Table, *, now: datetime) -> Upkeep | None:
    """Compact and purge a table; return None if it was never written. Safe beside readers and writers.

    Raises:
        LakeUnavailable: the lake cannot be reached; a retry is safe.
        LakeDamaged: its log cannot be read.
    """
    if lake.version(table) is None:
        return None
    before = table_files(lake.location(table)).list()
    lake.set_checkpoint_interval(table)
    crowded = crowded_days(lake, table)
    for day in crowded:
        lake.change_partition(table, day, lambda rows: rows, commit=COMMIT, rewrite=True)
    purged = purge(lake, table, now=now)
    after = table_files(lake.location(table)).list()
    return Upkeep(
        table=table.name,
        version=lake.version(table) or 0,
        days_rewritten=len(crowded),
        data_files_deleted=purged.data_files,
        log_files_deleted=purged.log_files,
        data_files=sum(not _is_log(file) for file in after),
        log_files=sum(_is_log(file) for file in after),
        bytes_before=sum(file.size for file in before),
        bytes_after=sum(file.size for file in after),
        waiting=purged.waiting,
    )


def crowded_days(lake: Lake, table: Table) -> list[date]:
    """Return the days with many small files in the table's newest version."""
    delta = lake.delta(table)
    if delta is None:
        return []
    small: defaultdict[date, int] = defaultdict(int)
    added = delta.get_add_actions(flatten=True)
    for day, size in zip(added["partition.day"].to_pylist(), added["size_bytes"].to_pylist(), strict=True):
        small[day] += size < SMALL_FILE_BYTES
    return sorted(day for day, files in small.items() if files > MOST_FILES_A_DAY)


def _is_log(file: TableFile) -> bool:
    return file.path.startswith(LOG_FOLDER)
