"""Reads a day of tables in parts of whole cafés.

The rows are sorted by café, so a range of cafés is read without the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise, starmap

import polars as pl

from pilot.lake_tables.columns import Table
from storage.lake_schema import polars_schema
from storage.snapshot import Snapshot

PART_ROWS = 500_000
BUCKETS = 64  # at most so many ranges of cafés are replaced apart from each other
BUCKET_CAFES = 16  # and at least so many cafés in each: a small home's day is replaced as a whole, in one file


@dataclass(frozen=True, slots=True)
class CafeRange:
    """A range of café ids. The ranges of a day cover every id, also one without rows.

    Attributes:
        after: The range begins after this id; None if nothing precedes it.
        until: The last id of the range; None if nothing follows it.
    """

    after: str | None = None
    until: str | None = None

    def holds(self, cafe: str) -> bool:
        """Return whether an id is in the range."""
        return (self.after is None or cafe > self.after) and (self.until is None or cafe <= self.until)

    def within(self, other: CafeRange) -> CafeRange | None:
        """Return the part of this range that is in another; None if there is none."""
        after = max((bound for bound in (self.after, other.after) if bound is not None), default=None)
        until = min((bound for bound in (self.until, other.until) if bound is not None), default=None)
        return None if after is not None and until is not None and after >= until else CafeRange(after, until)

    @property
    def whole(self) -> bool:
        """Return whether every id is in the range."""
        return self.after is None and self.until is None

    def condition(self) -> tuple[str, list[str]]:
        """Return the condition for SQL and its parameters."""
        bounds = [(sign, bound) for sign, bound in ((">", self.after), ("<=", self.until)) if bound is not None]
        return " AND ".join(["true", *(f"cafe {sign} ?" for sign, _ in bounds)]), [bound for _, bound in bounds]


EVERY_CAFE = CafeRange()
ALL = (EVERY_CAFE,)


def touched_ranges(cafes: Sequence[str], touched: Collection[str]) -> tuple[CafeRange, ...]:
    """Return the ranges of known cafés that hold the touched ones, in order; neighbours are one range.

    Args:
        cafes: The known cafés, which decide the bounds of the ranges.
        touched: Cafés whose rows have changed; unknown ones fall between the known.
    """
    ordered = sorted(cafes)
    size = max(BUCKET_CAFES, -(-len(ordered) // BUCKETS))
    bounds = [None, *ordered[size - 1 : -1 : size], None]
    found: list[CafeRange] = []
    for bucket in starmap(CafeRange, pairwise(bounds)):
        if not any(map(bucket.holds, touched)):
            continue
        joined = bool(found) and found[-1].until == bucket.after
        found[-1:] = [CafeRange(found[-1].after, bucket.until)] if joined else [*found[-1:], bucket]
    return tuple(found)


def cafe_ranges(
    snapshot: Snapshot, tables: Sequence[Table], day: date, *, part_rows: int = PART_ROWS
) -> list[CafeRange]:
    """Return consecutive ranges of cafés with about `part_rows` rows each; one if a session is in two.

    Args:
        snapshot: A snapshot of the tables.
        tables: The tables that are read together; each has a café.
        day: The day.
        part_rows: Approximate number of rows in a part, over all tables.
    """
    counts = " UNION ALL ".join(
        f"SELECT cafe, count(*) AS rows FROM {table.name} WHERE day = $day GROUP BY cafe"  # noqa: S608 - a table's name
        for table in tables
    )
    counted = snapshot.sql(f"SELECT cafe, sum(rows) AS rows FROM ({counts}) GROUP BY cafe ORDER BY cafe", {"day": day})  # noqa: S608
    part = counted.get_column("rows").cast(pl.Int64).cum_sum() // part_rows
    if part.n_unique() <= 1 or _share_a_session(snapshot, tables, day):
        return [EVERY_CAFE]
    lasts = counted.group_by(part.alias("part"), maintain_order=True).agg(pl.col("cafe").last())["cafe"].to_list()
    bounds = [None, *lasts[:-1], None]
    return [CafeRange(after, until) for after, until in pairwise(bounds)]


def share_a_session(snapshot: Snapshot, table: Table, day: date) -> bool:
    """Return whether a session of the day is under two cafés: no range would have it whole."""
    query = f"SELECT 1 FROM {table.name} WHERE day = ? GROUP BY session_id HAVING min(cafe) <> max(cafe) LIMIT 1"  # noqa: S608
    return bool(snapshot.sql(query, [day]).height)


def cafe_parts(
    snapshot: Snapshot, table: Table, day: date, *, columns: Sequence[str], part_rows: int = PART_ROWS
) -> Iterator[pl.DataFrame]:
    """Yield a day's rows, each café whole in one part, in the order of the cafés' ids.

    Args:
        snapshot: A snapshot of the table.
        table: The table; it has a café.
        day: The day.
        columns: The columns to read.
        part_rows: Approximate number of rows of a part.
    """
    listed = ", ".join(f'"{table.column(name).name}"' for name in columns)
    types = polars_schema(table)
    for cafes in cafe_ranges(snapshot, [table], day, part_rows=part_rows):
        condition, bounds = cafes.condition()
        found = snapshot.sql(
            f"SELECT {listed} FROM {table.name} WHERE day = ? AND {condition}",  # noqa: S608 - declared names
            [day, *bounds],
        )
        if found.height:
            yield found.cast({name: types[name] for name in columns})


def _share_a_session(snapshot: Snapshot, tables: Sequence[Table], day: date) -> bool:
    """Return whether a session is under different cafés in the tables: no range would have it whole."""
    of_sessions = [table.name for table in tables if "session_id" in table.names]
    first = of_sessions[:1]
    return any(
        snapshot.sql(
            f"SELECT 1 FROM {first[0]} JOIN {other} USING (session_id) "  # noqa: S608 - tables' names
            f"WHERE {first[0]}.day = $day AND {other}.day = $day AND {first[0]}.cafe <> {other}.cafe LIMIT 1",
            {"day": day},
        ).height
        for other in of_sessions[1:]
    )
