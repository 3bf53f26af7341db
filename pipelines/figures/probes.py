"""The table `probes`: one row for each café of each result, from events that cafés share."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pilot.lake_tables.tables import PROBES
from pipelines.feedback.event_columns import PROBE, flag, integer, number, select_events, text
from pipelines.shapes import schema

PART_ROWS = 1_000_000


def probe_parts(events: pl.DataFrame, *, part_rows: int = PART_ROWS) -> Iterator[pl.DataFrame]:
    """Yield the rows of PROBES of a day's probe events, some cafés at a time, in the order of their ids.

    An event of an earlier version has no list of cafés: it is of its own café only.

    Args:
        events: Frame of RAW_EVENTS; duplicates count once.
        part_rows: Approximate number of rows of a part.
    """
    results = _results(events)
    places = (
        results.lazy()
        .select("place", "cafes", "durations_ms")
        .explode("cafes", "durations_ms")
        .rename({"cafes": "cafe", "durations_ms": "duration_ms"})
        .unique(["place", "cafe"], keep="first", maintain_order=True)
        .sort("cafe", "place")
        .collect()
    )
    of_events = results.drop("cafes", "durations_ms")
    counted = places.group_by("cafe", maintain_order=True).agg(rows=pl.len())
    numbered = counted.with_columns(part=pl.col("rows").cum_sum() // part_rows)
    parts = numbered.group_by("part", maintain_order=True).agg(pl.col("rows").sum())
    start = 0
    for rows in parts["rows"]:
        part = places.slice(start, rows).join(of_events, on="place", how="left", maintain_order="left")
        start += rows
        types = schema(PROBES)
        yield part.select(pl.col(name).cast(kind) for name, kind in types.items())


def _results(events: pl.DataFrame) -> pl.DataFrame:
    """Return one row an event, with its cafés and the duration at each as lists of the same length."""
    fields = select_events(events.lazy(), PROBE).unique(subset="event_id", keep="any")
    lists = (
        text("cafes").str.json_decode(pl.List(pl.String)),
        text("durations_ms").str.json_decode(pl.List(pl.Float64)),
    )
    typed = fields.select(
        *("day", "event_id", "at", "cafe", "simulated", "edge"),
        *(text("target"), flag("ok"), integer("status"), number("duration_ms"), integer("every_seconds")),
        text("failure").fill_null(""),
        *lists,
    ).drop_nulls(["target", "ok", "every_seconds", "duration_ms"])
    cafes = pl.when(pl.col("cafes").list.len() > 0).then("cafes").otherwise(pl.concat_list("cafe"))
    known = typed.with_columns(cafes=cafes)
    one = pl.col("duration_ms").repeat_by(pl.col("cafes").list.len())
    whole = pl.col("durations_ms").list.len() == pl.col("cafes").list.len()
    return (
        known.with_columns(durations_ms=pl.when(whole).then("durations_ms").otherwise(one))
        .drop("cafe", "duration_ms")
        .sort("at", "event_id")
        .with_row_index("place")
        .collect()
    )
