"""A business day's rows for the suites, from one snapshot of the lake, without guests' words.

The query replaces free text by a mark, so no word reaches the suites' process. Great Expectations works on pandas
frames in memory: on a day with too many events every table is cut to the same sessions, chosen by their hash, so that
relations between tables still hold in the cut. Figures are compared with counts of all rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pilot.lake_tables.tables import PROBES, RAW_EVENTS, Table
from quality.event_rules import PROBE
from quality.rules import COUNT, COUNTED_BY

if TYPE_CHECKING:
    import polars as pl

    from storage.lake import Lake

MOST_EVENTS = 500_000  # about 35 000 sessions, and 300 MB as pandas frames
WORDS_MARK = "words"
PROBE_EVENTS = f"select count(*) from {RAW_EVENTS.name} where day = ? and event = '{PROBE}'"  # noqa: S608


@dataclass(frozen=True, slots=True)
class DayCut:
    """A day's rows.

    Attributes:
        frames: By table name.
        counts: Counts of all rows of each table of COUNTED_BY, by its columns, cut or not.
        rows: Each table's number of rows on the day, cut or not.
        versions: Each table's version in the lake, None if it was never written.
        one_in: One in so many sessions is in the cut.
    """

    frames: dict[str, pl.DataFrame]
    counts: dict[str, pl.DataFrame]
    rows: dict[str, int]
    versions: dict[str, int | None]
    one_in: int


def day_cut(lake: Lake, tables: Collection[Table], *, day: date, most_events: int = MOST_EVENTS) -> DayCut:
    """Return the tables' rows of a day from one snapshot of the lake.

    Args:
        lake: The lake.
        tables: The tables, references included.
        day: The business day.
        most_events: The maximum of sessions' events, and of probes; above it only some are in the cut.
    """
    with lake.snapshot(*{RAW_EVENTS, *tables}, days=[day]) as snapshot:
        counts = {
            table.name: int(snapshot.sql(f"select count(*) from {table.name} where day = ?", [day]).item())  # noqa: S608
            for table in {RAW_EVENTS, *tables}
        }
        probes = int(snapshot.sql(PROBE_EVENTS, [day]).item())
        one_in = -(-(counts[RAW_EVENTS.name] - probes) // most_events) or 1
        one_in_probes = -(-max(probes, counts.get(PROBES.name, 0)) // most_events) or 1
        frames = {
            table.name: snapshot.sql(_query(table, one_in=one_in, one_in_probes=one_in_probes), [day])
            for table in tables
        }
        whole = {
            table.name: snapshot.sql(_counted(COUNTED_BY[table.name], table), [day])
            for table in tables
            if table.name in COUNTED_BY
        }
        versions = {table.name: snapshot.versions[table.name] for table in tables}
    return DayCut(frames=frames, counts=whole, rows=counts, versions=versions, one_in=one_in)


def _counted(by: tuple[str, ...], table: Table) -> str:
    return f"select {', '.join(by)}, count(*) as {COUNT} from {table.name} where day = ? group by all"  # noqa: S608


def _query(table: Table, *, one_in: int, one_in_probes: int) -> str:
    # Declared names only, no input.
    columns = ", ".join(
        f"""case when "{column.name}" is not null then '{WORDS_MARK}' end as "{column.name}\""""
        if column.free_text
        else f'"{column.name}"'
        for column in table.columns
    )
    some = ""
    if table.name == RAW_EVENTS.name:
        # A café has thousands of probes a day, possibly all of one session: they are cut separately from guests.
        of_probes = f"hash(event_id) % {one_in_probes} = 0"
        some = f" and case when event = '{PROBE}' then {of_probes} else hash(session_id) % {one_in} = 0 end"
    elif table.name == PROBES.name:
        some = f" and hash(event_id) % {one_in_probes} = 0"
    elif "session_id" in table.names:
        some = f" and hash(session_id) % {one_in} = 0"
    return f"select {columns} from {table.name} where day = ?{some}"  # noqa: S608
