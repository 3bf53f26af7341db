"""Reads a day's raw events in parts of whole sessions, with their fields as columns.

A day of a million sessions is fourteen million events, more than fits in memory as one frame. The events are sorted by
café, so a range of cafés can be read without the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

import polars as pl
import pyarrow as pa

from pilot.lake_tables.tables import RAW_EVENTS
from storage.cafe_parts import ALL, CafeRange
from storage.duck import session
from storage.snapshot import Snapshot

PART_ROWS = 250_000  # events in a part; about 50 MB with their fields as columns
PROBE = "probe"


def event_parts(
    snapshot: Snapshot,
    day: date,
    *,
    fields: Mapping[str, tuple[str, ...]],
    part_rows: int = PART_ROWS,
    only: Sequence[CafeRange] = ALL,
) -> Iterator[pl.DataFrame]:
    """Yield a day's events by café, each session whole in one part, sorted by session and sequence.

    Args:
        snapshot: A snapshot of RAW_EVENTS.
        day: The day.
        fields: For each event's name, the fields of its `data` to return as text columns named `data.FIELD`. Other
            events are returned without fields.
        part_rows: Approximate number of events in a part.
        only: Ranges of cafés, in order; no session of them may have an event under a café of another range.
    """
    only_probes = list(fields) == [PROBE]
    parts = (_ranges(snapshot, day, of, only_probes=only_probes, part_rows=part_rows) for of in only)
    for first, last in chain.from_iterable(parts):
        yield snapshot.sql(
            _with_fields(fields, f"day = $day AND cafe BETWEEN $first AND $last AND (event = '{PROBE}') = $probes"),
            {"day": day, "first": first, "last": last, "probes": PROBE in fields},
        )


def with_fields(events: pa.Table, fields: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """Return raw events in memory as `event_parts` returns those of a snapshot."""
    with session() as connection:
        connection.register(RAW_EVENTS.name, events)
        found: pl.DataFrame = connection.sql(_with_fields(fields, "true")).pl()
    return found


def _with_fields(fields: Mapping[str, tuple[str, ...]], condition: str) -> str:
    """Return the query for the events of a condition, with their fields as columns."""
    lists = " ".join(
        f"WHEN '{event}' THEN json_extract_string(data, [{', '.join(_quoted(f'$.{name}') for name in of_event)}])"
        for event, of_event in fields.items()
        if of_event
    )
    columns = ", ".join(_column(name, fields) for name in dict.fromkeys(each for of in fields.values() for each in of))
    return f"""SELECT day, event_id, event, "at", session_id, cafe, edge, epoch, seq, simulated, {columns}
               FROM (SELECT *, CASE event {lists} END AS taken FROM {RAW_EVENTS.name} WHERE {condition})
               ORDER BY session_id, epoch, seq, "at", event_id"""  # noqa: S608 - names of the contract


def _column(name: str, fields: Mapping[str, tuple[str, ...]]) -> str:
    """Return the expression for a field's column: its position in the extracted list, by event."""
    places = " ".join(
        f"WHEN '{event}' THEN taken[{of_event.index(name) + 1}]"
        for event, of_event in fields.items()
        if name in of_event
    )
    return f'CASE event {places} END AS "data.{name}"'


def _quoted(text: str) -> str:
    return f"'{text}'"


def _ranges(
    snapshot: Snapshot, day: date, cafes: CafeRange, *, only_probes: bool, part_rows: int
) -> list[tuple[str, str]]:
    """Return the first and last café of each part; a single part if a session is recorded under two cafés."""
    condition, bounds = cafes.condition()
    counted = snapshot.sql(
        f"SELECT cafe, count(*) AS rows FROM {RAW_EVENTS.name} "  # noqa: S608 - a table's name
        f"WHERE day = ? AND (event = '{PROBE}') = ? AND {condition} GROUP BY cafe ORDER BY cafe",
        [day, only_probes, *bounds],
    )
    if not counted.height:
        return []
    part = counted.get_column("rows").cum_sum() // part_rows
    if part.n_unique() > 1 and not only_probes and _sessions_of_two_cafes(snapshot, day):
        part = part * 0
    ranges = counted.group_by(part.alias("part"), maintain_order=True).agg(
        first=pl.col("cafe").first(), last=pl.col("cafe").last()
    )
    return list(ranges.select("first", "last").iter_rows())


def _sessions_of_two_cafes(snapshot: Snapshot, day: date) -> bool:
    found = snapshot.sql(
        f"SELECT count(*) FROM (SELECT 1 FROM {RAW_EVENTS.name} WHERE day = ? AND event <> '{PROBE}' "  # noqa: S608
        "GROUP BY session_id HAVING min(cafe) <> max(cafe) LIMIT 1)",
        [day],
    )
    return bool(found.item())
