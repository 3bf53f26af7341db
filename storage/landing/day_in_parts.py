"""Reads a business day of any size from the landing, in parts of whole cafés.

A large day is parsed once; its events wait compressed in memory, by ranges of cafés, since guests' words are never put
on a disk to make room. Then one range after the other is unpacked. The rows are those of `read_day`.
"""

from __future__ import annotations

import bisect
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from pilot.lake_tables.tables import RAW_EVENTS
from storage.cafe_parts import ALL, CafeRange
from storage.lake_schema import conform
from storage.landing.days import Fault, first_of_each_event, no_lines, parse_batches, read_day
from storage.landing.segments import Segments

SMALL_DAY_BYTES = 128 * 1024 * 1024  # read as one part: compressing it would only cost time
RANGES = 64
PART_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class DayInParts:
    """A business day's events, in parts.

    Attributes:
        parts: Yields frames of RAW_EVENTS in the order of their cafés, each café in one of them; may be called again.
        faults: Unusable segments and lines, sorted.
        unknown: Count of each unknown event or field.
        duplicates: Number of duplicate lines left out.
        segments: Segments read, damaged ones included.
        reappeared: Erased sessions with events in the landing; they are in no part.
    """

    parts: Callable[[], Iterator[pl.DataFrame]] = field(repr=False)
    faults: tuple[Fault, ...]
    unknown: dict[str, int]
    duplicates: int
    segments: int
    reappeared: frozenset[str]


def read_day_in_parts(
    segments: Segments,
    day: date,
    *,
    cafes: Sequence[str],
    erased: Collection[str] = (),
    small_day_bytes: int = SMALL_DAY_BYTES,
    part_rows: int = PART_ROWS,
    only: Sequence[CafeRange] = ALL,
) -> DayInParts:
    """Read a business day from the landing.

    Args:
        segments: The landing.
        day: The business day.
        cafes: The known cafés, by which the events are divided into ranges; others fall between them.
        erased: Erased sessions, which are left out.
        small_day_bytes: The largest day that is read as one part.
        part_rows: Approximate number of rows of a part.
        only: The ranges of cafés whose events are in the parts; faults and doubles are those of the whole day.

    Raises:
        LandingUnavailable: the landing cannot be reached.
    """
    if segments.bytes_of(day) <= small_day_bytes:
        return _as_one(segments, day, erased=erased, only=only)
    names = segments.list(day)
    faults: list[Fault] = []
    unknown: Counter[str] = Counter()
    ranges = _Ranges(cafes, only=only)
    for frame in parse_batches(segments, day, names, faults, unknown):
        ranges.add(frame)
    if ranges.share_an_event():
        # A line and its double name different cafés, which no edge writes: the first one counts, wherever it is.
        return _as_one(segments, day, erased=erased, only=only)
    counted = ranges.counted(erased=erased)
    return DayInParts(
        parts=lambda: (part for part in ranges.parts(erased=erased, part_rows=part_rows) if part.height),
        faults=tuple(sorted(faults, key=lambda fault: (fault.segment, fault.line or 0))),
        unknown=dict(sorted(unknown.items())),
        duplicates=counted.duplicates,
        segments=len(names),
        reappeared=counted.reappeared,
    )


def _as_one(segments: Segments, day: date, *, erased: Collection[str], only: Sequence[CafeRange]) -> DayInParts:
    whole = read_day(segments, day, erased=erased)
    frame = whole.frame.filter(_in_ranges(only))
    return DayInParts(
        parts=lambda: iter([frame] if frame.height else []),
        faults=whole.faults,
        unknown=dict(whole.unknown),
        duplicates=whole.duplicates,
        segments=whole.segments,
        reappeared=whole.reappeared,
    )


def _in_ranges(only: Sequence[CafeRange]) -> pl.Expr:
    """Return the condition that an event is of one of the ranges."""
    cafe = pl.col("cafe")
    return pl.any_horizontal(
        (pl.lit(value=True) if each.after is None else cafe > each.after)
        & (pl.lit(value=True) if each.until is None else cafe <= each.until)
        for each in only
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    duplicates: int
    reappeared: frozenset[str]


class _Ranges:
    """Events by consecutive ranges of cafés, compressed."""

    def __init__(self, cafes: Sequence[str], *, only: Sequence[CafeRange]) -> None:
        self._only = only
        ordered = sorted(cafes)
        step = -(-len(ordered) // RANGES) or 1
        self._firsts = ordered[step::step]  # the first café of each range but the first
        self._packed: list[list[bytes]] = [[] for _ in range(len(self._firsts) + 1)]
        self._events: list[list[npt.NDArray[np.uint64]]] = [[] for _ in self._packed]
        self._rows = [0] * len(self._packed)
        self._read = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Add events."""
        names = frame.get_column("cafe").unique()
        places = {cafe: bisect.bisect_right(self._firsts, cafe) for cafe in names}
        placed = frame.with_columns(place=pl.col("cafe").replace_strict(places, return_dtype=pl.Int64))
        for (place,), rows in placed.partition_by("place", as_dict=True, include_key=False).items():
            self._events[int(place)].append(rows.get_column("event_id").hash(seed=0).to_numpy())
            self._read += rows.height
            wanted = rows.filter(_in_ranges(self._only))
            packed = io.BytesIO()
            wanted.write_ipc(packed, compression="zstd")
            self._packed[int(place)].append(packed.getvalue())
            self._rows[int(place)] += wanted.height

    def share_an_event(self) -> bool:
        """Return whether an event may be in two ranges, by hashes of 8 bytes."""
        each = [np.unique(np.concatenate(hashes)) for hashes in self._events if hashes]
        everything = np.sort(np.concatenate(each)) if each else np.empty(0, dtype=np.uint64)
        return bool((everything[1:] == everything[:-1]).any())

    def counted(self, *, erased: Collection[str]) -> _Counted:
        """Return the number of doubles and the erased sessions that have events."""
        back: set[str] = set()
        distinct = sum(len(np.unique(np.concatenate(hashes))) for hashes in self._events if hashes)
        if erased:
            gone = list(erased)
            for place in range(len(self._packed)):
                rows = self._unpacked([place], columns=["session_id"])
                back |= set(rows.filter(pl.col("session_id").is_in(gone)).get_column("session_id").to_list())
        return _Counted(duplicates=self._read - distinct, reappeared=frozenset(back))

    def parts(self, *, erased: Collection[str], part_rows: int) -> Iterator[pl.DataFrame]:
        """Yield the events without doubles, erased sessions left out, of some ranges at a time."""
        places: list[int] = []
        for place, rows in enumerate(self._rows):
            if places and sum(self._rows[each] for each in places) + rows > part_rows:
                yield self._part(places, erased=erased)
                places = []
            places.append(place)
        yield self._part(places, erased=erased)

    def _part(self, places: Sequence[int], *, erased: Collection[str]) -> pl.DataFrame:
        unique = first_of_each_event(self._unpacked(places))
        kept = unique.filter(~pl.col("session_id").is_in(list(erased))) if erased else unique
        return conform(RAW_EVENTS, kept.drop("line"))

    def _unpacked(self, places: Sequence[int], *, columns: list[str] | None = None) -> pl.DataFrame:
        frames = [
            pl.read_ipc(io.BytesIO(packed), columns=columns) for place in places for packed in self._packed[place]
        ]
        return pl.concat(frames) if frames else no_lines().select(columns or pl.all())
