"""Reads a day of tables in parts of whole cafés.

The rows are sorted by café, so a range of cafés is read without the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import polars as pl

from pilot.lake_tables.columns import Table
from storage.lake_schema import polars_schema
from storage.snapshot import Snapshot

PART_ROWS = 500_000


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

    @property
    def whole(self) -> bool:
        """Return whether every id is in the range."""
        return self.after is None and self.until is None

    def condition(self) -> tuple[str, list[str]]:
        """Return the condition for SQL and its parameters."""
        bounds = [(sign, bound) for sign, bound in ((">", self.after), ("<=", self.until)) if bound is not None]
        return " AND ".join(["true", *(f"cafe {sign} ?" for sign, _ in bounds)]), [bound for _, bound in bounds]


EVERY_CAFE = CafeRange()


def cafe_ranges(
    snapshot: Snapshot, tables: Sequence[Table], day: date, *, part_rows: int = PART_ROWS
) -> list[CafeRange]:
    """Return consecutive ranges of cafés with about `part_rows` rows each; a single one if a session is in two cafés.

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
    """Return whether a session is under different cafés in the tables, so that no range would have it whole."""
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
