"""Removes erased sessions' rows from every table of the lake, on every day that references them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import partial

import polars as pl

from pilot.lake_tables.tables import TABLES, Table
from storage.lake import Lake

# Columns other than `session_id` that reference sessions, in rows about another session or none.
LISTS = {"session_signals": "related"}
KEYS = {"quarantine": "row_key"}


def days_with_sessions(lake: Lake, table: Table, sessions: Collection[str]) -> list[date]:
    """Return the days on which a table's newest version references any of some sessions."""
    conditions, parameters = [], []
    if _has_sessions(table):
        conditions.append("list_contains(?, session_id)")
        parameters.append(list(sessions))
    if table.name in LISTS:
        conditions.append(f"list_has_any({LISTS[table.name]}, ?)")
        parameters.append(list(sessions))
    if table.name in KEYS:
        conditions.append(f"len(list_filter(?, lambda one: contains({KEYS[table.name]}, one))) > 0")
        parameters.append(list(sessions))
    if not conditions:
        return []
    query = f"SELECT DISTINCT day FROM {table.name} WHERE {' OR '.join(conditions)} ORDER BY day"  # noqa: S608
    with lake.snapshot(table) as snapshot:
        found: list[date] = snapshot.sql(query, parameters)["day"].to_list()
    return found


def erase_rows(lake: Lake, sessions: Collection[str], *, commit: dict[str, str]) -> dict[str, int]:
    """Remove some sessions' rows from every table; return the number of changed days by table.

    Raises:
        LakeUnavailable: the lake cannot be reached or is too busy; a retry is safe.
    """
    changed: dict[str, int] = {}
    for table in TABLES.values():
        for day in days_with_sessions(lake, table, sessions):
            change = partial(without_sessions, table, sessions=sessions)
            version = lake.change_partition(table, day, change, commit=commit)
            if version is not None:
                changed[table.name] = changed.get(table.name, 0) + 1
    return changed


def without_sessions(table: Table, frame: pl.DataFrame, *, sessions: Collection[str]) -> pl.DataFrame:
    """Return a table's rows without those of some sessions, and without references to them."""
    gone = list(sessions)
    kept = frame.filter(~pl.col("session_id").is_in(gone)) if _has_sessions(table) else frame
    if table.name in LISTS:
        kept = kept.with_columns(pl.col(LISTS[table.name]).list.set_difference(pl.lit(gone, pl.List(pl.String))))
    if table.name in KEYS:
        kept = kept.filter(~pl.col(KEYS[table.name]).str.contains_any(gone))
    return kept


def _has_sessions(table: Table) -> bool:
    return "session_id" in table.names
