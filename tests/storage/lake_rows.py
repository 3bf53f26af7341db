"""Frames for the lake's tests: a table small enough to read, and writers in processes of their own."""

from __future__ import annotations

import sys
from datetime import date

import polars as pl

from pilot.lake_tables.tables import Column, Table
from storage.lake import Lake, polars_schema

DAY = date(2026, 11, 23)
VISITS = Table(
    "visits",
    "One visit, for tests.",
    ("visit",),
    (
        Column("day", "day", "Business day."),
        Column("visit", "integer", "Its number."),
        Column("cafe", "text", "The café's id."),
        Column("at", "moment", "When.", required=False),
        Column("share", "float", "A share.", required=False),
        Column("aspects", "texts", "Aspects.", required=False),
        Column("simulated", "boolean", "Whether simulated."),
        Column("generation", "integer", "Which write made it."),
    ),
)


def visits(day: date, *, count: int, generation: int = 0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "day": [day] * count,
            "visit": list(range(count)),
            "cafe": [("goteborg", "aurora")[number % 2] for number in range(count)],
            "at": [None] * count,
            "share": [0.5] * count,
            "aspects": [["kaffe", "kö"]] * count,
            "simulated": [False] * count,
            "generation": [generation] * count,
        },
        schema=polars_schema(VISITS),
    )


def write(location: str, days: list[date], *, times: int, count: int, generation: int) -> None:
    """Replace each day so many times, each time with rows of one generation only."""
    lake = Lake(location)
    for turn in range(times):
        for day in days:
            made = generation + turn
            lake.replace_partition(VISITS, day, visits(day, count=count, generation=made), commit={"run": str(made)})


if __name__ == "__main__":
    location, days, times, count, generation = sys.argv[1:]
    write(
        location,
        [date.fromisoformat(day) for day in days.split(",")],
        times=int(times),
        count=int(count),
        generation=int(generation),
    )
