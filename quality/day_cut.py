"""What the suites are shown of a business day: one snapshot of the lake, without a guest's words, and never too much.

Free text is replaced by a mark before it leaves the query, so no word reaches the suites' process. Great Expectations
works on pandas frames in memory: of a day with more events than fit, every table is cut by the same sessions, chosen
by their hash, so that what holds between tables still holds in the cut.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pilot.tables import RAW_EVENTS, Table

if TYPE_CHECKING:
    import polars as pl

    from storage.lake import Lake

MOST_EVENTS = 500_000  # about 35 000 sessions, and 300 MB as pandas frames
WORDS_MARK = "words"


@dataclass(frozen=True, slots=True)
class DayCut:
    """A day's rows.

    Attributes:
        frames: By table name.
        rows: How many rows each table has on the day, cut or not.
        versions: Each table's version in the lake, None where it was never written.
        one_in: Of so many sessions one was looked at.
    """

    frames: dict[str, pl.DataFrame]
    rows: dict[str, int]
    versions: dict[str, int | None]
    one_in: int


def day_cut(lake: Lake, tables: Collection[Table], *, day: date, most_events: int = MOST_EVENTS) -> DayCut:
    """Return the tables' rows of a day, as they stand in one snapshot of the lake.

    Args:
        lake: The lake.
        tables: The tables, those that others are held against included.
        day: The business day.
        most_events: With more than these, only some sessions are looked at.
    """
    with lake.snapshot(*{RAW_EVENTS, *tables}, days=[day]) as snapshot:
        counts = {
            table.name: int(snapshot.sql(f"select count(*) from {table.name} where day = ?", [day]).item())  # noqa: S608
            for table in {RAW_EVENTS, *tables}
        }
        one_in = -(-counts[RAW_EVENTS.name] // most_events) or 1
        frames = {table.name: snapshot.sql(_query(table, one_in=one_in), [day]) for table in tables}
        versions = {table.name: snapshot.versions[table.name] for table in tables}
    return DayCut(frames=frames, rows=counts, versions=versions, one_in=one_in)


def _query(table: Table, *, one_in: int) -> str:
    # Declared names only, none from outside.
    columns = ", ".join(
        f"""case when "{column.name}" is not null then '{WORDS_MARK}' end as "{column.name}\""""
        if column.free_text
        else f'"{column.name}"'
        for column in table.columns
    )
    some = f" and hash(session_id) % {one_in} = 0" if one_in > 1 and "session_id" in table.names else ""
    return f"select {columns} from {table.name} where day = ?{some}"  # noqa: S608
