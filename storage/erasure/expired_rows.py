"""Empties expired fields of a day's rows in the lake: guests' words, or device hashes."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

import polars as pl

from pilot.lake_tables.columns import Table
from pilot.lake_tables.tables import FINGERPRINTS, JUDGEMENTS, RAW_EVENTS, SESSIONS, TURNS
from pilot.time_limits import Kind, clear_json
from storage.erasure.lake_versions import LOG_FOLDER
from storage.erasure.table_files import table_files
from storage.errors import LakeUnavailable
from storage.lake import Lake

SAID = ("transcript", "heard", "question", "reply")
DEVICE = ("device_hash", "device_token_hash", "network_hash")
NO_HASH = "0" * 32  # replaces a keyed hash of words

Change = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class TableClearing:
    """The function that empties one kind of data in one table.

    Attributes:
        table: The table.
        change: Empties a day's rows. Idempotent: rows without data of the kind stay unchanged.
    """

    table: Table
    change: Change


def _events(kind: Kind) -> Change:
    def change(frame: pl.DataFrame) -> pl.DataFrame:
        left = [clear_json(name, data, (kind,)) for name, data in frame.select("event", "data").iter_rows()]
        return frame.with_columns(pl.Series("data", left, pl.String))

    return change


def _turns(frame: pl.DataFrame) -> pl.DataFrame:
    # Empty, not null: metrics distinguish silence from expired words.
    return frame.with_columns(pl.when(pl.col(name).is_not_null()).then(pl.lit("")).alias(name) for name in SAID)


def _devices(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in DEVICE)


def _judgements(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(transcript_hash=pl.lit(NO_HASH))


EMPTIED: dict[Kind, tuple[TableClearing, ...]] = {
    "audio": (),
    "words": (
        TableClearing(RAW_EVENTS, _events("words")),
        TableClearing(TURNS, _turns),
        TableClearing(FINGERPRINTS, lambda frame: frame.clear()),
        TableClearing(JUDGEMENTS, _judgements),
    ),
    "devices": (TableClearing(RAW_EVENTS, _events("devices")), TableClearing(SESSIONS, _devices)),
}


def empty_day(lake: Lake, day: date, kind: Kind, *, commit: dict[str, str]) -> int:
    """Empty one kind of data in a day's rows of every table; return the number of changed rows.

    Raises:
        LakeUnavailable: the lake cannot be reached or is too busy; a retry is safe.
    """
    return sum(_empty(lake, each, day, commit=commit) for each in EMPTIED[kind])


def _empty(lake: Lake, emptied: TableClearing, day: date, *, commit: dict[str, str]) -> int:
    changed = 0

    def change(rows: pl.DataFrame) -> pl.DataFrame:  # called again if another writer commits first
        nonlocal changed
        left = emptied.change(rows)
        changed = rows.height - left.height or sum(
            one != other for one, other in zip(rows.iter_rows(), left.iter_rows(), strict=True)
        )
        return left

    lake.change_partition(emptied.table, day, change, commit=commit)
    return changed


def files_with(lake: Lake, days: Collection[date], kind: Kind) -> list[str]:
    """Return the data files of some days, of any version, that still contain data of a kind."""
    folders = {f"day={day.isoformat()}" for day in days}
    found = []
    for each in EMPTIED[kind]:
        files = table_files(lake.location(each.table))
        if lake.version(each.table) is None:
            continue
        for file in files.list():
            if file.path.startswith(LOG_FOLDER) or file.path.split("/", 1)[0] not in folders:
                continue
            if not file.path.endswith(".parquet"):
                continue
            try:
                rows = pl.read_parquet(io.BytesIO(files.read(file.path)))
            except LakeUnavailable:  # deleted since it was listed
                continue
            except pl.exceptions.PolarsError:  # incomplete, from a dead writer: its content is unknown
                found.append(f"{each.table.name}/{file.path}")
                continue
            if not each.change(rows).equals(rows):
                found.append(f"{each.table.name}/{file.path}")
    return found


def days_in(lake: Lake, table: Table) -> frozenset[date]:
    """Return the days with rows in a table; its log names them, so no file is opened."""
    return frozenset(day for day, rows in lake.rows_by_day(table).items() if rows)
