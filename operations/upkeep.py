"""The lake's upkeep over every table, under the keeper's lock: a backup or an erasure under way goes first."""

from __future__ import annotations

from datetime import datetime

from operations.erasure.home_lock import home_lock
from pilot.tables import TABLES
from storage.home import Home
from storage.lake_upkeep import Upkeep, keep_up


def keep_up_lake(home: Home, *, now: datetime) -> list[Upkeep]:
    """Do every table's upkeep and return what it came to.

    Raises:
        KeeperAtWork: another keeper is at work.
        PilotError: the lake cannot be reached, or a table is damaged; the tables before it are done.
    """
    lake = home.lake()
    with home_lock(home.root):
        done = [keep_up(lake, table, now=now) for table in TABLES.values()]
    return [each for each in done if each is not None]
