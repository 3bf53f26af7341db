"""Deletes files and log entries of a table's old versions, once no reader can need them.

Delta keeps every version: an overwritten day's files and log entries stay. This module makes a checkpoint of the newest
version, and deletes the files that only older versions name once the checkpoint is older than any open snapshot. A
table has no history beyond that: this lake has no time travel.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from pilot.lake_tables.tables import Table
from storage.erasure.table_files import TableFile, TableFiles, table_files
from storage.errors import LakeDamaged, LakeUnavailable
from storage.lake import Lake

# Longer than any page's snapshot, and than any rebuild of one day.
GRACE_SECONDS = 120
# A file that no version names may belong to a commit in progress; no writer takes longer between file and commit.
ORPHAN_SECONDS = 3600

LOG_FOLDER = "_delta_log/"
_ENTRY = re.compile(r"_delta_log/(?P<version>\d{20})\.(?P<kind>json|checkpoint\.parquet)")


@dataclass(frozen=True, slots=True)
class PurgeResult:
    """The files deleted from a table.

    Attributes:
        data_files: Number of data files.
        log_files: Number of log files.
        waiting: Whether some files are still too young to delete.
    """

    data_files: int
    log_files: int
    waiting: bool


def purge(
    lake: Lake, table: Table, *, now: datetime, grace: timedelta = timedelta(seconds=GRACE_SECONDS)
) -> PurgeResult:
    """Delete files that only past versions name, up to a checkpoint older than `grace`.

    Creates a checkpoint of the newest version if there is none. Safe beside readers and writers. If no process uses
    the lake, `grace` may be zero, and everything is deleted at once.

    Args:
        lake: The lake.
        table: The table.
        now: The present moment, UTC.
        grace: Minimum age of the checkpoint.

    Raises:
        LakeUnavailable: the lake cannot be reached; a retry is safe.
    """
    delta = lake.delta(table)
    if delta is None:
        return PurgeResult(0, 0, waiting=False)
    files = table_files(lake.location(table))
    listed = files.list()
    checkpoints = _checkpoints(listed)
    if delta.version() not in checkpoints:
        _make_checkpoint(delta, table)
        listed = files.list()
        checkpoints = _checkpoints(listed)
    settled = [version for version, modified in checkpoints.items() if not grace or now - modified >= grace]
    if not settled:
        return PurgeResult(0, 0, waiting=True)
    base = max(settled)
    needed = _named_since(files, listed, base=base)
    gone = _removed(files, listed, base=base)
    young = now - timedelta(seconds=ORPHAN_SECONDS)
    data = [file for file in listed if not file.path.startswith(LOG_FOLDER) and file.path not in needed]
    deleted = [file.path for file in data if file.path in gone or file.modified <= young or not grace]
    logs = [
        file.path
        for file in listed
        if file.path.startswith(LOG_FOLDER) and _is_past(file, base=base, young=young, grace=grace)
    ]
    # The log last: after a crash its entries still name the files to delete.
    for path in (*deleted, *logs):
        files.delete(path)
    return PurgeResult(len(deleted), len(logs), waiting=base < delta.version() or len(deleted) < len(data))


def files_with_sessions(
    lake: Lake, table: Table, sessions: Collection[str], *, days: Collection[str] | None = None
) -> list[str]:
    """Return the data files, of any version, that still contain rows of some sessions.

    Args:
        lake: The lake.
        table: A table with a column `session_id`.
        sessions: The sessions.
        days: Only in these days' folders (ISO); None for all.
    """
    files = table_files(lake.location(table))
    found = []
    for file in files.list():
        folder = file.path.split("/", 1)[0]
        if not file.path.endswith(".parquet") or file.path.startswith(LOG_FOLDER):
            continue
        if days is not None and folder.removeprefix("day=") not in days:
            continue
        try:
            ids = pl.read_parquet(io.BytesIO(files.read(file.path)), columns=["session_id"])
        except LakeUnavailable:  # deleted since it was listed
            continue
        except pl.exceptions.PolarsError:  # incomplete, from a dead writer: its content is unknown
            found.append(file.path)
            continue
        if ids.filter(pl.col("session_id").is_in(list(sessions))).height:
            found.append(file.path)
    return found


def _make_checkpoint(delta: DeltaTable, table: Table) -> None:
    try:
        delta.create_checkpoint()
    except (DeltaError, OSError) as error:
        raise LakeUnavailable(
            f"No checkpoint of {table.name} can be made ({type(error).__name__}).",
            remedy="Check the disk's space and the lake, and run it again.",
        ) from None


def _entries(listed: list[TableFile]) -> dict[int, TableFile]:
    """Return the log's commits by version."""
    return {
        int(match["version"]): file
        for file in listed
        if (match := _ENTRY.fullmatch(file.path)) is not None and match["kind"] == "json"
    }


def _checkpoints(listed: list[TableFile]) -> dict[int, datetime]:
    return {
        int(match["version"]): file.modified
        for file in listed
        if (match := _ENTRY.fullmatch(file.path)) is not None and match["kind"] != "json"
    }


def _is_past(file: TableFile, *, base: int, young: datetime, grace: timedelta) -> bool:
    match = _ENTRY.fullmatch(file.path)
    if match is not None:
        return int(match["version"]) < base
    # Leftovers of a dead writer in the log's folder; _last_checkpoint stays.
    return not file.path.endswith("_last_checkpoint") and (file.modified <= young or not grace)


def _named_since(files: TableFiles, listed: list[TableFile], *, base: int) -> set[str]:
    """Return the data files named by any version from `base` on."""
    named = set(_checkpoint_paths(files, base, "add"))
    for version, file in _entries(listed).items():
        if version > base:
            named.update(_commit_paths(files, file.path, "add"))
    return named


def _removed(files: TableFiles, listed: list[TableFile], *, base: int) -> set[str]:
    """Return the data files removed by a commit up to `base`: no commit in progress can name them."""
    removed = set(_checkpoint_paths(files, base, "remove"))
    for version, file in _entries(listed).items():
        if version <= base:
            removed.update(_commit_paths(files, file.path, "remove"))
    return removed


def _checkpoint_paths(files: TableFiles, version: int, action: str) -> Iterator[str]:
    body = files.read(f"{LOG_FOLDER}{version:020d}.checkpoint.parquet")
    try:
        column = pl.read_parquet(io.BytesIO(body), columns=[action]).get_column(action)
    except pl.exceptions.PolarsError as error:
        raise LakeDamaged(
            f"A checkpoint of the lake cannot be read ({type(error).__name__}).",
            remedy="Delete it: the log's entries say the same, and the next upkeep makes another.",
        ) from None
    paths: list[str | None] = column.struct.field("path").to_list()
    return (unquote(path) for path in paths if path is not None)


def _commit_paths(files: TableFiles, path: str, action: str) -> Iterator[str]:
    for line in files.read(path).splitlines():
        entry = json.loads(line).get(action)
        if entry is not None:
            yield unquote(entry["path"])
