"""Lists the files of one version of a lake table: its data files, and its log from a checkpoint on."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable

from pilot.lake_tables.tables import Table
from storage.lake import Lake

LOG_FOLDER = "_delta_log"
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\.parquet")


def table_version(lake: Lake, table: Table) -> tuple[int, list[Path], int] | None:
    """Return a table's version, its files and its number of rows; None if it was never written.

    For a lake in a folder. Data and log files of older versions are left out. Read the files soon: the upkeep deletes
    files that the newest version no longer names after two minutes.
    """
    delta = lake.delta(table)
    if delta is None:
        return None
    root = Path(unquote(lake.location(table).removeprefix("file://")))
    version = delta.version()
    rows = [Path(unquote(uri.removeprefix("file://"))) for uri in delta.file_uris()]
    log = root / LOG_FOLDER
    checkpoints = [int(match[1]) for path in log.iterdir() if (match := _CHECKPOINT.fullmatch(path.name)) is not None]
    base = max((each for each in checkpoints if each <= version), default=None)
    files = [log / f"{base:020d}.checkpoint.parquet"] if base is not None else []
    first = 0 if base is None else base
    files += [path for each in range(first, version + 1) if (path := log / f"{each:020d}.json").exists()]
    return version, [*files, *rows], _counted(delta)


def row_count(lake: Lake, table: Table) -> int:
    """Return the number of rows of a table's newest version, from its log; 0 if it was never written."""
    delta = lake.delta(table)
    return 0 if delta is None else _counted(delta)


def _counted(delta: DeltaTable) -> int:
    return int(pl.DataFrame(delta.get_add_actions(flatten=True)).get_column("num_records").sum())
