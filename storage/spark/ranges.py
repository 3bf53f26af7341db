"""Divides a day's cafés into ranges: a range is one task of an engine, some ranges are one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

RANGE_ROWS = 250_000  # a worker holds a range in memory; about 200 MB of raw events
FEWEST_RANGES = 16  # of a small day, so that several workers share it
QUERY_ROWS = 8_000_000  # whose results this process holds


@dataclass(frozen=True, slots=True)
class Ranges:
    """Consecutive ranges of cafés that one query covers.

    Attributes:
        after: The query's cafés come after this id; None: from the first.
        lasts: The last café of each range; None: the range has no end.
    """

    after: str | None
    lasts: tuple[str | None, ...]


def ranges_of(
    counted: pl.DataFrame, *, range_rows: int = RANGE_ROWS, fewest: int = FEWEST_RANGES, query_rows: int = QUERY_ROWS
) -> list[Ranges]:
    """Return the queries of a day, which cover every café once, in the order of their ids.

    Args:
        counted: The columns `cafe` and `rows`; no rows give no query.
        range_rows: Approximate number of rows of a range.
        fewest: Ranges of a small day, if it has as many cafés.
        query_rows: Approximate number of rows of a query.
    """
    if not counted.height:
        return []
    cafes = counted.sort("cafe")
    size = max(1, min(range_rows, int(cafes["rows"].sum()) // fewest))
    before = cafes["rows"].cum_sum() - cafes["rows"]
    ranges = (
        cafes.with_columns(part=before // size)
        .group_by("part", maintain_order=True)
        .agg(pl.col("cafe").last(), pl.col("rows").sum())
    )
    before = ranges["rows"].cum_sum() - ranges["rows"]
    queries = ranges.with_columns(query=before // query_rows).partition_by("query", maintain_order=True)
    return _covering([each["cafe"].to_list() for each in queries])


def whole_day() -> list[Ranges]:
    """Return one query of one range, for a day that cannot be divided."""
    return [Ranges(after=None, lasts=(None,))]


def _covering(queries: Sequence[Sequence[str]]) -> list[Ranges]:
    covering: list[Ranges] = []
    after: str | None = None
    for number, lasts in enumerate(queries):
        ends: list[str | None] = list(lasts)
        if number == len(queries) - 1:
            ends[-1] = None
        covering.append(Ranges(after=after, lasts=tuple(ends)))
        after = lasts[-1]
    return covering
