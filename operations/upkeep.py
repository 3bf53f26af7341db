"""Maintains every table of the lake under the home's lock."""

from __future__ import annotations

from datetime import datetime

from operations.erasure.home_lock import home_lock
from pilot.lake_tables.tables import TABLES
from storage.home import Home
from storage.lake_reasons import convert_reasons
from storage.lake_upkeep import Upkeep, maintain_table


def maintain_lake(home: Home, *, now: datetime) -> list[Upkeep]:
    """Convert old reasons and maintain every table; return the result of each that needed it.

    Raises:
        HomeLocked: a backup, a restore, an erasure or retention is running.
        PilotError: the lake cannot be reached, or a table is damaged; the tables before it are done.
    """
    lake = home.lake()
    with home_lock(home.root):
        convert_reasons(lake)
        done = [maintain_table(lake, table, now=now) for table in TABLES.values()]
    return [each for each in done if each is not None]
