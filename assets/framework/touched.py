"""The cafés that a run rebuilds, if it rebuilds only those of new events.

The sensor names them in a tag (`assets.automation.touched_cafes`). Tables whose rows depend on other cafés too
(copies, devices, networks, money) are always rebuilt for the whole day.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Sequence
from datetime import date

import dagster as dg

from pilot.lake_tables.tables import RAW_EVENTS, Table
from storage.cafe_parts import ALL, CafeRange, touched_ranges
from storage.home import Home

CAFES_TAG = "pilot/cafes"
DAYS_REMEMBERED = 8


def cafes_tag(cafes: Collection[str]) -> dict[str, str]:
    """Return the tag that limits a run to some cafés."""
    return {CAFES_TAG: json.dumps(sorted(cafes))}


def touched_of(context: dg.AssetExecutionContext, home: Home, day: date, *, table: Table) -> Sequence[CafeRange]:
    """Return the ranges of cafés that a run rebuilds in a table on a day.

    If a session is recorded under two cafés, everything after the raw events is rebuilt as a whole. So is all of a run
    that a person starts again: its code may be newer than the other cafés' rows.
    """
    named = context.run.tags.get(CAFES_TAG)
    if named is None or context.run.parent_run_id is not None or home.lake().rows_by_day(table).get(day) is None:
        return ALL
    if table is not RAW_EVENTS and _split(context.run.run_id, home, day):
        return ALL
    return touched_ranges(home.cafes().ids, json.loads(named)) or ALL


@functools.lru_cache(maxsize=DAYS_REMEMBERED)
def _split(run_id: str, home: Home, day: date) -> bool:
    return home.lake().sessions_of_two_cafes(day)
