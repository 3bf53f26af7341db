"""The steps on an engine's workers: rows of a range of cafés as Arrow in, rows of a table out.

A step travels by reference: the workers have the same program installed. The pure functions are those of the embedded
engine, unchanged.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from pilot.errors import PilotError
from pilot.lake_tables.columns import Table
from storage.event_parts import with_fields
from storage.spark.same_program import program_hash, require_same_program
from storage.spark.types import to_arrow, to_frame

FAILED = "pilot step failed:"  # marks a text without rows in an engine's error, up to the end of its line
PLACES_SHOWN = 6
PLACE = "place"
PREFIXES = ("first_", "second_")

Make = Callable[[pl.DataFrame], pl.DataFrame]
MakeOfTwo = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]


class StepFailed(Exception):
    """A step failed; the text quotes no row."""


def events_step(make: Make, *, fields: Mapping[str, tuple[str, ...]], table: Table) -> Callable[[Any], Any]:
    """Return the step that builds a table's rows from raw events.

    Args:
        make: A pure function, importable by name (a partial of one too).
        fields: The fields of each event's data that it needs.
        table: The table whose rows it returns.
    """
    expected = program_hash()

    def run(events):  # type: ignore[no-untyped-def]
        with _faults_without_words():
            require_same_program(expected)
            return to_arrow(table, make(with_fields(events, fields)))

    return run


def tables_step(make: MakeOfTwo, *, read: tuple[Table, Table], table: Table) -> Callable[[Any], Any]:
    """Return the step that builds a table's rows from those of two others, which come as one.

    A column of the first table has the prefix `PREFIXES[0]`, one of the second `PREFIXES[1]`; `PLACE` is a row's table.

    Args:
        make: A pure function, importable by name (a partial of one too).
        read: The two tables.
        table: The table whose rows it returns.
    """
    expected = program_hash()

    def run(rows):  # type: ignore[no-untyped-def]
        with _faults_without_words():
            require_same_program(expected)
            both = pl.DataFrame(pl.from_arrow(rows))
            return to_arrow(table, make(_rows_of(both, read[0], place=0), _rows_of(both, read[1], place=1)))

    return run


def _rows_of(both: pl.DataFrame, table: Table, *, place: int) -> pl.DataFrame:
    """Return the rows of one table, in the order in which the embedded engine reads them."""
    prefix = PREFIXES[place]
    rows = both.filter(pl.col(PLACE) == place).select(
        pl.col(name).alias(name.removeprefix(prefix)) for name in both.columns if name.startswith(prefix)
    )
    frame = to_frame(table, rows)
    return frame.sort([name for name in dict.fromkeys(("cafe", *table.key)) if name in frame.columns])


@contextmanager
def _faults_without_words() -> Iterator[None]:
    """Convert an exception into one whose text an engine may log: a message can quote a guest."""
    try:
        yield
    except PilotError as error:
        raise StepFailed(f"{FAILED} {' '.join(str(error).split())}") from None
    except (Exception, pl.exceptions.PanicException) as error:
        frames = traceback.extract_tb(error.__traceback__)[-PLACES_SHOWN:]
        places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
        raise StepFailed(f"{FAILED} {type(error).__name__} at {places}") from None
