"""The log of a lake's table: its settings, and the check for entries lost in a power cut."""

from __future__ import annotations

import os
from pathlib import Path

from pilot.lake_tables.columns import Table
from storage.errors import LakeDamaged

# The log keeps each file's minimum and maximum of numbers, moments and the café, never of a guest's words.
STATISTICS_PROPERTY = "delta.dataSkippingStatsColumns"
# Opening a table reads its log since the last checkpoint. With Delta's default of a hundred commits between two, the
# ninetieth small rebuild took six times as long as the first.
CHECKPOINT_PROPERTY = "delta.checkpointInterval"
CHECKPOINT_COMMITS = 10
CHECKPOINTS = {CHECKPOINT_PROPERTY: str(CHECKPOINT_COMMITS)}
LOG_FOLDER = "_delta_log"
VERSION_DIGITS = 20  # of a log entry's name


def log_settings(table: Table) -> dict[str, str]:
    """Return the settings of a new table's log."""
    return {STATISTICS_PROPERTY: _with_statistics(table), **CHECKPOINTS}


def empty_log_entry(folder: Path) -> str | None:
    """Return the name of an empty log entry that the newest version needs; None if there is none.

    A power cut can leave one: the name is on the disk, the content is not. delta-rs reads it as a commit that changes
    nothing, and the day's rows would vanish without an error.
    """
    newest, empty = -1, ""
    with os.scandir(folder) as entries:
        for entry in entries:
            version = int(entry.name[:VERSION_DIGITS]) if entry.name[:VERSION_DIGITS].isdigit() else -1
            if entry.name.endswith(".checkpoint.parquet"):
                newest = max(newest, version)
            elif entry.name.endswith(".json") and version >= 0:
                try:
                    empty = max(empty, entry.name) if not entry.stat().st_size else empty
                except FileNotFoundError:  # just deleted by the upkeep
                    continue
    return empty if empty and int(empty[:VERSION_DIGITS]) > newest else None


def log_damaged(table: Table, how: str) -> LakeDamaged:
    """Return the error of a log that cannot be read."""
    return LakeDamaged(
        f"The lake's log of {table.name} cannot be read ({how}).",
        remedy="Put back the table's _delta_log from the backup, or remove the table and rebuild its days.",
    )


def _with_statistics(table: Table) -> str:
    kinds = ("integer", "float", "boolean", "moment")
    return ",".join(column.name for column in table.columns if column.kind in kinds or column.name == "cafe")
